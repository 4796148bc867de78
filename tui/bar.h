/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of items, some at its left, some at its right; the least important go first where
 * there is no room for all. */
#ifndef TUI_BAR_H
#define TUI_BAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "tui/paint.h"

#define BAR_ITEMS_MAX 16
#define BAR_ITEM_BYTES 80

struct bar_item {
    char words[BAR_ITEM_BYTES];
    int keep; /* the smaller, the sooner it is left out */
    enum role role;
    int n_key_cells; /* as many at its start are painted as a key */
    bool is_right;
};

struct bar {
    size_t n;
    int gap_cells; /* between two items */
    struct bar_item item[BAR_ITEMS_MAX];
};

/* Adds an item and returns its text, to be filled by the caller. */
struct text bar_add_left(struct bar *bar, int keep, enum role role);
struct text bar_add_right(struct bar *bar, int keep, enum role role);

/* Leaves one cell free at both ends. The bar has fewer items afterwards. */
void bar_paint(struct bar *bar, struct paint *paint, int line);

#endif
