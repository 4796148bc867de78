/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keys against itself: it is the help, the key bar and the bindings in one. */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "tui/keys.h"

#define HALF_SCREEN_HELP_CELLS 27 /* of a help text beside another one at 80 columns */
#define HALF_SCREEN_KEYS_CELLS 10

static void no_key_has_two_meanings(void **state)
{
    size_t n_rows;
    const struct key_row *rows = keys_rows(&n_rows);

    (void)state;
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < KEY_BINDINGS_MAX && rows[i].binding[j].code != 0; j++)
            assert_int_equal(keys_action(rows[i].binding[j].code), rows[i].binding[j].action);
}

static void every_action_has_a_key(void **state)
{
    bool has_key[ACTION_COUNT] = {[ACTION_NONE] = true};
    size_t n_rows;
    const struct key_row *rows = keys_rows(&n_rows);

    (void)state;
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < KEY_BINDINGS_MAX && rows[i].binding[j].code != 0; j++)
            has_key[rows[i].binding[j].action] = true;
    for (unsigned action = 0; action < ACTION_COUNT; action++)
        assert_true(has_key[action]);
}

static void groups_stand_together_and_their_words_fit_half_a_screen(void **state)
{
    size_t n_rows;
    const struct key_row *rows = keys_rows(&n_rows);

    (void)state;
    for (size_t i = 0; i < n_rows; i++) {
        assert_true(i == 0 || rows[i].group >= rows[i - 1].group);
        assert_true(strlen(rows[i].help) <= HALF_SCREEN_HELP_CELLS);
        assert_true(strlen(rows[i].keys) <= HALF_SCREEN_KEYS_CELLS);
    }
    assert_int_equal(rows[n_rows - 1].group, KEY_GROUP_COUNT - 1);
}

static void the_keys_that_fingers_know_do_what_they_expect(void **state)
{
    (void)state;
    assert_int_equal(keys_action('q'), ACTION_QUIT);
    assert_int_equal(keys_action(0x03), ACTION_QUIT);
    assert_int_equal(keys_action(KEYCODE_F10), ACTION_QUIT);
    assert_int_equal(keys_action('?'), ACTION_HELP);
    assert_int_equal(keys_action('p'), ACTION_PAUSE);
    assert_int_equal(keys_action('j'), ACTION_DOWN);
    assert_int_equal(keys_action(KEYCODE_UP), ACTION_UP);
    assert_int_equal(keys_action(KEYCODE_ESCAPE), ACTION_BACK);
    assert_int_equal(keys_action('/'), ACTION_FIND);
    assert_int_equal(keys_action(KEYCODE_F2), ACTION_SAVE);
    assert_int_equal(keys_action('\r'), ACTION_OPEN);
    assert_int_equal(keys_action('\n'), ACTION_OPEN);
}

static void keys_of_other_screens_do_nothing(void **state)
{
    (void)state;
    assert_int_equal(keys_action(KEYCODE_OTHER), ACTION_NONE);
    assert_int_equal(keys_action('d'), ACTION_NONE);
    assert_int_equal(keys_action('x'), ACTION_NONE);
    assert_int_equal(keys_action(0), ACTION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_has_two_meanings),
        cmocka_unit_test(every_action_has_a_key),
        cmocka_unit_test(groups_stand_together_and_their_words_fit_half_a_screen),
        cmocka_unit_test(the_keys_that_fingers_know_do_what_they_expect),
        cmocka_unit_test(keys_of_other_screens_do_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
