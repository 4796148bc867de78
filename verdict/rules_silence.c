/* SPDX-License-Identifier: BSD-2-Clause */
/* Silence during the handshake (VERDICTS.md 13.3). */
#include "verdict/case.h"

static void say_syns(const struct verdict_case *c, struct ruling *ruling)
{
    because(ruling, "syn-unanswered", case_slot(c, TRAIL_SYN)->frame, "%u SYN in %.1f s, no answer",
            c->client->n_syn,
            case_seconds(ns_since(c->facts->first_ns, c->facts->last_ns[SIDE_CLIENT])));
}

enum confidence rule_connect_timeout(const struct verdict_case *c, struct ruling *ruling)
{
    if (!case_is_silent(c))
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    if (c->server_host->last_ns == NS_NEVER)
        because(ruling, "host-never-seen", 0, "no packet of the server in this capture");
    return CONFIDENCE_CERTAIN;
}

static bool is_host_alive(const struct verdict_case *c)
{
    return c->server_host->last_ns != NS_NEVER &&
           c->server_host->last_ns + c->limits->alive_ns >= c->facts->first_ns;
}

/* The port answered nobody around this attempt. */
static bool is_port_silent(const struct verdict_case *c)
{
    return c->listener->answer_ns == NS_NEVER ||
           c->listener->answer_ns + c->limits->alive_ns < c->facts->first_ns;
}

enum confidence rule_filtered_drop(const struct verdict_case *c, struct ruling *ruling)
{
    const struct host_state *host = c->server_host;

    if (!case_is_silent(c) || !is_host_alive(c) || !is_port_silent(c) ||
        c->listener->n_refused_run > 0)
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    because(
        ruling, "host-alive", 0, "the server sent packets %.1f s from this attempt",
        case_seconds(host->last_ns > c->facts->first_ns ? 0 : c->facts->first_ns - host->last_ns));
    if (host->refused_ns != NS_NEVER)
        because(ruling, "refuses-elsewhere", 0, "it refused port %u by RST", host->refused_port);
    if (host->init_ttl == 128) {
        against(ruling, "stealth-mode", 0, "TTL 128: Windows drops SYNs to closed ports too");
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_LIKELY;
}

/* ---- the accept queue (7.5) ---- */

/* P1: new SYNs are ignored while the listener lives. */
static enum confidence overflow_p1(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    bool is_answering = at->answer_ns != NS_NEVER && at->answer_ns >= c->facts->first_ns;
    bool has_fallen_silent =
        at->silent_from_ns != NS_NEVER && at->answered_before_silence_ns != NS_NEVER &&
        at->answered_before_silence_ns + c->limits->fell_silent_ns >= at->silent_from_ns;
    bool is_seen_at_server = c->vantage == VANTAGE_SERVER || c->vantage == VANTAGE_BOTH;

    if (!case_is_silent(c) || c->client->n_syn < 2 || (!is_answering && !has_fallen_silent))
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    if (is_answering)
        because(ruling, "listener-answers-others", 0, "it answered %.1f s after this first SYN",
                case_seconds(at->answer_ns - c->facts->first_ns));
    else
        because(ruling, "listener-fell-silent", 0, "it answered %.1f s before the silence began",
                case_seconds(ns_since(at->answered_before_silence_ns, at->silent_from_ns)));
    if (at->n_recovered > 1)
        because(ruling, "syn-repeats-succeed", 0, "%u handshakes needed another SYN",
                at->n_recovered);
    if (at->overflow_ns != NS_NEVER)
        because(ruling, "overflow-seen", 0, "other flows show SYN-ACKs repeated after the ACK");
    if (is_seen_at_server)
        because(ruling, "seen-at-server", 0, "the SYNs reached the server's host");
    return is_seen_at_server || at->n_recovered > 1 || at->overflow_ns != NS_NEVER
               ? CONFIDENCE_LIKELY
               : CONFIDENCE_POSSIBLE;
}

/* Others are served at this time and no other flow shows pressure: then it is the path of this one
 * (13.3, handshake-ack-lost). */
static bool is_listener_at_ease(const struct verdict_case *c)
{
    const struct listener_state *at = c->listener;

    return at->complete_ns != NS_NEVER &&
           at->complete_ns + c->limits->fell_silent_ns >= c->facts->first_ns &&
           (at->overflow_before_ns == NS_NEVER ||
            at->overflow_before_ns + c->limits->alive_ns < c->facts->first_ns) &&
           c->vantage != VANTAGE_SERVER && c->vantage != VANTAGE_BOTH;
}

/* P2: the SYN-ACK comes again although the client has answered it. */
static enum confidence overflow_p2(const struct verdict_case *c, struct ruling *ruling)
{
    bool is_corroborated;

