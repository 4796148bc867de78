/* SPDX-License-Identifier: BSD-2-Clause */
/* See table.h. */
#include "tui/table.h"

#include <string.h>

#define NAME_COL 2 /* of a pane's name in its rule */

static int cell_cells(const struct table *table, size_t i, uint32_t row)
{
    char cell[TABLE_CELL_BYTES];
    struct text text = TEXT_OF(cell);

    table->column[i].cell(table->model, row, &text);
    return (int)text.used_bytes;
}

static int wanted_cells(const struct table *table, size_t i, const struct pane_view *view)
{
    int n_cells = table->column[i].min_cells;
    uint32_t end = view->first + view->n_visible;

    for (uint32_t row = view->first; table->column[i].cell && row < end && row < view->n_rows;
         row++) {
        int n = cell_cells(table, i, row);

        if (n > n_cells)
            n_cells = n;
    }
    return n_cells;
}

static int used_cells(const struct table *table, int gap_cells, int *n_shown)
{
    int n_cells = 0;

    *n_shown = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->place[i].n_cells > 0) {
            n_cells += table->place[i].n_cells + (*n_shown > 0 ? gap_cells : 0);
            (*n_shown)++;
        }
    return n_cells;
}

/* Drops the column that matters least, or makes the widest of those that stay narrower. */
static void give_way(struct table *table, int n_excess)
{
    size_t least = 0;
    size_t widest = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->place[i].n_cells == 0)
            continue;
        if (table->place[least].n_cells == 0 || table->column[i].keep < table->column[least].keep)
            least = i;
        if (table->place[i].n_cells > table->place[widest].n_cells)
            widest = i;
    }
    if (table->column[least].keep < TABLE_ALWAYS)
        table->place[least].n_cells = 0;
    else if (table->place[widest].n_cells > n_excess)
        table->place[widest].n_cells -= n_excess;
    else
        table->place[widest].n_cells = 0;
}

void table_place(struct table *table, const struct model *model, enum pane pane, int col,
                 int n_cols, const struct table_gaps *gaps)
{
    int room = n_cols - col;
    int gap = gaps->min_cells + 1;
    int n_shown, n_used, n_spare;

    table->model = model;
    for (size_t i = 0; i < table->n_columns; i++) {
        table->title[i] = table->column[i].title;
        table->place[i].n_cells = wanted_cells(table, i, &model->view[pane]);
    }
    while ((n_used = used_cells(table, gap, &n_shown)) > room)
        give_way(table, n_used - room);

    n_spare = n_shown > 1 ? (room - n_used) / (n_shown - 1) : 0;
    if (n_spare > gaps->max_cells - gaps->min_cells)
        n_spare = gaps->max_cells - gaps->min_cells;
    for (size_t i = 0; i < table->n_columns; i++) {
        table->place[i].col = col;
        if (table->place[i].n_cells > 0)
            col += table->place[i].n_cells + gap + n_spare;
    }
}

void table_paint_title(const struct table *table, struct paint *paint, int line, const char *name,
                       enum role name_role)
{
    int end_col;

    paint_glyph(paint, line, 0, paint->n_cols, ROLE_RULE, GLYPH_RULE);
    paint_text(paint, line, NAME_COL - 1, 1, ROLE_RULE, " ");
    end_col = paint_text(paint, line, NAME_COL, paint->n_cols, name_role, name);
    end_col = paint_text(paint, line, end_col, 1, ROLE_RULE, " ");

    for (size_t i = 0; i < table->n_columns; i++) {
        const struct table_place *place = &table->place[i];
        int n_cells = (int)strlen(table->title[i]);
        int col = place->col;

        if (table->column[i].is_right)
            col += place->n_cells - n_cells;
        if (n_cells == 0 || place->n_cells == 0 || col <= end_col)
            continue;
        paint_text(paint, line, col - 1, 1, ROLE_RULE, " ");
        end_col = paint_text(paint, line, col, n_cells, ROLE_TITLE, table->title[i]);
        end_col = paint_text(paint, line, end_col, 1, ROLE_RULE, " ");
    }
}

unsigned table_sort_at(const struct table *table, int col)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct table_place *place = &table->place[i];

        if (place->n_cells > 0 && col >= place->col && col < place->col + place->n_cells)
            return table->column[i].sort;
    }
    return TABLE_UNSORTED;
}

/* The end of an address tells more than its beginning: the port, and which host of the net. */
static void cut_head(char *cell, int n_cells)
{
    int n_excess = (int)strlen(cell) - n_cells;

    if (n_excess <= 0)
        return;
    memmove(cell, cell + n_excess, (size_t)n_cells + 1);
    for (int i = 0; i < 2 && i < n_cells; i++)
        cell[i] = '.';
}

void table_paint_cell(const struct table *table, struct paint *paint, int line, uint32_t row,
                      size_t i, enum role role)
{
    const struct table_place *place = &table->place[i];
    char cell[TABLE_CELL_BYTES];
    struct text text = TEXT_OF(cell);

    if (place->n_cells == 0 || !table->column[i].cell)
        return;
    table->column[i].cell(table->model, row, &text);
    cut_head(cell, place->n_cells);
    if (table->column[i].is_right)
        paint_text_right(paint, line, place->col + place->n_cells, role, cell);
    else
        paint_text(paint, line, place->col, place->n_cells, role, cell);
}

void table_paint_row(const struct table *table, struct paint *paint, int line, uint32_t row,
                     enum role role)
{
    for (size_t i = 0; i < table->n_columns; i++)
        table_paint_cell(table, paint, line, row, i, role);
}
