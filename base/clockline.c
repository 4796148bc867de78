/* SPDX-License-Identifier: BSD-2-Clause */
/* See clockline.h. */
#include "base/clockline.h"

#include <stdbool.h>
#include <string.h>

#include "base/nanotime.h"

/* Packets of before a step may come for so long after it. */
#define SETTLED_NS (2 * NS_PER_S)

/* A packet can look that much younger than now: its clock was read on another core. */
#define EARLY_NS NS_PER_MS

void clockline_init(struct clockline *line, int64_t wall_ns, int64_t monotonic_ns)
{
    memset(line, 0, sizeof(*line));
    line->start_ns = wall_ns - monotonic_ns;
    line->seen_ns = wall_ns;
}

void clockline_observe(struct clockline *line, int64_t wall_ns, int64_t monotonic_ns)
{
    int64_t now_ns = clockline_at(line, monotonic_ns);
    int64_t seen_ns = line->seen_ns;
    int64_t ahead_ns = wall_ns - now_ns;
    int64_t step_ns = ahead_ns - line->ahead_ns;
    uint64_t n_steps = counter_read(&line->n_steps);
    struct clockline_step *step;

    line->seen_ns = now_ns;
    if (step_ns < CLOCKLINE_STEP_NS && step_ns > -CLOCKLINE_STEP_NS)
        return;
    line->before_ns = line->ahead_ns;
    line->ahead_ns = ahead_ns;
    line->step_ns = now_ns;
    if (n_steps == CLOCKLINE_STEPS_MAX) {
        counter_set(&line->step[n_steps - 1].ahead_ns, (uint64_t)ahead_ns);
        return;
    }
    step = &line->step[n_steps];
    counter_set(&step->from_ns, (uint64_t)seen_ns);
    counter_set(&step->ahead_ns, (uint64_t)ahead_ns);
    counter_add_release(&line->n_steps, 1);
}

static bool is_fresh(int64_t ns, int64_t now_ns)
{
    return ns <= now_ns + EARLY_NS && ns > now_ns - NS_PER_S;
}

int64_t clockline_place(struct clockline *line, int64_t wall_ns)
{
    uint64_t n_steps = counter_read(&line->n_steps);
    int64_t ns = wall_ns - line->ahead_ns;
    int64_t old_ns = wall_ns - line->before_ns;
    struct counter *from_ns;

    if (n_steps == 0 || line->seen_ns - line->step_ns > SETTLED_NS || is_fresh(ns, line->seen_ns) ||
        !is_fresh(old_ns, line->seen_ns))
        return ns;
    from_ns = &line->step[n_steps - 1].from_ns;
    if (old_ns >= (int64_t)counter_read(from_ns))
        counter_set(from_ns, (uint64_t)(old_ns + 1));
    return old_ns;
}

int64_t clockline_wall(const struct clockline *line, int64_t ns)
{
    for (uint64_t i = counter_read_acquire(&line->n_steps); i > 0; i--) {
        const struct clockline_step *step = &line->step[i - 1];

        if (ns >= (int64_t)counter_read(&step->from_ns))
            return ns + (int64_t)counter_read(&step->ahead_ns);
    }
    return ns;
}
