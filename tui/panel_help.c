/* SPDX-License-Identifier: BSD-2-Clause */
/* Help: the table of keys, the letters and the marks; as many pages as the screen is small. */
#include <string.h>

#include "base/compiler.h"
#include "tui/family_help.h"
#include "tui/figures.h"
#include "tui/panel.h"

#define FRAME_LINES 2 /* title and last line */
#define TWO_COLUMNS_COLS 76
#define WIRE_COLS 110 /* from here on the letters are explained */
#define KEYS_CELLS 11
#define LETTER_CELLS 19
#define LETTER_GAP_CELLS 2 /* between a letter and its family, and to the next one */
#define NAME_CELLS 18

struct sign {
    const char *sign, *help;
};

static const struct sign signs[] = {
    {"!", "open incident, deciding packet"},
    {">", "cursor"},
    {"*", "marked"},
    {"~", "judged with loss"},
};

/* Paints the lines of one page and counts all of them. */
struct pager {
    struct paint *paint;
    int n_cols;
    int first, n_visible; /* lines of the whole text on this page */
    int n_lines;          /* so far */
};

/* The screen's line for the next line of the text; -1 where it is on another page. */
static int next_line(struct pager *pager)
{
    int line = pager->n_lines++ - pager->first;

    return line >= 0 && line < pager->n_visible ? line + 1 : -1;
}

static void paint_heading(struct pager *pager, int line, int col, const char *title)
{
    paint_glyph(pager->paint, line, col, pager->n_cols - col, ROLE_RULE, GLYPH_RULE);
    paint_text(pager->paint, line, col + 1, 1, ROLE_RULE, " ");
    col = paint_text(pager->paint, line, col + 2, pager->n_cols, ROLE_TITLE, title);
    paint_text(pager->paint, line, col, 1, ROLE_RULE, " ");
}

static void paint_entry(struct pager *pager, int line, int col, const char *key, const char *help)
{
    int help_col = col + 1 + KEYS_CELLS;

    paint_text(pager->paint, line, col + 1, KEYS_CELLS, ROLE_KEY, key);
    paint_text(pager->paint, line, help_col, pager->n_cols - help_col, ROLE_TEXT, help);
}

/* The rows of a group: where they start in the table, and how many. */
static const struct key_row *group_rows(enum key_group group, size_t *n)
{
    size_t n_all;
    const struct key_row *row = keys_rows(&n_all);
    const struct key_row *end = row + n_all;

    while (row < end && row->group != group)
        row++;
    *n = 0;
    while (row + *n < end && row[*n].group == group)
        (*n)++;
    return row;
}

static void paint_group_pair(struct pager *pager, enum key_group left, enum key_group right)
{
    int middle_col = pager->n_cols / 2;
    int line = next_line(pager);
    size_t n_left, n_right;
    const struct key_row *left_rows = group_rows(left, &n_left);
    const struct key_row *right_rows = group_rows(right, &n_right);

    paint_heading(pager, line, 0, keys_group_title(left));
    paint_heading(pager, line, middle_col, keys_group_title(right));
    for (size_t i = 0; i < n_left || i < n_right; i++) {
        line = next_line(pager);
        if (i < n_left)
            paint_entry(pager, line, 0, left_rows[i].keys, left_rows[i].help);
        if (i < n_right)
            paint_entry(pager, line, middle_col, right_rows[i].keys, right_rows[i].help);
    }
}

static void paint_group(struct pager *pager, enum key_group group)
{
    size_t n;
    const struct key_row *rows = group_rows(group, &n);

    paint_heading(pager, next_line(pager), 0, keys_group_title(group));
    for (size_t i = 0; i < n; i++)
        paint_entry(pager, next_line(pager), 0, rows[i].keys, rows[i].help);
}

static void paint_letter(struct pager *pager, int line, int col, enum family family)
{
    char letter[] = {family_letter(family), '\0'};

    paint_text(pager->paint, line, col, 1, ROLE_KEY, letter);
    paint_text(pager->paint, line, col + 2, NAME_CELLS - 1, ROLE_TEXT, family_words(family));
}

