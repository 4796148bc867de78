/* SPDX-License-Identifier: BSD-2-Clause */
/* Handshakes that meet something else than a listener's SYN-ACK (VERDICTS.md 13.4). */
#include <stdlib.h>

#include "base/tcpflag.h"
#include "flowtable/history.h"
#include "verdict/case.h"

/* ---- an older connection of the tuple is in the way ---- */

static bool has_stale_ack(const struct verdict_case *c)
{
    const struct packet_mark *stale = case_slot(c, TRAIL_STALE_ACK);

    return case_has(c, FACT_STALE_ACK) && stale->frame && !(stale->flags & TCP_SYN);
}

/* What the server answered with is the last of a connection that it closed first. */
static bool is_of_time_wait(const struct verdict_case *c)
{
    const struct previous_facts *before = &c->trail->previous;
    const struct packet_mark *stale = case_slot(c, TRAIL_STALE_ACK);

    return before->is_known && before->is_closed_by_server && !before->had_rst &&
           stale->ack == before->client_nxt && stale->seq == before->server_nxt;
}

/* The client's RST that answers the packet. */
static const struct packet_mark *reset_of(const struct verdict_case *c,
                                          const struct packet_mark *stale)
{
    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct packet_mark *rst = &c->trail->rst[i].mark;

        if (rst->side == SIDE_CLIENT && rst->seq == stale->ack)
            return rst;
    }
    return NULL;
}

static void say_stale_ack(const struct verdict_case *c, struct ruling *ruling,
                          const struct packet_mark *stale)
{
    const struct packet_mark *rst = reset_of(c, stale);

    because(ruling, "ack-of-something-else", stale->frame, "the SYN is answered by ACK %u, not %u",
            stale->ack, c->client->isn + 1);
    if (rst)
        because(ruling, "client-resets-it", rst->frame, "the client resets what it does not know");
    if (case_has(c, FACT_ESTABLISHED))
        because(ruling, "then-connects", case_slot(c, TRAIL_ACK)->frame, "after %.3f s",
                case_seconds(ns_since(c->facts->first_ns, case_ack_ns(c))));
}

