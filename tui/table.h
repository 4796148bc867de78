/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Columns under titles that stand in the rule above them. Widths follow from what is in sight;
 * where it does not fit, columns go in a stated order, and only then is text cut.
 */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "tui/model.h"
#include "tui/paint.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_CELL_BYTES 128
#define TABLE_ALWAYS 1000 /* keep: never dropped, but cut at its head if need be */

struct table_column {
    const char *title;
    int min_cells;
    int keep; /* the smaller, the sooner it is dropped */
    bool is_right;
    /* Writes the cell of a row, counted from the top of the list; NULL: the panel paints it. */
    void (*cell)(const struct model *model, uint32_t row, struct text *text);
    unsigned sort; /* the pane's column of tui/row_sort_columns.h, or TABLE_UNSORTED */
};

#define TABLE_UNSORTED 100u

/* A column's place; n_cells 0: dropped. */
struct table_place {
    int col, n_cells;
};

struct table {
    const struct model *model;
    const struct table_column *column;
    size_t n_columns;
    const char *title[TABLE_COLUMNS_MAX]; /* the columns' own, unless the panel says otherwise */
    struct table_place place[TABLE_COLUMNS_MAX];
};

/* Room between columns beyond one cell: at least, and at most where there is room. */
struct table_gaps {
    int min_cells, max_cells;
};

/* Places the columns for the rows of `pane` in sight into the cells from `col` to the screen's
 * right edge. */
void table_place(struct table *table, const struct model *model, enum pane pane, int col,
                 int n_cols, const struct table_gaps *gaps);

/* The rule with the pane's name and the titles; `name` may be longer than one word. */
void table_paint_title(const struct table *table, struct paint *paint, int line, const char *name,
                       enum role name_role);

/* What a click on the heading sorts by; TABLE_UNSORTED beside the titles. */
unsigned table_sort_at(const struct table *table, int col);

void table_paint_cell(const struct table *table, struct paint *paint, int line, uint32_t row,
                      size_t i, enum role role);
void table_paint_row(const struct table *table, struct paint *paint, int line, uint32_t row,
                     enum role role);

#endif
