/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/clockline.h"
#include "base/compiler.h"
#include "base/nanotime.h"

#define WALL_NS (INT64_C(1795000000) * NS_PER_S)
#define HOUR_NS (3600 * NS_PER_S)

/* A line, and a wall clock that is `ahead_ns` of it. */
struct watch {
    struct clockline line;
    int64_t now_ns; /* since the start */
    int64_t ahead_ns;
};

static void start(struct watch *watch)
{
    *watch = (struct watch){.now_ns = 0};
    clockline_init(&watch->line, WALL_NS, 5 * NS_PER_S);
}

static int64_t wall_ns(const struct watch *watch)
{
    return WALL_NS + watch->now_ns + watch->ahead_ns;
}

static void pass(struct watch *watch, int64_t ns)
{
    watch->now_ns += ns;
    clockline_observe(&watch->line, wall_ns(watch), 5 * NS_PER_S + watch->now_ns);
}

/* A packet that was dated `ago_ns` ago by a wall clock so far ahead. */
static int64_t place(struct watch *watch, int64_t ago_ns, int64_t ahead_ns)
{
    return clockline_place(&watch->line, WALL_NS + watch->now_ns - ago_ns + ahead_ns) - WALL_NS;
}

static void without_a_step_the_line_is_the_wall_clock(void **state)
{
    struct watch watch;

    (void)state;
    start(&watch);
    for (int i = 0; i < 100; i++) {
        pass(&watch, 100 * NS_PER_MS);
        assert_int_equal(place(&watch, NS_PER_MS, 0), watch.now_ns - NS_PER_MS);
        assert_int_equal(clockline_wall(&watch.line, WALL_NS + watch.now_ns), wall_ns(&watch));
    }
    assert_int_equal(clockline_at(&watch.line, 5 * NS_PER_S + watch.now_ns), wall_ns(&watch));
}

static void what_reading_two_clocks_costs_is_no_step(void **state)
{
    struct watch watch;

    (void)state;
    start(&watch);
    watch.ahead_ns = CLOCKLINE_STEP_NS - 1;
    pass(&watch, NS_PER_S);
    watch.ahead_ns = -CLOCKLINE_STEP_NS + 1;
    pass(&watch, NS_PER_S);
    assert_int_equal(counter_read(&watch.line.n_steps), 0);
    watch.ahead_ns = -CLOCKLINE_STEP_NS;
    pass(&watch, NS_PER_S);
    assert_int_equal(counter_read(&watch.line.n_steps), 1);
}

/* Packets of before and after it lie where they were, and are dated as they were. */
static void assert_step(struct watch *watch, int64_t to_ahead_ns)
{
    const int64_t from_ahead_ns = watch->ahead_ns;
    const int64_t old_ns = watch->now_ns + 60 * NS_PER_MS;
    const int64_t new_ns = watch->now_ns + 80 * NS_PER_MS;

    watch->ahead_ns = to_ahead_ns;
    pass(watch, 100 * NS_PER_MS);
    assert_int_equal(place(watch, 40 * NS_PER_MS, from_ahead_ns), old_ns);
    assert_int_equal(place(watch, 20 * NS_PER_MS, to_ahead_ns), new_ns);
    assert_int_equal(clockline_wall(&watch->line, WALL_NS + old_ns),
                     WALL_NS + old_ns + from_ahead_ns);
    assert_int_equal(clockline_wall(&watch->line, WALL_NS + new_ns),
                     WALL_NS + new_ns + to_ahead_ns);
    pass(watch, 10 * NS_PER_S);
    assert_int_equal(place(watch, 0, to_ahead_ns), watch->now_ns);
}

static void packets_around_a_step_keep_their_place_and_their_date(void **state)
{
    static const int64_t ahead_ns[] = {
        -HOUR_NS, 0, HOUR_NS, HOUR_NS + 2 * NS_PER_S, 50 * 365 * 24 * HOUR_NS, -2 * NS_PER_S, 0};
    struct watch watch;

    (void)state;
    start(&watch);
    for (unsigned i = 0; i < ARRAY_LEN(ahead_ns); i++)
        assert_step(&watch, ahead_ns[i]);
    assert_int_equal(clockline_wall(&watch.line, WALL_NS), WALL_NS);
}

static void more_steps_than_are_remembered_end_with_the_last(void **state)
{
    struct watch watch;

    (void)state;
    start(&watch);
    pass(&watch, NS_PER_S);
    for (int i = 1; i <= 3 * CLOCKLINE_STEPS_MAX; i++) {
        watch.ahead_ns = i * HOUR_NS;
        pass(&watch, 10 * NS_PER_S);
    }
    assert_int_equal(place(&watch, 0, watch.ahead_ns), watch.now_ns);
    assert_int_equal(clockline_wall(&watch.line, WALL_NS + watch.now_ns), wall_ns(&watch));
    assert_int_equal(clockline_wall(&watch.line, WALL_NS), WALL_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_step_the_line_is_the_wall_clock),
        cmocka_unit_test(what_reading_two_clocks_costs_is_no_step),
        cmocka_unit_test(packets_around_a_step_keep_their_place_and_their_date),
        cmocka_unit_test(more_steps_than_are_remembered_end_with_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
