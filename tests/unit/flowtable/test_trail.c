/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "flowtable/trail.h"

#define N_FLOWS 200

struct fixture {
    struct arena arena;
    struct trails trails;
    struct flow *pool;
};

static void open_trails(struct fixture *fixture, uint32_t n_max)
{
    struct err err;

    assert_int_equal(
        arena_map(&fixture->arena,
                  trails_cost_bytes(n_max) + arena_cost_bytes(N_FLOWS * sizeof(struct flow)), NULL,
                  &err),
        0);
    fixture->pool = arena_take(&fixture->arena, N_FLOWS * sizeof(struct flow));
    assert_int_equal(trails_create(&fixture->trails, &fixture->arena, n_max, NULL), 0);
    for (uint32_t i = 0; i < N_FLOWS; i++)
        fixture->pool[i].trail_idx = FLOW_NONE;
}

/* Owner and owned name each other, or neither does. */
static void check_owners(const struct fixture *fixture)
{
    uint32_t n_owned = 0;

    for (uint32_t i = 0; i < N_FLOWS; i++) {
        uint32_t trail_idx = fixture->pool[i].trail_idx;

        if (trail_idx == FLOW_NONE)
            continue;
        assert_true(trail_idx < trails_count(&fixture->trails));
        assert_int_equal(trail_cell_at(&fixture->trails, trail_idx)->entry.flow_idx, i);
        n_owned++;
    }
    for (uint32_t i = 0; i < trails_count(&fixture->trails); i++)
        n_owned -= trail_cell_at(&fixture->trails, i)->entry.flow_idx != FLOW_NONE;
    assert_int_equal(n_owned, 0);
}

static void claim(struct fixture *fixture, uint32_t flow_idx)
{
    trail_claim(&fixture->trails, fixture->pool, flow_idx, 0);
    check_owners(fixture);
}

static bool has_lost(const struct fixture *fixture, uint32_t flow_idx)
{
    return fixture->pool[flow_idx].facts.bits & FACT_TRAIL_LOST;
}

static void each_flow_gets_an_empty_trail_while_there_are_any(void **state)
{
    static const struct flow_trail empty;
    struct fixture fixture;

    (void)state;
    open_trails(&fixture, 8);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 8; i++) {
            struct flow_trail *trail;

            claim(&fixture, i);
            trail = trail_of(&fixture.trails, &fixture.pool[i]);
            assert_non_null(trail);
            assert_memory_equal(trail, &empty, sizeof(empty));
            memset(trail, 0xff, sizeof(*trail));
            assert_false(has_lost(&fixture, i));
        }
        for (uint32_t i = 0; i < 8; i++) {
            trail_free(&fixture.trails, &fixture.pool[i]);
            trail_free(&fixture.trails, &fixture.pool[i]); /* twice is harmless */
            assert_null(trail_of(&fixture.trails, &fixture.pool[i]));
        }
        check_owners(&fixture);
    }
    arena_unmap(&fixture.arena);
}

static void a_new_flow_takes_the_trail_of_a_quiet_one(void **state)
{
    struct fixture fixture;

    (void)state;
    open_trails(&fixture, 8);
    for (uint32_t i = 0; i < 8; i++)
        claim(&fixture, i);
    claim(&fixture, 8); /* all were recent: the first loses its trail */
    assert_true(has_lost(&fixture, 0));
    assert_false(has_lost(&fixture, 8));
    for (uint32_t i = 1; i < 8; i++) {
        if (i != 5)
            (void)trail_of(&fixture.trails, &fixture.pool[i]); /* a packet */
    }
    claim(&fixture, 9);
    assert_true(has_lost(&fixture, 5));
    for (uint32_t i = 1; i < 10; i++)
        assert_int_equal(has_lost(&fixture, i), i == 5);
    arena_unmap(&fixture.arena);
}

