/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server's own kernel says, and what it does to the verdicts that packets gave. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- situations: the capture ran on the server ---- */

static void at_server(struct factscript *script)
{
    struct side_facts *server = &script->note.facts.side[SIDE_SERVER];

    factscript_seen_at(script, SIDE_SERVER);
    if (server->ttl_syn)
        server->ttl_syn = 64;
    if (server->ttl_min)
        server->ttl_min = server->ttl_max = 64;
    for (unsigned i = 0; i < script->note.trail.n_rst; i++)
        script->note.trail.rst[i].mark.ttl = 64;
    script->note.trail.slot[TRAIL_SYNACK].ttl = 64;
}

static void refused(struct factscript *script)
{
    factscript_refused(script);
    at_server(script);
}

/* The host's other packets are its own: no container behind it answers. */
static void silent(struct factscript *script)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    host->n_ttl_flows = 1;
    host->init_ttl = 64;
    factscript_silent(script);
    at_server(script);
}

static void never_taken(struct factscript *script)
{
    factscript_never_taken(script);
    at_server(script);
}

static void reset_after_ack(struct factscript *script)
{
    factscript_connected(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 2 * RTT + 0.1);
    at_server(script);
}

/* ---- what the kernel says ---- */

static void kernel_says(struct factscript *script, int64_t listener)
{
    script->kernel = (struct host_evidence){.is_known = true,
                                            .is_settled = true,
                                            .has_counters = true,
                                            .listener = (enum host_listener)listener,
                                            .n_listeners = 1,
                                            .backlog = 5};
}

static void kernel_is_not_sure(struct factscript *script, int64_t listener)
{
    kernel_says(script, listener);
    script->kernel.is_settled = false;
}

static void listener_of_one_interface(struct factscript *script, int64_t unused)
{
    kernel_says(script, HOST_LISTENER_YES);
    script->kernel.is_bound_to_device = true;
}

/* A container's RST has passed this host as a router. */
static void rst_from_behind(struct factscript *script, int64_t listener)
{
    kernel_says(script, listener);
    script->note.trail.rst[0].mark.ttl = 63;
}

static void rule_answers_marked_syn(struct factscript *script, int64_t listener)
{
    kernel_says(script, listener);
    script->note.trail.slot[TRAIL_SYN].tos = 0xb8;
}

static void restarted(struct factscript *script, int64_t is_kept)
{
    struct listener_state *at = factscript_listener(script);
    int64_t rst_ns = script->note.trail.rst[0].mark.ts_ns;

    at->quit_ns = rst_ns - NS_PER_S;
    at->refused_first_ns = at->refused_last_ns = rst_ns;
    at->n_refused_between = 1;
    if (is_kept)
        kernel_says(script, HOST_LISTENER_YES);
}

static void queue_full(struct factscript *script, int64_t n_overflows)
{
    kernel_says(script, HOST_LISTENER_YES);
    script->kernel.was_full = true;
    script->kernel.recv_q = 6;
    script->kernel.delta[HOST_COUNTER_LISTEN_OVERFLOWS] = (uint64_t)n_overflows;
    script->kernel.delta[HOST_COUNTER_LISTEN_DROPS] = (uint64_t)n_overflows;
}

/* Another listener of the host overflows. */
static void others_overflow(struct factscript *script, int64_t n_overflows)
{
    queue_full(script, n_overflows);
    script->kernel.was_full = false;
    script->kernel.recv_q = 0;
}

static void counters_unknown(struct factscript *script, int64_t unused)
{
    kernel_says(script, HOST_LISTENER_YES);
    script->kernel.has_counters = false;
}

static void answered_by_a_container(struct factscript *script, int64_t unused)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    kernel_says(script, HOST_LISTENER_YES);
    host->hops_max = 1;
}

static void nothing_of_the_host_seen(struct factscript *script, int64_t unused)
{
    kernel_says(script, HOST_LISTENER_YES);
    factscript_host(script, SIDE_SERVER)->n_ttl_flows = 0;
}

