/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One decoded packet: plain data in host byte order, with views into the frame it came from.
 *
 * The views (`payload`) die when the frame does (ring_release()); nothing here owns memory.
 * Everything was read off the wire: a length is what the header claims, cut down to what was
 * captured where a field says so.
 */
#ifndef DECODE_PACKET_H
#define DECODE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/tcpflag.h"

enum packet_kind {
    PACKET_OTHER,      /* IP, but nothing that is followed: fields up to `proto` are valid */
    PACKET_TCP,        /* .tcp */
    PACKET_UDP,        /* .udp */
    PACKET_SCTP,       /* .sctp */
    PACKET_ICMP_ERROR, /* .icmp: an ICMPv4 or ICMPv6 error with a quoted packet */
    PACKET_ICMP_OTHER, /* echo and the like: .icmp type and code only */
    PACKET_NEIGHBOUR,  /* .neighbour: ARP, or ICMPv6 neighbour solicitation/advertisement */
    PACKET_KIND_COUNT
};

/* What the options say; a field is valid only where its has_ flag is set. */
struct tcp_options {
    bool is_complete; /* the whole option list was captured and well formed: absence is proof */
    bool has_mss, has_wscale, has_timestamps, has_sack_permitted, has_sack, has_fastopen, has_mptcp;
    bool has_md5_or_ao; /* RFC 2385, RFC 5925 */
    uint8_t wscale;     /* as sent; more than 14 counts as 14 (RFC 7323 section 2.3) */
    bool has_mptcp_fastclose, has_mptcp_rst; /* RFC 8684 sections 3.5 and 3.6 */
    uint8_t mptcp_subtype;                   /* of the first MPTCP option */
    uint8_t mptcp_rst_reason;                /* as sent */
    uint8_t fastopen_cookie_bytes;
    uint16_t mss_bytes;
    uint32_t tsval, tsecr;
    uint32_t sack_left, sack_right; /* edges of the first block: the one received last (RFC 2018) */
};

struct packet_tcp {
    uint16_t sport, dport;
    uint32_t seq;
    uint32_t ack;          /* the field as sent, also where the ACK flag is clear */
    uint16_t flags;        /* enum tcp_flag */
    uint8_t reserved_bits; /* the three reserved bits; 0 from honest stacks */
    bool is_header_cut;    /* snap length cut the fixed header: window (and options) unknown */
    uint16_t window;       /* raw, unscaled */
    uint16_t urgent;
    uint32_t payload_wire_bytes; /* what the IP length says: padding is never payload */
    uint32_t payload_captured_bytes;
    const uint8_t *payload;        /* NULL where payload_captured_bytes is 0 */
    const uint8_t *header;         /* the fixed header and options as captured, for the checksum */
    uint8_t header_bytes;          /* what the data offset says, 20..60; 0 where is_header_cut */
    uint8_t header_captured_bytes; /* of them; less than header_bytes where the cut hit options */
    struct tcp_options options;
};

struct packet_udp {
    uint16_t sport, dport;
    uint32_t payload_wire_bytes;
    uint32_t payload_captured_bytes;
    const uint8_t *payload;
};

/* RFC 9260 section 3.1; the payload are its chunks (sctp.h). */
struct packet_sctp {
    uint16_t sport, dport;
    uint32_t tag; /* the verification tag */
    uint32_t payload_wire_bytes;
    uint32_t payload_captured_bytes;
    const uint8_t *payload;
};

/* The packet that an ICMP error quotes: what its sender sent (RFC 792, RFC 4443). */
struct icmp_quote {
    bool is_valid;  /* addresses and proto are there */
    bool has_ports; /* sport and dport are there */
    bool has_seq;   /* TCP: the sequence number is there */
    bool has_flags; /* TCP: .tcp_flags is there */
    uint8_t proto;
    uint8_t ttl;
    uint16_t ip_id;
    uint16_t sport, dport;
    uint16_t tcp_flags;
    uint32_t seq;
    struct ipaddr src, dst;
};

struct packet_icmp {
    uint8_t type, code;
    uint32_t mtu_bytes; /* v4 3/4 and v6 2/0; 0 where not given */
    struct icmp_quote quote;
};

/* In a request `sender` asks for `target`; in a reply `sender` is the address that is claimed. */
struct packet_neighbour {
    bool is_request; /* ARP request or neighbour solicitation; false: reply or advertisement */
    uint8_t sender_mac[6]; /* zero where an advertisement or a solicitation does not tell it */
    struct ipaddr sender, target;
};

/* Which way the capture host saw the frame, where the link layer says so (SLL, SLL2). */
enum packet_direction {
    PACKET_DIRECTION_UNKNOWN,
    PACKET_INGRESS,
    PACKET_EGRESS,
    PACKET_LOOPBACK /* NULL/LOOP link type, or Ethernet with both addresses zero (Linux lo) */
};

enum tunnel_kind {
    TUNNEL_NONE,
    TUNNEL_IPIP, /* IPIP, 6in4, 4in6, 6in6 */
    TUNNEL_GRE,
    TUNNEL_VXLAN,
    TUNNEL_GENEVE,
    TUNNEL_OTHER, /* EtherIP (RFC 3378), MPLS in IP (RFC 4023), Ethernet in MPLS (RFC 4448) */
    TUNNEL_KIND_COUNT
};

#define PACKET_VLAN_MAX 2

struct packet {
    /* Set by the worker from the frame, not by decode_frame(). */
    int64_t ts_ns;
    uint64_t ordinal;
    uint8_t source;

    enum packet_kind kind;
    enum packet_direction direction;
    uint8_t src_mac[6], dst_mac[6]; /* of the frame's Ethernet header; zero where it has none */

    uint8_t n_vlan;                 /* tags kept in vlan[], outer first; more are skipped */
    uint16_t vlan[PACKET_VLAN_MAX]; /* 12-bit ids; priority tags (id 0) are no VLAN and skipped */

    enum tunnel_kind tunnel; /* of the innermost tunnel; the fields below are of the inner packet */
    uint8_t tunnel_depth;
    uint32_t tunnel_id; /* VNI or GRE key, else 0 */

    uint8_t ip_version;     /* 4 or 6; 0 for ARP */
    uint8_t proto;          /* IANA protocol number after IPv6 extension headers */
    uint8_t ttl;            /* hop limit for v6 */
    uint8_t tos;            /* TOS byte, traffic class for v6 */
    bool df;                /* v4 only */
    bool is_fragment;       /* first fragment of several; later ones are DECODE_FRAGMENT */
    bool is_length_clamped; /* the IP length runs past the frame: payload lengths are the frame's */
    uint16_t ip_id;         /* v4 only */
    uint32_t flow_label;    /* v6 only */
    uint32_t ip_wire_bytes; /* total length as the IP header says (from the frame where it says 0:
                               TSO) */
    struct ipaddr src, dst; /* dst: the final one behind an IPv6 routing header; ARP: its sender
                               and target */

    union {
        struct packet_tcp tcp;
        struct packet_udp udp;
        struct packet_sctp sctp;
        struct packet_icmp icmp;
        struct packet_neighbour neighbour;
    };
};

#endif
