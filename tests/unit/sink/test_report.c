/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "eventscript.h"
#include "golden.h"
#include "sink/report_text.h"

#define US_PER_S 1000000

/* A run whose events are fed one by one. */
struct fixture {
    struct report_model model;
    struct run_info run;
    struct stop_info stop;
    struct snapshot final;
    uint64_t next_frame;
};

static struct fixture *begin(void)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    report_model_init(&fixture->model);
    fixture->run.version = "0.1.0";
    fixture->run.filter = "";
    fixture->run.n_sources = 1;
    fixture->run.source[0] = (struct sink_source){
        .kind = "file",
        .name = "test.pcap",
        .snaplen_bytes = 262144,
        .tstamp_precision = "us",
    };
    fixture->stop.final = &fixture->final;
    fixture->stop.first_packet_ns = EVENTSCRIPT_START_NS;
    fixture->stop.last_packet_ns = EVENTSCRIPT_START_NS + 68 * NS_PER_S;
    fixture->next_frame = 1;
    return fixture;
}

static void feed(struct fixture *fixture, const struct verdict_event *event)
{
    report_model_add(&fixture->model, event);
    if (event->kind != EVENT_CONNECTION)
        return;
    fixture->final.total.n_failed += event->connection.count;
    fixture->final.total.n_attempts += event->connection.count;
    fixture->final.total.n_flows += event->connection.count;
}

static void add_ok(struct fixture *fixture, const char *server, uint64_t n)
{
    struct snapshot_endpoint *row = &fixture->final.endpoint[fixture->final.n_endpoint_rows++];

    row->server = eventscript_endpoint(server);
    row->family = FAMILY_NONE;
    row->n_attempts = n;
    fixture->final.total.n_attempts += n;
    fixture->final.total.n_ok += n;
    fixture->final.total.n_flows += n;
}

/* A row of the last snapshot for a group of failures. */
static void add_attempts(struct fixture *fixture, const struct verdict_event *failure,
                         uint64_t n_attempts)
{
    struct snapshot_endpoint *row = &fixture->final.endpoint[fixture->final.n_endpoint_rows++];

    row->server = failure->connection.server;
    row->family = failure->connection.family;
    row->n_failures = row->n_attempts = n_attempts;
}

static void expect_only_plain_lines(const char *bytes)
{
    unsigned n_cells = 0;

    for (const unsigned char *at = (const unsigned char *)bytes; *at; at++) {
        if (*at == '\n') {
            assert_in_range(n_cells, 0, 100);
            n_cells = 0;
            continue;
        }
        /* Block elements are U+2581 to U+2588. */
        if (at[0] == 0xe2 && at[1] == 0x96 && at[2] >= 0x81 && at[2] <= 0x88)
            at += 2;
        else
            assert_in_range(*at, 0x20, 0x7e);
        n_cells++;
    }
}

/* The report as text, to be freed; ends the fixture. */
static char *finish(struct fixture *fixture)
{
    char *bytes;
    size_t n_bytes;
    FILE *out = open_memstream(&bytes, &n_bytes);

    report_model_finish(&fixture->model, &fixture->final);
    report_text_write(out, &fixture->model, &fixture->run, &fixture->stop);
    fclose(out);
    report_model_clear(&fixture->model);
    free(fixture);
    expect_only_plain_lines(bytes);
    return bytes;
}

static void expect_golden(struct fixture *fixture, const char *name)
{
    char path[512];
    char *bytes = finish(fixture);

    snprintf(path, sizeof(path), "%s/%s.txt", GOLDEN_DIR, name);
    golden_compare(path, bytes, strlen(bytes));
    free(bytes);
}

static void an_empty_input_is_named_as_such(void **state)
{
    struct fixture *f = begin();

    (void)state;
    f->stop.first_packet_ns = f->stop.last_packet_ns = NS_NEVER;
    expect_golden(f, "no-packets");
}

