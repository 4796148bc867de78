/* SPDX-License-Identifier: BSD-2-Clause */
/* A desk for the tally: successes and failures go in, a snapshot is looked at. Times are
 * milliseconds after DESK_START_NS, an even second. */
#ifndef SUPPORT_TALLY_DESK_H
#define SUPPORT_TALLY_DESK_H

#include <stdint.h>

#include "base/nanotime.h"
#include "verdict/tally.h"

#define DESK_START_NS (INT64_C(1700000000) * NS_PER_S)

struct desk {
    struct arena arena;
    struct tally *tally;
    struct snapshot shown;
};

/* A failure at port 80 of a host; confidence 0: certain. */
struct desk_failure {
    int64_t ms;
    uint8_t host, client;
    enum family family;
    enum verdict_id verdict;
    enum confidence confidence;
    uint32_t incident;
};

/* `config` may be NULL: the default one. */
void desk_open(struct desk *desk, const struct tally_config *config);
void desk_close(struct desk *desk);

static inline int64_t desk_ns(int64_t ms)
{
    return DESK_START_NS + ms * NS_PER_MS;
}

struct endpoint desk_endpoint(uint8_t host, uint16_t port);

/* An attempt and what became of it. */
void desk_succeed(struct desk *desk, int64_t ms, uint8_t host);
void desk_fail(struct desk *desk, const struct desk_failure *failure);

/* The snapshot of a moment, valid until the next one. */
const struct snapshot *desk_look(struct desk *desk, int64_t ms);

#endif
