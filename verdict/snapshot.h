/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the run as plain data without pointers: what the dashboard paints and what the
 * stats, stop and metrics outputs count. Written by the judge (and, for the capture part, by
 * main), published through base/latest.
 */
#ifndef VERDICT_SNAPSHOT_H
#define VERDICT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/event.h"
#include "verdict/totals.h"
#include "verdict/verdict.h"

#define SNAPSHOT_COLUMNS 30 /* of a sparkline */
#define SNAPSHOT_COLUMN_NS (2 * INT64_C(1000000000))
#define SNAPSHOT_ENDPOINTS_MAX 128
#define SNAPSHOT_LATEST_MAX 64

/* Upper bounds of the handshake histogram; one bucket more is for what lasts longer. A lost SYN
 * costs a second, so does the next. */
#define SNAPSHOT_HANDSHAKE_BOUNDS 11
extern const int64_t snapshot_handshake_bound_ns[SNAPSHOT_HANDSHAKE_BOUNDS];

/* SYN to the client's ACK, since the start. */
struct snapshot_handshakes {
    uint64_t n_in_bucket[SNAPSHOT_HANDSHAKE_BOUNDS + 1];
    uint64_t sum_ns;
};

/* One family's row of "Why". */
struct snapshot_family {
    uint64_t n_total;
    uint32_t n_last_10s;
    uint32_t n_open_incidents;
    uint64_t n_incidents;              /* opened ever, reopenings included */
    uint32_t column[SNAPSHOT_COLUMNS]; /* failures in 2 s each, oldest first */
};

/* One endpoint and family: a row of "Where". */
struct snapshot_endpoint {
    struct endpoint server;
    enum family family;      /* FAMILY_NONE: healthy */
    enum verdict_id verdict; /* the most frequent one */
    enum confidence confidence;
    uint32_t incident; /* open one, 0 = none */
    bool had_incident; /* open or not */
    uint64_t n_failures, n_attempts;
    uint32_t n_last_10s;
    uint32_t n_clients;        /* exact to 64 */
    int64_t since_ns, last_ns; /* conclusion times of the first and last failure */
    /* In 2 s each, oldest first, as the families'; attempts since the first failure; saturate. */
    uint16_t attempts[SNAPSHOT_COLUMNS], failed[SNAPSHOT_COLUMNS];
};

/* One judged failure: a row of "Latest". */
struct snapshot_latest {
    int64_t ts_ns;
    enum family family;
    enum verdict_id verdict;
    enum confidence confidence;
    struct endpoint client, server;
    uint64_t flow_id;
    bool is_judged_with_loss;
    char why[56]; /* "RST 0.01 ms after SYN" */
};

#define SNAPSHOT_SOURCES_MAX 16

/* How the capture and the process are; all of it filled in by main. */
struct snapshot_health {
    uint32_t n_sources; /* the first of the run_info's */
    struct {
        uint64_t n_pkts, n_kernel_dropped;
        bool is_away; /* down or gone: it is waited for */
    } source[SNAPSHOT_SOURCES_MAX];
    uint64_t frames_queued_bytes, frame_rings_bytes; /* of all workers together */
    uint64_t events_queued_bytes, event_ring_bytes;
    uint64_t tables_bytes, rss_bytes;
    int64_t cpu_ns; /* of the process; 0 in replay */
};

struct snapshot {
    int64_t now_ns;   /* capture clock; NS_NEVER before the first packet */
    int64_t start_ns; /* of the first packet */
    struct run_totals total;
    uint32_t n_attempts_10s, n_ok_10s, n_failed_10s; /* in the last 10 s */
    uint64_t n_pkts_10s, wire_bytes_10s; /* filled in by main from the capture counters */
    int64_t window_10s_ns;               /* how much of the 10 s has really passed */
    uint32_t n_flows_open, n_flows_max;
    uint32_t n_endpoints, n_incidents_open;
    int64_t handshake_p50_ns, handshake_p99_ns; /* 0 = none yet */
    struct snapshot_handshakes handshakes;
    struct snapshot_health health;
    bool is_trusted; /* no loss in the last 10 s: verdicts that rest on silence hold */
    struct snapshot_family family[FAMILY_COUNT];
    uint32_t n_endpoint_rows;
    struct snapshot_endpoint
        endpoint[SNAPSHOT_ENDPOINTS_MAX]; /* incidents first, then by failures */
    uint32_t n_latest;
    struct snapshot_latest latest[SNAPSHOT_LATEST_MAX]; /* newest first */
};

#endif
