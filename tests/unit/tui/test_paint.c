/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/paint_grid.h"

#define N_LINES 3
#define N_COLS 12

struct fixture {
    struct grid_cell cells[N_LINES * N_COLS];
    struct grid grid;
};

static struct paint *start(struct fixture *fixture, bool is_ascii)
{
    grid_init(&fixture->grid, fixture->cells, N_LINES, N_COLS, is_ascii);
    return &fixture->grid.paint;
}

static void assert_line(const struct fixture *fixture, int line, const char *wanted)
{
    char buffer[N_COLS * GRID_CELL_BYTES + 1];
    struct text text = TEXT_OF(buffer);

    grid_add_line(&fixture->grid, line, &text);
    assert_string_equal(buffer, wanted);
}

static void text_outside_the_screen_is_left_out(void **state)
{
    struct fixture fixture;
    struct paint *paint = start(&fixture, false);

    (void)state;
    paint_text(paint, -1, 0, 5, ROLE_TEXT, "above");
    paint_text(paint, N_LINES, 0, 5, ROLE_TEXT, "below");
    paint_text(paint, 0, 9, 9, ROLE_TEXT, "at the edge");
    paint_text(paint, 1, N_COLS, 9, ROLE_TEXT, "beyond");
    paint_text(paint, 2, 0, -1, ROLE_TEXT, "no room");
    assert_line(&fixture, 0, "         at");
    assert_line(&fixture, 1, "");
    assert_line(&fixture, 2, "");
}

static void text_never_sends_more_than_printable_ascii(void **state)
{
    struct fixture fixture;
    struct paint *paint = start(&fixture, false);

    (void)state;
    paint_text(paint, 0, 0, N_COLS, ROLE_TEXT, "a\x1b[m\x07\x7f\x9b\xe2\x80\xae~");
    assert_line(&fixture, 0, "a?[m??????~");
}

static void right_aligned_text_keeps_its_end(void **state)
{
    struct fixture fixture;
    struct paint *paint = start(&fixture, false);

    (void)state;
    paint_text_right(paint, 0, 6, ROLE_TEXT, "12");
    paint_text_right(paint, 1, 6, ROLE_TEXT, "123456789");
    assert_line(&fixture, 0, "    12");
    assert_line(&fixture, 1, "456789");
}

static void glyphs_have_an_ascii_twin_of_one_cell(void **state)
{
    struct fixture fixture;
    struct paint *paint = start(&fixture, false);

    (void)state;
    paint_glyph(paint, 0, 1, 2, ROLE_RULE, GLYPH_RULE);
    for (int i = 0; i < 8; i++)
        paint_glyph(paint, 1, i, 1, ROLE_TEXT, (enum glyph)(GLYPH_BAR + i));
    paint_glyph(paint, 2, 10, 99, ROLE_RULE, GLYPH_RULE);
    assert_line(&fixture, 0, " \u2500\u2500");
    assert_line(&fixture, 1, "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588");
    assert_line(&fixture, 2, "          \u2500\u2500");
    paint = start(&fixture, true);
    paint_glyph(paint, 0, 1, 2, ROLE_RULE, GLYPH_RULE);
    for (int i = 0; i < 8; i++)
        paint_glyph(paint, 1, i, 1, ROLE_TEXT, (enum glyph)(GLYPH_BAR + i));
    assert_line(&fixture, 0, " --");
    assert_line(&fixture, 1, ".:-=+*#@");
}

static void long_text_wraps_at_spaces_and_ends_in_dots(void **state)
{
    static const struct {
        const char *text;
        int n_lines;
        const char *line[N_LINES];
    } cases[] = {
        {"", 0, {"", "", ""}},
        {"short", 1, {"short", "", ""}},
        {"exactly 10", 1, {"exactly 10", "", ""}},
        {"one two three", 2, {"one two", "three", ""}},
        {"averyverylongword", 2, {"averyveryl", "ongword", ""}},
        {"one two three four five six seven", 3, {"one two", "three four", "five si..."}},
        {"aaaaaaaaa bbbbbbbbb cc dd", 3, {"aaaaaaaaa", "bbbbbbbbb", "cc dd"}},
        {"aaaaaaaaa bbbbbbbbb cc ddddddddd", 3, {"aaaaaaaaa", "bbbbbbbbb", "cc..."}},
    };
    const struct rect rect = {0, 0, N_LINES, 10};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture fixture;
        struct paint *paint = start(&fixture, false);

        assert_int_equal(paint_wrapped(paint, &rect, ROLE_TEXT, cases[i].text), cases[i].n_lines);
        for (int line = 0; line < N_LINES; line++)
            assert_line(&fixture, line, cases[i].line[line]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_outside_the_screen_is_left_out),
        cmocka_unit_test(text_never_sends_more_than_printable_ascii),
        cmocka_unit_test(right_aligned_text_keeps_its_end),
        cmocka_unit_test(glyphs_have_an_ascii_twin_of_one_cell),
        cmocka_unit_test(long_text_wraps_at_spaces_and_ends_in_dots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
