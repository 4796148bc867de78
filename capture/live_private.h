/* SPDX-License-Identifier: BSD-2-Clause */
/* What live.c and live_open.c share. */
#ifndef CAPTURE_LIVE_PRIVATE_H
#define CAPTURE_LIVE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/live.h"
#include "capture/private.h"

extern const struct capture_ops live_ops;

/* CLOCK_MONOTONIC, and what the wall clock says at the same moment. */
int64_t live_read_clocks(int64_t *wall_ns);

/* What the card says it dropped since it came up; false when it does not say. */
bool live_card_dropped(const struct live_interface *interface, uint64_t *n_pkts);

#endif
