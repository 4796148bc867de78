/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

/* The frame inside: 02:00:00:00:00:02 from 02:00:00:00:00:01, 54 bytes */
#define ETHERNET_SYN ETHERNET(0x0800), IPV4(40, 6), SYN
#define SYN4 IPV4(40, 6), SYN
#define SYN6 IPV6(20, 6), SYN
/* fd00::1 to fd00::2, hop limit 20 */
#define OUTER_IPV6(payload_bytes, next)                                                            \
    0x60, 0, 0, 0, U16(payload_bytes), (next), 20, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        1, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define GRE(flags, ethertype) U16(flags), U16(ethertype)
/* Flags (id valid), reserved, id 0x010203, reserved */
#define VXLAN 0x08, 0, 0, 0, 1, 2, 3, 0
/* Version and words of options, flags, protocol, id 0x010203, reserved */
#define GENEVE(option_words, ethertype) (option_words), 0, U16(ethertype), 1, 2, 3, 0
/* Version 1 and VLAN, class and session, index */
#define ERSPAN_2 0x10, 0, 0, 1, 0, 0, 0, 0
/* Version 2 and VLAN, class and session, timestamp, group tag, frame type and flags */
#define ERSPAN_3(last) 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, U16(last)

struct tunnel_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    enum tunnel_kind kind;
    uint8_t depth;
    uint32_t id;
};

static const struct tunnel_case tunnel_cases[] = {
    {"IPIP", FRAME(OUTER_IPV4(60, 4), SYN4), TUNNEL_IPIP, 1, 0},
    {"6in4", FRAME(OUTER_IPV4(80, 41), SYN6), TUNNEL_IPIP, 1, 0},
    {"4in6", FRAME(OUTER_IPV6(40, 4), SYN4), TUNNEL_IPIP, 1, 0},
    {"6in6 behind destination options", FRAME(OUTER_IPV6(68, 60), 41, 0, 4, 1, 4, 0, 0, 0, SYN6),
     TUNNEL_IPIP, 1, 0},
    {"GRE", FRAME(OUTER_IPV4(64, 47), GRE(0, 0x0800), SYN4), TUNNEL_GRE, 1, 0},
    {"GRE with checksum, key and sequence number",
     FRAME(OUTER_IPV4(96, 47), GRE(0xb000, 0x86dd), 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 1, SYN6),
     TUNNEL_GRE, 1, 0x1234},
    {"GRE with Ethernet", FRAME(OUTER_IPV4(78, 47), GRE(0, 0x6558), ETHERNET_SYN), TUNNEL_GRE, 1,
     0},
    {"GRE with MPLS", FRAME(OUTER_IPV4(68, 47), GRE(0, 0x8847), 0, 1, 1, 64, SYN4), TUNNEL_GRE, 1,
     0},
    {"ERSPAN I", FRAME(OUTER_IPV4(78, 47), GRE(0, 0x88be), ETHERNET_SYN), TUNNEL_GRE, 1, 0},
    {"ERSPAN II",
     FRAME(OUTER_IPV4(90, 47), GRE(0x1000, 0x88be), 0, 0, 0, 9, ERSPAN_2, ETHERNET_SYN), TUNNEL_GRE,
     1, 0},
    {"ERSPAN III",
     FRAME(OUTER_IPV4(94, 47), GRE(0x1000, 0x22eb), 0, 0, 0, 9, ERSPAN_3(0x8000), ETHERNET_SYN),
     TUNNEL_GRE, 1, 0},
    {"ERSPAN III with a platform's subheader",
     FRAME(OUTER_IPV4(102, 47), GRE(0x1000, 0x22eb), 0, 0, 0, 9, ERSPAN_3(0x8001), 0, 0, 0, 0, 0, 0,
           0, 0, ETHERNET_SYN),
     TUNNEL_GRE, 1, 0},
    {"ERSPAN III with IP",
     FRAME(OUTER_IPV4(80, 47), GRE(0x1000, 0x22eb), 0, 0, 0, 9, ERSPAN_3(0x0800), SYN4), TUNNEL_GRE,
     1, 0},
    {"VXLAN", FRAME(OUTER_IPV4(90, 17), UDP(4789, 70), VXLAN, ETHERNET_SYN), TUNNEL_VXLAN, 1,
     0x010203},
    {"VXLAN at Linux's first port", FRAME(OUTER_IPV6(70, 17), UDP(8472, 70), VXLAN, ETHERNET_SYN),
     TUNNEL_VXLAN, 1, 0x010203},
    {"VXLAN GPE with Ethernet",
     FRAME(OUTER_IPV4(90, 17), UDP(4790, 70), 0x0c, 0, 0, 3, 1, 2, 3, 0, ETHERNET_SYN),
     TUNNEL_VXLAN, 1, 0x010203},
    {"VXLAN GPE with IPv6",
     FRAME(OUTER_IPV4(96, 17), UDP(4790, 76), 0x0c, 0, 0, 2, 1, 2, 3, 0, SYN6), TUNNEL_VXLAN, 1,
     0x010203},
    {"Geneve with an option",
     FRAME(OUTER_IPV4(98, 17), UDP(6081, 78), GENEVE(2, 0x6558), 1, 2, 3, 1, 0, 0, 0, 0,
           ETHERNET_SYN),
     TUNNEL_GENEVE, 1, 0x010203},
    {"Geneve with IPv6", FRAME(OUTER_IPV4(96, 17), UDP(6081, 76), GENEVE(0, 0x86dd), SYN6),
     TUNNEL_GENEVE, 1, 0x010203},
    {"Ethernet in IP", FRAME(OUTER_IPV4(76, 97), 0x30, 0x00, ETHERNET_SYN), TUNNEL_OTHER, 1, 0},
    {"MPLS in IP", FRAME(OUTER_IPV4(64, 137), 0, 1, 1, 64, SYN4), TUNNEL_OTHER, 1, 0},
    {"four tunnels deep",
     FRAME(OUTER_IPV4(120, 4), OUTER_IPV4(100, 4), OUTER_IPV4(80, 4), OUTER_IPV4(60, 4), SYN4),
     TUNNEL_IPIP, 4, 0},
    {"the innermost of two tunnels is the one that is told",
     FRAME(OUTER_IPV4(110, 4), OUTER_IPV4(90, 17), UDP(4789, 70), VXLAN, ETHERNET_SYN),
     TUNNEL_VXLAN, 2, 0x010203},
};

