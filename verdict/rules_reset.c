/* SPDX-License-Identifier: BSD-2-Clause */
/* A RST ended an established connection (VERDICTS.md 13.5). */
#include <stdlib.h>

#include "base/tcpflag.h"
#include "verdict/case.h"

static bool is_reset(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_RESET && c->rst;
}

/* A host without the connection answered a packet of the other side. */
static bool is_no_such_connection(const struct verdict_case *c)
{
    return is_reset(c) && c->rst->family == RST_FAMILY_B2 && c->rst->trigger.frame;
}

static void say_trigger(const struct verdict_case *c, struct ruling *ruling)
{
    because(ruling, "rst-answers-packet", c->rst->trigger.frame,
            "RST seq is the ACK of frame %llu: no such connection",
            (unsigned long long)c->rst->trigger.frame);
}

enum confidence rule_reset_unexplained(const struct verdict_case *c, struct ruling *ruling)
{
    static const char *const family[] = {"socket abort", "no socket (no ACK)", "no socket",
                                         "no known stack's"};

    /* Before there was a connection: client-gave-up and half-open-scan say what can be said. */
    if (c->outcome != OUTCOME_RESET ||
        (case_has(c, FACT_CLIENT_RST_SYNACK) && !case_has(c, FACT_ESTABLISHED)))
        return CONFIDENCE_NONE;
    if (!c->rst)
        return CONFIDENCE_CERTAIN;
    because(ruling, "rst-shape", c->rst->mark.frame, "%s, from the %s", family[c->rst->family],
            case_side_word(c->rst->mark.side));
    return CONFIDENCE_CERTAIN;
}

static bool is_in_burst(const struct verdict_case *c, const struct reset_burst *burst)
{
    return burst->last_ns != NS_NEVER && case_reset_by(c, SIDE_SERVER) &&
           c->rst->mark.ts_ns >= burst->first_ns && c->rst->mark.ts_ns <= burst->last_ns;
}

/* One cause for all of them: a program that ended, a host that restarted. */
static void say_many(const struct verdict_case *c, const struct reset_burst *burst,
                     struct ruling *ruling)
{
    if (is_in_burst(c, burst) && burst->n >= c->limits->many_resets)
        because(ruling, "many-at-once", 0, "%u connections of this listener within %.3f s",
                burst->n, case_seconds(burst->last_ns - burst->first_ns));
}

/* ---- the server had closed before ---- */

/* The client had not seen the server's FIN when it sent what drew the RST. */
static bool is_race(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    return c->rst->trigger.ack == fin->seq + fin->payload_bytes;
}

/* The server's FIN stood before the client sent what drew the RST. */
static bool is_after_server_fin(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    return is_no_such_connection(c) && case_reset_by(c, SIDE_SERVER) && fin->frame &&
           c->rst->sender_had_fin && c->rst->trigger.payload_bytes > 0 &&
           (c->rst->trigger.ts_ns >= fin->ts_ns || is_race(c));
}

/* The server closed straight after its answer, and the client had known that for a while when it
 * used the connection once more. */
static int64_t idle_after_close_ns(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);
    bool is_another_request = c->rst->n_data[SIDE_CLIENT] > 1 && c->rst->n_data[SIDE_SERVER] > 0;

    /* The silence counts where the trigger ended it: an upload goes on all the time. */
    return is_another_request && c->rst->quiet_before_ns >= c->limits->pooled_idle_ns
               ? ns_since(fin->ts_ns, c->rst->trigger.ts_ns)
               : 0;
}

/* Of HTTP/1, how long the connection had lain idle before the request that drew the RST: its
 * client's close has answered the server's since, and the silence is over. */
static int64_t idle_before_trigger_ns(const struct verdict_case *c)
{
    return c->speech->kind == READER_HTTP &&
                   c->speech->http.http1.request.frame == c->rst->trigger.frame
               ? case_idle_before_request_ns(c)
               : 0;
}

