/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

#define LINKTYPE_RAW 101

static void each_field_of_the_header_is_read(void **state)
{
    static const uint8_t frame[] = {IPV4(44, 6),
                                    /* Ports */
                                    0xff, 0xfe, 0x00, 0x50,
                                    /* Sequence number, acknowledgment */
                                    0xff, 0xff, 0xff, 0xfe, 0x80, 0x00, 0x00, 0x01,
                                    /* 20 bytes, reserved bits 101, AE; CWR ACK PSH */
                                    0x5b, 0x98,
                                    /* Window, checksum, urgent pointer */
                                    0x01, 0x02, 0xbb, 0xbb, 0x03, 0x04,
                                    /* Payload */
                                    'G', 'E', 'T', ' '};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, sizeof(frame), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_TCP);
    assert_int_equal(packet.tcp.sport, 65534);
    assert_int_equal(packet.tcp.dport, 80);
    assert_int_equal(packet.tcp.seq, 0xfffffffe);
    assert_int_equal(packet.tcp.ack, 0x80000001);
    assert_int_equal(packet.tcp.reserved_bits, 5);
    assert_int_equal(packet.tcp.flags, TCP_AE | TCP_CWR | TCP_ACK | TCP_PSH);
    assert_int_equal(packet.tcp.window, 0x0102);
    assert_int_equal(packet.tcp.urgent, 0x0304);
    assert_int_equal(packet.tcp.header_bytes, 20);
    assert_ptr_equal(packet.tcp.header, frame + 20);
    assert_int_equal(packet.tcp.payload_wire_bytes, 4);
    assert_int_equal(packet.tcp.payload_captured_bytes, 4);
    assert_ptr_equal(packet.tcp.payload, frame + 40);
    assert_true(packet.tcp.options.is_complete);
}

static void a_header_cut_behind_its_flags_still_tells_the_flow(void **state)
{
    static const uint8_t frame[] = {IPV4(44, 6), TCP(6, 0x12), 2, 4, 0x05, 0xb4};
    size_t captured_bytes;

    (void)state;
    for (captured_bytes = 20; captured_bytes < 40; captured_bytes++) {
        struct packet packet;
        enum decode_result result =
            decode_frame(LINKTYPE_RAW, frame, captured_bytes, sizeof(frame), &packet);

        assert_int_equal(result, captured_bytes < 34 ? DECODE_TRUNCATED : DECODE_OK);
        if (result != DECODE_OK)
            continue;
        assert_true(packet.tcp.is_header_cut);
        assert_int_equal(packet.tcp.flags, TCP_SYN | TCP_ACK);
        assert_int_equal(packet.tcp.seq, SEQ);
        assert_int_equal(packet.tcp.ack, ACK);
        assert_int_equal(packet.tcp.payload_wire_bytes, 0);
        assert_int_equal(packet.tcp.window, 0);
        assert_int_equal(packet.tcp.header_bytes, 0);
        assert_false(packet.tcp.options.is_complete);
    }
}

static void options_that_the_snap_length_cut_are_unknown_and_not_absent(void **state)
{
    /* MSS 1460, SACK permitted, window scale 7 and an end */
    static const uint8_t frame[] = {
        IPV4(50, 6), TCP(7, 0x02), 2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7, 0, 0, 0};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, 46, 50, &packet), DECODE_OK);
    assert_true(packet.tcp.options.has_mss);
    assert_true(packet.tcp.options.has_sack_permitted);
    assert_false(packet.tcp.options.has_wscale);
    assert_false(packet.tcp.options.is_complete);
    assert_int_equal(packet.tcp.header_bytes, 28);
    assert_int_equal(packet.tcp.header_captured_bytes, 26);
}

struct option_case {
    const char *name;
    uint8_t bytes[40];
    uint8_t n_bytes;
    struct tcp_options expected;
};

