/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "decode/reassembly.h"

#define LINKTYPE_RAW 101
#define T0_NS (1000 * NS_PER_S)
#define MORE 0x2000

/* A SYN of 40 bytes, MSS 1460 and window scale 7 among them, and 8 bytes of data (Fast Open) */
static const uint8_t segment[] = {
    TCP(10, 0x02), 2,   4,   0x05, 0xb4, 34,  10,  1,  2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7, 1, 1,
    'd',           'a', 't', 'a',  'd',  'a', 't', 'a'};

struct piece {
    uint16_t from_bytes, n_bytes;
    uint8_t last_id; /* low byte of the datagram's id */
    int16_t at_s;
};

struct order_case {
    const char *name;
    struct piece pieces[8];
    size_t n_pieces;
    size_t complete_idx; /* which piece completes the header; n_pieces: none does */
};

static const struct order_case order_cases[] = {
    {"two fragments", {{0, 24, 1, 0}, {24, 24, 1, 0}}, 2, 1},
    {"the other way round", {{24, 24, 1, 0}, {0, 24, 1, 0}}, 2, 1},
    {"eight bytes each",
     {{0, 8, 1, 0}, {8, 8, 1, 0}, {16, 8, 1, 0}, {24, 8, 1, 0}, {32, 8, 1, 0}, {40, 8, 1, 0}},
     6,
     5},
    {"a fragment seen twice", {{0, 24, 1, 0}, {0, 24, 1, 0}, {24, 24, 1, 0}}, 3, 2},
    {"fragments that overlap", {{0, 24, 1, 0}, {16, 16, 1, 0}, {32, 16, 1, 0}}, 3, 2},
    {"a gap in the header", {{0, 8, 1, 0}, {16, 24, 1, 0}, {40, 8, 1, 0}}, 3, 3},
    {"no last fragment", {{0, 24, 1, 0}, {24, 16, 1, 0}}, 2, 2},
    {"no first fragment", {{8, 32, 1, 0}, {40, 8, 1, 0}}, 2, 2},
    {"two datagrams are not mixed",
     {{0, 24, 1, 0}, {24, 24, 2, 0}, {0, 24, 3, 0}, {24, 24, 1, 0}},
     4,
     3},
    {"just in time", {{0, 24, 1, 0}, {24, 24, 1, 30}}, 2, 1},
    {"too late", {{0, 24, 1, 0}, {24, 24, 1, 31}}, 2, 2},
    {"a clock that steps back", {{0, 24, 1, 0}, {24, 24, 1, -100}}, 2, 1},
};

/* The piece of segment[] as an IPv4 fragment; returns its length. */
static size_t build_piece(const struct piece *piece, uint8_t *frame)
{
    bool is_last = piece->from_bytes + piece->n_bytes == sizeof(segment);
    uint16_t fragment = (uint16_t)(piece->from_bytes / 8 | (is_last ? 0 : MORE));
    const uint8_t header[] = {IPV4_FRAGMENT(20 + piece->n_bytes, 6, fragment)};

    memcpy(frame, header, sizeof(header));
    frame[5] = piece->last_id;
    memcpy(frame + sizeof(header), segment + piece->from_bytes, piece->n_bytes);
    return sizeof(header) + piece->n_bytes;
}

static enum decode_result feed(struct reassembly *reassembly, const struct piece *piece,
                               struct packet *packet)
{
    uint8_t frame[20 + sizeof(segment)];
    size_t n_bytes = build_piece(piece, frame);

    assert_int_equal(decode_frame(LINKTYPE_RAW, frame, n_bytes, n_bytes, packet), DECODE_FRAGMENT);
    return reassembly_frame(reassembly, LINKTYPE_RAW, frame, n_bytes, n_bytes,
                            T0_NS + piece->at_s * NS_PER_S, packet);
}