/* Silence around the server's FIN: before it, or before the request that crossed it or that came
 * after it. */
static int64_t idle_around_close_ns(const struct verdict_case *c)
{
    int64_t fin_ns = c->trail->quiet_before_fin_ns[SIDE_SERVER];
    int64_t request_ns = is_race(c) ? c->rst->quiet_before_ns : idle_after_close_ns(c);
    int64_t trigger_ns = is_race(c) ? idle_before_trigger_ns(c) : 0;

    if (trigger_ns > request_ns)
        request_ns = trigger_ns;
    return fin_ns > request_ns ? fin_ns : request_ns;
}

/* A server that reads on after its FIN takes the request that crossed it, draws no RST, and does
 * not answer either. */
static int64_t crossed_idle_ns(const struct verdict_case *c)
{
    int64_t fin_ns = c->trail->quiet_before_fin_ns[SIDE_SERVER];
    int64_t request_ns = case_idle_before_request_ns(c);

    return fin_ns > request_ns ? fin_ns : request_ns;
}

static void say_late_data(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *late = &c->rst->trigger;
    int64_t after_ns = late->ts_ns - case_slot(c, TRAIL_SERVER_FIN)->ts_ns;

    because(ruling, "client-sends-after", late->frame, "%u bytes, %.3f s %s that FIN",
            late->payload_bytes, case_seconds(llabs(after_ns)), after_ns < 0 ? "before" : "after");
}

static int64_t crossed_quiet_ns(const struct verdict_case *c)
{
    int64_t fin_ns = c->trail->quiet_before_fin_ns[SIDE_SERVER];

    return fin_ns > c->rst->quiet_before_ns ? fin_ns : c->rst->quiet_before_ns;
}

/* The client knows what became of its request before the server's RST tells it. */
static bool is_given_up_crossed(const struct verdict_case *c)
{
    return is_reset(c) && case_reset_by(c, SIDE_CLIENT) && !c->rst->sender_had_fin &&
           c->rst->peer_had_fin && case_is_request_crossed(c);
}

static enum confidence given_up_crossed(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);

    because(ruling, "server-closed-idle", fin->frame, "server FIN after %.1f s idle",
            case_seconds(crossed_quiet_ns(c)));
    because(ruling, "client-sends-after", request->frame, "%u bytes, never acknowledged",
            request->payload_bytes);
    because(ruling, "client-resets", c->rst->mark.frame, "%.3f s after that FIN",
            case_seconds(ns_since(fin->ts_ns, c->rst->mark.ts_ns)));
    return CONFIDENCE_LIKELY;
}

static void say_crossed(const struct verdict_case *c, struct ruling *ruling)
{
    because(ruling, "server-closed-first", case_slot(c, TRAIL_SERVER_FIN)->frame,
            "its FIN does not acknowledge the request");
    because(ruling, "request-unanswered", c->speech->http.http1.request.frame,
            "nobody reads a request behind the close");
}

