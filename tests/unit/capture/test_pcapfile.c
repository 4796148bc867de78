/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic pcap: every variant and byte order, cut anywhere, lengths that lie. */
#include "capture/reader.h"

#include <errno.h>
#include <string.h>

#include "base/nanotime.h"
#include "build.h"
#include "guard.h"
#include "unit.h"

#include "read_all.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define MODIFIED 0xa1b2cd34u

static struct build build;

static void start(bool is_big_endian, uint32_t magic, uint32_t linktype)
{
    build.n_bytes = 0;
    build.is_big_endian = is_big_endian;
    build_pcap_header(&build, magic, linktype);
}

static void each_variant_gives_the_same_packets(void **state)
{
    static const struct {
        uint32_t magic;
        bool is_big_endian;
        uint32_t fraction;
    } cases[] = {
        {MICRO, false, 123456},  {MICRO, true, 123456},   {NANO, false, 123456789},
        {NANO, true, 123456789}, {MODIFIED, false, 1234}, {MODIFIED, true, 1234},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t unit_ns = cases[i].magic == NANO ? 1 : NS_PER_US;
        struct read_all all;

        start(cases[i].is_big_endian, cases[i].magic, 113);
        for (uint8_t k = 0; k < 3; k++) {
            build_pcap_record(&build, 1700000000, cases[i].fraction + k, 0, 900u + k, 0);
            build.n_bytes -= 8;
            build_u32(&build, 60u + k);
            build.n_bytes += 4;
            if (cases[i].magic == MODIFIED)
                build_fill(&build, 0xee, 8);
            build_fill(&build, k, 60u + k);
        }
        all = read_all(build.bytes, build.n_bytes);
        assert_int_equal(all.open_code, 0);
        assert_int_equal(all.end, READER_END);
        assert_int_equal(all.n_pkts, 3);
        assert_int_equal(all.n_interfaces, 1);
        assert_int_equal(all.interfaces[0].linktype, 113);
        assert_int_equal(all.interfaces[0].snap_bytes, 65535);
        assert_int_equal(all.interfaces[0].is_nanosecond, cases[i].magic == NANO);
        for (uint8_t k = 0; k < 3; k++) {
            assert_int_equal(all.pkts[k].ts_ns,
                             1700000000 * NS_PER_S + (cases[i].fraction + k) * unit_ns);
            assert_int_equal(all.pkts[k].captured_bytes, 60 + k);
            assert_int_equal(all.pkts[k].wire_bytes, 900 + k);
            assert_int_equal(all.pkts[k].linktype, 113);
            assert_int_equal(all.pkts[k].bytes[59], k);
        }
    }
}

static void link_types_are_made_one_numbering(void **state)
{
    static const struct {
        uint32_t in_file;
        uint16_t linktype;
    } cases[] = {
        {1, 1},     {0, 0},     {12, 101},  {14, 101},        {101, 101},
        {108, 108}, {276, 276}, {228, 228}, {0xf4000001u, 1}, {0x00ffffffu, 65535},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct read_all all;

        start(false, MICRO, cases[i].in_file);
        build_pcap_record(&build, 1, 2, 20, 20, 0);
        all = read_all(build.bytes, build.n_bytes);
        assert_int_equal(all.n_pkts, 1);
        assert_int_equal(all.pkts[0].linktype, cases[i].linktype);
    }
}

static void a_header_alone_is_an_empty_capture(void **state)
{
    struct read_all all;

    (void)state;
    start(false, MICRO, 1);
    all = read_all(build.bytes, build.n_bytes);
    assert_int_equal(all.open_code, 0);
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 0);
}

