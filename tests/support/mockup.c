/* SPDX-License-Identifier: BSD-2-Clause */
/* See mockup.h. */
#include "mockup.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "base/text.h"
#include "sample.h"

struct family_row {
    enum family family;
    uint64_t n_total;
    uint32_t n_last_10s, n_open_incidents;
    const char *columns; /* a digit each two seconds, '.' for none; the newest last */
};

static const struct family_row family_rows[] = {
    {FAMILY_RST_FORGED, 5, 1, 1, "....................1.1111...."},
    {FAMILY_FIREWALL_REJECT, 60, 10, 1, "..........433433343343334334.."},
    {FAMILY_BACKLOG_OVERFLOW, 25, 10, 1, "..............1222222222222222"},
    {FAMILY_REFUSED, 29, 5, 1, "....1.1..1121121211212112121.1"},
    {FAMILY_TIMEOUT, 13, 8, 1, "...................22121221221"},
    {FAMILY_RESET, 14, 0, 1, "................223232........"},
    {FAMILY_TLS_REFUSED, 9, 2, 0, "....1..1..1..1..1..1..1..1..1."},
    {FAMILY_HTTP_REFUSED, 6, 5, 0, "........................12111."},
};

struct endpoint_row {
    const char *addr;
    uint16_t port;
    enum family family;
    enum verdict_id verdict;
    enum confidence confidence;
    uint32_t incident;
    uint64_t n_failures, n_attempts;
    uint32_t n_last_10s;
    int64_t since_ms; /* after the start */
};

static const struct endpoint_row endpoint_rows[] = {
    {"10.20.0.21", 7000, FAMILY_RST_FORGED, VERDICT_RST_INJECTED, CONFIDENCE_CERTAIN, 5, 5, 5, 1,
     35400},
    {"10.20.0.22", 6379, FAMILY_FIREWALL_REJECT, VERDICT_ICMP_ADMIN_PROHIBITED, CONFIDENCE_CERTAIN,
     1, 60, 60, 10, 12926},
    {"10.20.0.24", 8443, FAMILY_BACKLOG_OVERFLOW, VERDICT_ACCEPT_QUEUE_OVERFLOW, CONFIDENCE_LIKELY,
     4, 25, 32, 10, 28100},
    {"10.20.0.22", 5432, FAMILY_REFUSED, VERDICT_REFUSED_CLOSED_PORT, CONFIDENCE_LIKELY, 2, 18, 18,
     3, 12927},
    {"10.20.0.23", 443, FAMILY_TIMEOUT, VERDICT_CONNECT_TIMEOUT, CONFIDENCE_CERTAIN, 6, 13, 18, 8,
     37200},
    {"10.20.0.21", 9000, FAMILY_RESET, VERDICT_RESET_APP_ABORT, CONFIDENCE_LIKELY, 3, 14, 14, 0,
     26000},
    {"10.20.0.21", 8080, FAMILY_REFUSED, VERDICT_REFUSED_CLOSED_PORT, CONFIDENCE_CERTAIN, 0, 11, 11,
     2, 835},
    {"10.20.0.21", 443, FAMILY_TLS_REFUSED, VERDICT_TLS_NO_COMMON_PARAMS, CONFIDENCE_CERTAIN, 0, 9,
     9, 2, 900},
    {"10.20.0.21", 50051, FAMILY_HTTP_REFUSED, VERDICT_H2_GOAWAY, CONFIDENCE_CERTAIN, 0, 6, 6, 5,
     41200},
    {"10.20.0.21", 80, FAMILY_NONE, VERDICT_OK, CONFIDENCE_CERTAIN, 0, 0, 387, 0, 0},
};

struct latest_row {
    int64_t at_ms; /* after the start */
    enum family family;
    enum verdict_id verdict;
    uint16_t client_port;
    const char *server;
    uint16_t server_port;
    const char *why;
};

static const struct latest_row latest_rows[] = {
    {52471, FAMILY_BACKLOG_OVERFLOW, VERDICT_ACCEPT_QUEUE_OVERFLOW, 57247, "10.20.0.24", 8443,
     "5 SYN unanswered; port answered at 03:44:16.99"},
    {51863, FAMILY_TIMEOUT, VERDICT_CONNECT_TIMEOUT, 54575, "10.20.0.23", 443,
     "5 SYN unanswered, no packet at all from server"},
    {51475, FAMILY_REFUSED, VERDICT_REFUSED_CLOSED_PORT, 48887, "10.20.0.21", 8080,
     "RST,ACK 0.01 ms after SYN, TTL 64"},
    {51447, FAMILY_BACKLOG_OVERFLOW, VERDICT_ACCEPT_QUEUE_OVERFLOW, 34299, "10.20.0.24", 8443,
     "5 SYN unanswered; port answered at 03:44:16.99"},
    {50647, FAMILY_TIMEOUT, VERDICT_CONNECT_TIMEOUT, 56691, "10.20.0.23", 443,
     "5 SYN unanswered, no packet at all from server"},
    {50422, FAMILY_BACKLOG_OVERFLOW, VERDICT_ACCEPT_QUEUE_OVERFLOW, 36295, "10.20.0.24", 8443,
     "5 SYN unanswered; port answered at 03:44:16.99"},
    {49431, FAMILY_HTTP_REFUSED, VERDICT_H2_GOAWAY, 55651, "10.20.0.21", 50051,
     "GOAWAY 11 ENHANCE_YOUR_CALM \"too_many_pings\""},
    {49425, FAMILY_TLS_REFUSED, VERDICT_TLS_NO_COMMON_PARAMS, 35625, "10.20.0.21", 443,
     "alert 40 handshake_failure from server"},
    {49398, FAMILY_TIMEOUT, VERDICT_CONNECT_TIMEOUT, 49213, "10.20.0.23", 443,
     "5 SYN unanswered, no packet at all from server"},
    {48820, FAMILY_FIREWALL_REJECT, VERDICT_ICMP_ADMIN_PROHIBITED, 41253, "10.20.0.22", 6379,
     "ICMP 3/13 from 10.20.0.22, 0.01 ms after SYN"},
    {44510, FAMILY_RST_FORGED, VERDICT_RST_INJECTED, 40117, "10.20.0.21", 7000,
     "RST TTL 242, server 64; server went on sending"},
};

