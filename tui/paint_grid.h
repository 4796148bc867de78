/* SPDX-License-Identifier: BSD-2-Clause */
/* A screen in memory: what the panels would show, to be compared with a text file. */
#ifndef TUI_PAINT_GRID_H
#define TUI_PAINT_GRID_H

#include "base/text.h"
#include "tui/paint.h"

#define GRID_CELL_BYTES 4 /* of the longest UTF-8 character */

struct grid_cell {
    char bytes[GRID_CELL_BYTES];
    unsigned char n_bytes;
    unsigned char role; /* enum role */
};

struct grid {
    struct paint paint;      /* first: the panels' view of it */
    struct grid_cell *cells; /* n_lines rows of n_cols; the caller's */
};

/* `cells` holds n_lines * n_cols of them and outlives the grid. All start as spaces. */
void grid_init(struct grid *grid, struct grid_cell *cells, int n_lines, int n_cols, bool is_ascii);

/* Appends one line without the spaces at its end. */
void grid_add_line(const struct grid *grid, int line, struct text *text);

/* The same with a letter for the role of each cell: 'a' + enum role. */
void grid_add_roles(const struct grid *grid, int line, struct text *text);

#endif
