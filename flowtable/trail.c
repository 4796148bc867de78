/* SPDX-License-Identifier: BSD-2-Clause */
/* See trail.h. */
#include "flowtable/trail.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/nanotime.h"

/* How far the hand looks for a victim before a flow goes without: bounds the cost of a packet. */
#define PROBES_MAX 16

/* A flow without a packet for so long is quiet, if others have need. */
#define QUIET_NS (10 * NS_PER_S)

/* No trail comes to be so near the last flow: the next flows would take it back at once. */
#define SPARE_FLOWS 1024

/* New flows may have so many times the base of spare trails, flows in trouble all there is room
 * for.
 */
#define CALM_PER_BASE 2

/* Few connections have bytes out of order at one time. */
static uint32_t count_pieces(uint32_t n_max)
{
    return n_max / 4 + STREAM_SIDE_PIECES_MAX;
}

size_t trails_cost_bytes(uint32_t n_base)
{
    return arena_cost_bytes(n_base * sizeof(struct trail_cell)) +
           stream_pool_cost_bytes(count_pieces(n_base));
}

/* The end of the flow table's memory, as cells need it. */
static struct trail_cell *spare_end(const struct flowtable *table)
{
    uintptr_t end = (uintptr_t)(table->pool + table->n_max);

    return (struct trail_cell *)(end / CACHELINE_BYTES * CACHELINE_BYTES);
}

int trails_create(struct trails *trails, struct arena *arena, uint32_t n_base,
                  const struct flowtable *table)
{
    assert(n_base >= 1);
    *trails = (struct trails){
        .base = arena_take(arena, n_base * sizeof(struct trail_cell)),
        .spare = table ? spare_end(table) : NULL,
        .table = table,
        .n_base = n_base,
        .free_head = FLOW_NONE,
    };
    if (!trails->base || stream_pool_create(&trails->pool, arena, count_pieces(n_base)))
        return -ENOMEM;
    for (uint32_t i = 0; i < n_base; i++)
        trails->base[i].entry.flow_idx = FLOW_NONE;
    return 0;
}

static void end_stream(struct trails *trails, struct trail_cell *cell)
{
    if (cell->entry.has_stream)
        stream_end(&trails->pool, &cell->stream);
    cell->entry.has_stream = false;
}

/* ---- spare ones ---- */

static void free_link(struct trails *trails, uint32_t idx)
{
    struct trail_entry *entry = &trail_cell_at(trails, idx)->entry;

    entry->flow_idx = FLOW_NONE;
    entry->prev_free = FLOW_NONE;
    entry->next_free = trails->free_head;
    if (entry->next_free != FLOW_NONE)
        trail_cell_at(trails, entry->next_free)->entry.prev_free = idx;
    trails->free_head = idx;
}

static void free_unlink(struct trails *trails, uint32_t idx)
{
    const struct trail_entry *entry = &trail_cell_at(trails, idx)->entry;

    if (entry->next_free != FLOW_NONE)
        trail_cell_at(trails, entry->next_free)->entry.prev_free = entry->prev_free;
    if (entry->prev_free != FLOW_NONE)
        trail_cell_at(trails, entry->prev_free)->entry.next_free = entry->next_free;
    else
        trails->free_head = entry->next_free;
}

/* FLOW_NONE where flows leave no room. Flows that are not in trouble take only so many: the fewer,
 * the more of them stay in the cache. */
static uint32_t spare_take(struct trails *trails, bool is_trouble)
{
    uint32_t idx = trails->free_head;
    const struct flowtable *table = trails->table;

    if (!is_trouble && trails->n_calm >= trails->n_base * CALM_PER_BASE)
        return FLOW_NONE;
    if (idx != FLOW_NONE) {
        free_unlink(trails, idx);
        return idx;
    }
    idx = trails_count(trails);
    if (!table || (const void *)trail_cell_at(trails, idx) <
                      (const void *)(table->pool + table->n_fresh + SPARE_FLOWS))
        return FLOW_NONE;
    trails->n_spare++;
    trail_cell_at(trails, idx)->entry.flow_idx = FLOW_NONE;
    return idx;
}

/* Before the flow of a trail loses it, or is in trouble. */
static void end_calm(struct trails *trails, uint32_t idx)
{
    trails->n_calm -= idx >= trails->n_base && !trail_cell_at(trails, idx)->entry.is_kept;
}

