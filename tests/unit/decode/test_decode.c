/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#define LINKTYPE_RAW 101

static void each_result_has_a_name_for_its_counter(void **state)
{
    unsigned a, b;

    (void)state;
    assert_string_equal(decode_result_name(DECODE_OK), "ok");
    assert_string_equal(decode_result_name(DECODE_TUNNEL_DEPTH), "tunnel_depth");
    for (a = 0; a < DECODE_RESULT_COUNT; a++)
        for (b = 0; b < a; b++)
            assert_string_not_equal(decode_result_name(a), decode_result_name(b));
}

static void udp_payload_is_what_its_length_says(void **state)
{
    static const uint8_t frame[] = {IPV4(36, 17), UDP(53, 14), 1, 2, 3, 4, 5, 6, 'x', 'x'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_UDP);
    assert_int_equal(packet.udp.sport, 40000);
    assert_int_equal(packet.udp.dport, 53);
    assert_int_equal(packet.udp.payload_wire_bytes, 6);
    assert_int_equal(packet.udp.payload_captured_bytes, 6);
    assert_ptr_equal(packet.udp.payload, frame + 28);
}

static void a_udp_length_of_0_or_too_much_means_the_datagram_s(void **state)
{
    static const uint8_t none[] = {IPV4(34, 17), UDP(53, 0), 1, 2, 3, 4, 5, 6};
    static const uint8_t more[] = {IPV4(34, 17), UDP(53, 1000), 1, 2, 3, 4, 5, 6};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, none, sizeof(none), &packet), DECODE_OK);
    assert_int_equal(packet.udp.payload_wire_bytes, 6);
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, more, sizeof(more), &packet), DECODE_OK);
    assert_int_equal(packet.udp.payload_wire_bytes, 6);
}

static void a_udp_length_within_its_header_is_malformed(void **state)
{
    static const uint8_t frame[] = {IPV4(28, 17), UDP(53, 7)};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet),
                     DECODE_MALFORMED);
}

static void what_the_worker_sets_is_left_alone(void **state)
{
    /* The VXLAN inside does not decode, so that the outer packet is put back. */
    static const uint8_t frame[] = {
        IPV4(40, 17), UDP(4789, 20), 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    struct packet packet = {.ts_ns = 1, .ordinal = 2, .source = 3};

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_OK);
    assert_int_equal(packet.ts_ns, 1);
    assert_int_equal(packet.ordinal, 2);
    assert_int_equal(packet.source, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_has_a_name_for_its_counter),
        cmocka_unit_test(udp_payload_is_what_its_length_says),
        cmocka_unit_test(a_udp_length_of_0_or_too_much_means_the_datagram_s),
        cmocka_unit_test(a_udp_length_within_its_header_is_malformed),
        cmocka_unit_test(what_the_worker_sets_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
