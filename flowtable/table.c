/* SPDX-License-Identifier: BSD-2-Clause */
/* See table.h. */
#include "flowtable/table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/compiler.h"

static uint32_t index_cells(uint32_t n_max)
{
    uint32_t n_cells = 16;

    while (n_cells / 2 < n_max && n_cells < UINT32_C(1) << 31)
        n_cells *= 2;
    return n_cells;
}

size_t flowtable_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_max * sizeof(struct flow)) +
           arena_cost_bytes(index_cells(n_max) * sizeof(uint32_t));
}

int flowtable_create(struct flowtable *table, struct arena *arena, uint32_t n_max,
                     struct hash_key hash_key)
{
    uint32_t n_cells = index_cells(n_max);

    *table = (struct flowtable){
        .hash_key = hash_key,
        .pool = arena_take(arena, n_max * sizeof(struct flow)),
        .index = arena_take(arena, n_cells * sizeof(uint32_t)),
        .index_mask = n_cells - 1,
        .n_max = n_max,
        .free_head = FLOW_NONE,
    };
    if (!table->pool || !table->index)
        return -ENOMEM;
    memset(table->index, 0xff, n_cells * sizeof(uint32_t));
    return 0;
}

static uint32_t home_cell(const struct flowtable *table, const struct flow_key *key)
{
    return (uint32_t)flow_key_hash(&table->hash_key, key) & table->index_mask;
}

void flowtable_prefetch(const struct flowtable *table, uint64_t hash)
{
    __builtin_prefetch(&table->index[(uint32_t)hash & table->index_mask]);
}

uint32_t flowtable_prefetch_entry(const struct flowtable *table, uint64_t hash)
{
    uint32_t flow_idx = table->index[(uint32_t)hash & table->index_mask];
    const char *flow;

    if (flow_idx == FLOW_NONE)
        return FLOW_NONE;
    flow = (const char *)&table->pool[flow_idx];
    for (size_t off = 0; off < sizeof(struct flow); off += CACHELINE_BYTES)
        __builtin_prefetch(flow + off, 1);
    return flow_idx;
}

uint32_t flowtable_find(const struct flowtable *table, const struct flow_key *key)
{
    return flowtable_find_hashed(table, key, flow_key_hash(&table->hash_key, key));
}

uint32_t flowtable_find_hashed(const struct flowtable *table, const struct flow_key *key,
                               uint64_t hash)
{
    uint32_t cell = (uint32_t)hash & table->index_mask;

    while (table->index[cell] != FLOW_NONE) {
        uint32_t flow_idx = table->index[cell];

        if (flow_key_equal(&table->pool[flow_idx].key, key))
            return flow_idx;
        cell = (cell + 1) & table->index_mask;
    }
    return FLOW_NONE;
}

static uint32_t pool_take(struct flowtable *table)
{
    uint32_t flow_idx = table->free_head;

    if (flow_idx != FLOW_NONE)
        table->free_head = table->pool[flow_idx].next;
    else
        flow_idx = table->n_fresh++;
    assert(flow_idx < table->n_max);
    return flow_idx;
}

uint32_t flowtable_add(struct flowtable *table, const struct flow_key *key)
{
    uint32_t flow_idx = pool_take(table);
    struct flow *flow = &table->pool[flow_idx];
    uint32_t cell = home_cell(table, key);

    while (table->index[cell] != FLOW_NONE)
        cell = (cell + 1) & table->index_mask;
    table->index[cell] = flow_idx;
    memset(flow, 0, sizeof(*flow));
    flow->key = *key;
    flow->trail_idx = FLOW_NONE;
    flow->is_embryonic = 1;
    table->n_used++;
    table->n_embryonic++;
    return flow_idx;
}

void flowtable_promote(struct flowtable *table, uint32_t flow_idx)
{
    struct flow *flow = &table->pool[flow_idx];

    if (flow->is_embryonic) {
        flow->is_embryonic = 0;
        table->n_embryonic--;
    }
}

/* Second chance: the first entry of the class that had no packet since the hand's last visit; if
 * every one had, the first of the class. Deterministic: depends on the order of packets only.
 * Behind the entries that were ever in use the memory may be lent (trail.h): no look there. */
static uint32_t clock_victim(struct flowtable *table, bool is_embryonic)
{
    uint32_t fallback = FLOW_NONE;

    for (uint32_t i = 0; i < table->n_fresh; i++) {
        struct flow *flow = &table->pool[table->hand];
        uint32_t flow_idx = table->hand;

        table->hand = table->hand + 1 >= table->n_fresh ? 0 : table->hand + 1;
        if (flow->state == FLOW_FREE || flow->is_embryonic != is_embryonic)
            continue;
        if (!flow->is_recent || is_embryonic)
            return flow_idx;
        flow->is_recent = 0;
        if (fallback == FLOW_NONE)
            fallback = flow_idx;
    }
    return fallback;
}

/* At least one entry is left for the embryonic, in the smallest pool too. */
static uint32_t two_way_max(const struct flowtable *table)
{
    return table->n_max - (table->n_max + 31) / 32;
}

bool flowtable_is_full(const struct flowtable *table, bool is_promotion)
{
    uint32_t n_two_way = table->n_used - table->n_embryonic;

    return is_promotion ? n_two_way >= two_way_max(table) : table->n_used >= table->n_max;
}

uint32_t flowtable_victim(struct flowtable *table, bool is_promotion)
{
    return clock_victim(table, !is_promotion);
}

/* Closes the hole at `cell` by moving back later entries of the same run. */
static void index_close_hole(struct flowtable *table, uint32_t hole)
{
    uint32_t cell = hole;

    for (;;) {
        uint32_t flow_idx;
        uint32_t home;

        cell = (cell + 1) & table->index_mask;
        flow_idx = table->index[cell];
        if (flow_idx == FLOW_NONE)
            break;
        home = home_cell(table, &table->pool[flow_idx].key);
        if (((cell - home) & table->index_mask) < ((cell - hole) & table->index_mask))
            continue; /* it lies between its home and the hole's far side: may not move */
        table->index[hole] = flow_idx;
        hole = cell;
    }
    table->index[hole] = FLOW_NONE;
}

void flowtable_remove(struct flowtable *table, uint32_t flow_idx)
{
    struct flow *flow = &table->pool[flow_idx];
    uint32_t cell = home_cell(table, &flow->key);

    while (table->index[cell] != flow_idx)
        cell = (cell + 1) & table->index_mask;
    index_close_hole(table, cell);
    if (flow->is_embryonic)
        table->n_embryonic--;
    table->n_used--;
    flow->state = FLOW_FREE;
    flow->next = table->free_head;
    table->free_head = flow_idx;
}
