/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "decode/packet.h"
#include "flowtable/key.h"

static const struct hash_key hash_key = {.seed = 42};

static struct ipaddr address(const char *text)
{
    struct ipaddr addr;

    assert_true(ipaddr_parse(text, &addr));
    return addr;
}

static struct packet tcp_packet(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
    return (struct packet){
        .kind = PACKET_TCP,
        .proto = 6,
        .src = address(src),
        .dst = address(dst),
        .tcp = {.sport = sport, .dport = dport},
    };
}

static void both_directions_have_one_key(void **state)
{
    static const struct {
        const char *src, *dst;
        uint16_t sport, dport;
        unsigned end;
    } rows[] = {
        {"192.0.2.1", "198.51.100.2", 40000, 443, 0}, {"198.51.100.2", "192.0.2.1", 443, 40000, 1},
        {"2001:db8::2", "2001:db8::1", 1, 2, 1},      {"127.0.0.1", "127.0.0.1", 40000, 80, 1},
        {"127.0.0.1", "127.0.0.1", 80, 40000, 0},     {"127.0.0.1", "127.0.0.1", 80, 80, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct packet there = tcp_packet(rows[i].src, rows[i].sport, rows[i].dst, rows[i].dport);
        struct packet back = tcp_packet(rows[i].dst, rows[i].dport, rows[i].src, rows[i].sport);
        bool is_self = memcmp(&there, &back, sizeof(there)) == 0;
        struct flow_key a, b;
        unsigned end = flow_key_from_packet(&there, &a);

        assert_int_equal(end, rows[i].end);
        assert_int_equal(flow_key_from_packet(&back, &b), is_self ? 0 : 1 - end);
        assert_true(flow_key_equal(&a, &b));
        assert_int_equal(flow_key_hash(&hash_key, &a), flow_key_hash(&hash_key, &b));
        assert_true(ipaddr_equal(&a.addr[end], &there.src));
        assert_int_equal(a.port[end], rows[i].sport);
        assert_int_equal(a.port[1 - end], rows[i].dport);
    }
}

/* Each changes the packet so that it belongs to another flow. */
static void change_sport(struct packet *packet)
{
    packet->tcp.sport++;
}
static void change_dport(struct packet *packet)
{
    packet->tcp.dport++;
}
static void change_src(struct packet *packet)
{
    packet->src.bytes[15]++;
}
static void change_dst(struct packet *packet)
{
    packet->dst.bytes[15]++;
}
static void change_proto(struct packet *packet)
{
    packet->proto = 17;
}
static void change_outer_vlan(struct packet *packet)
{
    packet->n_vlan = 1;
    packet->vlan[0] = 7;
}
static void change_inner_vlan(struct packet *packet)
{
    packet->n_vlan = 2;
    packet->vlan[0] = 7;
    packet->vlan[1] = 8;
}
static void change_tunnel(struct packet *packet)
{
    packet->tunnel = TUNNEL_VXLAN;
}
static void change_tunnel_id(struct packet *packet)
{
    packet->tunnel_id = 1;
}
static void change_depth(struct packet *packet)
{
    packet->tunnel_depth = 1;
}

static void whatever_sets_flows_apart_is_in_the_key(void **state)
{
    static void (*const changes[])(struct packet *) = {
        NULL,         change_sport,  change_dport,      change_src,        change_dst,
        change_proto, change_tunnel, change_outer_vlan, change_inner_vlan, change_tunnel_id,
        change_depth,
    };
    struct flow_key keys[ARRAY_LEN(changes)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct packet packet = tcp_packet("192.0.2.1", 40000, "198.51.100.2", 443);

        if (changes[i])
            changes[i](&packet);
        (void)flow_key_from_packet(&packet, &keys[i]);
        for (size_t j = 0; j < i; j++) {
            assert_false(flow_key_equal(&keys[i], &keys[j]));
            assert_int_not_equal(flow_key_hash(&hash_key, &keys[i]),
                                 flow_key_hash(&hash_key, &keys[j]));
        }
    }
}

static void tags_that_are_not_there_leave_no_trace_of_old_bytes(void **state)
{
    struct packet a = tcp_packet("192.0.2.1", 40000, "198.51.100.2", 443);
    struct packet b = a;
    struct flow_key key_a, key_b;

    (void)state;
    b.vlan[0] = 123; /* stale: n_vlan is 0 */
    b.vlan[1] = 456;
    memset(&key_a, 0x55, sizeof(key_a));
    memset(&key_b, 0xaa, sizeof(key_b));
    (void)flow_key_from_packet(&a, &key_a);
    (void)flow_key_from_packet(&b, &key_b);
    assert_memory_equal(&key_a, &key_b, sizeof(key_a));
    assert_int_equal(key_a.vlan[0], FLOW_KEY_NO_VLAN);
}

static void a_quote_names_the_flow_of_the_packet_that_it_quotes(void **state)
{
    struct packet syn = tcp_packet("192.0.2.1", 40000, "198.51.100.2", 443);
    struct packet error = {
        .kind = PACKET_ICMP_ERROR,
        .proto = 1,
        .src = address("203.0.113.9"),
        .dst = syn.src,
        .n_vlan = 1,
        .vlan = {5},
        .icmp.quote = {.is_valid = true,
                       .has_ports = true,
                       .proto = 6,
                       .src = syn.src,
                       .dst = syn.dst,
                       .sport = 40000,
                       .dport = 443},
    };
    struct flow_key of_packet, of_quote;

    (void)state;
    assert_int_equal(flow_key_from_packet(&syn, &of_packet),
                     flow_key_from_quote(&error, &of_quote));
    assert_false(flow_key_equal(&of_packet, &of_quote)); /* another VLAN */
    syn.n_vlan = 1;
    syn.vlan[0] = 5;
    (void)flow_key_from_packet(&syn, &of_packet);
    assert_true(flow_key_equal(&of_packet, &of_quote));
}

static void another_seed_gives_another_hash(void **state)
{
    struct packet packet = tcp_packet("192.0.2.1", 40000, "198.51.100.2", 443);
    struct hash_key other = {.seed = 43};
    struct flow_key key;

    (void)state;
    (void)flow_key_from_packet(&packet, &key);
    assert_int_not_equal(flow_key_hash(&hash_key, &key), flow_key_hash(&other, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_have_one_key),
        cmocka_unit_test(whatever_sets_flows_apart_is_in_the_key),
        cmocka_unit_test(tags_that_are_not_there_leave_no_trace_of_old_bytes),
        cmocka_unit_test(a_quote_names_the_flow_of_the_packet_that_it_quotes),
        cmocka_unit_test(another_seed_gives_another_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
