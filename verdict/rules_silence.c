/* SPDX-License-Identifier: BSD-2-Clause */
/* Silence during the handshake (VERDICTS.md 13.3). */
#include <stdlib.h>

#include "verdict/case.h"
#include "verdict/host_say.h"

static void say_syns(const struct verdict_case *c, struct ruling *ruling)
{
    because(ruling, "syn-unanswered", case_slot(c, TRAIL_SYN)->frame, "%u SYN in %.1f s, no answer",
            c->client->n_syn,
            case_seconds(ns_since(c->facts->first_ns, c->facts->last_ns[SIDE_CLIENT])));
}

static bool is_about(int64_t ns, int64_t wanted_ns)
{
    return llabs(ns - wanted_ns) * 5 <= wanted_ns;
}

/* By which steps the SYNs came (VERDICTS.md 7.7), told by the last gap and the whole time; NULL:
 * too few. Linux since 6.5 waits a second five times, then it doubles as all others do. */
static const char *schedule(const struct verdict_case *c)
{
    unsigned n_gaps = c->client->n_syn - 1u;
    int64_t last_ns = (int64_t)c->facts->syn_last_gap_us * NS_PER_US;
    int64_t whole_ns = ns_since(c->facts->first_ns, case_slot(c, TRAIL_SYN_LAST)->ts_ns);
    int64_t step_ns = 2 * last_ns - whole_ns; /* of steps that double: the first */

    if (n_gaps < 2 || n_gaps > 16 || !case_slot(c, TRAIL_SYN_LAST)->frame)
        return NULL;
    if (step_ns > 0 && is_about(last_ns, step_ns << (n_gaps - 1)))
        return "doubling steps";
    if (n_gaps <= 5 && is_about(last_ns, NS_PER_S) && is_about(whole_ns, n_gaps * NS_PER_S))
        return "steps of 1 s, as Linux since 6.5";
    if (n_gaps > 5 && is_about(whole_ns, (3 + (INT64_C(1) << (n_gaps - 4))) * NS_PER_S))
        return "steps of 1 s, then doubling, as Linux since 6.5";
    return is_about(whole_ns, n_gaps * last_ns) ? "constant steps" : "a schedule of its own";
}

enum confidence rule_connect_timeout(const struct verdict_case *c, struct ruling *ruling)
{
    if (!case_is_silent(c))
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    if (schedule(c))
        because(ruling, "syn-schedule", case_slot(c, TRAIL_SYN_LAST)->frame, "%s", schedule(c));
    if (c->facts->last_ns[SIDE_SERVER] != NS_NEVER) {
        against(ruling, "odd-answer", case_slot(c, TRAIL_STALE_ACK)->frame,
                "something came back that answers no SYN of this attempt");
        return CONFIDENCE_POSSIBLE;
    }
    say_listener(c, ruling);
    if (c->server_host->last_ns == NS_NEVER)
        because(ruling, "host-never-seen", 0, "no packet of the server in this capture");
    if (c->hosts->n_answered == 0 && !case_is_syn_repeated(c)) {
        against(ruling, "one-direction", case_slot(c, TRAIL_SYN)->frame,
                "no server's answer is in this capture: is it of one direction");
        return CONFIDENCE_POSSIBLE;
    }
    /* A kernel that got no answer repeats its SYN after a second. */
    if (c->client->n_syn < 2) {
        against(ruling, "one-syn", case_slot(c, TRAIL_SYN)->frame,
                "not repeated: the client gave up at once, or its answer was not captured");
        return CONFIDENCE_LIKELY;
    }
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

/* Whether the port answered anybody in the minute before is not known: a queue that was full when
 * the capture began looks like a filter. */
static bool is_begun_lately(const struct verdict_case *c)
{
    return c->listener->answer_ns == NS_NEVER &&
           ns_since(c->hosts->start_ns, c->facts->first_ns) < c->limits->alive_ns;
}

/* It leaves SYNs unanswered on a port that it used to answer on, and has sent nothing since: it may
 * be gone, or the way to it. */
static bool has_fallen_silent_altogether(const struct verdict_case *c)
{
    const struct host_state *host = c->server_host;

    return host->asked_known_ns != NS_NEVER && host->last_ns < host->asked_known_ns &&
           ns_since(host->asked_known_ns, c->now_ns) >= c->limits->censored_ns;
}

enum confidence rule_filtered_drop(const struct verdict_case *c, struct ruling *ruling)
{
    const struct host_state *host = c->server_host;