static void a_flow_in_trouble_keeps_its_trail(void **state)
{
    struct fixture fixture;
    struct flow_trail *trail;

    (void)state;
    open_trails(&fixture, 8);
    for (uint32_t i = 0; i < 8; i++)
        claim(&fixture, i);
    trail = &trail_keep(&fixture.trails, fixture.pool, 3, 0)->trail;
    assert_ptr_equal(trail, trail_of(&fixture.trails, &fixture.pool[3]));
    for (uint32_t i = 8; i < 100; i++)
        claim(&fixture, i);
    assert_ptr_equal(trail_of(&fixture.trails, &fixture.pool[3]), trail);
    assert_false(has_lost(&fixture, 3));
    /* Its end frees the trail for others. */
    trail_free(&fixture.trails, &fixture.pool[3]);
    for (uint32_t i = 100; i < 108; i++)
        claim(&fixture, i);
    assert_int_equal(fixture.trails.base[3].entry.flow_idx >= 100, true);
    arena_unmap(&fixture.arena);
}

static void a_flow_without_a_trail_claims_one_when_trouble_begins(void **state)
{
    struct fixture fixture;

    (void)state;
    open_trails(&fixture, 8);
    for (uint32_t i = 0; i < 9; i++)
        claim(&fixture, i);
    assert_null(trail_of(&fixture.trails, &fixture.pool[0]));
    assert_non_null(trail_keep(&fixture.trails, fixture.pool, 0, 0));
    check_owners(&fixture);
    assert_true(has_lost(&fixture, 0)); /* what was in it stays lost */
    arena_unmap(&fixture.arena);
}

