/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where each pane goes on a screen of a given size. Pure.
 *
 * 80x24 shows everything but Selected. With less height go, in this order, Latest and what of
 * Why is beyond two rows; with more come all families, Selected, and more rows of Where and
 * Latest. Below 40x10 one line of counts is left.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>

#include "tui/paint.h"

#define LAYOUT_MIN_LINES 10
#define LAYOUT_MIN_COLS 40

enum pane {
    PANE_WHY,
    PANE_WHERE,
    PANE_LATEST,
    PANE_INCIDENTS, /* only alone */
    PANE_COUNT,     /* of the overview; those of the other screens follow */
    PANE_FLOWS,
    PANE_PACKETS,
    PANE_STEPS, /* what to do next: on both screens */
    PANE_BYTES, /* lines of the dump */
    PANE_VIEW_COUNT
};

/* What the view wants. */
struct layout_wish {
    enum pane alone;     /* takes the whole height; PANE_COUNT = none */
    int n_families;      /* families that have failed */
    bool swaps_families; /* all where five are the rule, five where all are */
};

/* The height of a pane contains its title. */
struct layout {
    bool is_one_line; /* nothing else is valid then */
    bool has_key_rule;
    struct rect pane[PANE_COUNT];
    struct rect selected;
};

struct layout layout_compute(int n_lines, int n_cols, const struct layout_wish *wish);

#endif
