/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for segments of a connection: data, ACKs, FINs, keep-alives. */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

/* More than a client has under way before anything of the handshake's end is captured. */
#define FIRST_FLIGHT_MAX_BYTES (1u << 24)

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

/* The first sending of what is sent again now; NULL where the trail does not have it any more. */
static const struct packet_mark *first_sending(const struct arrival *arrival,
                                               const struct trail_entry *entry)
{
    bool is_client = arrival->from == SIDE_CLIENT;
    const struct packet_mark *known[] = {
        trail_last(entry, arrival->from),
        &entry->trail.slot[is_client ? TRAIL_CLIENT_DATA : TRAIL_SERVER_DATA],
        &entry->trail.slot[is_client ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN],
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i]->frame && known[i]->seq == arrival->packet->tcp.seq &&
            (known[i]->payload_bytes > 0 || known[i]->flags & TCP_FIN))
            return known[i];
    }
    return NULL;
}

static void begin_run(struct arrival *arrival)
{
    struct trail_entry *entry = trail_entry_of(&arrival->tracker->trails, arrival->flow);
    const struct packet_mark *first = entry ? first_sending(arrival, entry) : NULL;

    arrival->side->run_seq = arrival->packet->tcp.seq;
    arrival->side->run_count = 1;
    if (first)
        entry->trail.slot[TRAIL_RUN_FIRST] = *first;
    else
        track_mark_slot(arrival, TRAIL_RUN_FIRST);
}

/* A copy of what the other side acknowledged long ago: its acknowledgments do not arrive. */
static void count_acked_copy(struct arrival *arrival)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    struct acked_run *run;

    if (!trail)
        return;
    run = &trail->acked_run[arrival->from];
    if (run->n_copies == 0 || run->seq != arrival->packet->tcp.seq)
        *run = (struct acked_run){.seq = arrival->packet->tcp.seq};
    saturate_u8(&run->n_copies);
    track_mark_slot(arrival, TRAIL_RUN_LAST);
}

static void count_run(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    uint32_t seq = arrival->packet->tcp.seq;

    /* What lies behind the oldest hole is sent again only along with it. */
    if (side->run_count > 0 && seq_after(seq, side->run_seq) &&
        !seq_after(arrival->peer->acked, side->run_seq))
        return;
    if (side->run_count == 0 || side->run_seq != seq)
        begin_run(arrival);
    else
        saturate_u8(&side->run_count);
    track_mark_slot(arrival, TRAIL_RUN_LAST);
    if (side->run_count == TRACK_BLACKHOLE_COPIES)
        (void)trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool,
                         arrival_flow_idx(arrival), arrival->packet->ts_ns);
}

static void count_retransmission(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;

    if (side->n_retransmit == 0 || side->n_retransmit == 9 || side->n_retransmit == 99)
        track_history(arrival, 'T');
    saturate_u8(&side->n_retransmit);
    if (is_acked_known(arrival->peer) && !seq_after(arrival->seq_end, arrival->peer->acked))
        count_acked_copy(arrival);
    else
        count_run(arrival);
}

/* Where a side begins whose SYN is not in the capture: at its first packet, unless the other side
 * has acknowledged more. */
static bool begins_midstream(const struct arrival *arrival)
{
    return !(arrival->side->bits & SIDE_ISN_KNOWN) &&
           (count_others(arrival->side) == 0 || !is_nxt_known(arrival->side));
}

