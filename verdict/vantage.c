/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the capture was made, seen from one flow: at its client, its server, both, or between.
 * Surest first: a loopback interface, the capturing host's own addresses, the link layer's word
 * on direction; then TTLs that have not passed a router and the two halves of the handshake's
 * round trip (VERDICTS.md 11.6).
 */
#include "verdict/case.h"

static bool is_local(const struct ipaddr *addr, const struct ipaddr *local, uint32_t n_local)
{
    for (uint32_t i = 0; i < n_local; i++) {
        if (ipaddr_equal(addr, &local[i]))
            return true;
    }
    return ipaddr_is_loopback(addr);
}

static enum vantage vantage_of(bool has_client, bool has_server)
{
    if (has_client && has_server)
        return VANTAGE_BOTH;
    if (has_client)
        return VANTAGE_CLIENT;
    return has_server ? VANTAGE_SERVER : VANTAGE_UNKNOWN;
}

/* All packets of the side carry a TTL that no router has lowered. */
static bool is_unrouted(const struct side_facts *side)
{
    uint8_t low = side->ttl_min ? side->ttl_min : side->ttl_syn;

    return low != 0 && hosts_hops(low) == 0 && (!side->ttl_max || hosts_hops(side->ttl_max) == 0);
}

static enum vantage guess(const struct flow_facts *facts)
{
    bool is_client_near = is_unrouted(&facts->side[SIDE_CLIENT]);
    bool is_server_near = is_unrouted(&facts->side[SIDE_SERVER]);
    int64_t out_ns;
    int64_t back_ns;

    if (facts->side[SIDE_CLIENT].n_pkts == 0 || facts->side[SIDE_SERVER].n_pkts == 0)
        return VANTAGE_UNKNOWN;
    if (!is_client_near && !is_server_near)
        return VANTAGE_MIDDLE;
    if (is_client_near && is_server_near)
        return VANTAGE_UNKNOWN; /* one network: either end, or a switch between */
    if (!(facts->bits & FACT_ESTABLISHED) || facts->synack_ns == NS_NEVER)
        return is_client_near ? VANTAGE_CLIENT : VANTAGE_SERVER;
    /* SYN to SYN-ACK is the way to the server and back, SYN-ACK to ACK that to the client. */
    out_ns = ns_since(facts->first_ns, facts->synack_ns);
    back_ns = facts->first_ns + (int64_t)facts->ack_after_us * NS_PER_US - facts->synack_ns;
    if (is_client_near)
        return out_ns >= back_ns ? VANTAGE_CLIENT : VANTAGE_UNKNOWN;
    return back_ns >= out_ns ? VANTAGE_SERVER : VANTAGE_UNKNOWN;
}

enum vantage case_vantage(const struct flow_note *note, const struct ipaddr *local,
                          uint32_t n_local)
{
    uint32_t bits = note->facts.bits;
    bool has_client = is_local(&note->key.addr[note->client_end], local, n_local);
    bool has_server = is_local(&note->key.addr[1 - note->client_end], local, n_local);

    if (bits & FACT_LOOPBACK)
        return VANTAGE_BOTH;
    /* Neither is known: a mirror port, or an address that the host was given since. */
    if (has_client || has_server)
        return vantage_of(has_client, has_server);
    if (bits & (FACT_EGRESS_CLIENT | FACT_EGRESS_SERVER))
        return vantage_of(bits & FACT_EGRESS_CLIENT, bits & FACT_EGRESS_SERVER);
    return guess(&note->facts);
}
