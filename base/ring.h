/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte ring from one producer thread to one consumer thread.
 *
 * Theory of operation: records lie one behind the other, each a small header and its payload,
 * padded to 16 bytes, never split: where a record does not fit before the end of the memory, a
 * skip record fills the rest and the record starts at the beginning. Two offsets that only grow
 * say how far the producer has published (head) and the consumer released (tail). Each side works
 * on private copies and touches the shared offsets once per batch; each lives on its own cache
 * line.
 *
 *   producer: ring_reserve, write in place, ring_commit, ... , ring_publish
 *   consumer: ring_peek, read in place, ring_peek, ... , ring_release
 *
 * Invariants: tail <= head <= tail + size; both are multiples of 16; a record starts at each
 * offset between them that a walk from tail reaches.
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

    /* consumer */
    alignas(CACHELINE_BYTES) uint64_t read_off; /* end of what was peeked */
    uint64_t head_seen;                         /* some earlier head */

    /* shared */
    alignas(CACHELINE_BYTES) _Atomic uint64_t head; /* producer writes, consumer reads */
    _Atomic bool wants_room;                        /* producer writes, consumer reads */
    alignas(CACHELINE_BYTES) _Atomic uint64_t tail; /* consumer writes, producer reads */
};

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

/* Shows everything committed to the consumer and wakes it if it sleeps: once per batch.
 * Producer only. */
void ring_publish(struct ring *ring);

/* Whether more than `n_bytes` are in use, unpublished ones included. Touches the consumer's cache
 * line only when the answer might be yes. Producer only. */
bool ring_is_above(struct ring *ring, uint64_t n_bytes);

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
