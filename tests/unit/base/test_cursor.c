/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/cursor.h"
#include "guard.h"

static const uint8_t bytes[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static void numbers_are_read_in_network_order(void **state)
{
    struct cursor cursor = cursor_over(bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(cursor_u8(&cursor), 0x01);
    assert_int_equal(cursor_u16(&cursor), 0x2345);
    assert_int_equal(cursor_u32(&cursor), 0x6789abcd);
    assert_int_equal(cursor_left(&cursor), 1);
    assert_false(cursor.is_short);
    assert_int_equal(load_be24(bytes + 5), 0xabcdef);
}

static void a_short_read_yields_0_and_sticks(void **state)
{
    struct cursor cursor = cursor_over(bytes, 3);

    (void)state;
    assert_int_equal(cursor_u32(&cursor), 0);
    assert_true(cursor.is_short);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_int_equal(cursor_u16(&cursor), 0);
    assert_null(cursor_take(&cursor, 1));
    assert_int_equal(cursor_left(&cursor), 0);
}

static void no_read_touches_what_lies_behind_the_end(void **state)
{
    struct guard guard = guard_open();
    size_t n_bytes;

    (void)state;
    for (n_bytes = 0; n_bytes <= sizeof(bytes); n_bytes++) {
        struct cursor cursor = cursor_over(guard_place(&guard, bytes, n_bytes), n_bytes);

        (void)cursor_u8(&cursor);
        (void)cursor_u16(&cursor);
        (void)cursor_u32(&cursor);
        cursor_skip(&cursor, 1);
        assert_int_equal(cursor.is_short, n_bytes < 8);
        assert_int_equal(cursor_left(&cursor), 0);
    }
    guard_close(&guard);
}

static void a_huge_length_is_short_and_not_wrapped(void **state)
{
    struct cursor cursor = cursor_over(bytes, sizeof(bytes));

    (void)state;
    cursor_skip(&cursor, SIZE_MAX);
    assert_true(cursor.is_short);
    assert_int_equal(cursor_left(&cursor), 0);
}

static void no_bytes_at_all_are_no_trouble(void **state)
{
    struct cursor cursor = cursor_over(NULL, 0);

    (void)state;
    cursor_skip(&cursor, 0);
    assert_false(cursor.is_short);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_true(cursor.is_short);
}

static void a_limit_takes_bytes_away_and_gives_none(void **state)
{
    struct cursor cursor = cursor_over(bytes, 4);

    (void)state;
    cursor_limit(&cursor, 100);
    assert_int_equal(cursor_left(&cursor), 4);
    cursor_limit(&cursor, 1);
    assert_int_equal(cursor_u8(&cursor), 0x01);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_true(cursor.is_short);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_in_network_order),
        cmocka_unit_test(a_short_read_yields_0_and_sticks),
        cmocka_unit_test(no_read_touches_what_lies_behind_the_end),
        cmocka_unit_test(a_huge_length_is_short_and_not_wrapped),
        cmocka_unit_test(no_bytes_at_all_are_no_trouble),
        cmocka_unit_test(a_limit_takes_bytes_away_and_gives_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
