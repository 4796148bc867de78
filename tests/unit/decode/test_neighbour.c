/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

/* Ethernet, IPv4, address lengths, operation; 192.0.2.1 about 192.0.2.9 */
#define ARP(operation)                                                                             \
    0, 1, 8, 0, 6, 4, U16(operation), 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 9

static const uint8_t sender_mac[] = {2, 0, 0, 0, 0, 1};
static const uint8_t no_mac[6] = {0};

static void an_arp_request_asks_for_its_target(void **state)
{
    static const uint8_t frame[] = {ETHERNET(0x0806), ARP(1)};
    struct packet packet;

    (void)state;
    memset(&packet, 0xee, sizeof(packet));
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, frame, sizeof(frame), &packet),
                     DECODE_OK);
    assert_int_equal(packet.kind, PACKET_NEIGHBOUR);
    assert_int_equal(packet.ip_version, 0);
    assert_int_equal(packet.ip_wire_bytes, 0);
    assert_int_equal(packet.proto, 0);
    assert_int_equal(packet.ttl, 0);
    assert_false(packet.is_fragment);
    assert_true(packet.neighbour.is_request);
    assert_memory_equal(packet.neighbour.sender_mac, sender_mac, 6);
    assert_address(&packet.neighbour.sender, "192.0.2.1");
    assert_address(&packet.neighbour.target, "192.0.2.9");
}

static void an_arp_reply_in_a_vlan_claims_its_sender(void **state)
{
    static const uint8_t frame[] = {ETHERNET(0x8100), VLAN(3, 0x0806), ARP(2)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, frame, sizeof(frame), &packet),
                     DECODE_OK);
    assert_false(packet.neighbour.is_request);
    assert_address(&packet.neighbour.sender, "192.0.2.1");
    assert_int_equal(packet.vlan[0], 3);
}

static void arp_of_other_kinds_is_not_ours(void **state)
{
    static const uint8_t reverse[] = {ETHERNET(0x0806), ARP(3)};
    /* Hardware type 6, addresses of 2 bytes, and what then follows */
    static const uint8_t token_ring[] = {ETHERNET(0x0806),
                                         0,
                                         6,
                                         8,
                                         0,
                                         2,
                                         4,
                                         0,
                                         1,
                                         1,
                                         1,
                                         10,
                                         0,
                                         0,
                                         1,
                                         2,
                                         2,
                                         10,
                                         0,
                                         0,
                                         2,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0,
                                         0};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, reverse, sizeof(reverse), &packet),
                     DECODE_NOT_IP);
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, token_ring, sizeof(token_ring), &packet),
                     DECODE_NOT_IP);
}

/* As IPV6(), but next header ICMPv6 and the hop limit given */
#define IPV6_HOPS(payload_bytes, hops) 0x60, 0, 0, 0, U16(payload_bytes), 58, (hops), V6_1, V6_2
/* About 2001:db8::9 */
#define DISCOVERY(type)                                                                            \
    (type), 0, 0xdd, 0xdd, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9
#define MAC_OPTION(kind) (kind), 1, 2, 0, 0, 0, 0, 1

static void a_solicitation_asks_for_its_target(void **state)
{
    static const uint8_t frame[] = {IPV6_HOPS(32, 255), DISCOVERY(135), MAC_OPTION(1)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_NEIGHBOUR);
    assert_int_equal(packet.ip_version, 6);
    assert_true(packet.neighbour.is_request);
    assert_memory_equal(packet.neighbour.sender_mac, sender_mac, 6);
    assert_address(&packet.neighbour.sender, "2001:db8::1");
    assert_address(&packet.neighbour.target, "2001:db8::9");
}

static void an_advertisement_claims_its_target(void **state)
{
    /* An option of another kind (nonce) comes first. */
    static const uint8_t frame[] = {IPV6_HOPS(40, 255), DISCOVERY(136), 14, 1, 0, 0, 0, 0, 0, 0,
                                    MAC_OPTION(2)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_false(packet.neighbour.is_request);
    assert_memory_equal(packet.neighbour.sender_mac, sender_mac, 6);
    assert_address(&packet.neighbour.sender, "2001:db8::9");
    assert_address(&packet.neighbour.target, "2001:db8::2");
}

static void an_option_of_length_0_ends_the_search(void **state)
{
    static const uint8_t frame[] = {IPV6_HOPS(40, 255), DISCOVERY(136), 14, 0, 0, 0, 0, 0, 0, 0,
                                    MAC_OPTION(2)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_NEIGHBOUR);
    assert_memory_equal(packet.neighbour.sender_mac, no_mac, 6);
}

static void discovery_that_a_router_forwarded_is_not_believed(void **state)
{
    static const uint8_t frame[] = {IPV6_HOPS(32, 254), DISCOVERY(136), MAC_OPTION(2)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_ICMP_OTHER);
    assert_int_equal(packet.icmp.type, 136);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arp_request_asks_for_its_target),
        cmocka_unit_test(an_arp_reply_in_a_vlan_claims_its_sender),
        cmocka_unit_test(arp_of_other_kinds_is_not_ours),
        cmocka_unit_test(a_solicitation_asks_for_its_target),
        cmocka_unit_test(an_advertisement_claims_its_target),
        cmocka_unit_test(an_option_of_length_0_ends_the_search),
        cmocka_unit_test(discovery_that_a_router_forwarded_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
