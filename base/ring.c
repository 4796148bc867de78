/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring.h. */
#include "base/ring.h"

#include <assert.h>

/* As payload_bytes: nothing here, go on at the start of the memory. */
#define SKIP_RECORD UINT32_MAX

_Static_assert(RING_HEADER_BYTES <= RING_ALIGN_BYTES, "a skip record fits the smallest gap");

void ring_init(struct ring *ring, void *memory, uint64_t size_bytes, struct park *consumer_park,
               struct park *producer_park)
{
    assert(size_bytes >= RING_MIN_BYTES && (size_bytes & (size_bytes - 1)) == 0);
    *ring = (struct ring){
        .memory = memory,
        .size_bytes = size_bytes,
        .consumer_park = consumer_park,
        .producer_park = producer_park,
    };
}

uint64_t ring_max_bytes(const struct ring *ring)
{
    /* A record may need a skip record of nearly its own size in front. */
    return ring->size_bytes / 2 - RING_HEADER_BYTES;
}

/* The end of the memory, or what the consumer has not done with, where that comes first. */
static uint64_t straight_end(const struct ring *ring, uint64_t memory_end_off)
{
    uint64_t free_end_off = ring->tail_seen + ring->size_bytes;

    return free_end_off < memory_end_off ? free_end_off : memory_end_off;
}

void *ring_reserve(struct ring *ring, size_t n_bytes)
{
    uint64_t to_end_bytes = ring->size_bytes - (ring->write_off & (ring->size_bytes - 1));
    uint64_t skip_bytes = ring_record_bytes(n_bytes) > to_end_bytes ? to_end_bytes : 0;
    uint64_t wanted_bytes = skip_bytes + ring_record_bytes(n_bytes);
    uint64_t used_at_end = ring->write_off + wanted_bytes - ring->tail_seen;

    assert(n_bytes <= ring_max_bytes(ring));
    if (used_at_end > ring->size_bytes) {
        /* Pairs with the store in ring_release: the consumer has done with what we overwrite. */
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (ring->write_off + wanted_bytes - ring->tail_seen > ring->size_bytes) {
            ring->wanted_bytes = wanted_bytes;
            return NULL;
        }
    }
    ring->straight_end_off = straight_end(ring, ring->write_off + to_end_bytes);
    ring->reserved_off = ring->write_off + skip_bytes;
    ring->reserved_bytes = n_bytes;
    return ring_record_at(ring, ring->reserved_off) + 1;
}

void ring_commit(struct ring *ring, size_t n_bytes)
{
    assert(n_bytes <= ring->reserved_bytes);
    /* The skip record is written only now: a reservation that was dropped leaves no trace. */
    if (ring->reserved_off != ring->write_off)
        ring_record_at(ring, ring->write_off)->payload_bytes = SKIP_RECORD;
    ring_record_at(ring, ring->reserved_off)->payload_bytes = (uint32_t)n_bytes;
    ring->write_off = ring->reserved_off + ring_record_bytes(n_bytes);
    ring->reserved_bytes = 0;
}

void ring_publish(struct ring *ring)
{
    /* Only the producer writes head, so relaxed reads its own last value. */
    if (atomic_load_explicit(&ring->head, memory_order_relaxed) == ring->write_off)
        return;
    /* Release part: pairs with the loads in ring_peek and ring_is_readable. Sequentially
     * consistent: ordered before the look at the sleeper's bit (theory in park.h). */
    atomic_store_explicit(&ring->head, ring->write_off, memory_order_seq_cst);
    if (ring->consumer_park)
        park_wake(ring->consumer_park);
}

static bool has_room(void *ctx)
{
    struct ring *ring = ctx;
    uint64_t free_bytes;

    /* Pairs with the store in ring_release; sequentially consistent for park_wait. */
    ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_seq_cst);
    free_bytes = ring->size_bytes - (ring->write_off - ring->tail_seen);
    return free_bytes >= ring->size_bytes / 2 && free_bytes >= ring->wanted_bytes;
}

bool ring_wait_room(struct ring *ring, int64_t timeout_ns)
{
    bool is_ready;

    ring_publish(ring);
    if (!ring->producer_park)
        return has_room(ring);
    /* Set before park_wait's last look at tail; pairs with the load in ring_release, which comes
     * after its store of tail: one of the two sees the other. */
    atomic_store_explicit(&ring->wants_room, true, memory_order_seq_cst);
    is_ready = park_wait(ring->producer_park, has_room, ring, timeout_ns);
    /* Relaxed: a consumer that still sees the wish makes a wake-up call for nobody. */
    atomic_store_explicit(&ring->wants_room, false, memory_order_relaxed);
    return is_ready;
}

const void *ring_peek(struct ring *ring, size_t *n_bytes)
{
    for (;;) {
        const struct ring_record *record;

        if (ring->read_off == ring->head_seen) {
            /* Pairs with the store in ring_publish: the records are whole. */
            ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
            if (ring->read_off == ring->head_seen)
                return NULL;
        }
        record = ring_record_at(ring, ring->read_off);
        if (record->payload_bytes != SKIP_RECORD) {
            ring->read_off += ring_record_bytes(record->payload_bytes);
            *n_bytes = record->payload_bytes;
            return record + 1;
        }
        ring->read_off += ring->size_bytes - (ring->read_off & (ring->size_bytes - 1));
    }
}

void ring_release(struct ring *ring)
{
    uint64_t head;

    /* Only the consumer writes tail, so relaxed reads its own last value. */
    if (atomic_load_explicit(&ring->tail, memory_order_relaxed) == ring->read_off)
        return;
    /* Release part: pairs with the loads in ring_reserve, ring_is_above and has_room. Sequentially
     * consistent: ordered before the look at wants_room. */
    atomic_store_explicit(&ring->tail, ring->read_off, memory_order_seq_cst);
    if (!ring->producer_park || !atomic_load_explicit(&ring->wants_room, memory_order_seq_cst))
        return;
    /* Relaxed: the producer published before it set wants_room, and does not while it waits. */
    head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - ring->read_off <= ring->size_bytes / 2)
        park_wake(ring->producer_park);
}

bool ring_is_readable(const struct ring *ring)
{
    /* Pairs with the store in ring_publish; sequentially consistent for park_wait. */
    return atomic_load_explicit(&ring->head, memory_order_seq_cst) != ring->read_off;
}

static bool is_readable(void *ctx)
{
    return ring_is_readable(ctx);
}

bool ring_wait_readable(struct ring *ring, int64_t timeout_ns)
{
    if (!ring->consumer_park)
        return ring_is_readable(ring);
    return park_wait(ring->consumer_park, is_readable, ring, timeout_ns);
}

uint64_t ring_used_bytes(const struct ring *ring)
{
    /* Tail first: head may move on between the two loads but never lags behind that tail. */
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return head - tail;
}