static void check_whole(const struct packet *packet)
{
    assert_int_equal(packet->kind, PACKET_TCP);
    assert_true(packet->is_fragment);
    assert_address(&packet->src, "192.0.2.1");
    assert_int_equal(packet->ttl, 61);
    assert_int_equal(packet->tcp.sport, 40000);
    assert_int_equal(packet->tcp.dport, 443);
    assert_int_equal(packet->tcp.seq, SEQ);
    assert_int_equal(packet->tcp.flags, TCP_SYN);
    assert_int_equal(packet->tcp.header_bytes, 40);
    assert_true(packet->tcp.options.is_complete);
    assert_int_equal(packet->tcp.options.mss_bytes, 1460);
    assert_int_equal(packet->tcp.options.fastopen_cookie_bytes, 8);
    assert_int_equal(packet->tcp.options.wscale, 7);
    assert_int_equal(packet->tcp.payload_wire_bytes, 8);
    assert_int_equal(packet->tcp.payload_captured_bytes, 8);
    assert_memory_equal(packet->tcp.payload, "datadata", 8);
    assert_int_equal(decode_tcp_checksum(packet), CHECKSUM_UNKNOWN);
}

static void a_header_is_told_once_and_when_it_is_complete(void **state)
{
    static struct reassembly reassembly;
    size_t i, k;

    (void)state;
    for (i = 0; i < ARRAY_LEN(order_cases); i++) {
        const struct order_case *c = &order_cases[i];

        print_message("  %s\n", c->name);
        reassembly_init(&reassembly);
        for (k = 0; k < c->n_pieces; k++) {
            struct packet packet = {.ts_ns = 11, .ordinal = 12, .source = 13};
            enum decode_result result = feed(&reassembly, &c->pieces[k], &packet);

            assert_int_equal(result, k == c->complete_idx ? DECODE_OK : DECODE_FRAGMENT);
            if (result != DECODE_OK)
                continue;
            check_whole(&packet);
            assert_int_equal(packet.ts_ns, 11);
            assert_int_equal(packet.ordinal, 12);
            assert_int_equal(packet.source, 13);
        }
    }
}

static void where_fragments_overlap_the_first_to_come_wins(void **state)
{
    static struct reassembly reassembly;
    static const uint8_t first[] = {IPV4_FRAGMENT(36, 6, MORE), TCP(5, 0x02)};
    /* Behind the ports: another sequence number, and RST for SYN */
    static const uint8_t second[] = {
        IPV4_FRAGMENT(32, 6, 1), 9, 9, 9, 9, 0x50, 0x04, 0xff, 0xff, 0, 0, 0, 0};
    struct packet packet;

    (void)state;
    reassembly_init(&reassembly);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, first, 36, 36, T0_NS, &packet),
                     DECODE_FRAGMENT);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, second, sizeof(second),
                                      sizeof(second), T0_NS, &packet),
                     DECODE_OK);
    assert_int_equal(packet.tcp.flags, TCP_SYN);
    assert_int_equal(packet.tcp.ack, ACK);
}

static void a_last_fragment_far_behind_tells_the_length(void **state)
{
    static struct reassembly reassembly;
    static const uint8_t first[] = {IPV4_FRAGMENT(28, 6, MORE), 0x9c, 0x40, 0x01, 0xbb, 1, 2, 3, 4};
    static const uint8_t second[] = {IPV4_FRAGMENT(36, 6, MORE | 1),
                                     0,
                                     0,
                                     0,
                                     0,
                                     0x50,
                                     0x10,
                                     0,
                                     1,
                                     0,
                                     0,
                                     0,
                                     0,
                                     'a',
                                     'b',
                                     'c',
                                     'd'};
    static const uint8_t last[] = {IPV4_FRAGMENT(23, 6, 100), 'x', 'y', 'z'};
    struct packet packet;

    (void)state;
    reassembly_init(&reassembly);
    (void)reassembly_frame(&reassembly, LINKTYPE_RAW, first, 28, 28, T0_NS, &packet);
    (void)reassembly_frame(&reassembly, LINKTYPE_RAW, second, 36, 36, T0_NS, &packet);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, last, 23, 23, T0_NS, &packet),
                     DECODE_OK);
    assert_int_equal(packet.tcp.payload_wire_bytes, 783);
    assert_int_equal(packet.tcp.payload_captured_bytes, 4);
}

