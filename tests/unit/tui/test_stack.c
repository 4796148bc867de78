/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/compiler.h"
#include "tui/stack.h"

/* Three parts: 2 of 4 lines, 2 of 3, 2 of 6 and all that is left; the last matters most. */
static void parts_give_way_in_the_order_of_their_importance(void **state)
{
    static const struct {
        int n_lines, got[3];
    } cases[] = {
        {1, {0, 0, 0}}, {2, {0, 0, 2}},  {3, {0, 0, 3}},  {4, {0, 2, 2}},  {6, {2, 2, 2}},
        {7, {2, 2, 3}}, {10, {2, 2, 6}}, {11, {2, 3, 6}}, {13, {4, 3, 6}}, {20, {4, 3, 13}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stack_part part[] = {
            {.n_min = 2, .n_want = 4, .keep = 1},
            {.n_min = 2, .n_want = 3, .keep = 2},
            {.n_min = 2, .n_want = 6, .keep = 3, .is_elastic = true},
        };
        int line = 1;

        stack_place(part, ARRAY_LEN(part), 1, cases[i].n_lines);
        for (size_t k = 0; k < ARRAY_LEN(part); k++) {
            assert_int_equal(part[k].n_lines, cases[i].got[k]);
            assert_int_equal(part[k].line, line);
            line += part[k].n_lines;
        }
    }
}

static void a_part_without_words_takes_no_line(void **state)
{
    struct stack_part part[] = {{.keep = 9}, {.n_min = 2, .n_want = 2, .keep = 1}};

    (void)state;
    stack_place(part, ARRAY_LEN(part), 0, 2);
    assert_int_equal(part[0].n_lines, 0);
    assert_int_equal(part[1].n_lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_give_way_in_the_order_of_their_importance),
        cmocka_unit_test(a_part_without_words_takes_no_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
