/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture's counters once a second, for rates over the last ten. */
#ifndef APP_RATES_H
#define APP_RATES_H

#include <stdint.h>

#include "verdict/snapshot.h"

#define RATES_SECONDS 10

/* Zeroed is empty. */
struct rates {
    int64_t second[RATES_SECONDS + 1];
    uint64_t n_pkts[RATES_SECONDS + 1], wire_bytes[RATES_SECONDS + 1];
    uint32_t n; /* samples taken */
};

/* Fills in packets and bytes of the last ten seconds. `clock_ns` is that of the run, which does not
 * step back; NS_NEVER: before its first packet. */
void rates_fill(struct rates *rates, int64_t clock_ns, struct snapshot *now);

#endif
