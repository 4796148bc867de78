/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened to a connection, provable from its packets alone: no cause, no other flow.
 * The phases of a connection are asked in turn; the first that it did not survive answers.
 */
#include "base/tcpflag.h"
#include "verdict/case.h"

/* ---- the RST that decided ---- */

/* A receiver drops a RST with a wrong checksum. Only said of a side whose first packet had a right
 * one: hosts see what they send themselves before the card fills it in. */
static bool is_corrupt(const struct rst_facts *rst, const struct flow_trail *trail)
{
    enum trail_slot first = rst->mark.side == SIDE_CLIENT ? TRAIL_SYN : TRAIL_SYNACK;

    return rst->mark.bits & MARK_BAD_CHECKSUM && trail->slot[first].bits & MARK_GOOD_CHECKSUM;
}

/* It answers a packet of the other side, as a host without the connection does. What a late copy
 * from an earlier connection of the tuple draws has that one's numbers (VERDICTS.md 14, trap 27).
 */
static bool is_answer(const struct rst_facts *rst, const struct flow_facts *facts)
{
    const struct side_facts *sender = &facts->side[rst->mark.side];
    const struct side_facts *receiver = &facts->side[side_other((enum flow_side)rst->mark.side)];
    uint32_t seq = rst->mark.seq;

    if (!rst->trigger.frame)
        return false;
    if (rst->mark.flags & TCP_ACK || !(sender->bits & SIDE_ISN_KNOWN))
        return true;
    return seq_after(seq, sender->isn) &&
           (!seq_after(seq, sender->nxt) || !seq_after(seq, receiver->acked));
}

/* A receiver drops a RST outside its window (RFC 5961 section 3.2); but one that answers a packet
 * of the other side is believed. */
static bool is_effective(const struct rst_facts *rst, const struct flow_facts *facts,
                         const struct flow_trail *trail)
{
    if (is_corrupt(rst, trail))
        return false;
    return facts->bits & FACT_MIDSTREAM || is_answer(rst, facts) ||
           (rst->fit != RST_FIT_BEHIND && rst->fit != RST_FIT_AHEAD);
}

/* The connection went on after it: a handshake that continued, or both sides did. */
static bool is_survived(const struct rst_facts *rst, const struct flow_facts *facts,
                        const struct flow_trail *trail)
{
    if (facts->bits & FACT_SYNACK_SEEN && rst->mark.frame < trail->slot[TRAIL_SYNACK].frame)
        return true;
    return facts->bits & FACT_ALIVE_AFTER_RST &&
           rst->mark.ts_ns <= trail->slot[TRAIL_AFTER_RST].ts_ns;
}

const struct rst_facts *case_deciding_rst(const struct flow_facts *facts,
                                          const struct flow_trail *trail)
{
    for (unsigned i = 0; i < trail->n_rst; i++) {
        const struct rst_facts *rst = &trail->rst[i];

        if (is_effective(rst, facts, trail) && !is_survived(rst, facts, trail))
            return rst;
    }
    return NULL;
}

/* ---- questions ---- */

uint32_t case_unacked_bytes(const struct verdict_case *c, enum flow_side side)
{
    const struct side_facts *sender = case_side(c, side);
    const struct side_facts *receiver = case_side(c, side_other(side));
    int32_t open = seq_distance(receiver->acked, sender->nxt);

    if (open <= 0 || receiver->n_pkts == 0)
        return 0;
    if (sender->bits & SIDE_FIN_SEEN && !(sender->bits & SIDE_FIN_ACKED))
        open--;
    return (uint32_t)open;
}

bool case_has_server_spoken(const struct verdict_case *c)
{
    const struct side_facts *server = c->server;
    int32_t n_control = server->bits & SIDE_FIN_SEEN ? 2 : 1; /* SYN and FIN count as one each */

    if (server->n_data > 0)
        return true;
    return server->bits & SIDE_ISN_KNOWN &&
           (seq_distance(server->isn, server->nxt) > n_control ||
            (case_has(c, FACT_ESTABLISHED) && seq_distance(server->isn, c->client->acked) > 2));
}

