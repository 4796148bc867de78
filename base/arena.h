/* SPDX-License-Identifier: BSD-2-Clause */
/* All the memory of the packet path: mapped once at start, handed out in order, never given back
 * piece by piece. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct arena {
    uint8_t *at;       /* NULL before arena_map and after arena_unmap */
    size_t size_bytes; /* of the mapping */
    size_t used_bytes; /* handed out, with what alignment cost */
};

struct arena_options {
    bool is_prefaulted; /* touch every page now: a first-touch fault costs 100 ns a packet later */
    bool wants_huge_page; /* ask for transparent huge pages; a wish, not an error when refused */
};

/* Maps `size_bytes` (rounded up to pages) of zeroed memory. `options` may be NULL. */
MUST_CHECK int arena_map(struct arena *arena, size_t size_bytes,
                         const struct arena_options *options, struct err *err);

/* The next `n_bytes`, zeroed and aligned to a cache line, valid until arena_unmap; NULL when they
 * are not there. One thread at a time. */
void *arena_take(struct arena *arena, size_t n_bytes);

/* What arena_take(n_bytes) uses up, for adding up a size before arena_map. */
size_t arena_cost_bytes(size_t n_bytes);

void arena_unmap(struct arena *arena);

#endif
