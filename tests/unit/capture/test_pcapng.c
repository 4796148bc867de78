/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng: byte orders, sections, interfaces, resolutions, odd blocks, damage. */
#include "capture/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "build.h"
#include "guard.h"
#include "unit.h"

#include "read_all.h"

#define SIMPLE_PACKET 3
#define OLD_PACKET 2
#define NAME_RESOLUTION 4
#define STATISTICS 5
#define CUSTOM 0x00000bad

static struct build build;

static void start(bool is_big_endian)
{
    build.n_bytes = 0;
    build.is_big_endian = is_big_endian;
    build_section(&build);
}

static struct read_all read_built(void)
{
    return read_all(build.bytes, build.n_bytes);
}

static void build_odd_block(uint32_t type, size_t n_bytes)
{
    size_t block = build_begin_block(&build, type);

    build_fill(&build, 0x5a, n_bytes);
    build_end_block(&build, block);
}

static void both_byte_orders_read_alike(void **state)
{
    (void)state;
    for (int is_big_endian = 0; is_big_endian <= 1; is_big_endian++) {
        struct read_all all;

        start(is_big_endian);
        build_interface(&build, 1, 0, "eth0", -1);
        build_packet(&build, 0, 1700000000123456, 61, 1514, 7);
        all = read_built();
        assert_int_equal(all.end, READER_END);
        assert_int_equal(all.n_pkts, 1);
        assert_int_equal(all.pkts[0].ts_ns, 1700000000123456 * NS_PER_US);
        assert_int_equal(all.pkts[0].captured_bytes, 61);
        assert_int_equal(all.pkts[0].wire_bytes, 1514);
        assert_int_equal(all.pkts[0].bytes[60], 7);
        assert_string_equal(all.interfaces[0].name, "eth0");
        assert_false(all.interfaces[0].is_nanosecond);
    }
}

static void each_time_resolution_becomes_nanoseconds(void **state)
{
    static const struct {
        int tsresol;
        uint64_t units;
        int64_t ts_ns;
    } cases[] = {
        {-1, 1500000, 1500000000},
        {0, 3, 3000000000},
        {3, 1500, 1500000000},
        {6, 1500001, 1500001000},
        {9, 1500000001, 1500000001},
        {12, UINT64_C(1500000001999), 1500000001},
        {18, UINT64_C(1500000001999999999), 1500000001},
        {19, UINT64_C(15000000010000000000), 1500000001},
        {40, 12345, 0},
        {0x7f, UINT64_MAX, 1844674407},
        {0x80, 3, 3000000000},
        {0x81, 3, 1500000000},
        {0x80 + 10, 1536, 1500000000},
        {0x80 + 20, 1572864, 1500000000},
        {0x80 + 32, UINT64_C(6442450944), 1500000000},
        {0x80 + 40, UINT64_C(1649267441664), 1500000000},
        {0x80 + 63, UINT64_C(1) << 62, 500000000},
        {0xff, 0, 0},
        /* libpcap refuses both; past 2106 the seconds wrap */
        {6, UINT64_MAX, (int64_t)(18446744073709u % 4294967296u) * 1000000000 + 551615000},
        {9, UINT64_MAX, (int64_t)(18446744073u % 4294967296u) * 1000000000 + 709551615},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct read_all all;

        start(false);
        build_interface(&build, 1, 0, NULL, cases[i].tsresol);
        build_packet(&build, 0, cases[i].units, 20, 20, 0);
        all = read_built();
        assert_int_equal(all.n_pkts, 1);
        assert_int_equal(all.pkts[0].ts_ns, cases[i].ts_ns);
    }
}

