/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Totals, rates, the endpoints that matter most and the latest failures: the judge's part of the
 * snapshot.
 *
 * Healthy endpoints and those that ever failed are kept apart, in tables of fixed size: in each,
 * the one that was idle for longest makes room, but never one with an open incident. The targets of
 * a scan that is an incident of its own get no row. Totals never forget.
 *
 * All functions: judge thread.
 */
#ifndef VERDICT_TALLY_H
#define VERDICT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "verdict/event.h"
#include "verdict/snapshot.h"

struct tally;

struct tally_config {
    uint32_t n_healthy;      /* endpoints without a failure */
    uint32_t n_failing;      /* the others, and their rows: endpoint and family pairs */
    uint32_t n_client_marks; /* distinct clients of all rows together */
    bool keeps_latest;       /* words for the latest failures: only a screen shows them */
    struct hash_key hash_key;
};

/* 4,096 healthy endpoints, 2,048 failing ones: 3 MiB. The hash key is the caller's. */
struct tally_config tally_config_default(void);

size_t tally_cost_bytes(const struct tally_config *config);

/* NULL where the arena is too small. Lives as long as the arena. */
struct tally *tally_create(struct arena *arena, const struct tally_config *config);

/* Once for each connection, before its success or failure: at its SYN; where that was not seen,
 * when it is judged. */
void tally_attempt(struct tally *tally, const struct endpoint *server, int64_t ts_ns);

/* At most one of these for each connection. handshake_ns: SYN to the client's ACK, negative where
 * it was not seen. The event has is_failure and its incident set. */
void tally_ok(struct tally *tally, const struct endpoint *server, int64_t ts_ns,
              int64_t handshake_ns);
void tally_failed(struct tally *tally, const struct connection_event *event, int64_t ts_ns);

/* Once for each flow when it is judged for good: how well it was seen, and what it was called. */
void tally_flow(struct tally *tally, const struct flow_facts *facts, enum verdict_id verdict,
                bool is_one_sided);

/* Every incident line, so that rows and families know what is open. */
void tally_incident(struct tally *tally, const struct incident_event *event);

/*
 * Fills in: now_ns, start_ns; of the totals n_attempts, n_ok, n_failed, n_failed_by_family and
 * those from n_flows on; the 10 s figures of attempts and window_10s_ns; n_endpoints,
 * n_incidents_open; handshake quantiles; families, endpoint rows, latest. All else is left as it
 * is.
 *
 * start_ns: the first packet, NS_NEVER before it; now_ns: capture clock, not before start_ns.
 * Rows: open incidents first, of them forged ones first, then by failures, healthy endpoints by
 * attempts, equal ones by address, port and family.
 */
void tally_snapshot(const struct tally *tally, int64_t start_ns, int64_t now_ns,
                    struct snapshot *out);

#endif
