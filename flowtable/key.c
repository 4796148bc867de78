/* SPDX-License-Identifier: BSD-2-Clause */
/* See key.h. */
#include "flowtable/key.h"

#include "decode/packet.h"

static unsigned key_fill(struct flow_key *key, const struct packet *packet,
                         const struct ipaddr *src, uint16_t sport, const struct ipaddr *dst,
                         uint16_t dport)
{
    int order = ipaddr_compare(src, dst);
    unsigned src_end = order < 0 || (order == 0 && sport <= dport) ? 0 : 1;

    key->addr[src_end] = *src;
    key->addr[1 - src_end] = *dst;
    key->port[src_end] = sport;
    key->port[1 - src_end] = dport;
    for (unsigned i = 0; i < PACKET_VLAN_MAX; i++)
        key->vlan[i] = i < packet->n_vlan ? packet->vlan[i] : FLOW_KEY_NO_VLAN;
    key->tunnel_id = packet->tunnel_id;
    key->tunnel = (uint8_t)packet->tunnel;
    key->tunnel_depth = packet->tunnel_depth;
    key->unused = 0;
    return src_end;
}

unsigned flow_key_from_packet(const struct packet *packet, struct flow_key *key)
{
    uint16_t sport = packet->tcp.sport;
    uint16_t dport = packet->tcp.dport;

    if (packet->kind == PACKET_UDP) {
        sport = packet->udp.sport;
        dport = packet->udp.dport;
    } else if (packet->kind == PACKET_SCTP) {
        sport = packet->sctp.sport;
        dport = packet->sctp.dport;
    }
    key->proto = packet->proto;
    return key_fill(key, packet, &packet->src, sport, &packet->dst, dport);
}

unsigned flow_key_from_quote(const struct packet *packet, struct flow_key *key)
{
    const struct icmp_quote *quote = &packet->icmp.quote;

    key->proto = quote->proto;
    return key_fill(key, packet, &quote->src, quote->sport, &quote->dst, quote->dport);
}

uint64_t flow_key_hash(const struct hash_key *hash_key, const struct flow_key *key)
{
    return hash_bytes(hash_key, key, sizeof(*key));
}