static void it_fell_silent(struct factscript *script, int64_t unused)
{
    struct listener_state *at = factscript_listener(script);

    at->answer_ns = at->answered_before_silence_ns =
        script->note.facts.first_ns - limits()->fell_silent_ns / 2;
    at->silent_from_ns = script->note.facts.first_ns;
}

static void it_fell_silent_with_room(struct factscript *script, int64_t unused)
{
    it_fell_silent(script, 0);
    kernel_says(script, HOST_LISTENER_YES);
}

static void rp_filter(struct factscript *script, int64_t n)
{
    kernel_says(script, HOST_LISTENER_YES);
    script->kernel.delta[HOST_COUNTER_REVERSE_PATH_DROPS] = (uint64_t)n;
}

/* ---- tests ---- */

static void a_port_without_a_listener_is_certainly_closed(void **state)
{
    static const struct rule_case cases[] = {
        {"nobody asked the kernel", POSSIBLE, refused},
        {"nothing listens", CERTAIN, refused, kernel_says, HOST_LISTENER_NONE,
         "host-has-no-listener"},
        {"on loopback only", CERTAIN, refused, kernel_says, HOST_LISTENER_LOOPBACK_ONLY,
         "host-listens-on-loopback"},
        {"in the other family only", CERTAIN, refused, kernel_says, HOST_LISTENER_OTHER_FAMILY,
         "host-listens-in-other-family"},
        {"on another address only", CERTAIN, refused, kernel_says, HOST_LISTENER_OTHER_ADDRESS,
         "host-listens-elsewhere"},
        {"it listens: the RST is somebody else's", NONE, refused, kernel_says, HOST_LISTENER_YES},
        {"none now, and then is not known", POSSIBLE, refused, kernel_is_not_sure,
         HOST_LISTENER_NONE},
        {"a listener now, and then is not known", POSSIBLE, refused, kernel_is_not_sure,
         HOST_LISTENER_YES},
        {"a listener for one interface only", POSSIBLE, refused, listener_of_one_interface},
        {"a container behind the host refuses", POSSIBLE, refused, rst_from_behind,
         HOST_LISTENER_NONE},
        {"a proxy listens, and the container behind it refuses", POSSIBLE, refused, rst_from_behind,
         HOST_LISTENER_YES},
        {"a rule answers before it is known that nothing listens", POSSIBLE, refused,
         rule_answers_marked_syn, HOST_LISTENER_NONE},
    };

    (void)state;
    factscript_check(rule_refused_closed_port, cases, ARRAY_LEN(cases));
}

static void a_rst_beside_a_listener_is_a_rules(void **state)
{
    static const struct rule_case cases[] = {
        {"nobody asked the kernel", POSSIBLE, refused},
        {"it listens before and after", LIKELY, refused, kernel_says, HOST_LISTENER_YES,
         "host-listens"},
        {"it may have begun to listen since", POSSIBLE, refused, kernel_is_not_sure,
         HOST_LISTENER_YES},
        {"it listens for one interface only", POSSIBLE, refused, listener_of_one_interface},
        {"nothing listens: no rule is needed", NONE, refused, kernel_says, HOST_LISTENER_NONE},
        {"nothing listens, and a rule answered", POSSIBLE, refused, rule_answers_marked_syn,
         HOST_LISTENER_NONE},
        {"a proxy listens, and the container behind it refuses", POSSIBLE, refused, rst_from_behind,
         HOST_LISTENER_YES},
    };

    (void)state;
    factscript_check(rule_refused_firewall_rst, cases, ARRAY_LEN(cases));
}

static void a_listener_that_stayed_was_not_restarted(void **state)
{
    static const struct rule_case cases[] = {
        {"it hung up on others before", LIKELY, refused, restarted},
        {"the same socket listens before and after", NONE, refused, restarted, true},
    };

    (void)state;
    factscript_check(rule_refused_service_restart, cases, ARRAY_LEN(cases));
}

