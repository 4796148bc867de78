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
    FLOW_STATE_COUNT
};

struct flow {
    struct flow_key key;
    struct flow_facts facts;
    uint32_t next, prev;      /* in its wheel slot, or (next) in the free list */
    uint32_t trail_idx;       /* FLOW_NONE = without */
    uint16_t wheel_slot;      /* WHEEL_SLOT_NONE = no timer */
    uint8_t client_end;       /* key.addr[client_end] is the client */
    uint8_t state : 4;        /* enum flow_state */
    uint8_t is_embryonic : 1; /* no connection as yet: first to go when memory is short */
    uint8_t is_recent : 1;    /* had a packet since the eviction hand last passed */
};

_Static_assert(sizeof(struct flow) == 224, "a million flows must fit in 256 MiB");

#endif
