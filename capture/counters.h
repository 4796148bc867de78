/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capture counts. */
#ifndef CAPTURE_COUNTERS_H
#define CAPTURE_COUNTERS_H

#include "base/counter.h"

/* In which order packets go when a ring is nearly full: the last is kept longest. */
enum shed_kind {
    SHED_OTHER,    /* neither TCP nor ICMP */
    SHED_TCP_DATA, /* TCP without SYN, FIN, RST */
    SHED_CONTROL,  /* SYN, FIN, RST, ICMP, ICMPv6: only lost when there is no room at all */
    SHED_KIND_COUNT
};

/* Written by the capture thread, read by any: what packets count, when their batch is published.
 * A packet that was read is exactly one of:
 * filtered, delivered, shed. */
struct capture_counters {
    struct counter read_pkts;
    struct counter filtered_pkts;  /* files: the filter said no (live, the kernel does not tell) */
    struct counter delivered_pkts; /* written to a ring */
    struct counter delivered_wire_bytes;
    struct counter cut_pkts;                   /* delivered with captured < wire */
    struct counter shed_pkts[SHED_KIND_COUNT]; /* live: lost for want of room in a ring */
    struct counter tap_lost_pkts;              /* live: copies that found no room in the tap */
    struct counter kernel_dropped_pkts;        /* live */
    struct counter iface_dropped_pkts;         /* live: the card's; when it tells: */
    struct counter is_iface_dropped_known;     /* 1 when every interface tells */
    struct counter ring_freezes; /* live: how often the kernel had no free block in its ring */
    struct counter ticks;        /* boundaries passed, whatever n_outputs */
    struct counter input_bytes;  /* files: read so far, before decompression */
};

#endif
