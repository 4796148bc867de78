/* SPDX-License-Identifier: BSD-2-Clause */
/* See window.h. */
#include "verdict/window.h"

#include <string.h>

static unsigned index_of(unsigned n_slots, int64_t slot)
{
    int64_t rest = slot % (int64_t)n_slots;

    return (unsigned)(rest < 0 ? rest + (int64_t)n_slots : rest);
}

unsigned window_enter(int64_t *newest, uint32_t *count, unsigned n_slots, int64_t slot)
{
    int64_t ahead = slot - *newest;

    if (ahead >= n_slots || ahead < -2 * (int64_t)n_slots)
        memset(count, 0, n_slots * sizeof(*count));
    else if (ahead <= -(int64_t)n_slots)
        return WINDOW_LATE;
    else if (ahead <= 0)
        return index_of(n_slots, slot);
    else
        for (int64_t s = *newest + 1; s <= slot; s++)
            count[index_of(n_slots, s)] = 0;
    *newest = slot;
    return index_of(n_slots, slot);
}

unsigned window_index(int64_t newest, unsigned n_slots, int64_t slot)
{
    return slot > newest || newest - slot >= n_slots ? WINDOW_LATE : index_of(n_slots, slot);
}

uint64_t window_sum(int64_t newest, const uint32_t *count, unsigned n_slots, int64_t first,
                    int64_t last)
{
    int64_t oldest = newest - (int64_t)n_slots + 1;
    uint64_t sum = 0;
    unsigned idx;

    if (first < oldest)
        first = oldest;
    if (last > newest)
        last = newest;
    idx = first <= last ? index_of(n_slots, first) : 0;
    for (int64_t slot = first; slot <= last; slot++) {
        sum += count[idx];
        idx = idx + 1 == n_slots ? 0 : idx + 1;
    }
    return sum;
}
