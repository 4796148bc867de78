/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for segments of a connection: data, ACKs, FINs, keep-alives. */
#include "base/seqnum.h"
#include "decode/payload.h"
#include "flowtable/arrival.h"

/* Payload packets of a side that are looked into: refusals come in the first flights. */
#define SPEECH_PKTS_MAX 16

static bool has_text(const struct arrival *arrival)
{
    return arrival->packet->tcp.payload_wire_bytes > 0;
}

static bool has_fin(const struct arrival *arrival)
{
    return arrival->packet->tcp.flags & TCP_FIN;
}

/* ---- the sender's sequence space ---- */

/* RFC 9293 section 3.8.4: at most one byte, of sequence space that is acknowledged already. */
static bool is_keepalive(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return tcp->payload_wire_bytes <= 1 && !(tcp->flags & (TCP_SYN | TCP_FIN)) &&
           tcp->seq + 1 == arrival->side->nxt && arrival->peer->acked == arrival->side->nxt;
}

static void count_retransmission(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    uint32_t seq = arrival->packet->tcp.seq;

    if (side->n_retransmit == 0 || side->n_retransmit == 9 || side->n_retransmit == 99)
        track_history(arrival, 'T');
    saturate_u8(&side->n_retransmit);
    if (!seq_after(arrival->seq_end, arrival->peer->acked))
        return; /* acknowledged already: the copy says nothing of the path ahead */
    if (side->run_count == 0 || side->run_seq != seq) {
        side->run_seq = seq;
        side->run_count = 1;
        track_mark_slot(arrival, TRAIL_RUN_FIRST);
    } else {
        saturate_u8(&side->run_count);
    }
    track_mark_slot(arrival, TRAIL_RUN_LAST);
    if (side->run_count == TRACK_BLACKHOLE_COPIES)
        (void)trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool,
                         arrival->flow_idx);
}

static void learn_sequence(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    uint32_t seq = arrival->packet->tcp.seq;

    if (side->n_pkts == 0 && !(side->bits & SIDE_ISN_KNOWN)) { /* picked up midstream */
        if (arrival->peer->n_pkts == 0 || !seq_before(arrival->seq_end, side->nxt))
            side->nxt = arrival->seq_end;
        return;
    }
    if (is_keepalive(arrival)) {
        side->bits |= SIDE_KEEPALIVE;
        arrival->is_repeat = true;
        return;
    }
    if (seq_after(seq, side->nxt)) {
        if (!(side->bits & SIDE_SEQ_GAP))
            track_history(arrival, 'G');
        side->bits |= SIDE_SEQ_GAP;
    }
    if (seq_after(arrival->seq_end, side->nxt)) {
        side->nxt = arrival->seq_end;
    } else if (has_text(arrival) || has_fin(arrival)) {
        arrival->is_repeat = true;
        count_retransmission(arrival);
    }
}

/* ---- what it acknowledges ---- */

static void learn_ack(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    struct side_facts *peer = arrival->peer;
    uint32_t ack = arrival->packet->tcp.ack;
    bool is_peer_known = peer->n_pkts > 0 || peer->bits & SIDE_ISN_KNOWN;

    if (!is_peer_known) {
        if (side->n_pkts == 0 || seq_after(ack, side->acked)) {
            side->acked = ack;
            peer->nxt = ack;
        }
        return;
    }
    if (seq_after(ack, peer->nxt)) {
        side->bits |= SIDE_ACKED_UNSEEN;
        peer->nxt = ack;
    }
    if (seq_after(ack, side->acked) || (side->n_pkts == 0 && !side->acked))
        side->acked = ack;
    if (peer->run_count && seq_after(ack, peer->run_seq))
        peer->run_count = 0;
    if (peer->bits & SIDE_FIN_SEEN && ack == peer->nxt)
        peer->bits |= SIDE_FIN_ACKED;
}