    if (!case_is_silent(c) || c->facts->last_ns[SIDE_SERVER] != NS_NEVER)
        return CONFIDENCE_NONE;
    if (case_is_lost_before_listener(c)) {
        say_syns(c, ruling);
        say_listener(c, ruling);
        say_queue(c, ruling);
        return CONFIDENCE_LIKELY;
    }
    if (!is_host_alive(c) || !is_port_silent(c) || c->listener->n_refused_run > 0)
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
    if (has_fallen_silent_altogether(c)) {
        against(ruling, "all-silent", 0, "ports that it answered on before are silent now too");
        return CONFIDENCE_POSSIBLE;
    }
    if (is_begun_lately(c) && host->refused_ns == NS_NEVER) {
        against(ruling, "capture-begins", 0, "%.1f s before: was the port ever open",
                case_seconds(ns_since(c->hosts->start_ns, c->facts->first_ns)));
        return CONFIDENCE_POSSIBLE;
    }
    if (c->client->n_syn < 2 && c->listener->n_silent_run < 2) {
        against(ruling, "one-syn", case_slot(c, TRAIL_SYN)->frame, "one packet may just be lost");
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_LIKELY;
}

/* ---- the accept queue (7.5) ---- */

static bool is_seen_at_server(const struct verdict_case *c)
{
    return c->vantage == VANTAGE_SERVER || c->vantage == VANTAGE_BOTH;
}

/* Whether it happened in the minute before the attempt, or later. */
static bool is_of_late(const struct verdict_case *c, int64_t ns)
{
    return ns != NS_NEVER && ns + c->limits->alive_ns >= c->facts->first_ns;
}

/* What else at the listener speaks of a full queue. */
static bool is_under_pressure(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    unsigned n_before = ruling->n_because;

    if (is_of_late(c, at->recovered_ns) &&
        at->recovered_share_x256 >= c->limits->recovered_share_x256)
        because(ruling, "syn-repeats-succeed", 0, "%u %% of the handshakes need another SYN",
                at->recovered_share_x256 * 100 / 256);
    if (is_of_late(c, at->overflow_ns))
        because(ruling, "overflow-seen", 0, "other flows show SYN-ACKs repeated after the ACK");
    if (is_of_late(c, at->overflow_rst_ns))
        because(ruling, "overflow-resets", 0, "others were reset straight after their ACK");
    if (at->pressure.cookies_ns && is_of_late(c, at->pressure.cookies_ns))
        because(ruling, "syn-cookies", 0, "its SYN-ACKs to others are SYN cookies");
    return ruling->n_because > n_before;
}

/* P1: new SYNs are ignored while the listener lives. A filter that knows this client looks the
 * same as long as others are answered. */
static enum confidence overflow_p1(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    bool is_answering = at->answer_ns != NS_NEVER && at->answer_ns >= c->facts->first_ns;
    bool has_fallen_silent =
        at->silent_from_ns != NS_NEVER && at->answered_before_silence_ns != NS_NEVER &&
        at->answered_before_silence_ns + c->limits->fell_silent_ns >= at->silent_from_ns;

    if (!case_is_silent(c) || c->client->n_syn < 2 || (!is_answering && !has_fallen_silent))
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    if (is_answering)
        because(ruling, "listener-answers-others", 0, "it answered %.1f s after this first SYN",
                case_seconds(at->answer_ns - c->facts->first_ns));
    else
        because(ruling, "listener-fell-silent", 0, "it answered %.1f s before the silence began",
                case_seconds(ns_since(at->answered_before_silence_ns, at->silent_from_ns)));
    if (is_seen_at_server(c))
        because(ruling, "seen-at-server", 0, "the SYNs reached the server's host");
    if (is_under_pressure(c, ruling) || (is_seen_at_server(c) && !is_answering))
        return CONFIDENCE_LIKELY;
    if (is_answering)
        against(ruling, "same-as-filter", 0, "a filter that drops this client looks the same");
    return CONFIDENCE_POSSIBLE;
}

/* P2: the SYN-ACK comes again although the client has answered it. */
static enum confidence overflow_p2(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;

    if (c->outcome != OUTCOME_HALF_OPEN || !case_has(c, FACT_ESTABLISHED) ||
        c->server->n_syn_late < c->limits->overflow_synacks)
        return CONFIDENCE_NONE;
    because(ruling, "synack-after-ack", case_slot(c, TRAIL_SYNACK_LAST)->frame,
            "SYN-ACK %u more times after the client's ACK", c->server->n_syn_late);
    because(ruling, "ack-never-accepted", case_slot(c, TRAIL_ACK)->frame,
            "the server acknowledges no byte of %llu",
            (unsigned long long)c->facts->payload_bytes[SIDE_CLIENT]);
    if (is_seen_at_server(c))
        return CONFIDENCE_LIKELY;
    /* Of several such flows one path may be the cause, unless it lets this client through. */
    if (is_of_late(c, at->overflow_before_ns) && is_of_late(c, at->taken_ns) &&
        ipaddr_equal(&at->taken_client, &c->key->addr[c->client_end])) {
        because(ruling, "client-served", 0, "the same client is served at the same time");
        return CONFIDENCE_LIKELY;
    }
    against(ruling, "same-as-lossy-path", 0, "a path that eats the client's ACKs looks the same");
    return CONFIDENCE_POSSIBLE;
}

/* Straight after the ACK, and from where the SYN-ACK came from. */
static bool is_answer_to_ack(const struct verdict_case *c)
{
    const struct packet_mark *synack = case_slot(c, TRAIL_SYNACK);
    const struct rst_facts *rst = c->rst;
    int64_t after_ns = ns_since(case_ack_ns(c), rst->mark.ts_ns);
    int64_t limit_ns =
        3 * c->rtt_ns > c->limits->overflow_rst_ns ? 3 * c->rtt_ns : c->limits->overflow_rst_ns;
    bool is_too_soon = c->vantage == VANTAGE_CLIENT && c->rtt_ns > c->limits->rtt_telling_ns &&
                       after_ns * 2 < c->rtt_ns;

    return after_ns <= limit_ns && !is_too_soon &&
           !(synack->frame && abs(synack->ttl - rst->mark.ttl) >= (int)c->limits->hops_differ);
}

/* P3: reset without a socket, straight after the client's ACK (tcp_abort_on_overflow). */
static enum confidence overflow_p3(const struct verdict_case *c, struct ruling *ruling)
{
    const struct rst_facts *rst = c->rst;