static void the_packet_inside_is_the_one_that_is_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(tunnel_cases); i++) {
        const struct tunnel_case *c = &tunnel_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        memset(&packet, 0xee, sizeof(packet));
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_is_syn(&packet);
        assert_int_equal(packet.tunnel, c->kind);
        assert_int_equal(packet.tunnel_depth, c->depth);
        assert_int_equal(packet.tunnel_id, c->id);
        assert_int_equal(packet.src_mac[0], 0);
    }
}

struct outer_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    enum packet_kind kind;
    uint8_t proto;
    uint8_t depth;
};

static const struct outer_case outer_cases[] = {
    {"another protocol at VXLAN's port",
     FRAME(OUTER_IPV4(90, 17), UDP(4789, 70), 0x00, 0, 0, 0, 1, 2, 3, 0, ETHERNET_SYN), PACKET_UDP,
     17, 0},
    {"VXLAN that carries what is not IP",
     FRAME(OUTER_IPV4(60, 17), UDP(4789, 40), VXLAN, ETHERNET(0x88cc), 1, 2, 3, 4, 5, 6, 7, 8, 9,
           10),
     PACKET_UDP, 17, 0},
    {"VXLAN that carries a packet that contradicts itself",
     FRAME(OUTER_IPV4(90, 17), UDP(4789, 70), VXLAN, ETHERNET(0x0800), IPV4(40, 6), TCP(4, 2)),
     PACKET_UDP, 17, 0},
    {"VXLAN without anything in it", FRAME(OUTER_IPV4(28, 17), UDP(4789, 8)), PACKET_UDP, 17, 0},
    {"VXLAN GPE with a protocol that is not known",
     FRAME(OUTER_IPV4(90, 17), UDP(4790, 70), 0x0c, 0, 0, 200, 1, 2, 3, 0, ETHERNET_SYN),
     PACKET_UDP, 17, 0},
    {"VXLAN GPE without a next protocol",
     FRAME(OUTER_IPV4(90, 17), UDP(4790, 70), 0x08, 0, 0, 3, 1, 2, 3, 0, ETHERNET_SYN), PACKET_UDP,
     17, 0},
    {"Geneve of a later version",
     FRAME(OUTER_IPV4(90, 17), UDP(6081, 70), GENEVE(0x40, 0x6558), ETHERNET_SYN), PACKET_UDP, 17,
     0},
    {"Geneve with options beyond its end",
     FRAME(OUTER_IPV4(90, 17), UDP(6081, 70), GENEVE(0x3f, 0x6558), ETHERNET_SYN), PACKET_UDP, 17,
     0},
    {"a GRE keepalive", FRAME(OUTER_IPV4(24, 47), GRE(0, 0)), PACKET_OTHER, 47, 0},
    {"GRE of PPTP", FRAME(OUTER_IPV4(64, 47), GRE(0x2001, 0x880b), SYN4), PACKET_OTHER, 47, 0},
    {"GRE with a source route", FRAME(OUTER_IPV4(64, 47), GRE(0x4000, 0x0800), SYN4), PACKET_OTHER,
     47, 0},
    {"GRE that ends in its header", FRAME(OUTER_IPV4(22, 47), 0xb0, 0), PACKET_OTHER, 47, 0},
    {"Ethernet in IP of another version", FRAME(OUTER_IPV4(76, 97), 0x20, 0x00, ETHERNET_SYN),
     PACKET_OTHER, 97, 0},
    {"a tunnel in a tunnel that holds nothing",
     FRAME(OUTER_IPV4(44, 4), OUTER_IPV4(24, 47), GRE(0, 0)), PACKET_OTHER, 47, 1},
};

