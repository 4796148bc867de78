/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The latest connection attempts, to find the leg behind a proxy: who tried to reach whom while
 * a request waited, and what became of it. Bounded: the newest push out the oldest. Owned by the
 * judge thread, inside struct hosts.
 */
#ifndef VERDICT_LEGS_H
#define VERDICT_LEGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "flowtable/note.h"
#include "verdict/endpoint.h"

enum leg_end {
    LEG_WAITING, /* no handshake as yet */
    LEG_OPEN,
    LEG_REFUSED,
    LEG_REJECTED, /* by ICMP */
    LEG_TIMED_OUT,
    LEG_RESET,
    LEG_CLOSED,
    LEG_END_COUNT
};

struct leg {
    uint64_t first_frame; /* 0 = empty */
    int64_t first_ns, end_ns;
    struct ipaddr client;
    struct endpoint server;
    uint8_t end; /* enum leg_end */
};

struct legs {
    struct leg *leg;
    uint32_t mask;
};

/* n_max: a power of two. */
size_t legs_cost_bytes(uint32_t n_max);
int legs_create(struct legs *legs, struct arena *arena, uint32_t n_max) MUST_CHECK;

void legs_note(struct legs *legs, const struct flow_note *note);

/* An attempt of `client` that failed between the two times, or began between them and was not
 * connected at the later one. NULL where there is none. Valid until the next legs_note(). */
const struct leg *legs_failed(const struct legs *legs, const struct ipaddr *client, int64_t from_ns,
                              int64_t to_ns);

/* "refused it"; static string. */
const char *leg_end_name(enum leg_end end);

#endif
