/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private to decode/: the walk down one frame, and each layer's step.
 *
 * A layer takes its header off walk->cursor, writes what it learnt to walk->packet and returns
 * what the next layer says. Layers never look back.
 */
#ifndef DECODE_LAYERS_H
#define DECODE_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "decode/decode.h"
#include "decode/packet.h"

/* Room for a tunnel in an overlay that is mirrored (IPIP in VXLAN in ERSPAN), and one more. */
#define TUNNEL_DEPTH_MAX 4

/* The kernel's flow dissector gives up there, too: MAX_FLOW_DISSECT_HDRS. */
#define EXTENSIONS_MAX 15

enum ethertype {
    ETHERTYPE_MIN = 0x0600, /* less is an 802.3 length */
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806,
    ETHERTYPE_8021Q = 0x8100,
    ETHERTYPE_8021AD = 0x88a8,
    ETHERTYPE_QINQ_OLD = 0x9100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_MPLS = 0x8847,
    ETHERTYPE_MPLS_MULTICAST = 0x8848,
    ETHERTYPE_PPPOE_SESSION = 0x8864,
    ETHERTYPE_BRIDGED = 0x6558, /* an Ethernet frame, in GRE and Geneve */
    ETHERTYPE_ERSPAN_1_2 = 0x88be,
    ETHERTYPE_ERSPAN_3 = 0x22eb
};

/* Where an IP fragment belongs; id and offset tell fragments of one datagram apart. */
struct fragment {
    uint32_t id;
    uint32_t off_bytes;
    bool has_more;
};

struct walk {
    struct cursor cursor; /* captured bytes of the current layer */
    size_t cut_bytes;     /* bytes of it on the wire beyond the cursor's end */
    struct packet *packet;
    struct fragment fragment; /* of the innermost IP header; all zero where it is whole */
};

typedef enum decode_result walk_layer(struct walk *walk);

/* As for decode_frame(): the lesser of the two lengths counts as captured. */
static inline struct walk walk_over(const uint8_t *bytes, size_t captured_bytes, size_t wire_bytes,
                                    struct packet *packet)
{
    size_t n_bytes = captured_bytes < wire_bytes ? captured_bytes : wire_bytes;
    struct walk walk = {
        .cursor = cursor_over(bytes, n_bytes),
        .cut_bytes = wire_bytes - n_bytes,
        .packet = packet,
    };

    return walk;
}

static inline size_t walk_wire_bytes(const struct walk *walk)
{
    return cursor_left(&walk->cursor) + walk->cut_bytes;
}

/* A length field says that the layer ends after wire_bytes: what follows is padding. */
static inline void walk_limit(struct walk *walk, size_t wire_bytes)
{
    size_t captured_bytes;

    cursor_limit(&walk->cursor, wire_bytes);
    captured_bytes = cursor_left(&walk->cursor);
    if (walk->cut_bytes > wire_bytes - captured_bytes)
        walk->cut_bytes = wire_bytes - captured_bytes;
}

/* Why a take failed: nothing was cut, so it was never there; or the snap length took it. */
static inline enum decode_result walk_short(const struct walk *walk)
{
    return walk->cut_bytes ? DECODE_TRUNCATED : DECODE_MALFORMED;
}

/* plain.c: decode_frame() for the plainest of frames; false, and *packet is not to be read, where
 * the frame is not one of them. */
bool decode_plain(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes, size_t wire_bytes,
                  struct packet *packet);

/* decode.c */
enum decode_result walk_frame(struct walk *walk, uint16_t linktype);
walk_layer decode_ip;        /* v4 or v6 by the first nibble */
walk_layer decode_transport; /* by packet->proto */

/* link.c */
walk_layer *link_layer(uint16_t linktype); /* NULL where the link type is not known */
walk_layer decode_ethernet;
/* Any ethertype but VLAN tags and lengths. */
enum decode_result decode_ethertype(struct walk *walk, uint16_t ethertype);

/* ipv4.c, ipv6.c */
walk_layer decode_ipv4;
walk_layer decode_ipv6;

/*
 * Walks extension headers (RFC 8200, and AH for v4) from *proto on; leaves the number of what
 * follows there, and the final destination of a routing header in *dst. Stops behind a fragment
 * header with an offset. Returns false where the chain runs off the bytes.
 */
bool ipv6_skip_extensions(struct cursor *cursor, uint8_t *proto, struct fragment *fragment,
                          struct ipaddr *dst);

/* tcp.c, udp.c, sctp.c, icmp.c, neighbour.c */
walk_layer decode_tcp;
walk_layer decode_udp;
walk_layer decode_sctp;
walk_layer decode_icmpv4;
walk_layer decode_icmpv6;
walk_layer decode_arp;
walk_layer decode_neighbour_discovery;

/* tunnel.c */
walk_layer decode_ipip; /* IPv4 or IPv6, by packet->proto */
walk_layer decode_gre;
walk_layer decode_etherip;
walk_layer decode_mpls_in_ip;
/* At least one byte behind an MPLS stack: Ethernet (RFC 4448), behind a control word or not,
 * which no label tells; DECODE_NOT_IP where it is neither. */
walk_layer decode_pseudowire;
/* What a UDP packet that is all set carries: the packet in the tunnel, or nothing of ours. */
walk_layer decode_udp_payload;

#endif
