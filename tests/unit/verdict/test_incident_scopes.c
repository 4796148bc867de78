/* SPDX-License-Identifier: BSD-2-Clause */
/* Incidents of clients and of networks. */
#include "verdict/incident.h"

#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"
#include "verdict/watch.h"

/* ---- client ---- */

static void a_scan_of_5000_ports_is_one_incident_of_the_client(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *open, *closing;
    struct run_totals total = {0};

    (void)state;
    stage_open(&stage, NULL);
    for (uint16_t port = 1; port <= 5000; port++) {
        bool is_open = port == 22 || port == 80;

        stage_attempt(&stage, &(struct attempt){.at_ms = port * 4, .port = port, .is_ok = is_open});
        assert_int_equal(stage.event.incident, port * 4 < 51 * 4 + 5000 ? 0 : 1);
    }
    stage_tick(&stage, 90000);
    assert_int_equal(stage.n_lines, 3); /* and an update */
    open = stage_line(&stage, INCIDENT_OPEN, 0);
    assert_int_equal(open->scope, SCOPE_CLIENT);
    assert_int_equal(open->client.bytes[12], 10);
    assert_int_equal(open->n_failures, INCIDENT_CLIENT_ENDPOINTS);
    assert_int_equal(open->n_attempts, INCIDENT_CLIENT_ENDPOINTS + 1);
    assert_int_equal(open->first_ns, script_ns(4));
    assert_int_equal(open->opened_ns, script_ns(51 * 4));
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->n_failures, 4998);
    assert_int_equal(closing->n_attempts, 5000);
    assert_int_equal(closing->n_clients, 1);
    assert_int_equal(closing->close_reason, CLOSE_QUIET);
    incident_count(stage.incidents, &total);
    assert_int_equal(total.n_incident_overflow, 0);
    stage_check_lines(&stage);
    stage_close(&stage);
}

/* `n` endpoints in different networks, one failure each. */
static void play_sweep(struct outbreak_stage *stage, unsigned n, int64_t every_ms,
                       enum family family)
{
    stage_open(stage, NULL);
    for (unsigned i = 0; i < n; i++)
        stage_attempt(stage, &(struct attempt){
                                 .at_ms = i * every_ms, .server = (i + 1) << 8, .family = family});
    stage_finish(stage, n * every_ms);
    stage_check_lines(stage);
}

static void fifty_endpoints_in_a_minute_are_a_clients_incident(void **state)
{
    static const struct {
        unsigned n;
        int64_t every_ms;
        enum family family;
        uint32_t n_lines;
    } cases[] = {
        {50, 1224, FAMILY_REFUSED, 2},  /* 49 x 1224 ms: just within */
        {50, 1225, FAMILY_REFUSED, 0},  /* just not */
        {49, 1000, FAMILY_REFUSED, 0},  /* too few */
        {50, 10, FAMILY_RST_FORGED, 0}, /* not the client's doing */
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct outbreak_stage stage;

        play_sweep(&stage, cases[i].n, cases[i].every_ms, cases[i].family);
        assert_int_equal(stage.n_lines, cases[i].n_lines);
        assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_CLIENT), cases[i].n_lines / 2);
        stage_close(&stage);
    }
}

static void a_client_recovers(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < 60; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 100, .server = (i + 1) << 8});
    stage_attempt(&stage, &(struct attempt){.at_ms = 7000, .server = 1 << 8, .is_ok = true});
    stage_tick(&stage, 100000);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->scope, SCOPE_CLIENT);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->close_reason, CLOSE_RECOVERED);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->n_attempts, 61);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void endpoint_incidents_of_the_scan_alone_move_into_it(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *moved;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 0; i < 20; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000, .port = 7});
    for (int64_t i = 0; i < 20; i++) /* another client is hit by this one, too */
        stage_attempt(&stage, &(struct attempt){
                                  .at_ms = 20000 + i * 1000, .port = 9, .client = i % 2 ? 1 : 2});
    for (uint16_t i = 0; i < 60; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = 41000 + i * 100, .port = 1000 + i});
    stage_finish(&stage, 60000);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_ENDPOINT), 2);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_CLIENT), 1);
    moved = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(moved->server.port, 7);
    assert_int_equal(moved->close_reason, CLOSE_EVICTED);
    assert_int_equal(moved->n_related, 1);
    assert_int_equal(moved->related[0], 3);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 1)->close_reason, CLOSE_END_OF_INPUT);
    stage_check_lines(&stage);
    stage_close(&stage);
}

/* ---- network ---- */

/* `n_hosts` of one /24 answer `n_clients` clients for 20 s, then no more; one attempt each second
 * and pair. */
static void play_dark(struct outbreak_stage *stage, uint32_t n_hosts, uint32_t n_clients)
{
    stage_open(stage, NULL);
    for (int64_t second = 0; second < 50; second++)
        for (uint32_t i = 0; i < n_hosts * n_clients; i++)
            stage_attempt(stage, &(struct attempt){.at_ms = second * 1000 + i % n_hosts,
                                                   .server = 0x010200 + 1 + i % n_hosts,
                                                   .client = 1 + i / n_hosts,
                                                   .is_ok = second < 20,
                                                   .family = FAMILY_TIMEOUT});
    stage_finish(stage, 50000);
    stage_check_lines(stage);
}

