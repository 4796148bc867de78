/* SPDX-License-Identifier: BSD-2-Clause */
#include "frames.h"

#include "base/compiler.h"

#define LINKTYPE_RAW 101

/* Type, code, checksum, then four bytes that depend on them */
#define ICMP(type, code, ...) (type), (code), 0xdd, 0xdd, __VA_ARGS__
#define UNUSED 0, 0, 0, 0
/* Ports and sequence number: the 8 bytes of transport that RFC 792 promises */
#define TCP_8 U16(40000), U16(443), 1, 2, 3, 4

struct error_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
    uint8_t type, code;
    uint32_t mtu_bytes;
    bool has_ports, has_seq, has_flags;
    uint8_t proto;
    uint16_t flags;
};

static const struct error_case error_cases[] = {
    {"port unreachable, 8 bytes quoted",
     FRAME(OUTER_IPV4(56, 1), ICMP(3, 3, UNUSED), IPV4(60, 6), TCP_8), 3, 3, 0, true, true, false,
     6, 0},
    {"host unreachable, the whole SYN quoted",
     FRAME(OUTER_IPV4(68, 1), ICMP(3, 1, UNUSED), IPV4(40, 6), SYN), 3, 1, 0, true, true, true, 6,
     TCP_SYN},
    {"fragmentation needed tells the MTU",
     FRAME(OUTER_IPV4(56, 1), ICMP(3, 4, 0, 0, 0x05, 0x78), IPV4(1500, 6), TCP_8), 3, 4, 1400, true,
     true, false, 6, 0},
    {"time exceeded", FRAME(OUTER_IPV4(56, 1), ICMP(11, 0, UNUSED), IPV4(60, 6), TCP_8), 11, 0, 0,
     true, true, false, 6, 0},
    {"an unreachable UDP port",
     FRAME(OUTER_IPV4(56, 1), ICMP(3, 3, UNUSED), IPV4(60, 17), UDP(443, 40)), 3, 3, 0, true, false,
     false, 17, 0},
    {"a quoted protocol without ports",
     FRAME(OUTER_IPV4(56, 1), ICMP(3, 2, UNUSED), IPV4(60, 47), TCP_8), 3, 2, 0, false, false,
     false, 47, 0},
    {"a quoted fragment that is not the first",
     FRAME(OUTER_IPV4(68, 1), ICMP(11, 1, UNUSED), IPV4_FRAGMENT(40, 6, 0x00b9), SYN), 11, 1, 0,
     false, false, false, 6, 0},
    {"a quote that was cut to the ports",
     FRAME(OUTER_IPV4(52, 1), ICMP(3, 3, UNUSED), IPV4(60, 6), U16(40000), U16(443)), 3, 3, 0, true,
     false, false, 6, 0},
    {"zeros behind a short quoted datagram are padding",
     FRAME(OUTER_IPV4(64, 1), ICMP(3, 3, UNUSED), IPV4(28, 6), TCP_8, 0, 0, 0, 0, 0, 0, 0, 0), 3, 3,
     0, true, true, false, 6, 0},
    {"a quoted length in the wrong byte order is not believed",
     FRAME(OUTER_IPV4(68, 1), ICMP(3, 3, UNUSED), IPV4(20, 6), SYN), 3, 3, 0, true, true, true, 6,
     TCP_SYN},
    {"extensions behind a quote of 28 bytes (RFC 4884)",
     FRAME(OUTER_IPV4(64, 1), ICMP(3, 3, 0, 7, 0, 0), IPV4(40, 6), TCP_8, 0x20, 0, 0, 0, 0, 8, 1,
           1),
     3, 3, 0, true, true, false, 6, 0},
    {"a redirect's gateway is no length of a quote",
     FRAME(OUTER_IPV4(56, 1), ICMP(5, 1, 10, 1, 0, 9), IPV4(60, 6), TCP_8), 5, 1, 0, true, true,
     false, 6, 0},
    {"IPv6 address unreachable", FRAME(IPV6(68, 58), ICMP(1, 3, UNUSED), IPV6(20, 6), SYN), 1, 3, 0,
     true, true, true, 6, TCP_SYN},
    {"IPv6 packet too big tells the MTU",
     FRAME(IPV6(56, 58), ICMP(2, 0, 0, 0, 0x05, 0x00), IPV6(1440, 6), TCP_8), 2, 0, 1280, true,
     true, false, 6, 0},
    {"zeros behind a short quoted IPv6 datagram are padding",
     FRAME(IPV6(64, 58), ICMP(1, 4, UNUSED), IPV6(8, 6), TCP_8, 0, 0, 0, 0, 0, 0, 0, 0), 1, 4, 0,
     true, true, false, 6, 0},
    {"extensions behind an IPv6 quote of 48 bytes (RFC 4884)",
     FRAME(IPV6(64, 58), ICMP(3, 0, 6, 0, 0, 0), IPV6(20, 6), TCP_8, 0x20, 0, 0, 0, 0, 8, 1, 1), 3,
     0, 0, true, true, false, 6, 0},
    {"an IPv6 quote with extension headers",
     FRAME(IPV6(72, 58), ICMP(1, 4, UNUSED), IPV6(60, 0), 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0,
           0, 1, TCP_8),
     1, 4, 0, true, true, false, 6, 0},
    {"an IPv6 quote of a later fragment",
     FRAME(IPV6(64, 58), ICMP(3, 0, UNUSED), IPV6(60, 44), 6, 0, 0, 8, 0, 0, 0, 1, TCP_8), 3, 0, 0,
     false, false, false, 6, 0},
};

