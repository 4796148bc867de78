/* SPDX-License-Identifier: BSD-2-Clause */
/* See linkend.h. */
#include "flowtable/linkend.h"

#include <string.h>

#include "decode/packet.h"

#define MAC_BYTES LINKEND_MAC_BYTES
#define MAC_GROUP_BIT 0x01

static void add(struct linkends *ends, const uint8_t *mac)
{
    static const uint8_t none[MAC_BYTES];

    if (!(mac[0] & MAC_GROUP_BIT) && memcmp(mac, none, MAC_BYTES) != 0)
        memcpy(ends->mac[ends->n++], mac, MAC_BYTES);
}

/* As a stack sends it: no router has taken a hop away. */
static bool is_unrouted(uint8_t ttl)
{
    return ttl == 32 || ttl == 64 || ttl == 128 || ttl == 255;
}

void linkends_meet(struct linkends *into, const struct linkends *other)
{
    struct linkends both = {.is_told = true};

    if (!other->is_told)
        return;
    if (!into->is_told) {
        *into = *other;
        return;
    }
    for (unsigned i = 0; i < into->n; i++) {
        if (linkends_has(other, into->mac[i]))
            add(&both, into->mac[i]);
    }
    *into = both;
}

void linkends_learn(struct linkends *ends, const struct packet *packet)
{
    static const uint8_t none[MAC_BYTES];
    struct linkends frame = {.is_told = true};

    if (ends->is_told && ends->n == 0) /* nothing is left that a frame could take away */
        return;
    if (packet->direction != PACKET_DIRECTION_UNKNOWN || packet->tunnel != TUNNEL_NONE ||
        memcmp(packet->src_mac, none, MAC_BYTES) == 0)
        return;
    if (is_unrouted(packet->ttl))
        add(&frame, packet->src_mac);
    add(&frame, packet->dst_mac);
    linkends_meet(ends, &frame);
}
