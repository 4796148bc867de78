/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the dashboard: totals, windows, sparklines, the latest failures. */
#include "verdict/tally.h"

#include <string.h>

#include "tally_desk.h"
#include "unit.h"

static void totals_add_up(void **state)
{
    struct desk desk;
    struct endpoint server = desk_endpoint(1, 80);
    const struct run_totals *total;
    uint64_t n_by_family = 0;

    (void)state;
    desk_open(&desk, NULL);
    for (int i = 0; i < 5; i++)
        desk_succeed(&desk, i, 1);
    desk_fail(&desk, &(struct desk_failure){.family = FAMILY_TIMEOUT, .host = 1});
    desk_fail(&desk, &(struct desk_failure){.family = FAMILY_RESET, .host = 2});
    tally_attempt(desk.tally, &server, desk_ns(9)); /* not decided yet */
    desk.shown.total.n_pkts = 77;
    desk.shown.is_trusted = true;
    total = &desk_look(&desk, 10)->total;
    assert_int_equal(total->n_attempts, 8);
    assert_int_equal(total->n_ok, 5);
    assert_int_equal(total->n_failed, 2);
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        n_by_family += total->n_failed_by_family[i];
    assert_int_equal(n_by_family, 2);
    assert_int_equal(total->n_failed_by_family[FAMILY_RESET], 1);
    assert_int_equal(desk.shown.family[FAMILY_RESET].n_total, 1);
    assert_int_equal(total->n_pkts, 77); /* not the tally's */
    assert_true(desk.shown.is_trusted);
    desk_close(&desk);
}

static void the_last_ten_seconds_slide(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    for (int s = 0; s < 20; s++) {
        desk_succeed(&desk, s * 1000, 1);
        desk_fail(&desk,
                  &(struct desk_failure){.ms = s * 1000, .host = 2, .family = FAMILY_REFUSED});
    }
    desk_look(&desk, 19500);
    assert_int_equal(desk.shown.n_attempts_10s, 20);
    assert_int_equal(desk.shown.n_ok_10s, 10);
    assert_int_equal(desk.shown.n_failed_10s, 10);
    assert_int_equal(desk.shown.window_10s_ns, 9500 * NS_PER_MS);
    assert_int_equal(desk.shown.family[FAMILY_REFUSED].n_last_10s, 10);
    assert_int_equal(desk.shown.endpoint[0].n_last_10s, 10);
    desk_look(&desk, 25000);
    assert_int_equal(desk.shown.n_ok_10s, 4);
    assert_int_equal(desk.shown.endpoint[0].n_last_10s, 4);
    desk_look(&desk, 100000);
    assert_int_equal(desk.shown.n_attempts_10s, 0);
    assert_int_equal(desk.shown.endpoint[0].n_failures, 20);
    desk_close(&desk);
}

static void at_the_start_the_window_is_as_long_as_the_run(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    assert_int_equal(desk_look(&desk, 3250)->window_10s_ns, 3250 * NS_PER_MS);
    assert_int_equal(desk.shown.start_ns, DESK_START_NS);
    assert_int_equal(desk.shown.n_endpoint_rows, 0);
    assert_int_equal(desk.shown.handshake_p50_ns, 0);
    tally_snapshot(desk.tally, NS_NEVER, NS_NEVER, &desk.shown);
    assert_int_equal(desk.shown.window_10s_ns, 0);
    assert_int_equal(desk.shown.now_ns, NS_NEVER);
    desk_close(&desk);
}

static void columns_are_two_seconds_and_the_newest_is_the_last(void **state)
{
    struct desk desk;
    const uint32_t *column;

    (void)state;
    desk_open(&desk, NULL);
    for (int s = 0; s < 60; s++)
        for (int i = 0; i <= s / 2; i++)
            desk_fail(&desk, &(struct desk_failure){.ms = s * 1000, .family = FAMILY_RESET});
    column = desk_look(&desk, 59999)->family[FAMILY_RESET].column;
    for (uint32_t i = 0; i < SNAPSHOT_COLUMNS; i++)
        assert_int_equal(column[i], 2 * (i + 1));
    column = desk_look(&desk, 62000)->family[FAMILY_RESET].column;
    assert_int_equal(column[0], 6);
    assert_int_equal(column[SNAPSHOT_COLUMNS - 2], 0);
    assert_int_equal(column[SNAPSHOT_COLUMNS - 1], 0);
    desk_close(&desk);
}

