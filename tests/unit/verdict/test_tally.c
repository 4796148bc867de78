/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures of the dashboard: totals, windows, sparklines, rows and their order. */
#include "verdict/tally.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "unit.h"

#define START_S INT64_C(1700000000)
#define START_NS (START_S * NS_PER_S)

struct desk {
    struct arena arena;
    struct tally *tally;
    struct snapshot shown;
};

static void desk_open(struct desk *desk, const struct tally_config *config)
{
    struct tally_config fallback = tally_config_default();
    size_t cost_bytes;

    config = config ? config : &fallback;
    cost_bytes = tally_cost_bytes(config);
    memset(desk, 0, sizeof(*desk));
    assert_int_equal(arena_map(&desk->arena, cost_bytes, NULL, NULL), 0);
    desk->tally = tally_create(&desk->arena, config);
    assert_non_null(desk->tally);
    assert_int_equal(desk->arena.used_bytes, cost_bytes);
}

static void desk_close(struct desk *desk)
{
    arena_unmap(&desk->arena);
}

static int64_t at(int64_t ms)
{
    return START_NS + ms * NS_PER_MS;
}

static struct endpoint endpoint(uint8_t host, uint16_t port)
{
    uint8_t bytes[4] = {192, 0, 2, host};

    return (struct endpoint){ipaddr_from_v4(bytes), port};
}

static void succeed(struct desk *desk, int64_t ms, uint8_t host)
{
    struct endpoint server = endpoint(host, 80);

    tally_attempt(desk->tally, &server, at(ms));
    tally_ok(desk->tally, &server, at(ms), 20 * NS_PER_US);
}

/* A failure at port 80 of a host. */
struct failure {
    int64_t ms;
    uint8_t host, client;
    enum family family;
    enum verdict_id verdict;
    enum confidence confidence;
    uint32_t incident;
};

static void fail_like(struct desk *desk, const struct failure *failure)
{
    struct connection_event event = {
        .is_failure = true,
        .family = failure->family,
        .verdict = failure->verdict,
        .confidence = failure->confidence ? failure->confidence : CONFIDENCE_CERTAIN,
        .incident = failure->incident,
        .client = endpoint(failure->client, 40000),
        .server = endpoint(failure->host, 80),
        .flow_id = 100 + failure->host,
    };

    tally_attempt(desk->tally, &event.server, at(failure->ms));
    tally_failed(desk->tally, &event, at(failure->ms));
}

static const struct snapshot *look(struct desk *desk, int64_t ms)
{
    tally_snapshot(desk->tally, START_NS, at(ms), &desk->shown);
    return &desk->shown;
}

static void totals_add_up(void **state)
{
    struct desk desk;
    struct endpoint server = endpoint(1, 80);
    const struct run_totals *total;
    uint64_t n_by_family = 0;

    (void)state;
    desk_open(&desk, NULL);
    for (int i = 0; i < 5; i++)
        succeed(&desk, i, 1);
    fail_like(&desk, &(struct failure){.family = FAMILY_TIMEOUT, .host = 1});
    fail_like(&desk, &(struct failure){.family = FAMILY_RESET, .host = 2});
    tally_attempt(desk.tally, &server, at(9)); /* not decided yet */
    desk.shown.total.n_pkts = 77;
    desk.shown.is_trusted = true;
    total = &look(&desk, 10)->total;
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
        succeed(&desk, s * 1000, 1);
        fail_like(&desk, &(struct failure){.ms = s * 1000, .host = 2, .family = FAMILY_REFUSED});
    }
    look(&desk, 19500);
    assert_int_equal(desk.shown.n_attempts_10s, 20);
    assert_int_equal(desk.shown.n_ok_10s, 10);
    assert_int_equal(desk.shown.n_failed_10s, 10);
    assert_int_equal(desk.shown.window_10s_ns, 9500 * NS_PER_MS);
    assert_int_equal(desk.shown.family[FAMILY_REFUSED].n_last_10s, 10);
    assert_int_equal(desk.shown.endpoint[0].n_last_10s, 10);
    look(&desk, 25000);
    assert_int_equal(desk.shown.n_ok_10s, 4);
    assert_int_equal(desk.shown.endpoint[0].n_last_10s, 4);
    look(&desk, 100000);
    assert_int_equal(desk.shown.n_attempts_10s, 0);
    assert_int_equal(desk.shown.endpoint[0].n_failures, 20);
    desk_close(&desk);
}