static void a_time_offset_is_added(void **state)
{
    static const struct {
        uint64_t offset_s;
        int64_t ts_s;
    } cases[] = {
        {1000, 1005},
        {(uint64_t)-3, 2},
        {(uint64_t)-6, 4294967295},
        {UINT64_C(1) << 63, 5},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct read_all all;
        size_t block;

        start(true);
        block = build_begin_block(&build, 1);
        build_u16(&build, 1);
        build_u16(&build, 0);
        build_u32(&build, 0);
        build_u16(&build, 14);
        build_u16(&build, 8);
        build_number(&build, cases[i].offset_s, 8);
        build_end_block(&build, block); /* no end-of-options: allowed */
        build_packet(&build, 0, 5000000, 20, 20, 0);
        all = read_built();
        assert_int_equal(all.n_pkts, 1);
        assert_int_equal(all.pkts[0].ts_ns, cases[i].ts_s * NS_PER_S);
    }
}

/* What libpcap refuses. */
static void interfaces_may_differ_in_everything(void **state)
{
    struct read_all all;

    (void)state;
    start(false);
    build_interface(&build, 1, 96, "lo", 9);
    build_interface(&build, 113, 0, NULL, 6);
    build_packet(&build, 1, 1000001, 20, 20, 1);
    build_packet(&build, 0, 1000000002, 20, 20, 0);
    build_interface(&build, 12, 0, "late", 0);
    build_packet(&build, 2, 3, 20, 20, 2);
    all = read_built();
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 3);
    assert_int_equal(all.n_interfaces, 3);
    assert_int_equal(all.pkts[0].linktype, 113);
    assert_int_equal(all.pkts[0].source, 1);
    assert_int_equal(all.pkts[0].ts_ns, 1000001000);
    assert_int_equal(all.pkts[1].linktype, 1);
    assert_int_equal(all.pkts[1].source, 0);
    assert_int_equal(all.pkts[1].ts_ns, 1000000002);
    assert_int_equal(all.pkts[2].linktype, 101);
    assert_int_equal(all.pkts[2].source, 2);
    assert_int_equal(all.interfaces[0].snap_bytes, 96);
    assert_true(all.interfaces[0].is_nanosecond);
}

static void a_new_section_starts_over_in_its_own_byte_order(void **state)
{
    struct read_all all;

    (void)state;
    start(false);
    build_interface(&build, 1, 0, "a", -1);
    build_packet(&build, 0, 1000000, 20, 20, 0);
    build.is_big_endian = true;
    build_section(&build);
    build_interface(&build, 113, 0, "b", -1);
    build_packet(&build, 0, 2000000, 20, 20, 0);
    all = read_built();
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 2);
    assert_int_equal(all.pkts[0].linktype, 1);
    assert_int_equal(all.pkts[0].source, 0);
    assert_int_equal(all.pkts[1].linktype, 113);
    assert_int_equal(all.pkts[1].source, 1);
    assert_int_equal(all.pkts[1].ts_ns, 2 * NS_PER_S);
}

static void blocks_of_other_kinds_are_stepped_over(void **state)
{
    static const uint32_t types[] = {NAME_RESOLUTION, STATISTICS, CUSTOM, 10, 0x80000001u};
    struct read_all all;

    (void)state;
    start(false);
    build_interface(&build, 1, 0, NULL, -1);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        build_odd_block(types[i], i * 1000);
        build_packet(&build, 0, i, 20, 20, 0);
    }
    all = read_built();
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, ARRAY_LEN(types));
}

static void simple_packets_take_the_time_before_and_the_snap_length(void **state)
{
    static const struct {
        uint32_t snap_bytes;
        uint32_t wire_bytes;
        uint32_t room_bytes;
        uint32_t captured_bytes;
    } cases[] = {
        {0, 61, 64, 61},
        {64, 1500, 64, 64},
        {60, 1500, 64, 60},
        {0, 1500, 64, 64},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct read_all all;
        size_t block;

        start(false);
        build_interface(&build, 1, cases[i].snap_bytes, NULL, -1);
        build_packet(&build, 0, 7000000, 20, 20, 0);
        block = build_begin_block(&build, SIMPLE_PACKET);
        build_u32(&build, cases[i].wire_bytes);
        build_fill(&build, 9, cases[i].room_bytes);
        build_end_block(&build, block);
        all = read_built();
        assert_int_equal(all.n_pkts, 2);
        assert_int_equal(all.pkts[1].ts_ns, 7 * NS_PER_S);
        assert_int_equal(all.pkts[1].captured_bytes, cases[i].captured_bytes);
        assert_int_equal(all.pkts[1].wire_bytes, cases[i].wire_bytes);
    }
}

