/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool of trails. There are fewer than flows: a new flow takes one from the flow that has been
 * quiet longest (second chance); flows in trouble keep theirs. Private to flowtable/.
 */
#ifndef FLOWTABLE_TRAIL_H
#define FLOWTABLE_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "flowtable/flow.h"
#include "flowtable/stream.h"
#include "flowtable/tape.h"

/* A RST of one side, for what follows it. */
struct rst_watch {
    int64_t ts_ns;
    uint32_t seq;
    uint8_t fit;            /* enum rst_fit */
    bool is_set;            /* there was one, and it was for this connection */
    bool has_sender_spoken; /* in a way that a dead sender cannot */
};

struct trail_entry {
    uint32_t flow_idx; /* owner; FLOW_NONE = free */
    bool is_recent;    /* written since the hand's last visit */
    bool is_kept;      /* its flow is in trouble */
    bool has_stream;   /* its flow's stream is being read, or was */
    /* The tracker's own notes, not for the judge. */
    struct rst_watch watch[SIDE_COUNT];  /* the last RST of each side */
    struct packet_mark last[SIDE_COUNT]; /* last packet, where it is not in the LAST slot of the
                                            trail: a RST, or behind one; frame 0 = it is there */
    int64_t icmp_ns;                     /* last ICMP error, to know its copy */
    uint16_t icmp_ip_id, icmp_quoted_ip_id;
    struct flow_trail trail;
};

struct trails {
    struct trail_entry *entry;
    struct stream *stream;  /* beside entry[]; valid with has_stream */
    struct flow_tape *tape; /* beside entry[] */
    struct stream_pool pool;
    uint32_t n_max, hand;
};

size_t trails_cost_bytes(uint32_t n_max);

/* n_max >= 1. */
int trails_create(struct trails *trails, struct arena *arena, uint32_t n_max) MUST_CHECK;

/* An empty trail for the flow; takes it from another one (which loses FLOW's trail_idx and gets
 * FACT_TRAIL_LOST) when none is free. Leaves the flow without one when all are kept. */
void trail_claim(struct trails *trails, struct flow *pool, uint32_t flow_idx);

void trail_free(struct trails *trails, struct flow *flow);

/* The flow's entry or trail to write to, or NULL. */
static inline struct trail_entry *trail_entry_of(struct trails *trails, const struct flow *flow)
{
    struct trail_entry *entry;

    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    entry = &trails->entry[flow->trail_idx];
    entry->is_recent = true;
    return entry;
}

static inline struct flow_trail *trail_of(struct trails *trails, const struct flow *flow)
{
    struct trail_entry *entry = trail_entry_of(trails, flow);

    return entry ? &entry->trail : NULL;
}

/* What the flow's reader makes of it; NULL where nothing is read. */
static inline struct stream *trail_stream_of(struct trails *trails, const struct flow *flow)
{
    return flow->trail_idx != FLOW_NONE && trails->entry[flow->trail_idx].has_stream
               ? &trails->stream[flow->trail_idx]
               : NULL;
}

static inline struct flow_tape *trail_tape_of(struct trails *trails, const struct flow *flow)
{
    return flow->trail_idx != FLOW_NONE ? &trails->tape[flow->trail_idx] : NULL;
}

static inline bool trail_is_watching(const struct trail_entry *entry)
{
    return entry->watch[SIDE_CLIENT].is_set || entry->watch[SIDE_SERVER].is_set;
}

static inline enum trail_slot trail_last_slot(enum flow_side side)
{
    return side == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST;
}

/* The last packet of one side, RSTs included; its frame is 0 where there was none. */
static inline const struct packet_mark *trail_last(const struct trail_entry *entry,
                                                   enum flow_side side)
{
    return entry->last[side].frame ? &entry->last[side] : &entry->trail.slot[trail_last_slot(side)];
}

/* Claims a trail if the flow has none, and keeps it until the flow ends: for flows in trouble. */
struct trail_entry *trail_keep(struct trails *trails, struct flow *pool, uint32_t flow_idx);

#endif
