/* SPDX-License-Identifier: BSD-2-Clause */
/* An established connection came to a standstill, or was closed unanswered (VERDICTS.md 13.5). */
#include <stdlib.h>

#include "verdict/case.h"

/* ---- silence with data outstanding ---- */

/* The side that repeats itself into silence. */
static enum flow_side repeating_side(const struct verdict_case *c)
{
    return c->client->run_count >= c->server->run_count ? SIDE_CLIENT : SIDE_SERVER;
}

static void say_silence(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side side = repeating_side(c);
    const struct packet_mark *last = case_slot(c, TRAIL_RUN_LAST);

    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (c->trail->acked_run[s].n_copies >= c->limits->blackhole_copies) {
            because(ruling, "acks-never-arrive", last->frame,
                    "the %s repeats %u times what was acknowledged here", case_side_word(s),
                    c->trail->acked_run[s].n_copies);
            return;
        }
    }

    because(ruling, "data-unanswered", last->frame, "the %s sent it %u times again",
            case_side_word(side), case_side(c, side)->run_count);
    because(ruling, "peer-silent", 0, "nothing from the %s for %.1f s",
            case_side_word(side_other(side)),
            case_seconds(ns_since(c->facts->last_ns[side_other(side)], c->facts->last_ns[side])));
}

/* The other side says nothing more: not that it has no room, or that it misses something. */
static bool is_silence(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_BLACKHOLED && case_stalled_side(c) == SIDE_COUNT &&
           !case_is_hole(c, SIDE_CLIENT) && !case_is_hole(c, SIDE_SERVER);
}

enum confidence rule_idle_timeout_blackhole(const struct verdict_case *c, struct ruling *ruling)
{
    int64_t idle_ns = (int64_t)c->facts->quiet_before_ms * NS_PER_MS;

    if (!is_silence(c) || idle_ns < c->limits->idle_ns)
        return CONFIDENCE_NONE;
    because(ruling, "idle-before", case_slot(c, TRAIL_RUN_FIRST)->frame, "idle for %.1f s before",
            case_seconds(idle_ns));
    say_silence(c, ruling);
    return CONFIDENCE_LIKELY;
}

enum confidence rule_path_blackhole(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side side = repeating_side(c);
    int64_t silent_ns;

    if (!is_silence(c))
        return CONFIDENCE_NONE;
    say_silence(c, ruling);
    silent_ns = ns_since(c->facts->last_ns[side_other(side)], c->now_ns);
    if (case_side(c, side)->run_count >= c->limits->blackhole_copies ||
        c->trail->acked_run[SIDE_CLIENT].n_copies >= c->limits->blackhole_copies ||
        c->trail->acked_run[SIDE_SERVER].n_copies >= c->limits->blackhole_copies ||
        silent_ns >= c->limits->blackhole_ns)
        return CONFIDENCE_CERTAIN;
    against(ruling, "not-for-long", 0, "%.1f s may be a break that heals", case_seconds(silent_ns));
    return CONFIDENCE_LIKELY;
}

