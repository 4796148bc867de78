/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests for a neighbour: answered, given up, and those that ask for nobody. */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "decode/packet.h"
#include "flowtable/neighbour.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)

struct step {
    int at_ms; /* from START_NS */
    const char *sender, *target;
    bool is_reply;
    enum packet_direction direction;
};

static struct packet packet_of(const struct step *step, uint64_t ordinal)
{
    struct packet packet = {
        .kind = PACKET_NEIGHBOUR,
        .ts_ns = START_NS + step->at_ms * NS_PER_MS,
        .ordinal = ordinal,
        .direction = step->direction,
        .neighbour = {.is_request = !step->is_reply, .sender_mac = {2, 0, 0, 0, 0, 1}},
    };

    assert_true(ipaddr_parse(step->sender, &packet.neighbour.sender));
    assert_true(ipaddr_parse(step->target, &packet.neighbour.target));
    return packet;
}

/* How many resolutions fail until `end_ms`, with a tick every 100 ms. */
static unsigned play(const struct step *steps, size_t n_steps, int end_ms, struct neighbour *failed)
{
    struct neighbours neighbours = {0};
    unsigned n_failed = 0;
    size_t next = 0;

    for (int at_ms = 0; at_ms <= end_ms; at_ms += 100) {
        for (; next < n_steps && steps[next].at_ms <= at_ms; next++) {
            struct packet packet = packet_of(&steps[next], next + 1);

            n_failed += neighbours_packet(&neighbours, &packet, failed);
        }
        while (neighbours_expire(&neighbours, START_NS + at_ms * NS_PER_MS, failed))
            n_failed++;
    }
    return n_failed;
}

#define A "10.0.0.1"
#define B "10.0.0.9"

static void three_requests_and_no_answer_are_a_failure(void **state)
{
    static const struct {
        const char *name;
        struct step step[6];
        size_t n_steps;
        unsigned n_failed;
    } rows[] = {
        {"three requests", {{0, A, B}, {1000, A, B}, {2000, A, B}}, 3, 1},
        {"two", {{0, A, B}, {1000, A, B}}, 2, 0},
        {"answered at the end", {{0, A, B}, {1000, A, B}, {2000, A, B}, {2990, B, A, true}}, 4, 0},
        {"answered too late", {{0, A, B}, {1000, A, B}, {2000, A, B}, {3010, B, A, true}}, 4, 1},
        {"it asks for others, so it is there",
         {{0, A, B}, {1000, A, B}, {2000, A, B}, {2500, B, "10.0.0.7"}},
         4,
         0},
        {"each captured twice", {{0, A, B}, {1, A, B}, {1000, A, B}, {1001, A, B}}, 4, 0},
        {"too far apart", {{0, A, B}, {2600, A, B}, {5200, A, B}}, 3, 0},
        {"six requests",
         {{0, A, B}, {1000, A, B}, {2000, A, B}, {3000, A, B}, {4000, A, B}, {5000, A, B}},
         6,
         2},
        {"a probe for its own address (RFC 5227)",
         {{0, "0.0.0.0", B}, {1000, "0.0.0.0", B}, {2000, "0.0.0.0", B}},
         3,
         0},
        {"the same in IPv6",
         {{0, "::", "fe80::9"}, {1000, "::", "fe80::9"}, {2000, "::", "fe80::9"}},
         3,
         0},
        {"an announcement", {{0, A, A}, {1000, A, A}, {2000, A, A}}, 3, 0},
        {"IPv6",
         {{0, "fd00::1", "fd00::9"}, {1000, "fd00::1", "fd00::9"}, {2000, "fd00::1", "fd00::9"}},
         3,
         1},
        {"of another host, as the link layer says",
         {{0, A, B, false, PACKET_INGRESS},
          {1000, A, B, false, PACKET_INGRESS},
          {2000, A, B, false, PACKET_INGRESS}},
         3,
         0},
        {"two askers are two",
         {{0, A, B}, {500, "10.0.0.2", B}, {1000, A, B}, {1500, "10.0.0.2", B}, {2000, A, B}},
         5,
         1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct neighbour failed;
        unsigned n_failed = play(rows[i].step, rows[i].n_steps, 10000, &failed);

        if (n_failed != rows[i].n_failed)
            fail_msg("%s: %u failures, not %u", rows[i].name, n_failed, rows[i].n_failed);
    }
}

static void a_failure_tells_who_asked_and_when(void **state)
{
    static const struct step steps[] = {
        {0, A, B, false, PACKET_EGRESS}, {1000, A, B}, {2000, A, B}};
    const struct packet first = packet_of(&steps[0], 1);
    struct neighbour failed;

    (void)state;
    assert_int_equal(play(steps, 3, 2900, &failed), 0);
    assert_int_equal(play(steps, 3, 3000, &failed), 1);
    assert_true(ipaddr_equal(&failed.asker, &first.neighbour.sender));
    assert_true(ipaddr_equal(&failed.target, &first.neighbour.target));
    assert_memory_equal(failed.mac, first.neighbour.sender_mac, 6);
    assert_true(failed.is_egress);
    assert_int_equal(failed.first_ns, START_NS);
    assert_int_equal(failed.last_ns, START_NS + 2 * NS_PER_S);
    assert_int_equal(failed.first_frame, 1);
    assert_int_equal(failed.last_frame, 3);
}

static void those_that_are_due_together_come_in_their_order(void **state)
{
    static const struct step steps[] = {
        {0, A, B},    {10, A, "10.0.0.8"},   {1000, A, B}, {1010, A, "10.0.0.8"},
        {2000, A, B}, {2010, A, "10.0.0.8"},
    };
    struct neighbours neighbours = {0};
    struct neighbour failed;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct packet packet = packet_of(&steps[i], i + 1);

        assert_false(neighbours_packet(&neighbours, &packet, &failed));
    }
    assert_true(neighbours_expire(&neighbours, START_NS + 9 * NS_PER_S, &failed));
    assert_int_equal(failed.first_frame, 1);
    assert_true(neighbours_expire(&neighbours, START_NS + 9 * NS_PER_S, &failed));
    assert_int_equal(failed.first_frame, 2);
    assert_false(neighbours_expire(&neighbours, START_NS + 9 * NS_PER_S, &failed));
}

static void a_full_table_forgets_the_quietest(void **state)
{
    struct neighbours neighbours = {0};
    struct neighbour failed;
    struct packet packet =
        packet_of(&(struct step){0, A, "10.0.1.0", false, PACKET_DIRECTION_UNKNOWN}, 1);
    unsigned n_failed = 0;

    (void)state;
    for (unsigned round = 0; round < NEIGHBOUR_REQUESTS; round++) {
        for (unsigned i = 0; i <= NEIGHBOURS_MAX; i++) {
            packet.neighbour.target.bytes[15] = (uint8_t)i;
            packet.ts_ns = START_NS + round * NS_PER_S + i * NS_PER_MS;
            packet.ordinal = round * 1000 + i;
            n_failed += neighbours_packet(&neighbours, &packet, &failed);
        }
    }
    while (neighbours_expire(&neighbours, START_NS + 9 * NS_PER_S, &failed))
        n_failed++;
    assert_int_equal(n_failed, 0); /* each pushes out the next that would ask again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_requests_and_no_answer_are_a_failure),
        cmocka_unit_test(a_failure_tells_who_asked_and_when),
        cmocka_unit_test(those_that_are_due_together_come_in_their_order),
        cmocka_unit_test(a_full_table_forgets_the_quietest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
