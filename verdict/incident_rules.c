/* SPDX-License-Identifier: BSD-2-Clause */
/* See incident_rules.h. The window ends with the bucket of the newest failure. */
#include "verdict/incident_rules.h"

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
