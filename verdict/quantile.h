/* SPDX-License-Identifier: BSD-2-Clause */
/* Quantiles of durations from a histogram whose buckets grow with the value: within 7 per cent. */
#ifndef VERDICT_QUANTILE_H
#define VERDICT_QUANTILE_H

#include <stdint.h>

#define QUANTILE_STEPS 8 /* buckets an octave */
#define QUANTILE_BUCKETS (64 * QUANTILE_STEPS)

/* All zero: empty. */
struct quantile {
    uint64_t n;
    uint64_t count[QUANTILE_BUCKETS];
};

/* Negative durations count as 0. */
void quantile_add(struct quantile *quantile, int64_t duration_ns);

/* The duration that `per_cent` (1 to 100) of those added do not exceed, 0 where none was added. */
int64_t quantile_read(const struct quantile *quantile, unsigned per_cent);

#endif
