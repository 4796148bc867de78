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

/* Opens the files with the card's counts, as far as there are any. */
void live_open_card_counts(struct live_interface *interface, const char *name);

/* ---- live_away.c ---- */

int live_away_open(struct live *live, struct err *err) MUST_CHECK;
void live_away_close(struct live *live);

/* The number of the interface of that name; 0 = there is none. */
int live_number_of(const struct live *live, const char *name);

/* Whether there is no interface of its number any more. */
bool live_is_gone(const struct live *live, const struct live_interface *interface);

/* Whether it is down or gone; binds to a new one of its name. Once a second. */
bool live_is_away(struct capture *capture, struct live_interface *interface);

#endif
