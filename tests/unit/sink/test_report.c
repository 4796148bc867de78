/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "report_run.h"

static void an_empty_input_is_named_as_such(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    f->stop.first_packet_ns = f->stop.last_packet_ns = NS_NEVER;
    run_expect(f, "no-packets");
}

static void a_filter_that_matched_nothing_is_shown(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    f->stop.first_packet_ns = f->stop.last_packet_ns = NS_NEVER;
    f->run.filter = "tcp port 4433";
    run_expect(f, "no-match");
}

static void without_failures_the_counts_are_given(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    run_add_ok(f, "10.20.0.21:80", 446);
    f->final.total.n_pkts = 4460;
    f->final.total.n_attempts += 2;
    f->final.total.n_flows += 2;
    f->final.total.n_by_verdict[VERDICT_IN_PROGRESS] = 2;
    f->final.total.n_by_verdict[VERDICT_SLOW_HANDSHAKE] = 3;
    run_expect(f, "all-fine");
}

static void packets_without_an_attempt_are_no_success(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    f->final.total.n_pkts = 120;
    f->final.total.n_flows = f->final.total.n_midstream = 3;
    run_expect(f, "midstream-only");
}

static void one_refused_connection_is_told_in_full(void **state)
{
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    eventscript_failure(&event, "10.20.0.10:57063", "10.20.0.21:8080", VERDICT_REFUSED_CLOSED_PORT,
                        123456);
    eventscript_packet(&event, "C S", 1, 0, "");
    eventscript_packet(&event, "S RA!", 2, 14, "acknowledges the SYN");
    event.connection.confidence = CONFIDENCE_LIKELY;
    event.connection.n_because = 1;
    event.connection.because[0] =
        (struct reason){.code = "rst-acks-syn", .value = "14 us after it", .frame = {2}};
    event.connection.n_against = 1;
    event.connection.against[0] = (struct reason){.code = "no-baseline", .value = "first contact"};
    event.connection.n_alternatives = 1;
    event.connection.alternatives[0] = VERDICT_REFUSED_FIREWALL_RST;
    run_feed(f, &event);
    f->final.total.n_pkts = 2;
    f->stop.last_packet_ns = EVENTSCRIPT_START_NS + 14 * NS_PER_US;
    run_add_attempts(f, &event, 1);
    run_expect(f, "one-refused");
}

static void add_rejected(struct report_run *f, int64_t start_us)
{
    struct verdict_event event;
    char client[32];

    snprintf(client, sizeof(client), "10.20.0.10:%u", 40000 + (unsigned)f->next_frame);
    eventscript_failure(&event, client, "10.20.0.22:6379", VERDICT_ICMP_ADMIN_PROHIBITED, start_us);
    eventscript_packet(&event, "C S", f->next_frame, 0, "");
    eventscript_packet(&event, "I 3/13!", f->next_frame + 1, 11, "quotes the SYN");
    f->next_frame += 2;
    run_feed(f, &event);
}

static void add_silent(struct report_run *f, int64_t start_us)
{
    struct verdict_event event;

    eventscript_failure(&event, "10.20.0.10:55555", "10.20.0.23:443", VERDICT_CONNECT_TIMEOUT,
                        start_us);
    event.connection.confidence = CONFIDENCE_LIKELY;
    event.connection.n_alternatives = 1;
    event.connection.alternatives[0] = VERDICT_FILTERED_DROP;
    for (int i = 0; i < 5; i++)
        eventscript_packet(&event, "C S", f->next_frame++, i * US_PER_S, i ? "again" : "");
    run_feed(f, &event);
}

