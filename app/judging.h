/* SPDX-License-Identifier: BSD-2-Clause */
/* Hops 5 to 7: the workers' notes, merged -> hosts, verdicts, incidents, snapshots -> events. */
#ifndef APP_JUDGING_H
#define APP_JUDGING_H

#include <stdbool.h>
#include <stdint.h>

#include "app/hostwatch.h"
#include "base/arena.h"
#include "base/latest.h"
#include "base/ring.h"
#include "verdict/emitter.h"
#include "verdict/hosts.h"
#include "verdict/incident.h"
#include "verdict/judge.h"
#include "verdict/snapshot.h"
#include "verdict/suppress.h"
#include "verdict/tally.h"

#define JUDGING_WORKERS_MAX 64

struct judging_config {
    uint32_t n_hosts, n_listeners; /* powers of two */
    uint32_t n_endpoints;          /* that incidents and tally know at a time */
    struct hash_key hash_key;
    const struct incident_rules *incident_rules; /* NULL = the usual ones */
    const struct ipaddr *local; /* addresses of the capturing host; NULL in replay */
    uint32_t n_local;
    struct hostwatch *watch; /* host evidence; NULL = none */
    bool is_by_time;         /* workers number packets on their own: only time orders their notes */
    bool is_light;           /* --light left out most packets of open connections */
    bool report_all;         /* also connections that did not fail */
    bool has_screen;         /* snapshots have words for the latest failures */
    bool is_replay;          /* failure lines are not rate-limited: a file is finite */
    bool may_lose_events;    /* live: a full event ring costs lines, counted, rather than packets */
    int64_t stats_interval_ns; /* of EVENT_STATS, by the clock of the capture; 0 = none */
};

/* Inline runs: makes room in the event ring by letting the sinks work. */
typedef void (*judging_full_fn)(void *ctx);

struct judging {
    struct judging_config config;
    struct ring *notes[JUDGING_WORKERS_MAX];
    const struct ring *frames[JUDGING_WORKERS_MAX]; /* only to see how full they are */
    uint32_t n_workers;
    struct ring *events;
    struct latest *snapshots;
    judging_full_fn on_full; /* NULL: wait for the main thread */
    void *on_full_ctx;

    struct hosts hosts;
    struct incidents *incidents;
    struct tally *tally;
    struct suppress *suppress;
    struct emitter emitter; /* where incidents and held-back lines go */
    struct judge_context context;
    struct host_evidence host; /* of the note at hand; context.host points here */
    struct flow_note spread;   /* the note at hand, where one SYN is all that it tells */
    uint64_t n_events_lost;
    int64_t now_ns;   /* capture clock, NS_NEVER before the first note */
    int64_t start_ns; /* of the first packet that a note told of */
    struct worker_gauges gauges[JUDGING_WORKERS_MAX];
    const struct flow_note *head[JUDGING_WORKERS_MAX]; /* peeked, not yet taken; NULL = none */
    uint32_t n_ticks;     /* of all workers: a multiple of n_workers is a time for all of them */
    int64_t stats_due_ns; /* NS_NEVER before the first tick */
    bool has_ended[JUDGING_WORKERS_MAX]; /* its NOTE_END was taken */
    bool is_finished;                    /* incidents are closed, all is said */
};

size_t judging_cost_bytes(const struct judging_config *config);

/* The rings are set by the caller before the first step. */
int judging_create(struct judging *judging, struct arena *arena,
                   const struct judging_config *config) MUST_CHECK;

/* Takes what notes there are, as far as their order is certain, and publishes events. Returns
 * false once every worker has ended and the last event is out. */
bool judging_step(struct judging *judging);

/* All of *draft as of the notes taken so far. judging_snapshot.c. */
void judging_fill_snapshot(const struct judging *judging, struct snapshot *draft);

/* Publishes the state of the run. Call it some ten times a second, and at the end. */
void judging_publish(struct judging *judging);

#endif
