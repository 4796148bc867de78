/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The book of incidents: their slots, their numbers and the lines that tell of them.
 *
 * Life of a slot:
 *
 *   free --take--> (filled in by the caller) --settle--> settling --tick--> open --tick--> closed
 *
 * A settling incident counts failures already, but has no number and no line yet; if something
 * bigger takes it in, nobody ever hears of it. A closed one waits for rules->reopen_ns (settle
 * again: the same number) and longer, until its slot is needed.
 *
 * Two clocks: ts_ns are conclusion times and stand in the lines; due times are those of the judge,
 * who learns of a conclusion only when the flow's hold is over. No line goes back in time.
 */
#ifndef VERDICT_INCIDENT_BOOK_H
#define VERDICT_INCIDENT_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "verdict/emitter.h"
#include "verdict/outbreak.h"
#include "verdict/watch.h"

enum incident_state {
    INCIDENT_STATE_FREE,
    INCIDENT_STATE_SETTLING,
    INCIDENT_STATE_OPEN,
    INCIDENT_STATE_CLOSED,
    INCIDENT_STATE_COUNT
};

struct incident {
    enum incident_state state;
    uint32_t generation;
    uint32_t number; /* 0 before its first line */

    /* Set by whoever took it. */
    enum incident_scope scope;
    enum family family;
    struct endpoint server; /* as in struct incident_event */
    struct ipaddr client;
    struct outbreak outbreak;

    const struct incident_rules *rules;

    /* While it is live. */
    enum incident_rule rule;
    const struct attempts *attempts; /* at what it is about */
    struct watch_failing *failing;   /* SCOPE_ENDPOINT */
    struct watch_client *watched;    /* SCOPE_CLIENT */
    struct incident *into;           /* the bigger one that takes it in; NULL = none */
    struct attempts own;             /* SCOPE_NETWORK and SCOPE_OVERFLOW */
    int64_t opened_ns;
    int64_t heard_ns;     /* judge's clock at the newest failure */
    int64_t line_due_ns;  /* judge's clock: settling: of the line to come, open: of the last one */
    bool follows_load;    /* it was seen to */
    bool is_surer;        /* confidence rose since the last line */
    uint8_t told_highest; /* enum confidence, of all lines */

    int64_t told_ns; /* conclusion time of the last line */
    int64_t closed_ns;
    uint64_t told_failures;
    uint32_t n_updates, n_reopened;
    struct incident_event opening; /* the line to come, while settling */
};

struct incident_book {
    struct watch *watch;
    struct clientpool *pool;
    uint32_t n_slots, n_live_max;
    uint32_t n_live;     /* settling or open, without the overflow incident */
    uint32_t n_networks; /* of them, those of networks, in network[] */
    uint32_t last_number;
    uint64_t n_opened, n_closed;
    int64_t next_due_ns; /* no line is due before */
    struct incident *slot;
    struct incident **network;
    struct verdict_event *draft;
};

size_t incident_book_cost_bytes(uint32_t n_incidents);

/* At most n_incidents (at least 2) are live at a time, one of them for the overflow. */
bool incident_book_create(struct incident_book *book, struct arena *arena, uint32_t n_incidents,
                          struct watch *watch) MUST_CHECK;

static inline bool incident_is_live(const struct incident *incident)
{
    return incident->state == INCIDENT_STATE_SETTLING || incident->state == INCIDENT_STATE_OPEN;
}

/* NULL where the slot has gone to another one. */
struct incident *incident_book_get(const struct incident_book *book, struct incident_ref ref);
struct incident_ref incident_book_ref(const struct incident_book *book,
                                      const struct incident *incident);

/* The newest incident of a network and family, live or closed; NULL: none is remembered. */
struct incident *incident_book_network(const struct incident_book *book, enum family family,
                                       const struct ipaddr *network);

static inline bool incident_book_has_room(const struct incident_book *book)
{
    return book->n_live < book->n_live_max;
}

/* A free slot, at the cost of the one that closed the longest ago. */
struct incident *incident_book_take(struct incident_book *book);

/* Attempts at what a live incident is about, since its first failure. */
uint64_t incident_attempts(const struct incident *incident);

/* Whether a new outbreak now belongs to this closed incident. */
bool incident_may_reopen(const struct incident *incident, int64_t ts_ns);

/* The rule held when the last failure of its outbreak came: the incident is live. Its attempts,
 * failing, watched are set. */
void incident_book_settle(struct incident_book *book, struct incident *incident,
                          enum incident_rule rule);

/* A failure that belongs to a live incident; sets event->incident. */
void incident_book_fail(struct incident_book *book, struct incident *incident,
                        struct connection_event *event, int64_t ts_ns);

/* A live incident becomes a part of `into`: at once where nobody heard of it, else with a line that
 * names `into` as soon as that has a number. */
void incident_book_fold(struct incident_book *book, struct incident *incident,
                        struct incident *into);

/* Every line that is due by now. */
void incident_book_tick(struct incident_book *book, int64_t now_ns, const struct emitter *emitter);

/* Opens what was settling, then closes all. */
void incident_book_finish(struct incident_book *book, int64_t now_ns, enum close_reason reason,
                          const struct emitter *emitter);

#endif
