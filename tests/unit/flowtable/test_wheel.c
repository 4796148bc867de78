/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "flowtable/wheel.h"
#include "random.h"

#define N_FLOWS 64
#define START_NS (INT64_C(1700000000) * NS_PER_S + 50 * NS_PER_MS)
#define NO_DEADLINE NS_NEVER

struct fixture {
    struct arena arena;
    struct wheel wheel;
    struct flow *pool;
    /* The model: when each flow wants to come up, and the slot that it must come up in. */
    int64_t deadline_ns[N_FLOWS];
    int64_t slot[N_FLOWS];
    int64_t current; /* last slot that came up */
};

static void open_wheel(struct fixture *fixture)
{
    struct err err;

    memset(fixture, 0, sizeof(*fixture));
    assert_int_equal(arena_map(&fixture->arena,
                               wheel_cost_bytes() + arena_cost_bytes(N_FLOWS * sizeof(struct flow)),
                               NULL, &err),
                     0);
    fixture->pool = arena_take(&fixture->arena, N_FLOWS * sizeof(struct flow));
    assert_int_equal(wheel_create(&fixture->wheel, &fixture->arena, fixture->pool), 0);
    for (uint32_t i = 0; i < N_FLOWS; i++) {
        fixture->pool[i].wheel_slot = WHEEL_SLOT_NONE;
        fixture->pool[i].facts.first_frame = (i * 37 + 11) % N_FLOWS + 1; /* not in pool order */
        fixture->deadline_ns[i] = NO_DEADLINE;
    }
    wheel_start(&fixture->wheel, START_NS);
    fixture->current = START_NS / WHEEL_SLOT_NS;
}

static void arm(struct fixture *fixture, uint32_t flow_idx, int64_t deadline_ns)
{
    int64_t slot = (deadline_ns + WHEEL_SLOT_NS - 1) / WHEEL_SLOT_NS;

    wheel_arm(&fixture->wheel, flow_idx, deadline_ns);
    fixture->deadline_ns[flow_idx] = deadline_ns;
    fixture->slot[flow_idx] = slot > fixture->current ? slot : fixture->current + 1;
}

static void cancel(struct fixture *fixture, uint32_t flow_idx)
{
    wheel_cancel(&fixture->wheel, flow_idx);
    fixture->deadline_ns[flow_idx] = NO_DEADLINE;
}

/* Each armed flow is in exactly one list, and its links hold in both directions. */
static void check_links(const struct fixture *fixture)
{
    unsigned n_seen[N_FLOWS] = {0};
    uint32_t n_armed = 0;

    for (unsigned cell = 0; cell < WHEEL_SLOTS; cell++) {
        uint32_t prev = FLOW_NONE;

        for (uint32_t i = fixture->wheel.head[cell]; i != FLOW_NONE; i = fixture->pool[i].next) {
            assert_int_equal(fixture->pool[i].prev, prev);
            assert_int_equal(fixture->pool[i].wheel_slot, cell);
            n_seen[i]++;
            n_armed++;
            prev = i;
        }
    }
    assert_int_equal(fixture->wheel.n_armed, n_armed);
    for (uint32_t i = 0; i < N_FLOWS; i++)
        assert_int_equal(n_seen[i], fixture->deadline_ns[i] != NO_DEADLINE);
}

/* Lets time pass. What comes up must be in order; one that was parked is armed anew, as the
 * tracker does. Nothing may stay behind. */
static void pass(struct fixture *fixture, int64_t now_ns)
{
    int64_t target = now_ns / WHEEL_SLOT_NS;
    int64_t slot_ns;
    uint32_t list;

    while ((list = wheel_due(&fixture->wheel, now_ns, &slot_ns)) != FLOW_NONE) {
        uint64_t last_frame = 0;

        assert_true(slot_ns % WHEEL_SLOT_NS == 0);
        assert_true(slot_ns / WHEEL_SLOT_NS > fixture->current);
        assert_true(slot_ns <= now_ns);
        fixture->current = slot_ns / WHEEL_SLOT_NS;
        while (list != FLOW_NONE) {
            uint32_t i = list;

            list = fixture->pool[i].next;
            assert_true(fixture->deadline_ns[i] != NO_DEADLINE);
            assert_int_equal(fixture->pool[i].wheel_slot, WHEEL_SLOT_NONE);
            assert_true(fixture->pool[i].facts.first_frame > last_frame);
            last_frame = fixture->pool[i].facts.first_frame;
            assert_true(fixture->current <= fixture->slot[i]);
            if (fixture->current < fixture->slot[i]) {
                arm(fixture, i, fixture->deadline_ns[i]);
                continue;
            }
            fixture->deadline_ns[i] = NO_DEADLINE;
        }
    }
    if (target > fixture->current)
        fixture->current = target;
    for (uint32_t i = 0; i < N_FLOWS; i++)
        assert_true(fixture->deadline_ns[i] == NO_DEADLINE || fixture->slot[i] > target);
}

