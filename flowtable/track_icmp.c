/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for ICMP errors: tied to the flow that they quote, or to none. */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

#define SEEN_BYTES_MAX (UINT64_C(1) << 30) /* the largest window, RFC 7323 section 2.3 */

bool track_is_about_delivery(const struct packet *packet)
{
    uint8_t type = packet->icmp.type;

    if (packet->ip_version == 4)
        return (type == 3 && packet->icmp.code != 4) || type == 11 || type == 12;
    return type == 1 || type == 3 || type == 4;
}

/* The sender's lowest sequence number that an error may quote: what is not acknowledged, one less
 * for a keep-alive. Without an acknowledgment, what the capture saw of it. */
static uint32_t lowest_quoted(const struct flow_facts *facts, enum flow_side from)
{
    const struct side_facts *sender = &facts->side[from];
    const struct side_facts *receiver = &facts->side[side_other(from)];
    uint64_t n_bytes = facts->payload_bytes[from];

    if (is_acked_known(receiver))
        return receiver->acked - 1;
    if (sender->bits & SIDE_ISN_KNOWN)
        return sender->isn;
    return sender->nxt - (uint32_t)(n_bytes < SEEN_BYTES_MAX ? n_bytes : SEEN_BYTES_MAX) - 1;
}

/* RFC 5927 section 4: the quoted sequence number must be one that is under way. */
static bool is_plausible(const struct icmp_quote *quote, const struct flow_facts *facts,
                         enum flow_side from)
{
    const struct side_facts *sender = &facts->side[from];

    if (sender->n_pkts == 0)
        return false;
    if (!quote->has_seq || (sender->bits & SIDE_ISN_KNOWN && quote->seq == sender->isn))
        return true;
    return is_nxt_known(sender) && seq_between(lowest_quoted(facts, from), quote->seq, sender->nxt);
}

/* The same error captured twice. Linux gives each its own IP-ID; in IPv6 a burst within the time
 * passes for one. */
static bool is_copy(const struct trail_entry *entry, const struct packet *packet)
{
    return entry && entry->trail.icmp.frame &&
           packet->ts_ns - entry->icmp_ns <= TRACK_DUPLICATE_NS &&
           packet->ip_id == entry->icmp_ip_id &&
           packet->icmp.quote.ip_id == entry->icmp_quoted_ip_id;
}

struct icmp_facts track_icmp_facts(const struct packet *packet, bool quotes_syn)
{
    const struct icmp_quote *quote = &packet->icmp.quote;

    return (struct icmp_facts){
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
        .quotes_syn = quotes_syn && quote->has_seq,
        .is_seq_missing = !quote->has_seq,
    };
}

static void learn_icmp(struct trail_entry *entry, const struct packet *packet, bool quotes_syn)
{
    const struct icmp_quote *quote = &packet->icmp.quote;

    entry->icmp_ns = packet->ts_ns;
    entry->icmp_ip_id = packet->ip_id;
    entry->icmp_quoted_ip_id = quote->ip_id;
    if (entry->trail.icmp.frame)
        return;
    entry->trail.icmp = track_icmp_facts(packet, quotes_syn);
}

static void learn_error(struct tracker *tracker, const struct packet *packet, uint32_t flow_idx,
                        enum flow_side from)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    struct flow *flow = &tracker->table.pool[flow_idx];
    const struct side_facts *sender = &flow->facts.side[from];
    bool quotes_syn = from == SIDE_CLIENT && sender->bits & SIDE_ISN_KNOWN &&
                      (!quote->has_seq || quote->seq == sender->isn);
    struct trail_entry *entry;

    if (is_copy(trail_entry_of(&tracker->trails, flow), packet)) {
        tracker->gauges.n_duplicate_pkts++;
        return;
    }
    saturate_u8(&flow->facts.n_icmp);
    entry = trail_keep(&tracker->trails, tracker->table.pool, flow_idx, packet->ts_ns);
    if (entry)
        learn_icmp(entry, packet, quotes_syn);
    if (quotes_syn && flow->state == FLOW_SYN_SENT) {
        flow->facts.bits |= FACT_SYN_ICMP;
        track_rearm(tracker, flow_idx);
    }
}

void track_icmp(struct tracker *tracker, const struct packet *packet)
{
    const struct icmp_quote *quote = &packet->icmp.quote;
    struct flow_key key;
    uint32_t flow_idx;
    const struct flow *flow;
    unsigned from_end;
    enum flow_side from;

    if (quote->is_valid && quote->has_ports && quote->proto == FLOW_PROTO_UDP)
        track_udp_error(tracker, packet);
    if (!quote->is_valid || !quote->has_ports || quote->proto != FLOW_PROTO_TCP ||
        !track_is_about_delivery(packet))
        return;
    from_end = flow_key_from_quote(packet, &key);
    flow_idx = track_find(tracker, &key, flow_key_hash(&tracker->table.hash_key, &key));
    if (flow_idx == FLOW_NONE) {
        tracker->gauges.n_stray_icmp++;
        return;
    }
    flow = &tracker->table.pool[flow_idx];
    from = from_end == flow->client_end ? SIDE_CLIENT : SIDE_SERVER;
    if (is_plausible(quote, &flow->facts, from))
        learn_error(tracker, packet, flow_idx, from);
    else
        tracker->gauges.n_stray_icmp++;
}