static void learn_window(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;

    if (arrival->packet->tcp.is_header_cut)
        return;
    if (arrival->packet->tcp.window != 0) {
        side->bits &= (uint16_t)~SIDE_WINDOW_ZERO_NOW;
        return;
    }
    if (!(side->bits & SIDE_ZERO_WINDOW))
        track_history(arrival, 'W');
    side->bits |= SIDE_ZERO_WINDOW | SIDE_WINDOW_ZERO_NOW;
}

/* ---- the handshake's last step ---- */

/* The client speaks past its SYN: it has the SYN-ACK, whether the capture has it or not. */
static bool completes_handshake(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    const struct side_facts *server = arrival->peer;

    if (arrival->from != SIDE_CLIENT ||
        arrival->facts->bits & (FACT_ESTABLISHED | FACT_MIDSTREAM) || !(tcp->flags & TCP_ACK) ||
        !(arrival->side->bits & SIDE_ISN_KNOWN) || !seq_after(tcp->seq, arrival->side->isn))
        return false;
    return !(server->bits & SIDE_ISN_KNOWN) || seq_after(tcp->ack, server->isn);
}

/* An ACK of something else in answer to the SYN: the server holds an older connection of the
 * tuple (challenge ACK, RFC 5961 section 4) or is in TIME_WAIT. It says nothing of this attempt's
 * sequence space. */
static bool is_stale_ack(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return arrival->flow->state == FLOW_SYN_SENT && arrival->from == SIDE_SERVER &&
           tcp->flags & TCP_ACK && !(arrival->facts->bits & FACT_ESTABLISHED) &&
           !seq_between(arrival->peer->isn + 1, tcp->ack, arrival->peer->nxt);
}

/* ---- after a RST ---- */

/* What a dead sender cannot send, and a receiver that did not die. */
static void learn_after_rst(struct arrival *arrival, struct flow_trail *trail)
{
    const struct rst_facts *rst = &trail->rst[0];
    struct packet_mark *after = &trail->slot[TRAIL_AFTER_RST];
    int64_t since_ns = ns_since(rst->mark.ts_ns, arrival->packet->ts_ns);
    int64_t rtt_ns = track_rtt_ns(arrival->facts);
    bool is_new = seq_after(arrival->seq_end, rst->mark.seq);

    if (rst->mark.side == arrival->from) {
        bool is_better = !after->frame ||
                         (is_new && !seq_after(after->seq + after->payload_bytes, rst->mark.seq));

        if (is_better && (is_new || since_ns > TRACK_REORDER_NS))
            track_mark(arrival, after);
        return;
    }
    if (rst->fit == RST_FIT_WINDOW && !has_text(arrival) && !has_fin(arrival) &&
        arrival->packet->tcp.ack == arrival->side->acked && since_ns <= rtt_ns + NS_PER_S &&
        !trail->slot[TRAIL_CHALLENGE].frame) {
        arrival->facts->bits |= FACT_CHALLENGED;
        track_mark(arrival, &trail->slot[TRAIL_CHALLENGE]);
    }
    if (after->frame && !arrival->is_repeat &&
        since_ns > (rtt_ns > TRACK_REORDER_NS ? rtt_ns : TRACK_REORDER_NS) &&
        arrival->packet->ts_ns > after->ts_ns)
        arrival->facts->bits |= FACT_ALIVE_AFTER_RST;
}

/* ---- the whole ---- */

static void learn_fin(struct arrival *arrival, struct flow_trail *trail)
{
    if (arrival->side->bits & SIDE_FIN_SEEN)
        return;
    arrival->side->bits |= SIDE_FIN_SEEN;
    track_history(arrival, 'F');
    track_mark_slot(arrival, arrival->from == SIDE_CLIENT ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN);
    if (trail)
        trail->quiet_before_fin_ns[arrival->from] = arrival->quiet_ns;
}

