/* SPDX-License-Identifier: BSD-2-Clause */
/* Not failures, and what cannot be said (VERDICTS.md 12.8): so that nobody forces a verdict. */
#include "verdict/case.h"

static enum confidence when(bool holds)
{
    return holds ? CONFIDENCE_CERTAIN : CONFIDENCE_NONE;
}

enum confidence rule_rst_after_fin(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_OK || c->is_refused_inside || !c->rst ||
        (!c->rst->sender_had_fin && !c->rst->peer_had_fin))
        return CONFIDENCE_NONE;
    because(ruling, "rst-after-close", c->rst->mark.frame, "the connection was closing in order");
    if (case_is_request_crossed(c)) {
        against(ruling, "data-lost", case_slot(c, TRAIL_REQUEST)->frame,
                "%u bytes crossed the FIN: a goodbye, or a short request",
                case_slot(c, TRAIL_REQUEST)->payload_bytes);
        return CONFIDENCE_POSSIBLE;
    }
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_ok_rst_close(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_OK || !c->rst || c->rst->sender_had_fin || c->rst->peer_had_fin)
        return CONFIDENCE_NONE;
    because(ruling, "nothing-outstanding", c->rst->mark.frame,
            "RST after everything was answered and acknowledged");
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_slow_handshake(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_OK_DEGRADED || (c->client->n_syn < 2 && c->server->n_syn < 2))
        return CONFIDENCE_NONE;
    because(ruling, "handshake-repeated", case_slot(c, TRAIL_SYNACK)->frame, "%u SYN, %u SYN-ACK",
            c->client->n_syn, c->server->n_syn);
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_ok(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(
        (c->outcome == OUTCOME_OK && !c->rst && !c->is_refused_inside) ||
        (c->outcome == OUTCOME_OK_DEGRADED && c->client->n_syn < 2 && c->server->n_syn < 2));
}

enum confidence rule_in_progress(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(c->outcome == OUTCOME_IN_PROGRESS);
}

enum confidence rule_unknown_one_sided(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(c->outcome == OUTCOME_UNKNOWN && !case_has(c, FACT_EVICTED) &&
                !case_has(c, FACT_MIDSTREAM) && c->facts->last_ns[SIDE_SERVER] == NS_NEVER);
}

enum confidence rule_unknown_capture_loss(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(c->outcome == OUTCOME_UNKNOWN &&
                (case_has(c, FACT_EVICTED | FACT_LOSS | FACT_SHED) ||
                 (c->is_light && !case_has(c, FACT_MIDSTREAM))));
}

enum confidence rule_unknown_truncated(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(c->outcome == OUTCOME_UNKNOWN && case_has(c, FACT_TRUNCATED) &&
                !case_has(c, FACT_MIDSTREAM));
}

enum confidence rule_unknown_midstream(const struct verdict_case *c, struct ruling *ruling)
{
    (void)ruling;
    return when(c->outcome == OUTCOME_UNKNOWN);
}
