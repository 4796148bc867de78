/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of "Where": what they say, their order, who makes room for whom. */
#include "base/compiler.h"
#include "tally_desk.h"
#include "unit.h"
#include "verdict/tally.h"

static void open_incident(struct desk *desk, uint32_t number, enum incident_scope scope,
                          uint8_t host, enum family family)
{
    struct incident_event event = {.number = number,
                                   .phase = INCIDENT_OPEN,
                                   .scope = scope,
                                   .family = family,
                                   .server = desk_endpoint(host, scope == SCOPE_ENDPOINT ? 80 : 0)};

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
        desk_succeed(&desk, i, 8);
    for (int i = 0; i < 9; i++)
        desk_succeed(&desk, i, 9);
    for (int i = 0; i < 20; i++)
        desk_fail(&desk, &(struct desk_failure){.host = 3, .family = FAMILY_REFUSED});
    for (int i = 0; i < 10; i++)
        for (uint8_t host = 2; host <= 5; host = (uint8_t)(host == 2 ? 4 : host + 1))
            desk_fail(&desk, &(struct desk_failure){.host = host, .family = FAMILY_REFUSED});
    desk_fail(&desk, &(struct desk_failure){.host = 6, .family = FAMILY_TIMEOUT});
    desk_fail(&desk, &(struct desk_failure){.host = 7, .family = FAMILY_RST_FORGED});
    open_incident(&desk, 1, SCOPE_ENDPOINT, 5, FAMILY_REFUSED);
    open_incident(&desk, 2, SCOPE_ENDPOINT, 6, FAMILY_TIMEOUT);
    open_incident(&desk, 3, SCOPE_ENDPOINT, 7, FAMILY_RST_FORGED);
    desk_look(&desk, 100);
    assert_int_equal(desk.shown.n_endpoint_rows, ARRAY_LEN(expected));
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++)
        assert_int_equal(desk.shown.endpoint[i].server.addr.bytes[15], expected[i]);
    assert_int_equal(desk.shown.endpoint[0].incident, 3);
    assert_true(desk.shown.endpoint[0].had_incident);
    assert_int_equal(desk.shown.endpoint[3].incident, 0);
    assert_false(desk.shown.endpoint[3].had_incident);
    assert_int_equal(desk.shown.n_incidents_open, 3);
    assert_int_equal(desk.shown.family[FAMILY_TIMEOUT].n_open_incidents, 1);
    close_incident(&desk, 2, FAMILY_TIMEOUT);
    desk_look(&desk, 100);
    assert_int_equal(desk.shown.n_incidents_open, 2);
    assert_int_equal(desk.shown.family[FAMILY_TIMEOUT].n_open_incidents, 0);
    assert_int_equal(desk.shown.family[FAMILY_TIMEOUT].n_incidents, 1);
    assert_int_equal(desk.shown.endpoint[2].server.addr.bytes[15], 3);
    desk_close(&desk);
}

static void a_row_says_what_failed_there(void **state)
{
    struct desk desk;
    const struct snapshot_endpoint *row;

    (void)state;
    desk_open(&desk, NULL);
    desk_succeed(&desk, 500, 1);
    for (uint8_t i = 0; i < 5; i++)
        desk_fail(&desk, &(struct desk_failure){.ms = 2000 - i * 100,
                                                .host = 1,
                                                .client = (uint8_t)(10 + i % 3),
                                                .verdict = i < 2 ? VERDICT_REFUSED
                                                                 : VERDICT_REFUSED_CLOSED_PORT,
                                                .confidence = i == 4  ? CONFIDENCE_LIKELY
                                                              : i < 2 ? CONFIDENCE_POSSIBLE
                                                                      : CONFIDENCE_CERTAIN});
    row = &desk_look(&desk, 3000)->endpoint[0];
    assert_int_equal(desk.shown.n_endpoint_rows, 1);
    assert_int_equal(desk.shown.n_endpoints, 1);
    assert_int_equal(row->family, FAMILY_REFUSED);
    assert_int_equal(row->verdict, VERDICT_REFUSED_CLOSED_PORT);
    assert_int_equal(row->confidence, CONFIDENCE_LIKELY);
    assert_int_equal(row->n_failures, 5);
    assert_int_equal(row->n_attempts, 6);
    assert_int_equal(row->n_clients, 3);
    assert_int_equal(row->since_ns, desk_ns(1600));
    assert_int_equal(row->last_ns, desk_ns(2000));
    desk_close(&desk);
}

static void two_families_of_one_endpoint_share_its_attempts(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_RESET});
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_TIMEOUT});
    desk_succeed(&desk, 1, 1);
    desk_look(&desk, 10);
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
    desk_succeed(&desk, 1, 1);
    row = &desk_look(&desk, 10)->endpoint[0];
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
            desk_succeed(&desk, 0, (uint8_t)host);
    desk_fail(&desk, &(struct desk_failure){.host = 250});
    desk_look(&desk, 10);
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
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_RESET});
    for (uint8_t host = 2; host < 100; host++)
        desk_succeed(&desk, host, host);
    desk_look(&desk, 100);
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
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_RESET});
    open_incident(&desk, 1, SCOPE_ENDPOINT, 1, FAMILY_RESET);
    for (uint8_t host = 2; host < 100; host++)
        desk_fail(&desk, &(struct desk_failure){.host = host, .family = FAMILY_RESET});
    desk_look(&desk, 100);
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
        desk_fail(&desk, &(struct desk_failure){.host = i % 4, .family = (enum family)(i % 7)});
    desk_look(&desk, 100);
    assert_true(desk.shown.n_endpoint_rows >= 1 && desk.shown.n_endpoint_rows <= 7);
    assert_int_equal(desk.shown.total.n_failed, 60);
    desk_close(&desk);
}

static void the_targets_of_a_scan_get_no_row(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_REFUSED});
    open_incident(&desk, 9, SCOPE_CLIENT, 0, FAMILY_REFUSED);
    for (uint8_t host = 1; host < 50; host++)
        desk_fail(&desk,
                  &(struct desk_failure){.host = host, .family = FAMILY_REFUSED, .incident = 9});
    desk_look(&desk, 10);
    assert_int_equal(desk.shown.endpoint[0].n_failures, 2);
    assert_int_equal(desk.shown.endpoint[0].incident, 0);
    assert_int_equal(desk.shown.endpoint[1].n_failures, 0);
    close_incident(&desk, 9, FAMILY_REFUSED);
    desk_fail(&desk, &(struct desk_failure){.host = 60, .family = FAMILY_REFUSED, .incident = 9});
    assert_int_equal(desk_look(&desk, 10)->endpoint[1].n_failures, 1);
    desk_close(&desk);
}

static void rows_of_a_dark_network_belong_to_its_incident(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, NULL);
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_TIMEOUT});
    desk_fail(&desk, &(struct desk_failure){.host = 1, .family = FAMILY_RESET});
    open_incident(&desk, 4, SCOPE_NETWORK, 0, FAMILY_TIMEOUT);
    desk_fail(&desk, &(struct desk_failure){.host = 2, .family = FAMILY_TIMEOUT, .incident = 4});
    desk_look(&desk, 10);
    assert_int_equal(desk.shown.endpoint[0].incident, 4);
    assert_int_equal(desk.shown.endpoint[1].incident, 4);
    assert_int_equal(desk.shown.endpoint[2].incident, 0);
    close_incident(&desk, 4, FAMILY_TIMEOUT);
    assert_int_equal(desk_look(&desk, 10)->endpoint[0].incident, 0);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
