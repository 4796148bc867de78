/* SPDX-License-Identifier: BSD-2-Clause */
/* Link layers, a row each in a table by link type, down to an ethertype or straight to IP. */
#include <string.h>

#include "base/compiler.h"
#include "decode/layers.h"

#define MAC_BYTES 6

/* www.tcpdump.org/linktypes.html */
enum linktype {
    LINKTYPE_NULL = 0,
    LINKTYPE_ETHERNET = 1,
    LINKTYPE_PPP = 9,
    LINKTYPE_RAW_BSD = 12, /* DLT_RAW as some systems write it to files */
    LINKTYPE_RAW_OPENBSD = 14,
    LINKTYPE_PPP_HDLC = 50,
    LINKTYPE_PPP_ETHER = 51,
    LINKTYPE_RAW = 101,
    LINKTYPE_LOOP = 108,
    LINKTYPE_LINUX_SLL = 113,
    LINKTYPE_IPV4 = 228,
    LINKTYPE_IPV6 = 229,
    LINKTYPE_LINUX_SLL2 = 276
};

/* RFC 1661 protocol numbers; RFC 3032 for MPLS. */
enum ppp_protocol {
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_MULTICAST = 0x0283
};

/* linux/if_arp.h, linux/if_packet.h */
enum sll_value {
    ARPHRD_ETHERNET = 1,
    ARPHRD_LOOPBACK = 772,
    ARPHRD_NETLINK = 824,
    SLL_TO_HOST = 0,
    SLL_BROADCAST = 1,
    SLL_MULTICAST = 2,
    SLL_OUTGOING = 4,
    SLL_NOVELL_8023 = 1,
    SLL_8022 = 4
};

static enum decode_result decode_mpls(struct walk *walk)
{
    uint32_t entry;

    do
        entry = cursor_u32(&walk->cursor);
    while (!walk->cursor.is_short && !(entry & 0x100)); /* bottom of stack */
    if (walk->cursor.is_short || !cursor_left(&walk->cursor))
        return walk_short(walk);
    if (walk->cursor.at[0] >> 4 == 4 || walk->cursor.at[0] >> 4 == 6)
        return decode_ip(walk);
    return decode_pseudowire(walk);
}

/* The protocol field is one byte where its low bit is set (RFC 1661 section 2, 6.5). */
static enum decode_result decode_ppp_protocol(struct walk *walk)
{
    uint16_t protocol = cursor_u8(&walk->cursor);

    if (!(protocol & 1))
        protocol = (uint16_t)(protocol << 8 | cursor_u8(&walk->cursor));
    if (walk->cursor.is_short)
        return walk_short(walk);
    switch (protocol) {
    case PPP_IPV4:
        return decode_ipv4(walk);
    case PPP_IPV6:
        return decode_ipv6(walk);
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
        return decode_mpls(walk);
    default:
        return DECODE_NOT_IP;
    }
}

/* RFC 2516 section 4: version and type, code, session id, length. */
static enum decode_result decode_pppoe(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 6);

    if (!at)
        return walk_short(walk);
    if (at[0] != 0x11)
        return DECODE_MALFORMED;
    if (at[1] != 0)
        return DECODE_NOT_IP; /* discovery */
    walk_limit(walk, load_be16(at + 4));
    return decode_ppp_protocol(walk);
}

enum decode_result decode_ethertype(struct walk *walk, uint16_t ethertype)
{
    switch (ethertype) {
    case ETHERTYPE_IPV4:
        return decode_ipv4(walk);
    case ETHERTYPE_IPV6:
        return decode_ipv6(walk);
    case ETHERTYPE_ARP:
        return decode_arp(walk);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
        return decode_mpls(walk);
    case ETHERTYPE_PPPOE_SESSION:
        return decode_pppoe(walk);
    default:
        return DECODE_NOT_IP;
    }
}

/* IEEE 802.2; SNAP carries an ethertype (RFC 1042), other service access points are not IP. */
static enum decode_result decode_llc(struct walk *walk)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0x00, 0x00};
    static const uint8_t ip[] = {0x06, 0x06, 0x03};
    const uint8_t *at = cursor_take(&walk->cursor, sizeof(ip));

    if (!at)
        return walk_short(walk);
    if (memcmp(at, ip, sizeof(ip)) == 0)
        return decode_ipv4(walk);
    if (memcmp(at, snap, sizeof(ip)) != 0)
        return DECODE_NOT_IP;
    if (!cursor_take(&walk->cursor, 5))
        return walk_short(walk);
    /* OUI 00-00-00, or 00-00-f8 as bridges write it (802.1H). */
    if (memcmp(at, snap, sizeof(snap)) != 0 || (at[5] != 0x00 && at[5] != 0xf8))
        return DECODE_NOT_IP;
    return decode_ethertype(walk, load_be16(at + 6));
}

static bool is_vlan(uint16_t ethertype)
{
    return ethertype == ETHERTYPE_8021Q || ethertype == ETHERTYPE_8021AD ||
           ethertype == ETHERTYPE_QINQ_OLD;
}

/* The bytes behind an ethertype or length field of Ethernet's. */
static enum decode_result decode_tagged(struct walk *walk, uint16_t ethertype)
{
    struct packet *packet = walk->packet;