/* At every length: only whole packets come out, and a cut is told from a clean end. */
static void a_file_cut_anywhere_gives_what_is_whole(void **state)
{
    struct guard guard = guard_open();
    size_t record_bytes = 16 + 40;
    size_t whole_bytes;

    (void)state;
    start(false, MICRO, 1);
    for (uint8_t i = 0; i < 3; i++)
        build_pcap_record(&build, i, 0, 40, 40, i);
    whole_bytes = build.n_bytes;
    for (size_t n_bytes = 0; n_bytes <= whole_bytes; n_bytes++) {
        struct read_all all = read_all(guard_place(&guard, build.bytes, n_bytes), n_bytes);

        if (n_bytes < 24) {
            assert_int_equal(all.open_code, -EBADMSG);
            continue;
        }
        assert_int_equal(all.open_code, 0);
        assert_int_equal(all.n_pkts, (n_bytes - 24) / record_bytes);
        assert_int_equal(all.end, (n_bytes - 24) % record_bytes ? READER_DAMAGED : READER_END);
        if (all.end == READER_DAMAGED)
            assert_non_null(strstr(all.err.text, "truncated: the record at byte "));
    }
    guard_close(&guard);
}

static void a_length_that_cannot_be_is_corruption(void **state)
{
    struct read_all all;

    (void)state;
    start(false, MICRO, 1);
    build_pcap_record(&build, 1, 2, 60, 60, 0);
    build_pcap_record(&build, 1, 2, 0, 60, 0);
    build.n_bytes -= 8;
    build_u32(&build, 3925868813u);
    build_u32(&build, 60);
    build_fill(&build, 0, 1000);
    all = read_all(build.bytes, build.n_bytes);
    assert_int_equal(all.end, READER_DAMAGED);
    assert_int_equal(all.n_pkts, 1);
    assert_string_equal(all.err.text, "corrupt at byte 100: a record claims a packet of "
                                      "3925868813 bytes; 1 packet before it was read");
}

static void odd_but_possible_numbers_are_made_sane(void **state)
{
    struct read_all all;

    (void)state;
    start(false, MICRO, 1);
    build_pcap_record(&build, UINT32_MAX, UINT32_MAX, 10, 4, 0); /* wire < captured */
    build_pcap_record(&build, 0, 0, 0, 0, 0);
    all = read_all(build.bytes, build.n_bytes);
    assert_int_equal(all.end, READER_END);
    assert_int_equal(all.n_pkts, 2);
    assert_int_equal(all.pkts[0].ts_ns, FRAME_MAX_TS_NS);
    assert_int_equal(all.pkts[0].wire_bytes, 10);
    assert_int_equal(all.pkts[1].captured_bytes, 0);
}

static void what_is_no_capture_is_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t n_bytes;
        const char *text;
    } cases[] = {
        {"", 0, "it is empty"},
        {"snoop\0\0\0\0\0\0\2", 12, "a Solaris snoop capture"},
        {"BZh91AY&SY", 10, "bzip2 -dc"},
        {"\xfd"
         "7zXZ\0",
         6, "xz -dc"},
        {"PK\x03\x04", 4, "zip"},
        {"\x7f"
         "ELF",
         4, "a program"},
        {"{\"schema\"", 9, "JSON"},
        {"hello world", 11, "not a pcap or pcapng file"},
        {"\xd4\xc3", 2, "not a pcap or pcapng file"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const uint8_t *bytes = (const void *)cases[i].bytes;
        struct read_all all = read_all(bytes, cases[i].n_bytes);
        struct err err = {0};

        assert_int_equal(all.open_code, -EBADMSG);
        assert_non_null(strstr(all.err.text, cases[i].text));
        assert_int_equal(reader_sniff(bytes, cases[i].n_bytes, &err), -EBADMSG);
        assert_string_equal(err.text, all.err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variant_gives_the_same_packets),
        cmocka_unit_test(link_types_are_made_one_numbering),
        cmocka_unit_test(a_header_alone_is_an_empty_capture),
        cmocka_unit_test(a_file_cut_anywhere_gives_what_is_whole),
        cmocka_unit_test(a_length_that_cannot_be_is_corruption),
        cmocka_unit_test(odd_but_possible_numbers_are_made_sane),
        cmocka_unit_test(what_is_no_capture_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
