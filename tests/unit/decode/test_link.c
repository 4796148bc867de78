/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

struct link_case {
    const char *name;
    uint16_t linktype;
    const uint8_t *bytes;
    size_t n_bytes;
    enum packet_direction direction;
    uint8_t n_vlan;
    uint16_t vlan[PACKET_VLAN_MAX];
};

#define SYN4 IPV4(40, 6), SYN
#define SYN6 IPV6(20, 6), SYN
/* RFC 1042: LLC and SNAP with an OUI of zeros */
#define SNAP(ethertype) 0xaa, 0xaa, 0x03, 0, 0, 0, U16(ethertype)
/* Label, class, bottom of stack, TTL 64 */
#define LABEL(label, bottom) U16((label) >> 4), (uint8_t)(((label)&0xf) << 4 | (bottom)), 64
/* Version and type, session data, session id; length */
#define PPPOE(n_bytes) 0x11, 0x00, 0x12, 0x34, U16(n_bytes)
/* Packet type, hardware type, address length and address, protocol */
#define SLL(kind, hardware, protocol)                                                              \
    U16(kind), U16(hardware), 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, U16(protocol)
/* Protocol, reserved, interface 7, hardware type, packet type, address length and address */
#define SLL2(kind, hardware, protocol)                                                             \
    U16(protocol), 0, 0, 0, 0, 0, 7, U16(hardware), (kind), 6, 2, 0, 0, 0, 0, 1, 0, 0

