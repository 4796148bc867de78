/* SPDX-License-Identifier: BSD-2-Clause */
/* When failures become an incident, and when it is over: INTERFACE.md 3.6, where each number was
 * tried on a real capture. */
#ifndef VERDICT_INCIDENT_LIMITS_H
#define VERDICT_INCIDENT_LIMITS_H

#include "base/nanotime.h"

#define INCIDENT_BUCKET_NS (10 * NS_PER_S)
#define INCIDENT_WINDOW_BUCKETS 6 /* that the rules look at: the newest and those before it */

/* A bucket is bad with so many failures that are such a part of its attempts. */
#define INCIDENT_BAD_FAILURES 3
#define INCIDENT_BAD_PER_CENT 10

/* sustained: so many of the window's buckets are bad. */
#define INCIDENT_SUSTAINED_BUCKETS 3

/* burst: so many failures and such a part of the attempts within three buckets, and from the first
 * to the last so much time: a restart is shorter. */
#define INCIDENT_BURST_FAILURES 10
#define INCIDENT_BURST_PER_CENT 50
#define INCIDENT_BURST_BUCKETS 3
#define INCIDENT_BURST_SPAN_NS (10 * NS_PER_S)

/* persistent: so many failures without a success between them, over at least so much time. */
#define INCIDENT_PERSISTENT_FAILURES 5
#define INCIDENT_PERSISTENT_SPAN_NS (120 * NS_PER_S)

/* forged: so many forged RSTs that are at least likely, in so much time. */
#define INCIDENT_FORGED_FAILURES 3
#define INCIDENT_FORGED_WINDOW_NS (60 * NS_PER_S)

#define INCIDENT_UPDATE_NS (60 * NS_PER_S)      /* between lines of an incident that goes on */
#define INCIDENT_CLOSE_QUIET_NS (60 * NS_PER_S) /* without a failure it is over */
#define INCIDENT_REOPEN_NS (300 * NS_PER_S)     /* a new outbreak so soon keeps the number */
#define INCIDENT_RELATED_NS (2 * NS_PER_S)      /* two that began so close may have one cause */

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