static void take_from_flow(struct trails *trails, struct trail_cell *cell, struct flow *pool)
{
    struct flow *flow = &pool[cell->entry.flow_idx];

    end_calm(trails, flow->trail_idx);
    flow->trail_idx = FLOW_NONE;
    flow->facts.bits |= FACT_TRAIL_LOST;
    trails->pool.n_unread += cell->entry.has_stream && cell->stream.is_reading;
    end_stream(trails, cell);
}

void trails_make_room(struct trails *trails, struct flow *pool)
{
    const void *needed = pool + trails->table->n_fresh + 1;

    while (trails->n_spare > 0) {
        uint32_t lowest = trails_count(trails) - 1;
        struct trail_cell *cell = trail_cell_at(trails, lowest);

        if ((const void *)cell >= needed)
            return;
        if (cell->entry.flow_idx == FLOW_NONE)
            free_unlink(trails, lowest);
        else
            take_from_flow(trails, cell, pool);
        trails->n_spare--;
    }
}

/* ---- of a flow ---- */

static int64_t last_ns(const struct trail_entry *entry)
{
    const struct packet_mark *client = trail_last(entry, SIDE_CLIENT);
    const struct packet_mark *server = trail_last(entry, SIDE_SERVER);

    return client->ts_ns > server->ts_ns ? client->ts_ns : server->ts_ns;
}

/* A free one of the base, or one whose flow has been quiet for long. Else a spare one. Else one
 * whose flow has been quiet since the hand's last visit. */
static uint32_t pick(struct trails *trails, int64_t now_ns, bool is_trouble)
{
    uint32_t second = FLOW_NONE;
    uint32_t spare;

    for (unsigned i = 0; i < PROBES_MAX; i++) {
        uint32_t idx = trails->hand;
        struct trail_entry *entry = &trails->base[idx].entry;

        trails->hand = trails->hand + 1 == trails->n_base ? 0 : trails->hand + 1;
        if (entry->flow_idx == FLOW_NONE ||
            (!entry->is_kept && ns_since(last_ns(entry), now_ns) >= QUIET_NS))
            return idx;
        if (second == FLOW_NONE && !entry->is_kept && !entry->is_recent)
            second = idx;
        entry->is_recent = false;
    }
    spare = spare_take(trails, is_trouble);
    return spare != FLOW_NONE ? spare : second;
}

static void claim(struct trails *trails, struct flow *pool, uint32_t flow_idx, int64_t now_ns,
                  bool is_trouble)
{
    uint32_t idx = pick(trails, now_ns, is_trouble);
    struct trail_cell *cell;

    if (idx == FLOW_NONE) {
        pool[flow_idx].facts.bits |= FACT_TRAIL_LOST;
        return;
    }
    cell = trail_cell_at(trails, idx);
    if (cell->entry.flow_idx != FLOW_NONE)
        take_from_flow(trails, cell, pool);
    memset(&cell->entry, 0, sizeof(cell->entry));
    cell->tape.n_pkts = 0;
    cell->entry.flow_idx = flow_idx;
    cell->entry.is_recent = true;
    trails->n_calm += idx >= trails->n_base;
    pool[flow_idx].trail_idx = idx;
}

void trail_claim(struct trails *trails, struct flow *pool, uint32_t flow_idx, int64_t now_ns)
{
    claim(trails, pool, flow_idx, now_ns, false);
}

void trail_free(struct trails *trails, struct flow *flow)
{
    uint32_t idx = flow->trail_idx;
    struct trail_cell *cell;

    if (idx == FLOW_NONE)
        return;
    cell = trail_cell_at(trails, idx);
    end_calm(trails, idx);
    end_stream(trails, cell);
    cell->entry.flow_idx = FLOW_NONE;
    cell->entry.is_kept = false;
    flow->trail_idx = FLOW_NONE;
    if (idx >= trails->n_base)
        free_link(trails, idx);
}

struct trail_entry *trail_keep(struct trails *trails, struct flow *pool, uint32_t flow_idx,
                               int64_t now_ns)
{
    struct flow *flow = &pool[flow_idx];

    if (flow->trail_idx == FLOW_NONE)
        claim(trails, pool, flow_idx, now_ns, true);
    if (flow->trail_idx == FLOW_NONE)
        return NULL;
    end_calm(trails, flow->trail_idx);
    trail_cell_at(trails, flow->trail_idx)->entry.is_kept = true;
    return trail_entry_of(trails, flow);
}