static void learn_sequence(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    uint32_t seq = arrival->packet->tcp.seq;

    if (begins_midstream(arrival)) {
        if (!is_nxt_known(side) || seq_after(arrival->seq_end, side->nxt))
            side->nxt = arrival->seq_end;
        return;
    }
    if (is_keepalive(arrival)) {
        side->bits |= SIDE_KEEPALIVE;
        arrival->is_repeat = true;
        count_run(arrival); /* an answer ends the run: it acknowledges one more than the probe's */
        return;
    }
    if (seq_after(seq, side->nxt) && has_text(arrival))
        track_gap(arrival);
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

/* Acknowledged bytes that the capture should have: not those from before it began, nor the byte
 * before which a keep-alive, all that was seen of the other side, pretends to be. */
static bool is_unseen(const struct arrival *arrival)
{
    const struct side_facts *peer = arrival->peer;

    if (!is_nxt_known(peer))
        return false;
    if (peer->bits & SIDE_ISN_KNOWN)
        return true;
    return count_others(peer) > 0 &&
           (peer->n_data > 0 || arrival->packet->tcp.ack != peer->nxt + 1);
}

static void learn_ack(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    struct side_facts *peer = arrival->peer;
    uint32_t ack = arrival->packet->tcp.ack;

    if (!is_acked_known(side) || seq_after(ack, side->acked))
        side->acked = ack;
    if (!is_nxt_known(peer) || seq_after(ack, peer->nxt)) {
        if (is_unseen(arrival))
            side->bits |= SIDE_ACKED_UNSEEN;
        peer->nxt = ack;
    }
    if (peer->run_count && seq_after(ack, peer->run_seq))
        peer->run_count = 0;
    if (peer->bits & SIDE_FIN_SEEN && ack == peer->nxt)
        peer->bits |= SIDE_FIN_ACKED;
}

/* ---- the handshake's last step ---- */

/* The client speaks past its SYN: it has the SYN-ACK, whether the capture has it or not. Far past
 * it is another connection of the tuple. */
static bool completes_handshake(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    const struct side_facts *server = arrival->peer;
    uint32_t first = arrival->side->isn + 1;

    if (arrival->from != SIDE_CLIENT ||
        arrival->facts->bits & (FACT_ESTABLISHED | FACT_MIDSTREAM) || !(tcp->flags & TCP_ACK) ||
        !(arrival->side->bits & SIDE_ISN_KNOWN) ||
        !seq_between(first, tcp->seq, first + FIRST_FLIGHT_MAX_BYTES))
        return false;
    return !(server->bits & SIDE_ISN_KNOWN) || server->n_syn > 1 ||
           seq_between(server->isn + 1, tcp->ack, server->isn + 1 + FIRST_FLIGHT_MAX_BYTES);
}

static void complete_handshake(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    struct side_facts *server = arrival->peer;
    uint32_t ack = arrival->packet->tcp.ack;
    int64_t after_us = ns_since(facts->first_ns, arrival->packet->ts_ns) / NS_PER_US;

    /* Of several SYN-ACKs with ISNs of their own the client took this one. */
    if (server->n_syn > 1 && server->n_data == 0 && ack != server->nxt) {
        server->isn = ack - 1;
        server->nxt = ack;
    }
    facts->bits |= FACT_ESTABLISHED;
    facts->ack_after_us = after_us > UINT32_MAX ? UINT32_MAX : (uint32_t)after_us;
    arrival->flow->state = FLOW_ESTABLISHED;
    track_mark_slot(arrival, TRAIL_ACK);
    track_note_established(arrival);
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

/* ---- the whole ---- */

static void learn_fin(struct arrival *arrival)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);

    if (arrival->side->bits & SIDE_FIN_SEEN)
        return;
    arrival->side->bits |= SIDE_FIN_SEEN;
    track_history(arrival, 'F');
    track_mark_slot(arrival, arrival->from == SIDE_CLIENT ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN);
    if (trail)
        trail->quiet_before_fin_ns[arrival->from] = arrival->quiet_ns;
}

static void learn_pure_ack(struct arrival *arrival)
{
    uint32_t bit = arrival->from == SIDE_CLIENT ? FACT_CLIENT_ACKED : FACT_SERVER_ACKED;

    if (arrival->facts->bits & bit)
        return;
    arrival->facts->bits |= bit;
    track_history_once(arrival, 'A');
}

