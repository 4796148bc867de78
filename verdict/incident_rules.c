/* SPDX-License-Identifier: BSD-2-Clause */
/* See incident_rules.h. The window ends with the bucket of the newest failure. */
#include "verdict/incident_rules.h"

#include <stdlib.h>

#include "base/compiler.h"

const struct incident_rules incident_rules_usual = {
    .bucket_ns = 10 * NS_PER_S,
    .window_buckets = 6,
    .bad_failures = 3,
    .bad_permille = 100,
    .sustained_buckets = 3,
    .burst_failures = 10,
    .burst_permille = 500,
    .burst_window_ns = 30 * NS_PER_S,
    .burst_span_ns = 10 * NS_PER_S,
    .persistent_failures = 5,
    .persistent_span_ns = 120 * NS_PER_S,
    .forged_failures = 3,
    .update_ns = 60 * NS_PER_S,
    .close_quiet_ns = 60 * NS_PER_S,
    .reopen_ns = 300 * NS_PER_S,
};

void attempts_count(struct attempts *attempts, const struct incident_rules *rules, int64_t ts_ns)
{
    unsigned i = window_enter(&attempts->newest, attempts->count, OUTBREAK_BUCKETS,
                              outbreak_bucket(rules, ts_ns));

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

bool incident_bucket_is_bad(const struct incident_rules *rules, const struct outbreak *outbreak,
                            const struct attempts *attempts, int64_t bucket)
{
    uint64_t n_failures =
        window_sum(outbreak->newest, outbreak->count, OUTBREAK_BUCKETS, bucket, bucket);

    return n_failures >= rules->bad_failures &&
           n_failures * 1000 >= attempts_in(attempts, bucket, bucket) * rules->bad_permille;
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

bool incident_follows_load(const struct incident_rules *rules, const struct outbreak *outbreak,
                           const struct attempts *attempts)
{
    struct bucket_load load[OUTBREAK_BUCKETS], calm, busy;
    /* Two more than the rules look at: conclusions come late and out of order. */
    int64_t n_buckets = rules->window_buckets + 2;
    unsigned n = 0;

    for (int64_t bucket = outbreak->newest - n_buckets + 1; bucket <= outbreak->newest; bucket++) {
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
    return busy.n_failures >= rules->burst_failures &&
           busy.n_attempts >= INCIDENT_LOAD_ATTEMPTS * calm.n_attempts &&
           busy.n_failures * calm.n_attempts >=
               INCIDENT_LOAD_SHARE * calm.n_failures * busy.n_attempts;
}

static bool rule_sustained(const struct rule_case *c)
{
    unsigned n_bad = 0;

    for (uint32_t i = 0; i < c->rules->window_buckets; i++)
        n_bad +=
            incident_bucket_is_bad(c->rules, c->outbreak, c->attempts, c->outbreak->newest - i);
    return n_bad >= c->rules->sustained_buckets;
}

/* Whole ones, and no more than are kept. */
static unsigned burst_buckets(const struct incident_rules *rules)
{
    int64_t n = (rules->burst_window_ns + rules->bucket_ns - 1) / rules->bucket_ns;

    return n < 1 ? 1 : n > INCIDENT_WINDOW_BUCKETS_MAX ? INCIDENT_WINDOW_BUCKETS_MAX : (unsigned)n;
}

static bool rule_burst(const struct rule_case *c)
{
    unsigned n_buckets = burst_buckets(c->rules);
    int64_t last = c->outbreak->newest;
    uint64_t n_failures = outbreak_recent(c->outbreak, n_buckets);
    uint64_t n_attempts = attempts_in(c->attempts, last - n_buckets + 1, last);

    if (n_failures < c->rules->burst_failures ||
        n_failures * 1000 < n_attempts * c->rules->burst_permille)
        return false;
    return c->outbreak->last_ns - outbreak_recent_first_ns(c->outbreak, c->rules, n_buckets) >=
           c->rules->burst_span_ns;
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
    return n_failures >= c->rules->persistent_failures && c->attempts->last_ok_ns < first_ns &&
           c->outbreak->last_ns - first_ns >= c->rules->persistent_span_ns;
}

static bool rule_forged(const struct rule_case *c)
{
    int64_t oldest_ns = c->forged_ns[0];

    return oldest_ns != NS_NEVER &&
           c->forged_ns[c->rules->forged_failures - 1] - oldest_ns <= INCIDENT_FORGED_WINDOW_NS;
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
