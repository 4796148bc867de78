/* SPDX-License-Identifier: BSD-2-Clause */
/* Failure lines: how many go out, and that their counts add up, whatever comes. */
#include "verdict/suppress.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "unit.h"

struct gate {
    struct arena arena;
    struct suppress *suppress;
    struct emitter emitter;
    uint64_t n_failures, n_lines;
    uint64_t n_counted; /* sum of count over the lines */
    uint64_t n_counted_by_verdict[VERDICT_COUNT];
    struct verdict_event last;
};

static void count_line(struct gate *gate, const struct connection_event *event)
{
    assert_true(event->count >= 1);
    gate->n_lines++;
    gate->n_counted += event->count;
    gate->n_counted_by_verdict[event->verdict] += event->count;
}

static void keep_line(void *ctx, const struct verdict_event *event)
{
    struct gate *gate = ctx;

    assert_int_equal(event->kind, EVENT_CONNECTION);
    count_line(gate, &event->connection);
    gate->last = *event;
}

static void gate_open(struct gate *gate, const struct suppress_config *config)
{
    struct suppress_config fallback = suppress_config_default();
    size_t cost_bytes;

    config = config ? config : &fallback;
    cost_bytes = suppress_cost_bytes(config);
    *gate = (struct gate){.emitter = {gate, keep_line}};
    assert_int_equal(arena_map(&gate->arena, cost_bytes, NULL, NULL), 0);
    gate->suppress = suppress_create(&gate->arena, config);
    assert_non_null(gate->suppress);
    assert_int_equal(gate->arena.used_bytes, cost_bytes);
}

/* A failure of some kind; returns the count of its line, 0 where it has none. */
static uint64_t gate_fail(struct gate *gate, int64_t at_ms, uint16_t port, enum verdict_id verdict,
                          uint32_t incident)
{
    int64_t now_ns = 1700000000 * NS_PER_S + at_ms * NS_PER_MS;
    struct connection_event event = {.is_failure = true,
                                     .family = FAMILY_REFUSED,
                                     .verdict = verdict,
                                     .incident = incident,
                                     .server.port = port};

    gate->n_failures++;
    suppress_tick(gate->suppress, now_ns, &gate->emitter);
    if (!suppress_pass(gate->suppress, &event, now_ns, now_ns))
        return 0;
    count_line(gate, &event);
    return event.count;
}

static void gate_close(struct gate *gate)
{
    suppress_flush(gate->suppress, &gate->emitter);
    assert_int_equal(gate->n_counted, gate->n_failures);
    arena_unmap(&gate->arena);
}

static void five_a_second_of_one_kind_pass_and_the_next_line_counts_the_rest(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(gate_fail(&gate, 0, 80, VERDICT_REFUSED, 0), 1);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(gate_fail(&gate, 199, 80, VERDICT_REFUSED, 0), 0);
    assert_int_equal(gate_fail(&gate, 200, 80, VERDICT_REFUSED, 0), 8);
    assert_int_equal(gate_fail(&gate, 399, 80, VERDICT_REFUSED, 0), 0);
    assert_int_equal(suppress_count(gate.suppress), 8);
    gate_close(&gate);
    assert_int_equal(gate.n_lines, 7);
}

static void kinds_do_not_share_their_rate(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(gate_fail(&gate, 0, 80, VERDICT_REFUSED, 0), 1);
        assert_int_equal(gate_fail(&gate, 0, 81, VERDICT_REFUSED, 0), 1);
        assert_int_equal(gate_fail(&gate, 0, 80, VERDICT_CONNECT_TIMEOUT, 0), 1);
    }
    assert_int_equal(gate_fail(&gate, 0, 81, VERDICT_REFUSED, 0), 0);
    gate_close(&gate);
}

static void a_burst_of_200_passes_whole(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (uint16_t port = 0; port < 200; port++)
        assert_int_equal(gate_fail(&gate, 0, port, VERDICT_REFUSED, 0), 1);
    assert_int_equal(gate_fail(&gate, 0, 200, VERDICT_REFUSED, 0), 0);
    gate_close(&gate);
}

