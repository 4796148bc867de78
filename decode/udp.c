/* SPDX-License-Identifier: BSD-2-Clause */
/* The UDP header (RFC 768). */
#include "decode/layers.h"

#define HEADER_BYTES 8

enum decode_result decode_udp(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, HEADER_BYTES);
    struct packet_udp *udp = &walk->packet->udp;
    size_t total_bytes;

    if (!at)
        return walk_short(walk);
    total_bytes = load_be16(at + 4);
    if (total_bytes == 0) /* segmentation offload, or a jumbogram (RFC 2675) */
        total_bytes = HEADER_BYTES + walk_wire_bytes(walk);
    if (total_bytes < HEADER_BYTES)
        return DECODE_MALFORMED;
    walk_limit(walk, total_bytes - HEADER_BYTES);

    walk->packet->kind = PACKET_UDP;
    udp->sport = load_be16(at);
    udp->dport = load_be16(at + 2);
    udp->payload_wire_bytes = (uint32_t)walk_wire_bytes(walk);
    udp->payload_captured_bytes = (uint32_t)cursor_left(&walk->cursor);
    udp->payload = udp->payload_captured_bytes ? walk->cursor.at : NULL;
    return decode_udp_payload(walk);
}
