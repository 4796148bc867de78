/* SPDX-License-Identifier: BSD-2-Clause */
/* See paint_grid.h. */
#include "tui/paint_grid.h"

#include <assert.h>
#include <string.h>

static struct grid_cell *cell_at(const struct grid *grid, int line, int col)
{
    return &grid->cells[(size_t)line * (size_t)grid->paint.n_cols + (size_t)col];
}

static void grid_put(struct paint *paint, int line, int col, const char *bytes, size_t n_bytes,
                     enum role role)
{
    struct grid *grid = (struct grid *)paint;
    bool is_ascii = (unsigned char)bytes[0] < 0x80;
    size_t cell_bytes = is_ascii ? 1 : n_bytes;

    assert(cell_bytes <= GRID_CELL_BYTES && line < paint->n_lines);
    assert(col + (int)(n_bytes / cell_bytes) <= paint->n_cols);
    for (size_t off = 0; off < n_bytes; off += cell_bytes) {
        struct grid_cell *cell = cell_at(grid, line, col++);

        memcpy(cell->bytes, bytes + off, cell_bytes);
        cell->n_bytes = (unsigned char)cell_bytes;
        cell->role = (unsigned char)role;
    }
}

void grid_init(struct grid *grid, struct grid_cell *cells, int n_lines, int n_cols, bool is_ascii)
{
    grid->paint =
        (struct paint){.put = grid_put, .n_lines = n_lines, .n_cols = n_cols, .is_ascii = is_ascii};
    grid->cells = cells;
    for (int i = 0; i < n_lines * n_cols; i++)
        cells[i] = (struct grid_cell){.bytes = " ", .n_bytes = 1, .role = ROLE_TEXT};
}

static int used_cells(const struct grid *grid, int line)
{
    int n = grid->paint.n_cols;

    while (n > 0 && cell_at(grid, line, n - 1)->bytes[0] == ' ')
        n--;
    return n;
}

void grid_add_line(const struct grid *grid, int line, struct text *text)
{
    int n = used_cells(grid, line);

    for (int col = 0; col < n; col++) {
        const struct grid_cell *cell = cell_at(grid, line, col);

        text_addf(text, "%.*s", (int)cell->n_bytes, cell->bytes);
    }
}

void grid_add_roles(const struct grid *grid, int line, struct text *text)
{
    int n = used_cells(grid, line);

    for (int col = 0; col < n; col++)
        text_addf(text, "%c", 'a' + cell_at(grid, line, col)->role);
}
