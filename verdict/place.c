/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a RST came from: what its TTL, its delay and a filter's habits tell. */
#include <stdlib.h>

#include "verdict/case.h"

/* A host's kernel answers without a socket from ip_default_ttl, whatever TTL the socket had
 * (VERDICTS.md 14, trap 16): then only the routers passed can be compared. */
static bool is_stateless(const struct rst_facts *rst)
{
    return rst->family == RST_FAMILY_B1 || rst->family == RST_FAMILY_B2;
}

unsigned case_hops_off(const struct rst_facts *rst)
{
    bool is_same_class = hosts_init_ttl(rst->mark.ttl) == hosts_init_ttl(rst->baseline_ttl);

    if (!rst->baseline_ttl)
        return 0;
    if (!is_same_class && !is_stateless(rst))
        return HOPS_OF_ANOTHER_CLASS;
    return (unsigned)abs(hosts_hops(rst->mark.ttl) - hosts_hops(rst->baseline_ttl));
}

bool case_is_nearer(const struct verdict_case *c, const struct rst_facts *rst)
{
    unsigned off = case_hops_off(rst);

    return off >= c->limits->hops_differ && off < HOPS_OF_ANOTHER_CLASS &&
           hosts_hops(rst->mark.ttl) < hosts_hops(rst->baseline_ttl);
}

bool case_is_one_nearer(const struct verdict_case *c, const struct rst_facts *rst)
{
    return case_hops_off(rst) == 1 && rst->mark.ttl > rst->baseline_ttl &&
           rst->n_baseline >= c->limits->hops_stable_flows &&
           !(case_side(c, (enum flow_side)rst->mark.side)->bits & SIDE_TTL_VARIES);
}

int64_t case_too_soon_ns(const struct verdict_case *c, const struct rst_facts *rst)
{
    int64_t rtt_ns = ns_since(c->facts->first_ns, c->facts->synack_ns);
    const struct packet_mark *trigger =
        rst->trigger.frame ? &rst->trigger : case_slot(c, TRAIL_SYN);
    int64_t delay_ns = ns_since(trigger->ts_ns, rst->mark.ts_ns);

    if (rst->mark.side != SIDE_SERVER || !case_has(c, FACT_SYNACK_SEEN) || c->client->n_syn != 1 ||
        c->vantage != VANTAGE_CLIENT || !trigger->frame || rtt_ns < c->limits->rtt_telling_ns ||
        delay_ns * 2 >= rtt_ns)
        return NS_NEVER;
    return delay_ns;
}

const char *case_filter_mark(const struct rst_facts *rst)
{
    if (!rst->trigger.frame)
        return NULL;
    if (rst->mark.bits & MARK_V6 && rst->mark.flow_label == 0 && rst->trigger.flow_label != 0)
        return "flow-label-missing";
    return rst->trigger.tos != 0 && rst->mark.tos == 0 ? "tos-not-mirrored" : NULL;
}
