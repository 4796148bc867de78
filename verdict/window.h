/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts per slot of time in a ring: the newest slots are kept, late arrivals find theirs.
 *
 * A ring is a slot number and an array, both zero at first. Slot k holds what happened from
 * k * slot_ns on; index of slot k is k modulo the number of slots.
 */
#ifndef VERDICT_WINDOW_H
#define VERDICT_WINDOW_H

#include <limits.h>
#include <stdint.h>

#define WINDOW_LATE UINT_MAX

/* Rounds down, before 1970 too. */
static inline int64_t window_slot(int64_t ts_ns, int64_t slot_ns)
{
    return ts_ns / slot_ns - (ts_ns % slot_ns < 0);
}

/*
 * The index of `slot`, for counting there. A newer slot pushes the oldest ones out. An older one
 * that was pushed out is WINDOW_LATE, unless it is older by more than two rings: then the clock was
 * set back, and the ring begins anew.
 */
unsigned window_enter(int64_t *newest, uint32_t *count, unsigned n_slots, int64_t slot);

/* The index of `slot` for reading: WINDOW_LATE where the ring does not have it. */
unsigned window_index(int64_t newest, unsigned n_slots, int64_t slot);

/* Sum over slots first to last; those that the ring does not have count as 0. */
uint64_t window_sum(int64_t newest, const uint32_t *count, unsigned n_slots, int64_t first,
                    int64_t last);

#endif
