/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept longest when a ring fills up. */
#include "capture/shed.h"

#include "packets.h"
#include "unit.h"

static void each_packet_has_its_kind_bare_and_in_a_vlan(void **state)
{
    static const struct {
        struct packet_plan plan;
        enum shed_kind kind;
    } cases[] = {
        {{.flags = FLAG_SYN}, SHED_CONTROL},
        {{.flags = FLAG_SYN | FLAG_ACK}, SHED_CONTROL},
        {{.flags = FLAG_FIN | FLAG_ACK}, SHED_CONTROL},
        {{.flags = FLAG_RST}, SHED_CONTROL},
        {{.flags = FLAG_ACK}, SHED_TCP_DATA},
        {{.flags = FLAG_PSH | FLAG_ACK}, SHED_TCP_DATA},
        {{.flags = FLAG_SYN, .is_v6 = true}, SHED_CONTROL},
        {{.flags = FLAG_FIN | FLAG_ACK, .is_v6 = true}, SHED_CONTROL},
        {{.flags = FLAG_RST | FLAG_ACK, .is_v6 = true}, SHED_CONTROL},
        {{.flags = FLAG_ACK, .is_v6 = true}, SHED_TCP_DATA},
        {{.protocol = 1}, SHED_CONTROL},
        {{.protocol = 58, .is_v6 = true}, SHED_CONTROL},
        {{.protocol = 17}, SHED_OTHER},
        {{.protocol = 17, .flags = FLAG_SYN}, SHED_OTHER},
        {{.protocol = 17, .flags = FLAG_SYN, .is_v6 = true}, SHED_OTHER},
        {{.flags = FLAG_SYN, .fragment_off = 1}, SHED_TCP_DATA}, /* payload, not flags */
    };
    struct shed shed;

    (void)state;
    assert_int_equal(shed_open(&shed, 1, NULL), 0);
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        struct packet_plan plan = cases[i / 2].plan;
        struct made_packet made;
        struct raw_packet packet = {0};

        plan.has_vlan = i % 2;
        made = make_packet(&plan);
        packet.bytes = made.bytes;
        packet.captured_bytes = made.n_bytes;
        packet.wire_bytes = made.n_bytes;
        assert_int_equal(shed_classify(&shed, &packet), cases[i / 2].kind);
    }
    shed_close(&shed);
}

static void a_packet_cut_before_its_flags_is_not_control(void **state)
{
    struct made_packet made = make_packet(&(struct packet_plan){.flags = FLAG_SYN});
    struct raw_packet packet = {.bytes = made.bytes, .wire_bytes = made.n_bytes};
    struct shed shed;

    (void)state;
    assert_int_equal(shed_open(&shed, 1, NULL), 0);
    packet.captured_bytes = 14 + 20 + 13;
    assert_int_equal(shed_classify(&shed, &packet), SHED_TCP_DATA);
    packet.captured_bytes = 20;
    assert_int_equal(shed_classify(&shed, &packet), SHED_OTHER);
    packet.captured_bytes = 0;
    assert_int_equal(shed_classify(&shed, &packet), SHED_OTHER);
    shed_close(&shed);
}

static void link_types_of_live_captures_are_known(void **state)
{
    /* Ethernet, raw IP, Linux cooked 1 and 2, loopback, PPP */
    static const uint16_t linktypes[] = {1, 101, 113, 276, 0, 9};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(linktypes); i++) {
        struct err err = {0};
        struct shed shed;

        assert_int_equal(shed_open(&shed, linktypes[i], &err), 0);
        shed_close(&shed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packet_has_its_kind_bare_and_in_a_vlan),
        cmocka_unit_test(a_packet_cut_before_its_flags_is_not_control),
        cmocka_unit_test(link_types_of_live_captures_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