/* INTERFACE.md section 9, check 8. */
static void a_million_failures_in_ten_seconds_make_700_lines(void **state)
{
    static const unsigned kinds[] = {1, 20, 1000, 60000};

    (void)state;
    for (unsigned k = 0; k < ARRAY_LEN(kinds); k++) {
        uint64_t n_by_verdict[2] = {0};
        struct gate gate;

        gate_open(&gate, NULL);
        for (unsigned i = 0; i < 1000000; i++) {
            bool is_timeout = i % 3 == 0;

            n_by_verdict[is_timeout]++;
            gate_fail(&gate, i / 100, (uint16_t)(i % kinds[k]),
                      is_timeout ? VERDICT_CONNECT_TIMEOUT : VERDICT_REFUSED, i % 7);
        }
        suppress_flush(gate.suppress, &gate.emitter);
        assert_true(gate.n_lines <= 700);
        assert_int_equal(gate.n_counted, 1000000);
        assert_int_equal(gate.n_counted_by_verdict[VERDICT_REFUSED], n_by_verdict[0]);
        assert_int_equal(gate.n_counted_by_verdict[VERDICT_CONNECT_TIMEOUT], n_by_verdict[1]);
        gate_close(&gate);
    }
}

static void what_waits_goes_out_when_its_incident_closes(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (unsigned i = 0; i < 9; i++) {
        gate_fail(&gate, 0, 80, VERDICT_REFUSED, 1);
        gate_fail(&gate, 0, 81, VERDICT_REFUSED, 2);
    }
    gate.n_lines = 0;
    suppress_flush_incident(gate.suppress, 2, 1700000001 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 1);
    assert_int_equal(gate.last.connection.server.port, 81);
    assert_int_equal(gate.last.connection.count, 4);
    suppress_flush_incident(gate.suppress, 2, 1700000001 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 1);
    gate_close(&gate);
    assert_int_equal(gate.n_lines, 2);
}

static void what_waits_for_a_minute_goes_out(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (unsigned i = 0; i < 8; i++)
        gate_fail(&gate, 1000, 80, VERDICT_REFUSED, 0);
    assert_int_equal(gate.n_lines, 5);
    suppress_tick(gate.suppress, 1700000060 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 5);
    suppress_tick(gate.suppress, 1700000061 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 6);
    assert_int_equal(gate.last.connection.count, 3);
    assert_int_equal(gate.last.ts_ns, 1700000001 * NS_PER_S);
    gate_close(&gate);
}

static void each_kind_waits_for_its_own_minute(void **state)
{
    struct gate gate;

    (void)state;
    gate_open(&gate, NULL);
    for (unsigned i = 0; i < 6; i++)
        gate_fail(&gate, 1000, 80, VERDICT_REFUSED, 0);
    for (unsigned i = 0; i < 6; i++)
        gate_fail(&gate, 31000, 81, VERDICT_REFUSED, 0);
    gate.n_lines = 0;
    suppress_tick(gate.suppress, 1700000090 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 1);
    assert_int_equal(gate.last.connection.server.port, 80);
    suppress_tick(gate.suppress, 1700000091 * NS_PER_S, &gate.emitter);
    assert_int_equal(gate.n_lines, 2);
    assert_int_equal(gate.last.connection.server.port, 81);
    gate_close(&gate);
}

static void a_busy_kind_is_not_forgotten_for_new_ones(void **state)
{
    struct suppress_config config = suppress_config_default();
    struct gate gate;
    uint64_t n_passed = 0;

    (void)state;
    config.n_kinds = 2;
    gate_open(&gate, &config);
    for (uint16_t i = 0; i < 50; i++) {
        n_passed += gate_fail(&gate, 0, 80, VERDICT_REFUSED, 0) != 0;
        gate_fail(&gate, 0, 1000 + i, VERDICT_REFUSED, 0);
    }
    assert_int_equal(n_passed, 5);
    gate_close(&gate);
}

static void a_rate_of_zero_lets_everything_pass(void **state)
{
    struct suppress_config config = suppress_config_default();
    struct gate gate;

    (void)state;
    config.lines_per_s = 0;
    gate_open(&gate, &config);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(gate_fail(&gate, 0, 80, VERDICT_REFUSED, 0), 1);
    assert_int_equal(suppress_count(gate.suppress), 0);
    gate_close(&gate);
}