bool case_is_request_open(const struct verdict_case *c)
{
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);

    if (!case_has(c, FACT_REQUEST_OPEN) || case_is_tls_unused(c))
        return false;
    return !(request->frame && case_reset_by(c, SIDE_CLIENT) && c->rst->mark.flags & TCP_ACK &&
             c->rst->fit == RST_FIT_EXACT && seq_after(c->rst->mark.ack, request->ack));
}

bool case_is_syn_repeated(const struct verdict_case *c)
{
    return c->client->n_syn > 1 &&
           (int64_t)c->facts->syn_last_gap_us * NS_PER_US >= c->limits->syn_repeat_ns;
}

int64_t case_ack_ns(const struct verdict_case *c)
{
    if (!case_has(c, FACT_ESTABLISHED))
        return NS_NEVER;
    return c->facts->first_ns + (int64_t)c->facts->ack_after_us * NS_PER_US;
}

/* Judged by the end of the capture before an answer was due. */
static bool is_censored(const struct verdict_case *c)
{
    return case_has(c, FACT_AT_END) && ns_since(c->last_ns, c->now_ns) < c->limits->censored_ns;
}

/* ---- before the handshake is complete ---- */

/* A RST that does not acknowledge the SYN ends no connect (RFC 9293 section 3.10.7.3); but here
 * the client sent nothing more after it. */
static bool is_refused_oddly(const struct verdict_case *c)
{
    return c->server->n_rst > 0 && c->facts->last_ns[SIDE_CLIENT] <= c->facts->last_ns[SIDE_SERVER];
}

static enum outcome outcome_of_syn(const struct verdict_case *c)
{
    if (case_has(c, FACT_SYN_REFUSED) || is_refused_oddly(c))
        return OUTCOME_REFUSED;
    if (case_has(c, FACT_SYN_ICMP))
        return OUTCOME_REJECTED;
    if (case_has(c, FACT_EVICTED))
        return OUTCOME_UNKNOWN;
    if (case_has(c, FACT_BAD_SYNACK))
        return OUTCOME_HALF_OPEN;
    if (is_censored(c) && c->client->n_syn == 1 && !c->client->n_rst)
        return OUTCOME_IN_PROGRESS;
    return OUTCOME_TIMED_OUT;
}

/* A RST of the client's socket that acknowledges the SYN-ACK: it knows that the port is open, which
 * is all that health checks want (VERDICTS.md 14, trap 20). */
static bool is_probe(const struct verdict_case *c)
{
    return case_reset_by(c, SIDE_CLIENT) && c->rst->family == RST_FAMILY_A &&
           c->rst->mark.ack == c->server->isn + 1 && c->server->n_rst == 0;
}

static enum outcome outcome_of_synack(const struct verdict_case *c)
{
    if (case_has(c, FACT_SIMULTANEOUS_OPEN) && c->client->acked && c->server->acked && !c->rst)
        return OUTCOME_OK;
    if (is_probe(c))
        return OUTCOME_OK;
    if (c->client->n_rst || c->server->n_rst)
        return OUTCOME_RESET;
    if (case_has(c, FACT_EVICTED))
        return OUTCOME_UNKNOWN;
    if (is_censored(c) && c->client->n_syn == 1 && c->server->n_syn == 1)
        return OUTCOME_IN_PROGRESS;
    return OUTCOME_HALF_OPEN;
}

/* ---- after it ---- */

/* The client closed while its answer was under way, and then refused it. */
bool case_is_answer_lost(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_CLIENT_FIN);
    const struct packet_mark *answer = case_slot(c, TRAIL_SERVER_DATA);

    return case_reset_by(c, SIDE_CLIENT) && c->rst->sender_had_fin && c->client->n_data > 0 &&
           fin->frame && answer->frame > fin->frame &&
           answer->payload_bytes > c->limits->close_noise_bytes;
}

