/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers that are the same in every run (xorshift64*, Vigna 2016): a failure repeats. */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* not 0 */
};

static inline uint32_t random_u32(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)(random->state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}

/* 0 .. n - 1; slightly uneven, which no test minds. */
static inline uint32_t random_below(struct random *random, uint32_t n)
{
    return (uint32_t)((uint64_t)random_u32(random) * n >> 32);
}

#endif
