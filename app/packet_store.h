/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The newest packets, in a fixed piece of memory: new ones push out the oldest. Found again by the
 * hash of their connection.
 *
 * Theory of operation: a log that wraps; each record knows the one before it of the same bucket.
 * Offsets only grow, so a link to a record that is gone is known by being older than the tail.
 * Single thread.
 */
#ifndef APP_PACKET_STORE_H
#define APP_PACKET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"

struct stored_packet {
    uint64_t before; /* offset of the one before in the bucket, plus 1; 0 = none */
    const struct stored_packet *after; /* packet_store_find's list, towards newer ones */
    uint64_t hash;
    uint32_t n_bytes; /* of this record, its frame included */
    uint32_t is_skip; /* only fills the end of the memory */
};

/* What was added. */
static inline const struct frame *stored_frame(const struct stored_packet *stored)
{
    return (const struct frame *)(stored + 1);
}

struct packet_store {
    uint8_t *memory;
    uint64_t size_bytes;
    uint64_t head, tail; /* offsets; memory at offset % size_bytes */
    uint64_t *bucket;    /* offset of the newest, plus 1 */
    uint32_t n_buckets;
    uint64_t oldest_ordinal; /* of what is kept, or of what will be; from 1 */
};

/* Takes its buckets from the memory too. `memory` is aligned to 16 and outlives the store;
 * `n_bytes` at least 1 MiB. */
void packet_store_init(struct packet_store *store, void *memory, size_t n_bytes);

/* Copies a FRAME_PACKET of at most FRAME_MAX_BYTES. */
void packet_store_add(struct packet_store *store, const struct frame *frame, uint64_t hash);

/* The kept packets of that hash with ordinals from `first` to `last`, oldest first, linked by
 * `after`; NULL = none. Another connection may have the same hash. Valid until the next add or
 * find. */
const struct stored_packet *packet_store_find(struct packet_store *store, uint64_t hash,
                                              uint64_t first, uint64_t last);

#endif
