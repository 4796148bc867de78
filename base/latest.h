/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The latest value of something, from one writer to one reader, without either waiting.
 *
 * Theory of operation: three buffers. One is the writer's, one the reader's, one lies in the
 * middle. To publish, the writer swaps its buffer with the middle one and marks it fresh; to
 * read, the reader swaps its own with the middle one if that is fresh. Both swaps are a single
 * exchange, so each buffer has exactly one owner at any moment and nobody sees half a value.
 */
#ifndef BASE_LATEST_H
#define BASE_LATEST_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define LATEST_BUFFER_COUNT 3

struct latest {
    /* constant after latest_init */
    uint8_t *buffers;
    size_t stride_bytes;

    alignas(CACHELINE_BYTES) uint8_t writer_idx;     /* writer */
    alignas(CACHELINE_BYTES) uint8_t reader_idx;     /* reader */
    alignas(CACHELINE_BYTES) _Atomic uint8_t middle; /* both: an index and the fresh bit */
};

/* What latest_init wants for values of this size. */
size_t latest_memory_bytes(size_t value_bytes);

/* `memory` holds latest_memory_bytes(value_bytes), zeroed, aligned to a cache line, and outlives
 * the box. Before the threads start. */
void latest_init(struct latest *latest, void *memory, size_t value_bytes);

/* The writer's buffer. It holds some older value: write all of it. Writer only. */
void *latest_draft(struct latest *latest);

/* Makes the draft the latest value; the pointer from latest_draft is dead. Writer only. */
void latest_publish(struct latest *latest);

/* The latest value (all zero before the first), unchanged until the next latest_read. `is_new`
 * may be NULL; it says whether the value differs from the one of the call before. Reader only. */
const void *latest_read(struct latest *latest, bool *is_new);

#endif
