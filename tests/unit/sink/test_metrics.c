/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of metrics: which lines, which labels, how long at most. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sample.h"
#include "sink/metrics.h"

struct desk {
    struct metrics_state state;
    struct metrics_book book;
    char page[METRICS_PAGE_BYTES];
    struct text text;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));

    if (!desk)
        return -1;
    desk->state.version = "0.1.0";
    desk->state.build = "g1234567";
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    free(*state);
    return 0;
}

static const char *look(struct desk *desk)
{
    desk->text = TEXT_OF(desk->page);
    metrics_format(&desk->state, &desk->book, &desk->text);
    assert_false(desk->text.is_cut);
    return desk->page;
}

static void assert_line(struct desk *desk, const char *line)
{
    char whole[512];

    (void)snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (!strstr(desk->page, whole))
        fail_msg("no line \"%s\"", line);
}

static void assert_no(struct desk *desk, const char *words)
{
    if (strstr(desk->page, words))
        fail_msg("there is \"%s\"", words);
}

static void incident(struct desk *desk, const struct incident_event *event)
{
    metrics_incidents_take(&desk->state.incidents, event);
}

static void counts_come_with_their_labels(void **state)
{
    struct desk *desk = *state;
    struct run_totals *total = &desk->state.now.total;

    total->n_ok = 7;
    total->n_failed = 3;
    total->n_failed_by_family[FAMILY_RST_FORGED] = 2;
    total->n_flows_evicted = 11;
    desk->state.now.family[FAMILY_RST_FORGED].n_incidents = 1;
    desk->state.now.is_trusted = true;
    desk->state.n_sinks = 2;
    desk->state.sink[0] = (struct metrics_sink){"json", 5, 0};
    desk->state.sink[1] = (struct metrics_sink){"log", 4, 1};
    desk->state.process_cpu_ns = 1500 * NS_PER_MS;
    look(desk);
    assert_line(desk, "tcpwhy_build_info{version=\"0.1.0\",revision=\"g1234567\"} 1");
    assert_line(desk, "tcpwhy_connections_total{outcome=\"ok\"} 7");
    assert_line(desk, "tcpwhy_connections_total{outcome=\"failed\"} 3");
    assert_line(desk, "tcpwhy_failures_total{family=\"rst_forged\"} 2");
    assert_line(desk, "tcpwhy_failures_total{family=\"undetermined\"} 0");
    assert_line(desk, "tcpwhy_incidents_opened_total{family=\"rst_forged\"} 1");
    assert_line(desk, "tcpwhy_verdicts_trusted 1");
    assert_line(desk, "tcpwhy_flows_evicted_total{reason=\"memory\"} 11");
    assert_line(desk, "tcpwhy_output_lines_total{sink=\"json\"} 5");
    assert_line(desk, "tcpwhy_output_errors_total{sink=\"log\"} 1");
    assert_line(desk, "process_cpu_seconds_total 1.500000000");
}

static void handshakes_make_a_cumulative_histogram(void **state)
{
    struct desk *desk = *state;
    struct snapshot_handshakes *handshakes = &desk->state.now.handshakes;

    handshakes->n_in_bucket[0] = 4;
    handshakes->n_in_bucket[3] = 2;
    handshakes->n_in_bucket[SNAPSHOT_HANDSHAKE_BOUNDS] = 1;
    handshakes->sum_ns = 12 * (uint64_t)NS_PER_S + 5;
    look(desk);
    assert_line(desk, "tcpwhy_handshake_duration_seconds_bucket{le=\"5e-05\"} 4");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_bucket{le=\"0.0005\"} 4");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_bucket{le=\"0.001\"} 6");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_bucket{le=\"10\"} 6");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_bucket{le=\"+Inf\"} 7");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_sum 12.000000005");
    assert_line(desk, "tcpwhy_handshake_duration_seconds_count 7");
}

