/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures that belong together, summed up: what an incident says of itself, and what may become
 * one. */
#ifndef VERDICT_OUTBREAK_H
#define VERDICT_OUTBREAK_H

#include <stdint.h>

#include "verdict/clientset.h"
#include "verdict/event.h"
#include "verdict/incident_limits.h"
#include "verdict/rhythm.h"
#include "verdict/window.h"

/* Two more than the rules look at: conclusions come late and out of order. */
#define OUTBREAK_BUCKETS (INCIDENT_WINDOW_BUCKETS_MAX + 2)

/* All zero: none yet. */
struct outbreak {
    int64_t first_ns, last_ns; /* conclusion times; valid where n_failures > 0 */
    uint64_t n_failures;
    int64_t began_ns;              /* judge's clock at the first failure */
    uint64_t n_attempts_before;    /* counted at that place before the first failure */
    uint64_t n_established_before; /* failures whose attempt is among those */
    struct clientset clients;
    uint8_t n_verdicts, n_samples;

    /* The newest buckets, see window.h. */
    int64_t newest;
    uint32_t count[OUTBREAK_BUCKETS];

    /* Valid as far as the counts say; from here on it is not cleared. */
    uint32_t first_us[OUTBREAK_BUCKETS]; /* the first failure since the bucket's begin */
    uint8_t lowest[OUTBREAK_BUCKETS];    /* enum confidence */
    struct rhythm rhythm;
    struct incident_verdict verdict[INCIDENT_VERDICTS_MAX];
    struct incident_sample sample[INCIDENT_SAMPLES];
};

static inline int64_t outbreak_bucket(const struct incident_rules *rules, int64_t ts_ns)
{
    return window_slot(ts_ns, rules->bucket_ns);
}

/* Forgets everything and gives the clients back. */
void outbreak_clear(struct outbreak *outbreak, struct clientpool *pool);

/* Counts a failure; `n_clients_max` as in clientset_add. */
void outbreak_add(struct outbreak *outbreak, const struct incident_rules *rules,
                  struct clientpool *pool, const struct connection_event *event, int64_t ts_ns,
                  uint32_t n_clients_max);

/* Adds the failures that `from` has, which stays as it is; not what it knows of attempts. */
void outbreak_add_all(struct outbreak *outbreak, struct clientpool *pool,
                      const struct outbreak *from, uint32_t n_clients_max);

/* Failures in the newest `n_buckets`, and when the first of them was (NS_NEVER: none). */
uint64_t outbreak_recent(const struct outbreak *outbreak, unsigned n_buckets);
int64_t outbreak_recent_first_ns(const struct outbreak *outbreak,
                                 const struct incident_rules *rules, unsigned n_buckets);

/* The time from one failure to the next, where all of them are in step; else 0. */
int64_t outbreak_period_ns(const struct outbreak *outbreak);

/* The lowest among the failures of the window: doubts that were not repeated for so long are
 * forgotten, or confidence could never rise. CONFIDENCE_NONE without failures. */
enum confidence outbreak_confidence(const struct outbreak *outbreak,
                                    const struct incident_rules *rules);

/* Fills in times of the first and last failure, counts, clients, verdicts and samples. */
void outbreak_describe(const struct outbreak *outbreak, const struct clientpool *pool,
                       struct incident_event *event);

#endif
