/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool of trails. There are fewer than flows: a new flow takes one from a flow that has been
 * quiet; flows in trouble keep theirs. Private to flowtable/.
 *
 * When all of the pool's are in use or kept, trails are spared room at the end of the flow table,
 * from its last byte downwards, where no flow has been yet: a burst of failures finds its trails in
 * what a quiet network leaves unused. Flows that need the room take it back.
 */
#ifndef FLOWTABLE_TRAIL_H
#define FLOWTABLE_TRAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "flowtable/flow.h"
#include "flowtable/stream.h"
#include "flowtable/table.h"
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
    uint32_t next_free, prev_free; /* of a spare one without a flow */
    struct flow_trail trail;
};

struct trail_cell {
    struct trail_entry entry;
    struct stream stream; /* valid with entry.has_stream */
    struct flow_tape tape;
};

struct trails {
    struct trail_cell *base;  /* 0 .. n_base - 1 */
    struct trail_cell *spare; /* n_base is spare[-1], n_base + 1 spare[-2], ... */
    const struct flowtable *table;
    struct stream_pool pool;
    uint32_t n_base, n_spare, hand;
    uint32_t free_head; /* of the spare ones */
    uint32_t n_calm;    /* spare ones of flows that are not in trouble */
};

size_t trails_cost_bytes(uint32_t n_base);

/* n_base >= 1. `table` outlives the trails; NULL: no room is to spare. */
int trails_create(struct trails *trails, struct arena *arena, uint32_t n_base,
                  const struct flowtable *table) MUST_CHECK;

static inline struct trail_cell *trail_cell_at(const struct trails *trails, uint32_t idx)
{
    return idx < trails->n_base ? &trails->base[idx] : trails->spare - 1 - (idx - trails->n_base);
}

static inline uint32_t trails_count(const struct trails *trails)
{
    return trails->n_base + trails->n_spare;
}

/* Gives back the spare trails that lie where the table's next flow may come to be: before
 * flowtable_add(). Their flows lose them. */
void trails_make_room(struct trails *trails, struct flow *pool);

/* An empty trail for the flow, at packet time `now_ns`; takes it from another one (which loses its
 * trail_idx and gets FACT_TRAIL_LOST) when none is free. Leaves the flow without one when all are
 * kept. */
void trail_claim(struct trails *trails, struct flow *pool, uint32_t flow_idx, int64_t now_ns);

void trail_free(struct trails *trails, struct flow *flow);

/* Brings what nearly every packet touches of the flow's entry into the cache. */
static inline void trail_prefetch(const struct trails *trails, const struct flow *flow)
{
    const struct trail_entry *entry;

    if (flow->trail_idx == FLOW_NONE)
        return;
    entry = &trail_cell_at(trails, flow->trail_idx)->entry;
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(&entry->watch[SIDE_SERVER], 1);
    __builtin_prefetch(&entry->last[SIDE_CLIENT], 1);
    __builtin_prefetch(&entry->last[SIDE_SERVER], 1);
    __builtin_prefetch(&entry->trail.slot[TRAIL_CLIENT_LAST], 1);
    __builtin_prefetch(&entry->trail.slot[TRAIL_SERVER_LAST], 1);
    __builtin_prefetch(&entry->trail.slot[TRAIL_CLIENT_FIN], 1);
}

/* The flow's entry or trail to write to, or NULL. */
static inline struct trail_entry *trail_entry_of(struct trails *trails, const struct flow *flow)
{
    struct trail_entry *entry;

    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    entry = &trail_cell_at(trails, flow->trail_idx)->entry;
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
    struct trail_cell *cell;

    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    cell = trail_cell_at(trails, flow->trail_idx);
    return cell->entry.has_stream ? &cell->stream : NULL;
}

static inline struct flow_tape *trail_tape_of(struct trails *trails, const struct flow *flow)
{
    return flow->trail_idx != FLOW_NONE ? &trail_cell_at(trails, flow->trail_idx)->tape : NULL;
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
struct trail_entry *trail_keep(struct trails *trails, struct flow *pool, uint32_t flow_idx,
                               int64_t now_ns);

#endif
