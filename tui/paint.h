/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting text with a role at a place. Panels paint through this; behind it is the terminal
 * (paint_curses.h) or a grid in memory (paint_grid.h).
 *
 * What goes through paint_text() is printable ASCII: any other byte comes out as `?`, so that
 * nothing from a packet, a file name or a services file can reach the terminal as a command or
 * take another width than one cell. Text of strangers is made readable before, by
 * text_add_untrusted(). The few other characters are glyphs, each with an ASCII twin.
 */
#ifndef TUI_PAINT_H
#define TUI_PAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/theme.h"

enum glyph {
    GLYPH_RULE,
    GLYPH_BAR,                  /* the lowest of eight heights; GLYPH_BAR + 7 is the full cell */
    GLYPH_LANE = GLYPH_BAR + 8, /* one party's line in a ladder */
    GLYPH_LANE_END,
    GLYPH_DOTS,
    GLYPH_DOUBLE,
    GLYPH_TO_RIGHT,
    GLYPH_TO_LEFT,
    GLYPH_DIAMOND,
    GLYPH_COUNT
};

struct paint;

/* `bytes` are cells of ASCII, or one cell of any other character in UTF-8; inside the screen. */
typedef void (*paint_put_fn)(struct paint *paint, int line, int col, const char *bytes,
                             size_t n_bytes, enum role role);

struct paint {
    paint_put_fn put;
    int n_lines, n_cols;
    bool is_ascii; /* glyphs come as ASCII */
};

struct rect {
    int line, col, n_lines, n_cols; /* n_lines 0: not shown */
};

/* Paints at most `max_cells` cells; what is outside the screen is left out. Returns the column
 * after the text. */
int paint_text(struct paint *paint, int line, int col, int max_cells, enum role role,
               const char *text);

/* The same with its last cell at `end_col - 1`. */
void paint_text_right(struct paint *paint, int line, int end_col, enum role role, const char *text);

/* `n` times the same glyph. */
void paint_glyph(struct paint *paint, int line, int col, int n, enum role role, enum glyph glyph);

/* Wraps the text at spaces into the rectangle; returns how many lines it took. What does not fit
 * ends in "...". */
int paint_wrapped(struct paint *paint, const struct rect *rect, enum role role, const char *text);

#endif