static const struct link_case link_cases[] = {
    {"Ethernet with IPv4", 1, FRAME(ETHERNET(0x0800), SYN4), 0, 0, {0}},
    {"Ethernet with IPv6", 1, FRAME(ETHERNET(0x86dd), SYN6), 0, 0, {0}},
    {"Ethernet of Linux's lo has no addresses",
     1,
     FRAME(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00, SYN4),
     PACKET_LOOPBACK,
     0,
     {0}},
    {"a VLAN tag", 1, FRAME(ETHERNET(0x8100), VLAN(100, 0x0800), SYN4), 0, 1, {100}},
    {"802.1ad outside 802.1Q",
     1,
     FRAME(ETHERNET(0x88a8), VLAN(4094, 0x8100), VLAN(1, 0x86dd), SYN6),
     0,
     2,
     {4094, 1}},
    {"the older QinQ and more tags than are kept",
     1,
     FRAME(ETHERNET(0x9100), VLAN(1, 0x8100), VLAN(2, 0x8100), VLAN(3, 0x0800), SYN4),
     0,
     2,
     {1, 2}},
    {"a priority tag is no VLAN", 1, FRAME(ETHERNET(0x8100), VLAN(0, 0x0800), SYN4), 0, 0, {0}},
    {"802.3 with LLC and SNAP, padded",
     1,
     FRAME(ETHERNET(48), SNAP(0x0800), SYN4, 0, 0, 0, 0),
     0,
     0,
     {0}},
    {"802.3 with SNAP as bridges write it",
     1,
     FRAME(ETHERNET(48), 0xaa, 0xaa, 0x03, 0, 0, 0xf8, 0x08, 0x00, SYN4),
     0,
     0,
     {0}},
    {"802.3 with IP straight in LLC", 1, FRAME(ETHERNET(43), 6, 6, 3, SYN4), 0, 0, {0}},
    {"802.3 behind a VLAN tag",
     1,
     FRAME(ETHERNET(0x8100), VLAN(5, 68), SNAP(0x86dd), SYN6),
     0,
     1,
     {5}},
    {"MPLS, one label", 1, FRAME(ETHERNET(0x8847), LABEL(16, 1), SYN4), 0, 0, {0}},
    {"MPLS, a stack over IPv6",
     1,
     FRAME(ETHERNET(0x8848), LABEL(1000, 0), LABEL(1001, 0), LABEL(2, 1), SYN6),
     0,
     0,
     {0}},
    {"PPPoE in a VLAN",
     1,
     FRAME(ETHERNET(0x8100), VLAN(7, 0x8864), PPPOE(42), 0x00, 0x21, SYN4, 0, 0),
     0,
     1,
     {7}},
    {"PPPoE with a short protocol field",
     1,
     FRAME(ETHERNET(0x8864), PPPOE(61), 0x57, SYN6),
     0,
     0,
     {0}},
    {"PPPoE as a link type of its own", 51, FRAME(PPPOE(42), 0x00, 0x21, SYN4), 0, 0, {0}},
    {"PPP without framing", 9, FRAME(0x00, 0x21, SYN4), 0, 0, {0}},
    {"PPP framed as HDLC", 9, FRAME(0xff, 0x03, 0x00, 0x57, SYN6), 0, 0, {0}},
    {"PPP with MPLS", 50, FRAME(0xff, 0x03, 0x02, 0x81, LABEL(16, 1), SYN4), 0, 0, {0}},
    {"Cisco's HDLC", 50, FRAME(0x0f, 0x00, 0x08, 0x00, SYN4), 0, 0, {0}},
    {"SLL to us", 113, FRAME(SLL(0, 1, 0x0800), SYN4), PACKET_INGRESS, 0, {0}},
    {"SLL broadcast", 113, FRAME(SLL(1, 1, 0x0800), SYN4), PACKET_INGRESS, 0, {0}},
    {"SLL from us", 113, FRAME(SLL(4, 1, 0x86dd), SYN6), PACKET_EGRESS, 0, {0}},
    {"SLL between others", 113, FRAME(SLL(3, 1, 0x0800), SYN4), 0, 0, {0}},
    {"SLL on lo", 113, FRAME(SLL(0, 772, 0x0800), SYN4), PACKET_LOOPBACK, 0, {0}},
    {"SLL with a VLAN tag",
     113,
     FRAME(SLL(0, 1, 0x8100), VLAN(9, 0x0800), SYN4),
     PACKET_INGRESS,
     1,
     {9}},
    {"SLL with 802.2", 113, FRAME(SLL(0, 1, 4), SNAP(0x0800), SYN4), PACKET_INGRESS, 0, {0}},
    {"SLL2 to us", 276, FRAME(SLL2(0, 1, 0x0800), SYN4), PACKET_INGRESS, 0, {0}},
    {"SLL2 from us", 276, FRAME(SLL2(4, 1, 0x86dd), SYN6), PACKET_EGRESS, 0, {0}},
    {"SLL2 on lo", 276, FRAME(SLL2(0, 772, 0x0800), SYN4), PACKET_LOOPBACK, 0, {0}},
    {"NULL of a big-endian host", 0, FRAME(0, 0, 0, 2, SYN4), PACKET_LOOPBACK, 0, {0}},
    {"NULL of a little-endian host", 0, FRAME(2, 0, 0, 0, SYN4), PACKET_LOOPBACK, 0, {0}},
    {"NULL with IPv6 of FreeBSD", 0, FRAME(28, 0, 0, 0, SYN6), PACKET_LOOPBACK, 0, {0}},
    {"NULL with IPv6 of macOS", 0, FRAME(30, 0, 0, 0, SYN6), PACKET_LOOPBACK, 0, {0}},
    {"LOOP of OpenBSD", 108, FRAME(0, 0, 0, 24, SYN6), PACKET_LOOPBACK, 0, {0}},
    {"raw IPv4", 101, FRAME(SYN4), 0, 0, {0}},
    {"raw IPv6", 101, FRAME(SYN6), 0, 0, {0}},
    {"raw IP as BSDs number it", 12, FRAME(SYN4), 0, 0, {0}},
    {"raw IP as OpenBSD numbers it", 14, FRAME(SYN6), 0, 0, {0}},
    {"LINKTYPE_IPV4", 228, FRAME(SYN4), 0, 0, {0}},
    {"LINKTYPE_IPV6", 229, FRAME(SYN6), 0, 0, {0}},
};

