/* SPDX-License-Identifier: BSD-2-Clause */
/* See frame_key.h. */
#include "app/frame_key.h"

#include "decode/decode.h"

bool frame_key(const struct frame *frame, const uint8_t *bytes, struct flow_key *key)
{
    struct packet packet;

    if (decode_frame(frame->linktype, bytes, frame->captured_bytes, frame->wire_bytes, &packet) !=
        DECODE_OK)
        return false;
    if (packet.kind == PACKET_TCP || packet.kind == PACKET_UDP || packet.kind == PACKET_SCTP)
        (void)flow_key_from_packet(&packet, key);
    else if (packet.kind == PACKET_ICMP_ERROR && packet.icmp.quote.has_ports)
        (void)flow_key_from_quote(&packet, key);
    else
        return false;
    return true;
}
