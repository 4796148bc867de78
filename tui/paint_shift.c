/* SPDX-License-Identifier: BSD-2-Clause */
/* See paint_shift.h. */
#include "tui/paint_shift.h"

static void put_rest(const struct paint_shift *shift, int line, int col, const char *bytes,
                     size_t n_bytes, enum role role)
{
    if (n_bytes > 0 && col < shift->to->n_cols)
        shift->to->put(shift->to, line, col, bytes, n_bytes, role);
}

static void shift_put(struct paint *paint, int line, int col, const char *bytes, size_t n_bytes,
                      enum role role)
{
    const struct paint_shift *shift = (const struct paint_shift *)paint;
    bool is_ascii = (unsigned char)bytes[0] < 0x80;
    size_t cell_bytes = is_ascii ? 1 : n_bytes;
    int n_hidden = shift->n_cols + 1 - col;

    if (col == 0) {
        put_rest(shift, line, 0, bytes, cell_bytes, role);
        bytes += cell_bytes;
        n_bytes -= cell_bytes;
        col++;
        n_hidden--;
    }
    if (n_hidden > 0) {
        size_t n_cut = (size_t)n_hidden * cell_bytes;

        if (n_cut >= n_bytes)
            return;
        bytes += n_cut;
        n_bytes -= n_cut;
        col += n_hidden;
    }
    put_rest(shift, line, col - shift->n_cols, bytes, n_bytes, role);
}

void paint_shift_init(struct paint_shift *shift, struct paint *to, int n_cols)
{
    *shift = (struct paint_shift){
        .paint = {.put = shift_put,
                  .n_lines = to->n_lines,
                  .n_cols = to->n_cols + n_cols,
                  .is_ascii = to->is_ascii},
        .to = to,
        .n_cols = n_cols,
    };
}