    while (is_vlan(ethertype)) {
        const uint8_t *at = cursor_take(&walk->cursor, 4);
        uint16_t id;

        if (!at)
            return walk_short(walk);
        id = load_be16(at) & 0x0fff;
        if (id && packet->n_vlan < PACKET_VLAN_MAX)
            packet->vlan[packet->n_vlan++] = id;
        ethertype = load_be16(at + 2);
    }
    if (ethertype >= ETHERTYPE_MIN)
        return decode_ethertype(walk, ethertype);
    walk_limit(walk, ethertype);
    return decode_llc(walk);
}

enum decode_result decode_ethernet(struct walk *walk)
{
    static const uint8_t no_macs[2 * MAC_BYTES] = {0};
    const uint8_t *at = cursor_take(&walk->cursor, 14);
    struct packet *packet = walk->packet;

    if (!at)
        return walk_short(walk);
    if (!packet->tunnel_depth) {
        memcpy(packet->dst_mac, at, MAC_BYTES);
        memcpy(packet->src_mac, at + MAC_BYTES, MAC_BYTES);
        if (memcmp(at, no_macs, sizeof(no_macs)) == 0)
            packet->direction = PACKET_LOOPBACK;
    }
    return decode_tagged(walk, load_be16(at + 12));
}

/* An address family, in the byte order of the host that captured (NULL) or the network (LOOP). */
static enum decode_result decode_loopback(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 4);
    uint32_t family;

    if (!at)
        return walk_short(walk);
    walk->packet->direction = PACKET_LOOPBACK;
    family = load_be32(at);
    if (family > 0xffff)
        family = (family >> 24) | (family >> 8 & 0xff00);
    switch (family) {
    case 2:
        return decode_ipv4(walk);
    case 10: /* AF_INET6: Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS */
    case 23:
    case 24:
    case 28:
    case 30:
        return decode_ipv6(walk);
    default:
        return DECODE_NOT_IP;
    }
}

/* With HDLC's address and control bytes or without; 0x0f and 0x8f are Cisco's HDLC. */
static enum decode_result decode_ppp(struct walk *walk)
{
    const uint8_t *at = walk->cursor.at;

    if (cursor_left(&walk->cursor) < 2)
        return walk_short(walk);
    if (at[0] == 0xff && at[1] == 0x03) {
        cursor_skip(&walk->cursor, 2);
    } else if (at[0] == 0x0f || at[0] == 0x8f) {
        if (!cursor_take(&walk->cursor, 4))
            return walk_short(walk);
        return decode_ethertype(walk, load_be16(at + 2));
    }
    return decode_ppp_protocol(walk);
}

static enum packet_direction sll_direction(uint16_t hardware, unsigned kind)
{
    if (hardware == ARPHRD_LOOPBACK)
        return PACKET_LOOPBACK;
    switch (kind) {
    case SLL_TO_HOST:
    case SLL_BROADCAST:
    case SLL_MULTICAST:
        return PACKET_INGRESS;
    case SLL_OUTGOING:
        return PACKET_EGRESS;
    default:
        return PACKET_DIRECTION_UNKNOWN; /* between two other hosts */
    }
}

static enum decode_result decode_sll_payload(struct walk *walk, uint16_t hardware,
                                             uint16_t protocol)
{
    if (hardware == ARPHRD_NETLINK)
        return DECODE_NOT_IP;
    if (protocol == SLL_8022)
        return decode_llc(walk);
    if (protocol < ETHERTYPE_MIN)
        return DECODE_NOT_IP;
    return decode_tagged(walk, protocol);
}

/* Packet type, hardware type, address length, address (8 bytes), protocol. */
static enum decode_result decode_sll(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 16);
    uint16_t hardware;

    if (!at)
        return walk_short(walk);
    hardware = load_be16(at + 2);
    walk->packet->direction = sll_direction(hardware, load_be16(at));
    return decode_sll_payload(walk, hardware, load_be16(at + 14));
}

/* Protocol, reserved, interface index, hardware type, packet type, address length, address. */
static enum decode_result decode_sll2(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 20);
    uint16_t hardware;

    if (!at)
        return walk_short(walk);
    hardware = load_be16(at + 8);
    walk->packet->direction = sll_direction(hardware, at[10]);
    return decode_sll_payload(walk, hardware, load_be16(at));
}

walk_layer *link_layer(uint16_t linktype)
{
    static const struct {
        uint16_t linktype;
        walk_layer *layer;
    } rows[] = {
        {LINKTYPE_ETHERNET, decode_ethernet}, {LINKTYPE_LINUX_SLL, decode_sll},
        {LINKTYPE_LINUX_SLL2, decode_sll2},   {LINKTYPE_RAW, decode_ip},
        {LINKTYPE_RAW_BSD, decode_ip},        {LINKTYPE_RAW_OPENBSD, decode_ip},
        {LINKTYPE_IPV4, decode_ipv4},         {LINKTYPE_IPV6, decode_ipv6},
        {LINKTYPE_NULL, decode_loopback},     {LINKTYPE_LOOP, decode_loopback},
        {LINKTYPE_PPP, decode_ppp},           {LINKTYPE_PPP_HDLC, decode_ppp},
        {LINKTYPE_PPP_ETHER, decode_pppoe},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].linktype == linktype)
            return rows[i].layer;
    return NULL;
}