static void when_all_are_kept_a_flow_goes_without(void **state)
{
    struct fixture fixture;

    (void)state;
    open_trails(&fixture, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_non_null(trail_keep(&fixture.trails, fixture.pool, i, 0));
    claim(&fixture, 8);
    assert_null(trail_of(&fixture.trails, &fixture.pool[8]));
    assert_true(has_lost(&fixture, 8));
    assert_null(trail_keep(&fixture.trails, fixture.pool, 8, 0));
    for (uint32_t i = 0; i < 8; i++)
        assert_false(has_lost(&fixture, i));
    arena_unmap(&fixture.arena);
}

/* ---- room at the end of the table ---- */

#define N_TABLE_FLOWS 4096

struct shared {
    struct arena arena;
    struct flowtable table;
    struct trails trails;
};

static void open_shared(struct shared *shared)
{
    struct err err;

    assert_int_equal(arena_map(&shared->arena,
                               flowtable_cost_bytes(N_TABLE_FLOWS) + trails_cost_bytes(1), NULL,
                               &err),
                     0);
    assert_int_equal(
        flowtable_create(&shared->table, &shared->arena, N_TABLE_FLOWS, (struct hash_key){0}), 0);
    assert_int_equal(trails_create(&shared->trails, &shared->arena, 1, &shared->table), 0);
}

/* A new flow with a trail that it keeps; its key tells its number. */
static uint32_t add_in_trouble(struct shared *shared, uint32_t number)
{
    struct flow_key key = {.port = {(uint16_t)number, 80}};
    uint32_t flow_idx;
    struct trail_entry *entry;

    trails_make_room(&shared->trails, shared->table.pool);
    flow_idx = flowtable_add(&shared->table, &key);
    entry = trail_keep(&shared->trails, shared->table.pool, flow_idx, 0);
    if (entry)
        entry->trail.n_rst = (uint8_t)number;
    return flow_idx;
}

/* What a flow and its trail say of each other, and that neither was written over. */
static uint32_t check_shared(const struct shared *shared, uint32_t n_flows)
{
    uint32_t n_with = 0;

    for (uint32_t i = 0; i < n_flows; i++) {
        const struct flow *flow = &shared->table.pool[i];
        const struct trail_entry *entry;

        assert_int_equal(flow->key.port[0], i);
        if (flow->trail_idx == FLOW_NONE) {
            assert_true(flow->facts.bits & FACT_TRAIL_LOST);
            continue;
        }
        entry = &trail_cell_at(&shared->trails, flow->trail_idx)->entry;
        assert_int_equal(entry->flow_idx, i);
        assert_int_equal(entry->trail.n_rst, (uint8_t)i);
        n_with++;
    }
    return n_with;
}

static void trails_in_trouble_find_room_where_no_flow_has_been(void **state)
{
    struct shared shared;

    (void)state;
    open_shared(&shared);
    for (uint32_t i = 0; i < 60; i++)
        (void)add_in_trouble(&shared, i);
    assert_int_equal(check_shared(&shared, 60), 60);
    assert_int_equal(shared.trails.n_spare, 59);
    /* Those of flows that end are taken first. */
    trail_free(&shared.trails, &shared.table.pool[30]);
    assert_int_equal(shared.table.pool[30].trail_idx, FLOW_NONE);
    (void)add_in_trouble(&shared, 60);
    assert_int_equal(shared.trails.n_spare, 59);
    arena_unmap(&shared.arena);
}

static void flows_without_trouble_take_little_of_it(void **state)
{
    struct shared shared;
    uint32_t n_with = 0;

    (void)state;
    open_shared(&shared);
    for (uint32_t i = 0; i < 60; i++) {
        struct flow_key key = {.port = {(uint16_t)i, 80}};
        uint32_t flow_idx = flowtable_add(&shared.table, &key);

        trail_claim(&shared.trails, shared.table.pool, flow_idx, 0);
    }
    for (uint32_t i = 0; i < 60; i++)
        n_with += shared.table.pool[i].trail_idx != FLOW_NONE;
    assert_in_range(n_with, 2, 5);
    assert_int_equal(shared.trails.n_calm, n_with - 1);
    /* In trouble, one stands where there was none, or stays where it is. */
    for (uint32_t i = 0; i < 60; i++)
        assert_non_null(trail_keep(&shared.trails, shared.table.pool, i, 0));
    assert_int_equal(shared.trails.n_calm, 0);
    for (uint32_t i = 0; i < 60; i++)
        trail_free(&shared.trails, &shared.table.pool[i]);
    assert_int_equal(shared.trails.n_calm, 0);
    arena_unmap(&shared.arena);
}

static void flows_take_their_room_back(void **state)
{
    struct shared shared;
    uint32_t n_with;

    (void)state;
    open_shared(&shared);
    for (uint32_t i = 0; i < N_TABLE_FLOWS; i++) {
        (void)add_in_trouble(&shared, i);
        if (i == 100) /* a free one among those that go */
            trail_free(&shared.trails, &shared.table.pool[50]);
        if (i == 100)
            shared.table.pool[50].facts.bits |= FACT_TRAIL_LOST;
        if (i % 256 == 0)
            (void)check_shared(&shared, i + 1);
    }
    n_with = check_shared(&shared, N_TABLE_FLOWS);
    assert_int_equal(shared.trails.n_spare, 0);
    assert_int_equal(shared.trails.n_calm, 0);
    assert_int_equal(n_with, 1);
    assert_int_equal(shared.trails.free_head, FLOW_NONE);
    arena_unmap(&shared.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flow_gets_an_empty_trail_while_there_are_any),
        cmocka_unit_test(a_new_flow_takes_the_trail_of_a_quiet_one),
        cmocka_unit_test(a_flow_in_trouble_keeps_its_trail),
        cmocka_unit_test(a_flow_without_a_trail_claims_one_when_trouble_begins),
        cmocka_unit_test(when_all_are_kept_a_flow_goes_without),
        cmocka_unit_test(trails_in_trouble_find_room_where_no_flow_has_been),
        cmocka_unit_test(flows_without_trouble_take_little_of_it),
        cmocka_unit_test(flows_take_their_room_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
