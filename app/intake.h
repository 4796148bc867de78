/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a run's packets come from: one capture that feeds all workers, or live, on machines with
 * cores, one for each worker (capture/fanout.h).
 */
#ifndef APP_INTAKE_H
#define APP_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "capture/capture.h"
#include "verdict/snapshot.h"

#define INTAKE_MAX CAPTURE_MAX_OUTPUTS

struct intake {
    struct capture *capture[INTAKE_MAX];
    uint32_t n_captures;
};

/* What intake_open() takes from the arena, at most. */
size_t intake_cost_bytes(const struct capture_config *config, uint32_t n_wanted);

/* Opens `n_wanted` captures that share their packets, or one where the kernel cannot do that. As
 * capture_open(). */
MUST_CHECK int intake_open(struct intake *intake, const struct capture_config *config,
                           uint32_t n_wanted, struct arena *arena, struct err *err);

/* Gives one capture all outputs, or each of several its own: there are as many. */
void intake_attach(struct intake *intake, const struct capture_outputs *outputs);

/* One batch of each, as capture_step(). Returns false once all are at their end. */
bool intake_step(struct intake *intake, int64_t max_wait_ns);

/* Asks for an early end. Any thread; safe in a signal handler. */
void intake_stop(struct intake *intake);

/* Fills what a capture counts. Any thread. */
void intake_count(const struct intake *intake, struct run_totals *total);

void intake_close(struct intake *intake);

#endif
