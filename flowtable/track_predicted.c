/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker's short way for the packet that nearly all are: the next one in order of a calm open
 * connection, as Van Jacobson's header prediction has it. Its effect is that of track_segment()
 * and what follows it where none of their questions has an unusual answer.
 * tests/support/flowscript_play.c holds the two ways against each other.
 */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

/* Its timer runs, no side closes, is reset, waits for a copy's answer or has no room. */
static bool is_calm(const struct arrival *arrival)
{
    const struct side_facts *side = arrival->side;
    const struct side_facts *peer = arrival->peer;
    const uint16_t unusual = SIDE_FIN_SEEN | SIDE_WINDOW_ZERO_NOW;

    return arrival->flow->state == FLOW_ESTABLISHED && !arrival->flow->is_embryonic &&
           arrival->flow->wheel_slot != WHEEL_SLOT_NONE && !((side->bits | peer->bits) & unusual) &&
           side->bits & peer->bits & SIDE_ISN_KNOWN &&
           !(side->n_rst | peer->n_rst | side->run_count | peer->run_count) &&
           arrival->facts->quiet_before_ms == 0;
}

/* The sender goes on where it was, and acknowledges what was sent. */
static bool is_next(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    const uint16_t shape = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK | TCP_URG;

    return (tcp->flags & shape) == TCP_ACK && tcp->seq == arrival->side->nxt &&
           is_nxt_known(arrival->side) && is_nxt_known(arrival->peer) &&
           is_acked_known(arrival->side) &&
           seq_between(arrival->side->acked, tcp->ack, arrival->peer->nxt) && tcp->window != 0 &&
           !tcp->is_header_cut;
}

/* It is no first of its kind: those have letters in the history and marks in the trail. */
static bool is_repeated_kind(const struct arrival *arrival)
{
    uint32_t acked = arrival->from == SIDE_CLIENT ? FACT_CLIENT_ACKED : FACT_SERVER_ACKED;

    if (arrival->packet->tcp.payload_wire_bytes > 0)
        return arrival->side->n_data > 0;
    return arrival->facts->bits & acked;
}

static void take_payload(struct arrival *arrival)
{
    arrival->side->nxt = arrival->seq_end;
    saturate_u8(&arrival->side->n_data);
    if (arrival->from == SIDE_CLIENT)
        arrival->facts->bits |= FACT_REQUEST_OPEN;
    else
        arrival->facts->bits &= ~(uint32_t)FACT_REQUEST_OPEN;
}

/* As long as the connection is calm, its last packets stand in their slots. */
static void take_marks(struct arrival *arrival)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    enum trail_slot last = trail_last_slot(arrival->from);

    track_mark(arrival, &trail->slot[last]);
    if (arrival->packet->tcp.payload_wire_bytes > 0 && arrival->from == SIDE_CLIENT)
        trail->slot[TRAIL_REQUEST] = trail->slot[last];
    track_speech(arrival);
    track_size(arrival);
    track_tape(arrival);
}

bool track_predicted(struct arrival *arrival)
{
    if (arrival->quiet_ns >= TRACK_QUIET_NS || !is_next(arrival) || !is_calm(arrival) ||
        !is_repeated_kind(arrival))
        return false;
    if (arrival->packet->tcp.payload_wire_bytes > 0)
        take_payload(arrival);
    if (arrival->flow->trail_idx != FLOW_NONE)
        take_marks(arrival);
    arrival->side->acked = arrival->packet->tcp.ack;
    track_learn(arrival);
    return true;
}