/* Bytes of a side that nobody misses when a connection closes: a TLS close_notify. */
static uint32_t noise_bytes(const struct verdict_case *c, enum flow_side side)
{
    return c->trail->speech[side].is_not_tls ? 0 : c->limits->close_noise_bytes;
}

/* The client asked once more before it knew that the server had closed, and was not heard. Its own
 * close right behind that would be a goodbye. */
bool case_is_request_crossed(const struct verdict_case *c)
{
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);
    const struct packet_mark *server_fin = case_slot(c, TRAIL_SERVER_FIN);
    const struct packet_mark *client_fin = case_slot(c, TRAIL_CLIENT_FIN);

    return request->frame && server_fin->frame &&
           seq_after(request->seq + request->payload_bytes, c->server->acked) &&
           !seq_after(request->ack, server_fin->seq + server_fin->payload_bytes) &&
           !(client_fin->frame &&
             ns_since(request->ts_ns, client_fin->ts_ns) < c->limits->reorder_ns);
}

/* The close was orderly before the RST came: what is lost is at most a close_notify. */
static bool is_close_noise(const struct verdict_case *c)
{
    const struct rst_facts *rst = c->rst;
    enum flow_side from = (enum flow_side)rst->mark.side;
    const struct packet_mark *trigger = &rst->trigger;

    if ((!rst->sender_had_fin && !rst->peer_had_fin) || case_is_answer_lost(c))
        return false;
    /* The client is done: whatever the server still says, nobody waits for it. */
    if (from == SIDE_CLIENT && rst->sender_had_fin)
        return true;
    if (from == SIDE_CLIENT && case_is_request_crossed(c) &&
        case_unacked_bytes(c, SIDE_CLIENT) > noise_bytes(c, SIDE_CLIENT))
        return false;
    /* The client has said all that it had to say, and was never answered. */
    if (from == SIDE_SERVER && !rst->sender_had_fin && c->client->n_data > 0 &&
        !case_has_server_spoken(c))
        return false;
    if (rst->sender_had_fin && trigger->frame &&
        trigger->payload_bytes > noise_bytes(c, side_other(from)))
        return false;
    return case_unacked_bytes(c, side_other(from)) <= noise_bytes(c, side_other(from));
}

/* The RST of a program's own socket. Windows sends it without window and options (7.8): then it is
 * at least where the sender is. */
static bool is_of_socket(const struct rst_facts *rst)
{
    if (rst->family == RST_FAMILY_A)
        return true;
    return rst->mark.flags & TCP_ACK && rst->fit == RST_FIT_EXACT && !rst->lacks_timestamps &&
           rst->mark.payload_bytes == 0 && rst->mark.ttl == rst->baseline_ttl;
}

/* Nothing of either side is under way that somebody would miss. A client that said nothing in its
 * TLS misses neither the session tickets nor what it said of the handshake itself. */
static bool is_nothing_under_way(const struct verdict_case *c)
{
    if (case_reset_by(c, SIDE_CLIENT) && case_is_tls_unused(c))
        return true;
    return case_unacked_bytes(c, SIDE_CLIENT) <= c->limits->close_noise_bytes &&
           case_unacked_bytes(c, SIDE_SERVER) <= c->limits->close_noise_bytes;
}

/* RST instead of FIN: the answer had come and everything was acknowledged, or nothing was ever said
 * (health checks: VERDICTS.md 14, trap 20). A server that aborts after it was asked has not said
 * that it was done. */
static bool is_abortive_close(const struct verdict_case *c)
{
    bool is_silent = c->client->n_data == 0 && !case_has_server_spoken(c);
    bool is_answered = case_has_server_spoken(c) && !case_is_request_open(c) &&
                       !case_is_cut_by_reset(c) && case_reset_by(c, SIDE_CLIENT);

    return (is_silent || is_answered) && is_of_socket(c->rst) && c->client->run_count == 0 &&
           c->server->run_count == 0 && is_nothing_under_way(c);
}

