/* SPDX-License-Identifier: BSD-2-Clause */
/* Floods and scans (VERDICTS.md 13.4). */
#include "verdict/case.h"

enum confidence rule_half_open_scan(const struct verdict_case *c, struct ruling *ruling)
{
    bool is_bare =
        !(c->client->bits & (SIDE_HAS_TIMESTAMPS | SIDE_HAS_WSCALE | SIDE_OPTIONS_UNKNOWN));
    /* At the server the way to the client is not known. */
    int64_t limit_ns =
        2 * c->rtt_ns > c->limits->rtt_unknown_ns ? 2 * c->rtt_ns : c->limits->rtt_unknown_ns;

    if (!case_has(c, FACT_CLIENT_RST_SYNACK) || !case_has(c, FACT_SYN_SEEN) ||
        case_has(c, FACT_ESTABLISHED) || case_has(c, FACT_SYN_REFUSED) || c->client->n_syn > 1 ||
        !c->trail->n_rst || ns_since(c->facts->synack_ns, c->trail->rst[0].mark.ts_ns) > limit_ns)
        return CONFIDENCE_NONE;
    because(ruling, "client-resets-synack", c->trail->rst[0].mark.frame,
            "RST %.3f ms after the SYN-ACK",
            case_ms(ns_since(c->facts->synack_ns, c->trail->rst[0].mark.ts_ns)));
    if (is_bare)
        because(ruling, "bare-syn", case_slot(c, TRAIL_SYN)->frame,
                "window %u, no timestamps, no window scale", case_slot(c, TRAIL_SYN)->window);
    else
        against(ruling, "full-options", case_slot(c, TRAIL_SYN)->frame,
                "the SYN of an ordinary stack, which closed too soon");
    if (c->client_host->n_synack_resets >= c->limits->consecutive_failures)
        because(ruling, "every-time", 0, "this client reset %u SYN-ACKs",
                c->client_host->n_synack_resets);
    return ruling->n_because > 2 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* Half-open, at the end of the capture too, or until the memory that a flood fills had to be used
 * for its next attempt. */
static bool is_waiting(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_TIMED_OUT || c->outcome == OUTCOME_HALF_OPEN ||
           c->outcome == OUTCOME_IN_PROGRESS ||
           (c->outcome == OUTCOME_UNKNOWN && case_has(c, FACT_SYN_SEEN) &&
            case_has(c, FACT_EVICTED));
}

enum confidence rule_syn_flood(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;

    /* A source that is real tries again, or says something after the SYN-ACK. */
    if (!is_waiting(c) || case_has(c, FACT_ESTABLISHED) || c->client->n_pkts > 1 ||
        at->flood_from_ns == NS_NEVER || c->facts->first_ns < at->flood_from_ns ||
        c->facts->first_ns > at->flood_until_ns + NS_PER_S)
        return CONFIDENCE_NONE;
    because(ruling, "syn-rate", case_slot(c, TRAIL_SYN)->frame,
            "over %u SYNs a second, under %u %% complete", c->limits->flood_syns_per_s,
            c->limits->flood_completed_percent);
    because(ruling, "nothing-else-sent", 0, "this source sent one SYN and nothing more");
    /* Still likely: most of the flood's SYNs come to nothing, however long one waits. */
    if (case_has(c, FACT_EVICTED))
        against(ruling, "forgotten-early", 0, "watched for %.1f s only, for want of memory",
                case_ms(ns_since(c->facts->first_ns, c->now_ns)) / 1000);
    return CONFIDENCE_LIKELY;
}
