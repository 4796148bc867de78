/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of clients in one pool: exact, capped, given back. */
#include "verdict/clientset.h"

#include "unit.h"

#define N_MARKS 16

static const struct hash_key hash_key = {3};

static struct ipaddr client(uint8_t last)
{
    uint8_t bytes[4] = {10, 0, 0, last};

    return ipaddr_from_v4(bytes);
}

static void add(struct clientset *set, struct clientpool *pool, uint8_t last, uint64_t n,
                uint32_t n_max)
{
    struct ipaddr addr = client(last);

    clientset_add(set, pool, &addr, n, n_max);
}

static int open_pool(void **state)
{
    static struct clientpool pool;
    static struct arena arena;
    size_t cost_bytes = clientpool_cost_bytes(N_MARKS);

    assert_int_equal(arena_map(&arena, cost_bytes, NULL, NULL), 0);
    assert_true(clientpool_create(&pool, &arena, &hash_key, N_MARKS));
    assert_int_equal(arena.used_bytes, cost_bytes);
    *state = &pool;
    return 0;
}

static void sets_do_not_mix(void **state)
{
    struct clientpool *pool = *state;
    struct clientset a = {0}, b = {0};
    struct incident_client top[2];

    add(&a, pool, 1, 1, 10);
    add(&a, pool, 1, 1, 10);
    add(&b, pool, 1, 5, 10);
    assert_int_equal(a.n, 1);
    assert_int_equal(clientset_top(&a, pool, top, 2), 1);
    assert_int_equal(top[0].n_failures, 2);
    assert_int_equal(clientset_top(&b, pool, top, 2), 1);
    assert_int_equal(top[0].n_failures, 5);
    clientset_clear(&a, pool);
    assert_int_equal(clientset_top(&a, pool, top, 2), 0);
    assert_int_equal(clientset_top(&b, pool, top, 2), 1);
    clientset_clear(&b, pool);
    assert_int_equal(pool->map.n_used, 0);
}

static void the_top_is_sorted_by_failures_then_address(void **state)
{
    struct clientpool *pool = *state;
    struct clientset set = {0};
    struct incident_client top[3];
    static const uint8_t expected[] = {4, 2, 3};

    add(&set, pool, 3, 2, 10);
    add(&set, pool, 1, 1, 10);
    add(&set, pool, 2, 2, 10);
    add(&set, pool, 5, 1, 10);
    add(&set, pool, 4, 9, 10);
    assert_int_equal(clientset_top(&set, pool, top, 3), 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(top[i].addr.bytes[15], expected[i]);
    clientset_clear(&set, pool);
}

static void a_full_set_says_so_and_goes_on_counting_whom_it_knows(void **state)
{
    struct clientpool *pool = *state;
    struct clientset set = {0};
    struct incident_client top[1];

    add(&set, pool, 1, 1, 2);
    add(&set, pool, 2, 1, 2);
    assert_false(set.is_capped);
    add(&set, pool, 2, 1, 2);
    assert_false(set.is_capped);
    add(&set, pool, 3, 1, 2);
    assert_true(set.is_capped);
    assert_int_equal(set.n, 2);
    clientset_top(&set, pool, top, 1);
    assert_int_equal(top[0].n_failures, 2);
    clientset_clear(&set, pool);
    assert_false(set.is_capped);
}

static void an_empty_pool_caps_every_set(void **state)
{
    struct clientpool *pool = *state;
    struct clientset set = {0}, other = {0};

    for (uint8_t i = 0; i < N_MARKS; i++)
        add(&set, pool, i, 1, 100);
    assert_false(set.is_capped);
    add(&other, pool, 1, 1, 100);
    assert_true(other.is_capped);
    assert_int_equal(other.n, 0);
    clientset_clear(&set, pool);
    add(&other, pool, 1, 1, 100);
    assert_int_equal(other.n, 1);
    clientset_clear(&other, pool);
}

static void adding_a_set_leaves_it_as_it_was(void **state)
{
    struct clientpool *pool = *state;
    struct clientset into = {0}, from = {0}, none = {0};
    struct incident_client top[4];

    add(&into, pool, 1, 1, 10);
    add(&from, pool, 1, 2, 10);
    add(&from, pool, 2, 1, 10);
    clientset_add_all(&into, pool, &from, 10);
    clientset_add_all(&into, pool, &none, 10);
    assert_int_equal(clientset_top(&into, pool, top, 4), 2);
    assert_int_equal(top[0].n_failures, 3);
    assert_int_equal(clientset_top(&from, pool, top, 4), 2);
    assert_int_equal(top[0].n_failures, 2);
    clientset_clear(&into, pool);
    clientset_clear(&from, pool);
    assert_int_equal(pool->map.n_used, 0);
}

static void ids_that_come_round_pass_over_zero(void **state)
{
    struct clientpool *pool = *state;
    struct clientset set = {0};

    pool->last_id = UINT32_MAX;
    add(&set, pool, 1, 1, 10);
    assert_int_not_equal(set.id, 0);
    assert_int_equal(set.n, 1);
    clientset_clear(&set, pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_do_not_mix),
        cmocka_unit_test(the_top_is_sorted_by_failures_then_address),
        cmocka_unit_test(a_full_set_says_so_and_goes_on_counting_whom_it_knows),
        cmocka_unit_test(an_empty_pool_caps_every_set),
        cmocka_unit_test(adding_a_set_leaves_it_as_it_was),
        cmocka_unit_test(ids_that_come_round_pass_over_zero),
    };

    return cmocka_run_group_tests(tests, open_pool, NULL);
}