enum confidence rule_stale_pooled_connection(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);
    int64_t idle_ns;

    if (c->answer == ANSWER_CROSSED && c->outcome == OUTCOME_CLOSED_EARLY &&
        crossed_idle_ns(c) >= c->limits->pooled_idle_ns) {
        say_crossed(c, ruling);
        because(ruling, "idle-before", fin->frame, "%.1f s", case_seconds(crossed_idle_ns(c)));
        return CONFIDENCE_LIKELY;
    }

    if (is_given_up_crossed(c) && crossed_quiet_ns(c) >= c->limits->pooled_idle_ns)
        return given_up_crossed(c, ruling);
    if (!is_after_server_fin(c) || idle_around_close_ns(c) < c->limits->pooled_idle_ns)
        return CONFIDENCE_NONE;
    idle_ns = idle_around_close_ns(c);
    if (c->trail->quiet_before_fin_ns[SIDE_SERVER] >= c->limits->pooled_idle_ns || is_race(c))
        because(ruling, "server-closed-idle", fin->frame, "server FIN after %.1f s idle",
                case_seconds(idle_ns));
    else
        because(ruling, "server-closed-then-idle", fin->frame, "server FIN, then %.1f s idle",
                case_seconds(idle_ns));
    say_late_data(c, ruling);
    if (is_race(c))
        because(ruling, "race", c->rst->trigger.frame, "the client had not seen the FIN yet");
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_late_data_after_close(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    if (c->answer == ANSWER_CROSSED && c->outcome == OUTCOME_CLOSED_EARLY &&
        crossed_idle_ns(c) < c->limits->pooled_idle_ns) {
        say_crossed(c, ruling);
        return CONFIDENCE_LIKELY;
    }
    /* What the client says in TLS before the server has taken its handshake was not late. */
    if (!is_after_server_fin(c) || case_is_hung_up_on_flight(c) ||
        idle_around_close_ns(c) >= c->limits->pooled_idle_ns)
        return CONFIDENCE_NONE;
    because(ruling, "server-closed-first", fin->frame, "server FIN in the middle of the exchange");
    say_late_data(c, ruling);
    return CONFIDENCE_CERTAIN;
}

/* ---- the connection was forgotten ---- */

enum confidence rule_idle_timeout_reset(const struct verdict_case *c, struct ruling *ruling)
{
    bool is_shape = is_reset(c) && c->rst->trigger.frame &&
                    (c->rst->family == RST_FAMILY_B2 || c->rst->family == RST_FAMILY_X);

    if (!is_shape || c->rst->sender_had_fin || c->rst->quiet_before_ns < c->limits->idle_short_ns)
        return CONFIDENCE_NONE;
    because(ruling, "idle-before", c->rst->trigger.frame, "idle for %.1f s, then this packet",
            case_seconds(c->rst->quiet_before_ns));
    say_trigger(c, ruling);
    if (c->rst->quiet_before_ns >= c->limits->idle_ns)
        return CONFIDENCE_LIKELY;
    against(ruling, "short-idle", c->rst->trigger.frame, "few devices forget so soon");
    return CONFIDENCE_POSSIBLE;
}

/* A TTL that none of the sender's other packets has, by more than routes wobble. */
static bool is_from_elsewhere(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;

    if (case_hops_off(rst) < c->limits->hops_differ)
        return false;
    against(ruling, "ttl-differs", rst->mark.frame, "%u against %u", rst->mark.ttl,
            rst->baseline_ttl);
    return true;
}

/* Its other packets show that the host whose address the RST carries has the connection still, or
 * that it cannot have answered yet, or that the RST is a router's next to it. */
static bool is_contradicted(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;
    const struct packet_mark *after = case_slot(c, TRAIL_AFTER_RST);
    int64_t soon_ns = case_too_soon_ns(c, rst);
    unsigned n_before = ruling->n_against;

    /* What left the host before the RST can be captured after it. */
    if (after->frame && after->side == rst->mark.side &&
        ns_since(rst->mark.ts_ns, after->ts_ns) >= c->limits->reorder_ns)
        against(ruling, "sender-continues", after->frame, "it goes on %.1f ms later",
                case_ms(ns_since(rst->mark.ts_ns, after->ts_ns)));
    if (soon_ns != NS_NEVER)
        against(ruling, "rst-too-soon", rst->mark.frame, "after %.1f ms, round trip is %.1f ms",
                case_ms(soon_ns), case_ms(ns_since(c->facts->first_ns, c->facts->synack_ns)));
    if (case_is_one_nearer(c, rst))
        against(ruling, "ttl-differs", rst->mark.frame, "%u against %u", rst->mark.ttl,
                rst->baseline_ttl);
    return ruling->n_against > n_before;
}