/* The server hung up at once, before it sent a byte. */
static bool is_hung_up(const struct verdict_case *c, const struct packet_mark *end)
{
    const struct packet_mark *request = case_slot(c, TRAIL_CLIENT_DATA);
    const struct packet_mark *client_fin = case_slot(c, TRAIL_CLIENT_FIN);
    int64_t from_ns =
        request->frame && request->frame < end->frame ? request->ts_ns : case_ack_ns(c);

    return case_has(c, FACT_SYNACK_SEEN) && !case_has_server_spoken(c) && end->frame &&
           !(client_fin->frame && client_fin->frame < end->frame) && from_ns != NS_NEVER &&
           ns_since(from_ns, end->ts_ns) <= c->limits->accept_close_ns;
}

/* Sent again and again, and then given up: the end makes few copies final (11.5). */
static bool is_given_up(const struct verdict_case *c)
{
    enum flow_side from = (enum flow_side)c->rst->mark.side;
    int64_t peer_ns = c->facts->last_ns[side_other(from)];

    return case_side(c, from)->run_count >= c->limits->given_up_copies &&
           ns_since(peer_ns, c->rst->mark.ts_ns) >= c->limits->given_up_ns &&
           case_unacked_bytes(c, from) > 0;
}

/* The server does not get past its SYN-ACK. */
static bool is_untaken(const struct verdict_case *c)
{
    return case_has(c, FACT_SYNACK_SEEN) && c->server->n_data == 0 &&
           !(c->server->bits & SIDE_FIN_SEEN) && c->server->acked == c->client->isn + 1;
}

/* P2 of a full accept queue, or a path that eats what the client sends: the SYN-ACK comes again.
 * The client's own repeats do not show that: what eats the data may let the ACK through. */
static bool is_never_accepted(const struct verdict_case *c)
{
    return is_untaken(c) && c->server->n_syn_late >= c->limits->overflow_synacks;
}

static enum outcome outcome_of_rst(const struct verdict_case *c)
{
    /* What the client sends into its close draws the RST, and cost nothing that was not lost. */
    if (case_reset_by(c, SIDE_SERVER) && c->rst->sender_had_fin &&
        is_hung_up(c, case_slot(c, TRAIL_SERVER_FIN)))
        return OUTCOME_CLOSED_EARLY;
    if (case_stalled_side(c) != SIDE_COUNT || case_stuck_side(c) != SIDE_COUNT)
        return OUTCOME_BLACKHOLED;
    if (case_reset_by(c, SIDE_CLIENT) && is_never_accepted(c))
        return OUTCOME_HALF_OPEN;
    if (c->answer != ANSWER_DONE)
        return c->answer == ANSWER_ABANDONED ? OUTCOME_RESET : OUTCOME_CLOSED_EARLY;
    if (is_close_noise(c))
        return OUTCOME_OK;
    if (is_given_up(c))
        return OUTCOME_BLACKHOLED;
    if (is_abortive_close(c) && !(case_reset_by(c, SIDE_SERVER) && is_hung_up(c, &c->rst->mark)))
        return OUTCOME_OK;
    return OUTCOME_RESET;
}

/* One side sends the same segment again and again and hears nothing more. */
static bool is_blackholed(const struct verdict_case *c)
{
    bool is_closing = (c->client->bits | c->server->bits) & SIDE_FIN_SEEN;

    if (case_stuck_side(c) != SIDE_COUNT || case_stalled_side(c) != SIDE_COUNT)
        return true;
    for (unsigned s = 0; s < SIDE_COUNT && !is_closing; s++) {
        if (c->trail->acked_run[s].n_copies >= c->limits->blackhole_copies)
            return true; /* what acknowledges it passed here and does not arrive there */
    }
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        int64_t peer_ns = c->facts->last_ns[side_other((enum flow_side)s)];
        const struct side_facts *side = &c->facts->side[s];

        /* A peer that has closed may be silent. */
        if (side->run_count == 0 || peer_ns == NS_NEVER || peer_ns >= c->facts->last_ns[s] ||
            case_side(c, side_other((enum flow_side)s))->bits & SIDE_FIN_SEEN)
            continue;
        if (side->run_count >= c->limits->blackhole_copies ||
            (side->run_count >= c->limits->given_up_copies &&
             ns_since(peer_ns, c->now_ns) >= c->limits->censored_ns))
            return true;
    }
    return false;
}

