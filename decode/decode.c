/* SPDX-License-Identifier: BSD-2-Clause */
/* See decode.h: the start of the walk, and the step from IP to what it carries. */
#include "decode/decode.h"

#include <netinet/in.h>
#include <string.h>

#include "base/compiler.h"
#include "decode/layers.h"

#define PROTO_ETHERIP 97 /* netinet/in.h lacks it */

static const char *const result_names[] = {
    [DECODE_OK] = "ok",
    [DECODE_NOT_IP] = "not_ip",
    [DECODE_FRAGMENT] = "fragment",
    [DECODE_TRUNCATED] = "truncated",
    [DECODE_MALFORMED] = "malformed",
    [DECODE_TUNNEL_DEPTH] = "tunnel_depth",
    [DECODE_UNKNOWN_LINK] = "unknown_link",
};
_Static_assert(ARRAY_LEN(result_names) == DECODE_RESULT_COUNT, "a name for each result");

enum decode_result decode_ip(struct walk *walk)
{
    if (!cursor_left(&walk->cursor))
        return walk_short(walk);
    switch (walk->cursor.at[0] >> 4) {
    case 4:
        return decode_ipv4(walk);
    case 6:
        return decode_ipv6(walk);
    default:
        return DECODE_NOT_IP;
    }
}

enum decode_result decode_transport(struct walk *walk)
{
    bool is_v4 = walk->packet->ip_version == 4;

    switch (walk->packet->proto) {
    case IPPROTO_TCP:
        return decode_tcp(walk);
    case IPPROTO_UDP:
        return decode_udp(walk);
    case IPPROTO_SCTP:
        return decode_sctp(walk);
    case IPPROTO_ICMP:
        if (is_v4)
            return decode_icmpv4(walk);
        break;
    case IPPROTO_ICMPV6:
        if (!is_v4)
            return decode_icmpv6(walk);
        break;
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
        return decode_ipip(walk);
    case IPPROTO_GRE:
        return decode_gre(walk);
    case PROTO_ETHERIP:
        return decode_etherip(walk);
    case IPPROTO_MPLS:
        return decode_mpls_in_ip(walk);
    default:
        break;
    }
    walk->packet->kind = PACKET_OTHER;
    return DECODE_OK;
}

enum decode_result walk_frame(struct walk *walk, uint16_t linktype)
{
    struct packet *packet = walk->packet;
    walk_layer *layer = link_layer(linktype);

    if (!layer)
        return DECODE_UNKNOWN_LINK;
    packet->direction = PACKET_DIRECTION_UNKNOWN;
    memset(packet->src_mac, 0, sizeof(packet->src_mac));
    memset(packet->dst_mac, 0, sizeof(packet->dst_mac));
    packet->n_vlan = 0;
    memset(packet->vlan, 0, sizeof(packet->vlan));
    packet->tunnel = TUNNEL_NONE;
    packet->tunnel_depth = 0;
    packet->tunnel_id = 0;
    return layer(walk);
}

const char *decode_result_name(enum decode_result result)
{
    return result_names[result];
}

enum decode_result decode_frame(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes,
                                size_t wire_bytes, struct packet *packet)
{
    struct walk walk;

    if (decode_plain(linktype, bytes, captured_bytes, wire_bytes, packet))
        return DECODE_OK;
    walk = walk_over(bytes, captured_bytes, wire_bytes, packet);
    return walk_frame(&walk, linktype);
}
