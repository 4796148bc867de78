/* SPDX-License-Identifier: BSD-2-Clause */
/* See rates.h. */
#include "app/rates.h"

#include "base/nanotime.h"

void rates_fill(struct rates *rates, int64_t clock_ns, struct snapshot *now)
{
    uint32_t oldest, last;

    if (clock_ns == NS_NEVER)
        return;
    last = (rates->n + RATES_SECONDS) % (RATES_SECONDS + 1);
    if (rates->n == 0 || clock_ns / NS_PER_S > rates->second[last]) {
        last = rates->n++ % (RATES_SECONDS + 1);
        rates->second[last] = clock_ns / NS_PER_S;
        rates->n_pkts[last] = now->total.n_pkts;
        rates->wire_bytes[last] = now->total.wire_bytes;
    }
    oldest = rates->n > RATES_SECONDS ? rates->n % (RATES_SECONDS + 1) : 0;
    now->n_pkts_10s = now->total.n_pkts - rates->n_pkts[oldest];
    now->wire_bytes_10s = now->total.wire_bytes - rates->wire_bytes[oldest];
}
