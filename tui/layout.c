/* SPDX-License-Identifier: BSD-2-Clause */
/* See layout.h. */
#include "tui/layout.h"

#define HEADER_LINES 2
#define KEY_LINES 1
#define LARGE_LINES 40 /* from here on: all families, a rule above the keys */
#define SELECTED_LINES 4
#define SELECTED_MIN_SCREEN_LINES 20 /* beside a pane that stands alone */
#define WHY_ROWS 5
#define WHY_MIN_LINES 3
#define WHERE_LINES 8
#define WHERE_MIN_LINES 5 /* when Why shows all families */
#define LATEST_LINES 6
#define LATEST_MIN_LINES 2

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

struct heights {
    int pane[PANE_COUNT];
    int selected;
};

static struct heights one_pane(int n_body, int n_lines, enum pane pane)
{
    struct heights heights = {0};

    if (n_lines >= SELECTED_MIN_SCREEN_LINES)
        heights.selected = SELECTED_LINES;
    heights.pane[pane] = n_body - heights.selected;
    return heights;
}

static struct heights all_panes(int n_body, const struct layout_wish *wish, bool shows_all)
{
    int n_rows = shows_all ? max(WHY_ROWS, wish->n_families) : WHY_ROWS;
    int where_min = shows_all ? WHERE_MIN_LINES : WHERE_LINES;
    int why = min(1 + n_rows + 1, max(WHY_MIN_LINES, n_body - where_min));
    int rest = n_body - why;
    struct heights heights = {.pane[PANE_WHY] = why};

    if (rest >= WHERE_LINES + LATEST_LINES + SELECTED_LINES) {
        heights.selected = SELECTED_LINES;
        rest -= SELECTED_LINES;
    }
    heights.pane[PANE_WHERE] = min(rest, max(WHERE_LINES, rest / 2));
    heights.pane[PANE_LATEST] = rest - heights.pane[PANE_WHERE];
    if (heights.pane[PANE_LATEST] < LATEST_MIN_LINES) {
        heights.pane[PANE_LATEST] = 0;
        heights.pane[PANE_WHERE] = rest;
    }
    return heights;
}

struct layout layout_compute(int n_lines, int n_cols, const struct layout_wish *wish)
{
    struct layout layout = {
        .is_one_line = n_lines < LAYOUT_MIN_LINES || n_cols < LAYOUT_MIN_COLS,
        .has_key_rule = n_lines >= LARGE_LINES,
    };
    int n_body = n_lines - HEADER_LINES - KEY_LINES - layout.has_key_rule;
    struct heights heights;
    int line = HEADER_LINES;

    if (layout.is_one_line)
        return layout;
    if (wish->alone < PANE_COUNT)
        heights = one_pane(n_body, n_lines, wish->alone);
    else
        heights = all_panes(n_body, wish, wish->swaps_families != (n_lines >= LARGE_LINES));

    for (int pane = PANE_WHY; pane < PANE_COUNT; pane++) {
        if (pane == PANE_LATEST) {
            layout.selected = (struct rect){line, 0, heights.selected, n_cols};
            line += heights.selected;
        }
        layout.pane[pane] = (struct rect){line, 0, heights.pane[pane], n_cols};
        line += heights.pane[pane];
    }
    return layout;
}
