/* SPDX-License-Identifier: BSD-2-Clause */
/* See incident_rules.h. The window ends with the bucket of the newest failure. */
#include "verdict/incident_rules.h"

#include <stdlib.h>

#include "base/compiler.h"

void attempts_count(struct attempts *attempts, int64_t ts_ns)
{
    unsigned i =
        window_enter(&attempts->newest, attempts->count, OUTBREAK_BUCKETS, outbreak_bucket(ts_ns));

    attempts->n++;
    if (i != WINDOW_LATE)
        attempts->count[i]++;
}

void attempts_succeed(struct attempts *attempts, int64_t established_ns)
{
    if (established_ns > attempts->last_ok_ns)
        attempts->last_ok_ns = established_ns;
    if (established_ns <= attempts->failed_ns)
        attempts->ok_before_ns =
            established_ns > attempts->ok_before_ns ? established_ns : attempts->ok_before_ns;
    else if (attempts->recovered_ns == NS_NEVER || established_ns < attempts->recovered_ns)
        attempts->recovered_ns = established_ns;
}

struct attempts attempts_none(void)
{
    return (struct attempts){.last_ok_ns = NS_NEVER,
                             .failed_ns = NS_NEVER,
                             .ok_before_ns = NS_NEVER,
                             .recovered_ns = NS_NEVER};
}

void attempts_fail(struct attempts *attempts, int64_t ts_ns)
{
    if (ts_ns <= attempts->failed_ns)
        return;
    attempts->failed_ns = ts_ns;
    if (attempts->recovered_ns == NS_NEVER || attempts->recovered_ns > ts_ns)
        return;
    attempts->ok_before_ns = attempts->last_ok_ns;
    attempts->recovered_ns = NS_NEVER;
}

static uint64_t attempts_in(const struct attempts *attempts, int64_t first, int64_t last)
{
    return window_sum(attempts->newest, attempts->count, OUTBREAK_BUCKETS, first, last);
}

bool incident_bucket_is_bad(const struct outbreak *outbreak, const struct attempts *attempts,
                            int64_t bucket)
{
    uint64_t n_failures =
        window_sum(outbreak->newest, outbreak->count, OUTBREAK_BUCKETS, bucket, bucket);

    return n_failures >= INCIDENT_BAD_FAILURES &&
           n_failures * 100 >= attempts_in(attempts, bucket, bucket) * INCIDENT_BAD_PER_CENT;
}

/* Attempts and failures of one bucket. */
struct bucket_load {
    uint64_t n_attempts, n_failures;
};

static int compare_load(const void *a, const void *b)
{
    const struct bucket_load *x = a, *y = b;

    return (x->n_attempts > y->n_attempts) - (x->n_attempts < y->n_attempts);
}

static struct bucket_load sum_load(const struct bucket_load *load, unsigned n)
{
    struct bucket_load sum = {0};

    for (unsigned i = 0; i < n; i++) {
        sum.n_attempts += load[i].n_attempts;
        sum.n_failures += load[i].n_failures;
    }
    return sum;
}

bool incident_follows_load(const struct outbreak *outbreak, const struct attempts *attempts)
{
    struct bucket_load load[OUTBREAK_BUCKETS], calm, busy;
    unsigned n = 0;

    for (int64_t bucket = outbreak->newest - OUTBREAK_BUCKETS + 1; bucket <= outbreak->newest;
         bucket++) {
        load[n] = (struct bucket_load){.n_attempts = attempts_in(attempts, bucket, bucket),
                                       .n_failures = window_sum(outbreak->newest, outbreak->count,
                                                                OUTBREAK_BUCKETS, bucket, bucket)};
        n += load[n].n_attempts > 0;
    }
    if (n < INCIDENT_LOAD_BUCKETS)
        return false;
    qsort(load, n, sizeof(load[0]), compare_load);
    calm = sum_load(load, n / 2);
    busy = sum_load(load + n - n / 2, n / 2);
    return busy.n_failures >= INCIDENT_BURST_FAILURES &&
           busy.n_attempts >= INCIDENT_LOAD_ATTEMPTS * calm.n_attempts &&
           busy.n_failures * calm.n_attempts >=
               INCIDENT_LOAD_SHARE * calm.n_failures * busy.n_attempts;
}

static bool rule_sustained(const struct rule_case *c)
{
    unsigned n_bad = 0;

    for (int i = 0; i < INCIDENT_WINDOW_BUCKETS; i++)
        n_bad += incident_bucket_is_bad(c->outbreak, c->attempts, c->outbreak->newest - i);
    return n_bad >= INCIDENT_SUSTAINED_BUCKETS;
}

static bool rule_burst(const struct rule_case *c)
{
    int64_t last = c->outbreak->newest;
    uint64_t n_failures = outbreak_recent(c->outbreak, INCIDENT_BURST_BUCKETS);
    uint64_t n_attempts = attempts_in(c->attempts, last - INCIDENT_BURST_BUCKETS + 1, last);

    if (n_failures < INCIDENT_BURST_FAILURES ||
        n_failures * 100 < n_attempts * INCIDENT_BURST_PER_CENT)
        return false;
    return c->outbreak->last_ns - outbreak_recent_first_ns(c->outbreak, INCIDENT_BURST_BUCKETS) >=
           INCIDENT_BURST_SPAN_NS;
}

/* The failures of the incident that closed here count again as long as nothing succeeded: a job
 * that fails every two minutes is one incident. */
static bool rule_persistent(const struct rule_case *c)
{
    uint64_t n_failures = c->outbreak->n_failures;
    int64_t first_ns = c->outbreak->first_ns;

    if (c->before && c->attempts->last_ok_ns < c->before->first_ns) {
        n_failures += c->before->n_failures;
        first_ns = c->before->first_ns;
    }
    return n_failures >= INCIDENT_PERSISTENT_FAILURES && c->attempts->last_ok_ns < first_ns &&
           c->outbreak->last_ns - first_ns >= INCIDENT_PERSISTENT_SPAN_NS;
}

static bool rule_forged(const struct rule_case *c)
{
    int64_t oldest_ns = c->forged_ns[0];

    return oldest_ns != NS_NEVER &&
           c->forged_ns[INCIDENT_FORGED_FAILURES - 1] - oldest_ns <= INCIDENT_FORGED_WINDOW_NS;
}

/* Gravest first, then by how soon it holds. */
static const struct {
    enum incident_rule rule;
    bool (*holds)(const struct rule_case *c);
} rules[] = {
    {RULE_FORGED, rule_forged},
    {RULE_BURST, rule_burst},
    {RULE_SUSTAINED, rule_sustained},
    {RULE_PERSISTENT, rule_persistent},
};

_Static_assert(ARRAY_LEN(rules) == INCIDENT_RULE_COUNT, "a function each rule");

enum incident_rule incident_rule_for(const struct rule_case *c)
{
    for (unsigned i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].holds(c))
            return rules[i].rule;
    return INCIDENT_RULE_COUNT;
}
