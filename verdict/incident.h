/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failures of one kind at one endpoint become one incident: opened, updated, closed (INTERFACE.md
 * 3.6).
 *
 * A failure goes to the first of these that is there: the live incident of its endpoint and
 * family; that of its network and family; that of its client; what is pending at its endpoint,
 * where the rules may make an incident of it. Many endpoints of one client, or ten incidents of one
 * family in a network, fold into one incident of scope client or network: the members that were
 * told of close with reason evicted and name the bigger one as related, and it counts on.
 *
 * An attempt is counted when it completes the handshake (incident_attempt) or when it fails before
 * that (incident_add, at the conclusion's time); one that is still without an answer is not. So
 * "18 of 18 attempts" holds, connections that live for hours count from the beginning, and failures
 * are never more than attempts.
 *
 * Times of conclusions may be out of order by some seconds and older than the clock of
 * incident_tick, which goes forward only. Numbers follow the times at which the rules held, as long
 * as conclusions come no later than INCIDENT_SETTLE_NS. The same calls make the same lines.
 *
 * All functions: judge thread.
 */
#ifndef VERDICT_INCIDENT_H
#define VERDICT_INCIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "verdict/emitter.h"
#include "verdict/event.h"
#include "verdict/incident_limits.h"
#include "verdict/snapshot.h"

struct incidents;

/* Whether the attempt was counted at its NOTE_ESTABLISHED. */
static inline bool incident_is_counted(const struct flow_facts *facts)
{
    const uint32_t both = FACT_ESTABLISHED | FACT_SYNACK_SEEN;

    return (facts->bits & both) == both;
}

struct incident_config {
    uint32_t n_endpoints;    /* watched at a time, healthy ones included */
    uint32_t n_failing;      /* endpoint and family pairs with a failure lately */
    uint32_t n_incidents;    /* live at a time, the overflow incident included; at least 2 */
    uint32_t n_clients;      /* failing clients watched for scans */
    uint32_t n_client_marks; /* distinct clients of all incidents together */
    const struct incident_rules *rules; /* NULL = the usual ones */
    struct hash_key hash_key;
};

/* 16,384 endpoints, 256 incidents: 12 MiB, touched only as far as they are used. The hash key is
 * the caller's. */
struct incident_config incident_config_default(void);

size_t incidents_cost_bytes(const struct incident_config *config);

/* NULL where the arena is too small. Lives as long as the arena. */
struct incidents *incidents_create(struct arena *arena, const struct incident_config *config);

/* An attempt to count: NOTE_ESTABLISHED, and a success without one, when it is judged. */
void incident_attempt(struct incidents *incidents, const struct ipaddr *client,
                      const struct endpoint *server, int64_t ts_ns);

/* The connection works, though it is only known now: it was judged so, or it is still alive some
 * time after the handshake (NOTE_ALIVE). More than once for a connection does no harm. */
void incident_success(struct incidents *incidents, const struct ipaddr *client,
                      const struct endpoint *server, int64_t established_ns);

/* An attempt that failed (event->is_failure), concluded at ts_ns. Sets event->incident to the
 * number of the incident that is open for it, 0 where none is. */
void incident_add(struct incidents *incidents, struct connection_event *event, int64_t ts_ns);

/* The judge's clock, not before any conclusion that is added: call it before the other functions
 * whenever it moved. Emits every line that is due; costs one comparison where none is. */
void incident_tick(struct incidents *incidents, int64_t now_ns, const struct emitter *emitter);

/* The run is over: opens what is still settling, closes everything. `reason`: end_of_input or
 * shutdown. */
void incident_finish(struct incidents *incidents, int64_t now_ns, enum close_reason reason,
                     const struct emitter *emitter);

/* Fills in n_incidents_opened (reopenings count again), n_incidents_closed and n_incident_overflow
 * (failures that found no room); opened = closed + open. */
void incident_count(const struct incidents *incidents, struct run_totals *total);

#endif