static void a_timer_comes_up_in_the_slot_that_ends_at_its_deadline(void **state)
{
    static const struct {
        int64_t after_ns; /* deadline, from a slot's time on */
        int64_t slot;     /* from that slot on */
    } rows[] = {
        {1, 1},
        {WHEEL_SLOT_NS - 1, 1},
        {WHEEL_SLOT_NS, 1},
        {WHEEL_SLOT_NS + 1, 2},
        {0, 1},                 /* due now: the current slot is over */
        {-5 * WHEEL_SLOT_NS, 1} /* overdue */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t base_ns = START_NS / WHEEL_SLOT_NS * WHEEL_SLOT_NS;
        struct fixture fixture;
        int64_t slot_ns;

        open_wheel(&fixture);
        wheel_arm(&fixture.wheel, 3, base_ns + rows[i].after_ns);
        assert_int_equal(
            wheel_due(&fixture.wheel, base_ns + rows[i].slot * WHEEL_SLOT_NS - 1, &slot_ns),
            FLOW_NONE);
        assert_int_equal(
            wheel_due(&fixture.wheel, base_ns + rows[i].slot * WHEEL_SLOT_NS, &slot_ns), 3);
        assert_int_equal(slot_ns, base_ns + rows[i].slot * WHEEL_SLOT_NS);
        assert_int_equal(fixture.pool[3].next, FLOW_NONE);
        assert_int_equal(fixture.wheel.n_armed, 0);
        arena_unmap(&fixture.arena);
    }
}

static int64_t random_deadline(struct random *random, int64_t now_ns)
{
    switch (random_below(random, 4)) {
    case 0:
        return now_ns + (int64_t)random_below(random, 3000) * NS_PER_MS - NS_PER_S;
    case 1:
        return now_ns + (int64_t)random_below(random, 400) * NS_PER_S;
    case 2: /* about the horizon, 409.6 s */
        return now_ns + 409 * NS_PER_S + (int64_t)random_below(random, 2000) * NS_PER_MS;
    default:
        return now_ns + (int64_t)random_below(random, 9000) * NS_PER_S;
    }
}

static void random_timers_come_up_as_a_model_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct random random = {.state = seed};
        int64_t now_ns = START_NS;
        struct fixture fixture;

        open_wheel(&fixture);
        for (unsigned step = 0; step < 6000; step++) {
            uint32_t flow_idx = random_below(&random, N_FLOWS);
            uint32_t what = random_below(&random, 100);

            if (what < 60)
                arm(&fixture, flow_idx, random_deadline(&random, now_ns));
            else if (what < 70)
                cancel(&fixture, flow_idx);
            else if (what < 90)
                pass(&fixture, now_ns += (int64_t)random_below(&random, 500) * NS_PER_MS);
            else
                pass(&fixture, now_ns += (int64_t)random_below(&random, 600) * NS_PER_S);
            if (step % 16 == 0)
                check_links(&fixture);
        }
        arena_unmap(&fixture.arena);
    }
}

static void arming_again_moves_a_timer_both_ways(void **state)
{
    struct fixture fixture;

    (void)state;
    open_wheel(&fixture);
    arm(&fixture, 0, START_NS + 10 * NS_PER_S);
    arm(&fixture, 1, START_NS + 10 * NS_PER_S);
    arm(&fixture, 2, START_NS + 10 * NS_PER_S);
    arm(&fixture, 1, START_NS + 2 * NS_PER_S);
    arm(&fixture, 2, START_NS + 20 * NS_PER_S);
    check_links(&fixture);
    pass(&fixture, START_NS + 3 * NS_PER_S);
    assert_int_equal(fixture.deadline_ns[1], NO_DEADLINE);
    assert_int_equal(fixture.wheel.n_armed, 2);
    pass(&fixture, START_NS + 11 * NS_PER_S);
    assert_int_equal(fixture.deadline_ns[0], NO_DEADLINE);
    assert_int_equal(fixture.wheel.n_armed, 1);
    pass(&fixture, START_NS + 21 * NS_PER_S);
    assert_int_equal(fixture.wheel.n_armed, 0);
    arena_unmap(&fixture.arena);
}

static void a_gap_of_years_brings_up_everything_in_its_own_slot(void **state)
{
    struct fixture fixture;

    (void)state;
    open_wheel(&fixture);
    for (uint32_t i = 0; i < N_FLOWS; i++)
        arm(&fixture, i, START_NS + (int64_t)i * 117 * NS_PER_S);
    pass(&fixture, START_NS + INT64_C(50) * 365 * 86400 * NS_PER_S);
    assert_int_equal(fixture.wheel.n_armed, 0);
    /* And it runs on from there. */
    arm(&fixture, 5, START_NS + INT64_C(50) * 365 * 86400 * NS_PER_S + NS_PER_S);
    pass(&fixture, START_NS + INT64_C(50) * 365 * 86400 * NS_PER_S + 2 * NS_PER_S);
    assert_int_equal(fixture.deadline_ns[5], NO_DEADLINE);
    arena_unmap(&fixture.arena);
}

