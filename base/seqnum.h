/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP sequence numbers: order modulo 2^32 (RFC 9293 section 3.4). */
#ifndef BASE_SEQNUM_H
#define BASE_SEQNUM_H

#include <stdbool.h>
#include <stdint.h>

/* How far `to` lies ahead of `from`; negative when it lies behind. Range -2^31 .. 2^31-1. */
static inline int32_t seq_distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

static inline bool seq_before(uint32_t a, uint32_t b)
{
    return seq_distance(b, a) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
    return seq_before(b, a);
}

/* low <= seq <= high, all modulo 2^32. */
static inline bool seq_between(uint32_t low, uint32_t seq, uint32_t high)
{
    return high - low >= seq - low;
}

#endif