static void check_quote(const struct icmp_quote *quote, const struct error_case *c, uint8_t version)
{
    assert_true(quote->is_valid);
    assert_address(&quote->src, version == 4 ? "192.0.2.1" : "2001:db8::1");
    assert_address(&quote->dst, version == 4 ? "198.51.100.2" : "2001:db8::2");
    assert_int_equal(quote->proto, c->proto);
    assert_int_equal(quote->ttl, 61);
    assert_int_equal(quote->ip_id, version == 4 ? 0x1234 : 0);
    assert_int_equal(quote->has_ports, c->has_ports);
    assert_int_equal(quote->has_seq, c->has_seq);
    assert_int_equal(quote->has_flags, c->has_flags);
    assert_int_equal(quote->sport, c->has_ports ? 40000 : 0);
    assert_int_equal(quote->dport, c->has_ports ? 443 : 0);
    assert_int_equal(quote->seq, c->has_seq ? SEQ : 0);
    assert_int_equal(quote->tcp_flags, c->flags);
}

static void an_error_tells_whose_packet_it_is_about(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(error_cases); i++) {
        const struct error_case *c = &error_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        memset(&packet, 0xee, sizeof(packet));
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_int_equal(packet.kind, PACKET_ICMP_ERROR);
        assert_int_equal(packet.icmp.type, c->type);
        assert_int_equal(packet.icmp.code, c->code);
        assert_int_equal(packet.icmp.mtu_bytes, c->mtu_bytes);
        check_quote(&packet.icmp.quote, c, packet.ip_version);
    }
}

struct invalid_case {
    const char *name;
    const uint8_t *bytes;
    size_t n_bytes;
};

static const struct invalid_case invalid_cases[] = {
    {"no quote at all", FRAME(OUTER_IPV4(28, 1), ICMP(3, 3, UNUSED))},
    {"a quote cut in its addresses", FRAME(OUTER_IPV4(46, 1), ICMP(3, 3, UNUSED), 0x45, 0, 0, 60, 0,
                                           1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51)},
    {"a quote of another version", FRAME(OUTER_IPV4(68, 1), ICMP(3, 3, UNUSED), IPV6(20, 6))},
    {"a quote with a header length of 16",
     FRAME(OUTER_IPV4(48, 1), ICMP(3, 3, UNUSED), 0x44, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0,
           2, 1, 198, 51, 100, 2)},
    {"an IPv6 quote cut in its extension headers",
     FRAME(IPV6(50, 58), ICMP(1, 4, UNUSED), IPV6(28, 0), 6, 0)},
};

static void a_quote_without_addresses_is_not_valid(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(invalid_cases); i++) {
        const struct invalid_case *c = &invalid_cases[i];
        struct packet packet;

        print_message("  %s\n", c->name);
        assert_int_equal(decode_three_ways(LINKTYPE_RAW, c->bytes, c->n_bytes, &packet), DECODE_OK);
        assert_int_equal(packet.kind, PACKET_ICMP_ERROR);
        assert_false(packet.icmp.quote.is_valid);
        assert_false(packet.icmp.quote.has_ports);
    }
}

static void echo_is_no_error(void **state)
{
    static const uint8_t v4[] = {OUTER_IPV4(32, 1), ICMP(8, 0, 0, 1, 0, 1), 'p', 'i', 'n', 'g'};
    static const uint8_t v6[] = {IPV6(12, 58), ICMP(128, 0, 0, 1, 0, 1), 'p', 'i', 'n', 'g'};
    struct packet packet;

    (void)state;
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, v4, sizeof(v4), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_ICMP_OTHER);
    assert_int_equal(packet.icmp.type, 8);
    assert_int_equal(decode_three_ways(LINKTYPE_RAW, v6, sizeof(v6), &packet), DECODE_OK);
    assert_int_equal(packet.kind, PACKET_ICMP_OTHER);
    assert_int_equal(packet.icmp.type, 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_tells_whose_packet_it_is_about),
        cmocka_unit_test(a_quote_without_addresses_is_not_valid),
        cmocka_unit_test(echo_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
