/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has this address: ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861). */
#include <string.h>

#include "decode/layers.h"

#define MAC_BYTES 6

enum arp_operation {
    ARP_REQUEST = 1,
    ARP_REPLY = 2
};

enum discovery_option {
    DISCOVERY_SOURCE_MAC = 1,
    DISCOVERY_TARGET_MAC = 2
};

#define DISCOVERY_SOLICITATION 135

static void no_ip_header(struct packet *packet)
{
    packet->ip_version = 0;
    packet->proto = 0;
    packet->ttl = 0;
    packet->tos = 0;
    packet->df = false;
    packet->is_fragment = false;
    packet->is_length_clamped = false;
    packet->ip_id = 0;
    packet->flow_label = 0;
    packet->ip_wire_bytes = 0;
}

enum decode_result decode_arp(struct walk *walk)
{
    /* Ethernet addresses of 6 bytes asking for IPv4 addresses of 4. */
    static const uint8_t ethernet_ipv4[] = {0x00, 0x01, 0x08, 0x00, 6, 4};
    const uint8_t *at = cursor_take(&walk->cursor, 28);
    struct packet *packet = walk->packet;
    uint16_t operation;

    if (!at)
        return walk_short(walk);
    operation = load_be16(at + 6);
    if (memcmp(at, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0 ||
        (operation != ARP_REQUEST && operation != ARP_REPLY))
        return DECODE_NOT_IP;
    no_ip_header(packet);
    packet->kind = PACKET_NEIGHBOUR;
    packet->neighbour.is_request = operation == ARP_REQUEST;
    memcpy(packet->neighbour.sender_mac, at + 8, MAC_BYTES);
    packet->neighbour.sender = ipaddr_from_v4(at + 14);
    packet->neighbour.target = ipaddr_from_v4(at + 24);
    packet->src = packet->neighbour.sender;
    packet->dst = packet->neighbour.target;
    return DECODE_OK;
}

/* Options come in units of 8 bytes; a length of 0 would never end (RFC 4861 section 4.6). */
static void read_mac_option(struct cursor *cursor, uint8_t wanted, uint8_t *mac)
{
    while (cursor_left(cursor) >= 8) {
        const uint8_t *at = cursor->at;

        if (at[0] == wanted && at[1] == 1) {
            memcpy(mac, at + 2, MAC_BYTES);
            return;
        }
        if (!at[1] || !cursor_take(cursor, at[1] * 8u))
            return;
    }
}

enum decode_result decode_neighbour_discovery(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 24);
    struct packet *packet = walk->packet;
    struct packet_neighbour *neighbour = &packet->neighbour;
    struct ipaddr target;

    if (!at)
        return walk_short(walk);
    target = ipaddr_from_v6(at + 8);
    packet->kind = PACKET_NEIGHBOUR;
    neighbour->is_request = at[0] == DISCOVERY_SOLICITATION;
    /* An advertisement speaks for its target, which need not be the address it came from. */
    neighbour->sender = neighbour->is_request ? packet->src : target;
    neighbour->target = neighbour->is_request ? target : packet->dst;
    memset(neighbour->sender_mac, 0, MAC_BYTES);
    read_mac_option(&walk->cursor,
                    neighbour->is_request ? DISCOVERY_SOURCE_MAC : DISCOVERY_TARGET_MAC,
                    neighbour->sender_mac);
    return DECODE_OK;
}
