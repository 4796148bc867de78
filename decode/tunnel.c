/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets in packets, to a depth limit.
 *
 * A protocol number of IP says for sure what is inside. A UDP port does not, and GRE carries what
 * its ends agreed on: there the outer packet stands where nothing inside decodes.
 */
#include <netinet/in.h>

#include "base/compiler.h"
#include "decode/layers.h"

enum udp_tunnel_port {
    PORT_VXLAN = 4789,       /* RFC 7348 */
    PORT_VXLAN_LINUX = 8472, /* what Linux used before the port was assigned */
    PORT_VXLAN_GPE = 4790,   /* draft-ietf-nvo3-vxlan-gpe-12 */
    PORT_GENEVE = 6081       /* RFC 8926 */
};

enum gre_flag {
    GRE_CHECKSUM = 0x8000, /* RFC 2784 */
    GRE_ROUTING = 0x4000,  /* RFC 1701; its use was never standardised further */
    GRE_KEY = 0x2000,      /* RFC 2890 */
    GRE_SEQUENCE = 0x1000,
    GRE_VERSION = 0x0007
};

/* draft-foschiano-erspan-03 */
enum erspan_value {
    ERSPAN_2_BYTES = 8,
    ERSPAN_3_BYTES = 12,
    ERSPAN_PLATFORM_BYTES = 8,
    ERSPAN_3_HAS_PLATFORM = 0x01, /* in the last byte */
    ERSPAN_3_TYPE_ETHERNET = 0,
    ERSPAN_3_TYPE_IP = 2
};

#define ERSPAN_3_TYPE(at) ((at)[10] >> 2 & 0x1f)

static enum decode_result descend(struct walk *walk, enum tunnel_kind kind, uint32_t id,
                                  uint16_t ethertype)
{
    struct packet *packet = walk->packet;

    if (packet->tunnel_depth == TUNNEL_DEPTH_MAX)
        return DECODE_TUNNEL_DEPTH;
    packet->tunnel_depth++;
    packet->tunnel = kind;
    packet->tunnel_id = id;
    if (ethertype == ETHERTYPE_BRIDGED)
        return decode_ethernet(walk);
    return decode_ethertype(walk, ethertype);
}

/* Whether what is inside was recognised, if only as something that cannot be followed further. */
static bool is_recognised(enum decode_result result)
{
    return result == DECODE_OK || result == DECODE_FRAGMENT || result == DECODE_TUNNEL_DEPTH;
}

/* As descend(), but *walk->packet comes back as it was where nothing inside decodes. */
static enum decode_result try_descend(struct walk *walk, enum tunnel_kind kind, uint32_t id,
                                      uint16_t ethertype)
{
    struct packet outer = *walk->packet;
    enum decode_result result = descend(walk, kind, id, ethertype);

    if (is_recognised(result))
        return result;
    *walk->packet = outer;
    return DECODE_OK;
}

enum decode_result decode_ipip(struct walk *walk)
{
    uint16_t ethertype = walk->packet->proto == IPPROTO_IPIP ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;

    return descend(walk, TUNNEL_IPIP, 0, ethertype);
}

enum decode_result decode_etherip(struct walk *walk)
{
    walk->packet->kind = PACKET_OTHER;
    if (cursor_u16(&walk->cursor) != 0x3000) /* version 3, the rest reserved */
        return DECODE_OK;
    return try_descend(walk, TUNNEL_OTHER, 0, ETHERTYPE_BRIDGED);
}

enum decode_result decode_mpls_in_ip(struct walk *walk)
{
    walk->packet->kind = PACKET_OTHER;
    return try_descend(walk, TUNNEL_OTHER, 0, ETHERTYPE_MPLS);
}

enum decode_result decode_pseudowire(struct walk *walk)
{
    struct walk behind_word = *walk;
    struct packet outer = *walk->packet;
    enum decode_result result;

    if (walk->cursor.at[0] >> 4 == 0) {
        cursor_skip(&behind_word.cursor, 4);
        result = descend(&behind_word, TUNNEL_OTHER, 0, ETHERTYPE_BRIDGED);
        if (is_recognised(result) || result == DECODE_TRUNCATED) {
            *walk = behind_word;
            return result;
        }
        *walk->packet = outer;
    }
    result = descend(walk, TUNNEL_OTHER, 0, ETHERTYPE_BRIDGED);
    return result == DECODE_MALFORMED ? DECODE_NOT_IP : result;
}