static void what_a_source_cannot_count_has_no_line(void **state)
{
    struct desk *desk = *state;

    desk->state.n_ifaces = 3;
    desk->state.iface[0] = (struct metrics_iface){.name = "eth0",
                                                  .n_pkts = 10,
                                                  .is_live = true,
                                                  .is_iface_dropped_known = true,
                                                  .last_ns = 5 * NS_PER_S};
    desk->state.iface[1] = (struct metrics_iface){.name = "any", .n_pkts = 20, .is_live = true};
    desk->state.iface[2] = (struct metrics_iface){.name = "a.pcap", .n_pkts = 30};
    look(desk);
    assert_line(desk, "tcpwhy_capture_packets_total{iface=\"a.pcap\"} 30");
    assert_line(desk, "tcpwhy_capture_dropped_packets_total{iface=\"eth0\",where=\"iface\"} 0");
    assert_line(desk, "tcpwhy_capture_dropped_packets_total{iface=\"any\",where=\"kernel\"} 0");
    assert_line(desk, "tcpwhy_last_packet_timestamp_seconds{iface=\"eth0\"} 5.000000000");
    assert_no(desk, "{iface=\"any\",where=\"iface\"}");
    assert_no(desk, "dropped_packets_total{iface=\"a.pcap\"");
    assert_no(desk, "ring_freezes_total{iface=\"a.pcap\"");
    assert_no(desk, "last_packet_timestamp_seconds{iface=\"any\"");
}

static void a_stranger_s_name_cannot_leave_its_label(void **state)
{
    struct desk *desk = *state;

    desk->state.n_ifaces = 1;
    desk->state.iface[0] = (struct metrics_iface){.name = "a\"} 1\nup 0\\\xff\x1b"};
    look(desk);
    assert_line(desk, "tcpwhy_capture_packets_total{iface=\"a\\\"} 1?up 0\\\\??\"} 0");
    assert_no(desk, "\nup 0");
}

static void an_incident_is_one_while_it_is_open(void **state)
{
    struct desk *desk = *state;
    struct incident_event event = {.number = 1,
                                   .phase = INCIDENT_OPEN,
                                   .scope = SCOPE_ENDPOINT,
                                   .family = FAMILY_TIMEOUT,
                                   .confidence = CONFIDENCE_LIKELY,
                                   .server = sample_endpoint("2001:db8::1", 443)};

    look(desk);
    assert_no(desk, "tcpwhy_incident_open{");
    incident(desk, &event);
    look(desk);
    assert_line(desk, "tcpwhy_incident_open{server=\"2001:db8::1\",port=\"443\","
                      "family=\"timeout\",confidence=\"likely\"} 1");
    event.phase = INCIDENT_UPDATE;
    event.confidence = CONFIDENCE_POSSIBLE;
    incident(desk, &event);
    look(desk);
    assert_line(desk, "tcpwhy_incident_open{server=\"2001:db8::1\",port=\"443\","
                      "family=\"timeout\",confidence=\"possible\"} 1");
    assert_no(desk, "confidence=\"likely\"");
    event.phase = INCIDENT_CLOSE;
    incident(desk, &event);
    look(desk);
    assert_line(desk, "tcpwhy_incident_open{server=\"2001:db8::1\",port=\"443\","
                      "family=\"timeout\",confidence=\"possible\"} 0");
}

static void no_client_is_a_label(void **state)
{
    struct desk *desk = *state;
    struct incident_event event = {.number = 1,
                                   .scope = SCOPE_CLIENT,
                                   .family = FAMILY_REFUSED,
                                   .confidence = CONFIDENCE_CERTAIN,
                                   .client = sample_addr("192.0.2.66")};

    incident(desk, &event);
    event.number = 2; /* of another client: the same labels, once */
    event.client = sample_addr("192.0.2.67");
    event.phase = INCIDENT_CLOSE;
    incident(desk, &event);
    event = (struct incident_event){.number = 3,
                                    .scope = SCOPE_NETWORK,
                                    .family = FAMILY_REFUSED,
                                    .confidence = CONFIDENCE_CERTAIN,
                                    .server = sample_endpoint("10.1.2.0", 0)};
    incident(desk, &event);
    look(desk);
    assert_line(desk, "tcpwhy_incident_open{server=\"other\",port=\"any\","
                      "family=\"refused\",confidence=\"certain\"} 1");
    assert_line(desk, "tcpwhy_incident_open{server=\"10.1.2.0/24\",port=\"any\","
                      "family=\"refused\",confidence=\"certain\"} 1");
    assert_no(desk, "192.0.2.");
    assert_ptr_equal(strstr(strstr(desk->page, "{server=\"other\"") + 1, "{server=\"other\""),
                     NULL);
}

