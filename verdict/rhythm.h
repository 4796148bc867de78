/* SPDX-License-Identifier: BSD-2-Clause */
/* The newest times at which something happened, to see whether it happens in step. */
#ifndef VERDICT_RHYTHM_H
#define VERDICT_RHYTHM_H

#include <stdint.h>

#define RHYTHM_TIMES 8

/* All zero: none yet. */
struct rhythm {
    int64_t at_ns[RHYTHM_TIMES]; /* ascending */
    uint32_t n;                  /* of them */
};

/* Times may come out of order; the newest are kept. */
void rhythm_add(struct rhythm *rhythm, int64_t ts_ns);
void rhythm_add_all(struct rhythm *rhythm, const struct rhythm *from);

/* The usual time from one to the next, where they are so many that it shows and no gap differs by
 * more than a fifth; 0 where there is no such time. */
int64_t rhythm_period_ns(const struct rhythm *rhythm);

#endif
