/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "sink/json_arena.h"

#define KEY_BYTES 12

/* Some 80 bytes each, so that a thousand are more than the arena. */
#define N_BEYOND 4000

static int set_up(void **state)
{
    *state = json_arena_new();
    return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    json_arena_free(*state);
    return 0;
}

static void each_line_begins_where_the_last_one_began(void **state)
{
    json_t *first, *again;

    json_arena_begin(*state);
    first = json_integer(1);
    json_arena_end(*state);
    json_arena_begin(*state);
    again = json_integer(2);
    assert_ptr_equal(first, again);
    assert_int_equal(json_integer_value(again), 2);
    json_arena_end(*state);
}

static void blocks_are_aligned_and_apart(void **state)
{
    char text[64];
    json_t *last = NULL;

    json_arena_begin(*state);
    for (size_t n_bytes = 1; n_bytes < sizeof(text); n_bytes++) {
        json_t *string;

        memset(text, 'a' + (int)(n_bytes % 26), n_bytes);
        string = json_stringn_nocheck(text, n_bytes);
        assert_int_equal((uintptr_t)string % _Alignof(max_align_t), 0);
        if (last != NULL)
            assert_int_equal(json_string_value(last)[0], 'a' + (int)((n_bytes - 1) % 26));
        assert_int_equal(json_string_length(string), n_bytes);
        last = string;
    }
    json_arena_end(*state);
}

/* Keys, values, and the tables of both kinds, which grow by a new block each. */
static json_t *many(int n)
{
    json_t *object = json_object(), *array = json_array();

    for (int i = 0; i < n; i++) {
        char key[KEY_BYTES];

        (void)snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(json_object_set_new_nocheck(object, key, json_integer(i)), 0);
        assert_int_equal(json_array_append_new(array, json_string_nocheck(key)), 0);
    }
    assert_int_equal(json_object_set_new_nocheck(object, "array", array), 0);
    return object;
}

static void assert_is_many(const json_t *object, int n)
{
    const json_t *array = json_object_get(object, "array");

    assert_int_equal(json_array_size(array), n);
    for (int i = 0; i < n; i++) {
        char key[KEY_BYTES];

        (void)snprintf(key, sizeof(key), "%d", i);
        assert_int_equal(json_integer_value(json_object_get(object, key)), i);
        assert_string_equal(json_string_value(json_array_get(array, (size_t)i)), key);
    }
}

static void what_finds_it_full_is_had_and_freed_all_the_same(void **state)
{
    for (int i = 0; i < 3; i++) {
        json_t *object;

        json_arena_begin(*state);
        object = many(N_BEYOND);
        assert_is_many(object, N_BEYOND);
        assert_int_equal(json_object_clear(object), 0); /* freed before the end: some of both */
        assert_is_many(many(N_BEYOND), N_BEYOND);
        json_arena_end(*state);
        assert_true(json_arena_is_whole(*state));
    }
}

static void memory_that_is_not_there_is_told_until_the_next_line(void **state)
{
    volatile size_t n_bytes = SIZE_MAX - 4;

    json_arena_begin(*state);
    assert_null(json_stringn_nocheck("", n_bytes));
    assert_non_null(json_integer(1));
    json_arena_end(*state);
    assert_false(json_arena_is_whole(*state));
    json_arena_begin(*state);
    assert_is_many(many(1), 1);
    json_arena_end(*state);
    assert_true(json_arena_is_whole(*state));
}

static void nodes_of_others_are_not_touched(void **state)
{
    json_t *before = many(10), *after;

    json_arena_begin(*state);
    (void)many(N_BEYOND);
    json_arena_end(*state);
    after = many(10);
    json_arena_begin(*state);
    (void)many(N_BEYOND);
    json_arena_end(*state);
    assert_is_many(before, 10);
    assert_is_many(after, 10);
    json_decref(before);
    json_decref(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_line_begins_where_the_last_one_began, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(blocks_are_aligned_and_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_finds_it_full_is_had_and_freed_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_not_there_is_told_until_the_next_line,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nodes_of_others_are_not_touched, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
