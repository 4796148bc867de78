/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the capturing host's own kernel says of the endpoint that a connection failed at: no packet
 * tells it. Plain data; app/hostwatch.h fills it in.
 *
 * The kernel is asked once a second or so, and what it said then is set against the time of the
 * failure: `is_settled` where the looks before and after it leave no doubt.
 */
#ifndef VERDICT_HOST_EVIDENCE_H
#define VERDICT_HOST_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"

/* Who listens on the port, for the address that the client asked for. */
enum host_listener {
    HOST_LISTENER_NONE,
    HOST_LISTENER_LOOPBACK_ONLY, /* only for 127.0.0.0/8 or ::1 */
    HOST_LISTENER_OTHER_FAMILY,  /* only for IPv6 where IPv4 was asked, or the reverse */
    HOST_LISTENER_OTHER_ADDRESS, /* only for other addresses of this host */
    HOST_LISTENER_YES,
    HOST_LISTENER_COUNT
};

/* Of /proc/net/netstat, for the whole network namespace. */
enum host_counter {
    HOST_COUNTER_LISTEN_OVERFLOWS,   /* SYNs and ACKs that met a full accept queue */
    HOST_COUNTER_LISTEN_DROPS,       /* these, and whatever else a listener threw away */
    HOST_COUNTER_REQ_QUEUE_DROPS,    /* SYNs that met a full SYN queue, cookies off */
    HOST_COUNTER_EMBRYONIC_RSTS,     /* handshakes that the kernel ended by RST */
    HOST_COUNTER_REVERSE_PATH_DROPS, /* packets whose source is routed elsewhere (rp_filter) */
    HOST_COUNTER_COUNT
};

struct host_evidence {
    bool is_known; /* else nothing below counts */
    bool is_settled;
    bool is_bound_to_device; /* YES: only for packets of one interface, maybe of another one */
    bool was_full;           /* YES: at a look during the attempt each queue was full */
    bool has_counters;       /* a look before the attempt is there to compare with */
    enum host_listener listener;
    struct ipaddr bound;  /* what the listener is bound to; not with NONE */
    uint32_t n_listeners; /* YES: more than one share the port (SO_REUSEPORT) */
    /* YES: of the fullest queue, when it was full, else at the newest look. The kernel takes one
     * more than the backlog. */
    uint32_t recv_q, backlog;
    uint64_t delta[HOST_COUNTER_COUNT]; /* from the look before the first packet to that after the
                                           last one */
};

/* Words of the JSON contract; static strings. */
const char *host_listener_name(enum host_listener listener);
/* The kernel's own name: "ListenOverflows". */
const char *host_counter_name(enum host_counter counter);

/* Nothing takes connections to that address and port, and nothing did when it failed. */
static inline bool host_has_no_listener(const struct host_evidence *host)
{
    return host->is_known && host->is_settled && host->listener != HOST_LISTENER_YES;
}

/* The same socket listened before the attempt and after it, on every interface. */
static inline bool host_has_listener(const struct host_evidence *host)
{
    return host->is_known && host->is_settled && host->listener == HOST_LISTENER_YES &&
           !host->is_bound_to_device;
}

/* The kernel counts every packet that a listener throws away. During the attempt there was none. */
static inline bool host_dropped_nothing(const struct host_evidence *host)
{
    return host->is_known && host->has_counters &&
           host->delta[HOST_COUNTER_LISTEN_OVERFLOWS] == 0 &&
           host->delta[HOST_COUNTER_LISTEN_DROPS] == 0 &&
           host->delta[HOST_COUNTER_REQ_QUEUE_DROPS] == 0;
}

static inline bool host_has_overflowed(const struct host_evidence *host)
{
    return host->is_known && host->has_counters && host->delta[HOST_COUNTER_LISTEN_OVERFLOWS] > 0;
}

#endif
