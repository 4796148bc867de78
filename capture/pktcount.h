/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the capture thread counted since it last published.
 *
 * Theory of operation: the counters that others read would cost each packet a load and a store
 * apiece, so they get sums: when a batch is published, and what is counted of a source also when
 * packets of another source follow.
 */
#ifndef CAPTURE_PKTCOUNT_H
#define CAPTURE_PKTCOUNT_H

#include <stdint.h>

#include "capture/capture.h"
#include "capture/raw_packet.h"

struct pktcount {
    struct capture_counters *counters;
    struct capture_source *sources; /* rows that packets name */

    /* packets of one source */
    uint64_t read_pkts, read_wire_bytes, read_cut_pkts;
    int64_t last_ns;
    uint8_t source;

    /* of all */
    uint64_t filtered_pkts;
    uint64_t delivered_pkts, delivered_wire_bytes, delivered_cut_pkts;
};

/* Adds to the counters what was gathered for the source. */
void pktcount_store_source(struct pktcount *count);

/* Adds everything. */
void pktcount_store(struct pktcount *count);

/* One more of count->source. */
static inline void pktcount_add_same(struct pktcount *count, const struct raw_packet *packet)
{
    count->read_pkts++;
    count->read_wire_bytes += packet->wire_bytes;
    count->read_cut_pkts += packet->captured_bytes < packet->wire_bytes;
    count->last_ns = packet->ts_ns;
}

static inline void pktcount_add(struct pktcount *count, const struct raw_packet *packet)
{
    if (packet->source != count->source) {
        pktcount_store_source(count);
        count->source = packet->source;
    }
    pktcount_add_same(count, packet);
}

/* `captured_bytes`: what was left of the packet in the ring. */
static inline void pktcount_add_delivered(struct pktcount *count, const struct raw_packet *packet,
                                          uint32_t captured_bytes)
{
    count->delivered_pkts++;
    count->delivered_wire_bytes += packet->wire_bytes;
    count->delivered_cut_pkts += captured_bytes < packet->wire_bytes;
}

/* Ever, in every batch. */
static inline uint64_t pktcount_delivered_pkts(const struct pktcount *count)
{
    return counter_read(&count->counters->delivered_pkts) + count->delivered_pkts;
}

#endif