static void a_filter_that_matched_nothing_is_shown(void **state)
{
    struct fixture *f = begin();

    (void)state;
    f->stop.first_packet_ns = f->stop.last_packet_ns = NS_NEVER;
    f->run.filter = "tcp port 4433";
    expect_golden(f, "no-match");
}

static void without_failures_the_counts_are_given(void **state)
{
    struct fixture *f = begin();

    (void)state;
    add_ok(f, "10.20.0.21:80", 446);
    f->final.total.n_pkts = 4460;
    f->final.total.n_attempts += 2;
    f->final.total.n_flows += 2;
    f->final.total.n_by_verdict[VERDICT_IN_PROGRESS] = 2;
    f->final.total.n_by_verdict[VERDICT_SLOW_HANDSHAKE] = 3;
    expect_golden(f, "all-fine");
}

static void packets_without_an_attempt_are_no_success(void **state)
{
    struct fixture *f = begin();

    (void)state;
    f->final.total.n_pkts = 120;
    f->final.total.n_flows = f->final.total.n_midstream = 3;
    expect_golden(f, "midstream-only");
}

static void add_refused(struct fixture *f, const char *server, int64_t start_us)
{
    struct verdict_event event;
    char client[32];

    snprintf(client, sizeof(client), "10.20.0.10:%u", 40000 + (unsigned)f->next_frame);
    eventscript_failure(&event, client, server, VERDICT_REFUSED_CLOSED_PORT, start_us);
    eventscript_packet(&event, "C S", f->next_frame, 0, "");
    eventscript_packet(&event, "S RA!", f->next_frame + 1, 14, "acknowledges the SYN");
    f->next_frame += 2;
    feed(f, &event);
}

static void one_refused_connection_is_told_in_full(void **state)
{
    struct fixture *f = begin();
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
    feed(f, &event);
    f->final.total.n_pkts = 2;
    f->stop.last_packet_ns = EVENTSCRIPT_START_NS + 14 * NS_PER_US;
    add_attempts(f, &event, 1);
    expect_golden(f, "one-refused");
}

static void add_rejected(struct fixture *f, int64_t start_us)
{
    struct verdict_event event;
    char client[32];

    snprintf(client, sizeof(client), "10.20.0.10:%u", 40000 + (unsigned)f->next_frame);
    eventscript_failure(&event, client, "10.20.0.22:6379", VERDICT_ICMP_ADMIN_PROHIBITED, start_us);
    eventscript_packet(&event, "C S", f->next_frame, 0, "");
    eventscript_packet(&event, "I 3/13!", f->next_frame + 1, 11, "quotes the SYN");
    f->next_frame += 2;
    feed(f, &event);
}

static void add_silent(struct fixture *f, int64_t start_us)
{
    struct verdict_event event;

    eventscript_failure(&event, "10.20.0.10:55555", "10.20.0.23:443", VERDICT_CONNECT_TIMEOUT,
                        start_us);
    event.connection.confidence = CONFIDENCE_LIKELY;
    event.connection.n_alternatives = 1;
    event.connection.alternatives[0] = VERDICT_FILTERED_DROP;
    for (int i = 0; i < 5; i++)
        eventscript_packet(&event, "C S", f->next_frame++, i * US_PER_S, i ? "again" : "");
    feed(f, &event);
}

static void add_forged(struct fixture *f, int64_t start_us)
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
    feed(f, &event);
}

static void add_incident(struct fixture *f, uint32_t number, enum incident_phase phase,
                         const struct verdict_event *failure)
{
    struct verdict_event event;

    eventscript_incident(&event, number, phase, failure, 45 * US_PER_S);
    feed(f, &event);
}

/* The last failure of a kind, as a name for its incident. */
static struct verdict_event failure_at(const char *server, enum verdict_id verdict)
{
    struct verdict_event event;

    eventscript_failure(&event, "10.20.0.10:1", server, verdict, 12 * US_PER_S);
    return event;
}

