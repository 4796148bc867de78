/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for RST: what kind it is and what it answers, the moment it comes. */
#include <stdlib.h>

#include "base/seqnum.h"
#include "flowtable/arrival.h"

/* How long after a segment its stateless answer can come (VERDICTS.md 7.1). */
static int64_t trigger_window_ns(const struct flow_facts *facts)
{
    int64_t window_ns = 3 * track_rtt_ns(facts);

    return window_ns > 500 * NS_PER_MS ? window_ns : 500 * NS_PER_MS;
}

/* Around a FIN the answered segment may be one that was sent before the FIN was seen, or after, and
 * the last one captured the other: both acknowledge the FIN's place, with or without it. */
static bool answers_beside_fin(const struct arrival *arrival, const struct packet_mark *rst,
                               const struct packet_mark *mark)
{
    uint32_t fin_seq = arrival->side->nxt - 1;

    return arrival->side->bits & SIDE_FIN_SEEN && !(rst->flags & TCP_ACK) &&
           mark->flags & TCP_ACK && rst->seq - fin_seq <= 1 && mark->ack - fin_seq <= 1;
}

/* Whether a host without the connection would answer the packet so: RST without ACK takes its
 * sequence number from the packet's ACK; RST with ACK acknowledges a packet without ACK, and may
 * leave out the data of a SYN (RFC 9293 section 3.10.7.1, RFC 7413). */
static bool answers(const struct packet_mark *rst, const struct packet_mark *mark)
{
    uint32_t end = mark->seq + mark->payload_bytes + (mark->flags & TCP_SYN ? 1 : 0) +
                   (mark->flags & TCP_FIN ? 1 : 0);

    if (!(rst->flags & TCP_ACK))
        return mark->flags & TCP_ACK && rst->seq == mark->ack;
    return !(mark->flags & TCP_ACK) &&
           (rst->ack == end || (mark->flags & TCP_SYN && rst->ack == mark->seq + 1));
}

static void find_trigger(const struct arrival *arrival, const struct trail_entry *entry,
                         struct rst_facts *rst)
{
    const struct flow_trail *trail = &entry->trail;
    enum flow_side other = side_other(arrival->from);
    /* A request that crosses the FIN draws its RST after the client has acknowledged the FIN. */
    const struct packet_mark *candidate[] = {
        trail_last(entry, other),     &trail->slot[trail_last_slot(other)],
        &trail->slot[TRAIL_REQUEST],  &trail->slot[TRAIL_STALE_ACK],
        &trail->slot[TRAIL_SYN_LAST], &trail->slot[TRAIL_SYN],
    };

    for (size_t i = 0; i < 2 * ARRAY_LEN(candidate); i++) {
        const struct packet_mark *mark = candidate[i % ARRAY_LEN(candidate)];
        bool is_answer = i < ARRAY_LEN(candidate) ? answers(&rst->mark, mark)
                                                  : answers_beside_fin(arrival, &rst->mark, mark);

        if (mark->frame && mark->side != arrival->from && !(mark->flags & TCP_RST) && is_answer &&
            ns_since(mark->ts_ns, rst->mark.ts_ns) <= trigger_window_ns(arrival->facts)) {
            rst->trigger = *mark;
            return;
        }
    }
}

static enum rst_family family_of(const struct rst_facts *rst)
{
    const struct packet_mark *mark = &rst->mark;
    bool has_ack = mark->flags & TCP_ACK;
    bool is_bare = mark->window == 0 && !(mark->bits & (MARK_HAS_OPTIONS | MARK_OPTIONS_UNKNOWN));

    if (has_ack && (mark->window > 0 || mark->bits & MARK_HAS_TIMESTAMPS))
        return RST_FAMILY_A;
    if (has_ack && is_bare && mark->seq == 0)
        return RST_FAMILY_B1;
    if (!has_ack && is_bare && rst->trigger.frame)
        return RST_FAMILY_B2;
    return RST_FAMILY_X;
}

/* Bytes that the side last offered to take. A SYN's window is never scaled (RFC 7323 section
 * 2.2), and it was the last packet where there was no other. */
