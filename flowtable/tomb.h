/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is remembered of ended flows, for TOMB_KEPT_NS: enough to know a late packet from a new
 * connection, and a reused tuple from a fresh one. A four-way table: the oldest of a set gives
 * way. Private to flowtable/.
 */
#ifndef FLOWTABLE_TOMB_H
#define FLOWTABLE_TOMB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/nanotime.h"
#include "flowtable/facts.h"

/* Longer than TIME_WAIT anywhere (2 MSL, RFC 9293 section 3.4.2). */
#define TOMB_KEPT_NS (240 * NS_PER_S)

struct tomb {
    uint64_t hash;    /* of the flow's key, 64 bits taken for the key; not 0 */
    int64_t ended_ns; /* last packet of the flow */
    uint32_t client_isn;
    bool is_isn_known;
    struct previous_facts previous; /* what a connection that reuses the tuple gets to know of it */
};

#define TOMB_WAYS 4

/* What a look for a tomb touches: one cache line. */
struct tomb_set {
    uint64_t hash[TOMB_WAYS]; /* 0 = empty */
    int64_t ended_ns[TOMB_WAYS];
};

struct tombs {
    struct tomb_set *set;
    struct tomb *tomb; /* TOMB_WAYS of each set */
    uint32_t set_mask;
};

size_t tombs_cost_bytes(uint32_t n_max);

/* n_max: a power of two, at least 4. */
int tombs_create(struct tombs *tombs, struct arena *arena, uint32_t n_max) MUST_CHECK;

/* Brings what tombs_find() and tombs_add() will look at into the cache. */
static inline void tombs_prefetch(const struct tombs *tombs, uint64_t hash)
{
    __builtin_prefetch(&tombs->set[(uint32_t)(hash >> 32) & tombs->set_mask]);
}

void tombs_add(struct tombs *tombs, const struct tomb *tomb);

/* NULL where none is known that is younger than TOMB_KEPT_NS. */
const struct tomb *tombs_find(const struct tombs *tombs, uint64_t hash, int64_t now_ns);

#endif