static struct fixture *mixture(void)
{
    struct fixture *f = begin();
    struct verdict_event rejected = failure_at("10.20.0.22:6379", VERDICT_ICMP_ADMIN_PROHIBITED);
    struct verdict_event refused = failure_at("10.20.0.22:5432", VERDICT_REFUSED_CLOSED_PORT);
    struct verdict_event silent = failure_at("10.20.0.23:443", VERDICT_CONNECT_TIMEOUT);
    struct verdict_event forged = failure_at("10.20.0.21:7000", VERDICT_RST_INJECTED);

    for (int i = 0; i < 60; i++)
        add_rejected(f, 12 * US_PER_S + i * 600000);
    for (int i = 0; i < 18; i++)
        add_refused(f, "10.20.0.22:5432", 12 * US_PER_S + 600 + i * 2 * US_PER_S);
    for (int i = 0; i < 23; i++)
        add_silent(f, 30 * US_PER_S + i * 1250000);
    for (int i = 0; i < 5; i++)
        add_forged(f, 33 * US_PER_S + i * 2400000);
    for (int i = 0; i < 12; i++)
        add_refused(f, "10.20.0.21:8080", i * 5 * US_PER_S);
    add_attempts(f, &rejected, 60);
    add_attempts(f, &refused, 18);
    add_attempts(f, &silent, 23);
    add_attempts(f, &forged, 5);
    add_ok(f, "10.20.0.21:80", 446);
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
    expect_golden(mixture(), "mixture");
}

static void without_utf8_the_report_is_ascii(void **state)
{
    struct fixture *f = mixture();
    char *bytes;

    (void)state;
    f->run.is_ascii = true;
    bytes = finish(f);
    for (const char *at = bytes; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    free(bytes);
}

static void the_same_events_give_the_same_bytes(void **state)
{
    char *first = finish(mixture());
    char *second = finish(mixture());

    (void)state;
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void losses_and_a_cut_input_are_said_at_the_top(void **state)
{
    struct fixture *f = begin();

    (void)state;
    for (int i = 0; i < 3; i++)
        add_refused(f, "[2001:db8:1234:5678:9abc:def0:1234:5678]:8080", i * 2 * US_PER_S);
    f->stop.exit_code = 4;
    f->final.total.n_pkts = 1000;
    f->final.total.n_kernel_dropped = 250;
    f->final.total.n_malformed = 7;
    f->final.total.n_with_gaps = 2;
    f->final.total.n_with_duplicates = 1;
    f->final.total.n_time_backwards = 1;
    f->final.total.n_one_sided = 4;
    f->final.total.n_flows_evicted = 3;
    f->final.total.n_events_lost = 9;
    expect_golden(f, "lossy");
}

static void hostile_names_and_notes_are_made_visible(void **state)
{
    struct fixture *f = begin();
    struct verdict_event event;

    (void)state;
    f->run.source[0].name =
        "\x1b]0;owned\x07/a/very/long/path/with spaces/and/more/and/more/x.pcap";
    eventscript_failure(&event, "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
                        "[2001:db8:7777:8888:9999:aaaa:bbbb:cccc]:65535", VERDICT_H2_GOAWAY, 0);
    eventscript_packet(&event, "C S", UINT64_MAX, 0, "");
    eventscript_packet(&event, "S PA +70!", UINT64_MAX, INT32_MAX,
                       "GOAWAY \x1b[31m\xe2\x80\xae<script>\n\r\x9b"
                       "0123456789012345678901234567890123");
    event.connection.n_because = EVENT_REASONS_MAX;
    for (unsigned i = 0; i < EVENT_REASONS_MAX; i++) {
        event.connection.because[i].code = "debug-text";
        memset(event.connection.because[i].value, 0x1b, sizeof(event.connection.because[i].value));
        event.connection.because[i].value[55] = '\0';
        event.connection.because[i].frame[0] = event.connection.because[i].frame[1] =
            UINT64_MAX - 1;
    }
    feed(f, &event);
    f->final.total.n_pkts = UINT64_MAX;
    expect_golden(f, "hostile");
}

static void thousands_of_endpoints_are_bounded_and_counted(void **state)
{
    struct fixture *f = begin();

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.%u.%u.7:%u", i / 250, i % 250, 1000 + i);
        add_refused(f, server, (int64_t)i * 10000);
    }
    f->final.total.n_pkts = 10000;
    expect_golden(f, "thousands");
}

static void a_scan_is_one_incident_of_its_client(void **state)
{
    struct fixture *f = begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 6000; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.20.0.21:%u", 1 + i);
        add_refused(f, server, (int64_t)i * 500);
    }
    eventscript_failure(&event, "10.20.0.10:1", "10.20.0.21:1", VERDICT_REFUSED_CLOSED_PORT, 0);
    eventscript_incident(&event, 1, INCIDENT_OPEN, &event, 3 * US_PER_S);
    event.incident.scope = SCOPE_CLIENT;
    event.incident.client = eventscript_endpoint("10.20.0.10:1").addr;
    event.incident.server = (struct endpoint){0};
    event.incident.n_failures = event.incident.n_attempts = 6000;
    feed(f, &event);
    f->final.total.n_pkts = 12000;
    expect_golden(f, "scan");
}

