/* SPDX-License-Identifier: BSD-2-Clause */
/* See latest.h. */
#include "base/latest.h"

#define FRESH_BIT 0x4u
#define IDX_MASK 0x3u

static size_t stride_of(size_t value_bytes)
{
    return (value_bytes + CACHELINE_BYTES - 1) / CACHELINE_BYTES * CACHELINE_BYTES;
}

size_t latest_memory_bytes(size_t value_bytes)
{
    return LATEST_BUFFER_COUNT * stride_of(value_bytes);
}

void latest_init(struct latest *latest, void *memory, size_t value_bytes)
{
    latest->buffers = memory;
    latest->stride_bytes = stride_of(value_bytes);
    latest->writer_idx = 0;
    latest->reader_idx = 1;
    atomic_init(&latest->middle, 2);
}

void *latest_draft(struct latest *latest)
{
    return latest->buffers + latest->writer_idx * latest->stride_bytes;
}

void latest_publish(struct latest *latest)
{
    uint8_t mine = (uint8_t)(latest->writer_idx | FRESH_BIT);
    /* Release: the value is whole before the reader's exchange can see the index. Acquire: the
     * reader has finished with the buffer we get back (release in latest_read). */
    uint8_t old = atomic_exchange_explicit(&latest->middle, mine, memory_order_acq_rel);

    latest->writer_idx = old & IDX_MASK;
}

const void *latest_read(struct latest *latest, bool *is_new)
{
    /* Relaxed: only a hint whether the exchange is worth it; the exchange orders. */
    uint8_t seen = atomic_load_explicit(&latest->middle, memory_order_relaxed);
    bool is_fresh = seen & FRESH_BIT;

    if (is_fresh) {
        /* Acquire pairs with the release in latest_publish; release hands our old buffer back
         * to the writer's acquire there. */
        uint8_t old =
            atomic_exchange_explicit(&latest->middle, latest->reader_idx, memory_order_acq_rel);

        latest->reader_idx = old & IDX_MASK;
    }
    if (is_new)
        *is_new = is_fresh;
    return latest->buffers + latest->reader_idx * latest->stride_bytes;
}
