/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte ring from one producer thread to one consumer thread.
 *
 * Theory of operation: records lie one behind the other, each a small header and its payload,
 * padded to 16 bytes, never split: where a record does not fit before the end of the memory, a
 * skip record fills the rest and the record starts at the beginning. Two offsets that only grow
 * say how far the producer has published (head) and the consumer released (tail). Each side works
 * on private copies and touches the shared offsets once per batch; each lives on its own cache
 * line. Up to straight_end_off the producer need not ask anything: the memory goes on that far, and
 * the consumer has done with it.
 *
 *   producer: ring_reserve, write in place, ring_commit, ... , ring_publish
 *         or: ring_append_straight, write in place, ... , ring_publish
 *   consumer: ring_peek, read in place, ring_peek, ... , ring_release
 *
 * Invariants: tail <= head <= tail + size; both are multiples of 16; a record starts at each
 * offset between them that a walk from tail reaches; straight_end_off <= tail + size, and no record
 * that ends there passes the end of the memory.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/park.h"

/* A payload begins at a multiple of 8. */
#define RING_ALIGN_BYTES 16
#define RING_HEADER_BYTES 8
#define RING_MIN_BYTES 64

/* So far ahead of what it writes the producer asks for the lines, which the consumer's core still
 * holds. Any distance from 512 to 2,048 saves the capture thread a tenth of its time. */
#define RING_AHEAD_BYTES 1024

/* At the start of each record. */
struct ring_record {
    uint32_t payload_bytes;
    uint32_t unused; /* keeps the payload at a multiple of 8 */
};

_Static_assert(sizeof(struct ring_record) == RING_HEADER_BYTES, "the header is what it says");

struct ring {
    /* constant after ring_init */
    uint8_t *memory;
    uint64_t size_bytes;        /* a power of two */
    struct park *consumer_park; /* where the consumer sleeps; NULL: it never does */
    struct park *producer_park; /* where the producer sleeps; NULL: it never does */

    /* producer */
    alignas(CACHELINE_BYTES) uint64_t write_off; /* end of what is committed */
    uint64_t reserved_off;                       /* where the open reservation's record starts */
    uint64_t reserved_bytes;                     /* its payload */
    uint64_t wanted_bytes;                       /* free room the last refused reserve needed */
    uint64_t tail_seen;                          /* some earlier tail */
    uint64_t straight_end_off;                   /* a record that ends there needs no reserve */

    /* consumer */
    alignas(CACHELINE_BYTES) uint64_t read_off; /* end of what was peeked */
    uint64_t head_seen;                         /* some earlier head */

    /* shared */
    alignas(CACHELINE_BYTES) _Atomic uint64_t head; /* producer writes, consumer reads */
    _Atomic bool wants_room;                        /* producer writes, consumer reads */
    alignas(CACHELINE_BYTES) _Atomic uint64_t tail; /* consumer writes, producer reads */
};

static inline struct ring_record *ring_record_at(const struct ring *ring, uint64_t off)
{
    return (void *)(ring->memory + (off & (ring->size_bytes - 1)));
}

static inline uint64_t ring_record_bytes(uint64_t payload_bytes)
{
    return (RING_HEADER_BYTES + payload_bytes + RING_ALIGN_BYTES - 1) &
           ~(uint64_t)(RING_ALIGN_BYTES - 1);
}

/* `memory` (aligned to RING_ALIGN_BYTES) and the parks outlive the ring; `size_bytes` is a power
 * of two, at least RING_MIN_BYTES. Several rings may share a park. Before the threads start. */
void ring_init(struct ring *ring, void *memory, uint64_t size_bytes, struct park *consumer_park,
               struct park *producer_park);

/* The largest payload that always fits an empty ring. */
uint64_t ring_max_bytes(const struct ring *ring);

/* Room for `n_bytes` (<= ring_max_bytes) in place, or NULL when the ring is full. Unpublished
 * until commit and publish; a second reserve without commit replaces the first. Producer only. */
void *ring_reserve(struct ring *ring, size_t n_bytes);

/* Keeps the first `n_bytes` (<= what was reserved) of the reservation. Producer only. */
void ring_commit(struct ring *ring, size_t n_bytes);

/* Two lines: most records are no longer. */
static inline void ring_fetch_ahead(const struct ring *ring, uint64_t off)
{
    __builtin_prefetch(ring_record_at(ring, off + RING_AHEAD_BYTES), 1);
    __builtin_prefetch(ring_record_at(ring, off + RING_AHEAD_BYTES + CACHELINE_BYTES), 1);
}

/* A reserve and its commit in one where nothing must be asked; else NULL, and ring_reserve() knows
 * more. The bytes are written after it and before the next publish. Drops an open reservation.
 * Producer only. */
static inline void *ring_append_straight(struct ring *ring, size_t n_bytes)
{
    uint64_t record_end_off = ring->write_off + ring_record_bytes(n_bytes);
    struct ring_record *record = ring_record_at(ring, ring->write_off);

    if (record_end_off > ring->straight_end_off)
        return NULL;
    ring_fetch_ahead(ring, record_end_off);
    record->payload_bytes = (uint32_t)n_bytes;
    ring->write_off = record_end_off;
    return record + 1;
}

/* Shows everything committed to the consumer and wakes it if it sleeps: once per batch.
 * Producer only. */
void ring_publish(struct ring *ring);

/* In use, unpublished ones included, as far as the producer knows: no less. Producer only. */
static inline uint64_t ring_used_at_most(const struct ring *ring)
{
    return ring->write_off - ring->tail_seen;
}

/* Whether more than `n_bytes` are in use, unpublished ones included. Touches the consumer's cache
 * line only when the answer might be yes. Producer only. */
static inline bool ring_is_above(struct ring *ring, uint64_t n_bytes)
{
    if (ring_used_at_most(ring) <= n_bytes)
        return false;
    /* Pairs with the store in ring_release. */
    ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return ring_used_at_most(ring) > n_bytes;
}

/* After a refused reserve: publishes, then sleeps until what was refused fits and half of the ring
 * is free (so that the two do not wake each other for every record), or `timeout_ns` are over;
 * false means call again. Producer only. */
bool ring_wait_room(struct ring *ring, int64_t timeout_ns);

/* The next record's payload in place and its size, or NULL when there is none. Valid until
 * ring_release. Consumer only. */
const void *ring_peek(struct ring *ring, size_t *n_bytes);

/* Gives back everything peeked so far. Consumer only. */
void ring_release(struct ring *ring);

/* Whether ring_peek would find something. Consumer only. */
bool ring_is_readable(const struct ring *ring);

/* Sleeps until the ring is readable or `timeout_ns` are over; false means call again. To sleep on
 * several rings that share a park: park_wait with ring_is_readable. Consumer only. */
bool ring_wait_readable(struct ring *ring, int64_t timeout_ns);

/* Published and not yet released, headers and padding included. Any thread; a snapshot. */
uint64_t ring_used_bytes(const struct ring *ring);

#endif
