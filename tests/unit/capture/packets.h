/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames as a filter sees them: just the fields that filters look at. */
#ifndef UNIT_CAPTURE_PACKETS_H
#define UNIT_CAPTURE_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10

struct packet_plan {
    uint8_t protocol; /* 0 = TCP */
    uint8_t flags;    /* of TCP */
    bool is_v6;
    bool has_vlan;
    uint16_t fragment_off; /* IPv4, in units of 8 bytes */
};

struct made_packet {
    uint32_t n_bytes;
    uint8_t bytes[128];
};

/* From 10.0.0.1 port 40000 to 10.0.0.2 port 443, or the same on IPv6. */
static inline struct made_packet make_packet(const struct packet_plan *plan)
{
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    static const uint8_t vlan[4] = {0x81, 0x00, 0x00, 0x07};
    uint8_t protocol = plan->protocol ? plan->protocol : 6;
    struct made_packet packet = {0};
    uint8_t *at = packet.bytes;

    memcpy(at, macs, sizeof(macs));
    at += sizeof(macs);
    if (plan->has_vlan) {
        memcpy(at, vlan, sizeof(vlan));
        at += sizeof(vlan);
    }
    at[0] = plan->is_v6 ? 0x86 : 0x08;
    at[1] = plan->is_v6 ? 0xdd : 0x00;
    at += 2;
    if (plan->is_v6) {
        at[0] = 0x60;
        at[5] = 20;
        at[6] = protocol;
        at[7] = 64;
        at += 40;
    } else {
        at[0] = 0x45;
        at[3] = 40;
        at[6] = (uint8_t)(plan->fragment_off >> 8);
        at[7] = (uint8_t)plan->fragment_off;
        at[8] = 64;
        at[9] = protocol;
        at[12] = 10;
        at[15] = 1;
        at[16] = 10;
        at[19] = 2;
        at += 20;
    }
    at[0] = 40000 >> 8;
    at[1] = 40000 & 0xff;
    at[2] = 443 >> 8;
    at[3] = 443 & 0xff;
    at[12] = 0x50;
    at[13] = plan->flags;
    packet.n_bytes = (uint32_t)(at + 20 - packet.bytes);
    return packet;
}

#endif
