/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv6 header and its chain of extension headers (RFC 8200). */
#include <netinet/in.h>

#include "decode/layers.h"

#define HEADER_BYTES 40
#define ADDRESS_BYTES 16
#define FRAGMENT_HEADER_BYTES 8

enum routing_type {
    ROUTING_SOURCE = 0,  /* deprecated by RFC 5095, still sent by attackers */
    ROUTING_MOBILE = 2,  /* RFC 6275 */
    ROUTING_SEGMENTS = 4 /* RFC 8754 */
};

/* How long an extension header of this kind is; 0 where it is none. */
static size_t extension_bytes(uint8_t proto, uint8_t length_field)
{
    switch (proto) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case IPPROTO_MH:
        return (length_field + 1u) * 8;
    case IPPROTO_AH: /* RFC 4302 section 2.2 */
        return (length_field + 2u) * 4;
    case IPPROTO_FRAGMENT:
        return FRAGMENT_HEADER_BYTES;
    default:
        return 0;
    }
}

/* Replies come from the last hop of the route, so that is the flow's address; and it is the one
 * that the transport's checksum covers (RFC 8200 section 8.1). */
static void read_routing(const uint8_t *at, size_t n_bytes, struct ipaddr *dst)
{
    size_t last_off = 8; /* of the final address; the segment list runs backwards */

    if (at[3] == 0 || n_bytes < 8 + ADDRESS_BYTES)
        return;
    switch (at[2]) {
    case ROUTING_SOURCE:
        last_off = 8 + ((n_bytes - 8) / ADDRESS_BYTES - 1) * ADDRESS_BYTES;
        break;
    case ROUTING_MOBILE:
    case ROUTING_SEGMENTS:
        break;
    default:
        return;
    }
    *dst = ipaddr_from_v6(at + last_off);
}

static void read_fragment(const uint8_t *at, struct fragment *fragment)
{
    fragment->off_bytes = load_be16(at + 2) & 0xfff8u;
    fragment->has_more = at[3] & 1;
    fragment->id = load_be32(at + 4);
}

bool ipv6_skip_extensions(struct cursor *cursor, uint8_t *proto, struct fragment *fragment,
                          struct ipaddr *dst)
{
    unsigned n_extensions;

    for (n_extensions = 0; n_extensions < EXTENSIONS_MAX; n_extensions++) {
        const uint8_t *at = cursor->at;
        size_t n_bytes;

        if (!extension_bytes(*proto, 0))
            return true;
        if (cursor_left(cursor) < 2)
            return false;
        n_bytes = extension_bytes(*proto, at[1]);
        if (!cursor_take(cursor, n_bytes))
            return false;
        if (*proto == IPPROTO_ROUTING)
            read_routing(at, n_bytes, dst);
        if (*proto == IPPROTO_FRAGMENT)
            read_fragment(at, fragment);
        *proto = at[0];
        if (fragment->off_bytes)
            return true; /* the rest of the chain is in the first fragment */
    }
    return true; /* an endless chain is nothing that is followed */
}

enum decode_result decode_ipv6(struct walk *walk)
{
    struct packet *packet = walk->packet;
    const uint8_t *at = cursor_take(&walk->cursor, HEADER_BYTES);
    size_t frame_bytes, payload_bytes;
    uint32_t first;

    if (!at)
        return walk_short(walk);
    first = load_be32(at);
    if (first >> 28 != 6)
        return DECODE_MALFORMED;
    frame_bytes = walk_wire_bytes(walk);
    payload_bytes = load_be16(at + 4);
    if (payload_bytes == 0) /* TSO, or a jumbogram (RFC 2675) */
        payload_bytes = frame_bytes;
    packet->ip_wire_bytes = (uint32_t)(HEADER_BYTES + payload_bytes);
    packet->is_length_clamped = payload_bytes > frame_bytes;
    walk_limit(walk, packet->is_length_clamped ? frame_bytes : payload_bytes);

    packet->ip_version = 6;
    packet->tos = (uint8_t)(first >> 20);
    packet->ip_id = 0;
    packet->df = false;
    packet->ttl = at[7];
    packet->proto = at[6];
    packet->flow_label = first & 0xfffff;
    packet->src = ipaddr_from_v6(at + 8);
    packet->dst = ipaddr_from_v6(at + 8 + ADDRESS_BYTES);
    walk->fragment = (struct fragment){0};
    if (!ipv6_skip_extensions(&walk->cursor, &packet->proto, &walk->fragment, &packet->dst))
        return walk_short(walk);
    packet->is_fragment = walk->fragment.has_more;
    if (walk->fragment.off_bytes)
        return DECODE_FRAGMENT;
    return decode_transport(walk);
}