static void a_tunnel_with_nothing_of_ours_is_the_outer_packet(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(outer_cases); i++) {
        const struct outer_case *c = &outer_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_int_equal(packet.kind, c->kind);
        assert_int_equal(packet.proto, c->proto);
        assert_int_equal(packet.tunnel_depth, c->depth);
        assert_int_equal(packet.tunnel, c->depth ? TUNNEL_IPIP : TUNNEL_NONE);
        assert_int_equal(packet.ttl, 20);
        assert_address(&packet.src, "10.0.0.1");
        assert_address(&packet.dst, "10.0.0.2");
    }
}

static void a_fifth_tunnel_is_too_deep(void **state)
{
    static const uint8_t ipip[] = {OUTER_IPV4(140, 4), OUTER_IPV4(120, 4), OUTER_IPV4(100, 4),
                                   OUTER_IPV4(80, 4),  OUTER_IPV4(60, 4),  SYN4};
    static const uint8_t vxlan[] = {OUTER_IPV4(170, 4),
                                    OUTER_IPV4(150, 4),
                                    OUTER_IPV4(130, 4),
                                    OUTER_IPV4(110, 4),
                                    OUTER_IPV4(90, 17),
                                    UDP(4789, 70),
                                    VXLAN,
                                    ETHERNET_SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, ipip, sizeof(ipip), &packet),
                     DECODE_TUNNEL_DEPTH);
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, vxlan, sizeof(vxlan), &packet),
                     DECODE_TUNNEL_DEPTH);
}

static void a_fragment_inside_a_tunnel_is_a_fragment(void **state)
{
    static const uint8_t frame[] = {OUTER_IPV4(90, 17),
                                    UDP(4789, 70),
                                    VXLAN,
                                    ETHERNET(0x0800),
                                    IPV4_FRAGMENT(40, 6, 0x0001),
                                    SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet),
                     DECODE_FRAGMENT);
}

static void ethernet_in_mpls_has_a_control_word_or_none(void **state)
{
    /* A label at the bottom of its stack */
    static const uint8_t with_word[] = {ETHERNET(0x8847), 0, 1, 1, 64, 0, 0, 0, 7, ETHERNET_SYN};
    static const uint8_t without[] = {ETHERNET(0x8847), 0, 1, 1, 64, ETHERNET_SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, with_word, sizeof(with_word), &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
    assert_int_equal(packet.tunnel, TUNNEL_OTHER);
    assert_int_equal(packet.tunnel_depth, 1);
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, without, sizeof(without), &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
    assert_int_equal(packet.tunnel_depth, 1);
}

static void macs_and_first_vlan_are_of_the_outer_frame(void **state)
{
    static const uint8_t frame[] = {/* To 02:..:0b from 02:..:0a, VLAN 10 */
                                    2,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0x0b,
                                    2,
                                    0,
                                    0,
                                    0,
                                    0,
                                    0x0a,
                                    0x81,
                                    0x00,
                                    VLAN(10, 0x0800),
                                    OUTER_IPV4(94, 17),
                                    UDP(4789, 74),
                                    VXLAN,
                                    ETHERNET(0x8100),
                                    VLAN(20, 0x0800),
                                    SYN4};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, frame, sizeof(frame), &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
    assert_int_equal(packet.src_mac[5], 0x0a);
    assert_int_equal(packet.dst_mac[5], 0x0b);
    assert_int_equal(packet.n_vlan, 2);
    assert_int_equal(packet.vlan[0], 10);
    assert_int_equal(packet.vlan[1], 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_packet_inside_is_the_one_that_is_told),
        cmocka_unit_test(a_tunnel_with_nothing_of_ours_is_the_outer_packet),
        cmocka_unit_test(a_fifth_tunnel_is_too_deep),
        cmocka_unit_test(a_fragment_inside_a_tunnel_is_a_fragment),
        cmocka_unit_test(ethernet_in_mpls_has_a_control_word_or_none),
        cmocka_unit_test(macs_and_first_vlan_are_of_the_outer_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
