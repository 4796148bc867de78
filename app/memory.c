/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See memory.h. Rings and side tables take fixed shares that grow with the whole up to a point;
 * the flow table takes what is left, because it is what more memory buys.
 */
#include "app/memory.h"

#include <errno.h>
#include <inttypes.h>

#include "app/judging.h"
#include "flowtable/track.h"

#define MIB (UINT64_C(1) << 20)

/* Up to so many workers share the same memory in the same way, so that the room for flows, which
 * the start event tells, is the same: a replay's lines do not depend on the number of workers. */
#define LANES_PLANNED 4

/* Bytes of the workers' tables for n flows in all, found by the functions that build them. */
static uint64_t trackers_bytes(const struct memory_plan *plan, uint32_t n_lanes, uint32_t n_flows)
{
    struct tracker_config config = {
        .n_flows = n_flows / n_lanes, .n_trails = plan->n_trails, .n_tombs = plan->n_tombs};

    return n_lanes * tracker_cost_bytes(&config);
}

/* The greatest number of flows whose tables fit. */
static uint32_t fit_flows(const struct memory_plan *plan, uint32_t n_lanes, uint64_t room_bytes)
{
    uint32_t low = 0;
    uint32_t high = UINT32_C(1) << 30;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (trackers_bytes(plan, n_lanes, middle) <= room_bytes)
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
    uint32_t n_lanes = n_workers > LANES_PLANNED ? n_workers : LANES_PLANNED;
    struct judging_config judging = {0};
    uint64_t fixed_bytes, planned_ring_bytes;
    uint32_t n_flows = 0;

    if (memory_bytes < MEMORY_MIN_BYTES)
        return err_set(err, -EINVAL, "--memory %" PRIu64 " MiB is too little: at least %" PRIu64,
                       memory_bytes / MIB, MEMORY_MIN_BYTES / MIB);
    *plan = (struct memory_plan){
        .frame_ring_bytes = 1 * MIB,
        .note_ring_bytes = MIB / 4,
        .event_ring_bytes = is_small ? MIB / 2 : 1 * MIB,
        .n_trails = 256, /* and what room the flow table has to spare */
        .n_tombs = is_small ? 1024 : 4096,
        .n_hosts = is_small ? 2048 : 8192,
        .n_listeners = is_small ? 2048 : 8192,
        .n_endpoints = is_small ? 1024 : 4096,
    };
    judging.n_hosts = plan->n_hosts;
    judging.n_listeners = plan->n_listeners;
    judging.n_endpoints = plan->n_endpoints;
    planned_ring_bytes = plan->frame_ring_bytes + plan->note_ring_bytes;
    fixed_bytes = taken_bytes + plan->event_ring_bytes + judging_cost_bytes(&judging) +
                  n_lanes * planned_ring_bytes;
    if (fixed_bytes < memory_bytes)
        n_flows = fit_flows(plan, n_lanes, memory_bytes - fixed_bytes);
    if (n_flows < 1024 * n_lanes)
        return err_set(err, -EINVAL,
                       "--memory %" PRIu64 " MiB is too little for %" PRIu32 " threads",
                       memory_bytes / MIB, n_workers);
    /* What fewer workers leave goes to their rings and trails, by a power of two. */
    for (uint32_t share = 2 * n_workers; share <= n_lanes; share *= 2) {
        plan->frame_ring_bytes *= 2;
        plan->note_ring_bytes *= 2;
        plan->n_trails *= 2;
        plan->n_tombs *= 2;
    }
    plan->n_flows = n_flows / n_lanes * n_lanes / n_workers;
    /* An index of a power of two may not halve or double with the lanes. */
    fixed_bytes += n_workers * (plan->frame_ring_bytes + plan->note_ring_bytes);
    fixed_bytes -= n_lanes * planned_ring_bytes;
    n_flows = fit_flows(plan, n_workers, memory_bytes - fixed_bytes) / n_workers;
    if (n_flows < plan->n_flows)
        plan->n_flows = n_flows;
    return 0;
}

struct memory_kept memory_for_writer(uint64_t memory_bytes)
{
    struct memory_kept kept = {.tap_bytes = 1 * MIB, .of_tables_bytes = memory_bytes / 4};

    while (kept.tap_bytes * 16 <= memory_bytes / 4 && kept.tap_bytes < 16 * MIB)
        kept.tap_bytes *= 2;
    kept.store_bytes = memory_bytes / 4 - kept.tap_bytes;
    return kept;
}

struct memory_kept memory_for_screen(void)
{
    return (struct memory_kept){.tap_bytes = 1 * MIB, .store_bytes = 7 * MIB};
}
