/* SPDX-License-Identifier: BSD-2-Clause */
/* When failures become an incident, and when it is over: INTERFACE.md 3.6, where each number was
 * tried on a real capture. */
#ifndef VERDICT_INCIDENT_LIMITS_H
#define VERDICT_INCIDENT_LIMITS_H

#include <stdint.h>

#include "base/nanotime.h"

/* What a user may set (--incident); each under its name in `start.incident_rules`. */
struct incident_rules {
    /* Failures and attempts are counted in buckets; a rule looks at the newest and those before. */
    int64_t bucket_ns;
    uint32_t window_buckets; /* 1 .. INCIDENT_WINDOW_BUCKETS_MAX */
    /* A bucket is bad with so many failures that are such a part of its attempts. */
    uint32_t bad_failures, bad_permille;
    /* sustained: so many of the window's buckets are bad. */
    uint32_t sustained_buckets;
    /* burst: so many failures and such a part of the attempts in the window's newest part, and so
     * much time from the first to the last: a restart is shorter. */
    uint32_t burst_failures, burst_permille;
    int64_t burst_window_ns, burst_span_ns;
    /* persistent: so many failures without a success between them, over at least so much time. */
    uint32_t persistent_failures;
    int64_t persistent_span_ns;
    /* forged: so many forged RSTs that are at least likely, in INCIDENT_FORGED_WINDOW_NS. */
    uint32_t forged_failures; /* 1 .. INCIDENT_FORGED_MAX */
    int64_t update_ns;        /* between lines of an incident that goes on */
    int64_t close_quiet_ns;   /* without a failure it is over */
    int64_t reopen_ns;        /* a new outbreak so soon keeps the number */
};

#define INCIDENT_WINDOW_BUCKETS_MAX 12
#define INCIDENT_FORGED_MAX 16
#define INCIDENT_FORGED_WINDOW_NS (60 * NS_PER_S)

/* Those of INTERFACE.md. */
extern const struct incident_rules incident_rules_usual;

#define INCIDENT_RELATED_NS (2 * NS_PER_S) /* two that began so close may have one cause */

/* One client failing at so many endpoints in so much time is one incident: a scan, or a broken
 * client. */
#define INCIDENT_CLIENT_ENDPOINTS 50
#define INCIDENT_CLIENT_WINDOW_NS (60 * NS_PER_S)

/* So many open incidents of one family in a /24 or /64 are one incident of the network. */
#define INCIDENT_NETWORK_MEMBERS 10

/* Between the moment that a rule holds and the line that says so. A RST is judged 2 s after it
 * came, an unanswered SYN 6 s after the last one: so late, the order of opening is certain, and
 * what turns out to be a part of something bigger never got a line of its own. */
#define INCIDENT_SETTLE_NS (5 * NS_PER_S)

/* periodic: so many failures in step, not faster than a human would set a timer to. */
#define INCIDENT_PERIODIC_FAILURES 5
#define INCIDENT_PERIOD_NS (1 * NS_PER_S)

/* load: in the busiest half of the buckets so many times the attempts of the calmest half, and so
 * many times the share of failures. A retry adds attempts where there are failures, but leaves
 * the share as it is. */
#define INCIDENT_LOAD_BUCKETS 6
#define INCIDENT_LOAD_ATTEMPTS 2
#define INCIDENT_LOAD_SHARE 3

#define INCIDENT_CLIENTS_MAX 1024      /* distinct ones that an incident tells apart */
#define INCIDENT_CLIENTS_BEFORE_MAX 64 /* the same before it opens */

#endif