/* RFC 2923 section 2.1: what is too big for the path vanishes, and nobody is told. */
enum confidence rule_pmtu_blackhole(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side side = case_stuck_side(c);
    const struct icmp_facts *icmp = &c->trail->icmp;
    const struct packet_mark *last = case_slot(c, TRAIL_RUN_LAST);

    if (c->outcome != OUTCOME_BLACKHOLED || side == SIDE_COUNT)
        return CONFIDENCE_NONE;
    if (case_is_hole(c, side)) {
        const struct packet_mark *behind = &c->trail->size[side].behind_gap;

        because(
            ruling, "full-size-missing", behind->frame, "%d bytes of the %s before it never came",
            seq_distance(case_side(c, side_other(side))->acked, behind->seq), case_side_word(side));
        because(ruling, "small-size-passes", behind->frame, "%u bytes came", behind->payload_bytes);
        return CONFIDENCE_LIKELY;
    }
    because(ruling, "full-size-dies", last->frame, "the %s sent %u bytes %u times again",
            case_side_word(side), last->payload_bytes, case_side(c, side)->run_count);
    because(ruling, "small-size-passes", c->trail->size[side].full_frame,
            "less than %u bytes behind it arrived", FLOW_FULL_BYTES);
    if (icmp->frame && icmp->mtu_bytes > 0) {
        against(ruling, "icmp-tells-mtu", icmp->frame, "a router told the MTU: %u bytes",
                icmp->mtu_bytes);
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_LIKELY;
}

enum confidence rule_zero_window_stall(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side side = case_stalled_side(c);
    bool is_ended = c->rst || (c->client->bits | c->server->bits) & SIDE_FIN_SEEN;
    const struct stall_facts *stall;
    int64_t stall_ns;

    if (c->outcome != OUTCOME_BLACKHOLED || side == SIDE_COUNT)
        return CONFIDENCE_NONE;
    stall = &c->trail->stall[side];
    stall_ns = ns_since(stall->first.ts_ns, c->last_ns);
    because(ruling, "window-zero", stall->first.frame, "the %s has no room for %.1f s",
            case_side_word(side), case_seconds(stall_ns));
    because(ruling, "probes-answered", 0, "%u packets say so", stall->n_pkts);
    if (is_ended)
        return CONFIDENCE_CERTAIN;
    against(ruling, "still-open", 0, "the connection may go on");
    return stall_ns >= c->limits->stall_open_ns ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* ---- closed without an answer ---- */

/* By FIN, and what it leaves unanswered had arrived. */
static bool is_closed_by_server(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_CLOSED_EARLY && c->answer != ANSWER_CROSSED &&
           c->answer != ANSWER_ABANDONED;
}

/* The server's packet that ends a connection in which it never said a byte; NULL = none. A RST of
 * its socket closes as well as a FIN. */
static const struct packet_mark *closing_packet(const struct verdict_case *c)
{
    bool is_abort = c->outcome == OUTCOME_RESET && case_reset_by(c, SIDE_SERVER) &&
                    c->rst->family != RST_FAMILY_B1 && c->rst->family != RST_FAMILY_B2 &&
                    !c->rst->peer_had_fin && !case_has_server_spoken(c) && c->client->n_data > 0 &&
                    c->client->run_count == 0 && case_unacked_bytes(c, SIDE_CLIENT) == 0;

    if (is_abort)
        return &c->rst->mark;
    return is_closed_by_server(c) ? case_slot(c, TRAIL_SERVER_FIN) : NULL;
}

/* From the request, or without one from the handshake, to that packet; 0 = not closed so. */
static int64_t unanswered_ns(const struct verdict_case *c)
{
    const struct packet_mark *end = closing_packet(c);
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);

    if (!end)
        return 0;
    return ns_since(request->frame && request->frame < end->frame ? request->ts_ns : case_ack_ns(c),
                    end->ts_ns);
}

static void say_silent_close(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    because(ruling, "closed-without-a-byte", fin->frame, "server FIN %.3f s after the handshake",
            case_seconds(ns_since(case_ack_ns(c), fin->ts_ns)));
    because(ruling, c->client->n_data ? "after-request" : "before-request", 0,
            "%llu bytes from the client, 0 from the server",
            (unsigned long long)c->facts->payload_bytes[SIDE_CLIENT]);
}

/* Of a connection on which the server had spoken. */
static void say_short_answer(const struct verdict_case *c, struct ruling *ruling)
{
    const struct http1_facts *http1 = &c->speech->http.http1;
    const struct http2_facts *http2 = &c->speech->http.http2;
    uint64_t frame = case_slot(c, TRAIL_SERVER_FIN)->frame;

    if (http2->has_preface)
        because(ruling, "request-unanswered", case_slot(c, TRAIL_REQUEST)->frame,
                "stream %u, of which the server said nothing, then FIN", http2->last_client_stream);
    else if (c->answer == ANSWER_MISSING)
        because(ruling, "request-unanswered", http1->request.frame,
                "%u requests, %u answers, then server FIN", http1->n_requests, http1->n_responses);
    else if (http1->part[HTTP1_SERVER] == HTTP1_PART_HEAD)
        because(ruling, "answer-cut", frame, "server FIN before the end of its header");
    else if (http1->part[HTTP1_SERVER] == HTTP1_PART_CHUNKS)
        because(ruling, "answer-cut", frame, "server FIN before the last chunk");
    else
        because(ruling, "answer-cut", frame, "server FIN, %llu bytes before the end",
                (unsigned long long)http1->short_bytes);
}

/* The server may have given up the idle connection at the moment in which the request came. */
static bool may_have_crossed(const struct verdict_case *c)
{
    return c->answer == ANSWER_MISSING &&
           case_idle_before_request_ns(c) >= c->limits->pooled_idle_ns &&
           unanswered_ns(c) <= c->rtt_ns + c->limits->reorder_ns;
}

enum confidence rule_accept_then_close(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    /* By a RST it is the program's abort first (rules_reset.c), and this only perhaps. */
    if (c->outcome == OUTCOME_RESET && closing_packet(c) &&
        unanswered_ns(c) <= c->limits->accept_close_ns) {
        because(ruling, "aborted-without-a-byte", c->rst->mark.frame, "%.3f s after the request",
                case_seconds(unanswered_ns(c)));
        return CONFIDENCE_POSSIBLE;
    }
    if (!is_closed_by_server(c))
        return CONFIDENCE_NONE;
    if (case_has_server_spoken(c))
        say_short_answer(c, ruling);
    else
        say_silent_close(c, ruling);
    if (may_have_crossed(c)) {
        against(ruling, "idle-before", fin->frame, "%.1f s idle, then request and FIN together",
                case_seconds(case_idle_before_request_ns(c)));
        return CONFIDENCE_POSSIBLE;
    }
    if (c->answer == ANSWER_CUT || unanswered_ns(c) <= c->limits->accept_close_ns)
        return CONFIDENCE_LIKELY;
    against(ruling, "not-at-once", fin->frame, "the server waited for %.1f s",
            case_seconds(unanswered_ns(c)));
    return CONFIDENCE_POSSIBLE;
}

/* The timeout that a wait is nearest to, where it is near enough; 0 = none. */
static unsigned round_seconds(const struct verdict_limits *limits, int64_t wait_ns)
{
    int64_t early = 100 - limits->round_early_percent;
    int64_t late = 100 + limits->round_late_percent;

    for (size_t i = 0; i < ARRAY_LEN(limits->usual_timeout_s); i++) {
        int64_t usual_ns = limits->usual_timeout_s[i] * NS_PER_S;

        if (wait_ns >= usual_ns / 100 * early && wait_ns <= usual_ns / 100 * late)
            return limits->usual_timeout_s[i];
    }
    return 0;
}

/* Another connection to the listener ended so after the same wait. */
static bool is_same_wait(const struct verdict_case *c, int64_t wait_ns)
{
    int64_t other_ns = c->listener->unanswered_wait_before_ns;

    return other_ns > 0 &&
           llabs(wait_ns - other_ns) * 100 <= wait_ns * (int64_t)c->limits->same_wait_percent;
}

enum confidence rule_server_timeout_close(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *end = closing_packet(c);
    int64_t wait_ns = unanswered_ns(c);
    unsigned round_s;

    if (!end || c->answer == ANSWER_CUT || wait_ns < c->limits->round_least_ns)
        return CONFIDENCE_NONE;
    because(ruling, "request-unanswered", case_slot(c, TRAIL_REQUEST)->frame,
            "acknowledged, 0 bytes of an answer");
    because(ruling, "server-closes", end->frame, "%.3f s after the request", case_seconds(wait_ns));
    round_s = round_seconds(c->limits, wait_ns);
    if (!round_s) /* some count from the beginning of the connection */
        round_s = round_seconds(c->limits, ns_since(case_ack_ns(c), end->ts_ns));
    if (c->rst) /* a program that is killed while it waits does so at any time */
        return CONFIDENCE_POSSIBLE;
    if (round_s)
        because(ruling, "round-time", end->frame, "a timeout of %u s is usual", round_s);
    else if (is_same_wait(c, wait_ns))
        because(ruling, "same-wait", 0, "the connection before was closed after as long");
    else
        return CONFIDENCE_POSSIBLE;
    return CONFIDENCE_LIKELY;
}
