/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks: apart, bounded, and whole again when all are given back. */
#include "base/blocks.h"

#include <string.h>

#include "unit.h"

#define ORDER 12
#define REGION_BYTES (1u << ORDER)

struct desk {
    struct arena arena;
    struct blocks blocks;
};

static int set_up(void **state)
{
    static struct desk desk;

    *state = &desk;
    return arena_map(&desk.arena, blocks_cost_bytes(ORDER), NULL, NULL) ||
           blocks_create(&desk.blocks, &desk.arena, ORDER);
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    arena_unmap(&desk->arena);
    return 0;
}

static void blocks_are_apart_and_aligned(void **state)
{
    struct blocks *blocks = &((struct desk *)*state)->blocks;
    uint8_t *block[8];

    for (size_t i = 0; i < ARRAY_LEN(block); i++) {
        block[i] = blocks_take(blocks, 40 * (i + 1));
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % 16, 0);
        memset(block[i], (int)i, 40 * (i + 1));
    }
    for (size_t i = 0; i < ARRAY_LEN(block); i++) {
        for (size_t at = 0; at < 40 * (i + 1); at++)
            assert_int_equal(block[i][at], i);
    }
}

static void what_was_given_back_is_one_piece_again(void **state)
{
    struct blocks *blocks = &((struct desk *)*state)->blocks;
    void *block[REGION_BYTES / 64];

    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(block); i++) {
            block[i] = blocks_take(blocks, 1);
            assert_non_null(block[i]);
        }
        assert_null(blocks_take(blocks, 1));
        /* in another order than they were taken in */
        for (size_t i = 0; i < ARRAY_LEN(block); i++)
            blocks_give(blocks, block[(i * 37 + round) % ARRAY_LEN(block)]);
        block[0] = blocks_take(blocks, REGION_BYTES - 16);
        assert_non_null(block[0]);
        blocks_give(blocks, block[0]);
    }
    assert_int_equal(blocks->n_refused, 3);
}

static void too_much_is_refused_and_counted(void **state)
{
    struct blocks *blocks = &((struct desk *)*state)->blocks;

    assert_null(blocks_take(blocks, REGION_BYTES));
    assert_null(blocks_take(blocks, REGION_BYTES - 15));
    assert_null(blocks_take(blocks, SIZE_MAX));
    assert_int_equal(blocks->n_refused, 3);
    assert_non_null(blocks_take(blocks, REGION_BYTES - 16));
}

static void a_block_that_grows_keeps_its_bytes(void **state)
{
    struct blocks *blocks = &((struct desk *)*state)->blocks;
    uint8_t *block = blocks_resize(blocks, NULL, 10);
    uint8_t *grown;

    assert_non_null(block);
    memset(block, 7, 48);
    assert_ptr_equal(blocks_resize(blocks, block, 48), block); /* there was room */
    grown = blocks_resize(blocks, block, 49);
    assert_non_null(grown);
    for (size_t i = 0; i < 48; i++)
        assert_int_equal(grown[i], 7);
    assert_null(blocks_resize(blocks, grown, REGION_BYTES));
    assert_int_equal(grown[0], 7);
    blocks_give(blocks, grown);
    blocks_give(blocks, NULL);
    assert_non_null(blocks_take(blocks, REGION_BYTES - 16));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_are_apart_and_aligned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_given_back_is_one_piece_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_much_is_refused_and_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_block_that_grows_keeps_its_bytes, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