    if (c->outcome != OUTCOME_HALF_OPEN || !case_has(c, FACT_ESTABLISHED) ||
        c->server->n_syn_late < c->limits->overflow_synacks || is_listener_at_ease(c))
        return CONFIDENCE_NONE;
    because(ruling, "synack-after-ack", case_slot(c, TRAIL_SYNACK_LAST)->frame,
            "SYN-ACK %u more times after the client's ACK", c->server->n_syn_late);
    because(ruling, "ack-never-accepted", case_slot(c, TRAIL_ACK)->frame,
            "the server acknowledges no byte of %llu",
            (unsigned long long)c->facts->payload_bytes[SIDE_CLIENT]);
    is_corroborated = c->vantage == VANTAGE_SERVER || c->vantage == VANTAGE_BOTH ||
                      (c->listener->overflow_before_ns != NS_NEVER &&
                       c->listener->overflow_before_ns + c->limits->alive_ns >= c->facts->first_ns);
    if (c->vantage != VANTAGE_SERVER && c->vantage != VANTAGE_BOTH)
        against(ruling, "same-as-lossy-path", 0,
                "a path that eats the client's ACKs looks the same");
    return is_corroborated ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* P3: reset without a socket, straight after the client's ACK (tcp_abort_on_overflow). */
static enum confidence overflow_p3(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;
    int64_t limit_ns =
        3 * c->rtt_ns > c->limits->overflow_rst_ns ? 3 * c->rtt_ns : c->limits->overflow_rst_ns;
    int64_t ack_ns = case_ack_ns(c);

    if (c->outcome != OUTCOME_RESET || !case_reset_by(c, SIDE_SERVER) || ack_ns == NS_NEVER ||
        c->server->n_data > 0 || rst->family != RST_FAMILY_B2 ||
        rst->mark.seq != c->server->isn + 1 || ns_since(ack_ns, rst->mark.ts_ns) > limit_ns)
        return CONFIDENCE_NONE;
    because(ruling, "rst-after-ack", rst->mark.frame, "%.1f ms after the ACK: no such connection",
            case_ms(ns_since(ack_ns, rst->mark.ts_ns)));
    if (c->listener->n_handshakes <= c->listener->n_early_rsts)
        return CONFIDENCE_POSSIBLE;
    because(ruling, "listener-alive", 0, "%u handshakes at this listener, %u reset like this",
            c->listener->n_handshakes, c->listener->n_early_rsts);
    return CONFIDENCE_LIKELY;
}

/* P4: as P2 through a SYN cookie: nothing is repeated, the data is never acknowledged. */
static enum confidence overflow_p4(const struct verdict_case *c, struct ruling *ruling)
{
    const struct side_facts *client = c->client;

    if (c->outcome != OUTCOME_HALF_OPEN || !case_has(c, FACT_ESTABLISHED) ||
        c->server->n_syn_late > 0 || client->n_data == 0 ||
        client->run_count < c->limits->overflow_data_copies)
        return CONFIDENCE_NONE;
    because(ruling, "first-data-ignored", case_slot(c, TRAIL_RUN_LAST)->frame,
            "first data sent %u times, SYN-ACK once", client->run_count + 1u);
    if (c->listener->overflow_ns == NS_NEVER)
        return CONFIDENCE_POSSIBLE;
    because(ruling, "overflow-seen", 0, "other flows show SYN-ACKs repeated after the ACK");
    return CONFIDENCE_LIKELY;
}

enum confidence rule_accept_queue_overflow(const struct verdict_case *c, struct ruling *ruling)
{
    enum confidence (*const pattern[])(const struct verdict_case *, struct ruling *) = {
        overflow_p1, overflow_p2, overflow_p3, overflow_p4};
    enum confidence confidence = CONFIDENCE_NONE;

    for (size_t i = 0; i < ARRAY_LEN(pattern) && confidence == CONFIDENCE_NONE; i++)
        confidence = pattern[i](c, ruling);
    return confidence;
}

/* ---- half open ---- */

enum confidence rule_synack_lost(const struct verdict_case *c, struct ruling *ruling)
{
    bool is_client_unaware = c->client->n_syn > 1 && !case_has(c, FACT_ESTABLISHED) &&
                             c->facts->last_ns[SIDE_CLIENT] > c->facts->synack_ns;

    if (c->outcome != OUTCOME_HALF_OPEN || c->server->n_syn < 2 || !is_client_unaware)
        return CONFIDENCE_NONE;
    because(ruling, "synack-repeated", case_slot(c, TRAIL_SYNACK_LAST)->frame, "%u SYN-ACKs",
            c->server->n_syn);
    because(ruling, "syn-repeated", case_slot(c, TRAIL_SYN_LAST)->frame,
            "the client sends its SYN again after the SYN-ACK");
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_handshake_ack_lost(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_HALF_OPEN)
        return CONFIDENCE_NONE;
    if (case_has(c, FACT_ESTABLISHED)) {
        because(ruling, "ack-never-accepted", case_slot(c, TRAIL_ACK)->frame,
                "the server goes on as if the client's ACK had not come");
        if (c->listener->complete_ns != NS_NEVER && c->listener->overflow_ns == NS_NEVER)
            because(ruling, "listener-alive", 0, "the listener completes other handshakes");
        return CONFIDENCE_POSSIBLE;
    }
    because(ruling, "synack-unanswered", case_slot(c, TRAIL_SYNACK)->frame,
            "%u SYN-ACK, nothing from the client since", c->server->n_syn);
    return CONFIDENCE_POSSIBLE;
}

enum confidence rule_client_gave_up(const struct verdict_case *c, struct ruling *ruling)
{
    int64_t wait_ns = ns_since(c->facts->first_ns, c->facts->synack_ns);
    int64_t usual_ns = c->listener->rtt_min_ns;
    bool is_late = c->client->n_syn > 1 ||
                   (wait_ns >= c->limits->gave_up_ns && (!usual_ns || wait_ns > 3 * usual_ns));

    if (!case_has(c, FACT_CLIENT_RST_SYNACK) || case_has(c, FACT_ESTABLISHED))
        return CONFIDENCE_NONE;
    because(ruling, "synack-late", case_slot(c, TRAIL_SYNACK)->frame,
            "SYN-ACK %.3f s after the first SYN", case_seconds(wait_ns));
    if (c->trail->n_rst)
        because(ruling, "client-resets-synack", c->trail->rst[0].mark.frame,
                "the client's host has no such socket any more");
    if (c->client->n_syn > 1)
        because(ruling, "syn-repeated", case_slot(c, TRAIL_SYN_LAST)->frame, "%u SYNs",
                c->client->n_syn);
    return is_late && !case_has(c, FACT_SYN_REFUSED) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}