static void what_a_wrong_date_armed_does_not_hold_up_a_gap_of_years(void **state)
{
    const int64_t years_ns = INT64_C(50) * 365 * 86400 * NS_PER_S;
    struct fixture fixture;
    int64_t slot_ns;
    unsigned n_early = 0;

    (void)state;
    open_wheel(&fixture);
    arm(&fixture, 0, START_NS + 2 * years_ns);
    for (uint32_t i; (i = wheel_due(&fixture.wheel, START_NS + years_ns, &slot_ns)) != FLOW_NONE;) {
        assert_int_equal(i, 0);
        assert_in_range(n_early++, 0, 1000);
        wheel_arm(&fixture.wheel, i, START_NS + 2 * years_ns);
    }
    assert_int_equal(fixture.wheel.current, (START_NS + years_ns) / WHEEL_SLOT_NS);
    arena_unmap(&fixture.arena);
}

static void time_that_goes_back_brings_up_nothing(void **state)
{
    struct fixture fixture;
    int64_t slot_ns;

    (void)state;
    open_wheel(&fixture);
    arm(&fixture, 0, START_NS + NS_PER_S);
    assert_int_equal(wheel_due(&fixture.wheel, START_NS - 3600 * NS_PER_S, &slot_ns), FLOW_NONE);
    wheel_start(&fixture.wheel, START_NS - 3600 * NS_PER_S); /* only the first time counts */
    pass(&fixture, START_NS + 2 * NS_PER_S);
    assert_int_equal(fixture.wheel.n_armed, 0);
    arena_unmap(&fixture.arena);
}

static void draining_gives_all_in_the_order_of_their_first_frames(void **state)
{
    struct fixture fixture;
    uint64_t last_frame = 0;
    unsigned n = 0;

    (void)state;
    open_wheel(&fixture);
    for (uint32_t i = 0; i < N_FLOWS; i++)
        wheel_arm(&fixture.wheel, i, START_NS + (int64_t)(i * i % 13) * 40 * NS_PER_S);
    for (uint32_t i = wheel_drain(&fixture.wheel); i != FLOW_NONE; i = fixture.pool[i].next) {
        assert_true(fixture.pool[i].facts.first_frame > last_frame);
        assert_int_equal(fixture.pool[i].wheel_slot, WHEEL_SLOT_NONE);
        last_frame = fixture.pool[i].facts.first_frame;
        n++;
    }
    assert_int_equal(n, N_FLOWS);
    assert_int_equal(fixture.wheel.n_armed, 0);
    assert_int_equal(wheel_drain(&fixture.wheel), FLOW_NONE);
    arena_unmap(&fixture.arena);
}

static bool is_even(const struct flow *flow)
{
    return flow->facts.first_frame % 2 == 0;
}

static bool is_none(const struct flow *flow)
{
    (void)flow;
    return false;
}

static void the_soonest_of_a_kind_is_found_and_stays_armed(void **state)
{
    struct fixture fixture;
    uint32_t odd, even, later;

    (void)state;
    open_wheel(&fixture);
    for (odd = 0; is_even(&fixture.pool[odd]); odd++)
        ;
    for (even = 0; !is_even(&fixture.pool[even]); even++)
        ;
    for (later = even + 1; !is_even(&fixture.pool[later]); later++)
        ;
    assert_int_equal(wheel_soonest(&fixture.wheel, is_even), FLOW_NONE);
    arm(&fixture, odd, START_NS + NS_PER_S);
    arm(&fixture, even, START_NS + 2 * NS_PER_S);
    arm(&fixture, later, START_NS + 3 * NS_PER_S);
    assert_int_equal(wheel_soonest(&fixture.wheel, is_even), even);
    assert_int_equal(wheel_soonest(&fixture.wheel, is_none), FLOW_NONE);
    check_links(&fixture);
    cancel(&fixture, even);
    assert_int_equal(wheel_soonest(&fixture.wheel, is_even), later);
    arm(&fixture, later, START_NS + 3600 * NS_PER_S); /* far off is not soon */
    assert_int_equal(wheel_soonest(&fixture.wheel, is_even), FLOW_NONE);
    arena_unmap(&fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_comes_up_in_the_slot_that_ends_at_its_deadline),
        cmocka_unit_test(random_timers_come_up_as_a_model_says),
        cmocka_unit_test(arming_again_moves_a_timer_both_ways),
        cmocka_unit_test(a_gap_of_years_brings_up_everything_in_its_own_slot),
        cmocka_unit_test(what_a_wrong_date_armed_does_not_hold_up_a_gap_of_years),
        cmocka_unit_test(time_that_goes_back_brings_up_nothing),
        cmocka_unit_test(draining_gives_all_in_the_order_of_their_first_frames),
        cmocka_unit_test(the_soonest_of_a_kind_is_found_and_stays_armed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
