/* SPDX-License-Identifier: BSD-2-Clause */
/* Which Ethernet address is the capturing host's own. */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "decode/packet.h"
#include "flowtable/linkend.h"

struct frame {
    char src, dst; /* the last byte of the address; 0 = none */
    uint8_t ttl;
};

static void mac_of(char name, uint8_t *mac)
{
    memset(mac, 0, 6);
    mac[0] = name ? 2 : 0;
    mac[5] = (uint8_t)name;
}

static struct packet packet_of(const struct frame *frame)
{
    struct packet packet = {.kind = PACKET_TCP, .ttl = frame->ttl};

    mac_of(frame->src, packet.src_mac);
    mac_of(frame->dst, packet.dst_mac);
    return packet;
}

static void what_every_frame_has_and_no_router_sent_is_the_own_address(void **state)
{
    static const struct {
        const char *name;
        struct frame frame[3];
        size_t n_frames;
        const char *left; /* NULL: nothing told */
    } rows[] = {
        {"nothing seen", {{0}}, 0, NULL},
        {"no Ethernet", {{0, 0, 64}}, 1, NULL},
        {"a client's SYN", {{'c', 'g', 64}}, 1, "cg"},
        {"and its answer through a router", {{'c', 'g', 64}, {'g', 'c', 61}}, 2, "c"},
        {"a server behind a router", {{'g', 's', 55}}, 1, "s"},
        {"two hosts of one link", {{'a', 'b', 64}, {'b', 'a', 128}}, 2, "ab"},
        {"and a third", {{'a', 'b', 64}, {'b', 'a', 128}, {'a', 'c', 64}}, 3, "a"},
        {"a mirror port", {{'a', 'b', 64}, {'c', 'd', 64}}, 2, ""},
        {"a router", {{'r', 'n', 63}, {'n', 'r', 60}}, 2, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct linkends whole = {0};
        struct linkends part[2] = {{.is_told = false}, {.is_told = false}};

        for (size_t k = 0; k < rows[i].n_frames; k++) {
            struct packet packet = packet_of(&rows[i].frame[k]);

            linkends_learn(&whole, &packet);
            linkends_learn(&part[k % 2], &packet);
        }
        linkends_meet(&part[0], &part[1]);
        assert_int_equal(whole.is_told, rows[i].left != NULL);
        assert_int_equal(part[0].is_told, whole.is_told);
        if (rows[i].left == NULL)
            continue;
        if (whole.n != strlen(rows[i].left) || part[0].n != whole.n)
            fail_msg("%s: %u left, %u of parts", rows[i].name, whole.n, part[0].n);
        for (const char *name = rows[i].left; *name != '\0'; name++) {
            uint8_t mac[6];

            mac_of(*name, mac);
            assert_true(linkends_has(&whole, mac));
            assert_true(linkends_has(&part[0], mac));
        }
    }
}

static void frames_with_a_direction_or_a_tunnel_tell_nothing(void **state)
{
    struct packet packet = packet_of(&(struct frame){'c', 'g', 64});
    struct linkends ends = {0};

    (void)state;
    packet.direction = PACKET_EGRESS;
    linkends_learn(&ends, &packet);
    packet.direction = PACKET_DIRECTION_UNKNOWN;
    packet.tunnel = TUNNEL_GRE;
    linkends_learn(&ends, &packet);
    assert_false(ends.is_told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_every_frame_has_and_no_router_sent_is_the_own_address),
        cmocka_unit_test(frames_with_a_direction_or_a_tunnel_tell_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
