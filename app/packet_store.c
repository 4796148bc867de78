/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet_store.h. */
#include "app/packet_store.h"

#include <string.h>

#define ALIGN_BYTES 16
#define BYTES_PER_BUCKET 1024 /* of memory: some packets, not many, share a bucket */

static uint64_t aligned(uint64_t n_bytes)
{
    return (n_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
}

void packet_store_init(struct packet_store *store, void *memory, size_t n_bytes)
{
    uint32_t n_buckets = 1;

    while (2 * (uint64_t)n_buckets * BYTES_PER_BUCKET <= n_bytes)
        n_buckets *= 2;
    *store = (struct packet_store){
        .bucket = memory,
        .n_buckets = n_buckets,
        .memory = (uint8_t *)memory + aligned(n_buckets * sizeof(uint64_t)),
        .size_bytes = (n_bytes - aligned(n_buckets * sizeof(uint64_t))) / ALIGN_BYTES * ALIGN_BYTES,
        .oldest_ordinal = 1,
    };
    memset(store->bucket, 0, n_buckets * sizeof(uint64_t));
}

static struct stored_packet *record_at(const struct packet_store *store, uint64_t offset)
{
    return (struct stored_packet *)(void *)(store->memory + offset % store->size_bytes);
}

/* Until `n_bytes` are free behind the head. */
static void make_room(struct packet_store *store, uint64_t n_bytes)
{
    while (store->head + n_bytes - store->tail > store->size_bytes) {
        const struct stored_packet *oldest = record_at(store, store->tail);

        if (!oldest->is_skip)
            store->oldest_ordinal = stored_frame(oldest)->ordinal + 1;
        store->tail += oldest->n_bytes;
    }
}

/* A record does not wrap. */
static void fill_end(struct packet_store *store, uint64_t left_bytes)
{
    make_room(store, left_bytes);
    *record_at(store, store->head) =
        (struct stored_packet){.n_bytes = (uint32_t)left_bytes, .is_skip = 1};
    store->head += left_bytes;
}

static uint64_t left_at_end(const struct packet_store *store)
{
    return store->size_bytes - store->head % store->size_bytes;
}

void packet_store_add(struct packet_store *store, const struct frame *frame, uint64_t hash)
{
    uint64_t *bucket = &store->bucket[hash & (store->n_buckets - 1)];
    uint64_t n_frame_bytes = frame_size_bytes(frame->captured_bytes);
    uint64_t n_bytes = aligned(sizeof(struct stored_packet) + n_frame_bytes);
    struct stored_packet *record;

    if (left_at_end(store) < n_bytes)
        fill_end(store, left_at_end(store));
    /* A rest in which no skip record has room is part of this one. */
    if (left_at_end(store) - n_bytes < sizeof(struct stored_packet))
        n_bytes = left_at_end(store);
    make_room(store, n_bytes);
    record = record_at(store, store->head);
    *record = (struct stored_packet){.before = *bucket, .hash = hash, .n_bytes = (uint32_t)n_bytes};
    memcpy(record + 1, frame, n_frame_bytes);
    *bucket = store->head + 1;
    store->head += n_bytes;
}

const struct stored_packet *packet_store_find(struct packet_store *store, uint64_t hash,
                                              uint64_t first, uint64_t last)
{
    uint64_t link = store->bucket[hash & (store->n_buckets - 1)];
    const struct stored_packet *list = NULL;

    while (link > store->tail) {
        struct stored_packet *record = record_at(store, link - 1);

        if (stored_frame(record)->ordinal < first)
            break;
        if (record->hash == hash && stored_frame(record)->ordinal <= last) {
            record->after = list;
            list = record;
        }
        link = record->before;
    }
    return list;
}
