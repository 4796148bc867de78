/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of any size out of a region that was taken at start: for libraries that want an
 * allocator, on paths that may not have one. A buddy system: neighbours that are free become one,
 * so that nothing is lost to what was taken before.
 */
#ifndef BASE_BLOCKS_H
#define BASE_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"

#define BLOCKS_ORDER_MIN 6  /* of 64 bytes, 16 of them ours */
#define BLOCKS_ORDER_MAX 26 /* of the whole region: 64 MiB */

struct block; /* private */

struct blocks {
    uint8_t *region;
    struct block *free[BLOCKS_ORDER_MAX + 1]; /* by order: log2 of the size */
    uint32_t order;                           /* of the region */
    uint64_t n_refused;                       /* requests that found no room */
};

/* A region of 1 << order bytes, order in BLOCKS_ORDER_MIN .. BLOCKS_ORDER_MAX. */
size_t blocks_cost_bytes(uint32_t order);
int blocks_create(struct blocks *blocks, struct arena *arena, uint32_t order) MUST_CHECK;

/* Aligned to 16 bytes, not zeroed; NULL (and counted) where there is no room. */
void *blocks_take(struct blocks *blocks, size_t n_bytes);

/* As realloc(): NULL leaves `bytes` as they were. `bytes` may be NULL. */
void *blocks_resize(struct blocks *blocks, void *bytes, size_t n_bytes);

/* NULL is fine. */
void blocks_give(struct blocks *blocks, void *bytes);

#endif
