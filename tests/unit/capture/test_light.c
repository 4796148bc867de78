/* SPDX-License-Identifier: BSD-2-Clause */
/* What --light lets through. */
#include "capture/light.h"

#include "base/compiler.h"
#include "capture/filter.h"
#include "packets.h"
#include "unit.h"

static char text[LIGHT_FILTER_BYTES];

static void open_filter(struct filter *filter, const char *users)
{
    assert_int_equal(light_filter(users, true, text, NULL), 0);
    assert_int_equal(filter_compile(filter, text, 1, NULL), 0);
}

static bool keeps(const struct filter *filter, const struct packet_plan *plan, const char *payload,
                  size_t n_bytes)
{
    struct made_packet made = make_packet(plan);
    struct raw_packet packet = {.bytes = made.bytes};

    memcpy(made.bytes + made.n_bytes, payload, n_bytes);
    packet.captured_bytes = made.n_bytes + (uint32_t)n_bytes;
    packet.wire_bytes = packet.captured_bytes;
    return filter_keeps(filter, &packet);
}

static void only_what_opens_or_ends_a_connection_passes_by_its_flags(void **state)
{
    static const struct {
        uint8_t flags;
        bool is_kept;
    } cases[] = {{FLAG_SYN, true},
                 {FLAG_SYN | FLAG_ACK, true},
                 {FLAG_FIN | FLAG_ACK, true},
                 {FLAG_RST, true},
                 {FLAG_RST | FLAG_ACK, true},
                 {FLAG_ACK, false},
                 {FLAG_PSH | FLAG_ACK, false}};
    struct filter filter = {0};

    (void)state;
    open_filter(&filter, NULL);
    for (size_t i = 0; i < 4 * ARRAY_LEN(cases); i++) {
        struct packet_plan plan = {.flags = cases[i / 4].flags};

        plan.is_v6 = i % 2;
        plan.has_vlan = i / 2 % 2;
        assert_int_equal(keeps(&filter, &plan, "", 0), cases[i / 4].is_kept);
    }
    filter_close(&filter);
}

static void a_payload_passes_by_its_first_words(void **state)
{
#define SAYS(bytes) bytes, sizeof(bytes) - 1
    static const struct {
        const char *payload;
        size_t n_bytes;
        bool is_kept;
    } cases[] = {
        {SAYS("\x16\x03\x01\x02\x00\x01"), true},     /* ClientHello */
        {SAYS("\x15\x03\x03\x00\x02\x02\x28"), true}, /* alert */
        {SAYS("\x17\x03\x03\x00\x13\x01"), true},     /* as short as an alert */
        {SAYS("\x17\x03\x03\x40\x00\x01"), false},    /* data */
        {SAYS("GET / HTTP/1.1\r\n"), true},
        {SAYS("HTTP/1.1 503 "), true},
        {SAYS("PRI * HTTP/2.0\r\n"), true},
        {SAYS("\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\x0b"), true}, /* GOAWAY */
        {SAYS("\0\0\x04\x03\0\0\0\0\x03\0\0\0\x07"), true},         /* RST_STREAM */
        {SAYS("\0\x20\0\0\0\0\0\0\x01some data"), false},           /* DATA */
        {SAYS("421 too many"), true},
        {SAYS("-ERR max number of clients"), true},
        {SAYS("anything else that is long enough"), false},
        {SAYS("x"), false},
    };
#undef SAYS
    struct filter filter = {0};

    (void)state;
    open_filter(&filter, NULL);
    for (size_t i = 0; i < 4 * ARRAY_LEN(cases); i++) {
        struct packet_plan plan = {.flags = FLAG_PSH | FLAG_ACK};

        plan.is_v6 = i % 2;
        plan.has_vlan = i / 2 % 2;
        if (keeps(&filter, &plan, cases[i / 4].payload, cases[i / 4].n_bytes) !=
            cases[i / 4].is_kept)
            fail_msg("payload %zu, v6 %d, VLAN %d", i / 4, plan.is_v6, plan.has_vlan);
    }
    filter_close(&filter);
}

static void other_protocols_pass_where_a_verdict_needs_them(void **state)
{
    static const struct {
        struct packet_plan plan;
        uint8_t first; /* byte behind the network header */
        bool is_kept;
    } cases[] = {
        {{.protocol = 1}, 3, true},                   /* unreachable */
        {{.protocol = 1}, 8, false},                  /* echo */
        {{.protocol = 58, .is_v6 = true}, 1, true},   /* unreachable */
        {{.protocol = 58, .is_v6 = true}, 135, true}, /* who has */
        {{.protocol = 58, .is_v6 = true}, 128, false},
        {{.protocol = 17}, 0, false},
        {{.protocol = 47}, 0, true},                /* GRE: who knows what is inside */
        {{.protocol = 44, .is_v6 = true}, 0, true}, /* a fragment */
        {{.fragment_off = 64, .flags = FLAG_ACK}, 0, true},
    };
    struct filter filter = {0};

    (void)state;
    open_filter(&filter, NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made_packet made = make_packet(&cases[i].plan);
        struct raw_packet packet = {
            .bytes = made.bytes, .captured_bytes = made.n_bytes, .wire_bytes = made.n_bytes};

        made.bytes[cases[i].plan.is_v6 ? 54 : 34] = cases[i].first;
        if (filter_keeps(&filter, &packet) != cases[i].is_kept)
            fail_msg("case %zu", i);
    }
    filter_close(&filter);
}

static void a_filter_of_the_user_holds_as_well(void **state)
{
    struct filter filter = {0};
    char long_filter[LIGHT_FILTER_BYTES];

    (void)state;
    open_filter(&filter, "port 443 or port 80");
    assert_true(keeps(&filter, &(struct packet_plan){.flags = FLAG_SYN}, "", 0));
    filter_close(&filter);
    open_filter(&filter, "not port 443");
    assert_false(keeps(&filter, &(struct packet_plan){.flags = FLAG_SYN}, "", 0));
    filter_close(&filter);
    open_filter(&filter, "vlan 7");
    assert_true(keeps(&filter, &(struct packet_plan){.flags = FLAG_SYN, .has_vlan = true}, "", 0));
    assert_false(keeps(&filter, &(struct packet_plan){.flags = FLAG_SYN}, "", 0));
    assert_false(keeps(&filter, &(struct packet_plan){.flags = FLAG_ACK, .has_vlan = true}, "", 0));
    filter_close(&filter);
    memset(long_filter, ' ', sizeof(long_filter) - 1);
    long_filter[sizeof(long_filter) - 1] = '\0';
    assert_int_not_equal(light_filter(long_filter, true, text, NULL), 0);
}

static void link_types_of_live_captures_take_it(void **state)
{
    static const struct {
        uint16_t linktype;
        bool has_vlan;
    } cases[] = {{1, true}, {101, false}, {113, false}, {276, false}, {0, false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct filter filter = {0};

        assert_int_equal(light_filter("tcp", cases[i].has_vlan, text, NULL), 0);
        assert_int_equal(filter_compile(&filter, text, cases[i].linktype, NULL), 0);
        filter_close(&filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_opens_or_ends_a_connection_passes_by_its_flags),
        cmocka_unit_test(a_payload_passes_by_its_first_words),
        cmocka_unit_test(other_protocols_pass_where_a_verdict_needs_them),
        cmocka_unit_test(a_filter_of_the_user_holds_as_well),
        cmocka_unit_test(link_types_of_live_captures_take_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
