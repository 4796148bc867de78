/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_run.h. */
#include "report_run.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "golden.h"
#include "sink/report_text.h"

struct report_run *run_begin(void)
{
    struct report_run *run = calloc(1, sizeof(*run));

    assert_non_null(run);
    report_model_init(&run->model);
    run->run.version = "0.1.0";
    run->run.filter = "";
    run->run.n_sources = 1;
    run->run.source[0] = (struct sink_source){
        .kind = "file",
        .name = "test.pcap",
        .input = "test.pcap",
        .snaplen_bytes = 262144,
        .tstamp_precision = "us",
    };
    run->stop.final = &run->final;
    run->stop.first_packet_ns = EVENTSCRIPT_START_NS;
    run->stop.last_packet_ns = EVENTSCRIPT_START_NS + 68 * NS_PER_S;
    run->next_frame = 1;
    return run;
}

void run_feed(struct report_run *run, const struct verdict_event *event)
{
    report_model_add(&run->model, event);
    if (event->kind != EVENT_CONNECTION)
        return;
    run->final.total.n_failed += event->connection.count;
    run->final.total.n_attempts += event->connection.count;
    run->final.total.n_flows += event->connection.count;
}

void run_add_ok(struct report_run *run, const char *server, uint64_t n)
{
    struct snapshot_endpoint *row = &run->final.endpoint[run->final.n_endpoint_rows++];

    row->server = eventscript_endpoint(server);
    row->family = FAMILY_NONE;
    row->n_attempts = n;
    run->final.total.n_attempts += n;
    run->final.total.n_ok += n;
    run->final.total.n_flows += n;
}

void run_add_attempts(struct report_run *run, const struct verdict_event *failure,
                      uint64_t n_attempts)
{
    struct snapshot_endpoint *row = &run->final.endpoint[run->final.n_endpoint_rows++];

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

char *run_finish(struct report_run *run)
{
    char *bytes;
    size_t n_bytes;
    FILE *out = open_memstream(&bytes, &n_bytes);

    report_model_finish(&run->model, &run->final);
    report_text_write(out, &run->model, &run->run, &run->stop);
    fclose(out);
    report_model_clear(&run->model);
    free(run);
    expect_only_plain_lines(bytes);
    return bytes;
}

void run_expect(struct report_run *run, const char *name)
{
    char path[512];
    char *bytes = run_finish(run);

    snprintf(path, sizeof(path), "%s/%s.txt", GOLDEN_DIR, name);
    golden_compare(path, bytes, strlen(bytes));
    free(bytes);
}

void run_add_refused(struct report_run *run, const char *server, int64_t start_us)
{
    struct verdict_event event;
    char client[32];

    snprintf(client, sizeof(client), "10.20.0.10:%u", 40000 + (unsigned)run->next_frame);
    eventscript_failure(&event, client, server, VERDICT_REFUSED_CLOSED_PORT, start_us);
    eventscript_packet(&event, "C S", run->next_frame, 0, "");
    eventscript_packet(&event, "S RA!", run->next_frame + 1, 14, "acknowledges the SYN");
    run->next_frame += 2;
    run_feed(run, &event);
}
