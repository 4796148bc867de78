/* SPDX-License-Identifier: BSD-2-Clause */
/* See paint.h. */
#include "tui/paint.h"

#include <string.h>

#include "base/compiler.h"

#define CHUNK_CELLS 64

struct glyph_forms {
    const char *utf8;
    char ascii;
};

static const struct glyph_forms glyphs[] = {
    {"\u2500", '-'}, {"\u2581", '.'}, {"\u2582", ':'}, {"\u2583", '-'},
    {"\u2584", '='}, {"\u2585", '+'}, {"\u2586", '*'}, {"\u2587", '#'},
    {"\u2588", '@'}, {"\u2502", '|'}, {"\u2534", '+'}, {"\u2504", '.'},
    {"\u2550", '='}, {"\u25b6", '>'}, {"\u25c0", '<'}, {"\u25c6", '*'},
};

_Static_assert(ARRAY_LEN(glyphs) == GLYPH_COUNT, "two forms each glyph");

static void put_clean(struct paint *paint, int line, int col, const char *text, int n_cells,
                      enum role role)
{
    char chunk[CHUNK_CELLS];

    for (int done = 0; done < n_cells;) {
        int n = n_cells - done < CHUNK_CELLS ? n_cells - done : CHUNK_CELLS;

        for (int i = 0; i < n; i++) {
            char byte = text[done + i];

            chunk[i] = byte >= 0x20 && byte < 0x7f ? byte : '?';
        }
        paint->put(paint, line, col + done, chunk, (size_t)n, role);
        done += n;
    }
}

int paint_text(struct paint *paint, int line, int col, int max_cells, enum role role,
               const char *text)
{
    int n_cells = max_cells > 0 ? (int)strnlen(text, (size_t)max_cells) : 0;
    int end_col = col + n_cells;

    if (line < 0 || line >= paint->n_lines || col < 0)
        return end_col;
    if (n_cells > paint->n_cols - col)
        n_cells = paint->n_cols - col;
    put_clean(paint, line, col, text, n_cells, role);
    return end_col;
}

void paint_text_right(struct paint *paint, int line, int end_col, enum role role, const char *text)
{
    int n_cells = (int)strlen(text);

    if (n_cells > end_col) {
        text += n_cells - end_col;
        n_cells = end_col;
    }
    paint_text(paint, line, end_col - n_cells, n_cells, role, text);
}

void paint_glyph(struct paint *paint, int line, int col, int n, enum role role, enum glyph glyph)
{
    const struct glyph_forms *forms = &glyphs[glyph];
    const char *bytes = paint->is_ascii ? &forms->ascii : forms->utf8;
    size_t n_bytes = paint->is_ascii ? 1 : strlen(forms->utf8);

    if (line < 0 || line >= paint->n_lines || col < 0)
        return;
    for (int i = 0; i < n && col + i < paint->n_cols; i++)
        paint->put(paint, line, col + i, bytes, n_bytes, role);
}

/* How many bytes of `text` go on a line of `n_cells`: up to the last space that fits. */
static size_t line_break(const char *text, size_t n_cells)
{
    size_t n_bytes = n_cells;

    if (strnlen(text, n_cells + 1) <= n_cells)
        return strlen(text);
    while (n_bytes > 0 && text[n_bytes] != ' ')
        n_bytes--;
    return n_bytes > 0 ? n_bytes : n_cells; /* one long word: cut it */
}

int paint_wrapped(struct paint *paint, const struct rect *rect, enum role role, const char *text)
{
    int n_lines = 0;

    if (rect->n_cols < 1)
        return 0;
    while (*text != '\0' && n_lines < rect->n_lines) {
        size_t n_bytes = line_break(text, (size_t)rect->n_cols);
        int end_col = paint_text(paint, rect->line + n_lines, rect->col, (int)n_bytes, role, text);

        text += n_bytes;
        text += strspn(text, " ");
        n_lines++;
        if (*text != '\0' && n_lines == rect->n_lines) {
            int last_col = rect->col + rect->n_cols - 3;

            paint_text(paint, rect->line + n_lines - 1, end_col < last_col ? end_col : last_col, 3,
                       role, "...");
        }
    }
    return n_lines;
}