static void learn_speech(struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    struct speech_facts *speech;
    struct payload_facts said;

    if (!trail || arrival->side->n_data > SPEECH_PKTS_MAX || arrival->is_repeat ||
        tcp->payload_captured_bytes == 0)
        return;
    speech = &trail->speech[arrival->from];
    payload_peek(tcp->payload, tcp->payload_captured_bytes, &said);
    if (arrival->side->n_data == 1)
        speech->first_kind = said.kind;
    if (said.alert_level == 2 && !speech->alert_frame) {
        speech->alert_frame = arrival->packet->ordinal;
        speech->alert_code = said.alert_code;
        speech->is_alert_first = arrival->side->n_data == 1 && said.kind == PAYLOAD_TLS_ALERT;
    }
    if (said.has_goaway && said.goaway_code != 0 && !speech->goaway_frame) {
        speech->goaway_frame = arrival->packet->ordinal;
        speech->goaway_code = said.goaway_code;
        speech->goaway_last_stream = said.goaway_last_stream;
    }
}

static void learn_payload(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    bool is_client = arrival->from == SIDE_CLIENT;

    if (!has_text(arrival)) {
        uint32_t bit = is_client ? FACT_CLIENT_ACKED : FACT_SERVER_ACKED;

        if (!(arrival->facts->bits & bit) && !has_fin(arrival))
            track_history(arrival, 'A');
        if (!has_fin(arrival))
            arrival->facts->bits |= bit;
        return;
    }
    if (side->n_data == 0) {
        track_history(arrival, 'D');
        track_mark_slot(arrival, is_client ? TRAIL_CLIENT_DATA : TRAIL_SERVER_DATA);
    }
    saturate_u8(&side->n_data);
    learn_speech(arrival);
    if (arrival->is_repeat)
        return;
    if (is_client)
        arrival->facts->bits |= FACT_REQUEST_OPEN;
    else
        arrival->facts->bits &= ~(uint32_t)FACT_REQUEST_OPEN;
}

/* The silence before the exchange that is going on: set by what breaks it, gone when the other
 * side answers, untouched by retransmissions. So a RST or a blackhole finds how long the
 * connection had been idle before the packets that met it. */
static void learn_quiet(struct arrival *arrival)
{
    if (arrival->is_repeat)
        return;
    if (arrival->quiet_ns >= TRACK_QUIET_NS) {
        int64_t quiet_ms = arrival->quiet_ns / NS_PER_MS;

        arrival->facts->quiet_before_ms = quiet_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)quiet_ms;
    } else if (arrival->facts->last_ns[side_other(arrival->from)] >
               arrival->facts->last_ns[arrival->from]) {
        arrival->facts->quiet_before_ms = 0;
    }
}

void track_segment(struct arrival *arrival)
{
    struct flow_trail *trail;

    if (is_stale_ack(arrival)) {
        arrival->facts->bits |= FACT_STALE_ACK;
        trail =
            trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool, arrival->flow_idx);
        if (trail && !trail->slot[TRAIL_STALE_ACK].frame)
            track_mark(arrival, &trail->slot[TRAIL_STALE_ACK]);
        return;
    }
    if (completes_handshake(arrival))
        track_established(arrival);
    learn_sequence(arrival);
    learn_quiet(arrival);
    trail = trail_of(&arrival->tracker->trails, arrival->flow);
    if (trail && trail->n_rst)
        learn_after_rst(arrival, trail);
    else if (trail)
        track_mark_slot(arrival,
                        arrival->from == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST);
    learn_payload(arrival);
    if (arrival->packet->tcp.flags & TCP_ACK)
        learn_ack(arrival);
    learn_window(arrival);
    if (has_fin(arrival))
        learn_fin(arrival, trail);
    if (arrival->peer->n_pkts > 0 && arrival->facts->bits & FACT_MIDSTREAM)
        track_two_way(arrival);
    if (arrival->side->bits & SIDE_FIN_SEEN && arrival->peer->bits & SIDE_FIN_SEEN)
        arrival->flow->state = FLOW_CLOSING;
    else if (arrival->flow->state == FLOW_CLOSING && arrival->facts->bits & FACT_ALIVE_AFTER_RST)
        arrival->flow->state = FLOW_ESTABLISHED;
}
