/* SPDX-License-Identifier: BSD-2-Clause */
/* What looks at the kernel say of an attempt: who listened, when, and how full the queue was. */
#include "unit.h"

#include <string.h>

#include "app/hostwatch.h"
#include "base/compiler.h"
#include "base/nanotime.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)
#define PORT 8080

static const uint64_t none[HOST_COUNTER_COUNT];

struct desk {
    struct arena arena;
    struct hostwatch *watch;
};

static int open_desk(void **state)
{
    static struct desk desk;

    assert_int_equal(arena_map(&desk.arena, hostwatch_cost_bytes(), NULL, NULL), 0);
    desk.watch = hostwatch_create(&desk.arena);
    assert_non_null(desk.watch);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;

    hostwatch_close(desk->watch);
    arena_unmap(&desk->arena);
    return 0;
}

static int64_t at(double s)
{
    return START_NS + (int64_t)(s * (double)NS_PER_S);
}

static struct ipaddr address(const char *text)
{
    struct ipaddr addr;

    assert_true(ipaddr_parse(text, &addr));
    return addr;
}

static struct listening_socket listener(const char *addr, uint64_t cookie)
{
    bool is_v6 = strchr(addr, ':') != NULL;

    return (struct listening_socket){.addr = address(addr),
                                     .port = PORT,
                                     .is_v6 = is_v6,
                                     .is_v6_only = is_v6,
                                     .cookie = cookie,
                                     .backlog = 5};
}

/* A look that finds one listener; `addr` NULL: none. */
static void look(struct desk *desk, double s, const char *addr, uint64_t cookie)
{
    struct listening_socket one = listener(addr ? addr : "0.0.0.0", cookie);

    hostwatch_look(desk->watch, at(s), &one, addr ? 1 : 0, none);
}

static struct host_evidence tell(struct desk *desk, const char *server, double from_s,
                                 double until_s)
{
    const struct endpoint endpoint = {.addr = address(server), .port = PORT};
    struct host_evidence evidence;

    hostwatch_tell(desk->watch, &endpoint, at(from_s), at(until_s), &evidence);
    return evidence;
}

static void a_listener_is_told_apart_by_what_it_is_bound_to(void **state)
{
    static const struct {
        const char *bound, *server;
        enum host_listener listener;
    } cases[] = {
        {"10.0.0.1", "10.0.0.1", HOST_LISTENER_YES},
        {"0.0.0.0", "10.0.0.1", HOST_LISTENER_YES},
        {"127.0.0.1", "10.0.0.1", HOST_LISTENER_LOOPBACK_ONLY},
        {"::1", "10.0.0.1", HOST_LISTENER_LOOPBACK_ONLY},
        {"::", "10.0.0.1", HOST_LISTENER_OTHER_FAMILY},
        {"fd00::1", "10.0.0.1", HOST_LISTENER_OTHER_FAMILY},
        {"10.0.0.2", "10.0.0.1", HOST_LISTENER_OTHER_ADDRESS},
        {NULL, "10.0.0.1", HOST_LISTENER_NONE},
        {"::", "fd00::1", HOST_LISTENER_YES},
        {"fd00::1", "fd00::1", HOST_LISTENER_YES},
        {"0.0.0.0", "fd00::1", HOST_LISTENER_OTHER_FAMILY},
        {"127.0.0.1", "fd00::1", HOST_LISTENER_LOOPBACK_ONLY},
        {"fd00::2", "fd00::1", HOST_LISTENER_OTHER_ADDRESS},
        {"127.0.0.1", "127.0.0.1", HOST_LISTENER_YES},
        {"127.0.0.2", "127.0.0.1", HOST_LISTENER_OTHER_ADDRESS},
        {"::1", "127.0.0.1", HOST_LISTENER_OTHER_FAMILY},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct host_evidence evidence;

        look(desk, (double)(2 * i), cases[i].bound, i + 1);
        look(desk, (double)(2 * i) + 1, cases[i].bound, i + 1);
        evidence = tell(desk, cases[i].server, (double)(2 * i) + 0.4, (double)(2 * i) + 0.5);
        assert_true(evidence.is_known && evidence.is_settled);
        assert_int_equal(evidence.listener, cases[i].listener);
    }
}

static void a_dual_stack_socket_takes_both_families(void **state)
{
    struct desk *desk = *state;
    struct listening_socket dual = listener("::", 1);

    dual.is_v6_only = false;
    hostwatch_look(desk->watch, at(0), &dual, 1, none);
    hostwatch_look(desk->watch, at(1), &dual, 1, none);
    assert_int_equal(tell(desk, "10.0.0.1", 0.5, 0.5).listener, HOST_LISTENER_YES);
    assert_int_equal(tell(desk, "fd00::1", 0.5, 0.5).listener, HOST_LISTENER_YES);
}