static void at_the_start_the_window_is_as_long_as_the_run(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    assert_int_equal(look(&desk, 3250)->window_10s_ns, 3250 * NS_PER_MS);
    assert_int_equal(desk.shown.start_ns, START_NS);
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
            fail_like(&desk, &(struct failure){.ms = s * 1000, .family = FAMILY_RESET});
    column = look(&desk, 59999)->family[FAMILY_RESET].column;
    for (uint32_t i = 0; i < SNAPSHOT_COLUMNS; i++)
        assert_int_equal(column[i], 2 * (i + 1));
    column = look(&desk, 62000)->family[FAMILY_RESET].column;
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
    fail_like(&desk, &(struct failure){.ms = 40000, .family = FAMILY_RESET});
    fail_like(&desk, &(struct failure){.ms = 25000, .family = FAMILY_RESET});
    column = look(&desk, 40000)->family[FAMILY_RESET].column;
    assert_int_equal(column[SNAPSHOT_COLUMNS - 1], 1);
    assert_int_equal(column[SNAPSHOT_COLUMNS - 1 - 8], 1);
    assert_int_equal(desk.shown.family[FAMILY_RESET].n_last_10s, 1);
    desk_close(&desk);
}

static void open_incident(struct desk *desk, uint32_t number, enum incident_scope scope,
                          uint8_t host, enum family family)
{
    struct incident_event event = {.number = number,
                                   .phase = INCIDENT_OPEN,
                                   .scope = scope,
                                   .family = family,
                                   .server = endpoint(host, scope == SCOPE_ENDPOINT ? 80 : 0)};

    tally_incident(desk->tally, &event);
}

static void close_incident(struct desk *desk, uint32_t number, enum family family)
{
    struct incident_event event = {.number = number, .phase = INCIDENT_CLOSE, .family = family};

    tally_incident(desk->tally, &event);
}

static void rows_come_gravest_first(void **state)
{
    static const uint8_t expected[] = {7, 5, 6, 3, 2, 4, 9, 8};
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    for (int i = 0; i < 3; i++)
        succeed(&desk, i, 8);
    for (int i = 0; i < 9; i++)
        succeed(&desk, i, 9);
    for (int i = 0; i < 20; i++)
        fail_like(&desk, &(struct failure){.host = 3, .family = FAMILY_REFUSED});
    for (int i = 0; i < 10; i++)
        for (uint8_t host = 2; host <= 5; host = (uint8_t)(host == 2 ? 4 : host + 1))
            fail_like(&desk, &(struct failure){.host = host, .family = FAMILY_REFUSED});
    fail_like(&desk, &(struct failure){.host = 6, .family = FAMILY_TIMEOUT});
    fail_like(&desk, &(struct failure){.host = 7, .family = FAMILY_RST_FORGED});
    open_incident(&desk, 1, SCOPE_ENDPOINT, 5, FAMILY_REFUSED);
    open_incident(&desk, 2, SCOPE_ENDPOINT, 6, FAMILY_TIMEOUT);
    open_incident(&desk, 3, SCOPE_ENDPOINT, 7, FAMILY_RST_FORGED);
    look(&desk, 100);
    assert_int_equal(desk.shown.n_endpoint_rows, ARRAY_LEN(expected));
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++)
        assert_int_equal(desk.shown.endpoint[i].server.addr.bytes[15], expected[i]);
    assert_int_equal(desk.shown.endpoint[0].incident, 3);
    assert_int_equal(desk.shown.endpoint[3].incident, 0);
    assert_int_equal(desk.shown.n_incidents_open, 3);
    assert_int_equal(desk.shown.family[FAMILY_TIMEOUT].n_open_incidents, 1);
    close_incident(&desk, 2, FAMILY_TIMEOUT);
    look(&desk, 100);
    assert_int_equal(desk.shown.n_incidents_open, 2);
    assert_int_equal(desk.shown.family[FAMILY_TIMEOUT].n_open_incidents, 0);
    assert_int_equal(desk.shown.endpoint[2].server.addr.bytes[15], 3);
    desk_close(&desk);
}