static const struct option_case option_cases[] = {
    {"no options are a complete list", {0}, 0, {.is_complete = true}},
    {"a SYN of Linux",
     {/* MSS 1460, SACK permitted, timestamps */
      2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00,
      /* NOP, window scale 7 */
      1, 3, 3, 7},
     20,
     {.is_complete = true,
      .has_mss = true,
      .mss_bytes = 1460,
      .has_sack_permitted = true,
      .has_timestamps = true,
      .tsval = 100,
      .has_wscale = true,
      .wscale = 7}},
    {"timestamps alone, as most segments carry them",
     {1, 1, 8, 10, 0x01, 0x02, 0x03, 0x04, 0xff, 0xff, 0xff, 0xff},
     12,
     {.is_complete = true, .has_timestamps = true, .tsval = 0x01020304, .tsecr = 0xffffffff}},
    {"timestamps and a SACK block",
     {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4},
     24,
     {.is_complete = true,
      .has_timestamps = true,
      .tsval = 1,
      .tsecr = 2,
      .has_sack = true,
      .sack_left = 3,
      .sack_right = 4}},
    {"a window scale above 14 counts as 14",
     {3, 3, 255, 0},
     4,
     {.is_complete = true, .has_wscale = true, .wscale = 14}},
    {"a Fast Open cookie request has no cookie",
     {34, 2, 1, 1},
     4,
     {.is_complete = true, .has_fastopen = true}},
    {"a Fast Open cookie",
     {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1},
     12,
     {.is_complete = true, .has_fastopen = true, .fastopen_cookie_bytes = 8}},
    {"a Fast Open cookie in the experimental option",
     {254, 8, 0xf9, 0x89, 1, 2, 3, 4},
     8,
     {.is_complete = true, .has_fastopen = true, .fastopen_cookie_bytes = 4}},
    {"an experiment of somebody else's", {254, 4, 0x12, 0x34}, 4, {.is_complete = true}},
    {"MP_JOIN",
     {30, 12, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0},
     12,
     {.is_complete = true, .has_mptcp = true, .mptcp_subtype = 1}},
    {"MP_FASTCLOSE",
     {30, 12, 0x70, 0, 1, 2, 3, 4, 5, 6, 7, 8},
     12,
     {.is_complete = true, .has_mptcp = true, .mptcp_subtype = 7, .has_mptcp_fastclose = true}},
    {"MP_TCPRST behind a DSS",
     {30, 4, 0x20, 1, 30, 4, 0x80, 6},
     8,
     {.is_complete = true,
      .has_mptcp = true,
      .mptcp_subtype = 2,
      .has_mptcp_rst = true,
      .mptcp_rst_reason = 6}},
    {"MP_TCPRST of a wrong length says nothing",
     {30, 5, 0x80, 6, 0, 1, 1, 1},
     8,
     {.is_complete = true, .has_mptcp = true, .mptcp_subtype = 8}},
    {"an MD5 signature",
     {19, 18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1},
     20,
     {.is_complete = true, .has_md5_or_ao = true}},
    {"the authentication option", {29, 4, 1, 1}, 4, {.is_complete = true, .has_md5_or_ao = true}},
    {"an unknown kind is passed by",
     {200, 3, 0xff, 1, 2, 4, 0x05, 0xb4},
     8,
     {.is_complete = true, .has_mss = true, .mss_bytes = 1460}},
    {"nothing counts behind the end of the list",
     {0, 1, 3, 3, 7, 0, 0, 0},
     8,
     {.is_complete = true}},
    {"a length of 1 ends the walk",
     {2, 4, 0x05, 0xb4, 8, 1, 0, 0},
     8,
     {.has_mss = true, .mss_bytes = 1460}},
    {"a length beyond the header ends the walk",
     {2, 4, 0x05, 0xb4, 8, 10, 0, 0},
     8,
     {.has_mss = true, .mss_bytes = 1460}},
    {"a kind without a length ends the walk", {1, 1, 1, 8}, 4, {.is_complete = false}},
    {"a known kind of a wrong length is not believed",
     {2, 3, 0x05, 3, 3, 7, 0, 0},
     8,
     {.has_wscale = true, .wscale = 7}},
};

