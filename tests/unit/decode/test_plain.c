/* SPDX-License-Identifier: BSD-2-Clause */
/* The short way to decode a plain frame finds what the layers find, or leaves it to them. */
#include "frames.h"

#include "base/compiler.h"
#include "decode/layers.h"
#include "same_packet.h"

#define LINKTYPE_ETHERNET 1
#define TIMESTAMPS 1, 1, 8, 10, 0, 1, 2, 3, 4, 5, 6, 7

static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    bool is_plain;
} cases[] = {
    {"bare ACK", FRAME(ETHERNET(0x0800), IPV4(40, 6), TCP(5, 0x10)), true},
    {"padded", FRAME(ETHERNET(0x0800), IPV4(40, 6), TCP(5, 0x10), 0, 0, 0, 0, 0, 0), true},
    {"payload", FRAME(ETHERNET(0x0800), IPV4(43, 6), TCP(5, 0x18), 'G', 'E', 'T'), true},
    {"timestamps", FRAME(ETHERNET(0x0800), IPV4(53, 6), TCP(8, 0x11), TIMESTAMPS, 'x'), true},
    {"other options",
     FRAME(ETHERNET(0x0800), IPV4(52, 6), TCP(8, 0x10), 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 1),
     false},
    {"VLAN", FRAME(ETHERNET(0x8100), VLAN(7, 0x0800), IPV4(40, 6), SYN), false},
    {"fragment", FRAME(ETHERNET(0x0800), IPV4_FRAGMENT(40, 6, 0x2000), SYN), false},
    {"later fragment", FRAME(ETHERNET(0x0800), IPV4_FRAGMENT(40, 6, 1), SYN), false},
    {"UDP",
     FRAME(ETHERNET(0x0800), IPV4(40, 17), UDP(53, 20), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
     false},
    {"length beyond the frame", FRAME(ETHERNET(0x0800), IPV4(90, 6), SYN), false},
    {"length of large sends", FRAME(ETHERNET(0x0800), IPV4(0, 6), SYN), false},
    {"loopback", FRAME(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, IPV4(40, 6), SYN), false},
};

static void the_frame_that_nearly_all_are_goes_the_short_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct packet packet;

        if (decode_plain(LINKTYPE_ETHERNET, cases[i].bytes, cases[i].n_bytes, cases[i].n_bytes,
                         &packet) != cases[i].is_plain)
            fail_msg("%s", cases[i].name);
    }
}

/* Counts the frames that went the short way. */
static unsigned check_both(const char *name, const uint8_t *bytes, size_t captured_bytes,
                           size_t wire_bytes)
{
    struct packet plain, layered;
    struct walk walk = walk_over(bytes, captured_bytes, wire_bytes, &layered);

    if (!decode_plain(LINKTYPE_ETHERNET, bytes, captured_bytes, wire_bytes, &plain))
        return 0;
    if (walk_frame(&walk, LINKTYPE_ETHERNET) != DECODE_OK || !is_same_packet(&plain, &layered))
        fail_msg("%s: %zu of %zu bytes", name, captured_bytes, wire_bytes);
    return 1;
}

static void it_finds_what_the_layers_find_at_every_length(void **state)
{
    unsigned n_plain = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t captured = 0; captured <= cases[i].n_bytes; captured++) {
            for (size_t wire = captured < 9 ? 0 : captured - 9; wire < captured + 9; wire++)
                n_plain += check_both(cases[i].name, cases[i].bytes, captured, wire);
        }
    }
    assert_true(n_plain > 30);
}

static void it_finds_what_the_layers_find_whatever_a_byte_says(void **state)
{
    unsigned n_plain = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t bytes[128];

        memcpy(bytes, cases[i].bytes, cases[i].n_bytes);
        for (size_t at = 0; at < cases[i].n_bytes; at++) {
            for (unsigned value = 0; value < 256; value++) {
                bytes[at] = (uint8_t)value;
                n_plain += check_both(cases[i].name, bytes, cases[i].n_bytes, cases[i].n_bytes);
            }
            bytes[at] = cases[i].bytes[at];
        }
    }
    assert_true(n_plain > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frame_that_nearly_all_are_goes_the_short_way),
        cmocka_unit_test(it_finds_what_the_layers_find_at_every_length),
        cmocka_unit_test(it_finds_what_the_layers_find_whatever_a_byte_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
