/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames as lists of bytes that stack up: {ETHERNET(0x0800), IPV4(40, 6), SYN}; and decoding one
 * whole, cut at every length, and against a guard page.
 *
 * The innermost packet is always 192.0.2.1 (or 2001:db8::1) port 40000 to 198.51.100.2 (or
 * 2001:db8::2) port 443, so that one check fits all.
 */
#ifndef DECODE_FRAMES_H
#define DECODE_FRAMES_H

#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "decode/decode.h"
#include "guard.h"

#define U16(value) (uint8_t)((value) >> 8), (uint8_t)((value)&0xff)

/* 02:00:00:00:00:02 from 02:00:00:00:00:01 */
#define ETHERNET(type) 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, U16(type)
#define VLAN(id, type) U16(0xe000 | (id)), U16(type)

/* Version and header length, TOS 0x10, id 0x1234, don't fragment, TTL 61; 192.0.2.1 to
 * 198.51.100.2 */
#define IPV4(total_bytes, proto) IPV4_FRAGMENT(total_bytes, proto, 0x4000)
#define IPV4_FRAGMENT(total_bytes, proto, fragment)                                                \
    0x45, 0x10, U16(total_bytes), 0x12, 0x34, U16(fragment), 61, (proto), 0xaa, 0xaa, 192, 0, 2,   \
        1, 198, 51, 100, 2
/* TTL 20; 10.0.0.1 to 10.0.0.2: what a tunnel wraps around */
#define OUTER_IPV4(total_bytes, proto)                                                             \
    0x45, 0, U16(total_bytes), 0, 0, 0, 0, 20, (proto), 0xaa, 0xaa, 10, 0, 0, 1, 10, 0, 0, 2

#define V6_1 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define V6_2 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
/* Version, traffic class 0x10, flow label 0xabcde, hop limit 61; 2001:db8::1 to 2001:db8::2 */
#define IPV6(payload_bytes, next) 0x61, 0x0a, 0xbc, 0xde, U16(payload_bytes), (next), 61, V6_1, V6_2

#define SEQ 0x01020304
#define ACK 0x0a0b0c0d
/* Ports 40000 to 443, SEQ, ACK, header length in words and flags, window, checksum, urgent */
#define TCP(words, flags)                                                                          \
    U16(40000), U16(443), 1, 2, 3, 4, 0x0a, 0x0b, 0x0c, 0x0d, (uint8_t)((words) << 4), (flags),    \
        U16(64240), 0xbb, 0xbb, 0, 0
#define SYN TCP(5, 0x02)
#define SYN_BYTES 20

#define UDP(dport, total_bytes) U16(40000), U16(dport), U16(total_bytes), 0xcc, 0xcc

/* A row's frame: its bytes and how many. */
#define FRAME(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static inline void check_view(const uint8_t *view, size_t view_bytes, const uint8_t *bytes,
                              size_t n_bytes)
{
    if (view_bytes == 0) {
        assert_null(view);
        return;
    }
    assert_true(view >= bytes);
    assert_true(view + view_bytes <= bytes + n_bytes);
}

/* What holds for each decoded packet, whatever was decoded. */
static inline void check_sane(const struct packet *packet, const uint8_t *bytes, size_t n_bytes)
{
    assert_true(packet->kind < PACKET_KIND_COUNT);
    assert_true(packet->n_vlan <= PACKET_VLAN_MAX);
    assert_true(packet->tunnel < TUNNEL_KIND_COUNT);
    if (packet->kind == PACKET_TCP) {
        const struct packet_tcp *tcp = &packet->tcp;

        check_view(tcp->payload, tcp->payload_captured_bytes, bytes, n_bytes);
        check_view(tcp->header, tcp->header_captured_bytes, bytes, n_bytes);
        assert_true(tcp->payload_captured_bytes <= tcp->payload_wire_bytes);
        assert_int_equal(tcp->is_header_cut, tcp->header_bytes == 0);
        (void)decode_tcp_checksum(packet);
    }
    if (packet->kind == PACKET_UDP) {
        check_view(packet->udp.payload, packet->udp.payload_captured_bytes, bytes, n_bytes);
        assert_true(packet->udp.payload_captured_bytes <= packet->udp.payload_wire_bytes);
    }
    if (packet->kind == PACKET_SCTP) {
        check_view(packet->sctp.payload, packet->sctp.payload_captured_bytes, bytes, n_bytes);
        assert_true(packet->sctp.payload_captured_bytes <= packet->sctp.payload_wire_bytes);
    }
}

/*
 * Decodes the frame whole into *packet and returns that result. Before it, every cut of the frame
 * is decoded against a guard page: once as a snap length cuts it, where a good frame may become
 * OK or TRUNCATED and nothing else, and once as a frame that was never longer.
 */
static inline enum decode_result decode_three_ways(uint16_t linktype, const uint8_t *bytes,
                                                   size_t n_bytes, struct packet *packet)
{
    struct guard guard = guard_open();
    enum decode_result whole = decode_frame(linktype, bytes, n_bytes, n_bytes, packet);
    size_t cut_bytes;

    for (cut_bytes = 0; cut_bytes <= n_bytes; cut_bytes++) {
        const uint8_t *at = guard_place(&guard, bytes, cut_bytes);
        enum decode_result result = decode_frame(linktype, at, cut_bytes, n_bytes, packet);

        if (whole == DECODE_OK)
            assert_true(result == DECODE_OK || result == DECODE_TRUNCATED);
        if (result == DECODE_OK)
            check_sane(packet, at, cut_bytes);
        result = decode_frame(linktype, at, cut_bytes, cut_bytes, packet);
        if (result == DECODE_OK)
            check_sane(packet, at, cut_bytes);
    }
    guard_close(&guard);
    assert_int_equal(decode_frame(linktype, bytes, n_bytes, n_bytes, packet), whole);
    if (whole == DECODE_OK)
        check_sane(packet, bytes, n_bytes);
    return whole;
}

static inline void assert_address(const struct ipaddr *addr, const char *text)
{
    char actual[IPADDR_TEXT_BYTES];

    assert_string_equal(ipaddr_format(addr, actual), text);
}

/* That the packet is the SYN of the comment above. */
static inline void assert_is_syn(const struct packet *packet)
{
    assert_int_equal(packet->kind, PACKET_TCP);
    assert_address(&packet->src, packet->ip_version == 4 ? "192.0.2.1" : "2001:db8::1");
    assert_address(&packet->dst, packet->ip_version == 4 ? "198.51.100.2" : "2001:db8::2");
    assert_int_equal(packet->ttl, 61);
    assert_int_equal(packet->tos, 0x10);
    assert_int_equal(packet->tcp.sport, 40000);
    assert_int_equal(packet->tcp.dport, 443);
    assert_int_equal(packet->tcp.seq, SEQ);
    assert_int_equal(packet->tcp.flags, TCP_SYN);
    assert_int_equal(packet->tcp.payload_wire_bytes, 0);
}

#endif
