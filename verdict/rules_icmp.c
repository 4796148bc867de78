/* SPDX-License-Identifier: BSD-2-Clause */
/* An ICMP error quoted the SYN (VERDICTS.md 8.1, 13.2): one table of codes, one rule shape. */
#include "verdict/case.h"

struct icmp_code {
    bool is_v6;
    uint8_t type, code;
};

static bool is_listed(const struct icmp_facts *icmp, const struct icmp_code *codes, size_t n_codes)
{
    for (size_t i = 0; i < n_codes; i++) {
        if (codes[i].is_v6 == icmp->is_v6 && codes[i].type == icmp->type &&
            codes[i].code == icmp->code)
            return true;
    }
    return false;
}

static void say_why(const struct verdict_case *c, struct ruling *ruling)
{
    const struct icmp_facts *icmp = &c->trail->icmp;
    char from[IPADDR_TEXT_BYTES];
    bool is_server = ipaddr_equal(&icmp->from, &c->server_host->addr) ||
                     ipaddr_equal(&icmp->from, &c->key->addr[1 - c->client_end]);
    int64_t delay_ns = ns_since(c->facts->first_ns, icmp->ts_ns);

    because(ruling, "icmp-quotes-syn", icmp->frame, "%u/%u", icmp->type, icmp->code);
    if (is_server)
        because(ruling, "icmp-sender-is-server", icmp->frame, "ttl %u", icmp->ttl);
    else
        because(ruling, "icmp-sender-is-router", icmp->frame, "%s",
                ipaddr_format(&icmp->from, from));
    because(ruling, delay_ns >= c->limits->arp_failed_ns ? "arp-failed-at-router" : "icmp-at-once",
            icmp->frame, "%.3f s after the first SYN", case_seconds(delay_ns));
    if (c->facts->n_icmp > 1)
        because(ruling, "icmp-repeated", 0, "%u errors", c->facts->n_icmp);
}

static enum confidence by_code(const struct verdict_case *c, struct ruling *ruling,
                               const struct icmp_code *codes, size_t n_codes)
{
    const struct icmp_facts *icmp = &c->trail->icmp;

    if (c->outcome != OUTCOME_REJECTED || !icmp->frame || !is_listed(icmp, codes, n_codes))
        return CONFIDENCE_NONE;
    say_why(c, ruling);
    if (icmp->is_seq_missing) {
        against(ruling, "quote-too-short", icmp->frame, "no sequence number to check");
        return CONFIDENCE_LIKELY;
    }
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_icmp_admin_prohibited(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 3, 9}, {false, 3, 10}, {false, 3, 13},
                                             {true, 1, 1},  {true, 1, 5},   {true, 1, 6}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_icmp_port_unreachable(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 3, 3}, {true, 1, 4}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

/* What answers in the name of the address, from so near that it can only be this host or the next,
 * has never sent anything else: nothing stands behind the address (kube-proxy's REJECT). */
enum confidence rule_refused_no_endpoints(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 3, 3}, {true, 1, 4}};
    const struct icmp_facts *icmp = &c->trail->icmp;
    int64_t delay_ns = ns_since(c->facts->first_ns, icmp->ts_ns);

    if (c->outcome != OUTCOME_REJECTED || !icmp->frame ||
        !is_listed(icmp, codes, ARRAY_LEN(codes)) || delay_ns > c->limits->first_hop_ns ||
        c->server_host->last_ns != NS_NEVER ||
        !ipaddr_equal(&icmp->from, &c->key->addr[1 - c->client_end]))
        return CONFIDENCE_NONE;
    say_why(c, ruling);
    because(ruling, "answered-next-door", icmp->frame, "after %.1f ms", case_ms(delay_ns));
    because(ruling, "host-never-seen", 0, "the address sent nothing but this error");
    return CONFIDENCE_POSSIBLE;
}

enum confidence rule_icmp_host_unreachable(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {
        {false, 3, 1}, {false, 3, 7}, {false, 3, 12}, {true, 1, 3}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_icmp_net_unreachable(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {
        {false, 3, 0}, {false, 3, 6}, {false, 3, 11}, {true, 1, 0}, {true, 1, 2}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_icmp_ttl_exceeded(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 11, 0}, {true, 3, 0}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

/* The tracker has tied the error to a datagram of the client, a few seconds old (VERDICTS.md 10).
 */
enum confidence rule_udp_port_unreachable(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 3, 3}, {true, 1, 4}};
    const struct icmp_facts *icmp = &c->trail->icmp;
    const struct packet_mark *sent = case_slot(c, TRAIL_CLIENT_LAST);

    if (!case_is_datagram(c) || !icmp->frame || !is_listed(icmp, codes, ARRAY_LEN(codes)))
        return CONFIDENCE_NONE;
    because(ruling, "icmp-quotes-datagram", icmp->frame, "%u/%u", icmp->type, icmp->code);
    because(ruling, "datagram-sent", sent->frame, "%.1f ms before the error",
            case_ms(ns_since(sent->ts_ns, icmp->ts_ns)));
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_icmp_proto_unreachable(const struct verdict_case *c, struct ruling *ruling)
{
    static const struct icmp_code codes[] = {{false, 3, 2}, {true, 4, 1}};

    return by_code(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_icmp_rejected(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->outcome != OUTCOME_REJECTED)
        return CONFIDENCE_NONE;
    if (c->trail->icmp.frame)
        say_why(c, ruling);
    return CONFIDENCE_CERTAIN;
}
