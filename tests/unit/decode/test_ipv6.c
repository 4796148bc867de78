/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

#define LINKTYPE_RAW 101

static void each_field_of_the_header_is_read(void **state)
{
    static const uint8_t frame[] = {IPV6(22, 6), SYN, 'a', 'b', 'p', 'a', 'd'};
    struct packet packet;

    (void)state;
    memset(&packet, 0xee, sizeof(packet));
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.ip_version, 6);
    assert_int_equal(packet.proto, 6);
    assert_int_equal(packet.tos, 0x10);
    assert_int_equal(packet.ttl, 61);
    assert_int_equal(packet.flow_label, 0xabcde);
    assert_int_equal(packet.ip_wire_bytes, 62);
    assert_int_equal(packet.ip_id, 0);
    assert_false(packet.df);
    assert_false(packet.is_fragment);
    assert_int_equal(packet.tcp.payload_wire_bytes, 2);
    assert_int_equal(packet.tcp.payload_captured_bytes, 2);
    assert_address(&packet.src, "2001:db8::1");
    assert_address(&packet.dst, "2001:db8::2");
}

static void a_payload_length_of_0_means_the_frame_s(void **state)
{
    static const uint8_t frame[] = {IPV6(0, 6), SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), 100060, &packet), DECODE_OK);
    assert_int_equal(packet.tcp.payload_wire_bytes, 100000);
    assert_int_equal(packet.ip_wire_bytes, 100060);
}

static void a_length_beyond_the_frame_is_clamped_to_it(void **state)
{
    static const uint8_t frame[] = {IPV6(1000, 6), SYN, 'a'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_OK);
    assert_true(packet.is_length_clamped);
    assert_int_equal(packet.tcp.payload_wire_bytes, 1);
}

/* Next header, length in units of 8 bytes beyond the first, padding */
#define OPTIONS(next) (next), 0, 1, 4, 0, 0, 0, 0
/* Next header, reserved, offset and flags, id */
#define FRAGMENT(next, offset) (next), 0, U16(offset), 0, 0, 0x12, 0x34
/* Next header, length, type, segments left, reserved; then addresses */
#define ROUTING(next, kind, left, n_addresses)                                                     \
    (next), (uint8_t)(2 * (n_addresses)), (kind), (left), 0, 0, 0, 0
#define V6_9 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9
/* As IPV6(), but on its way through 2001:db8::9 */
#define IPV6_VIA(payload_bytes, next)                                                              \
    0x61, 0x0a, 0xbc, 0xde, U16(payload_bytes), (next), 61, V6_1, V6_9
#define SEVENTEEN_OPTIONS                                                                          \
    OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60),     \
        OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), OPTIONS(60), \
        OPTIONS(60), OPTIONS(60), OPTIONS(6)

struct chain_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
};

static const struct chain_case syn_cases[] = {
    {"hop-by-hop options", FRAME(IPV6(28, 0), OPTIONS(6), SYN)},
    {"hop-by-hop and destination options", FRAME(IPV6(36, 0), OPTIONS(60), OPTIONS(6), SYN)},
    {"an authentication header",
     FRAME(IPV6(36, 51), 6, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, SYN)},
    {"a mobility header", FRAME(IPV6(28, 135), OPTIONS(6), SYN)},
    {"an atomic fragment", FRAME(IPV6(28, 44), FRAGMENT(6, 0), SYN)},
    {"a route that has been gone to its end", FRAME(IPV6(44, 43), ROUTING(6, 0, 0, 1), V6_9, SYN)},
    {"a source route names the destination last",
     FRAME(IPV6_VIA(60, 43), ROUTING(6, 0, 2, 2), V6_9, V6_2, SYN)},
    {"a segment route names the destination first",
     FRAME(IPV6_VIA(60, 43), ROUTING(6, 4, 1, 2), V6_2, V6_9, SYN)},
    {"a mobile host's home address is the destination",
     FRAME(IPV6_VIA(44, 43), ROUTING(6, 2, 1, 1), V6_2, SYN)},
    {"a route of a kind that is not known changes nothing",
     FRAME(IPV6(44, 43), ROUTING(6, 99, 1, 1), V6_9, SYN)},
};

static void extension_headers_are_walked_to_the_syn(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(syn_cases); i++) {
        const struct chain_case *c = &syn_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_is_syn(&packet);
        assert_int_equal(packet.proto, 6);
        assert_false(packet.is_fragment);
    }
}

struct end_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    enum decode_result result;
    uint8_t proto; /* where OK */
};

static const struct end_case end_cases[] = {
    {"no next header", FRAME(IPV6(8, 60), OPTIONS(59)), DECODE_OK, 59},
    {"encrypted", FRAME(IPV6(8, 50), OPTIONS(6)), DECODE_OK, 50},
    {"a chain longer than any honest one", FRAME(IPV6(156, 60), SEVENTEEN_OPTIONS, SYN), DECODE_OK,
     60},
    {"ICMP of the other family", FRAME(IPV6(8, 1), 3, 3, 0, 0, 0, 0, 0, 0), DECODE_OK, 1},
    {"a later fragment", FRAME(IPV6(28, 44), FRAGMENT(6, 0x0008), SYN), DECODE_FRAGMENT, 0},
    {"a later fragment of options", FRAME(IPV6(28, 44), FRAGMENT(60, 0x0008), SYN), DECODE_FRAGMENT,
     0},
    {"a tiny first fragment", FRAME(IPV6(16, 44), FRAGMENT(6, 1), 1, 2, 3, 4, 5, 6, 7, 8),
     DECODE_FRAGMENT, 0},
    {"a chain that ends in an extension header", FRAME(IPV6(1, 0), 6), DECODE_MALFORMED, 0},
    {"an extension header beyond the datagram", FRAME(IPV6(28, 0), 6, 3, 1, 4, 0, 0, 0, 0, SYN),
     DECODE_MALFORMED, 0},
    {"a frame shorter than a header", FRAME(0x60, 0, 0, 0, 0, 20, 6, 64), DECODE_MALFORMED, 0},
};

static void chains_end_where_nothing_is_followed(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(end_cases); i++) {
        const struct end_case *c = &end_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), c->result);
        if (c->result != DECODE_OK)
            continue;
        assert_int_equal(packet.kind, PACKET_OTHER);
        assert_int_equal(packet.proto, c->proto);
    }
}

static void a_first_fragment_says_that_it_is_one(void **state)
{
    static const uint8_t frame[] = {IPV6(28, 44), FRAGMENT(6, 1), SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_is_syn(&packet);
    assert_true(packet.is_fragment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_of_the_header_is_read),
        cmocka_unit_test(a_payload_length_of_0_means_the_frame_s),
        cmocka_unit_test(a_length_beyond_the_frame_is_clamped_to_it),
        cmocka_unit_test(extension_headers_are_walked_to_the_syn),
        cmocka_unit_test(chains_end_where_nothing_is_followed),
        cmocka_unit_test(a_first_fragment_says_that_it_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
