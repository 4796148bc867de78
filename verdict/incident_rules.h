/* SPDX-License-Identifier: BSD-2-Clause */
/* The four rules by which failures at one endpoint become an incident (INTERFACE.md 3.6). */
#ifndef VERDICT_INCIDENT_RULES_H
#define VERDICT_INCIDENT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/event.h"
#include "verdict/outbreak.h"

/* The attempts at an address and port: those that completed the handshake, or failed before. As
 * attempts_none() leaves them: none. */
struct attempts {
    uint64_t n;
    int64_t last_ok_ns; /* when the newest of those that work was established; NS_NEVER */
    /* The newest failure, the newest success before it and the first one after it; NS_NEVER */
    int64_t failed_ns, ok_before_ns, recovered_ns;
    int64_t newest; /* buckets as those of an outbreak */
    uint32_t count[OUTBREAK_BUCKETS];
};

struct attempts attempts_none(void);
void attempts_count(struct attempts *attempts, const struct incident_rules *rules, int64_t ts_ns);
void attempts_succeed(struct attempts *attempts, int64_t established_ns);
void attempts_fail(struct attempts *attempts, int64_t ts_ns);

/* What a rule may look at. */
struct rule_case {
    const struct incident_rules *rules;
    const struct outbreak *outbreak; /* with at least one failure */
    const struct outbreak *before;   /* of the incident here that closed not long ago, or NULL */
    const struct attempts *attempts; /* at the same address and port */
    const int64_t *forged_ns;        /* the newest forged_failures, oldest first; NS_NEVER */
};

/* Whether the bucket is bad. */
bool incident_bucket_is_bad(const struct incident_rules *rules, const struct outbreak *outbreak,
                            const struct attempts *attempts, int64_t bucket);

/* Whether a greater share of the attempts fails when there are more of them. */
bool incident_follows_load(const struct incident_rules *rules, const struct outbreak *outbreak,
                           const struct attempts *attempts);

/* The gravest rule that holds, INCIDENT_RULE_COUNT where none does. */
enum incident_rule incident_rule_for(const struct rule_case *c);

#endif
