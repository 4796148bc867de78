/* SPDX-License-Identifier: BSD-2-Clause */
/* See table.h. */
#include "flowtable/table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "flowtable/lone.h"
#include "flowtable/table_private.h"

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
           arena_cost_bytes(index_cells(n_max) * sizeof(uint32_t)) +
           arena_cost_bytes(index_cells(n_max));
}

int flowtable_create(struct flowtable *table, struct arena *arena, uint32_t n_max,
                     struct hash_key hash_key)
{
    uint32_t n_cells = index_cells(n_max);

    *table = (struct flowtable){
        .hash_key = hash_key,
        .pool = arena_take(arena, n_max * sizeof(struct flow)),
        .index = arena_take(arena, n_cells * sizeof(uint32_t)),
        .mark = arena_take(arena, n_cells),
        .index_mask = n_cells - 1,
        .n_max = n_max,
        .free_head = FLOW_NONE,
        .lones = {.oldest = FLOW_NONE, .newest = FLOW_NONE, .half_free = FLOW_NONE},
    };
    return table->pool && table->index && table->mark ? 0 : -ENOMEM;
}

/* ---- the index ---- */

/* Of a cell's mark: distance from home plus one, and four bits of the hash. */
#define MARK_DISTANCE 0x0f
#define MARK_FAR 0x0f /* this distance or more: the key tells */

static uint8_t make_mark(uint32_t hash, uint32_t distance)
{
    uint32_t near = distance + 1 < MARK_FAR ? distance + 1 : MARK_FAR;

    return (uint8_t)(hash >> 28 << 4 | near);
}

static const struct flow_key *key_of(const struct flowtable *table, uint32_t found)
{
    return flow_is_lone(found) ? &lone_at(table, found)->key : &table->pool[found].key;
}

static uint32_t hash_of(const struct flowtable *table, uint32_t found)
{
    return flow_is_lone(found) ? lone_at(table, found)->hash
                               : (uint32_t)flow_key_hash(&table->hash_key, &table->pool[found].key);
}

void flowtable_prefetch(const struct flowtable *table, uint64_t hash)
{
    __builtin_prefetch(&table->mark[(uint32_t)hash & table->index_mask]);
    __builtin_prefetch(&table->index[(uint32_t)hash & table->index_mask]);
}

uint32_t flowtable_prefetch_entry(const struct flowtable *table, uint64_t hash)
{
    uint32_t cell = (uint32_t)hash & table->index_mask;
    uint32_t distance = 0;
    uint32_t flow_idx;
    const char *flow;

    while (table->mark[cell] && table->mark[cell] != make_mark((uint32_t)hash, distance)) {
        cell = (cell + 1) & table->index_mask;
        distance++;
    }
    if (!table->mark[cell])
        return FLOW_NONE;
    flow_idx = table->index[cell];
    if (flow_is_lone(flow_idx)) {
        __builtin_prefetch(lone_at(table, flow_idx), 1);
        return FLOW_NONE;
    }
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

    for (uint32_t distance = 0; table->mark[cell]; distance++) {
        if (table->mark[cell] == make_mark((uint32_t)hash, distance) &&
            flow_key_equal(key_of(table, table->index[cell]), key))
            return table->index[cell];
        cell = (cell + 1) & table->index_mask;
    }
    return FLOW_NONE;
}

void index_add(struct flowtable *table, uint32_t found, uint32_t hash)
{
    uint32_t cell = hash & table->index_mask;
    uint32_t distance = 0;

    for (; table->mark[cell]; distance++)
        cell = (cell + 1) & table->index_mask;
    table->index[cell] = found;
    table->mark[cell] = make_mark(hash, distance);
}

/* How far the entry in the cell is from where its hash wants it. */
static uint32_t distance_of(const struct flowtable *table, uint32_t cell)
{
    uint32_t near = table->mark[cell] & MARK_DISTANCE;

    if (near < MARK_FAR)
        return near - 1;
    return (cell - hash_of(table, table->index[cell])) & table->index_mask;
}

/* Closes the hole by moving back later entries of the same run. */
static void index_close_hole(struct flowtable *table, uint32_t hole)
{
    for (uint32_t cell = (hole + 1) & table->index_mask; table->mark[cell];
         cell = (cell + 1) & table->index_mask) {
        uint32_t gap = (cell - hole) & table->index_mask;
        uint32_t distance = distance_of(table, cell);

        if (distance < gap)
            continue; /* its home lies behind the hole */
        table->index[hole] = table->index[cell];
        table->mark[hole] = make_mark((uint32_t)(table->mark[cell] >> 4) << 28, distance - gap);
        hole = cell;
    }
    table->mark[hole] = 0;
}

void index_remove(struct flowtable *table, uint32_t found)
{
    uint32_t cell = hash_of(table, found) & table->index_mask;

    while (table->index[cell] != found || !table->mark[cell])
        cell = (cell + 1) & table->index_mask;
    index_close_hole(table, cell);
}

/* ---- the pool ---- */

uint32_t pool_take(struct flowtable *table)
{
    uint32_t flow_idx = table->free_head;

    if (flow_idx != FLOW_NONE)
        table->free_head = table->pool[flow_idx].next;
    else
        flow_idx = table->n_fresh++;
    assert(flow_idx < table->n_max);
    table->n_used++;
    table->n_embryonic++;
    return flow_idx;
}

void pool_give(struct flowtable *table, uint32_t flow_idx)
{
    struct flow *flow = &table->pool[flow_idx];

    table->n_used--;
    flow->state = FLOW_FREE;
    flow->next = table->free_head;
    table->free_head = flow_idx;
}

uint32_t flowtable_add(struct flowtable *table, const struct flow_key *key)
{
    uint32_t flow_idx = pool_take(table);
    struct flow *flow = &table->pool[flow_idx];

    index_add(table, flow_idx, (uint32_t)flow_key_hash(&table->hash_key, key));
    memset(flow, 0, sizeof(*flow));
    flow->key = *key;
    flow->trail_idx = FLOW_NONE;
    flow->is_embryonic = 1;
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

void flowtable_remove(struct flowtable *table, uint32_t flow_idx)
{
    index_remove(table, flow_idx);
    if (table->pool[flow_idx].is_embryonic)
        table->n_embryonic--;
    pool_give(table, flow_idx);
}