static void another_port_is_another_listener(void **state)
{
    struct desk *desk = *state;
    struct listening_socket other = listener("0.0.0.0", 1);

    other.port = PORT + 1024; /* the same chain */
    hostwatch_look(desk->watch, at(0), &other, 1, none);
    assert_int_equal(tell(desk, "10.0.0.1", -0.5, -0.5).listener, HOST_LISTENER_NONE);
}

static void nothing_is_known_before_a_look_that_is_newer(void **state)
{
    struct desk *desk = *state;

    assert_false(tell(desk, "10.0.0.1", 0, 0).is_known);
    look(desk, 1, "0.0.0.0", 1);
    assert_false(tell(desk, "10.0.0.1", 1.1, 1.1).is_known);
    assert_true(tell(desk, "10.0.0.1", 1, 1).is_known);
}

static void a_listener_that_came_later_was_not_there(void **state)
{
    struct desk *desk = *state;

    look(desk, 0, NULL, 0);
    look(desk, 1, NULL, 0);
    look(desk, 2, "0.0.0.0", 1);
    /* A look after the failure has none. */
    assert_int_equal(tell(desk, "10.0.0.1", 0.5, 0.6).listener, HOST_LISTENER_NONE);
    assert_true(tell(desk, "10.0.0.1", 0.5, 0.6).is_settled);
    /* It may have come before the failure or after it. */
    assert_int_equal(tell(desk, "10.0.0.1", 1.5, 1.6).listener, HOST_LISTENER_YES);
    assert_false(tell(desk, "10.0.0.1", 1.5, 1.6).is_settled);
    look(desk, 3, "0.0.0.0", 1);
    assert_true(tell(desk, "10.0.0.1", 2.5, 2.6).is_settled);
}

static void one_that_went_is_remembered(void **state)
{
    struct desk *desk = *state;

    look(desk, 0, "0.0.0.0", 1);
    look(desk, 1, NULL, 0);
    look(desk, 2, NULL, 0);
    assert_int_equal(tell(desk, "10.0.0.1", 0.5, 0.6).listener, HOST_LISTENER_YES);
    assert_false(tell(desk, "10.0.0.1", 0.5, 0.6).is_settled);
    assert_int_equal(tell(desk, "10.0.0.1", 1.5, 1.6).listener, HOST_LISTENER_NONE);
    look(desk, 400, NULL, 0);
    assert_int_equal(tell(desk, "10.0.0.1", 399, 399).listener, HOST_LISTENER_NONE);
}

static void another_socket_on_the_same_port_is_not_the_one_from_before(void **state)
{
    struct desk *desk = *state;

    look(desk, 0, "0.0.0.0", 1);
    look(desk, 1, "0.0.0.0", 2);
    assert_int_equal(tell(desk, "10.0.0.1", 0.5, 0.6).listener, HOST_LISTENER_YES);
    assert_false(tell(desk, "10.0.0.1", 0.5, 0.6).is_settled);
}

static void what_it_is_long_afterwards_says_nothing_of_then(void **state)
{
    struct desk *desk = *state;

    look(desk, 100, NULL, 0);
    assert_true(tell(desk, "10.0.0.1", 0, 0).is_known);
    assert_false(tell(desk, "10.0.0.1", 0, 0).is_settled);
    assert_true(tell(desk, "10.0.0.1", 98, 98).is_settled);
}

static void a_queue_is_full_above_its_backlog(void **state)
{
    static const struct {
        uint32_t recv_q;
        bool is_full;
    } cases[] = {{5, false}, {6, true}};
    struct desk *desk = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct listening_socket one = listener("0.0.0.0", i + 1);
        double s = 10 * (double)i;

        one.recv_q = cases[i].recv_q;
        hostwatch_look(desk->watch, at(s), &one, 1, none);
        hostwatch_look(desk->watch, at(s + 1), &one, 1, none);
        one.recv_q = 0;
        hostwatch_look(desk->watch, at(s + 2), &one, 1, none);
        assert_int_equal(tell(desk, "10.0.0.1", s + 0.5, s + 1.5).was_full, cases[i].is_full);
        assert_int_equal(tell(desk, "10.0.0.1", s + 0.5, s + 1.5).recv_q, cases[i].is_full ? 6 : 0);
        /* It was full before the attempt only. */
        assert_false(tell(desk, "10.0.0.1", s + 1.5, s + 1.6).was_full);
    }
}

static void a_queue_that_is_full_long_afterwards_says_nothing_of_then(void **state)
{
    struct desk *desk = *state;
    struct listening_socket one = listener("0.0.0.0", 1);

    one.recv_q = 6;
    hostwatch_look(desk->watch, at(0), &one, 1, none);
    hostwatch_look(desk->watch, at(1), &one, 1, none);
    hostwatch_look(desk->watch, at(100), &one, 1, none);
    assert_false(tell(desk, "10.0.0.1", -10, -9).was_full);
    /* Full from then on. */
    assert_true(tell(desk, "10.0.0.1", -2, -1).was_full);
    assert_true(tell(desk, "10.0.0.1", 50, 60).was_full);
    one.recv_q = 5;
    hostwatch_look(desk->watch, at(101), &one, 1, none);
    one.recv_q = 6;
    hostwatch_look(desk->watch, at(110), &one, 1, none);
    assert_false(tell(desk, "10.0.0.1", 102, 103).was_full);
    assert_true(tell(desk, "10.0.0.1", 102, 108).was_full);
}