    if (c->outcome != OUTCOME_RESET || !case_reset_by(c, SIDE_SERVER) ||
        case_ack_ns(c) == NS_NEVER || c->server->n_data > 0 || rst->family != RST_FAMILY_B2 ||
        rst->mark.seq != c->server->isn + 1 || !is_answer_to_ack(c))
        return CONFIDENCE_NONE;
    because(ruling, "rst-after-ack", rst->mark.frame, "%.1f ms after the ACK: no such connection",
            case_ms(ns_since(case_ack_ns(c), rst->mark.ts_ns)));
    if (!is_of_late(c, c->listener->kept_ns))
        return CONFIDENCE_POSSIBLE;
    because(ruling, "listener-alive", 0, "it keeps other connections");
    return CONFIDENCE_LIKELY;
}

/* P4: as P2 through a SYN cookie: nothing is repeated, the data is never acknowledged. Only other
 * flows tell it from a path that died. */
static enum confidence overflow_p4(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_BLACKHOLED || !case_has(c, FACT_ESTABLISHED) ||
        !case_has(c, FACT_SYNACK_SEEN) || c->server->n_data > 0 || c->server->n_syn_late > 0 ||
        c->server->acked != c->client->isn + 1 ||
        c->client->run_count < c->limits->overflow_data_copies)
        return CONFIDENCE_NONE;
    if (is_of_late(c, c->listener->silent_from_ns))
        because(ruling, "listener-fell-silent", 0, "other attempts of this minute are unanswered");
    if (!is_under_pressure(c, ruling) && ruling->n_because == 0)
        return CONFIDENCE_NONE;
    because(ruling, "first-data-ignored", case_slot(c, TRAIL_RUN_LAST)->frame,
            "first data sent %u times, SYN-ACK once", c->client->run_count + 1u);
    return CONFIDENCE_LIKELY;
}

/* P1 of a listener that was full before the capture began. */
static enum confidence overflow_before(const struct verdict_case *c, struct ruling *ruling)
{
    if (!case_is_silent(c) || c->client->n_syn < 2 || !is_host_alive(c) || !is_begun_lately(c) ||
        has_fallen_silent_altogether(c) || c->listener->n_refused_run > 0)
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    against(ruling, "listener-never-seen", 0, "nothing shows that the port was ever open");
    return CONFIDENCE_POSSIBLE;
}

/* The listener's kernel saw the queue full while SYNs went unanswered. */
static enum confidence overflow_at_host(const struct verdict_case *c, struct ruling *ruling)
{
    if (!case_is_silent(c) || !c->host->is_known || !c->host->was_full)
        return CONFIDENCE_NONE;
    say_syns(c, ruling);
    return CONFIDENCE_LIKELY;
}

enum confidence rule_accept_queue_overflow(const struct verdict_case *c, struct ruling *ruling)
{
    enum confidence (*const pattern[])(const struct verdict_case *, struct ruling *) = {
        overflow_p1, overflow_p2, overflow_p3, overflow_p4, overflow_at_host, overflow_before};
    enum confidence confidence = CONFIDENCE_NONE;