static void add_forged(struct report_run *f, int64_t start_us)
{
    struct verdict_event event;
    struct connection_event *connection = &event.connection;

    eventscript_failure(&event, "10.20.0.10:57063", "10.20.0.21:7000", VERDICT_RST_INJECTED,
                        start_us);
    connection->ended_by = ENDED_BY_THIRD_PARTY;
    eventscript_packet(&event, "C S", f->next_frame++, 0, "");
    eventscript_packet(&event, "S SA", f->next_frame++, 18, "");
    eventscript_packet(&event, "S PA +400", f->next_frame++, 300000, "");
    eventscript_packet(&event, "S RA!", f->next_frame++, 300165,
                       "ttl 242 != 64, ip id off the server's counter, no timestamps");
    connection->evidence[3].mark.ttl = 242;
    connection->evidence[3].mark.ip_id = 12345;
    eventscript_packet(&event, "S PA +400!", f->next_frame++, 450000, "goes on at the same seq");
    run_feed(f, &event);
}

static void add_incident(struct report_run *f, uint32_t number, enum incident_phase phase,
                         const struct verdict_event *failure)
{
    struct verdict_event event;

    eventscript_incident(&event, number, phase, failure, 45 * US_PER_S);
    run_feed(f, &event);
}

/* The last failure of a kind, as a name for its incident. */
static struct verdict_event failure_at(const char *server, enum verdict_id verdict)
{
    struct verdict_event event;

    eventscript_failure(&event, "10.20.0.10:1", server, verdict, 12 * US_PER_S);
    return event;
}

static struct report_run *mixture(void)
{
    struct report_run *f = run_begin();
    struct verdict_event rejected = failure_at("10.20.0.22:6379", VERDICT_ICMP_ADMIN_PROHIBITED);
    struct verdict_event refused = failure_at("10.20.0.22:5432", VERDICT_REFUSED_CLOSED_PORT);
    struct verdict_event silent = failure_at("10.20.0.23:443", VERDICT_CONNECT_TIMEOUT);
    struct verdict_event forged = failure_at("10.20.0.21:7000", VERDICT_RST_INJECTED);

    for (int i = 0; i < 60; i++)
        add_rejected(f, 12 * US_PER_S + i * 600000);
    for (int i = 0; i < 18; i++)
        run_add_refused(f, "10.20.0.22:5432", 12 * US_PER_S + 600 + i * 2 * US_PER_S);
    for (int i = 0; i < 23; i++)
        add_silent(f, 30 * US_PER_S + i * 1250000);
    for (int i = 0; i < 5; i++)
        add_forged(f, 33 * US_PER_S + i * 2400000);
    for (int i = 0; i < 12; i++)
        run_add_refused(f, "10.20.0.21:8080", i * 5 * US_PER_S);
    run_add_attempts(f, &rejected, 60);
    run_add_attempts(f, &refused, 18);
    run_add_attempts(f, &silent, 23);
    run_add_attempts(f, &forged, 5);
    run_add_ok(f, "10.20.0.21:80", 446);
    add_incident(f, 1, INCIDENT_OPEN, &rejected);
    add_incident(f, 2, INCIDENT_OPEN, &refused);
    add_incident(f, 3, INCIDENT_OPEN, &forged);
    add_incident(f, 4, INCIDENT_OPEN, &silent);
    add_incident(f, 1, INCIDENT_CLOSE, &rejected);
    f->final.total.n_pkts = 5309;
    f->final.total.n_truncated = 48;
    f->run.source[0].snaplen_bytes = 256;
    return f;
}

static void a_mixture_is_sorted_by_severity_and_related_by_time(void **state)
{
    (void)state;
    run_expect(mixture(), "mixture");
}