/* Client hosts rarely forget a connection that is in use; what came to them is not seen from here.
 */
static bool is_client_afar(const struct verdict_case *c)
{
    return case_reset_by(c, SIDE_CLIENT) && c->vantage != VANTAGE_CLIENT &&
           c->vantage != VANTAGE_BOTH;
}

enum confidence rule_reset_lost_state(const struct verdict_case *c, struct ruling *ruling)
{
    if (!is_no_such_connection(c) || c->rst->sender_had_fin || c->rst->peer_had_rst ||
        !case_has(c, FACT_ESTABLISHED | FACT_MIDSTREAM) ||
        c->rst->quiet_before_ns >= c->limits->idle_ns)
        return CONFIDENCE_NONE;
    say_trigger(c, ruling);
    because(ruling, "no-close-before", 0, "the %s had sent no FIN and no RST",
            case_side_word(c->rst->mark.side));
    say_many(c, &c->listener->unknowns, ruling);
    if (case_filter_mark(c->rst))
        against(ruling, case_filter_mark(c->rst), c->rst->mark.frame, "as a filter's RST");
    if (is_contradicted(c, ruling) || case_filter_mark(c->rst) || is_from_elsewhere(c, ruling))
        return CONFIDENCE_POSSIBLE;
    if (is_client_afar(c)) {
        against(ruling, "seen-afar", c->rst->mark.frame,
                "a RST forged at the client would have made it forget, too");
        return CONFIDENCE_POSSIBLE;
    }
    /* Straight after the handshake, a full accept queue looks the same (7.5, P3); but it takes no
     * data. */
    if (c->server->n_data == 0 && case_reset_by(c, SIDE_SERVER) &&
        c->server->acked == c->client->isn + 1 && c->rst->mark.seq == c->server->isn + 1)
        return CONFIDENCE_POSSIBLE;
    return CONFIDENCE_LIKELY;
}

/* The other side met a packet of this connection under an address that it has none with, and its
 * RST went to whoever sent the packet: from then on that one no longer knows the connection. */
enum confidence rule_conntrack_invalid_reset(const struct verdict_case *c, struct ruling *ruling)
{
    int64_t in_flight_ns = 3 * c->rtt_ns + c->limits->reorder_ns;
    const struct packet_mark *last;
    char sender[IPADDR_TEXT_BYTES];

    if (!is_no_such_connection(c) || !c->stray || c->rst->sender_had_fin || c->rst->peer_had_rst ||
        c->stray->rst_ns < c->facts->first_ns || c->stray->rst_ns > c->rst->mark.ts_ns)
        return CONFIDENCE_NONE;
    /* What went on after that RST had arrived was not hurt by it. */
    last = case_slot(c, case_reset_by(c, SIDE_CLIENT) ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST);
    if (last->frame && last->ts_ns > c->stray->rst_ns + in_flight_ns)
        return CONFIDENCE_NONE;
    because(ruling, "stray-reset", c->stray->rst_frame, "%s port %u drew it, %.3f s before",
            ipaddr_format(&c->stray->sender.addr, sender), c->stray->sender.port,
            case_seconds(ns_since(c->stray->rst_ns, c->rst->mark.ts_ns)));
    because(ruling, "silent-since", last->frame, "the %s sent nothing more",
            case_side_word(c->rst->mark.side));
    say_trigger(c, ruling);
    return CONFIDENCE_LIKELY;
}

/* ---- a program or its kernel hung up ---- */

