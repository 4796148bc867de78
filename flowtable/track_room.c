/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for what does not get through: closed windows, segments of full size. */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

/* ---- windows ---- */

void track_window(struct arrival *arrival)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    struct side_facts *side = arrival->side;

    if (arrival->packet->tcp.is_header_cut)
        return;
    if (arrival->packet->tcp.window != 0) {
        side->bits &= (uint16_t)~SIDE_WINDOW_ZERO_NOW;
        if (trail)
            trail->stall[arrival->from].n_pkts = 0;
        return;
    }
    if (!(side->bits & SIDE_ZERO_WINDOW))
        track_history(arrival, 'W');
    side->bits |= SIDE_ZERO_WINDOW | SIDE_WINDOW_ZERO_NOW;
    if (!trail)
        return;
    if (trail->stall[arrival->from].n_pkts == 0)
        track_mark(arrival, &trail->stall[arrival->from].first);
    saturate_u8(&trail->stall[arrival->from].n_pkts);
}

/* ---- sizes ---- */

/* Bytes behind the other side's full segment arrived: by how many more than before tells their
 * size, for receivers acknowledge at least every second segment. */
static void learn_sack(const struct arrival *arrival, struct size_facts *size)
{
    const struct tcp_options *options = &arrival->packet->tcp.options;
    uint32_t from = options->sack_left;

    if (seq_before(options->sack_left, size->full_seq) ||
        !seq_after(options->sack_right, options->sack_left))
        return;
    if ((size->is_small_through || size->is_full_through) && seq_after(size->sacked_end, from))
        from = size->sacked_end;
    if (!seq_after(options->sack_right, from))
        return;
    if (options->sack_right - from < FLOW_FULL_BYTES)
        size->is_small_through = true;
    else
        size->is_full_through = true;
    size->sacked_end = options->sack_right;
}

void track_gap(struct arrival *arrival)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);

    if (trail && !trail->size[arrival->from].behind_gap.frame)
        track_mark(arrival, &trail->size[arrival->from].behind_gap);
}

/* The same acknowledgment again: something arrived that is not next (RFC 5681 section 2). */
static bool is_duplicate_ack(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return tcp->payload_wire_bytes == 0 && !(tcp->flags & TCP_FIN) && !arrival->is_repeat &&
           tcp->ack == arrival->side->acked && tcp->window == arrival->side->window;
}

void track_size(struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    struct size_facts *mine, *theirs;

    if (!trail)
        return;
    mine = &trail->size[arrival->from];
    theirs = &trail->size[side_other(arrival->from)];
    if (!mine->full_frame && tcp->payload_wire_bytes >= FLOW_FULL_BYTES) {
        mine->full_frame = arrival->packet->ordinal;
        mine->full_seq = tcp->seq;
    }
    if (!theirs->full_frame || !(tcp->flags & TCP_ACK) || seq_after(tcp->ack, theirs->full_seq))
        return;
    if (tcp->options.has_sack)
        learn_sack(arrival, theirs);
    else if (!(arrival->side->bits & arrival->peer->bits & SIDE_HAS_SACK) &&
             is_duplicate_ack(arrival))
        theirs->is_small_through = true;
}
