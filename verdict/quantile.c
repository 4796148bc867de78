/* SPDX-License-Identifier: BSD-2-Clause */
/* See quantile.h. Values below QUANTILE_STEPS have a bucket each; above, an octave has that many.
 */
#include "verdict/quantile.h"

#define STEP_BITS 3

_Static_assert(QUANTILE_STEPS == 1 << STEP_BITS, "the top bits of a value are its step");

static unsigned bucket_of(uint64_t value)
{
    unsigned octave = 0;

    while (value >> octave >= 2 * QUANTILE_STEPS)
        octave++;
    return octave * QUANTILE_STEPS + (unsigned)(value >> octave);
}

/* The middle of the values that share the bucket. */
static uint64_t value_of(unsigned bucket)
{
    unsigned octave = bucket < 2 * QUANTILE_STEPS ? 0 : bucket / QUANTILE_STEPS - 1;
    uint64_t lowest = (uint64_t)(bucket - octave * QUANTILE_STEPS) << octave;

    return lowest + ((UINT64_C(1) << octave) - 1) / 2;
}

void quantile_add(struct quantile *quantile, int64_t duration_ns)
{
    quantile->n++;
    quantile->count[bucket_of(duration_ns > 0 ? (uint64_t)duration_ns : 0)]++;
}

int64_t quantile_read(const struct quantile *quantile, unsigned per_cent)
{
    uint64_t rank = quantile->n / 100 * per_cent + (quantile->n % 100 * per_cent + 99) / 100;
    uint64_t n = 0;

    for (unsigned i = 0; i < QUANTILE_BUCKETS && rank; i++) {
        n += quantile->count[i];
        if (n >= rank)
            return (int64_t)value_of(i);
    }
    return 0;
}