static void assert_options_equal(const struct tcp_options *actual,
                                 const struct tcp_options *expected)
{
    assert_int_equal(actual->is_complete, expected->is_complete);
    assert_int_equal(actual->has_mss, expected->has_mss);
    assert_int_equal(actual->mss_bytes, expected->mss_bytes);
    assert_int_equal(actual->has_wscale, expected->has_wscale);
    assert_int_equal(actual->wscale, expected->wscale);
    assert_int_equal(actual->has_timestamps, expected->has_timestamps);
    assert_int_equal(actual->tsval, expected->tsval);
    assert_int_equal(actual->tsecr, expected->tsecr);
    assert_int_equal(actual->has_sack_permitted, expected->has_sack_permitted);
    assert_int_equal(actual->has_sack, expected->has_sack);
    assert_int_equal(actual->sack_left, expected->sack_left);
    assert_int_equal(actual->sack_right, expected->sack_right);
    assert_int_equal(actual->has_fastopen, expected->has_fastopen);
    assert_int_equal(actual->fastopen_cookie_bytes, expected->fastopen_cookie_bytes);
    assert_int_equal(actual->has_mptcp, expected->has_mptcp);
    assert_int_equal(actual->mptcp_subtype, expected->mptcp_subtype);
    assert_int_equal(actual->has_mptcp_fastclose, expected->has_mptcp_fastclose);
    assert_int_equal(actual->has_mptcp_rst, expected->has_mptcp_rst);
    assert_int_equal(actual->mptcp_rst_reason, expected->mptcp_rst_reason);
    assert_int_equal(actual->has_md5_or_ao, expected->has_md5_or_ao);
}

static void options_are_read_as_their_table_says(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(option_cases); i++) {
        const struct option_case *c = &option_cases[i];
        uint8_t frame[80] = {IPV4(40 + c->n_bytes, 6), TCP(5 + c->n_bytes / 4, 0x02)};
        struct packet packet;

        print_message("  %s\n", c->name);
        memcpy(frame + 40, c->bytes, c->n_bytes);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, frame, 40u + c->n_bytes, &packet),
                         DECODE_OK);
        assert_options_equal(&packet.tcp.options, &c->expected);
    }
}

struct malformed_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
};

static const struct malformed_case malformed_cases[] = {
    {"a data offset of less than 20 bytes", FRAME(IPV4(40, 6), TCP(4, 0x02))},
    {"a data offset beyond the datagram", FRAME(IPV4(40, 6), TCP(6, 0x02))},
    {"a datagram too short for a header", FRAME(IPV4(39, 6), TCP(5, 0x02))},
};

static void headers_that_contradict_themselves_are_malformed(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(malformed_cases); i++) {
        const struct malformed_case *c = &malformed_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet),
                         DECODE_MALFORMED);
    }
}

/* 192.0.2.1 to 198.51.100.2, a payload of three bytes; summed by hand (RFC 1071). */
static void a_checksum_is_verified_over_pseudo_header_and_odd_payload(void **state)
{
    uint8_t frame[] = {IPV4(43, 6), TCP(5, 0x10), 'a', 'b', 'c'};
    struct packet packet;
    uint32_t sum = 0;
    size_t i;

    (void)state;
    frame[36] = frame[37] = 0;
    for (i = 12; i < 42; i += 2)
        sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
    sum += ('c' << 8) + 6 + 23;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    frame[36] = (uint8_t)(~sum >> 8);
    frame[37] = (uint8_t)~sum;

    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, 43, 43, &packet), DECODE_OK);
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_GOOD);
    frame[42] ^= 1;
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_BAD);
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, 42, 43, &packet), DECODE_OK);
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_UNKNOWN);
}

static void a_checksum_covers_both_ipv6_addresses(void **state)
{
    /* A SYN from ::1 port 1 to ::2 port 1, all else 0: the words are 1, 2, 20 and 6 of the pseudo
     * header, 1, 1 and 0x5002 of the header; their sum is 0x5021. */
    uint8_t frame[] = {0x60, 0, 0, 0, 0, 20, 6, 64, 0, 0, 0, 0, 0,    0, 0, 0, 0,    0,    0, 0,
                       0,    0, 0, 1, 0, 0,  0, 0,  0, 0, 0, 0, 0,    0, 0, 0, 0,    0,    0, 2,
                       0,    1, 0, 1, 0, 0,  0, 0,  0, 0, 0, 0, 0x50, 2, 0, 0, 0xaf, 0xde, 0, 0};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, sizeof(frame), sizeof(frame), &packet),
                     DECODE_OK);
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_GOOD);
    packet.src.bytes[0] = 0x20;
    assert_int_equal(decode_tcp_checksum(&packet), CHECKSUM_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_of_the_header_is_read),
        cmocka_unit_test(a_header_cut_behind_its_flags_still_tells_the_flow),
        cmocka_unit_test(options_that_the_snap_length_cut_are_unknown_and_not_absent),
        cmocka_unit_test(options_are_read_as_their_table_says),
        cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
        cmocka_unit_test(a_checksum_is_verified_over_pseudo_header_and_odd_payload),
        cmocka_unit_test(a_checksum_covers_both_ipv6_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