static void each_link_type_leads_to_the_same_syn(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(link_cases); i++) {
        const struct link_case *c = &link_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        memset(&packet, 0xee, sizeof(packet));
        assert_int_equal(decode_three_ways(c->linktype, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_is_syn(&packet);
        assert_int_equal(packet.direction, c->direction);
        assert_int_equal(packet.n_vlan, c->n_vlan);
        assert_memory_equal(packet.vlan, c->vlan, sizeof(c->vlan));
        assert_int_equal(packet.tunnel, TUNNEL_NONE);
        assert_int_equal(packet.tunnel_depth, 0);
        assert_int_equal(packet.tunnel_id, 0);
    }
}

static void macs_are_those_of_the_ethernet_header(void **state)
{
    static const uint8_t frame[] = {ETHERNET(0x0800), SYN4};
    static const uint8_t src[] = {2, 0, 0, 0, 0, 1};
    static const uint8_t dst[] = {2, 0, 0, 0, 0, 2};
    static const uint8_t none[6] = {0};
    struct packet packet;

    (void)state;
    memset(&packet, 0xee, sizeof(packet));
    assert_int_equal(decode_frame(1, frame, sizeof(frame), sizeof(frame), &packet), DECODE_OK);
    assert_memory_equal(packet.src_mac, src, sizeof(src));
    assert_memory_equal(packet.dst_mac, dst, sizeof(dst));
    assert_int_equal(decode_frame(101, frame + 14, 40, 40, &packet), DECODE_OK);
    assert_memory_equal(packet.src_mac, none, sizeof(none));
    assert_memory_equal(packet.dst_mac, none, sizeof(none));
}

struct refused_case {
    const char *name;
    uint16_t linktype;
    const uint8_t *bytes;
    size_t n_bytes;
    enum decode_result expected;
};

static const struct refused_case refused_cases[] = {
    {"a link type that nobody knows", 147, FRAME(SYN4), DECODE_UNKNOWN_LINK},
    {"an ethertype of another protocol (LLDP)", 1, FRAME(ETHERNET(0x88cc), SYN4), DECODE_NOT_IP},
    {"PPPoE discovery", 1, FRAME(ETHERNET(0x8863), PPPOE(0)), DECODE_NOT_IP},
    {"a code of discovery in a PPPoE session", 1, FRAME(ETHERNET(0x8864), 0x11, 0xa7, 0, 1, 0, 0),
     DECODE_NOT_IP},
    {"a PPPoE version that is not 1", 1,
     FRAME(ETHERNET(0x8864), 0x21, 0, 0, 1, 0, 42, 0x00, 0x21, SYN4), DECODE_MALFORMED},
    {"a PPPoE length that ends in the IP header", 1,
     FRAME(ETHERNET(0x8864), PPPOE(20), 0x00, 0x21, SYN4), DECODE_MALFORMED},
    {"PPP link control", 9, FRAME(0xc0, 0x21, 1, 1, 0, 4), DECODE_NOT_IP},
    {"spanning tree in LLC", 1, FRAME(ETHERNET(7), 0x42, 0x42, 3, 0, 0, 0, 0), DECODE_NOT_IP},
    {"SNAP of a vendor (CDP)", 1, FRAME(ETHERNET(10), 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00, 0, 0),
     DECODE_NOT_IP},
    {"SNAP with IPv4's ethertype and another owner's OUI", 1,
     FRAME(ETHERNET(48), 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x08, 0x00, SYN4), DECODE_NOT_IP},
    {"SNAP with a length for an ethertype", 1, FRAME(ETHERNET(16), SNAP(8), SNAP(0x0800)),
     DECODE_NOT_IP},
    {"MPLS over neither IP nor Ethernet", 1, FRAME(ETHERNET(0x8847), LABEL(16, 1), 0, 0, 0, 1),
     DECODE_NOT_IP},
    {"an MPLS stack without a bottom", 1, FRAME(ETHERNET(0x8847), LABEL(16, 0), LABEL(17, 0)),
     DECODE_MALFORMED},
    {"netlink messages in SLL", 113, FRAME(SLL(4, 824, 0x0800), SYN4), DECODE_NOT_IP},
    {"an address family that is not IP", 0, FRAME(7, 0, 0, 0, SYN4), DECODE_NOT_IP},
    {"raw IP of version 5", 101, FRAME(0x55, 0, 0, 0), DECODE_NOT_IP},
    {"an ethertype of IPv4 over IPv6", 1, FRAME(ETHERNET(0x0800), SYN6), DECODE_MALFORMED},
    {"an ethertype of IPv6 over IPv4", 1, FRAME(ETHERNET(0x86dd), SYN4), DECODE_MALFORMED},
    {"no bytes at all", 101, NULL, 0, DECODE_MALFORMED},
};

static void what_is_not_ip_is_told_from_what_is_malformed(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(refused_cases); i++) {
        const struct refused_case *c = &refused_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(c->linktype, c->bytes, c->n_bytes, &packet),
                         c->expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_link_type_leads_to_the_same_syn),
        cmocka_unit_test(macs_are_those_of_the_ethernet_header),
        cmocka_unit_test(what_is_not_ip_is_told_from_what_is_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