static uint32_t offered_window(const struct side_facts *side, const struct side_facts *peer)
{
    bool is_scaled = side->bits & SIDE_HAS_WSCALE && peer->bits & SIDE_HAS_WSCALE &&
                     count_others(side) != side->n_syn;

    return (uint32_t)side->window << (is_scaled ? side->wscale : 0);
}

/* Against what the receiver expects: what it acknowledged, or what the sender is known to have
 * sent, whichever the capture's place makes true. Where neither is known nothing speaks against
 * it. The window's right edge is in it, as in Linux's tcp_sequence(). */
static enum rst_fit fit_of(const struct arrival *arrival)
{
    const struct side_facts *sender = arrival->side;
    const struct side_facts *receiver = arrival->peer;
    uint32_t seq = arrival->packet->tcp.seq;
    uint32_t expected = is_acked_known(receiver) ? receiver->acked : sender->nxt;

    if ((!is_acked_known(receiver) && !is_nxt_known(sender)) || seq == expected ||
        (is_nxt_known(sender) && seq == sender->nxt))
        return RST_FIT_EXACT;
    /* Whatever lies between was left out. */
    if (arrival->tracker->is_light && seq_before(expected, seq))
        return RST_FIT_EXACT;
    if (seq_between(expected, seq, expected + offered_window(receiver, sender)))
        return RST_FIT_WINDOW;
    return seq_before(seq, expected) ? RST_FIT_BEHIND : RST_FIT_AHEAD;
}

/* The TTL among the sender's other packets that is nearest to the RST's. */
static void learn_baseline(const struct arrival *arrival, struct rst_facts *rst)
{
    const struct side_facts *side = arrival->side;
    const uint8_t seen[] = {side->ttl_min, side->ttl_max, side->ttl_syn};
    uint32_t n_others = count_others(side);

    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        if (seen[i] && (!rst->baseline_ttl ||
                        abs(seen[i] - rst->mark.ttl) < abs(rst->baseline_ttl - rst->mark.ttl)))
            rst->baseline_ttl = seen[i];
    }
    rst->n_baseline = n_others > UINT8_MAX ? UINT8_MAX : (uint8_t)n_others;
}

static int64_t quiet_before_ns(const struct arrival *arrival, const struct rst_facts *rst)
{
    if (rst->trigger.frame || arrival->quiet_ns < TRACK_QUIET_NS)
        return (int64_t)arrival->facts->quiet_before_ms * NS_PER_MS;
    return arrival->quiet_ns;
}

static void learn_rst(const struct arrival *arrival, const struct trail_entry *entry,
                      struct rst_facts *rst)
{
    const struct side_facts *side = arrival->side;
    const struct side_facts *peer = arrival->peer;
    enum rst_family family;
    enum rst_fit fit = fit_of(arrival);

    track_mark(arrival, &rst->mark);
    track_mark_checksum(arrival, &rst->mark);
    if (entry) {
        find_trigger(arrival, entry, rst);
        rst->is_unanswerable = trail_last(entry, arrival->from)->frame >
                               trail_last(entry, side_other(arrival->from))->frame;
    }
    learn_baseline(arrival, rst);
    family = family_of(rst);
    rst->family = (uint8_t)family;
    rst->fit = (uint8_t)fit;
    rst->quiet_before_ns = quiet_before_ns(arrival, rst);
    rst->prev_ip_id = side->ip_id;
    rst->does_id_count = (side->bits & (SIDE_ID_COUNTS | SIDE_ID_JUMPS)) == SIDE_ID_COUNTS;
    rst->sender_had_fin = side->bits & SIDE_FIN_SEEN;
    rst->peer_had_fin = peer->bits & SIDE_FIN_SEEN;
    rst->peer_had_rst = peer->n_rst > 0;
    rst->has_mptcp_fastclose = arrival->packet->tcp.options.has_mptcp_fastclose;
    rst->has_mptcp_reason = arrival->packet->tcp.options.has_mptcp_rst;
    rst->mptcp_reason = arrival->packet->tcp.options.mptcp_rst_reason;
    if (is_nxt_known(side) && seq_after(side->nxt, rst->mark.seq))
        rst->sent_beyond = side->nxt - rst->mark.seq;
    rst->n_data[arrival->from] = side_n_new_data(side);
    rst->n_data[side_other(arrival->from)] = side_n_new_data(peer);
    rst->lacks_timestamps = side->bits & peer->bits & SIDE_HAS_TIMESTAMPS &&
                            !(rst->mark.bits & (MARK_HAS_TIMESTAMPS | MARK_OPTIONS_UNKNOWN));
}

