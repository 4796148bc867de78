/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See memory.h. Rings and side tables take fixed shares that grow with the whole up to a point;
 * the flow table takes what is left, because it is what more memory buys.
 */
#include "app/memory.h"

#include <errno.h>
#include <inttypes.h>

#include "flowtable/track.h"
#include "verdict/hosts.h"

#define MIB (UINT64_C(1) << 20)

/* Bytes of a table of n flows, found by the functions that build it. */
static uint64_t tracker_bytes(const struct memory_plan *plan, uint32_t n_flows)
{
    struct tracker_config config = {
        .n_flows = n_flows, .n_trails = plan->n_trails, .n_tombs = plan->n_tombs};

    return tracker_cost_bytes(&config);
}

/* The greatest number of flows whose table fits. */
static uint32_t fit_flows(const struct memory_plan *plan, uint64_t room_bytes)
{
    uint32_t low = 0;
    uint32_t high = UINT32_C(1) << 28;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (tracker_bytes(plan, middle) <= room_bytes)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int memory_plan_make(struct memory_plan *plan, uint64_t memory_bytes, uint64_t taken_bytes,
                     uint32_t n_workers, struct err *err)
{
    bool is_small = memory_bytes < 128 * MIB;
    uint64_t fixed_bytes;

    if (memory_bytes < MEMORY_MIN_BYTES)
        return err_set(err, -EINVAL, "--memory %" PRIu64 " MiB is too little: at least %" PRIu64,
                       memory_bytes / MIB, MEMORY_MIN_BYTES / MIB);
    *plan = (struct memory_plan){
        .frame_ring_bytes = is_small ? 1 * MIB : 4 * MIB,
        .note_ring_bytes = is_small ? MIB / 2 : 1 * MIB,
        .event_ring_bytes = is_small ? MIB / 2 : 1 * MIB,
        .n_trails = is_small ? 1024 : 4096,
        .n_tombs = is_small ? 4096 : 32768,
        .n_hosts = is_small ? 2048 : 8192,
        .n_listeners = is_small ? 2048 : 8192,
    };
    fixed_bytes = taken_bytes + plan->event_ring_bytes +
                  hosts_cost_bytes(plan->n_hosts, plan->n_listeners) +
                  n_workers * (plan->frame_ring_bytes + plan->note_ring_bytes);
    if (fixed_bytes < memory_bytes)
        plan->n_flows = fit_flows(plan, (memory_bytes - fixed_bytes) / n_workers);
    if (plan->n_flows < 1024)
        return err_set(err, -EINVAL,
                       "--memory %" PRIu64 " MiB is too little for %" PRIu32 " threads",
                       memory_bytes / MIB, n_workers);
    return 0;
}
