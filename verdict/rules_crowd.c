/* SPDX-License-Identifier: BSD-2-Clause */
/* What only many attempts together tell: scans, forged addresses, full SYN queues (13.3, 13.4). */
#include "verdict/case.h"

enum confidence rule_port_scan(const struct verdict_case *c, struct ruling *ruling)
{
    const struct scan_targets *targets = &c->client_host->targets;

    if ((c->outcome != OUTCOME_REFUSED && c->outcome != OUTCOME_REJECTED &&
         c->outcome != OUTCOME_TIMED_OUT) ||
        case_has(c, FACT_SYNACK_SEEN) || !scan_is_active(targets, c->now_ns))
        return CONFIDENCE_NONE;
    because(ruling, "many-targets", 0, "%u and more of this client in a minute", targets->n);
    because(ruling, "in-vain", 0, "%u failed, %u connected", targets->n_failed, targets->n_made);
    if (scan_is_sweep(targets))
        return CONFIDENCE_LIKELY;
    against(ruling, "no-sweep", 0, "neither one host's ports nor one port of live hosts");
    return CONFIDENCE_POSSIBLE;
}

enum confidence rule_backscatter(const struct verdict_case *c, struct ruling *ruling)
{
    const struct scatter_peers *peers = &c->client_host->scatter;

    if (!scatter_is_answer(c->facts, c->trail) || peers->n < SCATTER_PEERS ||
        c->facts->first_ns - peers->from_ns > SCAN_WINDOW_NS)
        return CONFIDENCE_NONE;
    because(ruling, "answers-to-nothing", c->facts->first_frame,
            "from %u and more peers in a minute, and no SYN to them", peers->n);
    return CONFIDENCE_LIKELY;
}

enum confidence rule_syn_backlog_overflow(const struct verdict_case *c, struct ruling *ruling)
{
    const struct listener_state *at = c->listener;
    const struct pressure *pressure = &at->pressure;

    if (!case_is_silent(c) || c->client->n_syn < 2 || at->accept_ns == NS_NEVER ||
        at->accept_ns + c->limits->alive_ns < c->facts->first_ns ||
        !pressure_is_backlog_full(pressure, c->now_ns) ||
        (pressure->cookies_ns && c->now_ns - pressure->cookies_ns <= c->limits->alive_ns))
        return CONFIDENCE_NONE;
    because(ruling, "half-open-many", 0, "SYN-ACKs repeated to %u clients in a minute",
            pressure->n_again);
    because(ruling, "no-cookies", 0, "and none of them a SYN cookie");
    return CONFIDENCE_POSSIBLE;
}

enum confidence rule_syn_cookies_active(const struct verdict_case *c, struct ruling *ruling)
{
    const struct pressure *pressure = &c->listener->pressure;

    if ((c->outcome != OUTCOME_OK && c->outcome != OUTCOME_OK_DEGRADED) || !pressure->told_ns ||
        pressure->told_frame != c->facts->first_frame)
        return CONFIDENCE_NONE;
    because(ruling, "clock-lags", case_slot(c, TRAIL_SYNACK)->frame,
            "of the last %u SYN-ACKs, up to 64 ms", pressure->n_lags);
    if (pressure->bare_ns)
        because(ruling, "options-left-out", 0, "of a SYN-ACK to a client without timestamps");
    if (pressure->n_once)
        because(ruling, "never-repeated", 0, "%u unanswered SYN-ACKs were sent once",
                pressure->n_once);
    return CONFIDENCE_LIKELY;
}