static void a_row_says_what_failed_there(void **state)
{
    struct desk desk;
    const struct snapshot_endpoint *row;

    (void)state;
    desk_open(&desk, NULL);
    succeed(&desk, 500, 1);
    for (uint8_t i = 0; i < 5; i++)
        fail_like(&desk, &(struct failure){.ms = 2000 - i * 100,
                                           .host = 1,
                                           .client = (uint8_t)(10 + i % 3),
                                           .verdict = i < 2 ? VERDICT_REFUSED
                                                            : VERDICT_REFUSED_CLOSED_PORT,
                                           .confidence = i == 4  ? CONFIDENCE_LIKELY
                                                         : i < 2 ? CONFIDENCE_POSSIBLE
                                                                 : CONFIDENCE_CERTAIN});
    row = &look(&desk, 3000)->endpoint[0];
    assert_int_equal(desk.shown.n_endpoint_rows, 1);
    assert_int_equal(desk.shown.n_endpoints, 1);
    assert_int_equal(row->family, FAMILY_REFUSED);
    assert_int_equal(row->verdict, VERDICT_REFUSED_CLOSED_PORT);
    assert_int_equal(row->confidence, CONFIDENCE_LIKELY);
    assert_int_equal(row->n_failures, 5);
    assert_int_equal(row->n_attempts, 6);
    assert_int_equal(row->n_clients, 3);
    assert_int_equal(row->since_ns, at(1600));
    assert_int_equal(row->last_ns, at(2000));
    desk_close(&desk);
}

static void two_families_of_one_endpoint_share_its_attempts(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_RESET});
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_TIMEOUT});
    succeed(&desk, 1, 1);
    look(&desk, 10);
    assert_int_equal(desk.shown.n_endpoint_rows, 2);
    assert_int_equal(desk.shown.n_endpoints, 1);
    assert_int_equal(desk.shown.endpoint[0].n_attempts, 3);
    assert_int_equal(desk.shown.endpoint[1].n_attempts, 3);
    assert_int_equal(desk.shown.endpoint[0].family, FAMILY_TIMEOUT);
    desk_close(&desk);
}

static void a_healthy_row_has_no_family_and_no_times(void **state)
{
    struct desk desk;
    const struct snapshot_endpoint *row;

    (void)state;
    desk_open(&desk, NULL);
    succeed(&desk, 1, 1);
    row = &look(&desk, 10)->endpoint[0];
    assert_int_equal(row->family, FAMILY_NONE);
    assert_int_equal(row->since_ns, NS_NEVER);
    assert_int_equal(row->n_attempts, 1);
    assert_int_equal(row->n_failures, 0);
    desk_close(&desk);
}

static void only_the_most_telling_rows_are_shown(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    for (unsigned host = 0; host < 200; host++)
        for (unsigned i = 0; i <= host; i++)
            succeed(&desk, 0, (uint8_t)host);
    fail_like(&desk, &(struct failure){.host = 250});
    look(&desk, 10);
    assert_int_equal(desk.shown.n_endpoint_rows, SNAPSHOT_ENDPOINTS_MAX);
    assert_int_equal(desk.shown.endpoint[0].server.addr.bytes[15], 250);
    assert_int_equal(desk.shown.endpoint[1].server.addr.bytes[15], 199);
    assert_int_equal(desk.shown.endpoint[127].server.addr.bytes[15], 200 - 127);
    assert_int_equal(desk.shown.n_endpoints, 201);
    desk_close(&desk);
}

static void healthy_endpoints_never_push_out_a_failing_one(void **state)
{
    struct tally_config config = {.n_healthy = 4, .n_failing = 2, .n_client_marks = 8};
    struct desk desk;

    (void)state;
    desk_open(&desk, &config);
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_RESET});
    for (uint8_t host = 2; host < 100; host++)
        succeed(&desk, host, host);
    look(&desk, 100);
    assert_int_equal(desk.shown.n_endpoint_rows, 5);
    assert_int_equal(desk.shown.endpoint[0].server.addr.bytes[15], 1);
    assert_int_equal(desk.shown.total.n_attempts, 99);
    desk_close(&desk);
}

static void an_endpoint_with_an_open_incident_stays_when_others_fail(void **state)
{
    struct tally_config config = {.n_healthy = 4, .n_failing = 3, .n_client_marks = 8};
    struct desk desk;

    (void)state;
    desk_open(&desk, &config);
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_RESET});
    open_incident(&desk, 1, SCOPE_ENDPOINT, 1, FAMILY_RESET);
    for (uint8_t host = 2; host < 100; host++)
        fail_like(&desk, &(struct failure){.host = host, .family = FAMILY_RESET});
    look(&desk, 100);
    assert_int_equal(desk.shown.n_endpoint_rows, 3);
    assert_int_equal(desk.shown.endpoint[0].incident, 1);
    assert_int_equal(desk.shown.endpoint[1].server.addr.bytes[15], 98);
    assert_int_equal(desk.shown.endpoint[2].server.addr.bytes[15], 99);
    desk_close(&desk);
}