/* Type I has no header of its own, and no sequence number in GRE; type II has both. */
static uint16_t skip_erspan_2(struct cursor *cursor, uint16_t gre_flags)
{
    if (gre_flags & GRE_SEQUENCE)
        cursor_skip(cursor, ERSPAN_2_BYTES);
    return ETHERTYPE_BRIDGED;
}

static uint16_t skip_erspan_3(struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, ERSPAN_3_BYTES);

    if (!at)
        return 0;
    if (at[11] & ERSPAN_3_HAS_PLATFORM)
        cursor_skip(cursor, ERSPAN_PLATFORM_BYTES);
    if (ERSPAN_3_TYPE(at) == ERSPAN_3_TYPE_ETHERNET)
        return ETHERTYPE_BRIDGED;
    if (ERSPAN_3_TYPE(at) == ERSPAN_3_TYPE_IP && cursor_left(cursor))
        return cursor->at[0] >> 4 == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
    return 0;
}

enum decode_result decode_gre(struct walk *walk)
{
    struct cursor *cursor = &walk->cursor;
    uint16_t flags = cursor_u16(cursor);
    uint16_t ethertype = cursor_u16(cursor);
    uint32_t key = 0;

    walk->packet->kind = PACKET_OTHER;
    if (flags & (GRE_VERSION | GRE_ROUTING))
        return DECODE_OK;
    if (flags & GRE_CHECKSUM)
        cursor_skip(cursor, 4);
    if (flags & GRE_KEY)
        key = cursor_u32(cursor);
    if (flags & GRE_SEQUENCE)
        cursor_skip(cursor, 4);
    if (ethertype == ETHERTYPE_ERSPAN_1_2)
        ethertype = skip_erspan_2(cursor, flags);
    else if (ethertype == ETHERTYPE_ERSPAN_3)
        ethertype = skip_erspan_3(cursor);
    return try_descend(walk, TUNNEL_GRE, key, ethertype);
}

enum vxlan_flag {
    VXLAN_HAS_ID = 0x08,      /* RFC 7348 section 5 */
    VXLAN_HAS_PROTOCOL = 0x04 /* GPE only */
};

/* Flags, reserved (the last of it GPE's next protocol), a 24-bit id, reserved. */
static enum decode_result decode_vxlan(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 8);

    if (!at || !(at[0] & VXLAN_HAS_ID))
        return DECODE_OK;
    return try_descend(walk, TUNNEL_VXLAN, load_be24(at + 4), ETHERTYPE_BRIDGED);
}

static enum decode_result decode_vxlan_gpe(struct walk *walk)
{
    /* By next protocol; 4 is NSH. */
    static const uint16_t ethertypes[] = {0, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_BRIDGED,
                                          0, ETHERTYPE_MPLS};
    const uint8_t *at = cursor_take(&walk->cursor, 8);

    if (!at || !(at[0] & VXLAN_HAS_PROTOCOL) || at[3] >= ARRAY_LEN(ethertypes))
        return DECODE_OK;
    return try_descend(walk, TUNNEL_VXLAN, load_be24(at + 4), ethertypes[at[3]]);
}

/* RFC 8926 section 3.4: version and length of options in words, flags, protocol, id. */
static enum decode_result decode_geneve(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, 8);

    if (!at || at[0] >> 6 != 0)
        return DECODE_OK;
    cursor_skip(&walk->cursor, (at[0] & 0x3fu) * 4);
    return try_descend(walk, TUNNEL_GENEVE, load_be24(at + 4), load_be16(at + 2));
}

enum decode_result decode_udp_payload(struct walk *walk)
{
    switch (walk->packet->udp.dport) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
        return decode_vxlan(walk);
    case PORT_VXLAN_GPE:
        return decode_vxlan_gpe(walk);
    case PORT_GENEVE:
        return decode_geneve(walk);
    default:
        return DECODE_OK;
    }
}