static void the_obsolete_packet_block_is_read(void **state)
{
    struct read_all all;
    size_t block;

    (void)state;
    start(true);
    build_interface(&build, 1, 0, NULL, -1);
    block = build_begin_block(&build, OLD_PACKET);
    build_u16(&build, 0);
    build_u16(&build, 65535); /* drops: unknown */
    build_u32(&build, 0);
    build_u32(&build, 5000000);
    build_u32(&build, 30);
    build_u32(&build, 99);
    build_fill(&build, 4, 30);
    build_end_block(&build, block);
    all = read_built();
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 1);
    assert_int_equal(all.pkts[0].ts_ns, 5 * NS_PER_S);
    assert_int_equal(all.pkts[0].captured_bytes, 30);
    assert_int_equal(all.pkts[0].wire_bytes, 99);
    assert_int_equal(all.pkts[0].bytes[29], 4);
}

static void a_name_is_cut_not_trusted(void **state)
{
    char name[200];
    struct read_all all;

    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    start(false);
    build_interface(&build, 1, 0, name, -1);
    build_packet(&build, 0, 0, 4, 4, 0);
    all = read_built();
    assert_int_equal(strlen(all.interfaces[0].name), READER_NAME_BYTES - 1);
}

static void a_lying_option_length_ends_the_options(void **state)
{
    struct read_all all;
    size_t block;

    (void)state;
    start(false);
    block = build_begin_block(&build, 1);
    build_u16(&build, 1);
    build_u16(&build, 0);
    build_u32(&build, 0);
    build_u16(&build, 2);
    build_u16(&build, 60000);
    build_end_block(&build, block);
    build_packet(&build, 0, 3000000, 20, 20, 0);
    all = read_built();
    assert_int_equal(all.n_pkts, 1);
    assert_int_equal(all.pkts[0].ts_ns, 3 * NS_PER_S);
    assert_string_equal(all.interfaces[0].name, "");
}

static void overwrite_u32(size_t off, uint32_t value)
{
    size_t n_bytes = build.n_bytes;

    build.n_bytes = off;
    build_u32(&build, value);
    build.n_bytes = n_bytes;
}

static void contradictions_end_the_file_with_the_place(void **state)
{
    static const struct {
        size_t off; /* into the second packet block */
        uint32_t value;
        const char *text;
    } cases[] = {
        {4, 11, "a block of 11 bytes"},
        {4, 8, "a block of 8 bytes"},
        {4, 54, "a block of 54 bytes"},
        {4, 0x7ffffffc, "a block claims 2147483644 bytes"},
        {4, 28, "a block's length is 28 at its start and 20 at its end"},
        {8, 1, "a packet of interface 1 where 1 are described"},
        {8, UINT32_MAX, "a packet of interface 4294967295"},
        {20, 21, "a block of 52 bytes claims a packet of 21"},
        {20, UINT32_MAX, "claims a packet of 4294967295"},
        {48, 56, "a block's length is 52 at its start and 56 at its end"},
        {0, 1, NULL}, /* becomes an interface: fine */
        {0, 3, NULL}, /* becomes a simple packet: fine */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct read_all all;
        size_t block;
        char place[64];

        start(false);
        build_interface(&build, 1, 0, NULL, -1);
        build_packet(&build, 0, 0, 20, 20, 0);
        block = build.n_bytes;
        build_packet(&build, 0, 0, 20, 20, 0);
        overwrite_u32(block + cases[i].off, cases[i].value);
        build_packet(&build, 0, 0, 20, 20, 0);
        all = read_built();
        if (!cases[i].text) {
            assert_int_equal(all.end, READER_END);
            continue;
        }
        assert_int_equal(all.end, READER_DAMAGED);
        assert_int_equal(all.n_pkts, 1);
        assert_non_null(strstr(all.err.text, cases[i].text));
        (void)snprintf(place, sizeof(place), "corrupt at byte %zu: ", block);
        assert_non_null(strstr(all.err.text, place));
    }
}

