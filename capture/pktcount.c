/* SPDX-License-Identifier: BSD-2-Clause */
/* See pktcount.h. */
#include "capture/pktcount.h"

static void move(uint64_t *gathered, struct counter *counter)
{
    counter_add(counter, *gathered);
    *gathered = 0;
}

void pktcount_store_source(struct pktcount *count)
{
    struct capture_source *source = &count->sources[count->source];

    if (count->read_pkts == 0)
        return;
    counter_set(&source->last_ns, (uint64_t)count->last_ns);
    counter_add(&count->counters->read_pkts, count->read_pkts);
    move(&count->read_pkts, &source->read_pkts);
    move(&count->read_wire_bytes, &source->read_wire_bytes);
    move(&count->read_cut_pkts, &source->cut_pkts);
}

void pktcount_store(struct pktcount *count)
{
    pktcount_store_source(count);
    move(&count->filtered_pkts, &count->counters->filtered_pkts);
    move(&count->delivered_pkts, &count->counters->delivered_pkts);
    move(&count->delivered_wire_bytes, &count->counters->delivered_wire_bytes);
    move(&count->delivered_cut_pkts, &count->counters->cut_pkts);
}
