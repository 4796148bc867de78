/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker tells the judge: a few notes per connection, never one per packet.
 *
 * Notes of one worker are in the order of (ordinal, slot_ns, first_frame); the judge merges the
 * workers by it, so that the output does not depend on how many there are. Every worker sees
 * every tick, and only ticks fire timers.
 */
#ifndef FLOWTABLE_NOTE_H
#define FLOWTABLE_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/facts.h"
#include "flowtable/key.h"
#include "flowtable/linkend.h"
#include "flowtable/speech.h"
#include "flowtable/tape.h"

enum flow_note_kind {
    NOTE_ATTEMPT,     /* a SYN of a new attempt was seen */
    NOTE_REFUSED,     /* a RST acknowledged the SYN, for the first time in this flow */
    NOTE_HALF_OPEN,   /* the SYN-ACK came again before the client said anything, once a flow */
    NOTE_ESTABLISHED, /* the handshake completed */
    NOTE_ALIVE,       /* an open flow goes on: at most one in ALIVE_NOTE_NS, and at the end */
    NOTE_RESET,       /* a RST came for an open connection; what follows it is waited for */
    NOTE_ENDED,       /* the flow is over, or is judged as it stands; facts are final */
    NOTE_NEIGHBOUR,   /* addr[client_end] asked its link for the other address, and nobody answered:
                         no flow; see track_neighbour.c for which facts are set */
    NOTE_TICK,        /* time passed; this worker will not send an older note any more */
    NOTE_END,         /* the input is over */
    NOTE_KIND_COUNT
};

/* What a worker counts; cumulative but for n_flows_open and ends. */
struct worker_gauges {
    uint64_t n_pkts, wire_bytes; /* frames, whatever is in them */
    uint32_t n_flows_open, n_flows_max;
    uint64_t n_evicted;                /* flows removed for want of memory */
    uint64_t n_duplicate_pkts;         /* captured twice, not counted again */
    uint64_t n_late_pkts;              /* of flows that had ended */
    uint64_t n_stray_icmp;             /* errors that quote no known flow, or bytes it never sent */
    uint64_t n_truncated, n_malformed; /* frames; see enum decode_result */
    uint64_t n_unread;                 /* of connections that speak a known protocol: not read to
                                          the end for want of memory */
    uint64_t n_headers_unread;         /* of HTTP/2: read without headers, for the same reason */
    int64_t last_loss_ns;              /* when the capture last lost or shed frames, NS_NEVER */
    struct linkends ends;
};

/* Slots from here on are no times but an order. */
#define NOTE_SLOT_QUIC (INT64_MAX - 3)
#define NOTE_SLOT_NEIGHBOUR (INT64_MAX - 2)
#define NOTE_SLOT_SERVED (INT64_MAX - 1) /* at the end: flows that are served and so alive */
#define NOTE_SLOT_LAST INT64_MAX         /* the tick itself, or the end of the input */

struct flow_note {
    uint64_t ordinal; /* of the packet or tick that caused it */
    int64_t
        slot_ns; /* NS_NEVER: a packet caused it; timers: the wheel slot's time, or NOTE_SLOT_x */
    int64_t now_ns; /* capture clock */
    uint32_t kind;  /* enum flow_note_kind */
    bool has_trail;
    bool has_speech;    /* only with has_trail */
    bool is_lone;       /* NOTE_ENDED, without trail: one SYN is all there was */
    uint8_t client_end; /* key.addr[client_end] is the client */
    uint8_t rst_side;   /* NOTE_RESET: enum flow_side, enum rst_family */
    uint8_t rst_family;
    uint8_t mac[6]; /* NOTE_NEIGHBOUR: of who asked */
    union {
        struct worker_gauges gauges; /* NOTE_TICK, NOTE_END: the record ends here */
        struct flow_key key;
    };
    struct flow_facts facts;
    union {
        struct flow_trail trail; /* only with has_trail: otherwise the record ends before it */
        struct packet_mark syn;  /* only with is_lone: the record ends behind it */
    };
    struct flow_tape tape;     /* the same */
    struct flow_speech speech; /* only with has_speech: otherwise the record ends before it */
};

/* Makes the note with a trail out of one with is_lone. `room` is all zero but for what the last
 * call left there. */
void flow_note_spread(const struct flow_note *lone, struct flow_note *room);

#endif