static void a_packet_without_interface_is_corruption(void **state)
{
    struct read_all all;
    size_t block;

    (void)state;
    start(false);
    block = build_begin_block(&build, SIMPLE_PACKET);
    build_u32(&build, 20);
    build_fill(&build, 0, 20);
    build_end_block(&build, block);
    all = read_built();
    assert_int_equal(all.end, READER_DAMAGED);
    assert_non_null(strstr(all.err.text, "before any interface"));
}

static void too_many_interfaces_end_the_file(void **state)
{
    struct read_all all;

    (void)state;
    start(false);
    for (int i = 0; i <= PCAPNG_MAX_INTERFACES; i++)
        build_interface(&build, 1, 0, NULL, -1);
    all = read_built();
    assert_int_equal(all.end, READER_DAMAGED);
    assert_int_equal(all.n_interfaces, PCAPNG_MAX_INTERFACES);
}

static void build_mixed(void)
{
    start(false);
    build_interface(&build, 1, 0, "eth0", 9);
    build_packet(&build, 0, 1, 21, 21, 0);
    build_odd_block(NAME_RESOLUTION, 40);
    build_packet(&build, 0, 2, 22, 22, 0);
    build.is_big_endian = true;
    build_section(&build);
    build_interface(&build, 113, 0, "any", 6);
    build_packet(&build, 0, 3, 23, 23, 0);
    build_odd_block(STATISTICS, 8);
}

static void a_file_cut_anywhere_gives_what_is_whole(void **state)
{
    struct guard guard = guard_open();
    size_t n_last = 0;

    (void)state;
    build_mixed();
    for (size_t n_bytes = 4; n_bytes <= build.n_bytes; n_bytes++) {
        struct read_all all = read_all(guard_place(&guard, build.bytes, n_bytes), n_bytes);

        assert_int_equal(all.open_code, 0);
        assert_true(all.end == READER_END || all.end == READER_DAMAGED);
        assert_true(all.n_pkts == n_last || all.n_pkts == n_last + 1);
        n_last = all.n_pkts;
        if (all.end == READER_DAMAGED)
            assert_non_null(strstr(all.err.text, "truncated: the record at byte "));
    }
    assert_int_equal(n_last, 3);
    guard_close(&guard);
}

/* Any single byte may be anything: no crash, no read past the end (the guard page), no hang. */
static void any_byte_may_lie(void **state)
{
    static const uint8_t lies[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct guard guard = guard_open();

    (void)state;
    build_mixed();
    for (size_t off = 4; off < build.n_bytes; off++) {
        uint8_t truth = build.bytes[off];

        for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
            struct read_all all;

            build.bytes[off] = lies[i];
            all = read_all(guard_place(&guard, build.bytes, build.n_bytes), build.n_bytes);
            assert_true(all.open_code != 0 || all.end != READER_PACKET);
        }
        build.bytes[off] = truth;
    }
    guard_close(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_read_alike),
        cmocka_unit_test(each_time_resolution_becomes_nanoseconds),
        cmocka_unit_test(a_time_offset_is_added),
        cmocka_unit_test(interfaces_may_differ_in_everything),
        cmocka_unit_test(a_new_section_starts_over_in_its_own_byte_order),
        cmocka_unit_test(blocks_of_other_kinds_are_stepped_over),
        cmocka_unit_test(simple_packets_take_the_time_before_and_the_snap_length),
        cmocka_unit_test(the_obsolete_packet_block_is_read),
        cmocka_unit_test(a_name_is_cut_not_trusted),
        cmocka_unit_test(a_lying_option_length_ends_the_options),
        cmocka_unit_test(contradictions_end_the_file_with_the_place),
        cmocka_unit_test(a_packet_without_interface_is_corruption),
        cmocka_unit_test(too_many_interfaces_end_the_file),
        cmocka_unit_test(a_file_cut_anywhere_gives_what_is_whole),
        cmocka_unit_test(any_byte_may_lie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
