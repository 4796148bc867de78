/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which failures get a line of their own when there are too many for the reader (INTERFACE.md 3.6):
 * 50 a second with a burst of 200, and 5 a second for each kind, which is an endpoint and verdict.
 *
 * Nothing is lost: what got no line is in the count of the next one of its kind, or in a line of
 * its own when its incident closes, after a minute, or when the run stops. So the counts of all
 * failure lines add up to the failures, always. Kinds that wait for their line have it kept back
 * from the budget, so that these last lines are within the rate too. When more kinds wait than
 * there is room for, those of one verdict wait together.
 *
 * All functions: judge thread.
 */
#ifndef VERDICT_SUPPRESS_H
#define VERDICT_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "verdict/emitter.h"
#include "verdict/event.h"

struct suppress;
struct suppress_waiting; /* failures of one kind without a line yet */

struct suppress_config {
    uint32_t lines_per_s; /* 0: every failure gets its line (replay, --all) but for: */
    uint32_t flood_lines; /* with lines_per_s 0: SYNs of a flood, beyond so many of a listener at
                             once; 0 = those too */
    uint32_t lines_burst; /* at least 1 */
    uint32_t kind_lines_per_s;
    uint32_t n_kinds;   /* whose rate is known at a time */
    uint32_t n_waiting; /* kinds that wait for a line at a time */
    struct hash_key hash_key;
};

/* The rates above, 1,024 kinds, 64 waiting. The hash key is the caller's. */
struct suppress_config suppress_config_default(void);

size_t suppress_cost_bytes(const struct suppress_config *config);

/* NULL where the arena is too small. Lives as long as the arena. */
struct suppress *suppress_create(struct arena *arena, const struct suppress_config *config);

/* Whether this failure, concluded at ts_ns and learnt of at now_ns, gets a line; event->count is
 * how many it stands for then. Otherwise the event was copied and counted. */
bool suppress_pass(struct suppress *suppress, struct connection_event *event, int64_t ts_ns,
                   int64_t now_ns);

/* Where suppress_pass() of a failure of this kind would hold it back and count it with others that
 * wait: those; NULL where it would not, or nothing waits yet. What is told of them is there
 * already. Valid until another function of these is called. */
struct suppress_waiting *suppress_find_waiting(struct suppress *suppress,
                                               const struct endpoint *server,
                                               enum verdict_id verdict, int64_t now_ns);

/* Counts one more of them, in place of suppress_pass(). */
void suppress_count_in(struct suppress *suppress, struct suppress_waiting *waiting,
                       uint32_t incident);

/* Lines for what has waited for a minute, as far as the rate allows. */
void suppress_tick(struct suppress *suppress, int64_t now_ns, const struct emitter *emitter);

/* Lines for what waits and belongs to the incident: call it before its closing line goes out. */
void suppress_flush_incident(struct suppress *suppress, uint32_t number, int64_t now_ns,
                             const struct emitter *emitter);

/* Lines for all that waits. */
void suppress_flush(struct suppress *suppress, const struct emitter *emitter);

/* Failures without a line of their own so far. */
uint64_t suppress_count(const struct suppress *suppress);

#endif
