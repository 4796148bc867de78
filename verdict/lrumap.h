/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map of fixed capacity from keys to small indexes that knows which key was used last.
 *
 * The caller keeps his records in an array of his own, at the index that the map gives. All
 * memory comes from an arena at creation. Order is that of use, never of the hash, so nothing that
 * is printed can depend on the seed.
 */
#ifndef VERDICT_LRUMAP_H
#define VERDICT_LRUMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"

#define LRUMAP_NONE UINT32_MAX
#define LRUMAP_KEY_BYTES_MAX 20

/* All that a search reads of an entry is in one cache line. */
struct lrumap_node {
    uint32_t chained;      /* next of the same bucket, or next free */
    uint32_t older, newer; /* LRUMAP_NONE at the ends */
    uint8_t key[LRUMAP_KEY_BYTES_MAX];
};

_Static_assert(sizeof(struct lrumap_node) == 32, "two of them are a cache line");

struct lrumap {
    struct hash_key hash_key;
    size_t key_bytes;
    uint32_t n_max, n_used;
    uint32_t bucket_mask;
    uint32_t free; /* first free node */
    uint32_t oldest, newest;
    uint32_t *bucket;
    struct lrumap_node *node;
};

/* What lrumap_create takes from the arena. */
size_t lrumap_cost_bytes(uint32_t n_max);

/* Keys are compared as bytes: no padding. key_bytes: 1 to LRUMAP_KEY_BYTES_MAX; n_max: 1 to 2^31.
 * False where the arena is too small. */
bool lrumap_create(struct lrumap *map, struct arena *arena, const struct hash_key *hash_key,
                   size_t key_bytes, uint32_t n_max) MUST_CHECK;

/* LRUMAP_NONE where the key is not there. */
uint32_t lrumap_find(const struct lrumap *map, const void *key);

/* The index of a key that is not there yet; it is the newest then. There must be room. */
uint32_t lrumap_add(struct lrumap *map, const void *key);

/* Makes it the newest. */
void lrumap_touch(struct lrumap *map, uint32_t idx);

void lrumap_remove(struct lrumap *map, uint32_t idx);

static inline bool lrumap_is_full(const struct lrumap *map)
{
    return map->n_used == map->n_max;
}

static inline const void *lrumap_key(const struct lrumap *map, uint32_t idx)
{
    return map->node[idx].key;
}

#endif
