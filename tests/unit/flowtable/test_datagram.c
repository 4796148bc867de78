/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams: which of them an ICMP error is about, and which errors are nobody's failure. */
#include "flowtable/datagram.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "decode/packet.h"
#include "unit.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)
#define UDP 17

struct desk {
    struct arena arena;
    struct datagrams datagrams;
    uint64_t frame;
};

static int set_up(void **state)
{
    static struct desk desk;

    memset(&desk, 0, sizeof(desk));
    *state = &desk;
    return arena_map(&desk.arena, datagrams_cost_bytes(), NULL, NULL) ||
           datagrams_create(&desk.datagrams, &desk.arena, (struct hash_key){0});
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    arena_unmap(&desk->arena);
    return 0;
}

static const uint8_t client_bytes[4] = {10, 0, 0, 1};
static const uint8_t server_bytes[4] = {192, 0, 2, 2};

/* From 10.0.0.1 to 192.0.2.2, or back. */
static void send(struct desk *desk, bool is_back, uint16_t sport, uint16_t dport, double at_s)
{
    struct packet packet = {
        .ts_ns = START_NS + (int64_t)(at_s * (double)NS_PER_S),
        .ordinal = ++desk->frame,
        .kind = PACKET_UDP,
        .ip_version = 4,
        .proto = UDP,
        .src = ipaddr_from_v4(is_back ? server_bytes : client_bytes),
        .dst = ipaddr_from_v4(is_back ? client_bytes : server_bytes),
        .udp = {.sport = sport, .dport = dport, .payload_wire_bytes = 5},
    };

    datagrams_take(&desk->datagrams, &packet);
}

/* An error that quotes a datagram of 10.0.0.1, or one back. */
static struct datagram_pair *refuse(struct desk *desk, bool is_back, uint16_t sport, uint16_t dport,
                                    uint8_t code, double at_s)
{
    struct packet packet = {
        .ts_ns = START_NS + (int64_t)(at_s * (double)NS_PER_S),
        .ordinal = ++desk->frame,
        .kind = PACKET_ICMP_ERROR,
        .ip_version = 4,
        .proto = 1,
        .icmp = {.type = 3,
                 .code = code,
                 .quote = {.is_valid = true,
                           .has_ports = true,
                           .proto = UDP,
                           .sport = sport,
                           .dport = dport,
                           .src = ipaddr_from_v4(is_back ? server_bytes : client_bytes),
                           .dst = ipaddr_from_v4(is_back ? client_bytes : server_bytes)}},
    };

    return datagrams_refused(&desk->datagrams, &packet);
}

static void an_error_finds_its_datagram_once(void **state)
{
    struct desk *desk = *state;
    const struct datagram_pair *pair;

    send(desk, false, 5000, 53, 0);
    send(desk, false, 5000, 53, 1);
    pair = refuse(desk, false, 5000, 53, 3, 1.1);
    assert_non_null(pair);
    assert_int_equal(pair->sent.frame, 2);
    assert_int_equal(pair->exchange.first_frame, 1);
    assert_int_equal(pair->exchange.n_pkts[SIDE_CLIENT], 2);
    assert_int_equal(pair->exchange.payload_bytes[SIDE_CLIENT], 10);
    assert_int_equal(pair->exchange.key.port[pair->exchange.client_end], 5000);
    assert_null(refuse(desk, false, 5000, 53, 3, 1.2)); /* told already */
}

static void only_a_datagram_just_sent_counts(void **state)
{
    struct desk *desk = *state;

    assert_null(refuse(desk, false, 5000, 53, 3, 0)); /* nobody sent it */
    send(desk, false, 5000, 53, 0);
    assert_null(refuse(desk, false, 5001, 53, 3, 1));
    assert_null(refuse(desk, false, 5000, 53, 3, 5.001));
    assert_non_null(refuse(desk, false, 5000, 53, 3, 5));
}

static void other_errors_are_not_about_the_port(void **state)
{
    struct desk *desk = *state;

    send(desk, false, 5000, 53, 0);
    assert_null(refuse(desk, false, 5000, 53, 1, 0.1));
    assert_null(refuse(desk, false, 5000, 53, 13, 0.1));
    assert_non_null(refuse(desk, false, 5000, 53, 3, 0.1));
}

static void a_late_answer_is_refused_by_its_client(void **state)
{
    struct desk *desk = *state;

    send(desk, false, 5000, 53, 0);
    send(desk, true, 53, 5000, 3);
    assert_null(refuse(desk, true, 53, 5000, 3, 3.1));
    /* also where the question is not in the capture */
    send(desk, true, 53, 6000, 3);
    assert_null(refuse(desk, true, 53, 6000, 3, 3.1));
    assert_non_null(refuse(desk, false, 5000, 53, 3, 3.2));
}

static void traceroute_asks_for_the_error(void **state)
{
    static const struct {
        uint16_t port;
        bool is_failure;
    } cases[] = {{33433, true}, {33434, false}, {33534, false}, {33535, true}};
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        send(desk, false, 5000, cases[i].port, 0);
        assert_int_equal(refuse(desk, false, 5000, cases[i].port, 3, 0.1) != NULL,
                         cases[i].is_failure);
    }
}

static void after_a_minute_of_silence_all_is_new(void **state)
{
    struct desk *desk = *state;

    send(desk, false, 5000, 53, 0);
    assert_non_null(refuse(desk, false, 5000, 53, 3, 0.1));
    send(desk, false, 5000, 53, 60);
    assert_null(refuse(desk, false, 5000, 53, 3, 60.1));
    send(desk, false, 5000, 53, 120.1);
    assert_non_null(refuse(desk, false, 5000, 53, 3, 120.2));
}

static void the_newest_of_many_are_found(void **state)
{
    struct desk *desk = *state;

    for (uint16_t port = 1; port <= 3000; port++)
        send(desk, false, (uint16_t)(port + 2000), 53, port * 0.001);
    for (uint16_t port = 2997; port <= 3000; port++)
        assert_non_null(refuse(desk, false, (uint16_t)(port + 2000), 53, 3, 3.1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_error_finds_its_datagram_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_a_datagram_just_sent_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_errors_are_not_about_the_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_answer_is_refused_by_its_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(traceroute_asks_for_the_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_minute_of_silence_all_is_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_of_many_are_found, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