static void a_full_queue_that_counts_drops_is_certain(void **state)
{
    static const struct rule_case cases[] = {
        {"silence, and nobody asked the kernel", NONE, silent},
        {"silence, full, and it counts", CERTAIN, silent, queue_full, 3, "host-overflows"},
        {"silence, full, and it counts nothing", LIKELY, silent, queue_full, 0, "host-queue-full"},
        {"another listener overflows", NONE, silent, others_overflow, 3},
        {"SYN-ACKs repeated, full, and it counts", CERTAIN, never_taken, queue_full, 3,
         "host-queue-full"},
        {"SYN-ACKs repeated, another listener overflows", LIKELY, never_taken, others_overflow, 3},
        {"SYN-ACKs repeated, room, and nothing is counted", NONE, never_taken, kernel_says,
         HOST_LISTENER_YES},
        {"reset after the ACK, full, and it counts", CERTAIN, reset_after_ack, queue_full, 1,
         "host-overflows"},
        {"reset after the ACK, room, and nothing is counted", NONE, reset_after_ack, kernel_says,
         HOST_LISTENER_YES},
        {"reset after the ACK, what it counts is not known", POSSIBLE, reset_after_ack,
         counters_unknown},
        {"it fell silent", LIKELY, silent, it_fell_silent},
        {"it fell silent, with room, and nothing is counted", NONE, silent,
         it_fell_silent_with_room},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void what_a_listener_with_room_never_saw_was_dropped_before_it(void **state)
{
    static const struct rule_case cases[] = {
        {"nobody asked the kernel", NONE, silent},
        {"it listens, has room and counts nothing", LIKELY, silent, kernel_says, HOST_LISTENER_YES,
         "host-dropped-nothing"},
        {"it listens on one interface only", NONE, silent, listener_of_one_interface},
        {"its queue is full", NONE, silent, queue_full, 0},
        {"it counts drops, whosever they are", NONE, silent, others_overflow, 1},
        {"what it counts is not known", NONE, silent, counters_unknown},
        {"no listener: the packets may be forwarded", NONE, silent, kernel_says,
         HOST_LISTENER_NONE},
        {"others are answered by a container", NONE, silent, answered_by_a_container},
        {"only one direction is captured", NONE, silent, nothing_of_the_host_seen},
        {"the route back leads elsewhere", LIKELY, silent, rp_filter, 4, "host-reverse-path"},
    };

    (void)state;
    factscript_check(rule_filtered_drop, cases, ARRAY_LEN(cases));
}

static void an_ack_that_no_listener_saw_was_lost(void **state)
{
    static const struct rule_case cases[] = {
        {"nobody asked the kernel", POSSIBLE, never_taken, NULL, 0, "same-as-full-queue"},
        {"the queue has room and nothing is counted", LIKELY, never_taken, kernel_says,
         HOST_LISTENER_YES, "host-dropped-nothing"},
        {"the queue is full", POSSIBLE, never_taken, queue_full, 2},
    };

    (void)state;
    factscript_check(rule_handshake_ack_lost, cases, ARRAY_LEN(cases));
}

/* Grades that the judge makes of them, and that the event says where they come from. */
static void the_event_has_what_the_kernel_said(void **state)
{
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_open(&script);
    silent(&script);
    queue_full(&script, 3);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_ACCEPT_QUEUE_OVERFLOW);
    assert_int_equal(event.confidence, CONFIDENCE_CERTAIN);
    assert_true(event.host.is_known);
    assert_int_equal(event.host.recv_q, 6);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_without_a_listener_is_certainly_closed),
        cmocka_unit_test(a_rst_beside_a_listener_is_a_rules),
        cmocka_unit_test(a_listener_that_stayed_was_not_restarted),
        cmocka_unit_test(a_full_queue_that_counts_drops_is_certain),
        cmocka_unit_test(what_a_listener_with_room_never_saw_was_dropped_before_it),
        cmocka_unit_test(an_ack_that_no_listener_saw_was_lost),
        cmocka_unit_test(the_event_has_what_the_kernel_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
