/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One entry of the flow table. Private to flowtable/.
 *
 * Life of an entry:
 *
 *   free --SYN----------> SYN_SENT --SYN-ACK--> SYN_RECEIVED --client's ACK--> ESTABLISHED
 *   free --anything else-> ESTABLISHED (FACT_MIDSTREAM)
 *   any of these --RST, or a FIN from each side--> CLOSING
 *   CLOSING --both sides go on after the RST--> ESTABLISHED
 *   any --timer, end of input, eviction, SYN of another ISN--> NOTE_ENDED, tombstone, free
 *
 * The state says only which timer runs; what happened stands in the facts.
 *
 * Under a flood of SYNs (TRACK_CALM_SYNS) a new attempt's SYN is kept alone, packed, two in the
 * room of a flow (state FLOW_LONES, lone.h), and becomes a flow when anything else of it comes.
 */
#ifndef FLOWTABLE_FLOW_H
#define FLOWTABLE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/facts.h"
#include "flowtable/key.h"

#define FLOW_NONE UINT32_MAX

enum flow_state {
    FLOW_FREE,
    FLOW_SYN_SENT,
    FLOW_SYN_RECEIVED,
    FLOW_ESTABLISHED,
    FLOW_CLOSING,
    FLOW_LONES, /* holds no flow but SYNs */
    FLOW_STATE_COUNT
};

/* A plain SYN of which nothing more was seen: what struct packet says of it, without the payload,
 * tunnel, fragment or unusual option that it does not have. */
struct lone {
    struct flow_key key;
    int64_t first_ns;
    uint64_t frame;
    uint32_t next, prev; /* the one that came after it, before it: FLOW_NONE = none */
    uint32_t hash;       /* lower half of the key's */
    uint32_t seq, tsval, flow_label;
    uint16_t flags, window, ip_id, mss_bytes;
    uint8_t ttl, tos, wscale, header_bytes;
    uint8_t source;
    uint8_t from_end : 1, is_v6 : 1, df : 1;
    uint8_t has_mss : 1, has_wscale : 1, has_timestamps : 1, has_sack_permitted : 1;
    uint8_t is_complete : 1; /* its options */
    uint8_t direction : 2;   /* enum packet_direction */
    uint8_t checksum : 2;    /* enum checksum_state */
};

#define LONES_PER_FLOW 2

struct flow {
    union {
        struct {
            struct flow_key key;
            struct flow_facts facts;
        };
        struct lone lone[LONES_PER_FLOW]; /* FLOW_LONES */
    };
    uint32_t next, prev;      /* in its wheel slot, or (next) in the free list; FLOW_LONES: among
                                 those with room for another SYN */
    uint32_t trail_idx;       /* FLOW_NONE = without */
    uint16_t wheel_slot;      /* WHEEL_SLOT_NONE = no timer */
    uint8_t client_end;       /* key.addr[client_end] is the client */
    uint8_t state : 4;        /* enum flow_state */
    uint8_t is_embryonic : 1; /* no connection as yet: first to go when memory is short */
    uint8_t is_recent : 1;    /* had a packet since the eviction hand last passed */
    uint8_t lones_used : 2;   /* FLOW_LONES: which of lone[] */
};

_Static_assert(sizeof(struct flow) == 224, "a million flows must fit in 256 MiB");

#endif
