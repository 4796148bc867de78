/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "flowtable/table.h"
#include "random.h"

struct fixture {
    struct arena arena;
    struct flowtable table;
};

static void open_table(struct fixture *fixture, uint32_t n_max, uint64_t seed)
{
    struct err err;

    assert_int_equal(arena_map(&fixture->arena, flowtable_cost_bytes(n_max), NULL, &err), 0);
    assert_int_equal(
        flowtable_create(&fixture->table, &fixture->arena, n_max, (struct hash_key){.seed = seed}),
        0);
}

static struct flow_key key_of(uint32_t n)
{
    struct flow_key key = {.proto = 6};

    memcpy(key.addr[0].bytes, &n, sizeof(n));
    return key;
}

/* As the tracker does: a state other than FLOW_FREE is what says that the entry is in use. */
static uint32_t add(struct flowtable *table, uint32_t n)
{
    struct flow_key key = key_of(n);
    uint32_t flow_idx = flowtable_add(table, &key);

    table->pool[flow_idx].state = FLOW_SYN_SENT;
    return flow_idx;
}

static uint32_t find(const struct flowtable *table, uint32_t n)
{
    struct flow_key key = key_of(n);

    return flowtable_find(table, &key);
}

#define N_KEYS 96
#define N_MAX 64

/* The table's own counts and its index against what the model says is there. */
static void check_against(const struct flowtable *table, const uint32_t *model,
                          const bool *is_two_way)
{
    uint32_t n_used = 0, n_embryonic = 0, n_cells = 0;

    for (uint32_t n = 0; n < N_KEYS; n++) {
        assert_int_equal(find(table, n), model[n]);
        if (model[n] == FLOW_NONE)
            continue;
        n_used++;
        n_embryonic += !is_two_way[n];
        assert_int_equal(table->pool[model[n]].is_embryonic, !is_two_way[n]);
    }
    for (uint32_t cell = 0; cell <= table->index_mask; cell++)
        n_cells += table->mark[cell] != 0;
    assert_int_equal(table->n_used, n_used);
    assert_int_equal(table->n_embryonic, n_embryonic);
    assert_int_equal(n_cells, n_used);
}

static void random_adds_and_removes_leave_what_a_model_has(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct random random = {.state = seed};
        struct fixture fixture;
        struct flowtable *table = &fixture.table;
        uint32_t model[N_KEYS];
        bool is_two_way[N_KEYS] = {false};

        open_table(&fixture, N_MAX, seed);
        memset(model, 0xff, sizeof(model));
        for (unsigned step = 0; step < 4000; step++) {
            uint32_t n = random_below(&random, N_KEYS);

            if (model[n] != FLOW_NONE && random_below(&random, 3) == 0) {
                flowtable_promote(table, model[n]);
                is_two_way[n] = true;
            } else if (model[n] != FLOW_NONE) {
                flowtable_remove(table, model[n]);
                model[n] = FLOW_NONE;
                is_two_way[n] = false;
            } else if (table->n_used < N_MAX) {
                model[n] = add(table, n);
                assert_true(model[n] < N_MAX);
            }
            check_against(table, model, is_two_way);
        }
        arena_unmap(&fixture.arena);
    }
}

/* Keys that all want the same cell: the run must stay whole whichever of them goes. */
static void a_run_of_colliding_keys_survives_each_removal(void **state)
{
    uint32_t keys[20];
    struct fixture fixture;
    struct flowtable *table = &fixture.table;
    uint32_t n_keys = 0;

    (void)state;
    open_table(&fixture, 32, 7);
    /* Home in the last cells, so that the run wraps around the end of the index; and so many that
     * some lie further from home than a mark can say. */
    for (uint32_t n = 0; n_keys < ARRAY_LEN(keys); n++) {
        struct flow_key key = key_of(n);
        uint32_t home = (uint32_t)flow_key_hash(&table->hash_key, &key) & table->index_mask;

        if (home >= table->index_mask - 2)
            keys[n_keys++] = n;
    }
    for (uint32_t gone = 0; gone < n_keys; gone++) {
        uint32_t flow_idx[ARRAY_LEN(keys)];

        for (uint32_t i = 0; i < n_keys; i++)
            flow_idx[i] = add(table, keys[i]);
        flowtable_remove(table, flow_idx[gone]);
        for (uint32_t i = 0; i < n_keys; i++)
            assert_int_equal(find(table, keys[i]), i == gone ? FLOW_NONE : flow_idx[i]);
        for (uint32_t i = 0; i < n_keys; i++) {
            if (i != gone)
                flowtable_remove(table, flow_idx[i]);
        }
        assert_int_equal(table->n_used, 0);
    }
    arena_unmap(&fixture.arena);
}

