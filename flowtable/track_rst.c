/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for RST: what kind it is and what it answers, the moment it comes. */
#include <stdlib.h>

#include "base/seqnum.h"
#include "flowtable/arrival.h"

static const struct packet_mark *last_of(const struct flow_trail *trail, enum flow_side side)
{
    return &trail->slot[side == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST];
}

/* How long after a segment its stateless answer can come (VERDICTS.md 7.1). */
static int64_t trigger_window_ns(const struct flow_facts *facts)
{
    int64_t window_ns = 3 * track_rtt_ns(facts);

    return window_ns > 500 * NS_PER_MS ? window_ns : 500 * NS_PER_MS;
}

/* The packet of the other side that a host without the connection would answer like this: RST
 * without ACK takes its sequence number from the trigger's ACK; RST with ACK acknowledges a
 * trigger without ACK (RFC 9293 section 3.10.7.1). */
static void find_trigger(const struct arrival *arrival, const struct flow_trail *trail,
                         struct rst_facts *rst)
{
    const struct packet_mark *candidate[] = {
        last_of(trail, side_other(arrival->from)),
        &trail->slot[TRAIL_STALE_ACK],
        &trail->slot[TRAIL_SYN_LAST],
        &trail->slot[TRAIL_SYN],
    };
    bool has_ack = arrival->packet->tcp.flags & TCP_ACK;

    for (size_t i = 0; i < ARRAY_LEN(candidate); i++) {
        const struct packet_mark *mark = candidate[i];
        int64_t since_ns = ns_since(mark->ts_ns, rst->mark.ts_ns);
        bool is_answered = has_ack ? !(mark->flags & TCP_ACK) &&
                                         rst->mark.ack == mark->seq + mark->payload_bytes +
                                                              (mark->flags & TCP_SYN ? 1 : 0) +
                                                              (mark->flags & TCP_FIN ? 1 : 0)
                                   : mark->flags & TCP_ACK && rst->mark.seq == mark->ack;

        if (mark->frame && mark->side != arrival->from && is_answered &&
            since_ns <= trigger_window_ns(arrival->facts)) {
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

/* Against what the receiver expects: what it acknowledged, or what the sender is known to have
 * sent, whichever the capture's place makes true. */
static enum rst_fit fit_of(const struct arrival *arrival)
{
    const struct side_facts *sender = arrival->side;
    const struct side_facts *receiver = arrival->peer;
    uint32_t seq = arrival->packet->tcp.seq;
    bool is_scaled = sender->bits & SIDE_HAS_WSCALE && receiver->bits & SIDE_HAS_WSCALE;
    uint32_t window = (uint32_t)receiver->window << (is_scaled ? receiver->wscale : 0);

    if (seq == receiver->acked || (sender->n_pkts > 0 && seq == sender->nxt))
        return RST_FIT_EXACT;
    if (seq_between(receiver->acked, seq, receiver->acked + window))
        return RST_FIT_WINDOW;
    return seq_before(seq, receiver->acked) ? RST_FIT_BEHIND : RST_FIT_AHEAD;
}

/* The TTL among the sender's other packets that is nearest to the RST's. */
static void learn_baseline(const struct arrival *arrival, struct rst_facts *rst)
{
    const struct side_facts *side = arrival->side;
    const uint8_t seen[] = {side->ttl_min, side->ttl_max, side->ttl_syn};
    uint32_t n_others = side->n_pkts - (side->n_rst < side->n_pkts ? side->n_rst : side->n_pkts);

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

static void learn_rst(struct arrival *arrival, struct flow_trail *trail)
{
    const struct side_facts *side = arrival->side;
    const struct side_facts *peer = arrival->peer;
    enum flow_side from = arrival->from;
    enum rst_family family;
    enum rst_fit fit;
    struct rst_facts *rst;

    if (trail->n_rst == TRAIL_RST_MAX)
        return;
    rst = &trail->rst[trail->n_rst++];
    track_mark(arrival, &rst->mark);
    track_mark_checksum(arrival, &rst->mark);
    find_trigger(arrival, trail, rst);
    learn_baseline(arrival, rst);
    family = family_of(rst);
    fit = fit_of(arrival);
    rst->family = (uint8_t)family;
    rst->fit = (uint8_t)fit;
    rst->quiet_before_ns = quiet_before_ns(arrival, rst);
    rst->prev_ip_id = side->ip_id;
    rst->does_id_count = (side->bits & (SIDE_ID_COUNTS | SIDE_ID_JUMPS)) == SIDE_ID_COUNTS;
    rst->sender_had_fin = side->bits & SIDE_FIN_SEEN;
    rst->peer_had_fin = peer->bits & SIDE_FIN_SEEN;
    rst->peer_had_rst = peer->n_rst > 0;
    rst->lacks_timestamps = side->bits & peer->bits & SIDE_HAS_TIMESTAMPS &&
                            !(rst->mark.bits & (MARK_HAS_TIMESTAMPS | MARK_OPTIONS_UNKNOWN));
    rst->is_unanswerable =
        arrival->facts->last_ns[from] != NS_NEVER &&
        arrival->facts->last_ns[side_other(from)] <= arrival->facts->last_ns[from];
}

/* Whether a RST of the server ends a connection attempt: it must acknowledge the SYN (RFC 9293
 * section 3.10.7.3), or its data too. */
static bool refuses_syn(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return arrival->from == SIDE_SERVER && tcp->flags & TCP_ACK &&
           seq_between(arrival->peer->isn + 1, tcp->ack, arrival->peer->nxt);
}

static void end_by_rst(struct arrival *arrival, const struct flow_trail *trail)
{
    struct flow_facts *facts = arrival->facts;
    bool is_ignored = trail && trail->n_rst &&
                      (trail->rst[trail->n_rst - 1].fit == RST_FIT_BEHIND ||
                       trail->rst[trail->n_rst - 1].fit == RST_FIT_AHEAD);

    switch ((enum flow_state)arrival->flow->state) {
    case FLOW_SYN_SENT:
        if (refuses_syn(arrival)) {
            facts->bits |= FACT_SYN_REFUSED;
            arrival->flow->state = FLOW_CLOSING;
        } else if (arrival->from == SIDE_CLIENT && !(facts->bits & FACT_STALE_ACK)) {
            arrival->flow->state = FLOW_CLOSING;
        }
        break;
    case FLOW_SYN_RECEIVED:
        if (arrival->from == SIDE_CLIENT)
            facts->bits |= FACT_CLIENT_RST_SYNACK;
        arrival->flow->state = FLOW_CLOSING;
        break;
    case FLOW_ESTABLISHED:
        if (!is_ignored || facts->bits & FACT_MIDSTREAM)
            arrival->flow->state = FLOW_CLOSING;
        break;
    case FLOW_CLOSING:
    case FLOW_FREE:
    case FLOW_STATE_COUNT:
        break;
    }
}

void track_rst(struct arrival *arrival)
{
    struct flow_trail *trail =
        trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool, arrival->flow_idx);
    bool is_repeated = false;

    if (trail) {
        for (unsigned i = 0; i < trail->n_rst; i++)
            is_repeated |= trail->rst[i].mark.side == arrival->from &&
                           trail->rst[i].mark.seq == arrival->packet->tcp.seq;
        learn_rst(arrival, trail);
    }
    if (!is_repeated)
        track_history(arrival, arrival->packet->tcp.flags & TCP_FIN   ? 'I'
                               : arrival->packet->tcp.flags & TCP_SYN ? 'Q'
                                                                      : 'R');
    saturate_u8(&arrival->side->n_rst);
    end_by_rst(arrival, trail);
}