static void a_late_conclusion_lands_in_its_own_column(void **state)
{
    struct desk desk;
    const uint32_t *column;

    (void)state;
    desk_open(&desk, NULL);
    desk_fail(&desk, &(struct desk_failure){.ms = 40000, .family = FAMILY_RESET});
    desk_fail(&desk, &(struct desk_failure){.ms = 25000, .family = FAMILY_RESET});
    column = desk_look(&desk, 40000)->family[FAMILY_RESET].column;
    assert_int_equal(column[SNAPSHOT_COLUMNS - 1], 1);
    assert_int_equal(column[SNAPSHOT_COLUMNS - 1 - 8], 1);
    assert_int_equal(desk.shown.family[FAMILY_RESET].n_last_10s, 1);
    desk_close(&desk);
}

static void the_latest_failures_come_newest_first(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    for (uint8_t i = 0; i < 100; i++)
        desk_fail(&desk, &(struct desk_failure){.ms = i, .host = i, .client = 7});
    desk_look(&desk, 100);
    assert_int_equal(desk.shown.n_latest, SNAPSHOT_LATEST_MAX);
    for (unsigned i = 0; i < SNAPSHOT_LATEST_MAX; i++) {
        assert_int_equal(desk.shown.latest[i].ts_ns, desk_ns(99 - i));
        assert_int_equal(desk.shown.latest[i].flow_id, 199 - i);
        assert_int_equal(desk.shown.latest[i].client.addr.bytes[15], 7);
        assert_true(strlen(desk.shown.latest[i].why) > 0);
    }
    desk_close(&desk);
}

static void flows_are_counted_by_how_well_they_were_seen(void **state)
{
    struct desk desk;
    struct flow_facts whole = {0}, midstream = {.bits = FACT_MIDSTREAM | FACT_DUPLICATES};
    struct flow_facts lost = {.bits = FACT_LOSS | FACT_TIME_BACKWARDS};
    const struct run_totals *total;

    (void)state;
    desk_open(&desk, NULL);
    lost.side[SIDE_SERVER].bits = SIDE_SEQ_GAP;
    tally_flow(desk.tally, &whole, VERDICT_OK, false);
    tally_flow(desk.tally, &midstream, VERDICT_UNKNOWN_ONE_SIDED, true);
    tally_flow(desk.tally, &lost, VERDICT_OK, false);
    lost.bits = 0;
    tally_flow(desk.tally, &lost, VERDICT_REFUSED, false);
    total = &desk_look(&desk, 10)->total;
    assert_int_equal(total->n_flows, 4);
    assert_int_equal(total->n_midstream, 1);
    assert_int_equal(total->n_one_sided, 1);
    assert_int_equal(total->n_with_gaps, 2);
    assert_int_equal(total->n_time_backwards, 1);
    assert_int_equal(total->n_with_duplicates, 1);
    assert_int_equal(total->n_by_verdict[VERDICT_OK], 2);
    assert_int_equal(total->n_by_verdict[VERDICT_REFUSED], 1);
    desk_close(&desk);
}

static void handshakes_are_summed_up_in_quantiles(void **state)
{
    struct desk desk;
    struct endpoint server = desk_endpoint(1, 80);

    (void)state;
    desk_open(&desk, NULL);
    for (int i = 0; i < 100; i++)
        tally_ok(desk.tally, &server, desk_ns(i), i < 98 ? 20 * NS_PER_US : 3 * NS_PER_MS);
    tally_ok(desk.tally, &server, desk_ns(100), -1); /* not seen */
    desk_look(&desk, 200);
    assert_in_range(desk.shown.handshake_p50_ns, 18 * NS_PER_US, 22 * NS_PER_US);
    assert_in_range(desk.shown.handshake_p99_ns, 2700 * NS_PER_US, 3300 * NS_PER_US);
    assert_int_equal(desk.shown.handshakes.n_in_bucket[0], 98); /* to 50 us */
    assert_int_equal(desk.shown.handshakes.n_in_bucket[4], 2);  /* 1 to 5 ms */
    assert_int_equal(desk.shown.handshakes.sum_ns, 98 * 20 * NS_PER_US + 2 * 3 * NS_PER_MS);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_add_up),
        cmocka_unit_test(the_last_ten_seconds_slide),
        cmocka_unit_test(at_the_start_the_window_is_as_long_as_the_run),
        cmocka_unit_test(columns_are_two_seconds_and_the_newest_is_the_last),
        cmocka_unit_test(a_late_conclusion_lands_in_its_own_column),
        cmocka_unit_test(the_latest_failures_come_newest_first),
        cmocka_unit_test(flows_are_counted_by_how_well_they_were_seen),
        cmocka_unit_test(handshakes_are_summed_up_in_quantiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
