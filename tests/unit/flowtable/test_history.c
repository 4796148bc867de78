/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "flowtable/history.h"

static const char *format(const uint8_t *history)
{
    static char text[HISTORY_LETTERS_MAX + 1];

    history_format(history, text);
    return text;
}

static void letters_come_back_in_order_and_in_the_case_of_their_side(void **state)
{
    uint8_t history[FLOW_HISTORY_BYTES] = {0};

    (void)state;
    assert_string_equal(format(history), "");
    history_add(history, 'S', SIDE_CLIENT);
    history_add(history, 'H', SIDE_SERVER);
    history_add(history, 'A', SIDE_CLIENT);
    history_add(history, 'D', SIDE_CLIENT);
    history_add(history, 'D', SIDE_SERVER);
    history_add(history, 'F', SIDE_SERVER);
    history_add(history, 'R', SIDE_CLIENT);
    assert_string_equal(format(history), "ShADdfR");
}

static void each_letter_survives_at_each_place(void **state)
{
    (void)state;
    for (unsigned place = 0; place < HISTORY_LETTERS_MAX; place++) {
        for (const char *letter = HISTORY_ALPHABET; *letter; letter++) {
            uint8_t history[FLOW_HISTORY_BYTES] = {0};
            char expected[HISTORY_LETTERS_MAX + 1] = {0};

            for (unsigned i = 0; i < place; i++) {
                history_add(history, '^', SIDE_SERVER);
                expected[i] = '^';
            }
            history_add(history, *letter, SIDE_SERVER);
            expected[place] = *letter == '^' ? '^' : (char)(*letter - 'A' + 'a');
            assert_string_equal(format(history), expected);
            assert_true(history_has(history, *letter, SIDE_SERVER));
            assert_false(history_has(history, *letter, SIDE_CLIENT));
        }
    }
}

static void what_does_not_fit_is_left_off(void **state)
{
    uint8_t history[FLOW_HISTORY_BYTES] = {0};

    (void)state;
    for (unsigned i = 0; i < HISTORY_LETTERS_MAX; i++)
        history_add(history, i % 2 ? 'Q' : 'W', i % 3 ? SIDE_SERVER : SIDE_CLIENT);
    assert_int_equal(history_count(history), HISTORY_LETTERS_MAX);
    assert_string_equal(format(history), "WqwQwqWqwQwqWqwQ");
    history_add(history, 'S', SIDE_CLIENT);
    assert_string_equal(format(history), "WqwQwqWqwQwqWqwQ");
    assert_false(history_has(history, 'S', SIDE_CLIENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_back_in_order_and_in_the_case_of_their_side),
        cmocka_unit_test(each_letter_survives_at_each_place),
        cmocka_unit_test(what_does_not_fit_is_left_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
