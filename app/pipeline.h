/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads and what lies between them: capture -> workers -> judge -> main.
 *
 * All memory is mapped at the start and bounded by `memory_bytes`; docs/threads.md says who owns
 * what.
 */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "capture/capture.h"
#include "verdict/event.h"
#include "verdict/incident_limits.h"
#include "verdict/snapshot.h"

struct pipeline;
struct intake;

struct pipeline_config {
    struct capture_config capture;
    uint32_t n_workers;    /* 1 .. 64 */
    uint64_t memory_bytes; /* flow tables, rings, hosts, incidents: all of it */
    uint64_t tap_bytes;    /* of a ring for copies of all packets, a power of two; 0 = none. Not
                              part of memory_bytes */
    uint64_t hash_seed;    /* no output depends on it */
    bool is_live;
    bool report_all;
    bool has_screen;           /* snapshots have words for the latest failures */
    bool is_deaf;              /* reads nothing above TCP: only to measure what that costs */
    int64_t stats_interval_ns; /* of EVENT_STATS by the clock of the capture; 0 = none */
    const struct incident_rules *incident_rules; /* NULL = the usual ones */
    bool wants_host_evidence;   /* ask this host's kernel of its listeners (app/hostwatch.h) */
    const struct ipaddr *local; /* addresses of this host; NULL in replay */
    uint32_t n_local;
};

/* What main wants to see: called on the thread that runs the pipeline's end. */
struct pipeline_outlet {
    void *ctx;
    void (*event)(void *ctx, const struct verdict_event *event);
};

/* Whether the memory does for what is asked of it. Opens and takes nothing. */
int pipeline_check(const struct pipeline_config *config, struct err *err) MUST_CHECK;

/* Opens the inputs and takes all memory; starts nothing. */
int pipeline_open(struct pipeline **pipeline, const struct pipeline_config *config,
                  struct err *err) MUST_CHECK;

/* Starts capture, workers and judge, each on a thread. */
int pipeline_start(struct pipeline *pipeline, struct err *err) MUST_CHECK;

/* Gives waiting events to the outlet; waits at most `wait_ns` for the first. Returns false when
 * the run is over and every event was given. Main thread. */
bool pipeline_poll(struct pipeline *pipeline, const struct pipeline_outlet *outlet,
                   int64_t wait_ns);

/* The whole run on the calling thread instead: for tests, fuzzing and machines without a second
 * core. Same events as with threads. */
void pipeline_run_inline(struct pipeline *pipeline, const struct pipeline_outlet *outlet);

/* Asks for an early end. Any thread; safe in a signal handler. */
void pipeline_stop(struct pipeline *pipeline);

/* The newest state, with the capture's counters filled in. Main thread; valid until the next
 * call. */
const struct snapshot *pipeline_snapshot(struct pipeline *pipeline, bool *is_new);

/* Times of the first packet read and of the last, NS_NEVER where none was. */
int64_t pipeline_first_ns(const struct pipeline *pipeline);
int64_t pipeline_last_ns(const struct pipeline *pipeline);

/* Events that no outlet was given yet. */
uint64_t pipeline_events_queued(const struct pipeline *pipeline);

/* Copies of all packets, with tap_bytes: whoever asks is the one consumer. */
struct ring *pipeline_tap(struct pipeline *pipeline);

/* The first; live there may be several, each with a share of the same interfaces' packets. */
const struct capture *pipeline_capture(const struct pipeline *pipeline);
const struct intake *pipeline_intake(const struct pipeline *pipeline);
/* Why there is no host evidence though it is wanted; code 0 = there is. */
const struct err *pipeline_watch_err(const struct pipeline *pipeline);
uint32_t pipeline_max_flows(const struct pipeline *pipeline);
uint32_t pipeline_max_endpoints(const struct pipeline *pipeline);
uint64_t pipeline_memory_bytes(const struct pipeline *pipeline);

/* Joins the threads (after a stop, or when pipeline_poll has returned false) and gives all memory
 * back. NULL is fine. */
void pipeline_close(struct pipeline *pipeline);

#endif