enum confidence rule_stale_connection_on_server(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *stale = case_slot(c, TRAIL_STALE_ACK);

    if (!has_stale_ack(c) || is_of_time_wait(c))
        return CONFIDENCE_NONE;
    say_stale_ack(c, ruling, stale);
    return ruling->n_because > 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

/* The server closed the tuple's last connection, waits for late packets of it, and takes the SYN
 * for one: an answer of that connection, or silence where something on the path eats that. */
enum confidence rule_timewait_reuse(const struct verdict_case *c, struct ruling *ruling)
{
    const struct previous_facts *before = &c->trail->previous;
    const struct packet_mark *stale = case_slot(c, TRAIL_STALE_ACK);

    if (has_stale_ack(c) && is_of_time_wait(c)) {
        say_stale_ack(c, ruling, stale);
        because(ruling, "closed-before", 0, "the server closed it first, %.1f s before this SYN",
                case_seconds(ns_since(before->ended_ns, c->facts->first_ns)));
        return CONFIDENCE_LIKELY;
    }
    if (!case_is_silent(c) || !before->is_known || !before->is_closed_by_server ||
        before->had_rst || c->listener->accept_ns == NS_NEVER ||
        c->listener->accept_ns < c->facts->first_ns)
        return CONFIDENCE_NONE;
    because(ruling, "closed-before", 0, "the server closed this port's last one %.1f s before",
            case_seconds(ns_since(before->ended_ns, c->facts->first_ns)));
    because(ruling, "listener-answers-others", 0, "other ports are accepted meanwhile");
    return CONFIDENCE_POSSIBLE;
}

/* How far the client's clock is from where the last connection's would be by now. */
static int64_t clock_jump_ms(const struct verdict_case *c)
{
    const struct previous_facts *before = &c->trail->previous;
    const struct packet_mark *syn = case_slot(c, TRAIL_SYN);
    int64_t passed_ms = ns_since(before->ended_ns, c->facts->first_ns) / NS_PER_MS;

    if (!before->has_tsval || !(syn->bits & MARK_HAS_TIMESTAMPS))
        return 0;
    return llabs((int32_t)(syn->tsval - before->tsval - (uint32_t)passed_ms));
}

/* Two machines behind one address, of which the second got the port of the first. */
enum confidence rule_nat_port_collision(const struct verdict_case *c, struct ruling *ruling)
{
    const struct previous_facts *before = &c->trail->previous;
    int hops = abs(before->ttl_syn - c->client->ttl_syn);

    if (!before->is_known || (!has_stale_ack(c) && !case_is_silent(c)))
        return CONFIDENCE_NONE;
    if (before->ttl_syn && c->client->ttl_syn && hops >= (int)c->limits->hops_differ)
        because(ruling, "ttl-differs", case_slot(c, TRAIL_SYN)->frame,
                "TTL %u, the last one had %u", c->client->ttl_syn, before->ttl_syn);
    if (clock_jump_ms(c) > c->limits->clock_jump_ms)
        because(ruling, "clock-differs", case_slot(c, TRAIL_SYN)->frame,
                "timestamps %lld s from the last one's", (long long)clock_jump_ms(c) / 1000);
    return ruling->n_because > 0 ? CONFIDENCE_POSSIBLE : CONFIDENCE_NONE;
}

/* ---- a SYN-ACK for nobody ---- */

enum confidence rule_bad_synack(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *bad = case_slot(c, TRAIL_STALE_ACK);
    const struct packet_mark *rst = reset_of(c, bad);

    if (!case_has(c, FACT_BAD_SYNACK) || !bad->frame || !(bad->flags & TCP_SYN) ||
        (case_has(c, FACT_ESTABLISHED) && c->client->n_syn == 1))
        return CONFIDENCE_NONE;
    because(ruling, "synack-of-something-else", bad->frame, "it acknowledges %u, the SYN wants %u",
            bad->ack, c->client->isn + 1);
    if (rst)
        because(ruling, "client-resets-it", rst->frame, "the client resets what it does not know");
    if (c->trail->previous.is_known && bad->ack == c->trail->previous.client_isn + 1) {
        against(ruling, "answers-older-syn", bad->frame, "it answers this port's last SYN, late");
        return CONFIDENCE_POSSIBLE;
    }
    return rst ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

enum confidence rule_simultaneous_open(const struct verdict_case *c, struct ruling *ruling)
{
    if (!case_has(c, FACT_SIMULTANEOUS_OPEN) || !history_has(c->facts->history, 'H', SIDE_CLIENT) ||
        (c->outcome != OUTCOME_OK && c->outcome != OUTCOME_OK_DEGRADED))
        return CONFIDENCE_NONE;
    because(ruling, "syns-crossed", case_slot(c, TRAIL_SYN)->frame,
            "both sides sent SYN and SYN-ACK");
    return CONFIDENCE_CERTAIN;
}

/* ---- a SYN that asks for too much ---- */

enum confidence rule_syn_options_blackhole(const struct verdict_case *c, struct ruling *ruling)
{
    const struct packet_mark *first = case_slot(c, TRAIL_SYN);
    const struct packet_mark *last = case_slot(c, TRAIL_SYN_LAST);
    const struct host_state *host = c->server_host;

    if (!case_has(c, FACT_ESTABLISHED) || !mark_is_fallback(first, last, c->facts->synack_ns))
        return CONFIDENCE_NONE;
    because(ruling, "extended-syn-unanswered", first->frame, "%s",
            first->payload_bytes              ? "with data"
            : first->bits & MARK_EXTRA_OPTION ? "with an option of Fast Open or Multipath TCP"
                                              : "with ECE and CWR");
    because(ruling, "plain-syn-answered", last->frame, "%.1f s later",
            case_seconds(ns_since(first->ts_ns, last->ts_ns)));
    if (host->n_syn_fallbacks < c->limits->syn_fallbacks || host->n_extended_syns_taken > 0)
        return CONFIDENCE_POSSIBLE;
    because(ruling, "every-time", 0, "%u connections so, none with the extended SYN",
            host->n_syn_fallbacks);
    return CONFIDENCE_LIKELY;
}
