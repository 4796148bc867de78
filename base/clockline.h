/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of time that never steps, made of a clock that does.
 *
 * Theory of operation: the wall clock can be set, the monotonic clock cannot. What lies between the
 * two stays the same but when somebody sets the wall clock or the machine slept (slewing moves
 * both). Packets have their times from the wall clock; on the line they are moved by what it was
 * ahead since the start, so that timers, and differences between times, do not notice. For people
 * they are moved back: as they were captured.
 *
 * One thread observes and puts times on the line; any thread may ask for the wall's.
 */
#ifndef BASE_CLOCKLINE_H
#define BASE_CLOCKLINE_H

#include <stdint.h>

#include "base/counter.h"

/* Steps that are remembered; beyond, the last one stands for all that follow. */
#define CLOCKLINE_STEPS_MAX 64

/* A smaller difference is not taken for a step: reading two clocks takes time. */
#define CLOCKLINE_STEP_NS INT64_C(10000000)

struct clockline_step {
    struct counter from_ns;  /* on the line */
    struct counter ahead_ns; /* int64_t: of the wall clock from then on */
};

struct clockline {
    int64_t start_ns;  /* wall clock minus monotonic clock in the beginning */
    int64_t ahead_ns;  /* how far the wall clock is ahead of the line now */
    int64_t before_ns; /* and before its last step */
    int64_t step_ns;   /* when that was found, on the line */
    int64_t seen_ns;   /* when the clocks were last observed, on the line */
    struct counter n_steps;
    struct clockline_step step[CLOCKLINE_STEPS_MAX];
};

/* Both clocks read at the same moment. The line begins as the wall clock. */
void clockline_init(struct clockline *line, int64_t wall_ns, int64_t monotonic_ns);

/* Another such moment, now and then: finds steps. */
void clockline_observe(struct clockline *line, int64_t wall_ns, int64_t monotonic_ns);

/* Where a packet lies on the line that was dated by the wall clock, at most a second before the
 * clocks were last observed. Around a step it may have the old time or the new; packets come in
 * their order, so they tell when it was. */
int64_t clockline_place(struct clockline *line, int64_t wall_ns);

/* Any thread: the time on the line of the monotonic clock's time. */
static inline int64_t clockline_at(const struct clockline *line, int64_t monotonic_ns)
{
    return monotonic_ns + line->start_ns;
}

/* Any thread: what the wall clock said then. */
int64_t clockline_wall(const struct clockline *line, int64_t ns);

#endif