/* The first data is sent again and again, and nothing ever came but the SYN-ACK. */
static bool is_dead_at_once(const struct verdict_case *c)
{
    return is_untaken(c) && c->server->n_syn_late == 0 && c->client->n_data > 0 &&
           c->client->run_count >= c->limits->overflow_data_copies;
}

/* The facts count a RST and no trail tells more of it: all trails were taken by flows in trouble.
 */
static bool is_reset_unseen(const struct verdict_case *c)
{
    return c->trail->n_rst == 0 && (c->client->n_rst || c->server->n_rst) &&
           !((c->client->bits | c->server->bits) & SIDE_FIN_SEEN) &&
           !case_has(c, FACT_ALIVE_AFTER_RST);
}

static enum outcome outcome_of_connection(const struct verdict_case *c)
{
    if (c->facts->last_ns[SIDE_SERVER] == NS_NEVER || c->facts->last_ns[SIDE_CLIENT] == NS_NEVER)
        return OUTCOME_UNKNOWN;
    if (c->rst)
        return outcome_of_rst(c);
    if (is_reset_unseen(c))
        return OUTCOME_RESET;
    if (is_never_accepted(c))
        return OUTCOME_HALF_OPEN;
    if (is_blackholed(c) || is_dead_at_once(c))
        return OUTCOME_BLACKHOLED;
    if (is_hung_up(c, case_slot(c, TRAIL_SERVER_FIN)) || case_is_closed_unanswered(c) ||
        c->answer != ANSWER_DONE)
        return OUTCOME_CLOSED_EARLY;
    if (c->client->n_syn > 1 || (c->server->n_syn > 1 && !case_has(c, FACT_DUPLICATES)) ||
        case_has(c, FACT_ALIVE_AFTER_RST))
        return OUTCOME_OK_DEGRADED;
    return OUTCOME_OK;
}

/* ---- without a connection ---- */

static enum outcome outcome_of_datagram(const struct verdict_case *c)
{
    static const uint8_t of_quic[] = {
        [QUIC_SILENT] = OUTCOME_TIMED_OUT,
        [QUIC_NEGOTIATED] = OUTCOME_APP_REFUSED,
        [QUIC_CLOSED] = OUTCOME_APP_REFUSED,
        [QUIC_RESET] = OUTCOME_RESET,
    };

    if (c->trail->icmp.frame)
        return OUTCOME_REJECTED;
    if (c->speech->kind == READER_SCTP)
        return OUTCOME_REFUSED;
    if (c->speech->quic.end == QUIC_SILENT && is_censored(c))
        return OUTCOME_IN_PROGRESS;
    return (enum outcome)of_quic[c->speech->quic.end];
}

enum outcome case_outcome(const struct verdict_case *c)
{
    if (case_is_datagram(c))
        return outcome_of_datagram(c);
    if (case_has(c, FACT_MIDSTREAM)) {
        /* A SYN-ACK whose SYN is not in here: the capture began late, or nobody sent one. */
        if (case_has(c, FACT_SYNACK_SEEN) && !case_has(c, FACT_ESTABLISHED))
            return OUTCOME_UNKNOWN;
        if (c->rst && c->rst->trigger.frame && outcome_of_rst(c) == OUTCOME_RESET)
            return OUTCOME_RESET;
        return is_blackholed(c) ? OUTCOME_BLACKHOLED : OUTCOME_UNKNOWN;
    }
    if (case_has(c, FACT_ESTABLISHED))
        return outcome_of_connection(c);
    if (case_has(c, FACT_SYNACK_SEEN))
        return outcome_of_synack(c);
    return outcome_of_syn(c);
}
