/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may become an incident: who fails where, for every endpoint and client of the last minutes.
 *
 * Three tables. A place is an address and port with the attempts judged there, good or bad. A
 * failing is a place and a family: the failures that belong together but are no incident yet.
 * A client has the endpoints that it failed against. When a table is full, what was quiet for
 * longest makes room, but only if it was quiet for as long as closes an incident: otherwise the
 * newcomer is not watched, and the caller counts it as overflow.
 */
#ifndef VERDICT_WATCH_H
#define VERDICT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "verdict/clientset.h"
#include "verdict/incident_rules.h"
#include "verdict/lrumap.h"
#include "verdict/outbreak.h"

/* Names an incident for as long as its slot is not used for another one. All zero: none. */
struct incident_ref {
    uint32_t idx, generation;
};

struct watch_place {
    struct attempts attempts;
    int64_t last_ns;        /* of the newest judgement */
    uint32_t first_failing; /* LRUMAP_NONE = none */
    uint32_t n_pinned;      /* failings with a live incident */
};

struct watch_failing {
    struct outbreak pending;                /* while no incident is live */
    int64_t forged_ns[INCIDENT_FORGED_MAX]; /* the newest rules->forged_failures */
    struct incident_ref incident;           /* live, or closed and to be reopened */
    uint32_t place_idx, next;               /* of the same place, LRUMAP_NONE = last */
    bool is_pinned;                         /* its incident is live */
};

/* An endpoint that a client failed against. */
struct watch_target {
    struct endpoint server;
    int64_t last_ns;
    bool is_gone; /* it used to answer, and has answered nobody since this client's trouble began */
};

struct watch_client {
    struct attempts attempts;
    struct outbreak pending;
    struct incident_ref incident;
    bool is_pinned;
    uint32_t n_targets; /* of the last INCIDENT_CLIENT_WINDOW_NS */
    struct watch_target target[INCIDENT_CLIENT_ENDPOINTS];
};

struct watch {
    int64_t now_ns; /* judge's clock: greatest seen; kept by the caller */
    const struct incident_rules *rules;
    struct clientpool *pool;
    struct lrumap places, failings, clients;
    struct watch_place *place;
    struct watch_failing *failing;
    struct watch_client *client;
};

struct watch_sizes {
    uint32_t n_places, n_failings, n_clients;
    const struct incident_rules *rules; /* as long as the watch */
    struct hash_key hash_key;
};

size_t watch_cost_bytes(const struct watch_sizes *sizes);

/* `pool` must outlive it. */
bool watch_create(struct watch *watch, struct arena *arena, const struct watch_sizes *sizes,
                  struct clientpool *pool) MUST_CHECK;

/* Each finds the record or, where `may_add`, makes it. NULL where it is not there, or where
 * there is no room. */
struct watch_place *watch_place(struct watch *watch, const struct endpoint *server, int64_t ts_ns,
                                bool may_add);
struct watch_failing *watch_failing(struct watch *watch, struct watch_place *place,
                                    const struct connection_event *event, int64_t ts_ns,
                                    bool may_add);
struct watch_client *watch_client(struct watch *watch, const struct ipaddr *addr, bool may_add);

/* Adds a failure to what is pending at a place, after forgetting what does not belong to it: older
 * failures do as long as they are not older than the window, nothing succeeded, or a bucket of the
 * window is bad. */
void watch_failing_add(struct watch *watch, struct watch_failing *failing,
                       const struct connection_event *event, int64_t ts_ns);

/* The same for a client. True: it failed against so many endpoints that this is an incident. */
bool watch_client_add(struct watch *watch, struct watch_client *client,
                      const struct watch_place *place, const struct connection_event *event,
                      int64_t ts_ns);

/* A live incident keeps its records from being thrown out. Either argument may be NULL. */
void watch_pin(struct watch *watch, struct watch_failing *failing, struct watch_client *client,
               bool is_pinned);

/* Whether a failing is of that family and network. */
bool watch_is_failing_in(const struct watch *watch, uint32_t failing_idx, enum family family,
                         const struct ipaddr *network);

/* The /24 or /64 that an address is in. */
struct ipaddr watch_network(const struct ipaddr *addr);

#endif
