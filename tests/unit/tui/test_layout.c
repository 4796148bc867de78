/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/compiler.h"
#include "tui/layout.h"

struct layout_case {
    int n_lines;
    struct layout_wish wish;
    int why, where, selected, latest; /* lines, titles included */
};

static const struct layout_case cases[] = {
    {24, {PANE_COUNT, 8, false}, 7, 8, 0, 6}, /* the mock-up */
    {24, {PANE_COUNT, 0, false}, 7, 8, 0, 6}, /* and the same before anything failed */
    {40, {PANE_COUNT, 8, false}, 10, 11, 4, 11},
    {40, {PANE_COUNT, 15, false}, 17, 8, 4, 7},
    {40, {PANE_COUNT, 8, true}, 7, 12, 4, 13}, /* the other way round: five */
    {60, {PANE_COUNT, 8, false}, 10, 21, 4, 21},
    {24, {PANE_COUNT, 8, true}, 10, 8, 0, 3},
    {24, {PANE_COUNT, 15, true}, 16, 5, 0, 0},
    {23, {PANE_COUNT, 8, false}, 7, 8, 0, 5},
    {20, {PANE_COUNT, 8, false}, 7, 8, 0, 2}, /* Latest goes first ... */
    {19, {PANE_COUNT, 8, false}, 7, 9, 0, 0},
    {17, {PANE_COUNT, 8, false}, 6, 8, 0, 0}, /* ... then what Why has beyond two rows */
    {14, {PANE_COUNT, 8, false}, 3, 8, 0, 0},
    {10, {PANE_COUNT, 8, false}, 3, 4, 0, 0},
    {24, {PANE_WHY, 8, false}, 17, 0, 4, 0},
    {24, {PANE_WHERE, 8, false}, 0, 17, 4, 0},
    {24, {PANE_LATEST, 8, true}, 0, 0, 4, 17},
    {24, {PANE_INCIDENTS, 8, false}, 0, 0, 4, 0},
    {19, {PANE_WHERE, 8, false}, 0, 16, 0, 0},
};

static void heights_follow_the_stated_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct layout layout = layout_compute(cases[i].n_lines, 80, &cases[i].wish);

        assert_false(layout.is_one_line);
        assert_int_equal(layout.pane[PANE_WHY].n_lines, cases[i].why);
        assert_int_equal(layout.pane[PANE_WHERE].n_lines, cases[i].where);
        assert_int_equal(layout.selected.n_lines, cases[i].selected);
        assert_int_equal(layout.pane[PANE_LATEST].n_lines, cases[i].latest);
    }
}

/* Header 2, keys 1, the rule above them from 40 lines on: the panes take all the rest. */
static void no_line_is_left_over_or_used_twice(void **state)
{
    (void)state;
    for (int n_lines = LAYOUT_MIN_LINES; n_lines < 200; n_lines++) {
        for (int n_families = 0; n_families <= 15; n_families++) {
            for (int alone = PANE_WHY; alone <= PANE_COUNT; alone++) {
                struct layout_wish wish = {(enum pane)alone, n_families, n_families % 2};
                struct layout layout = layout_compute(n_lines, 80, &wish);
                const struct rect *order[] = {&layout.pane[PANE_WHY], &layout.pane[PANE_WHERE],
                                              &layout.selected, &layout.pane[PANE_LATEST],
                                              &layout.pane[PANE_INCIDENTS]};
                int line = 2;

                for (size_t i = 0; i < ARRAY_LEN(order); i++) {
                    assert_true(order[i]->n_lines >= 0);
                    assert_int_equal(order[i]->line, line);
                    line += order[i]->n_lines;
                }
                assert_int_equal(line, n_lines - 1 - layout.has_key_rule);
            }
        }
    }
}

static void below_40x10_one_line_is_left(void **state)
{
    const struct layout_wish wish = {.alone = PANE_COUNT};

    (void)state;
    assert_false(layout_compute(10, 40, &wish).is_one_line);
    assert_true(layout_compute(9, 40, &wish).is_one_line);
    assert_true(layout_compute(10, 39, &wish).is_one_line);
    assert_true(layout_compute(1, 1, &wish).is_one_line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heights_follow_the_stated_order),
        cmocka_unit_test(no_line_is_left_over_or_used_twice),
        cmocka_unit_test(below_40x10_one_line_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