static void an_incident_whose_end_was_lost_ends_all_the_same(void **state)
{
    struct desk *desk = *state;
    struct snapshot_family *family = &desk->state.now.family[FAMILY_REFUSED];
    struct metrics_incidents *incidents = &desk->state.incidents;

    incident(desk, &(struct incident_event){.number = 1, .family = FAMILY_REFUSED});
    metrics_incidents_mend(incidents, &desk->state.now); /* older than the line */
    assert_true(incidents->at[0].is_open);
    family->n_open_incidents = 1;
    for (int i = 0; i < 2 * METRICS_DENIALS; i++)
        metrics_incidents_mend(incidents, &desk->state.now);
    assert_true(incidents->at[0].is_open);
    family->n_open_incidents = 0;
    for (int i = 0; i < METRICS_DENIALS; i++)
        metrics_incidents_mend(incidents, &desk->state.now);
    assert_false(incidents->at[0].is_open);
}

static void closed_incidents_make_room(void **state)
{
    struct desk *desk = *state;
    struct metrics_incidents *incidents = &desk->state.incidents;
    unsigned n_open = 0;

    for (uint32_t number = 1; number <= 3 * METRICS_INCIDENTS_MAX; number++)
        incident(desk, &(struct incident_event){
                           .number = number, .phase = number % 3 ? INCIDENT_CLOSE : INCIDENT_OPEN});
    for (unsigned i = 0; i < METRICS_INCIDENTS_MAX; i++)
        n_open += incidents->at[i].is_open;
    assert_int_equal(n_open, METRICS_INCIDENTS_MAX);
    incident(desk, &(struct incident_event){.number = 9999, .phase = INCIDENT_OPEN});
    assert_int_equal(incidents->at[0].number % 3, 0);
}

static void a_page_with_all_tables_full_has_room(void **state)
{
    struct desk *desk = *state;
    char longest[METRICS_NAME_BYTES];

    memset(longest, '"', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memset(&desk->state.now.total, 0x7f, sizeof(desk->state.now.total));
    desk->state.n_ifaces = METRICS_IFACES_MAX;
    for (unsigned i = 0; i < METRICS_IFACES_MAX; i++) {
        memset(&desk->state.iface[i], 0x01, sizeof(desk->state.iface[i]));
        memcpy(desk->state.iface[i].name, longest, sizeof(longest));
    }
    desk->book.n_series = METRICS_BOOK_SERIES;
    for (unsigned i = 0; i < METRICS_BOOK_SERIES; i++)
        desk->book.series[i] = (struct metrics_series){
            .server = sample_endpoint("2001:db8:1111:2222:3333:4444:5555:6666", 65535),
            .family = FAMILY_BACKLOG_OVERFLOW,
            .n_failures = UINT64_MAX / 1000};
    for (uint32_t i = 0; i < METRICS_INCIDENTS_MAX; i++)
        incident(desk, &(struct incident_event){
                           .number = i + 1,
                           .family = FAMILY_BACKLOG_OVERFLOW,
                           .confidence = CONFIDENCE_POSSIBLE,
                           .server = sample_endpoint("2001:db8:1111:2222:3333:4444:5555:6666",
                                                     (uint16_t)(65535 - i))});
    look(desk);
    assert_true(desk->text.used_bytes > METRICS_PAGE_BYTES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_come_with_their_labels, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(handshakes_make_a_cumulative_histogram, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(what_a_source_cannot_count_has_no_line, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(a_stranger_s_name_cannot_leave_its_label, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(an_incident_is_one_while_it_is_open, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(no_client_is_a_label, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(an_incident_whose_end_was_lost_ends_all_the_same, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(closed_incidents_make_room, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_page_with_all_tables_full_has_room, open_desk,
                                        close_desk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
