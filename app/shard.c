/* SPDX-License-Identifier: BSD-2-Clause */
/* See shard.h. */
#include "app/shard.h"

#include "base/hash.h"
#include "decode/decode.h"
#include "flowtable/key.h"

uint32_t shard_of(void *ctx, const struct frame *frame, const uint8_t *bytes)
{
    /* Not a secret: a stranger who fills one worker's share gains no more than a flood would. */
    static const struct hash_key fixed = {0};
    const struct shard *shard = ctx;
    struct packet packet;
    struct flow_key key;

    if (decode_frame(frame->linktype, bytes, frame->captured_bytes, frame->wire_bytes, &packet) !=
        DECODE_OK)
        return 0;
    if (packet.kind == PACKET_TCP || packet.kind == PACKET_UDP)
        (void)flow_key_from_packet(&packet, &key);
    else if (packet.kind == PACKET_ICMP_ERROR && packet.icmp.quote.has_ports)
        (void)flow_key_from_quote(&packet, &key);
    else
        return 0;
    return (uint32_t)(flow_key_hash(&fixed, &key) >> 32) % shard->n_shards;
}