/* What the abort of a socket acknowledges has arrived there as well as if a FIN had said so. */
static void learn_ack_of_rst(struct arrival *arrival, const struct rst_facts *rst)
{
    uint32_t ack = arrival->packet->tcp.ack;

    if (rst->family == RST_FAMILY_A && rst->fit == RST_FIT_EXACT && is_acked_known(arrival->side) &&
        seq_after(ack, arrival->side->acked) && !seq_after(ack, arrival->peer->nxt))
        arrival->side->acked = ack;
}

/* Whether a RST of the server ends a connection attempt: it must acknowledge the SYN (RFC 9293
 * section 3.10.7.3), or its data too. */
static bool refuses_syn(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return arrival->from == SIDE_SERVER && tcp->flags & TCP_ACK &&
           seq_between(arrival->peer->isn + 1, tcp->ack, arrival->peer->nxt);
}

static void end_by_rst(struct arrival *arrival, const struct rst_facts *rst)
{
    struct flow_facts *facts = arrival->facts;
    bool is_ignored = rst->fit == RST_FIT_BEHIND || rst->fit == RST_FIT_AHEAD;

    switch ((enum flow_state)arrival->flow->state) {
    case FLOW_SYN_SENT:
        if (refuses_syn(arrival)) {
            if (!(facts->bits & FACT_SYN_REFUSED))
                track_note(arrival->tracker, arrival->flow, NOTE_REFUSED);
            facts->bits |= FACT_SYN_REFUSED;
            arrival->flow->state = FLOW_CLOSING;
        } else if (arrival->from == SIDE_CLIENT &&
                   !(facts->bits & (FACT_STALE_ACK | FACT_BAD_SYNACK))) {
            arrival->flow->state = FLOW_CLOSING;
        }
        break;
    case FLOW_SYN_RECEIVED:
        if (arrival->from == SIDE_CLIENT && !(arrival->packet->tcp.flags & TCP_ACK))
            facts->bits |= FACT_CLIENT_RST_SYNACK;
        arrival->flow->state = FLOW_CLOSING;
        break;
    case FLOW_ESTABLISHED:
        if (is_ignored && !(facts->bits & FACT_MIDSTREAM))
            break;
        arrival->flow->state = FLOW_CLOSING;
        track_note_reset(arrival->tracker, arrival->flow, rst);
        break;
    case FLOW_CLOSING:
    case FLOW_FREE:
    case FLOW_LONES:
    case FLOW_STATE_COUNT:
        break;
    }
}

/* Remembers the RST for what follows it. One before the SYN-ACK is no word on this connection: it
 * refuses one SYN, and another may follow, or answers what is left of an older connection. */
static void watch(const struct arrival *arrival, struct trail_entry *entry,
                  const struct rst_facts *rst)
{
    entry->last[arrival->from] = rst->mark;
    if (arrival->facts->bits & (FACT_SYNACK_SEEN | FACT_ESTABLISHED | FACT_MIDSTREAM))
        entry->watch[arrival->from] = (struct rst_watch){
            .ts_ns = rst->mark.ts_ns,
            .seq = rst->mark.seq,
            .fit = rst->fit,
            .is_set = true,
        };
}

/* One letter for repeats of one RST, as Zeek has it. */
static void letter_of_rst(struct arrival *arrival, const struct flow_trail *trail)
{
    uint16_t flags = arrival->packet->tcp.flags;

    for (unsigned i = 0; trail && i < trail->n_rst; i++) {
        if (trail->rst[i].mark.side == arrival->from &&
            trail->rst[i].mark.seq == arrival->packet->tcp.seq)
            return;
    }
    if (flags & TCP_FIN)
        track_history_once(arrival, 'I');
    else if (flags & TCP_SYN)
        track_history_once(arrival, 'Q');
    else
        track_history(arrival, 'R');
}

