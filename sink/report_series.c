/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_series.h. */
#include "sink/report_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"

/* Buckets are never finer: a column of the report is at least this wide. */
#define NARROWEST_NS NS_PER_MS

/* Stamps in a file can be anything; beyond the year 2116 arithmetic on them would overflow. */
#define FARTHEST_NS (INT64_C(1) << 62)

int64_t report_span_ns(int64_t first_ns, int64_t last_ns)
{
    int64_t span_ns;

    if (last_ns <= first_ns)
        return 0;
    return __builtin_sub_overflow(last_ns, first_ns, &span_ns) ? INT64_MAX : span_ns;
}

static int64_t floor_div(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;

    return value % divisor < 0 ? quotient - 1 : quotient;
}

/* The narrowest buckets, at least `width_ns` wide, that hold everything in [first_ns, last_ns].
 * Widths double and buckets begin at multiples of them, so that two old ones make one new one. */
static void choose_buckets(struct report_series *series, int64_t width_ns)
{
    int64_t n_spare = REPORT_SERIES_BUCKETS - 1;

    while (floor_div(series->last_ns, width_ns) - floor_div(series->first_ns, width_ns) > n_spare)
        width_ns *= 2;
    series->width_ns = width_ns;
    series->first_idx = floor_div(series->first_ns, width_ns);
}

static void add_to_bucket(struct report_series *series, int64_t at_ns, uint64_t n)
{
    series->bucket[floor_div(at_ns, series->width_ns) - series->first_idx] += n;
}

static void go_to_buckets(struct report_series *series)
{
    struct report_instant instant[REPORT_SERIES_EXACT];
    uint32_t n_instants = series->n_instants;

    memcpy(instant, series->instant, sizeof(instant));
    memset(series->bucket, 0, sizeof(series->bucket));
    choose_buckets(series, NARROWEST_NS);
    for (uint32_t i = 0; i < n_instants; i++)
        add_to_bucket(series, instant[i].at_ns, instant[i].n);
}

static void rebucket(struct report_series *series)
{
    uint64_t bucket[REPORT_SERIES_BUCKETS];
    int64_t width_ns = series->width_ns, first_idx = series->first_idx;

    memcpy(bucket, series->bucket, sizeof(bucket));
    memset(series->bucket, 0, sizeof(series->bucket));
    choose_buckets(series, width_ns);
    for (int64_t i = 0; i < REPORT_SERIES_BUCKETS; i++)
        if (bucket[i])
            add_to_bucket(series, (first_idx + i) * width_ns, bucket[i]);
}

static bool has_bucket(const struct report_series *series, int64_t at_ns)
{
    int64_t idx = floor_div(at_ns, series->width_ns) - series->first_idx;

    return idx >= 0 && idx < REPORT_SERIES_BUCKETS;
}

void report_series_add(struct report_series *series, int64_t at_ns, uint64_t n)
{
    if (n == 0)
        return;
    if (at_ns < -FARTHEST_NS)
        at_ns = -FARTHEST_NS;
    if (at_ns > FARTHEST_NS)
        at_ns = FARTHEST_NS;
    if (series->n == 0 || at_ns < series->first_ns)
        series->first_ns = at_ns;
    if (series->n == 0 || at_ns > series->last_ns)
        series->last_ns = at_ns;
    series->n += n;
    if (series->width_ns == 0 && series->n_instants < REPORT_SERIES_EXACT) {
        series->instant[series->n_instants++] = (struct report_instant){at_ns, n};
        return;
    }
    if (series->width_ns == 0)
        go_to_buckets(series);
    else if (!has_bucket(series, at_ns))
        rebucket(series);
    add_to_bucket(series, at_ns, n);
}

/* The i-th instant, or the middle of the i-th bucket. */
static struct report_instant series_at(const struct report_series *series, uint32_t i)
{
    int64_t at_ns;

