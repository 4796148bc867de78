/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packets of one failed connection in the order of the capture, as a ladder shows them. Pure:
 * made of an event, without a screen.
 */
#ifndef TUI_LADDER_H
#define TUI_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "verdict/event.h"

/* Every packet of the tape, of the evidence, the first SYN and SYN-ACK, and the gap. */
#define LADDER_ROWS_MAX (TAPE_ROWS + EVENT_EVIDENCE_MAX + 3)

struct ladder_row {
    struct packet_mark mark;   /* of an ICMP error: frame, ts_ns, ttl, ip_id, payload_bytes only */
    uint32_t rel_seq, rel_ack; /* relative to the handshake */
    bool has_rel_seq, has_rel_ack;
    bool is_icmp;
    bool is_odd;         /* the verdict rests on it */
    bool is_forged;      /* claims an address that did not send it */
    bool is_unanswered;  /* a SYN to which nothing ever came back */
    uint32_t n_left_out; /* no packet but a gap: so many are not kept */
    uint8_t nth_copy;    /* how many SYNs (or SYN-ACKs) of this side came before it */
    char note[64];
};

struct ladder {
    uint32_t n_rows, n_shown_pkts;
    uint64_t n_seen_pkts; /* of the connection, shown or not */
    struct ladder_row row[LADDER_ROWS_MAX];
};

void ladder_make(struct ladder *ladder, const struct connection_event *event);

/* The TCP options of a row, as far as they are known: "mss 1460, sackOK, TS, wscale 7". */
void ladder_add_options(struct text *text, const struct connection_event *event,
                        const struct ladder_row *row);

/* The first row that the verdict rests on; 0 where there is none. */
uint32_t ladder_deciding_row(const struct ladder *ladder);

#endif