static void ordinary_fragments_take_no_slot(void **state)
{
    static struct reassembly reassembly;
    static const uint8_t tail[] = {IPV4_FRAGMENT(28, 6, 185), 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t udp[] = {IPV4_FRAGMENT(28, 17, 1), 1, 2, 3, 4, 5, 6, 7, 8};
    struct packet packet;
    size_t i;

    (void)state;
    reassembly_init(&reassembly);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, tail, 28, 28, T0_NS, &packet),
                     DECODE_FRAGMENT);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, udp, 28, 28, T0_NS, &packet),
                     DECODE_FRAGMENT);
    for (i = 0; i < REASSEMBLY_SLOTS; i++)
        assert_false(reassembly.slots[i].is_used);
}

/* The first fragments of datagrams 0 to 63, of which number 5 is the oldest. */
static void fill_slots(struct reassembly *reassembly)
{
    struct packet packet;
    uint8_t id;

    reassembly_init(reassembly);
    for (id = 0; id < REASSEMBLY_SLOTS; id++) {
        const struct piece piece = {0, 24, id, id == 5 ? 0 : 1 + id / 8};

        assert_int_equal(feed(reassembly, &piece, &packet), DECODE_FRAGMENT);
    }
}

static void the_oldest_datagram_makes_room(void **state)
{
    static struct reassembly reassembly;
    struct packet packet;

    (void)state;
    fill_slots(&reassembly);
    assert_int_equal(feed(&reassembly, &(struct piece){0, 24, 64, 9}, &packet), DECODE_FRAGMENT);
    assert_int_equal(feed(&reassembly, &(struct piece){24, 24, 64, 9}, &packet), DECODE_OK);
    assert_int_equal(feed(&reassembly, &(struct piece){24, 24, 0, 9}, &packet), DECODE_OK);
    assert_int_equal(feed(&reassembly, &(struct piece){24, 24, 5, 9}, &packet), DECODE_FRAGMENT);
}

static void none_makes_room_while_a_slot_is_free(void **state)
{
    static struct reassembly reassembly;
    struct packet packet;

    (void)state;
    fill_slots(&reassembly);
    assert_int_equal(feed(&reassembly, &(struct piece){24, 24, 40, 9}, &packet), DECODE_OK);
    assert_int_equal(feed(&reassembly, &(struct piece){0, 24, 64, 9}, &packet), DECODE_FRAGMENT);
    assert_int_equal(feed(&reassembly, &(struct piece){24, 24, 5, 9}, &packet), DECODE_OK);
}

static void the_ip_header_is_the_first_fragment_s(void **state)
{
    static struct reassembly reassembly;
    static uint8_t last[] = {IPV4_FRAGMENT(24, 6, 2), 0, 0, 0, 0};
    static const uint8_t first[] = {
        IPV4_FRAGMENT(36, 6, MORE), 0x9c, 0x40, 0x01, 0xbb, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0, 1};
    struct packet packet;

    (void)state;
    last[8] = 33; /* TTL */
    reassembly_init(&reassembly);
    (void)reassembly_frame(&reassembly, LINKTYPE_RAW, last, 24, 24, T0_NS, &packet);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, first, 36, 36, T0_NS, &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
}

