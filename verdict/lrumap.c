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

size_t lrumap_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_buckets(n_max) * sizeof(uint32_t)) +
           arena_cost_bytes(n_max * sizeof(struct lrumap_node));
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
    };
    assert(key_bytes <= LRUMAP_KEY_BYTES_MAX);
    if (!map->bucket || !map->node)
        return false;
    for (uint32_t i = 0; i < n; i++)
        map->bucket[i] = LRUMAP_NONE;
    for (uint32_t i = 0; i < n_max; i++)
        map->node[i].chained = i + 1 < n_max ? i + 1 : LRUMAP_NONE;
    return true;
}

/* A key in a few registers: its bytes, and zeros behind them, as the nodes have it. */
struct key_words {
    uint64_t whole[2];
    uint32_t rest;
};

/* Each of the lengths that there are by itself: a copy of any length is a call. */
static struct key_words words_of(const struct lrumap *map, const void *key)
{
    const uint8_t *bytes = key;
    struct key_words words = {0};

    if (map->key_bytes < 16) {
        memcpy(&words, bytes, map->key_bytes);
        return words;
    }
    memcpy(&words.whole[0], bytes, 8);
    memcpy(&words.whole[1], bytes + 8, 8);
    if (map->key_bytes == 18)
        memcpy(&words.rest, bytes + 16, 2);
    else if (map->key_bytes == 20)
        memcpy(&words.rest, bytes + 16, 4);
    return words;
}

static bool is_key(const struct lrumap_node *node, const struct key_words *words)
{
    struct key_words own;

    memcpy(own.whole, node->key, sizeof(own.whole));
    memcpy(&own.rest, node->key + sizeof(own.whole), sizeof(own.rest));
    return ((own.whole[0] ^ words->whole[0]) | (own.whole[1] ^ words->whole[1]) |
            (own.rest ^ words->rest)) == 0;
}

static uint32_t *bucket_of(const struct lrumap *map, const struct key_words *words)
{
    const struct hash_key key = {map->hash_key.seed ^ (uint64_t)words->rest << 32};

    return &map->bucket[hash_bytes(&key, words->whole, sizeof(words->whole)) & map->bucket_mask];
}

uint32_t lrumap_find(const struct lrumap *map, const void *key)
{
    struct key_words words;
    uint32_t idx;

    if (!map->n_used)
        return LRUMAP_NONE;
    words = words_of(map, key);
    idx = *bucket_of(map, &words);
    while (idx != LRUMAP_NONE && !is_key(&map->node[idx], &words))
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
    const struct key_words words = words_of(map, key);
    uint32_t *bucket = bucket_of(map, &words);
    uint32_t idx = map->free;

    assert(!lrumap_is_full(map));
    map->free = map->node[idx].chained;
    map->node[idx].chained = *bucket;
    *bucket = idx;
    memcpy(map->node[idx].key, words.whole, sizeof(words.whole));
    memcpy(map->node[idx].key + sizeof(words.whole), &words.rest, sizeof(words.rest));
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
    const struct key_words words = words_of(map, map->node[idx].key);
    uint32_t *from = bucket_of(map, &words);

    while (*from != idx)
        from = &map->node[*from].chained;
    *from = map->node[idx].chained;
    unlink_order(map, idx);
    map->node[idx].chained = map->free;
    map->free = idx;
    map->n_used--;
}
