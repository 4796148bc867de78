/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures of many failures in little memory: when they happened, and how a quantity spreads.
 * Both are exact while there are few and get coarser by halves, the same way every time.
 */
#ifndef SINK_REPORT_SERIES_H
#define SINK_REPORT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#define REPORT_SERIES_EXACT 128
#define REPORT_SERIES_BUCKETS 256
#define REPORT_SPREAD_KEPT 64

struct report_instant {
    int64_t at_ns;
    uint64_t n;
};

/* Zeroed is empty. */
struct report_series {
    uint64_t n;
    int64_t first_ns, last_ns; /* valid where n > 0 */
    int64_t width_ns;          /* of a bucket; 0: the instants are kept as they are */
    int64_t first_idx;         /* bucket[0] is the time from first_idx * width_ns on */
    uint32_t n_instants;       /* valid where width_ns is 0 */
    union {
        struct report_instant instant[REPORT_SERIES_EXACT]; /* in the order they came */
        uint64_t bucket[REPORT_SERIES_BUCKETS];
    };
};

void report_series_add(struct report_series *series, int64_t at_ns, uint64_t n);
void report_series_merge(struct report_series *into, const struct report_series *from);

/* Adds the counts to `column[n_columns]`, each `column_ns` wide, the first from `start_ns` on.
 * What lies outside goes to the nearest column. */
void report_series_columns(const struct report_series *series, int64_t start_ns, int64_t column_ns,
                           uint64_t *column, unsigned n_columns);

/* The usual time from one to the next; *is_steady: no gap differs from it by more than a fifth.
 * 0 where there are fewer than four. */
int64_t report_series_cadence_ns(const struct report_series *series, bool *is_steady);

/* Zeroed is empty. */
struct report_spread {
    uint64_t n;
    int64_t min, max; /* valid where n > 0 */
    uint64_t stride;  /* every so many is kept */
    uint32_t n_kept;
    int64_t kept[REPORT_SPREAD_KEPT];
};

void report_spread_add(struct report_spread *spread, int64_t value);
void report_spread_merge(struct report_spread *into, const struct report_spread *from);

/* Of the kept ones: exact up to REPORT_SPREAD_KEPT. The lower one of two; 0 where there is none. */
int64_t report_spread_median(const struct report_spread *spread);

/* last - first, never negative, saturating: stamps in a file can be anything. */
int64_t report_span_ns(int64_t first_ns, int64_t last_ns);

#endif