static void a_removed_entry_comes_back_empty(void **state)
{
    struct fixture fixture;
    uint32_t first, second;

    (void)state;
    open_table(&fixture, 16, 1);
    first = add(&fixture.table, 1);
    memset(&fixture.table.pool[first].facts, 0xff, sizeof(struct flow_facts));
    flowtable_remove(&fixture.table, first);
    second = add(&fixture.table, 2);
    assert_int_equal(second, first);
    assert_int_equal(fixture.table.pool[second].facts.bits, 0);
    assert_int_equal(fixture.table.pool[second].facts.first_ns, 0);
    assert_int_equal(fixture.table.pool[second].trail_idx, FLOW_NONE);
    arena_unmap(&fixture.arena);
}

static void nobody_has_to_go_while_there_is_room(void **state)
{
    struct fixture fixture;
    struct flowtable *table = &fixture.table;

    (void)state;
    open_table(&fixture, 16, 1);
    for (uint32_t n = 0; n < 16; n++) {
        uint32_t flow_idx;

        assert_false(flowtable_is_full(table, false));
        flow_idx = add(table, n);
        if (n < 15) {
            assert_false(flowtable_is_full(table, true));
            flowtable_promote(table, flow_idx);
        }
    }
    assert_true(flowtable_is_full(table, false));
    assert_true(flowtable_is_full(table, true));
    arena_unmap(&fixture.arena);
}

static void an_embryonic_entry_pushes_out_its_like_in_turn(void **state)
{
    struct fixture fixture;
    struct flowtable *table = &fixture.table;

    (void)state;
    open_table(&fixture, 16, 1);
    for (uint32_t n = 0; n < 16; n++) {
        uint32_t flow_idx = add(table, n);

        if (n % 4 == 0)
            flowtable_promote(table, flow_idx);
    }
    for (uint32_t n = 100; n < 200; n++) {
        uint32_t victim = flowtable_victim(table, false);

        assert_int_not_equal(victim, FLOW_NONE);
        assert_true(table->pool[victim].is_embryonic);
        flowtable_remove(table, victim);
        (void)add(table, n);
    }
    for (uint32_t n = 0; n < 16; n++) /* gone in the order of the pool: the oldest first */
        assert_int_equal(find(table, n) != FLOW_NONE, n % 4 == 0);
    for (uint32_t n = 188; n < 200; n++)
        assert_int_not_equal(find(table, n), FLOW_NONE);
    arena_unmap(&fixture.arena);
}

static void a_two_way_entry_pushes_out_one_that_was_idle(void **state)
{
    struct fixture fixture;
    struct flowtable *table = &fixture.table;
    uint32_t victim;

    (void)state;
    open_table(&fixture, 16, 1);
    for (uint32_t n = 0; n < 15; n++) {
        uint32_t flow_idx = add(table, n);

        flowtable_promote(table, flow_idx);
        table->pool[flow_idx].is_recent = n != 9;
    }
    (void)add(table, 15);
    victim = flowtable_victim(table, true);
    assert_int_equal(victim, find(table, 9));
    /* All had packets since: one of them has to go all the same, and it is no embryonic one. */
    for (uint32_t n = 0; n < 15; n++)
        table->pool[find(table, n)].is_recent = 1;
    victim = flowtable_victim(table, true);
    assert_int_not_equal(victim, FLOW_NONE);
    assert_false(table->pool[victim].is_embryonic);
    arena_unmap(&fixture.arena);
}

/* The memory there is lent to trails, and any bytes may look like a flow that was idle. */
static void entries_that_were_never_in_use_are_not_looked_at(void **state)
{
    struct fixture fixture;
    struct flowtable *table = &fixture.table;

    (void)state;
    open_table(&fixture, N_MAX, 9);
    memset(&table->pool[N_MAX - 1], 0x0f, sizeof(*table->pool));
    for (uint32_t n = 0; n < N_MAX - 1; n++) {
        uint32_t flow_idx = add(table, n);

        if (flowtable_is_full(table, true))
            break;
        flowtable_promote(table, flow_idx);
    }
    assert_true(flowtable_is_full(table, true));
    for (uint32_t i = 0; i < 3 * N_MAX; i++)
        assert_in_range(flowtable_victim(table, true), 0, N_MAX - 2);
    arena_unmap(&fixture.arena);
}

static void an_arena_that_is_too_small_is_an_error(void **state)
{
    struct flowtable table;
    struct arena arena;
    struct err err;

    (void)state;
    assert_int_equal(arena_map(&arena, 4096, NULL, &err), 0);
    assert_int_not_equal(flowtable_create(&table, &arena, 1024, (struct hash_key){0}), 0);
    arena_unmap(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_adds_and_removes_leave_what_a_model_has),
        cmocka_unit_test(a_run_of_colliding_keys_survives_each_removal),
        cmocka_unit_test(a_removed_entry_comes_back_empty),
        cmocka_unit_test(nobody_has_to_go_while_there_is_room),
        cmocka_unit_test(an_embryonic_entry_pushes_out_its_like_in_turn),
        cmocka_unit_test(a_two_way_entry_pushes_out_one_that_was_idle),
        cmocka_unit_test(entries_that_were_never_in_use_are_not_looked_at),
        cmocka_unit_test(an_arena_that_is_too_small_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
