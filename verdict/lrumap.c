/* SPDX-License-Identifier: BSD-2-Clause */
/* See lrumap.h. Chains, not probing: an index must not move while its record stays. */
#include "verdict/lrumap.h"

#include <assert.h>
#include <string.h>

static uint32_t n_buckets(uint32_t n_max)
{
    uint32_t n = 1;

    while (n < n_max)
        n *= 2;
    return n;
}

size_t lrumap_cost_bytes(size_t key_bytes, uint32_t n_max)
{
    return arena_cost_bytes(n_buckets(n_max) * sizeof(uint32_t)) +
           arena_cost_bytes(n_max * sizeof(struct lrumap_node)) +
           arena_cost_bytes(n_max * key_bytes);
}

bool lrumap_create(struct lrumap *map, struct arena *arena, const struct hash_key *hash_key,
                   size_t key_bytes, uint32_t n_max)
{
    uint32_t n = n_buckets(n_max);

    *map = (struct lrumap){
        .hash_key = *hash_key,
        .key_bytes = key_bytes,
        .n_max = n_max,
        .bucket_mask = n - 1,
        .oldest = LRUMAP_NONE,
        .newest = LRUMAP_NONE,
        .bucket = arena_take(arena, n * sizeof(uint32_t)),
        .node = arena_take(arena, n_max * sizeof(struct lrumap_node)),
        .key = arena_take(arena, n_max * key_bytes),
    };
    if (!map->bucket || !map->node || !map->key)
        return false;
    for (uint32_t i = 0; i < n; i++)
        map->bucket[i] = LRUMAP_NONE;
    for (uint32_t i = 0; i < n_max; i++)
        map->node[i].chained = i + 1 < n_max ? i + 1 : LRUMAP_NONE;
    return true;
}

static uint32_t *bucket_of(const struct lrumap *map, const void *key)
{
    return &map->bucket[hash_bytes(&map->hash_key, key, map->key_bytes) & map->bucket_mask];
}

uint32_t lrumap_find(const struct lrumap *map, const void *key)
{
    uint32_t idx = *bucket_of(map, key);

    while (idx != LRUMAP_NONE && memcmp(lrumap_key(map, idx), key, map->key_bytes) != 0)
        idx = map->node[idx].chained;
    return idx;
}

static void unlink_order(struct lrumap *map, uint32_t idx)
{
    struct lrumap_node *node = &map->node[idx];

    *(node->older == LRUMAP_NONE ? &map->oldest : &map->node[node->older].newer) = node->newer;
    *(node->newer == LRUMAP_NONE ? &map->newest : &map->node[node->newer].older) = node->older;
}

static void link_newest(struct lrumap *map, uint32_t idx)
{
    map->node[idx].older = map->newest;
    map->node[idx].newer = LRUMAP_NONE;
    *(map->newest == LRUMAP_NONE ? &map->oldest : &map->node[map->newest].newer) = idx;
    map->newest = idx;
}

uint32_t lrumap_add(struct lrumap *map, const void *key)
{
    uint32_t *bucket = bucket_of(map, key);
    uint32_t idx = map->free;

    assert(!lrumap_is_full(map));
    map->free = map->node[idx].chained;
    map->node[idx].chained = *bucket;
    *bucket = idx;
    memcpy(map->key + idx * map->key_bytes, key, map->key_bytes);
    link_newest(map, idx);
    map->n_used++;
    return idx;
}

void lrumap_touch(struct lrumap *map, uint32_t idx)
{
    if (map->newest == idx)
        return;
    unlink_order(map, idx);
    link_newest(map, idx);
}

void lrumap_remove(struct lrumap *map, uint32_t idx)
{
    uint32_t *from = bucket_of(map, lrumap_key(map, idx));

    while (*from != idx)
        from = &map->node[*from].chained;
    *from = map->node[idx].chained;
    unlink_order(map, idx);
    map->node[idx].chained = map->free;
    map->free = idx;
    map->n_used--;
}