/* A RST that begins its flow is a stray: its trail is as good as any other, not to be kept. */
static struct trail_entry *trail_for(const struct arrival *arrival)
{
    struct trails *trails = &arrival->tracker->trails;

    if (arrival->facts->first_frame == arrival->packet->ordinal)
        return trail_entry_of(trails, arrival->flow);
    return trail_keep(trails, arrival->tracker->table.pool, arrival_flow_idx(arrival),
                      arrival->packet->ts_ns);
}

void track_rst(struct arrival *arrival)
{
    struct trail_entry *entry = trail_for(arrival);
    struct rst_facts rst = {0};

    learn_rst(arrival, entry, &rst);
    letter_of_rst(arrival, entry ? &entry->trail : NULL);
    if (entry && entry->trail.n_rst < TRAIL_RST_MAX)
        entry->trail.rst[entry->trail.n_rst++] = rst;
    if (entry)
        watch(arrival, entry, &rst);
    learn_ack_of_rst(arrival, &rst);
    saturate_u8(&arrival->side->n_rst);
    end_by_rst(arrival, &rst);
}

/* ---- after a RST ---- */

/* The connection lives: it waits for its next end, unless it has closed in order. */
static void revive(struct arrival *arrival)
{
    if (arrival->flow->state == FLOW_CLOSING &&
        !(arrival->side->bits & arrival->peer->bits & SIDE_FIN_SEEN))
        arrival->flow->state = FLOW_ESTABLISHED;
}

/* What a dead sender cannot send: anything, once what the capture may have put out of order is
 * past; new data at any time. */
static void learn_sender_goes_on(struct arrival *arrival, struct trail_entry *entry)
{
    struct rst_watch *rst = &entry->watch[arrival->from];
    struct packet_mark *after = &entry->trail.slot[TRAIL_AFTER_RST];
    bool is_new = seq_after(arrival->seq_end, rst->seq);

    if (!is_new && ns_since(rst->ts_ns, arrival->packet->ts_ns) <= TRACK_REORDER_NS)
        return;
    rst->has_sender_spoken = true;
    if (!after->frame || (is_new && after->side == arrival->from &&
                          !seq_after(after->seq + after->payload_bytes, rst->seq)))
        track_mark(arrival, after);
}

/* A receiver that did not die: it doubts the RST (RFC 5961 section 3.2), or goes on with a sender
 * that goes on. */
static void learn_receiver_goes_on(struct arrival *arrival, struct trail_entry *entry)
{
    const struct rst_watch *rst = &entry->watch[side_other(arrival->from)];
    struct packet_mark *challenge = &entry->trail.slot[TRAIL_CHALLENGE];
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    int64_t since_ns = ns_since(rst->ts_ns, arrival->packet->ts_ns);
    int64_t rtt_ns = track_rtt_ns(arrival->facts);

    if (rst->fit == RST_FIT_WINDOW && tcp->payload_wire_bytes == 0 &&
        (tcp->flags & (TCP_ACK | TCP_FIN)) == TCP_ACK && tcp->ack == arrival->side->acked &&
        since_ns <= rtt_ns + NS_PER_S && !challenge->frame) {
        arrival->facts->bits |= FACT_CHALLENGED;
        track_mark(arrival, challenge);
        revive(arrival);
    }
    if (rst->has_sender_spoken && !arrival->is_repeat &&
        since_ns > (rtt_ns > TRACK_REORDER_NS ? rtt_ns : TRACK_REORDER_NS)) {
        arrival->facts->bits |= FACT_ALIVE_AFTER_RST;
        revive(arrival);
    }
}

void track_after_rst(struct arrival *arrival)
{
    struct trail_entry *entry = trail_entry_of(&arrival->tracker->trails, arrival->flow);

    if (!entry)
        return;
    if (entry->watch[arrival->from].is_set)
        learn_sender_goes_on(arrival, entry);
    if (entry->watch[side_other(arrival->from)].is_set)
        learn_receiver_goes_on(arrival, entry);
}