static void rows_run_out_before_endpoints_do(void **state)
{
    struct tally_config config = {.n_healthy = 4, .n_failing = 3, .n_client_marks = 8};
    struct desk desk;

    (void)state;
    desk_open(&desk, &config);
    for (uint8_t i = 0; i < 60; i++)
        fail_like(&desk, &(struct failure){.host = i % 4, .family = (enum family)(i % 7)});
    look(&desk, 100);
    assert_true(desk.shown.n_endpoint_rows >= 1 && desk.shown.n_endpoint_rows <= 7);
    assert_int_equal(desk.shown.total.n_failed, 60);
    desk_close(&desk);
}

static void the_targets_of_a_scan_get_no_row(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_REFUSED});
    open_incident(&desk, 9, SCOPE_CLIENT, 0, FAMILY_REFUSED);
    for (uint8_t host = 1; host < 50; host++)
        fail_like(&desk, &(struct failure){.host = host, .family = FAMILY_REFUSED, .incident = 9});
    look(&desk, 10);
    assert_int_equal(desk.shown.endpoint[0].n_failures, 2);
    assert_int_equal(desk.shown.endpoint[0].incident, 0);
    assert_int_equal(desk.shown.endpoint[1].n_failures, 0);
    close_incident(&desk, 9, FAMILY_REFUSED);
    fail_like(&desk, &(struct failure){.host = 60, .family = FAMILY_REFUSED, .incident = 9});
    assert_int_equal(look(&desk, 10)->endpoint[1].n_failures, 1);
    desk_close(&desk);
}

static void rows_of_a_dark_network_belong_to_its_incident(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_TIMEOUT});
    fail_like(&desk, &(struct failure){.host = 1, .family = FAMILY_RESET});
    open_incident(&desk, 4, SCOPE_NETWORK, 0, FAMILY_TIMEOUT);
    fail_like(&desk, &(struct failure){.host = 2, .family = FAMILY_TIMEOUT, .incident = 4});
    look(&desk, 10);
    assert_int_equal(desk.shown.endpoint[0].incident, 4);
    assert_int_equal(desk.shown.endpoint[1].incident, 4);
    assert_int_equal(desk.shown.endpoint[2].incident, 0);
    close_incident(&desk, 4, FAMILY_TIMEOUT);
    assert_int_equal(look(&desk, 10)->endpoint[0].incident, 0);
    desk_close(&desk);
}

static void the_latest_failures_come_newest_first(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    for (uint8_t i = 0; i < 100; i++)
        fail_like(&desk, &(struct failure){.ms = i, .host = i, .client = 7});
    look(&desk, 100);
    assert_int_equal(desk.shown.n_latest, SNAPSHOT_LATEST_MAX);
    for (unsigned i = 0; i < SNAPSHOT_LATEST_MAX; i++) {
        assert_int_equal(desk.shown.latest[i].ts_ns, at(99 - i));
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
    total = &look(&desk, 10)->total;
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
    struct endpoint server = endpoint(1, 80);

    (void)state;
    desk_open(&desk, NULL);
    for (int i = 0; i < 100; i++)
        tally_ok(desk.tally, &server, at(i), i < 98 ? 20 * NS_PER_US : 3 * NS_PER_MS);
    tally_ok(desk.tally, &server, at(100), -1); /* not seen */
    look(&desk, 200);
    assert_in_range(desk.shown.handshake_p50_ns, 18 * NS_PER_US, 22 * NS_PER_US);
    assert_in_range(desk.shown.handshake_p99_ns, 2700 * NS_PER_US, 3300 * NS_PER_US);
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
        cmocka_unit_test(rows_come_gravest_first),
        cmocka_unit_test(a_row_says_what_failed_there),
        cmocka_unit_test(two_families_of_one_endpoint_share_its_attempts),
        cmocka_unit_test(a_healthy_row_has_no_family_and_no_times),
        cmocka_unit_test(only_the_most_telling_rows_are_shown),
        cmocka_unit_test(healthy_endpoints_never_push_out_a_failing_one),
        cmocka_unit_test(an_endpoint_with_an_open_incident_stays_when_others_fail),
        cmocka_unit_test(rows_run_out_before_endpoints_do),
        cmocka_unit_test(the_targets_of_a_scan_get_no_row),
        cmocka_unit_test(rows_of_a_dark_network_belong_to_its_incident),
        cmocka_unit_test(the_latest_failures_come_newest_first),
        cmocka_unit_test(flows_are_counted_by_how_well_they_were_seen),
        cmocka_unit_test(handshakes_are_summed_up_in_quantiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
