/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena: zeroed, aligned, bounded. */
#include "base/arena.h"

#include <string.h>

#include "unit.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena arena;
    uint8_t *first;
    uint8_t *second;

    (void)state;
    assert_int_equal(arena_map(&arena, 10000, NULL, NULL), 0);
    first = arena_take(&arena, 1);
    second = arena_take(&arena, 100);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal((uintptr_t)first % CACHELINE_BYTES, 0);
    assert_int_equal((uintptr_t)second % CACHELINE_BYTES, 0);
    assert_int_equal(second - first, CACHELINE_BYTES);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(second[i], 0);
    arena_unmap(&arena);
}

static void costs_add_up_to_what_is_needed(void **state)
{
    static const size_t pieces[] = {0, 1, 63, 64, 65, 4096, 5};
    struct arena arena;
    size_t total_bytes = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        total_bytes += arena_cost_bytes(pieces[i]);
    assert_int_equal(arena_map(&arena, total_bytes, NULL, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
        assert_non_null(arena_take(&arena, pieces[i]));
    assert_int_equal(arena.used_bytes, total_bytes);
    arena_unmap(&arena);
}

static void an_empty_arena_gives_nothing(void **state)
{
    struct arena arena;

    (void)state;
    assert_int_equal(arena_map(&arena, 4096, NULL, NULL), 0);
    assert_null(arena_take(&arena, 4097));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_non_null(arena_take(&arena, 4096));
    assert_null(arena_take(&arena, 1));
    arena_unmap(&arena);
    assert_null(arena_take(&arena, 1));
    arena_unmap(&arena); /* twice is harmless */
}

static void too_much_is_an_error_with_a_reason(void **state)
{
    struct arena arena;
    struct err err = {0};

    (void)state;
    assert_true(arena_map(&arena, SIZE_MAX, NULL, &err) < 0);
    assert_non_null(strstr(err.text, "cannot reserve"));
    assert_true(arena_map(&arena, SIZE_MAX / 2, NULL, &err) < 0);
}

static void prefaulted_memory_is_usable_and_zero(void **state)
{
    const struct arena_options options = {.is_prefaulted = true, .wants_huge_page = true};
    struct arena arena;
    uint8_t *bytes;

    (void)state;
    assert_int_equal(arena_map(&arena, 1 << 20, &options, NULL), 0);
    bytes = arena_take(&arena, 1 << 20);
    assert_non_null(bytes);
    for (size_t i = 0; i < 1 << 20; i += 1000)
        assert_int_equal(bytes[i], 0);
    arena_unmap(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(costs_add_up_to_what_is_needed),
        cmocka_unit_test(an_empty_arena_gives_nothing),
        cmocka_unit_test(too_much_is_an_error_with_a_reason),
        cmocka_unit_test(prefaulted_memory_is_usable_and_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