static void of_several_on_one_port_all_must_be_full(void **state)
{
    struct desk *desk = *state;
    struct listening_socket two[2] = {listener("0.0.0.0", 1), listener("0.0.0.0", 2)};
    struct host_evidence evidence;

    two[1].recv_q = 6;
    hostwatch_look(desk->watch, at(0), two, 2, none);
    hostwatch_look(desk->watch, at(1), two, 2, none);
    evidence = tell(desk, "10.0.0.1", 0.5, 0.5);
    assert_int_equal(evidence.n_listeners, 2);
    assert_int_equal(evidence.recv_q, 6);
    assert_false(evidence.was_full);
    two[0].recv_q = 6;
    hostwatch_look(desk->watch, at(2), two, 2, none);
    assert_true(tell(desk, "10.0.0.1", 0.5, 1.5).was_full);
}

static void counters_are_those_of_the_attempt(void **state)
{
    struct desk *desk = *state;
    uint64_t counters[HOST_COUNTER_COUNT] = {0};
    struct host_evidence evidence;

    for (unsigned i = 0; i < 600; i++) {
        counters[HOST_COUNTER_LISTEN_OVERFLOWS] = i;
        hostwatch_look(desk->watch, at(i), NULL, 0, counters);
    }
    evidence = tell(desk, "10.0.0.1", 500.5, 502.5);
    assert_true(evidence.has_counters);
    assert_int_equal(evidence.delta[HOST_COUNTER_LISTEN_OVERFLOWS], 3);
    assert_int_equal(evidence.delta[HOST_COUNTER_LISTEN_DROPS], 0);
    /* Of an attempt that began before the oldest look that is kept, nothing. */
    assert_false(tell(desk, "10.0.0.1", 10, 502.5).has_counters);
    assert_false(tell(desk, "10.0.0.1", -1, 502.5).has_counters);
}

static void a_clock_set_back_begins_anew(void **state)
{
    struct desk *desk = *state;

    look(desk, 100, "0.0.0.0", 1);
    look(desk, 101, "0.0.0.0", 1);
    look(desk, 50, "0.0.0.0", 1);
    assert_false(tell(desk, "10.0.0.1", 100.5, 100.6).is_known);
    assert_false(tell(desk, "10.0.0.1", 49.5, 49.6).is_settled);
    assert_false(tell(desk, "10.0.0.1", 49.5, 49.6).has_counters);
}

static void more_listeners_than_there_is_room_for_prove_no_absence(void **state)
{
    static struct listening_socket many[4000];
    struct desk *desk = *state;

    for (unsigned i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = listener("0.0.0.0", i + 1);
        many[i].port = (uint16_t)(PORT + 1 + i);
    }
    hostwatch_look(desk->watch, at(0), many, ARRAY_LEN(many), none);
    hostwatch_look(desk->watch, at(1), many, ARRAY_LEN(many), none);
    assert_true(tell(desk, "10.0.0.1", 0.5, 0.5).is_known);
    assert_false(tell(desk, "10.0.0.1", 0.5, 0.5).is_settled);
}

static void a_socket_of_one_interface_is_marked(void **state)
{
    struct desk *desk = *state;
    struct listening_socket one = listener("0.0.0.0", 1);

    one.if_idx = 2;
    hostwatch_look(desk->watch, at(0), &one, 1, none);
    hostwatch_look(desk->watch, at(1), &one, 1, none);
    assert_true(tell(desk, "10.0.0.1", 0.5, 0.5).is_bound_to_device);
}

#define DESK_TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(a_listener_is_told_apart_by_what_it_is_bound_to),
        DESK_TEST(a_dual_stack_socket_takes_both_families),
        DESK_TEST(another_port_is_another_listener),
        DESK_TEST(nothing_is_known_before_a_look_that_is_newer),
        DESK_TEST(a_listener_that_came_later_was_not_there),
        DESK_TEST(one_that_went_is_remembered),
        DESK_TEST(another_socket_on_the_same_port_is_not_the_one_from_before),
        DESK_TEST(what_it_is_long_afterwards_says_nothing_of_then),
        DESK_TEST(a_queue_is_full_above_its_backlog),
        DESK_TEST(a_queue_that_is_full_long_afterwards_says_nothing_of_then),
        DESK_TEST(of_several_on_one_port_all_must_be_full),
        DESK_TEST(counters_are_those_of_the_attempt),
        DESK_TEST(a_clock_set_back_begins_anew),
        DESK_TEST(more_listeners_than_there_is_room_for_prove_no_absence),
        DESK_TEST(a_socket_of_one_interface_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
