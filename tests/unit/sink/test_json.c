/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "golden.h"
#include "sample.h"
#include "sink/sink.h"

#define LINE_BYTES_MAX 8192
#define FILE_BYTES_MAX (16 * LINE_BYTES_MAX)

/* A JSON sink that writes to a file of its own. */
struct fixture {
    struct sink sink;
    struct run_info run;
    char path[32];
    char written[FILE_BYTES_MAX];
};

static struct snapshot snapshot; /* too large for the stack */

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct err err = {0};
    int fd;

    if (fixture == NULL)
        return -1;
    strcpy(fixture->path, "/tmp/tcpwhy-json-XXXXXX");
    fd = mkstemp(fixture->path);
    if (fd < 0)
        return -1;
    close(fd);
    sample_run(&fixture->run);
    *state = fixture;
    return sink_open(&fixture->sink, &sink_json, &fixture->run, fixture->path, &err);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    sink_close(&fixture->sink);
    unlink(fixture->path);
    free(fixture);
    return 0;
}

static void read_file(const char *path, char *buffer)
{
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(buffer, 1, FILE_BYTES_MAX - 1, file);
    buffer[n] = '\0';
    fclose(file);
}

/* The only line written so far; the caller's to release. */
static json_t *only_line(struct fixture *fixture)
{
    json_error_t error;
    json_t *line;

    assert_int_equal(sink_flush(&fixture->sink, 0), 0);
    read_file(fixture->path, fixture->written);
    line = json_loads(fixture->written, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(line);
    return line;
}

static void stop(struct sink *sink)
{
    struct stop_info info = {
        .reason = STOP_SIGNAL,
        .signal_name = "SIGTERM",
        .uptime_ns = INT64_C(130025390689),
        .ts_ns = SAMPLE_EPOCH_NS + INT64_C(130827384902),
        .first_packet_ns = SAMPLE_EPOCH_NS + INT64_C(1827384000),
        .last_packet_ns = SAMPLE_EPOCH_NS + INT64_C(69971024000),
        .final = &snapshot,
    };

    sink_stop(sink, &info);
}

/* Half of the packets, nothing failed yet. */
static const struct run_totals before = {.n_pkts = 2000, .wire_bytes = 200000, .n_attempts = 1};

static void stats(struct sink *sink)
{
    struct stats_info info = {
        .ts_ns = SAMPLE_EPOCH_NS + INT64_C(60801994213),
        .interval_ns = INT64_C(10000012877),
        .uptime_ns = INT64_C(60000023338),
        .cpu_ns = 410000000,
        .rss_bytes = 9437184,
        .n_events_queued = 2,
        .now = &snapshot,
        .before = &before,
    };

    snapshot.is_trusted = true;
    snapshot.n_flows_open = 28;
    snapshot.n_endpoints = 9;
    snapshot.n_incidents_open = 1;
    sink_stats(sink, &info);
}

/* Also checked against the schema, and its lines against each other: tests/json/check_schema.py. */
static void every_kind_of_line_is_as_in_the_golden_file(void **state)
{
    struct fixture *fixture = *state;
    struct verdict_event event;

    fixture->run.report_all = true;
    sample_totals(&snapshot.total);
    sink_start(&fixture->sink);
    sample_rejected(&event);
    sink_event(&fixture->sink, &event);
    sample_incident(&event, INCIDENT_OPEN);
    sink_event(&fixture->sink, &event);
    sample_forged(&event);
    sink_event(&fixture->sink, &event);
    for (unsigned i = 0; i < 3; i++) {
        sample_timeout(&event);
        event.connection.count = 1;
        event.connection.flow_id += i;
        sink_event(&fixture->sink, &event);
    }
    sample_ok(&event);
    sink_event(&fixture->sink, &event);
    sample_incident(&event, INCIDENT_UPDATE);
    sink_event(&fixture->sink, &event);
    stats(&fixture->sink);
    sample_incident(&event, INCIDENT_CLOSE);
    sink_event(&fixture->sink, &event);
    stop(&fixture->sink);
    assert_int_equal(sink_flush(&fixture->sink, 0), 0);
    read_file(fixture->path, fixture->written);
    golden_compare(GOLDEN_FILE, fixture->written, strlen(fixture->written));
    assert_int_equal(fixture->sink.n_write_errors, 0);
}

static void a_replay_depends_on_nothing_but_its_input(void **state)
{
    struct fixture *fixture = *state;
    json_t *line, *start;

    fixture->run.is_live = false;
    fixture->run.pid = 0;
    fixture->run.host = fixture->run.boot_id = fixture->run.kernel = NULL;
    sink_start(&fixture->sink);
    line = only_line(fixture);
    start = json_object_get(line, "start");
    assert_string_equal(json_string_value(json_object_get(line, "ts")),
                        "1970-01-01T00:00:00.000000000Z");
    assert_string_equal(json_string_value(json_object_get(start, "mode")), "replay");
    assert_int_equal(json_integer_value(json_object_get(start, "pid")), 0);
    assert_true(json_is_null(json_object_get(start, "host")));
    assert_true(json_is_null(json_object_get(start, "privileges")));
    assert_null(json_object_get(start, "wall_ts"));
    json_decref(line);
}

static void a_replay_starts_at_its_first_packet(void **state)
{
    struct fixture *fixture = *state;
    json_t *line;

    fixture->run.is_live = false;
    fixture->run.first_packet_ns = SAMPLE_EPOCH_NS + 5;
    sink_start(&fixture->sink);
    line = only_line(fixture);
    assert_string_equal(json_string_value(json_object_get(line, "ts")),
                        "2026-11-21T03:43:55.000000005Z");
    json_decref(line);
}

/* As many as can be, each as long as can be. */
static void fill_to_the_brim(struct connection_event *connection)
{
    connection->n_evidence = EVENT_EVIDENCE_MAX;
    connection->n_because = connection->n_against = EVENT_REASONS_MAX;
    connection->n_alternatives = EVENT_ALTERNATIVES_MAX;
    connection->evidence_total = 1000;
    for (unsigned i = 0; i < EVENT_EVIDENCE_MAX; i++) {
        connection->evidence[i] = connection->evidence[1];
        connection->evidence[i].mark.frame = UINT64_MAX;
        memset(connection->evidence[i].note, 'n', sizeof(connection->evidence[i].note) - 1);
    }
    for (unsigned i = 0; i < EVENT_REASONS_MAX; i++) {
        struct reason reason = {.code = "a-code-as-long-as-codes-are-in-the-table",
                                .frame = {UINT64_MAX, UINT64_MAX}};

        memset(reason.value, '\x01', sizeof(reason.value) - 1); /* six bytes each in JSON */
        connection->because[i] = connection->against[i] = reason;
    }
}

static void a_line_too_long_sheds_evidence_and_says_how_much_there_was(void **state)
{
    struct fixture *fixture = *state;
    struct verdict_event event;
    char sensor[256];
    json_t *line;

    memset(sensor, '\x01', sizeof(sensor) - 1);
    sensor[sizeof(sensor) - 1] = '\0';
    fixture->run.sensor = sensor;
    sample_forged(&event);
    fill_to_the_brim(&event.connection);
    sink_event(&fixture->sink, &event);
    line = only_line(fixture);
    assert_true(strlen(fixture->written) <= LINE_BYTES_MAX);
    assert_true(strlen(fixture->written) > LINE_BYTES_MAX - 500);
    assert_int_equal(json_integer_value(json_object_get(line, "evidence_total")), 1000);
    assert_in_range(json_array_size(json_object_get(line, "evidence")), 1, 7);
    assert_int_equal(fixture->sink.n_write_errors, 0);
    json_decref(line);
}

static void a_start_line_too_long_sheds_tags(void **state)
{
    struct fixture *fixture = *state;
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                       "i", "j", "k", "l", "m", "n", "o", "p"};
    char value[257];
    json_t *line, *tags;

    _Static_assert(ARRAY_LEN(keys) == SINK_TAGS_MAX, "all tags there can be");
    memset(value, '\x01', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    fixture->run.n_tags = SINK_TAGS_MAX;
    for (unsigned i = 0; i < SINK_TAGS_MAX; i++) {
        fixture->run.tag[i].key = keys[i];
        fixture->run.tag[i].value = value;
    }
    sink_start(&fixture->sink);
    line = only_line(fixture);
    tags = json_object_get(json_object_get(line, "start"), "tags");
    assert_true(strlen(fixture->written) <= LINE_BYTES_MAX);
    assert_in_range(json_object_size(tags), 1, SINK_TAGS_MAX - 1);
    assert_non_null(json_object_get(tags, "a"));
    json_decref(line);
}

static void strings_of_strangers_become_valid_utf8(void **state)
{
    struct fixture *fixture = *state;
    json_t *line;

    fixture->run.sensor = "a\xff\x1b[2Jz";
    sink_start(&fixture->sink);
    line = only_line(fixture);
    assert_string_equal(json_string_value(json_object_get(line, "sensor")),
                        "a\xef\xbf\xbd\x1b[2Jz");
    assert_null(strchr(fixture->written, '\x1b'));
    json_decref(line);
}

static const char *string_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void an_incident_names_what_it_is_about(void **state)
{
    static const struct {
        enum incident_scope scope;
        const char *addr, *client, *network, *message;
    } cases[] = {
        {SCOPE_ENDPOINT, "10.20.0.22", NULL, NULL, "10.20.0.22:6379"},
        {SCOPE_CLIENT, "10.20.0.22", "10.20.0.10", NULL, "client 10.20.0.10 at many endpoints"},
        {SCOPE_NETWORK, "10.20.0.0", NULL, "10.20.0.0/24", "network 10.20.0.0/24"},
        {SCOPE_NETWORK, "fd00:0:0:7::", NULL, "fd00:0:0:7::/64", "network fd00:0:0:7::/64"},
        {SCOPE_OVERFLOW, "10.20.0.22", NULL, NULL, "endpoints beyond the table"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verdict_event event;
        json_t *line, *incident;

        sample_incident(&event, INCIDENT_OPEN);
        event.incident.scope = cases[i].scope;
        event.incident.server.addr = sample_addr(cases[i].addr);
        event.incident.client = sample_addr("10.20.0.10");
        assert_int_equal(truncate(fixture->path, 0), 0);
        sink_event(&fixture->sink, &event);
        line = only_line(fixture);
        incident = json_object_get(line, "incident");
        assert_int_equal(json_is_object(json_object_get(incident, "server")),
                         cases[i].scope == SCOPE_ENDPOINT);
        if (cases[i].client != NULL)
            assert_string_equal(string_at(incident, "client"), cases[i].client);
        else
            assert_true(json_is_null(json_object_get(incident, "client")));
        if (cases[i].network != NULL)
            assert_string_equal(string_at(incident, "network"), cases[i].network);
        else
            assert_true(json_is_null(json_object_get(incident, "network")));
        assert_non_null(strstr(string_at(line, "msg"), cases[i].message));
        json_decref(line);
    }
}

static void alerts_and_goaways_have_objects(void **state)
{
    struct fixture *fixture = *state;
    struct verdict_event event;
    json_t *line, *tls, *http2;

    sample_forged(&event);
    event.connection.said.kind = READER_TLS;
    event.connection.said.tls.side[TLS_CLIENT].alert.frame = 9;
    event.connection.said.tls.side[TLS_CLIENT].alert_code = 48;
    event.connection.said.tls.version = TLS_VERSION_1_2;
    strcpy(event.connection.said.tls.server_name, "server.test");
    memcpy(event.connection.said.tls.alpn, "\2h2\10http/1.1", 12);
    event.connection.said.tls.n_alpn_bytes = 12;
    event.connection.speech[SIDE_SERVER].goaway_frame = 8;
    event.connection.speech[SIDE_SERVER].goaway_code = 11;
    event.connection.speech[SIDE_SERVER].goaway_last_stream = 7;
    sink_event(&fixture->sink, &event);
    line = only_line(fixture);
    tls = json_object_get(line, "tls");
    assert_int_equal(json_integer_value(json_object_get(tls, "alert_code")), 48);
    assert_string_equal(json_string_value(json_object_get(tls, "version")), "1.2");
    assert_string_equal(json_string_value(json_object_get(tls, "server_name")), "server.test");
    assert_int_equal(json_array_size(json_object_get(tls, "alpn")), 2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(tls, "alpn"), 1)),
                        "http/1.1");
    assert_string_equal(string_at(tls, "alert_name"), "unknown_ca");
    assert_string_equal(string_at(tls, "alert_by"), "client");
    http2 = json_object_get(line, "http2");
    assert_string_equal(string_at(http2, "frame"), "goaway");
    assert_string_equal(string_at(http2, "error_name"), "ENHANCE_YOUR_CALM");
    assert_int_equal(json_integer_value(json_object_get(http2, "last_stream")), 7);
    json_decref(line);
}

static void counters_beyond_json_stay_at_its_end(void **state)
{
    struct fixture *fixture = *state;
    json_t *line, *total;

    snapshot.total = (struct run_totals){.n_pkts = UINT64_MAX, .n_iface_dropped = 5};
    stop(&fixture->sink);
    line = only_line(fixture);
    total = json_object_get(json_object_get(line, "stop"), "total");
    assert_true(json_integer_value(json_object_get(total, "packets")) == INT64_MAX);
    assert_true(json_is_null(json_object_get(total, "packets_iface_dropped")));
    json_decref(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_of_line_is_as_in_the_golden_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_replay_depends_on_nothing_but_its_input, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_replay_starts_at_its_first_packet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_too_long_sheds_evidence_and_says_how_much_there_was,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_line_too_long_sheds_tags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strings_of_strangers_become_valid_utf8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_incident_names_what_it_is_about, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alerts_and_goaways_have_objects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counters_beyond_json_stay_at_its_end, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
