/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failures by endpoint, in a bounded number of series that only grow.
 *
 * An endpoint gets a series once it had an incident; until then, and for all others, its failures
 * add up in "other". So the series begins with what "other" was not told to have: the sum over all
 * series of a family is the number of its failures, and no counter ever goes back. When all series
 * are taken, the one without an open incident that changed least lately ends; from there on its
 * endpoint counts to "other", and the sum lacks what ended.
 */
#ifndef SINK_METRICS_BOOK_H
#define SINK_METRICS_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/snapshot.h"
#include "verdict/verdict.h"

#define METRICS_BOOK_SERIES 200

struct metrics_series {
    struct endpoint server;
    enum family family;
    uint64_t n_failures;  /* what is told */
    uint64_t n_seen;      /* the endpoint's own count at the last update that showed it */
    uint64_t seen_update; /* the number of that update */
    uint64_t moved_update;
    bool is_open; /* an incident is */
};

struct metrics_seen {
    struct endpoint server;
    enum family family;
    uint64_t n_failures;
};

/* All zero: empty. */
struct metrics_book {
    uint64_t n_updates;
    uint32_t n_series;
    struct metrics_series series[METRICS_BOOK_SERIES];
    uint64_t n_ended[FAMILY_COUNT]; /* told by series that are gone */
    uint64_t n_other[FAMILY_COUNT];
    /* the rows of the last update: what of them is in "other" already */
    uint32_t n_seen;
    bool is_seen_cut; /* there were more */
    struct metrics_seen seen[SNAPSHOT_ENDPOINTS_MAX];
};

/* Takes the counts of a newer snapshot. */
void metrics_book_update(struct metrics_book *book, const struct snapshot *now);

#endif