    if (case_is_lost_before_listener(c))
        return CONFIDENCE_NONE;
    for (size_t i = 0; i < ARRAY_LEN(pattern) && confidence == CONFIDENCE_NONE; i++)
        confidence = pattern[i](c, ruling);
    if (confidence == CONFIDENCE_NONE || !c->host->is_known || !c->host->was_full)
        return confidence;
    say_queue(c, ruling);
    return host_has_overflowed(c->host) ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
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
    if (c->vantage == VANTAGE_CLIENT || c->vantage == VANTAGE_BOTH) {
        against(ruling, "seen-at-client", case_slot(c, TRAIL_SYNACK)->frame,
                "it reached the client's host: a filter there drops it");
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_CERTAIN;
}

/* Others are served at this time and no other flow shows pressure: then it is the path of this
 * client (13.3, handshake-ack-lost). */
static bool is_only_this_client(const struct verdict_case *c)
{
    const struct listener_state *at = c->listener;

    return !is_seen_at_server(c) && !is_of_late(c, at->overflow_before_ns) &&
           at->taken_ns != NS_NEVER &&
           at->taken_ns + c->limits->fell_silent_ns >= c->facts->first_ns &&
           !ipaddr_equal(&at->taken_client, &c->key->addr[c->client_end]);
}

enum confidence rule_handshake_ack_lost(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_HALF_OPEN || !case_has(c, FACT_SYNACK_SEEN))
        return CONFIDENCE_NONE;
    if (case_has(c, FACT_ESTABLISHED)) {
        because(ruling, "ack-never-accepted", case_slot(c, TRAIL_ACK)->frame,
                "the server goes on as if the client's ACK had not come");
        if (case_is_lost_before_listener(c) &&
            c->server->n_syn_late >= c->limits->overflow_synacks) {
            say_queue(c, ruling);
            return CONFIDENCE_LIKELY;
        }
        if (is_only_this_client(c))
            because(ruling, "listener-alive", 0, "the listener serves others meanwhile");
        else
            against(ruling, "same-as-full-queue", 0, "a full accept queue looks the same");
        return CONFIDENCE_POSSIBLE;
    }
    because(ruling, "synack-unanswered", case_slot(c, TRAIL_SYNACK)->frame,
            "%u SYN-ACK, nothing from the client since", c->server->n_syn);
    return CONFIDENCE_POSSIBLE;
}

enum confidence rule_client_gave_up(const struct verdict_case *c, struct ruling *ruling)
{
    int64_t wait_ns = ns_since(c->facts->first_ns, c->facts->synack_ns);
    int64_t usual_ns =
        c->listener->rtt_min_ns ? c->listener->rtt_min_ns : c->limits->rtt_unknown_ns;
    bool is_late =
        c->client->n_syn > 1 || (wait_ns >= c->limits->gave_up_ns && wait_ns > 3 * usual_ns);

    /* A client that was refused before had no choice. */
    if (!case_has(c, FACT_CLIENT_RST_SYNACK) || !case_has(c, FACT_SYN_SEEN) ||
        case_has(c, FACT_ESTABLISHED) || case_has(c, FACT_SYN_REFUSED))
        return CONFIDENCE_NONE;
    because(ruling, "synack-late", case_slot(c, TRAIL_SYNACK)->frame,
            "SYN-ACK %.3f s after the first SYN", case_seconds(wait_ns));
    if (c->trail->n_rst)
        because(ruling, "client-resets-synack", c->trail->rst[0].mark.frame,
                "the client's host has no such socket any more");
    if (c->client->n_syn > 1)
        because(ruling, "syn-repeated", case_slot(c, TRAIL_SYN_LAST)->frame, "%u SYNs",
                c->client->n_syn);
    return is_late ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}
