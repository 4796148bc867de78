/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets -> frames in N rings: numbering, ticks, losses, the end, and what a full ring means.
 *
 * Theory of operation: every call may be refused with FEED_FULL (waiting feeds only) and is then
 * repeated as it was; what part of it was done already is remembered for each output, so nothing
 * is written twice. Before a packet goes into its ring, every ring has the tick of the packet's
 * time, so all consumers see a tick at the same place of the order. Most packets are
 * spared all that: until plain_until_ns neither a tick nor a gap is due. What is counted reaches
 * the counters with feed_publish (capture/pktcount.h).
 */
#ifndef CAPTURE_FEED_H
#define CAPTURE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "capture/capture.h"
#include "capture/pktcount.h"
#include "capture/raw_packet.h"
#include "capture/shed.h"

/* Above this share of a ring a live feed keeps only what shed.h says. */
#define FEED_HIGH_WATER_NUMERATOR 3
#define FEED_HIGH_WATER_DENOMINATOR 4

/* One packet that is dated further ahead than this says nothing about the time; the next one as far
 * ahead does. Clocks only go forward here: one wrong date would stop all ticks for good. */
#define FEED_LEAP_NS (INT64_C(86400) * 1000000000)

enum feed_result {
    FEED_DONE,
    FEED_FULL /* feed->full_ring has no room; publish, wait, call again with the same */
};

struct feed_output {
    struct ring *ring;
    uint64_t high_water_bytes;
    int64_t tick_ns;    /* of the last tick written; -1 = none */
    uint64_t lost_pkts; /* not yet told with a loss frame */
    uint64_t shed_pkts; /* not yet told with a shed frame */
    bool has_loss;      /* a loss frame is due (lost_pkts may be 0: number unknown) */
    bool has_end;       /* the end frame is written */
};

struct feed {
    struct feed_output outputs[CAPTURE_MAX_OUTPUTS];
    size_t n_outputs;
    struct ring *tap; /* NULL = none */
    capture_shard_fn shard_of;
    void *shard_ctx;
    struct pktcount count;
    uint32_t snap_bytes; /* cut packets to this; never 0 */
    bool is_live;        /* sheds instead of saying FEED_FULL */

    uint64_t ordinal;       /* of the last packet read */
    uint64_t ordinal_step;  /* 1, but for members of a fanout group */
    int64_t now_ns;         /* the latest time so far; 0 before the first packet */
    int64_t tick_ns;        /* its boundary; -1 = no packet yet */
    int64_t plain_until_ns; /* packets dated before it need nothing but room in the one output */
    int64_t leap_ns; /* time of the packet before, where it was too far ahead; 0 = it was not */
    uint64_t leap_ordinal; /* what ordinal was before that packet */
    struct ring *full_ring;
};

/* `outputs` is copied; `sources` are the rows that packets name. */
void feed_init(struct feed *feed, const struct capture_outputs *outputs,
               struct capture_counters *counters, struct capture_source *sources, bool is_live);

/* `shed` is the link type's (live only; NULL: everything counts as other). */
enum feed_result feed_packet(struct feed *feed, const struct raw_packet *packet,
                             const struct shed *shed);

/* A packet that was read and that the filter refused: it counts and its time passes. */
enum feed_result feed_filtered(struct feed *feed, const struct raw_packet *packet);

/* Whether a ring is so full that packets for it would be shed. */
bool feed_is_crowded(struct feed *feed);

/* Time passed without a packet. Live only. */
void feed_time(struct feed *feed, int64_t ts_ns);

/* Packets were lost before they came here, nobody knows of which flow. Live only. */
void feed_loss(struct feed *feed, uint64_t n_pkts);

/* The end frame to every ring. May say FEED_FULL in a live feed too. */
enum feed_result feed_end(struct feed *feed);

/* Shows the consumers what was fed, and everybody what was counted: once per batch. */
void feed_publish(struct feed *feed);

#endif
