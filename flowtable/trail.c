/* SPDX-License-Identifier: BSD-2-Clause */
/* See trail.h. */
#include "flowtable/trail.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* How far the hand looks for a victim before a flow goes without: bounds the cost of a packet. */
#define PROBES_MAX 64

/* Few connections have bytes out of order at one time. */
static uint32_t count_pieces(uint32_t n_max)
{
    return n_max / 4 + STREAM_SIDE_PIECES_MAX;
}

size_t trails_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_max * sizeof(struct trail_entry)) +
           arena_cost_bytes(n_max * sizeof(struct stream)) +
           arena_cost_bytes(n_max * sizeof(struct flow_tape)) +
           stream_pool_cost_bytes(count_pieces(n_max));
}

int trails_create(struct trails *trails, struct arena *arena, uint32_t n_max)
{
    assert(n_max >= 1);
    *trails = (struct trails){
        .entry = arena_take(arena, n_max * sizeof(struct trail_entry)),
        .stream = arena_take(arena, n_max * sizeof(struct stream)),
        .tape = arena_take(arena, n_max * sizeof(struct flow_tape)),
        .n_max = n_max,
    };
    if (!trails->entry || !trails->stream || !trails->tape ||
        stream_pool_create(&trails->pool, arena, count_pieces(n_max)))
        return -ENOMEM;
    for (uint32_t i = 0; i < n_max; i++)
        trails->entry[i].flow_idx = FLOW_NONE;
    return 0;
}

/* A free entry, or one whose flow has been quiet since the hand's last visit. */
static uint32_t pick(struct trails *trails)
{
    for (unsigned i = 0; i < PROBES_MAX; i++) {
        uint32_t idx = trails->hand;
        struct trail_entry *entry = &trails->entry[idx];

        trails->hand = trails->hand + 1 == trails->n_max ? 0 : trails->hand + 1;
        if (entry->flow_idx == FLOW_NONE || (!entry->is_recent && !entry->is_kept))
            return idx;
        entry->is_recent = false;
    }
    return FLOW_NONE;
}

static void end_stream(struct trails *trails, uint32_t idx)
{
    if (trails->entry[idx].has_stream)
        stream_end(&trails->pool, &trails->stream[idx]);
    trails->entry[idx].has_stream = false;
}

void trail_claim(struct trails *trails, struct flow *pool, uint32_t flow_idx)
{
    uint32_t idx = pick(trails);
    struct trail_entry *entry;

    if (idx == FLOW_NONE) {
        pool[flow_idx].facts.bits |= FACT_TRAIL_LOST;
        return;
    }
    entry = &trails->entry[idx];
    if (entry->flow_idx != FLOW_NONE) {
        pool[entry->flow_idx].trail_idx = FLOW_NONE;
        pool[entry->flow_idx].facts.bits |= FACT_TRAIL_LOST;
        end_stream(trails, idx);
    }
    memset(entry, 0, sizeof(*entry));
    trails->tape[idx].n_pkts = 0;
    entry->flow_idx = flow_idx;
    entry->is_recent = true;
    pool[flow_idx].trail_idx = idx;
}

void trail_free(struct trails *trails, struct flow *flow)
{
    if (flow->trail_idx == FLOW_NONE)
        return;
    end_stream(trails, flow->trail_idx);
    trails->entry[flow->trail_idx].flow_idx = FLOW_NONE;
    trails->entry[flow->trail_idx].is_kept = false;
    flow->trail_idx = FLOW_NONE;
}

struct trail_entry *trail_keep(struct trails *trails, struct flow *pool, uint32_t flow_idx)
{
    struct flow *flow = &pool[flow_idx];

    if (flow->trail_idx == FLOW_NONE)
        trail_claim(trails, pool, flow_idx);
    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    trails->entry[flow->trail_idx].is_kept = true;
    return trail_entry_of(trails, flow);
}
