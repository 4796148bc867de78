/* SPDX-License-Identifier: BSD-2-Clause */
/* See rhythm.h. */
#include "verdict/rhythm.h"

#include <string.h>

#include "verdict/incident_limits.h"

void rhythm_add(struct rhythm *rhythm, int64_t ts_ns)
{
    uint32_t at = rhythm->n;

    if (rhythm->n == RHYTHM_TIMES) {
        if (ts_ns < rhythm->at_ns[0])
            return;
        memmove(rhythm->at_ns, rhythm->at_ns + 1, (RHYTHM_TIMES - 1) * sizeof(rhythm->at_ns[0]));
        at = --rhythm->n;
    }
    for (; at > 0 && rhythm->at_ns[at - 1] > ts_ns; at--)
        rhythm->at_ns[at] = rhythm->at_ns[at - 1];
    rhythm->at_ns[at] = ts_ns;
    rhythm->n++;
}

void rhythm_add_all(struct rhythm *rhythm, const struct rhythm *from)
{
    for (uint32_t i = 0; i < from->n; i++)
        rhythm_add(rhythm, from->at_ns[i]);
}

int64_t rhythm_period_ns(const struct rhythm *rhythm)
{
    int64_t n_gaps = (int64_t)rhythm->n - 1, usual_ns;

    if (rhythm->n < INCIDENT_PERIODIC_FAILURES)
        return 0;
    usual_ns = (rhythm->at_ns[n_gaps] - rhythm->at_ns[0]) / n_gaps;
    if (usual_ns < INCIDENT_PERIOD_NS)
        return 0;
    for (uint32_t i = 1; i < rhythm->n; i++) {
        int64_t off_ns = rhythm->at_ns[i] - rhythm->at_ns[i - 1] - usual_ns;

        if (off_ns > usual_ns / 5 || -off_ns > usual_ns / 5)
            return 0;
    }
    return usual_ns;
}