static void a_network_gone_dark_is_one_incident_of_the_network(void **state)
{
    static const struct {
        uint32_t n_hosts, n_clients;
    } cases[] = {{10, 1}, {40, 3}, {254, 1}};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct outbreak_stage stage;
        const struct incident_event *open, *closing;
        uint8_t network[4] = {192, 1, 2, 0};
        struct ipaddr addr = ipaddr_from_v4(network);

        play_dark(&stage, cases[i].n_hosts, cases[i].n_clients);
        assert_int_equal(stage.n_lines, 2);
        open = stage_line(&stage, INCIDENT_OPEN, 0);
        closing = stage_line(&stage, INCIDENT_CLOSE, 0);
        assert_int_equal(open->scope, SCOPE_NETWORK);
        assert_true(ipaddr_equal(&open->server.addr, &addr));
        assert_int_equal(open->server.port, 0);
        assert_int_equal(open->family, FAMILY_TIMEOUT);
        assert_int_equal(closing->n_failures, 30 * cases[i].n_hosts * cases[i].n_clients);
        assert_int_equal(closing->n_attempts, closing->n_failures);
        assert_int_equal(closing->n_clients, cases[i].n_clients);
        stage_close(&stage);
    }
}

static void nine_hosts_are_nine_incidents(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    play_dark(&stage, 9, 1);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_ENDPOINT), 9);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_NETWORK), 0);
    stage_close(&stage);
}

static void a_client_that_alone_cannot_reach_a_network_is_a_client_incident(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t second = 0; second < 30; second++)
        for (uint32_t host = 0; host < 60; host++)
            for (uint32_t client = 1; client <= 2; client++)
                stage_attempt(&stage, &(struct attempt){.at_ms = second * 1000 + host,
                                                        .server = 0x010201 + host,
                                                        .client = client,
                                                        .is_ok = client == 1 || second < 10});
    stage_finish(&stage, 30000);
    assert_int_equal(stage.n_lines, 2);
    assert_int_equal(stage.line[0].incident.scope, SCOPE_CLIENT);
    assert_int_equal(stage.line[0].incident.client.bytes[15], 2);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void members_that_were_told_of_close_when_the_network_opens(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *network;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 0; i < 60; i++)
        for (uint32_t host = 0; host < 12 && (int)host * 3 <= i; host++)
            stage_attempt(&stage,
                          &(struct attempt){.at_ms = i * 1000 + host, .server = 0x010201 + host});
    stage_finish(&stage, 60000);
    network = &stage.line[8].incident;
    assert_int_equal(network->scope, SCOPE_NETWORK);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_ENDPOINT), 8);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_NETWORK), 1);
    for (uint32_t i = 0; i < 8; i++) {
        const struct incident_event *member = stage_line(&stage, INCIDENT_CLOSE, i);

        assert_int_equal(member->number, i + 1);
        assert_int_equal(member->close_reason, CLOSE_EVICTED);
        assert_int_equal(member->n_related, 1);
        assert_int_equal(member->related[0], network->number);
    }
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 8)->scope, SCOPE_NETWORK);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 8)->n_failures, stage.n_failures);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void a_network_recovers_and_goes_dark_again_under_its_number(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t second = 0; second < 300; second++)
        for (uint32_t host = 0; host < 20; host++)
            stage_attempt(&stage, &(struct attempt){.at_ms = second * 1000 + host,
                                                    .server = 0x010201 + host,
                                                    .is_ok = second >= 30 && second < 200});
    stage_finish(&stage, 300000);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_NETWORK), 2);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_ENDPOINT), 0);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->close_reason, CLOSE_RECOVERED);
    assert_int_equal(stage_line(&stage, INCIDENT_OPEN, 1)->number, 1);
    assert_int_equal(stage_line(&stage, INCIDENT_OPEN, 1)->n_reopened, 1);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void networks_are_24_and_64_bits_long(void **state)
{
    uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    uint8_t v6_network[16] = {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4};
    uint8_t v4[4] = {10, 1, 2, 3}, v4_network[4] = {10, 1, 2, 0};
    struct ipaddr addr = ipaddr_from_v6(v6), expected = ipaddr_from_v6(v6_network);
    struct ipaddr network = watch_network(&addr);

    (void)state;
    assert_true(ipaddr_equal(&network, &expected));
    addr = ipaddr_from_v4(v4);
    expected = ipaddr_from_v4(v4_network);
    network = watch_network(&addr);
    assert_true(ipaddr_equal(&network, &expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_of_5000_ports_is_one_incident_of_the_client),
        cmocka_unit_test(fifty_endpoints_in_a_minute_are_a_clients_incident),
        cmocka_unit_test(a_client_recovers),
        cmocka_unit_test(endpoint_incidents_of_the_scan_alone_move_into_it),
        cmocka_unit_test(a_network_gone_dark_is_one_incident_of_the_network),
        cmocka_unit_test(nine_hosts_are_nine_incidents),
        cmocka_unit_test(a_client_that_alone_cannot_reach_a_network_is_a_client_incident),
        cmocka_unit_test(members_that_were_told_of_close_when_the_network_opens),
        cmocka_unit_test(a_network_recovers_and_goes_dark_again_under_its_number),
        cmocka_unit_test(networks_are_24_and_64_bits_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
