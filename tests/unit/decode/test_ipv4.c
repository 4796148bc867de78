/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101

static void each_field_of_the_header_is_read(void **state)
{
    static const uint8_t frame[] = {IPV4(40, 6), SYN};
    struct packet packet;

    (void)state;
    memset(&packet, 0xee, sizeof(packet));
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_is_syn(&packet);
    assert_int_equal(packet.ip_version, 4);
    assert_int_equal(packet.proto, 6);
    assert_int_equal(packet.ip_id, 0x1234);
    assert_true(packet.df);
    assert_false(packet.is_fragment);
    assert_false(packet.is_length_clamped);
    assert_int_equal(packet.ip_wire_bytes, 40);
    assert_int_equal(packet.flow_label, 0);
}

static void padding_of_a_small_frame_is_no_payload(void **state)
{
    static const uint8_t frame[] = {ETHERNET(0x0800), IPV4(40, 6), SYN, 'p', 'a', 'd', 0, 0, 0};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_ETHERNET, frame, sizeof(frame), &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
    assert_int_equal(packet.tcp.payload_captured_bytes, 0);
    /* Nor is padding that the snap length cut. */
    assert_int_equal(decode_frame(LINKTYPE_ETHERNET, frame, 54, 60, &packet), DECODE_OK);
    assert_int_equal(packet.tcp.payload_wire_bytes, 0);
}

static void payload_on_the_wire_is_told_from_payload_captured(void **state)
{
    static const uint8_t frame[] = {IPV4(1500, 6), SYN, 'a', 'b'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), 1500, &packet), DECODE_OK);
    assert_int_equal(packet.tcp.payload_wire_bytes, 1460);
    assert_int_equal(packet.tcp.payload_captured_bytes, 2);
    assert_ptr_equal(packet.tcp.payload, frame + 40);
}

static void a_length_of_0_means_the_frame_s(void **state)
{
    static const uint8_t frame[] = {IPV4(0, 6), SYN, 'a', 'b', 'c'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), 70000, &packet), DECODE_OK);
    assert_int_equal(packet.ip_wire_bytes, 70000);
    assert_int_equal(packet.tcp.payload_wire_bytes, 69960);
    assert_int_equal(packet.tcp.payload_captured_bytes, 3);
    assert_false(packet.is_length_clamped);
}

static void a_length_beyond_the_frame_is_clamped_to_it(void **state)
{
    static const uint8_t frame[] = {IPV4(1500, 6), SYN, 'a', 'b', 'c'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_OK);
    assert_true(packet.is_length_clamped);
    assert_int_equal(packet.ip_wire_bytes, 1500);
    assert_int_equal(packet.tcp.payload_wire_bytes, 3);
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_UNKNOWN);
}

static void more_captured_than_was_on_the_wire_is_not_believed(void **state)
{
    static const uint8_t frame[] = {IPV4(44, 6), SYN, 'a', 'b', 'c', 'd'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), 42, &packet), DECODE_OK);
    assert_int_equal(packet.tcp.payload_captured_bytes, 2);
}

/* Header length 24, a router alert; the rest as IPV4(44, 6). */
#define IPV4_WITH_OPTION                                                                           \
    0x46, 0x10, 0, 44, 0x12, 0x34, 0x40, 0x00, 61, 6, 0xaa, 0xaa, 192, 0, 2, 1, 198, 51, 100, 2,   \
        0x94, 4, 0, 0

struct ipv4_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    enum decode_result expected;
};

static const struct ipv4_case ipv4_cases[] = {
    {"options are skipped", FRAME(IPV4_WITH_OPTION, SYN), DECODE_OK},
    {"an authentication header is skipped",
     FRAME(IPV4(56, 51), 6, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, SYN), DECODE_OK},
    {"a first fragment carries the header", FRAME(IPV4_FRAGMENT(40, 6, 0x2000), SYN), DECODE_OK},
    {"a later fragment does not", FRAME(IPV4_FRAGMENT(40, 6, 0x2001), SYN), DECODE_FRAGMENT},
    {"nor does the last one", FRAME(IPV4_FRAGMENT(40, 6, 0x00b9), SYN), DECODE_FRAGMENT},
    {"nor does a first one that ends in the TCP header",
     FRAME(IPV4_FRAGMENT(36, 6, 0x2000), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x50, 2, 15, 16),
     DECODE_FRAGMENT},
    {"nor does a first one that ends in the options",
     FRAME(IPV4_FRAGMENT(44, 6, 0x2000), TCP(7, 2), 1, 1, 1, 1), DECODE_FRAGMENT},
    {"a header length below 20", FRAME(0x44, 0x10, 0, 40, IPV4(40, 6), SYN), DECODE_MALFORMED},
    {"a total length within the header", FRAME(IPV4(19, 6), SYN), DECODE_MALFORMED},
    {"a header length beyond the total",
     FRAME(0x4f, 0, 0, 40, 0, 0, 0, 0, 61, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, SYN), DECODE_MALFORMED},
    {"a frame shorter than a header", FRAME(0x45, 0, 0, 40), DECODE_MALFORMED},
    {"an authentication header beyond the datagram", FRAME(IPV4(40, 51), 6, 255, SYN),
     DECODE_MALFORMED},
};

static void lengths_and_fragments_decide_what_is_decoded(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(ipv4_cases); i++) {
        const struct ipv4_case *c = &ipv4_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet),
                         c->expected);
        if (c->expected == DECODE_OK)
            assert_is_syn(&packet);
    }
}

static void a_first_fragment_says_that_it_is_one(void **state)
{
    static const uint8_t frame[] = {IPV4_FRAGMENT(40, 6, 0x2000), SYN};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_OK);
    assert_true(packet.is_fragment);
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_UNKNOWN);
}

static void a_protocol_that_is_not_followed_is_still_an_ip_packet(void **state)
{
    static const uint8_t frame[] = {IPV4(24, 50), 0, 0, 0, 1};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_OTHER);
    assert_int_equal(packet.proto, 50);
    assert_address(&packet.src, "192.0.2.1");
}

static void a_header_may_carry_nothing(void **state)
{
    static const uint8_t frame[] = {IPV4(20, 50)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_of_the_header_is_read),
        cmocka_unit_test(padding_of_a_small_frame_is_no_payload),
        cmocka_unit_test(payload_on_the_wire_is_told_from_payload_captured),
        cmocka_unit_test(a_length_of_0_means_the_frame_s),
        cmocka_unit_test(a_length_beyond_the_frame_is_clamped_to_it),
        cmocka_unit_test(more_captured_than_was_on_the_wire_is_not_believed),
        cmocka_unit_test(lengths_and_fragments_decide_what_is_decoded),
        cmocka_unit_test(a_first_fragment_says_that_it_is_one),
        cmocka_unit_test(a_header_may_carry_nothing),
        cmocka_unit_test(a_protocol_that_is_not_followed_is_still_an_ip_packet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