static void without_utf8_the_report_is_ascii(void **state)
{
    struct report_run *f = mixture();
    char *bytes;

    (void)state;
    f->run.is_ascii = true;
    bytes = run_finish(f);
    for (const char *at = bytes; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    free(bytes);
}

static void the_same_events_give_the_same_bytes(void **state)
{
    char *first = run_finish(mixture());
    char *second = run_finish(mixture());

    (void)state;
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void losses_and_a_cut_input_are_said_at_the_top(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    for (int i = 0; i < 3; i++)
        run_add_refused(f, "[2001:db8:1234:5678:9abc:def0:1234:5678]:8080", i * 2 * US_PER_S);
    f->stop.exit_code = 4;
    f->final.total.n_pkts = 1000;
    f->final.total.n_kernel_dropped = 250;
    f->final.total.n_malformed = 7;
    f->final.total.n_with_gaps = 2;
    f->final.total.n_with_duplicates = 1;
    f->final.total.n_time_backwards = 1;
    f->final.total.n_one_sided = 4;
    f->final.total.n_flows_evicted = 3;
    f->final.total.n_unread = 5;
    f->final.total.n_headers_unread = 1;
    f->final.total.n_events_lost = 9;
    run_expect(f, "lossy");
}

static void a_scan_is_one_incident_of_its_client(void **state)
{
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.20.0.21:%u", 1 + i);
        run_add_refused(f, server, (int64_t)i * 500);
    }
    eventscript_failure(&event, "10.20.0.10:1", "10.20.0.21:1", VERDICT_REFUSED_CLOSED_PORT, 0);
    eventscript_incident(&event, 1, INCIDENT_OPEN, &event, 3 * US_PER_S);
    event.incident.scope = SCOPE_CLIENT;
    event.incident.client = eventscript_endpoint("10.20.0.10:1").addr;
    event.incident.server = (struct endpoint){0};
    event.incident.n_failures = event.incident.n_attempts = 6000;
    run_feed(f, &event);
    f->final.total.n_pkts = 12000;
    run_expect(f, "scan");
}

static void a_network_gone_dark_is_one_incident(void **state)
{
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.30.7.%u:443", 1 + i % 12);
        eventscript_failure(&event, "10.20.0.10:40000", server, VERDICT_CONNECT_TIMEOUT,
                            (int64_t)i * 400000);
        eventscript_packet(&event, "C S", f->next_frame++, 0, "");
        run_feed(f, &event);
    }
    /* A member that was told of before the network was, and a stranger of another family. */
    eventscript_incident(&event, 1, INCIDENT_CLOSE, &event, 5 * US_PER_S);
    event.incident.server = eventscript_endpoint("10.30.7.1:443");
    event.incident.family = FAMILY_TIMEOUT;
    event.incident.close_reason = CLOSE_EVICTED;
    run_feed(f, &event);
    event.incident.number = 2;
    event.incident.phase = INCIDENT_OPEN;
    event.incident.scope = SCOPE_NETWORK;
    event.incident.server = (struct endpoint){.addr = eventscript_endpoint("10.30.7.0:1").addr};
    event.incident.n_attempts = 60;
    event.incident.close_reason = CLOSE_NONE;
    run_feed(f, &event);
    run_add_refused(f, "10.30.7.3:22", 9 * US_PER_S);
    f->final.total.n_pkts = 62;
    run_expect(f, "network");
}

/* Three days, many clients, two kinds of answer, an incident that came back. */
static void days_and_clients_and_kinds_are_told_apart(void **state)
{
    static const int64_t hour_us = INT64_C(3600) * US_PER_S;
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 140; i++) {
        int64_t start_us = (i < 100 ? 0 : 60 * hour_us) + (int64_t)i * 60 * US_PER_S;
        char client[48];

        snprintf(client, sizeof(client), "[2001:db8::%x]:%u", i % 50 * (i % 3), 1024 + i);
        eventscript_failure(&event, client, "[2001:db8:ffff::1]:443",
                            i % 10 ? VERDICT_REFUSED_CLOSED_PORT : VERDICT_REFUSED, start_us);
        eventscript_packet(&event, "C S", 100 + 2 * i, 0, "");
        eventscript_packet(&event, "S RA!", 101 + 2 * i, 10 + i, "");
        event.connection.confidence = i % 10 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
        run_feed(f, &event);
    }
    for (uint32_t number = 1; number <= 2; number++) {
        struct verdict_event incident;

        eventscript_incident(&incident, number, INCIDENT_CLOSE, &event, 64 * US_PER_S);
        incident.incident.close_reason = CLOSE_RECOVERED;
        run_feed(f, &incident);
    }
    run_add_attempts(f, &event, 5000);
    f->final.total.n_attempts = f->final.total.n_flows = 5000;
    f->final.total.n_ok = 4860;
    f->final.total.n_pkts = 45000;
    f->stop.last_packet_ns = EVENTSCRIPT_START_NS + 72 * hour_us * NS_PER_US;
    run_expect(f, "days");
}