static void a_network_gone_dark_is_one_incident(void **state)
{
    struct fixture *f = begin();
    struct verdict_event event;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.30.7.%u:443", 1 + i % 12);
        eventscript_failure(&event, "10.20.0.10:40000", server, VERDICT_CONNECT_TIMEOUT,
                            (int64_t)i * 400000);
        eventscript_packet(&event, "C S", f->next_frame++, 0, "");
        feed(f, &event);
    }
    /* A member that was told of before the network was, and a stranger of another family. */
    eventscript_incident(&event, 1, INCIDENT_CLOSE, &event, 5 * US_PER_S);
    event.incident.server = eventscript_endpoint("10.30.7.1:443");
    event.incident.family = FAMILY_TIMEOUT;
    event.incident.close_reason = CLOSE_EVICTED;
    feed(f, &event);
    event.incident.number = 2;
    event.incident.phase = INCIDENT_OPEN;
    event.incident.scope = SCOPE_NETWORK;
    event.incident.server = (struct endpoint){.addr = eventscript_endpoint("10.30.7.0:1").addr};
    event.incident.n_attempts = 60;
    event.incident.close_reason = CLOSE_NONE;
    feed(f, &event);
    add_refused(f, "10.30.7.3:22", 9 * US_PER_S);
    f->final.total.n_pkts = 62;
    expect_golden(f, "network");
}

/* Three days, many clients, two kinds of answer, an incident that came back. */
static void days_and_clients_and_kinds_are_told_apart(void **state)
{
    static const int64_t hour_us = INT64_C(3600) * US_PER_S;
    struct fixture *f = begin();
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
        feed(f, &event);
    }
    for (uint32_t number = 1; number <= 2; number++) {
        struct verdict_event incident;

        eventscript_incident(&incident, number, INCIDENT_CLOSE, &event, 64 * US_PER_S);
        incident.incident.close_reason = CLOSE_RECOVERED;
        feed(f, &incident);
    }
    add_attempts(f, &event, 5000);
    f->final.total.n_attempts = f->final.total.n_flows = 5000;
    f->final.total.n_ok = 4860;
    f->final.total.n_pkts = 45000;
    f->stop.last_packet_ns = EVENTSCRIPT_START_NS + 72 * hour_us * NS_PER_US;
    expect_golden(f, "days");
}

static void the_sink_writes_a_file_and_tells_when_it_cannot(void **state)
{
    struct fixture *f = begin();
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
        cmocka_unit_test(hostile_names_and_notes_are_made_visible),
        cmocka_unit_test(thousands_of_endpoints_are_bounded_and_counted),
        cmocka_unit_test(a_scan_is_one_incident_of_its_client),
        cmocka_unit_test(a_network_gone_dark_is_one_incident),
        cmocka_unit_test(days_and_clients_and_kinds_are_told_apart),
        cmocka_unit_test(the_sink_writes_a_file_and_tells_when_it_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