const struct run_info *mockup_run(void)
{
    static const struct run_info run = {
        .version = "0.1.0",
        .is_live = true,
        .filter = "",
        .n_sources = 1,
        .source = {{.kind = "interface", .name = "lo", .link_type = "EN10MB"}},
    };

    return &run;
}

static void fill_family(struct snapshot *snapshot, const struct family_row *row)
{
    struct snapshot_family *family = &snapshot->family[row->family];

    *family = (struct snapshot_family){.n_total = row->n_total,
                                       .n_last_10s = row->n_last_10s,
                                       .n_open_incidents = row->n_open_incidents};
    for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
        family->column[i] = row->columns[i] == '.' ? 0 : (uint32_t)(row->columns[i] - '0');
    snapshot->total.n_failed_by_family[row->family] = row->n_total;
}

static void fill_endpoint(struct snapshot_endpoint *endpoint, const struct endpoint_row *row)
{
    *endpoint = (struct snapshot_endpoint){
        .server = sample_endpoint(row->addr, row->port),
        .family = row->family,
        .verdict = row->verdict,
        .confidence = row->confidence,
        .incident = row->incident,
        .n_failures = row->n_failures,
        .n_attempts = row->n_attempts,
        .n_last_10s = row->n_last_10s,
        .n_clients = 1,
        .since_ns = row->n_failures > 0 ? MOCKUP_START_NS + row->since_ms * NS_PER_MS : NS_NEVER,
        .last_ns = row->n_failures > 0 ? MOCKUP_START_NS + 52 * NS_PER_S : NS_NEVER,
    };
}

static void fill_latest(struct snapshot_latest *latest, const struct latest_row *row)
{
    struct text why;

    *latest = (struct snapshot_latest){
        .ts_ns = MOCKUP_START_NS + row->at_ms * NS_PER_MS,
        .family = row->family,
        .verdict = row->verdict,
        .confidence = CONFIDENCE_LIKELY,
        .client = sample_endpoint("10.20.0.10", row->client_port),
        .server = sample_endpoint(row->server, row->server_port),
        .flow_id = (uint64_t)row->at_ms,
    };
    why = TEXT_OF(latest->why);
    text_add(&why, row->why);
}

/* Where a family fails at one endpoint only, its columns are the endpoint's. */
static void fill_columns(const struct snapshot *snapshot, struct snapshot_endpoint *endpoint)
{
    const struct snapshot_family *family = &snapshot->family[endpoint->family];

    if (endpoint->family == FAMILY_NONE || family->n_total != endpoint->n_failures)
        return;
    for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
        endpoint->failed[i] = (uint16_t)family->column[i];
        endpoint->attempts[i] = (uint16_t)(endpoint->failed[i] + (i % 6 == 5));
    }
}

void mockup_snapshot(struct snapshot *snapshot)
{
    /* All of it, padding as well: the model compares snapshots as bytes. */
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->now_ns = MOCKUP_START_NS + 52 * NS_PER_S + 600 * NS_PER_MS;
    snapshot->start_ns = MOCKUP_START_NS;
    snapshot->total.n_pkts = 4639;
    snapshot->total.n_attempts = 576;
    snapshot->total.n_ok = 387;
    snapshot->total.n_failed = 161;
    snapshot->total.n_incidents_opened = 6;
    snapshot->n_attempts_10s = 115;
    snapshot->n_ok_10s = 74;
    snapshot->n_failed_10s = 41;
    snapshot->n_pkts_10s = 951;
    snapshot->wire_bytes_10s = 72500;
    snapshot->window_10s_ns = 10 * NS_PER_S;
    snapshot->n_flows_open = 28;
    snapshot->n_flows_max = 1048576;
    snapshot->n_incidents_open = 6;
    snapshot->handshake_p50_ns = 20 * NS_PER_US;
    snapshot->handshake_p99_ns = 43 * NS_PER_US;
    snapshot->is_trusted = true;
    for (size_t i = 0; i < ARRAY_LEN(family_rows); i++)
        fill_family(snapshot, &family_rows[i]);
    snapshot->n_endpoints = ARRAY_LEN(endpoint_rows);
    snapshot->n_endpoint_rows = ARRAY_LEN(endpoint_rows);
    for (size_t i = 0; i < ARRAY_LEN(endpoint_rows); i++)
        fill_endpoint(&snapshot->endpoint[i], &endpoint_rows[i]);
    for (size_t i = 0; i < ARRAY_LEN(endpoint_rows); i++)
        fill_columns(snapshot, &snapshot->endpoint[i]);
    snapshot->n_latest = ARRAY_LEN(latest_rows);
    for (size_t i = 0; i < ARRAY_LEN(latest_rows); i++)
        fill_latest(&snapshot->latest[i], &latest_rows[i]);
}