enum confidence rule_client_abort(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *request = case_slot(c, TRAIL_CLIENT_DATA);
    const struct packet_mark *fin = case_slot(c, TRAIL_CLIENT_FIN);
    bool is_pending = case_is_request_open(c) || !case_has_server_spoken(c) ||
                      case_is_answer_lost(c) || case_is_cut_by_reset(c) ||
                      case_unacked_bytes(c, SIDE_SERVER) > c->limits->close_noise_bytes;

    if (c->answer == ANSWER_ABANDONED &&
        (c->outcome == OUTCOME_CLOSED_EARLY || c->outcome == OUTCOME_RESET)) {
        because(ruling, "client-closes", fin->frame, "%.3f s after its request",
                case_seconds(ns_since(c->speech->http.http1.request.ts_ns, fin->ts_ns)));
        because(ruling, "answer-due", c->speech->http.http1.request.frame,
                "the server sent no byte of an answer");
        return CONFIDENCE_LIKELY;
    }
    if (!is_reset(c) || !case_reset_by(c, SIDE_CLIENT) || !is_pending ||
        !case_has(c, FACT_ESTABLISHED))
        return CONFIDENCE_NONE;
    if (c->rst->family == RST_FAMILY_B2 && !c->rst->sender_had_fin)
        return CONFIDENCE_NONE; /* the client's host lost it: nobody hung up */
    because(ruling, "client-resets", c->rst->mark.frame, "%.3f s after the attempt began",
            case_seconds(ns_since(c->facts->first_ns, c->rst->mark.ts_ns)));
    if (case_is_request_open(c) && request->frame)
        because(ruling, "answer-due", request->frame, "the client's last payload has no answer");
    if (c->rst->family != RST_FAMILY_B2 && c->rst->lacks_timestamps) {
        against(ruling, "timestamps-missing", c->rst->mark.frame,
                "the client's other packets have them: not its socket's RST");
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_LIKELY;
}

/* The listener refuses since then: refusals began after the RST, and soon. */
static bool is_refused_since(const struct verdict_case *c)
{
    int64_t from_ns = c->listener->refused_first_ns;

    return from_ns != NS_NEVER && from_ns >= c->rst->mark.ts_ns &&
           ns_since(c->rst->mark.ts_ns, from_ns) <= c->limits->refused_since_ns;
}

static bool is_unserved_abort(const struct verdict_case *c)
{
    return (c->outcome == OUTCOME_RESET || c->outcome == OUTCOME_OK) && c->rst &&
           case_reset_by(c, SIDE_SERVER) && c->rst->family == RST_FAMILY_A &&
           !c->rst->sender_had_fin && !c->rst->peer_had_fin && !c->rst->lacks_timestamps &&
           !case_has_server_spoken(c) && case_has(c, FACT_SYNACK_SEEN) &&
           case_unacked_bytes(c, SIDE_CLIENT) == 0;
}

/* Connections that were completed by the kernel and that no program took are aborted with the
 * listener. A program that accepts and aborts looks the same, but for one connection at a time;
 * one that is killed aborts only where it has left something unread. */
enum confidence rule_reset_listener_closed(const struct verdict_case *c, struct ruling *ruling)
{
    const struct reset_burst *burst = &c->listener->aborts;
    int64_t age_ns;
    bool is_many, is_unasked;

    if (!is_unserved_abort(c))
        return CONFIDENCE_NONE;
    age_ns = ns_since(case_ack_ns(c), c->rst->mark.ts_ns);
    is_many = is_in_burst(c, burst) && burst->n >= c->limits->queued_resets;
    is_unasked = is_many ? burst->n_unasked > 0 : c->client->n_data == 0;
    if (!is_many && !is_refused_since(c) &&
        (c->outcome == OUTCOME_OK || age_ns < c->limits->queued_age_ns))
        return CONFIDENCE_NONE;
    because(ruling, "never-served", c->rst->mark.frame,
            "reset after %.3f s, 0 bytes from the server", case_seconds(age_ns));
    if (is_many)
        because(ruling, "many-at-once", 0, "%u connections of this listener within %.3f s",
                burst->n, case_seconds(burst->last_ns - burst->first_ns));
    if (is_refused_since(c))
        because(ruling, "refused-since", 0, "%.3f s later it refuses",
                case_seconds(c->listener->refused_first_ns - c->rst->mark.ts_ns));
    if (!is_many && !is_refused_since(c))
        return CONFIDENCE_POSSIBLE;
    if (is_many && burst->n_served > 0) {
        against(ruling, "others-were-served", 0, "%u of them had been answered before",
                burst->n_served);
        return CONFIDENCE_POSSIBLE;
    }
    if (!is_unasked) {
        against(ruling, "same-as-kill", 0, "a program killed with requests unread looks the same");
        return CONFIDENCE_POSSIBLE;
    }
    because(ruling, "nothing-unread", 0, "the client had sent nothing%s",
            c->client->n_data ? " on others of them" : "");
    return CONFIDENCE_LIKELY;
}

enum confidence rule_reset_app_abort(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side from;

    if (!is_reset(c) || c->rst->family != RST_FAMILY_A || c->rst->sender_had_fin ||
        c->rst->lacks_timestamps)
        return CONFIDENCE_NONE;
    from = (enum flow_side)c->rst->mark.side;
    because(ruling, "rst-of-socket", c->rst->mark.frame,
            "RST with ACK, window %u%s: the %s's own socket", c->rst->mark.window,
            c->rst->mark.bits & MARK_HAS_TIMESTAMPS ? ", timestamps" : "", case_side_word(from));
    if (c->facts->payload_bytes[side_other(from)] > 0 && case_has(c, FACT_REQUEST_OPEN))
        because(ruling, "unread-data", 0, "data was acknowledged and never answered");
    say_many(c, &c->listener->aborts, ruling);
    if (is_from_elsewhere(c, ruling))
        return CONFIDENCE_POSSIBLE;
    return CONFIDENCE_LIKELY;
}

/* RFC 9293 section 3.8.4 and RFC 1122 section 4.2.3.6: the prober gives up and says so. */
enum confidence rule_keepalive_timeout(const struct verdict_case *c, struct ruling *ruling)
{
    enum flow_side from;

    if (!is_reset(c) || c->rst->family != RST_FAMILY_A)
        return CONFIDENCE_NONE;
    from = (enum flow_side)c->rst->mark.side;
    if (!(case_side(c, from)->bits & SIDE_KEEPALIVE) || case_unacked_bytes(c, from) > 0 ||
        case_side(c, from)->run_count < c->limits->keepalive_probes)
        return CONFIDENCE_NONE;
    because(ruling, "probes-unanswered", case_slot(c, TRAIL_RUN_LAST)->frame,
            "%u keep-alive probes, nothing back", case_side(c, from)->run_count);
    because(ruling, "prober-resets", c->rst->mark.frame, "the %s gave up", case_side_word(from));
    return CONFIDENCE_CERTAIN;
}

/* RFC 8684 section 3.6; a reason that the RFC does not have is only a number. */
enum confidence rule_mptcp_reset(const struct verdict_case *c, struct ruling *ruling)
{
    static const char *const reasons[] = {"unspecified",
                                          "MPTCP-specific error",
                                          "lack of resources",
                                          "administratively prohibited",
                                          "too much outstanding data",
                                          "unacceptable performance",
                                          "a middlebox interferes"};
    const struct rst_facts *rst = c->rst;

    if (c->outcome != OUTCOME_RESET || !rst || !(rst->has_mptcp_fastclose || rst->has_mptcp_reason))
        return CONFIDENCE_NONE;
    if (rst->has_mptcp_reason)
        because(ruling, "mptcp-reason", rst->mark.frame, "%u: %s", rst->mptcp_reason,
                rst->mptcp_reason < ARRAY_LEN(reasons) ? reasons[rst->mptcp_reason] : "unknown");
    if (rst->has_mptcp_fastclose)
        because(ruling, "mptcp-fastclose", rst->mark.frame,
                "the %s's program aborts the whole connection", case_side_word(rst->mark.side));
    return CONFIDENCE_CERTAIN;
}
