/* SPDX-License-Identifier: BSD-2-Clause */
/* What strangers and large networks can do to a report. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "report_run.h"

static void hostile_names_and_notes_are_made_visible(void **state)
{
    struct report_run *f = run_begin();
    struct verdict_event event;

    (void)state;
    f->run.source[0].input =
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
    run_feed(f, &event);
    f->final.total.n_pkts = UINT64_MAX;
    run_expect(f, "hostile");
}

static void thousands_of_endpoints_are_bounded_and_counted(void **state)
{
    struct report_run *f = run_begin();

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        char server[32];

        snprintf(server, sizeof(server), "10.%u.%u.7:%u", i / 250, i % 250, 1000 + i);
        run_add_refused(f, server, (int64_t)i * 10000);
    }
    f->final.total.n_pkts = 10000;
    run_expect(f, "thousands");
}

/* Any number that the type can hold; small and extreme ones often. Fixed sequence. */
static uint64_t any_number(uint64_t *seed)
{
    static const uint64_t edges[] = {0, 1, 2, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, 1000};

    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    if (*seed >> 62)
        return edges[(*seed >> 33) % ARRAY_LEN(edges)];
    return *seed >> (*seed >> 8) % 48;
}

/* Any time that the capture lets through: 0 to the year 2106 (capture/frame.h). */
static int64_t any_time(uint64_t *seed)
{
    return (int64_t)(any_number(seed) >> 2);
}

static void fill_any_failure(struct verdict_event *event, uint64_t *seed)
{
    struct connection_event *connection = &event->connection;

    eventscript_failure(event, "10.0.0.1:1", "10.0.0.2:2",
                        (enum verdict_id)((*seed >> 40) % VERDICT_OK), 0);
    event->ts_ns = any_time(seed);
    connection->client.addr.bytes[15] = (uint8_t)any_number(seed);
    connection->server.addr.bytes[0] = (uint8_t)(any_number(seed) % 3);
    connection->server.port = (uint16_t)(any_number(seed) % 5);
    connection->confidence = (enum confidence)(1 + any_number(seed) % 3);
    connection->stage = (enum stage)(any_number(seed) % STAGE_COUNT);
    connection->ended_by = (enum ended_by)(any_number(seed) % ENDED_BY_COUNT);
    connection->count = 1 + any_number(seed) % 1000000;
    connection->facts.first_ns = any_time(seed);
    connection->facts.last_ns[SIDE_CLIENT] = any_time(seed);
    connection->facts.last_ns[SIDE_SERVER] = any_time(seed);
    connection->facts.first_frame = any_number(seed);
    connection->facts.payload_bytes[SIDE_SERVER] = any_number(seed) >> 1;
    connection->evidence_total = (uint32_t)any_number(seed);
    connection->n_evidence = (uint8_t)(any_number(seed) % (EVENT_EVIDENCE_MAX + 1));
    for (unsigned i = 0; i < connection->n_evidence; i++) {
        struct evidence *evidence = &connection->evidence[i];

        evidence->kind = (uint8_t)(any_number(seed) % EVIDENCE_KIND_COUNT);
        evidence->is_odd = any_number(seed) % 2;
        evidence->has_rel_seq = any_number(seed) % 2;
        evidence->rel_seq = (uint32_t)any_number(seed);
        evidence->mark.frame = any_number(seed);
        evidence->mark.ts_ns = any_time(seed);
        evidence->mark.flags = (uint16_t)any_number(seed);
        evidence->mark.side = (uint8_t)(any_number(seed) % SIDE_COUNT);
        for (unsigned k = 0; k < any_number(seed) % sizeof(evidence->note); k++)
            evidence->note[k] = (char)any_number(seed);
        evidence->note[sizeof(evidence->note) - 1] = '\0';
    }
}

static void any_events_make_plain_lines(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 30; round++) {
        struct report_run *f = run_begin();
        struct verdict_event event;

        for (int i = 0; i < 40 * round; i++) {
            fill_any_failure(&event, &seed);
            run_feed(f, &event);
            if (i % 7)
                continue;
            eventscript_incident(&event, (uint32_t)i + 1, INCIDENT_OPEN, &event, i);
            event.incident.scope = (enum incident_scope)(any_number(&seed) % INCIDENT_SCOPE_COUNT);
            event.incident.first_ns = any_time(&seed);
            event.incident.last_ns = any_time(&seed);
            event.incident.n_failures = any_number(&seed) >> 2;
            run_feed(f, &event);
        }
        f->stop.first_packet_ns = any_time(&seed);
        f->stop.last_packet_ns = any_time(&seed);
        f->final.total.n_pkts = any_number(&seed);
        f->run.is_ascii = round % 2;
        free(run_finish(f));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_names_and_notes_are_made_visible),
        cmocka_unit_test(thousands_of_endpoints_are_bounded_and_counted),
        cmocka_unit_test(any_events_make_plain_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
