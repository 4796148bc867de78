/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run counts from its start to its end. */
#ifndef VERDICT_TOTALS_H
#define VERDICT_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/verdict.h"

/* Cumulative since start; all only grow. */
struct run_totals {
    uint64_t n_pkts, wire_bytes;
    uint64_t n_kernel_dropped;
    uint64_t n_iface_dropped;
    bool is_iface_dropped_known;
    uint64_t n_ring_dropped, n_shed, n_ring_freezes;
    uint64_t n_truncated, n_malformed;
    uint64_t n_attempts, n_ok, n_failed; /* undecided = attempts - ok - failed */
    uint64_t n_failed_by_family[FAMILY_COUNT];
    uint64_t n_flows_evicted;
    uint64_t n_unread, n_headers_unread; /* see struct worker_gauges */
    uint64_t n_failures_suppressed;
    uint64_t n_incidents_opened, n_incidents_closed, n_incident_overflow;
    uint64_t n_events_lost; /* event ring full: lines that never reached a sink */
    /* How well the flows were seen: what the report's trust section rests on. */
    uint64_t n_flows;          /* judged for good: attempts, and flows picked up midstream */
    uint64_t n_midstream;      /* of them, FACT_MIDSTREAM: the start was not seen */
    uint64_t n_one_sided;      /* the other direction existed but was not captured */
    uint64_t n_with_gaps;      /* a side's bytes are missing (ACKED_UNSEEN, SEQ_GAP) or FACT_LOSS */
    uint64_t n_time_backwards; /* FACT_TIME_BACKWARDS */
    uint64_t n_with_duplicates;           /* FACT_DUPLICATES */
    uint64_t n_by_verdict[VERDICT_COUNT]; /* of n_flows, the failed ones and the others */
};

/* Packets that the capture did not see or left out, as far as it can tell. */
static inline uint64_t run_totals_lost(const struct run_totals *total)
{
    return total->n_kernel_dropped + total->n_iface_dropped + total->n_ring_dropped + total->n_shed;
}

#endif