static void learn_payload(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;
    bool is_client = arrival->from == SIDE_CLIENT;

    if (!has_text(arrival)) {
        if (arrival->packet->tcp.flags & TCP_ACK && !has_fin(arrival))
            learn_pure_ack(arrival);
        return;
    }
    if (side->n_data == 0) {
        track_history(arrival, 'D');
        track_mark_slot(arrival, is_client ? TRAIL_CLIENT_DATA : TRAIL_SERVER_DATA);
    }
    saturate_u8(&side->n_data);
    if (arrival->is_repeat)
        return;
    if (is_client) {
        arrival->facts->bits |= FACT_REQUEST_OPEN;
        track_mark_slot(arrival, TRAIL_REQUEST);
    } else {
        arrival->facts->bits &= ~(uint32_t)FACT_REQUEST_OPEN;
    }
}

/* The sender waits for an acknowledgment already. */
static bool is_waiting(const struct arrival *arrival)
{
    return is_nxt_known(arrival->side) && is_acked_known(arrival->peer) &&
           seq_after(arrival->side->nxt, arrival->peer->acked);
}

/* The silence before the exchange that is going on: set by what breaks it, gone when the other
 * side answers, untouched by retransmissions and by what else is sent into the silence. So a RST
 * or a blackhole finds how long the connection had been idle before the packets that met it. */
/* It acknowledges the other side's FIN and nothing else, while the own request, which crossed that
 * FIN, waits: the exchange goes on. */
static bool is_crossing_fin(const struct arrival *arrival)
{
    return arrival->peer->bits & SIDE_FIN_SEEN && arrival->packet->tcp.payload_wire_bytes == 0 &&
           arrival->packet->tcp.ack == arrival->peer->nxt &&
           arrival->side->acked + 1 == arrival->peer->nxt && is_acked_known(arrival->peer) &&
           seq_after(arrival->side->nxt, arrival->peer->acked);
}

static void learn_quiet(struct arrival *arrival, bool was_waiting)
{
    struct flow_facts *facts = arrival->facts;
    int64_t quiet_ms = arrival->quiet_ns / NS_PER_MS;

    if (arrival->is_repeat)
        return;
    if (arrival->quiet_ns < TRACK_QUIET_NS) {
        bool is_answer = !is_acked_known(arrival->side) ||
                         seq_after(arrival->packet->tcp.ack, arrival->side->acked);

        if (is_answer && !is_crossing_fin(arrival) &&
            facts->last_ns[side_other(arrival->from)] > facts->last_ns[arrival->from])
            facts->quiet_before_ms = 0;
    } else if (!was_waiting) {
        facts->quiet_before_ms = quiet_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)quiet_ms;
    }
}

static void stale_ack(struct arrival *arrival)
{
    struct trail_entry *entry = trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool,
                                           arrival_flow_idx(arrival), arrival->packet->ts_ns);

    arrival->facts->bits |= FACT_STALE_ACK;
    if (entry && !entry->trail.slot[TRAIL_STALE_ACK].frame)
        track_mark(arrival, &entry->trail.slot[TRAIL_STALE_ACK]);
    if (!has_text(arrival) && !has_fin(arrival))
        learn_pure_ack(arrival);
    track_mark_last(arrival);
}

void track_segment(struct arrival *arrival)
{
    bool was_waiting = is_waiting(arrival);

    if (is_stale_ack(arrival)) {
        stale_ack(arrival);
        return;
    }
    if (completes_handshake(arrival))
        complete_handshake(arrival);
    learn_sequence(arrival);
    learn_quiet(arrival, was_waiting);
    track_after_rst(arrival);
    track_mark_last(arrival);
    learn_payload(arrival);
    track_speech(arrival);
    track_size(arrival);
    if (arrival->packet->tcp.flags & TCP_ACK)
        learn_ack(arrival);
    track_window(arrival);
    if (has_fin(arrival))
        learn_fin(arrival);
    /* Both sides spoke of one connection, though its handshake is not, or not all, in here. */
    if (count_others(arrival->peer) > 0 &&
        arrival->facts->bits & (FACT_MIDSTREAM | FACT_ESTABLISHED))
        track_two_way(arrival);
    if (arrival->side->bits & SIDE_FIN_SEEN && arrival->peer->bits & SIDE_FIN_SEEN)
        arrival->flow->state = FLOW_CLOSING;
}
