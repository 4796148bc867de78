/* SPDX-License-Identifier: BSD-2-Clause */
/* One number of bytes -> how large each table and ring is. */
#ifndef APP_MEMORY_H
#define APP_MEMORY_H

#include <stdint.h>

#include "base/err.h"

struct memory_plan {
    uint64_t frame_ring_bytes, note_ring_bytes; /* of each worker */
    uint64_t event_ring_bytes;
    uint32_t n_flows, n_trails, n_tombs; /* of each worker */
    uint32_t n_hosts, n_listeners, n_endpoints;
};

/* Least that makes sense for one worker. */
#define MEMORY_MIN_BYTES (UINT64_C(16) << 20)

/* Splits `memory_bytes` of which `taken_bytes` are spoken for. -EINVAL when it is too little. */
int memory_plan_make(struct memory_plan *plan, uint64_t memory_bytes, uint64_t taken_bytes,
                     uint32_t n_workers, struct err *err) MUST_CHECK;

/* Packets that are kept because the input can be read only once. */
struct memory_kept {
    uint64_t tap_bytes; /* a power of two; 0: none are kept */
    uint64_t store_bytes;
    uint64_t of_tables_bytes; /* so much of it comes out of `memory_bytes` */
};

/* For -w: a quarter of `memory_bytes`. */
struct memory_kept memory_for_writer(uint64_t memory_bytes);

/* For the screen alone: 8 MiB beside it. */
struct memory_kept memory_for_screen(void);

#endif