static void headers_that_contradict_themselves_are_malformed(void **state)
{
    static struct reassembly reassembly;
    static const uint8_t odd[] = {IPV4_FRAGMENT(31, 6, MORE), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const uint8_t first[] = {IPV4_FRAGMENT(36, 6, MORE), TCP(4, 0x02)};
    static const uint8_t last[] = {IPV4_FRAGMENT(28, 6, 2), 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t longer[] = {IPV4_FRAGMENT(36, 6, MORE), TCP(15, 0x02)};
    struct packet packet;

    (void)state;
    reassembly_init(&reassembly);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, odd, 31, 31, T0_NS, &packet),
                     DECODE_MALFORMED);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, first, 36, 36, T0_NS, &packet),
                     DECODE_FRAGMENT);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, last, 28, 28, T0_NS, &packet),
                     DECODE_MALFORMED);
    /* A header of 60 bytes in a datagram of 24. */
    (void)reassembly_frame(&reassembly, LINKTYPE_RAW, longer, 36, 36, T0_NS, &packet);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, last, 28, 28, T0_NS, &packet),
                     DECODE_MALFORMED);
}

/* Next header, reserved, offset and flags, id */
#define V6_FRAGMENT(offset, id) 6, 0, U16(offset), 0, 1, 0x12, (id)

static void fragments_of_ipv6_are_put_together_too(void **state)
{
    static struct reassembly reassembly;
    static const uint8_t first[] = {
        IPV6(16, 44), V6_FRAGMENT(1, 7), 0x9c, 0x40, 0x01, 0xbb, 1, 2, 3, 4};
    static const uint8_t last[] = {
        IPV6(20, 44), V6_FRAGMENT(8, 7), 0, 0, 0, 0, 0x50, 2, 0, 1, 0, 0, 0, 0};
    static const uint8_t other[] = {
        IPV6(20, 44), V6_FRAGMENT(8, 8), 0, 0, 0, 0, 0x50, 2, 0, 1, 0, 0, 0, 0};
    struct packet packet;

    (void)state;
    reassembly_init(&reassembly);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, first, sizeof(first),
                                      sizeof(first), T0_NS, &packet),
                     DECODE_FRAGMENT);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, other, sizeof(other),
                                      sizeof(other), T0_NS, &packet),
                     DECODE_FRAGMENT);
    assert_int_equal(reassembly_frame(&reassembly, LINKTYPE_RAW, last, sizeof(last), sizeof(last),
                                      T0_NS, &packet),
                     DECODE_OK);
    assert_is_syn(&packet);
}

static void no_cut_of_a_fragment_is_read_past(void **state)
{
    static struct reassembly reassembly;
    struct guard guard = guard_open();
    uint8_t first[20 + sizeof(segment)], last[20 + sizeof(segment)];
    size_t first_bytes = build_piece(&(struct piece){0, 24, 1, 0}, first);
    size_t last_bytes = build_piece(&(struct piece){24, 24, 1, 0}, last);
    size_t cut_bytes;

    (void)state;
    for (cut_bytes = 0; cut_bytes <= last_bytes; cut_bytes++) {
        const uint8_t *at = guard_place(&guard, last, cut_bytes);
        struct packet packet;
        enum decode_result result;

        reassembly_init(&reassembly);
        (void)reassembly_frame(&reassembly, LINKTYPE_RAW, first, first_bytes, first_bytes, T0_NS,
                               &packet);
        result =
            reassembly_frame(&reassembly, LINKTYPE_RAW, at, cut_bytes, last_bytes, T0_NS, &packet);
        /* The header ends 16 bytes into the last fragment. */
        if (cut_bytes < 36)
            assert_true(result == DECODE_FRAGMENT || result == DECODE_TRUNCATED);
        else
            assert_int_equal(result, DECODE_OK);
    }
    guard_close(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_told_once_and_when_it_is_complete),
        cmocka_unit_test(where_fragments_overlap_the_first_to_come_wins),
        cmocka_unit_test(a_last_fragment_far_behind_tells_the_length),
        cmocka_unit_test(ordinary_fragments_take_no_slot),
        cmocka_unit_test(the_oldest_datagram_makes_room),
        cmocka_unit_test(none_makes_room_while_a_slot_is_free),
        cmocka_unit_test(the_ip_header_is_the_first_fragment_s),
        cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
        cmocka_unit_test(fragments_of_ipv6_are_put_together_too),
        cmocka_unit_test(no_cut_of_a_fragment_is_read_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