/* One after the other, as many in a line as there is room for. */
static void paint_letters(struct pager *pager)
{
    int line = -1;
    int col = pager->n_cols;

    paint_heading(pager, next_line(pager), 0, "Letters of the families");
    for (int i = 0; i < FAMILY_COUNT; i++) {
        int n_cells = LETTER_GAP_CELLS + (int)strlen(family_words((enum family)i));

        if (col + n_cells >= pager->n_cols) {
            line = next_line(pager);
            col = 1;
        }
        paint_letter(pager, line, col, (enum family)i);
        col += n_cells + LETTER_GAP_CELLS;
    }
}

static void paint_explained_letters(struct pager *pager)
{
    int wire_col = 1 + LETTER_CELLS;
    int ask_col = wire_col + FAMILY_WIRE_CELLS + 2;
    int line = next_line(pager);

    paint_heading(pager, line, 0, "What each family looks like on the wire");
    paint_heading(pager, line, ask_col - 2, "Ask first");
    for (int i = 0; i < FAMILY_COUNT; i++) {
        const struct family_help *help = family_help((enum family)i);

        line = next_line(pager);
        paint_letter(pager, line, 1, (enum family)i);
        paint_text(pager->paint, line, wire_col, FAMILY_WIRE_CELLS, ROLE_TEXT, help->wire);
        paint_text(pager->paint, line, ask_col, pager->n_cols - ask_col, ROLE_TEXT, help->ask);
    }
}

static void paint_marks(struct pager *pager)
{
    int line = -1;
    int col = pager->n_cols;

    for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
        int n_cells = (int)strlen(signs[i].sign) + 1 + (int)strlen(signs[i].help);

        if (col + n_cells >= pager->n_cols) {
            line = next_line(pager);
            col = 1;
        }
        col = paint_text(pager->paint, line, col, pager->n_cols - col, ROLE_KEY, signs[i].sign);
        col = paint_text(pager->paint, line, col + 1, pager->n_cols - col - 1, ROLE_TEXT,
                         signs[i].help);
        col += 2;
    }
}

static void paint_text_of_help(struct pager *pager)
{
    bool has_two_columns = pager->n_cols >= TWO_COLUMNS_COLS;

    if (has_two_columns) {
        paint_group_pair(pager, KEYS_MOVE, KEYS_LOOK);
        paint_group_pair(pager, KEYS_NARROW, KEYS_VIEW);
        paint_group_pair(pager, KEYS_KEEP, KEYS_REST);
    } else {
        for (int group = 0; group < KEY_GROUP_COUNT; group++)
            paint_group(pager, (enum key_group)group);
    }
    if (pager->n_cols >= WIRE_COLS)
        paint_explained_letters(pager);
    else
        paint_letters(pager);
    paint_marks(pager);
}

unsigned panel_help_pages(int n_lines, int n_cols)
{
    struct paint nowhere = {.n_cols = n_cols}; /* no lines: nothing is painted */
    struct pager pager = {.paint = &nowhere, .n_cols = n_cols};
    int page_lines = n_lines - FRAME_LINES;

    if (page_lines < 1 || n_cols < LAYOUT_MIN_COLS)
        return 1;
    paint_text_of_help(&pager);
    return (unsigned)((pager.n_lines + page_lines - 1) / page_lines);
}

void panel_help(struct paint *paint, const struct model *model)
{
    int page_lines = paint->n_lines - FRAME_LINES;
    struct pager pager = {
        .paint = paint,
        .n_cols = paint->n_cols,
        .first = (int)model->overlay_page * page_lines,
        .n_visible = page_lines,
    };
    char version[32];
    struct text text = TEXT_OF(version);

    text_addf(&text, "tcpwhy %s", model->run->version);
    paint_text(paint, 0, 1, paint->n_cols, ROLE_STRONG, "tcpwhy help");
    paint_text_right(paint, 0, paint->n_cols - 1, ROLE_TEXT, version);
    paint_text_of_help(&pager);
    panel_any_key(paint, model);
}