    if (series->width_ns == 0)
        return series->instant[i];
    /* An empty bucket can lie where its time would overflow. */
    if (series->bucket[i] == 0)
        return (struct report_instant){series->first_ns, 0};
    at_ns = (series->first_idx + (int64_t)i) * series->width_ns + series->width_ns / 2;
    /* The outermost buckets reach beyond what was added. */
    if (at_ns < series->first_ns)
        at_ns = series->first_ns;
    if (at_ns > series->last_ns)
        at_ns = series->last_ns;
    return (struct report_instant){at_ns, series->bucket[i]};
}

static uint32_t series_length(const struct report_series *series)
{
    return series->width_ns == 0 ? series->n_instants : REPORT_SERIES_BUCKETS;
}

void report_series_merge(struct report_series *into, const struct report_series *from)
{
    for (uint32_t i = 0; i < series_length(from); i++)
        report_series_add(into, series_at(from, i).at_ns, series_at(from, i).n);
}

void report_series_columns(const struct report_series *series, int64_t start_ns, int64_t column_ns,
                           uint64_t *column, unsigned n_columns)
{
    for (uint32_t i = 0; i < series_length(series); i++) {
        struct report_instant at = series_at(series, i);
        int64_t idx = report_span_ns(start_ns, at.at_ns) / column_ns;

        column[idx < (int64_t)n_columns ? idx : (int64_t)n_columns - 1] += at.n;
    }
}

static int compare_int64(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int64_t report_series_cadence_ns(const struct report_series *series, bool *is_steady)
{
    int64_t at_ns[REPORT_SERIES_EXACT], gap_ns[REPORT_SERIES_EXACT], usual_ns;
    uint32_t n_gaps = 0;

    *is_steady = false;
    if (series->n < 4)
        return 0;
    /* Like ones were merged: only the mean is known. */
    if (series->width_ns != 0 || series->n != series->n_instants)
        return report_span_ns(series->first_ns, series->last_ns) / (int64_t)(series->n - 1);
    for (uint32_t i = 0; i < series->n_instants; i++)
        at_ns[i] = series->instant[i].at_ns;
    qsort(at_ns, series->n_instants, sizeof(at_ns[0]), compare_int64);
    for (; n_gaps + 1 < series->n_instants; n_gaps++)
        gap_ns[n_gaps] = report_span_ns(at_ns[n_gaps], at_ns[n_gaps + 1]);
    qsort(gap_ns, n_gaps, sizeof(gap_ns[0]), compare_int64);
    usual_ns = gap_ns[n_gaps / 2];
    *is_steady = gap_ns[0] >= usual_ns - usual_ns / 5 &&
                 gap_ns[n_gaps - 1] - usual_ns <= usual_ns / 5 && usual_ns > 0;
    if (*is_steady)
        return usual_ns;
    return report_span_ns(series->first_ns, series->last_ns) / (int64_t)n_gaps;
}

void report_spread_add(struct report_spread *spread, int64_t value)
{
    if (spread->n == 0) {
        spread->min = spread->max = value;
        spread->stride = 1;
    }
    if (value < spread->min)
        spread->min = value;
    if (value > spread->max)
        spread->max = value;
    if (spread->n++ % spread->stride != 0)
        return;
    if (spread->n_kept == REPORT_SPREAD_KEPT) {
        for (uint32_t i = 0; i < REPORT_SPREAD_KEPT / 2; i++)
            spread->kept[i] = spread->kept[2 * i];
        spread->n_kept = REPORT_SPREAD_KEPT / 2;
        spread->stride *= 2;
    }
    spread->kept[spread->n_kept++] = value;
}

void report_spread_merge(struct report_spread *into, const struct report_spread *from)
{
    if (from->n == 0)
        return;
    for (uint32_t i = 0; i < from->n_kept; i++)
        report_spread_add(into, from->kept[i]);
    if (from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
}

int64_t report_spread_median(const struct report_spread *spread)
{
    int64_t sorted[REPORT_SPREAD_KEPT];

    if (spread->n_kept == 0)
        return 0;
    memcpy(sorted, spread->kept, spread->n_kept * sizeof(sorted[0]));
    qsort(sorted, spread->n_kept, sizeof(sorted[0]), compare_int64);
    return sorted[(spread->n_kept - 1) / 2];
}
