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

struct trail_entry {
    uint32_t flow_idx; /* owner; FLOW_NONE = free */
    bool is_recent;    /* written since the hand's last visit */
    bool is_kept;      /* its flow is in trouble */
    struct flow_trail trail;
};

struct trails {
    struct trail_entry *entry;
    uint32_t n_max, hand;
};

size_t trails_cost_bytes(uint32_t n_max);

/* n_max >= 1. */
int trails_create(struct trails *trails, struct arena *arena, uint32_t n_max) MUST_CHECK;

/* An empty trail for the flow; takes it from another one (which loses FLOW's trail_idx and gets
 * FACT_TRAIL_LOST) when none is free. Leaves the flow without one when all are kept. */
void trail_claim(struct trails *trails, struct flow *pool, uint32_t flow_idx);

void trail_free(struct trails *trails, struct flow *flow);

/* The flow's trail to write to, or NULL. */
static inline struct flow_trail *trail_of(struct trails *trails, const struct flow *flow)
{
    struct trail_entry *entry;

    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    entry = &trails->entry[flow->trail_idx];
    entry->is_recent = true;
    return &entry->trail;
}

/* Claims a trail if the flow has none, and keeps it until the flow ends: for flows in trouble. */
struct flow_trail *trail_keep(struct trails *trails, struct flow *pool, uint32_t flow_idx);

#endif
