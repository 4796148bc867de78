/* SPDX-License-Identifier: BSD-2-Clause */
/* The IPv4 header (RFC 791): lengths that lie, fragments. */
#include <netinet/in.h>

#include "decode/layers.h"

#define HEADER_BYTES 20
#define FLAG_DF 0x4000
#define FLAG_MF 0x2000
#define OFFSET_MASK 0x1fff

/*
 * How far the datagram reaches into the frame. Its length is 0 where the capture ran before the
 * NIC split a large send (TSO), and beyond the frame where somebody lies.
 */
static size_t datagram_bytes(struct packet *packet, size_t total_bytes, size_t frame_bytes)
{
    if (total_bytes == 0)
        total_bytes = frame_bytes;
    packet->ip_wire_bytes = (uint32_t)total_bytes;
    packet->is_length_clamped = total_bytes > frame_bytes;
    return packet->is_length_clamped ? frame_bytes : total_bytes;
}

enum decode_result decode_ipv4(struct walk *walk)
{
    struct packet *packet = walk->packet;
    size_t frame_bytes = walk_wire_bytes(walk);
    const uint8_t *at = cursor_take(&walk->cursor, HEADER_BYTES);
    size_t header_bytes, wire_bytes;
    uint16_t fragment;

    if (!at)
        return walk_short(walk);
    header_bytes = (at[0] & 0x0fu) * 4;
    wire_bytes = datagram_bytes(packet, load_be16(at + 2), frame_bytes);
    if (at[0] >> 4 != 4 || header_bytes < HEADER_BYTES || wire_bytes < header_bytes)
        return DECODE_MALFORMED;
    walk_limit(walk, wire_bytes - HEADER_BYTES);
    if (header_bytes > HEADER_BYTES && !cursor_take(&walk->cursor, header_bytes - HEADER_BYTES))
        return walk_short(walk);

    fragment = load_be16(at + 6);
    packet->ip_version = 4;
    packet->tos = at[1];
    packet->ip_id = load_be16(at + 4);
    packet->df = fragment & FLAG_DF;
    packet->is_fragment = fragment & FLAG_MF;
    packet->ttl = at[8];
    packet->proto = at[9];
    packet->flow_label = 0;
    packet->src = ipaddr_from_v4(at + 12);
    packet->dst = ipaddr_from_v4(at + 16);
    walk->fragment.id = packet->ip_id;
    walk->fragment.off_bytes = (fragment & OFFSET_MASK) * 8u;
    walk->fragment.has_more = packet->is_fragment;
    if (walk->fragment.off_bytes)
        return DECODE_FRAGMENT;
    if (packet->proto == IPPROTO_AH &&
        !ipv6_skip_extensions(&walk->cursor, &packet->proto, &walk->fragment, &packet->dst))
        return walk_short(walk);
    return decode_transport(walk);
}
