/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which clients failed, and how often: many small sets in one pool of marks.
 *
 * A set is exact until it reaches its limit or the pool is used up; from then on it says that it
 * is capped and counts the clients that it knows.
 */
#ifndef VERDICT_CLIENTSET_H
#define VERDICT_CLIENTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ipaddr.h"
#include "verdict/event.h"
#include "verdict/lrumap.h"

/* One client of one set. */
struct client_mark {
    uint64_t n_failures;
    uint32_t next; /* of the same set, LRUMAP_NONE = last */
};

struct clientpool {
    struct lrumap map; /* (set, address) to mark */
    struct client_mark *mark;
    uint32_t last_id;
};

/* All zero: empty. */
struct clientset {
    uint32_t id;    /* 0: nothing in it */
    uint32_t first; /* newest mark */
    uint32_t n;
    bool is_capped;
};

size_t clientpool_cost_bytes(uint32_t n_marks);
bool clientpool_create(struct clientpool *pool, struct arena *arena,
                       const struct hash_key *hash_key, uint32_t n_marks) MUST_CHECK;

/* Counts n_failures of a client; a new one only while the set has fewer than n_max. */
void clientset_add(struct clientset *set, struct clientpool *pool, const struct ipaddr *client,
                   uint64_t n_failures, uint32_t n_max);

/* Adds the counts of `from`, which stays as it is. */
void clientset_add_all(struct clientset *set, struct clientpool *pool, const struct clientset *from,
                       uint32_t n_max);

/* Gives the marks back. */
void clientset_clear(struct clientset *set, struct clientpool *pool);

/* The clients with most failures, most first, equal ones by address; returns how many. */
unsigned clientset_top(const struct clientset *set, const struct clientpool *pool,
                       struct incident_client *top, unsigned n_max);

#endif
