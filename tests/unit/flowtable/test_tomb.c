/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "flowtable/tomb.h"

#define NOW_NS (INT64_C(1700000000) * NS_PER_S)

struct fixture {
    struct arena arena;
    struct tombs tombs;
};

static void open_tombs(struct fixture *fixture, uint32_t n_max)
{
    struct err err;

    assert_int_equal(arena_map(&fixture->arena, tombs_cost_bytes(n_max), NULL, &err), 0);
    assert_int_equal(tombs_create(&fixture->tombs, &fixture->arena, n_max), 0);
}

static void bury(struct fixture *fixture, uint64_t hash, int64_t ended_ns, uint32_t isn)
{
    struct tomb tomb = {
        .hash = hash, .ended_ns = ended_ns, .client_isn = isn, .is_isn_known = true};

    tombs_add(&fixture->tombs, &tomb);
}

static void a_tomb_is_remembered_for_240_seconds(void **state)
{
    struct fixture fixture;
    const struct tomb *tomb;

    (void)state;
    open_tombs(&fixture, 64);
    assert_null(tombs_find(&fixture.tombs, 77, NOW_NS));
    bury(&fixture, 77, NOW_NS, 1234);
    tomb = tombs_find(&fixture.tombs, 77, NOW_NS + 240 * NS_PER_S - 1);
    assert_non_null(tomb);
    assert_int_equal(tomb->client_isn, 1234);
    assert_true(tomb->is_isn_known);
    assert_null(tombs_find(&fixture.tombs, 77, NOW_NS + 240 * NS_PER_S));
    assert_null(tombs_find(&fixture.tombs, 78, NOW_NS));
    assert_non_null(tombs_find(&fixture.tombs, 77, NOW_NS - NS_PER_S)); /* the clock went back */
    arena_unmap(&fixture.arena);
}

static void the_next_connection_of_a_tuple_replaces_its_tomb(void **state)
{
    struct fixture fixture;

    (void)state;
    open_tombs(&fixture, 4);
    for (uint32_t i = 0; i < 20; i++)
        bury(&fixture, 77, NOW_NS + i, i);
    bury(&fixture, 78, NOW_NS, 0);
    bury(&fixture, 79, NOW_NS, 0);
    bury(&fixture, 80, NOW_NS, 0);
    assert_int_equal(tombs_find(&fixture.tombs, 77, NOW_NS)->client_isn, 19);
    assert_non_null(tombs_find(&fixture.tombs, 78, NOW_NS));
    assert_non_null(tombs_find(&fixture.tombs, 80, NOW_NS));
    arena_unmap(&fixture.arena);
}

static void in_a_full_set_the_oldest_gives_way(void **state)
{
    struct fixture fixture;

    (void)state;
    open_tombs(&fixture, 4); /* one set */
    bury(&fixture, 1, NOW_NS + 3, 0);
    bury(&fixture, 2, NOW_NS + 1, 0);
    bury(&fixture, 3, NOW_NS + 2, 0);
    bury(&fixture, 4, NOW_NS + 4, 0);
    bury(&fixture, 5, NOW_NS + 5, 0);
    assert_null(tombs_find(&fixture.tombs, 2, NOW_NS));
    for (uint64_t hash = 1; hash <= 5; hash++)
        assert_int_equal(tombs_find(&fixture.tombs, hash, NOW_NS) != NULL, hash != 2);
    arena_unmap(&fixture.arena);
}

static void sets_do_not_disturb_each_other(void **state)
{
    struct fixture fixture;

    (void)state;
    open_tombs(&fixture, 64); /* 16 sets, told apart by the upper half of the hash */
    for (uint64_t set = 0; set < 16; set++) {
        for (uint64_t i = 1; i <= 4; i++)
            bury(&fixture, set << 32 | i, NOW_NS, 0);
    }
    for (uint64_t set = 0; set < 16; set++) {
        for (uint64_t i = 1; i <= 4; i++)
            assert_non_null(tombs_find(&fixture.tombs, set << 32 | i, NOW_NS));
    }
    arena_unmap(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tomb_is_remembered_for_240_seconds),
        cmocka_unit_test(the_next_connection_of_a_tuple_replaces_its_tomb),
        cmocka_unit_test(in_a_full_set_the_oldest_gives_way),
        cmocka_unit_test(sets_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