static void without_a_rate_only_the_syns_of_a_flood_are_held_back(void **state)
{
    struct suppress_config config = suppress_config_default();
    unsigned n_floods = 0, n_others = 0, n_elsewhere = 0;
    struct gate gate;

    (void)state;
    config.lines_per_s = 0;
    config.flood_lines = 100;
    gate_open(&gate, &config);
    for (unsigned i = 0; i < 5000; i++) { /* in five seconds */
        n_floods += gate_fail(&gate, i, 80, VERDICT_SYN_FLOOD, 0) != 0;
        n_others += gate_fail(&gate, i, 80, VERDICT_REFUSED, 0) != 0;
        if (i < 100)
            n_elsewhere += gate_fail(&gate, i, 443, VERDICT_SYN_FLOOD, 0) != 0;
    }
    assert_in_range(n_floods, 100 + 4 * 5, 100 + 6 * 5);
    assert_int_equal(n_others, 5000);
    assert_int_equal(n_elsewhere, 100);
    gate_close(&gate);
}

/* Two gates for the same failures: one is always asked to pass them. */
static void what_would_be_held_back_may_be_counted_without_its_words(void **state)
{
    struct suppress_config config = suppress_config_default();
    struct gate words, counts;
    unsigned n_only_counted = 0;

    (void)state;
    config.lines_per_s = 0;
    config.flood_lines = 100;
    gate_open(&words, &config);
    gate_open(&counts, &config);
    for (unsigned i = 0; i < 5000; i++) {
        int64_t now_ns = 1700000000 * NS_PER_S + i * NS_PER_MS;
        struct endpoint server = {.port = 80};
        uint64_t n_told = gate_fail(&words, i, 80, VERDICT_SYN_FLOOD, i);
        struct suppress_waiting *waiting;

        suppress_tick(counts.suppress, now_ns, &counts.emitter);
        waiting = suppress_find_waiting(counts.suppress, &server, VERDICT_SYN_FLOOD, now_ns);
        if (!waiting) {
            assert_int_equal(gate_fail(&counts, i, 80, VERDICT_SYN_FLOOD, i), n_told);
            continue;
        }
        assert_int_equal(n_told, 0);
        suppress_count_in(counts.suppress, waiting, i);
        counts.n_failures++;
        n_only_counted++;
    }
    assert_true(n_only_counted > 4000);
    assert_null(suppress_find_waiting(counts.suppress, &(struct endpoint){.port = 80},
                                      VERDICT_REFUSED, 1700000005 * NS_PER_S));
    assert_int_equal(suppress_count(words.suppress), suppress_count(counts.suppress));
    suppress_flush(words.suppress, &words.emitter);
    suppress_flush(counts.suppress, &counts.emitter);
    assert_int_equal(words.last.connection.count, counts.last.connection.count);
    assert_int_equal(counts.last.connection.incident, 4999);
    gate_close(&words);
    gate_close(&counts);
}

/* A table too small for its kinds, and failures at random for an hour. */
static void counts_add_up_when_kinds_are_forgotten(void **state)
{
    struct suppress_config config = suppress_config_default();
    struct gate gate;
    uint32_t random = 1;

    (void)state;
    config.n_kinds = 8;
    config.n_waiting = 4;
    gate_open(&gate, &config);
    for (unsigned i = 0; i < 200000; i++) {
        random = random * 1664525 + 1013904223;
        gate_fail(&gate, i / 4, (uint16_t)(random >> 28), (random >> 20) % VERDICT_COUNT,
                  random >> 30);
        if (i % 1000 == 0)
            suppress_flush_incident(gate.suppress, random >> 30,
                                    1700000000 * NS_PER_S + i / 4 * NS_PER_MS, &gate.emitter);
    }
    gate_close(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_a_second_of_one_kind_pass_and_the_next_line_counts_the_rest),
        cmocka_unit_test(kinds_do_not_share_their_rate),
        cmocka_unit_test(a_burst_of_200_passes_whole),
        cmocka_unit_test(a_million_failures_in_ten_seconds_make_700_lines),
        cmocka_unit_test(what_waits_goes_out_when_its_incident_closes),
        cmocka_unit_test(what_waits_for_a_minute_goes_out),
        cmocka_unit_test(each_kind_waits_for_its_own_minute),
        cmocka_unit_test(a_busy_kind_is_not_forgotten_for_new_ones),
        cmocka_unit_test(a_rate_of_zero_lets_everything_pass),
        cmocka_unit_test(without_a_rate_only_the_syns_of_a_flood_are_held_back),
        cmocka_unit_test(what_would_be_held_back_may_be_counted_without_its_words),
        cmocka_unit_test(counts_add_up_when_kinds_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
