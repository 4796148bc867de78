/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the run as the judge knows it. */
#include "app/judging.h"
#include "base/nanotime.h"

#define TRUST_AFTER_NS (10 * NS_PER_S)

/* Until nothing has been lost for a while; the screen and the stats event tell of it. */
static bool is_trusted(const struct judging *judging)
{
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        int64_t loss_ns = judging->gauges[i].last_loss_ns;

        if (loss_ns != NS_NEVER && ns_since(loss_ns, judging->now_ns) < TRUST_AFTER_NS)
            return false;
    }
    return true;
}

void judging_fill_snapshot(const struct judging *judging, struct snapshot *draft)
{
    struct run_totals *total = &draft->total;

    *draft = (struct snapshot){.is_trusted = is_trusted(judging)};
    draft->now_ns = judging->now_ns;
    draft->start_ns = judging->start_ns;
    if (judging->start_ns != NS_NEVER)
        tally_snapshot(judging->tally, judging->start_ns, judging->now_ns, draft);
    incident_count(judging->incidents, total);
    total->n_failures_suppressed = suppress_count(judging->suppress);
    total->n_events_lost = judging->n_events_lost;
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        draft->n_flows_open += judging->gauges[i].n_flows_open;
        draft->n_flows_max += judging->gauges[i].n_flows_max;
        total->n_flows_evicted += judging->gauges[i].n_evicted;
        total->n_unread += judging->gauges[i].n_unread;
        total->n_headers_unread += judging->gauges[i].n_headers_unread;
        total->n_truncated += judging->gauges[i].n_truncated;
        total->n_malformed += judging->gauges[i].n_malformed;
    }
}
