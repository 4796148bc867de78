/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for ICMP errors: tied to the flow that they quote, or to none. */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

#define IPPROTO_TCP_NUMBER 6

/* Whether the error speaks of delivery: not path MTU, redirect or source quench. */
static bool is_about_delivery(const struct packet *packet)
{
    uint8_t type = packet->icmp.type;

    if (packet->ip_version == 4)
        return (type == 3 && packet->icmp.code != 4) || type == 11 || type == 12;
    return type == 1 || type == 3 || type == 4;
}

/* RFC 5927 section 4: the quoted sequence number must be one that is under way. */
static bool is_plausible(const struct icmp_quote *quote, const struct side_facts *sender,
                         const struct side_facts *receiver)
{
    if (!quote->has_seq)
        return true;
    if (sender->bits & SIDE_ISN_KNOWN && quote->seq == sender->isn)
        return true;
    return seq_between(receiver->acked, quote->seq, sender->nxt);
}

void track_icmp(struct tracker *tracker, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    struct flow_trail *trail;
    struct flow_key key;
    uint32_t flow_idx;
    struct flow *flow;
    enum flow_side from;
    unsigned from_end;

    if (!quote->is_valid || !quote->has_ports || quote->proto != IPPROTO_TCP_NUMBER ||
        !is_about_delivery(packet))
        return;
    from_end = flow_key_from_quote(packet, &key);
    flow_idx = flowtable_find(&tracker->table, &key);
    if (flow_idx == FLOW_NONE) {
        tracker->gauges.n_stray_icmp++;
        return;
    }
    flow = &tracker->table.pool[flow_idx];
    from = from_end == flow->client_end ? SIDE_CLIENT : SIDE_SERVER;
    if (flow->facts.side[from].n_pkts == 0 ||
        !is_plausible(quote, &flow->facts.side[from], &flow->facts.side[side_other(from)])) {
        tracker->gauges.n_stray_icmp++;
        return;
    }
    saturate_u8(&flow->facts.n_icmp);
    trail = trail_keep(&tracker->trails, tracker->table.pool, flow_idx);
    if (trail && !trail->icmp.frame)
        trail->icmp = (struct icmp_facts){
            .frame = packet->ordinal,
            .ts_ns = packet->ts_ns,
            .from = packet->src,
            .mtu_bytes = packet->icmp.mtu_bytes,
            .ip_id = packet->ip_id,
            .len_bytes = (uint16_t)packet->ip_wire_bytes,
            .type = packet->icmp.type,
            .code = packet->icmp.code,
            .ttl = packet->ttl,
            .quoted_ttl = quote->ttl,
            .is_v6 = packet->ip_version == 6,
            .quotes_syn = from == SIDE_CLIENT && quote->has_seq &&
                          quote->seq == flow->facts.side[SIDE_CLIENT].isn,
            .is_seq_missing = !quote->has_seq,
        };
    if (from == SIDE_CLIENT && flow->state == FLOW_SYN_SENT) {
        flow->facts.bits |= FACT_SYN_ICMP;
        track_rearm(tracker, flow_idx);
    }
}