/* A crash, a server that fails under load, an outage with an end. */
static void what_failures_have_in_common_is_said(void **state)
{
    static const char *const server[] = {"10.20.0.21:80", "10.20.0.22:80", "10.20.0.23:80"};
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        unsigned which = i / 8;

        eventscript_failure(&event, "10.20.0.10:40000", server[which],
                            which == 2 ? VERDICT_REFUSED_CLOSED_PORT : VERDICT_RESET_APP_ABORT,
                            which == 0 ? i * 10000 : (int64_t)(i * i) * 100000);
        eventscript_packet(&event, "C S", f->next_frame++, 0, "");
        run_feed(f, &event);
    }
    for (unsigned which = 1; which < 3; which++) {
        eventscript_failure(&event, "10.20.0.10:40000", server[which],
                            which == 2 ? VERDICT_REFUSED_CLOSED_PORT : VERDICT_RESET_APP_ABORT, 0);
        eventscript_incident(&event, which, INCIDENT_CLOSE, &event, 64 * US_PER_S);
        event.incident.server = eventscript_endpoint(server[which]);
        event.incident.family = which == 2 ? FAMILY_REFUSED : FAMILY_RESET;
        event.incident.close_reason = CLOSE_END_OF_INPUT;
        event.incident.pattern = which == 1 ? PATTERN_LOAD : PATTERN_NONE;
        event.incident.outage_ns = which == 2 ? 22 * NS_PER_S : 0;
        run_feed(f, &event);
    }
    f->final.total.n_pkts = 48;
    run_expect(f, "patterns");
}

/* Two files, one of them with the packets of two interfaces. */
static void inputs_are_counted_and_named_in_commands(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    f->run.n_sources = 3;
    f->run.source[1] = f->run.source[2] = f->run.source[0];
    f->run.source[0].name = "eth0";
    f->run.source[1].name = "eth1";
    f->run.source[2].name = f->run.source[2].input = "b.pcapng";
    run_add_refused(f, "10.20.0.21:8080", 0);
    f->final.total.n_pkts = 2;
    run_expect(f, "inputs");
}

static void the_sink_writes_a_file_and_tells_when_it_cannot(void **state)
{
    struct report_run *f = run_begin();
    struct sink sink;
    struct err err;
    char path[] = "/tmp/tcpwhy-report-XXXXXX";
    char line[256] = "";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "r");

    (void)state;
    f->stop.first_packet_ns = f->stop.last_packet_ns = NS_NEVER;
    assert_int_equal(sink_open(&sink, &sink_report, &f->run, path, &err), 0);
    sink_stop(&sink, &f->stop);
    sink_close(&sink);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_memory_equal(line, "tcpwhy 0.1.0 report", 19);
    fclose(file);
    unlink(path);
    assert_int_equal(sink_open(&sink, &sink_report, &f->run, "/nowhere/report.txt", &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/report.txt"));
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_input_is_named_as_such),
        cmocka_unit_test(a_filter_that_matched_nothing_is_shown),
        cmocka_unit_test(without_failures_the_counts_are_given),
        cmocka_unit_test(packets_without_an_attempt_are_no_success),
        cmocka_unit_test(one_refused_connection_is_told_in_full),
        cmocka_unit_test(a_mixture_is_sorted_by_severity_and_related_by_time),
        cmocka_unit_test(without_utf8_the_report_is_ascii),
        cmocka_unit_test(the_same_events_give_the_same_bytes),
        cmocka_unit_test(losses_and_a_cut_input_are_said_at_the_top),
        cmocka_unit_test(a_scan_is_one_incident_of_its_client),
        cmocka_unit_test(a_network_gone_dark_is_one_incident),
        cmocka_unit_test(days_and_clients_and_kinds_are_told_apart),
        cmocka_unit_test(what_failures_have_in_common_is_said),
        cmocka_unit_test(inputs_are_counted_and_named_in_commands),
        cmocka_unit_test(the_sink_writes_a_file_and_tells_when_it_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
