/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame that nearly all are: Ethernet, IPv4 and TCP, whole headers, no tags, tunnel or
 * fragment, no options but timestamps. What the layers find in many steps is read here in one;
 * every other frame, and each that looks odd, is theirs. tests/unit/decode/test_plain.c and the
 * fuzz target hold the two against each other.
 */
#include <netinet/in.h>
#include <string.h>

#include "decode/layers.h"

#define LINK_ETHERNET 1
#define LINK_BYTES 14
#define IP_BYTES 20
#define TCP_BYTES 20
#define LEAST_BYTES (LINK_BYTES + IP_BYTES + TCP_BYTES)
#define TIMESTAMPS_BYTES 12
#define TIMESTAMPS_WORD 0x0101080a /* two NOPs, kind 8, length 10 (RFC 7323 appendix A) */

/* Version 4, no options, first and only fragment, TCP. */
static bool is_plain_ip(const uint8_t *ip)
{
    return ip[0] == 0x45 && (ip[6] & 0x3f) == 0 && ip[7] == 0 && ip[9] == IPPROTO_TCP;
}

/* Both addresses zero: the loopback interface. */
static bool has_no_macs(const uint8_t *at)
{
    uint64_t first;
    uint32_t rest;

    memcpy(&first, at, sizeof(first));
    memcpy(&rest, at + sizeof(first), sizeof(rest));
    return (first | rest) == 0;
}

static void fill_link(struct packet *packet, const uint8_t *at)
{
    packet->direction = PACKET_DIRECTION_UNKNOWN;
    memcpy(packet->dst_mac, at, sizeof(packet->dst_mac));
    memcpy(packet->src_mac, at + sizeof(packet->dst_mac), sizeof(packet->src_mac));
    packet->n_vlan = 0;
    memset(packet->vlan, 0, sizeof(packet->vlan));
    packet->tunnel = TUNNEL_NONE;
    packet->tunnel_depth = 0;
    packet->tunnel_id = 0;
}

static void fill_ip(struct packet *packet, const uint8_t *ip)
{
    packet->ip_version = 4;
    packet->proto = IPPROTO_TCP;
    packet->ttl = ip[8];
    packet->tos = ip[1];
    packet->df = ip[6] & 0x40;
    packet->is_fragment = false;
    packet->is_length_clamped = false;
    packet->ip_id = load_be16(ip + 4);
    packet->flow_label = 0;
    packet->ip_wire_bytes = load_be16(ip + 2);
    packet->src = ipaddr_from_v4(ip + 12);
    packet->dst = ipaddr_from_v4(ip + 16);
}

static void fill_options(struct tcp_options *options, const uint8_t *at, size_t n_bytes)
{
    *options = (struct tcp_options){.is_complete = true};
    if (n_bytes == 0)
        return;
    options->has_timestamps = true;
    options->tsval = load_be32(at + 4);
    options->tsecr = load_be32(at + 8);
}

static void fill_tcp(struct packet_tcp *tcp, const uint8_t *at, size_t header_bytes,
                     size_t wire_bytes, size_t captured_bytes)
{
    tcp->sport = load_be16(at);
    tcp->dport = load_be16(at + 2);
    tcp->seq = load_be32(at + 4);
    tcp->ack = load_be32(at + 8);
    tcp->flags = load_be16(at + 12) & 0x1ff;
    tcp->reserved_bits = at[12] >> 1 & 7;
    tcp->is_header_cut = false;
    tcp->window = load_be16(at + 14);
    tcp->urgent = load_be16(at + 18);
    tcp->header = at;
    tcp->header_bytes = tcp->header_captured_bytes = (uint8_t)header_bytes;
    tcp->payload_wire_bytes = (uint32_t)(wire_bytes - header_bytes);
    tcp->payload_captured_bytes = (uint32_t)(captured_bytes - header_bytes);
    tcp->payload = captured_bytes > header_bytes ? at + header_bytes : NULL;
    fill_options(&tcp->options, at + TCP_BYTES, header_bytes - TCP_BYTES);
}

bool decode_plain(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes, size_t wire_bytes,
                  struct packet *packet)
{
    const uint8_t *ip = bytes + LINK_BYTES;
    const uint8_t *tcp = ip + IP_BYTES;
    size_t n_bytes = captured_bytes < wire_bytes ? captured_bytes : wire_bytes;
    size_t datagram_bytes, header_bytes;

    if (linktype != LINK_ETHERNET || n_bytes < LEAST_BYTES ||
        load_be16(bytes + 12) != ETHERTYPE_IPV4 || !is_plain_ip(ip) || has_no_macs(bytes))
        return false;
    datagram_bytes = load_be16(ip + 2);
    header_bytes = (tcp[12] >> 4) * 4u;
    if (LINK_BYTES + datagram_bytes > wire_bytes || datagram_bytes < IP_BYTES + header_bytes)
        return false;
    n_bytes -= LINK_BYTES;
    if (n_bytes > datagram_bytes) /* padding */
        n_bytes = datagram_bytes;
    if (n_bytes < IP_BYTES + header_bytes)
        return false;
    if (header_bytes != TCP_BYTES && (header_bytes != TCP_BYTES + TIMESTAMPS_BYTES ||
                                      load_be32(tcp + TCP_BYTES) != TIMESTAMPS_WORD))
        return false;
    packet->kind = PACKET_TCP;
    fill_link(packet, bytes);
    fill_ip(packet, ip);
    fill_tcp(&packet->tcp, tcp, header_bytes, datagram_bytes - IP_BYTES, n_bytes - IP_BYTES);
    return true;
}
