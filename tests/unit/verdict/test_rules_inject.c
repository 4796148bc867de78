/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forged RSTs: what each sign is worth, and where it stops being one. A case gives a RST that
 * carries one sign beside those that make up its base's points.
 */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static struct rst_facts *first_rst(struct factscript *script)
{
    return &script->note.trail.rst[0];
}

/* ---- situations ---- */

/* No points: the shape is no stack's, but the window is set. */
static void reset_plainly(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 30)->mark.window = 229;
}

/* One point: RST with ACK, window 0, no timestamps. */
static void reset_in_no_stacks_shape(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 30);
}

static void reset_twice(struct factscript *script)
{
    reset_plainly(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_X, 2 * RTT + 40)->mark.window = 229;
}

static void refused_then_answered(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B1, RTT / 2 + 5);
    script->note.facts.bits |= FACT_SYN_REFUSED;
    factscript_packet(script, "S SA", RTT);
}

static void outlived(struct factscript *script)
{
    reset_plainly(script);
    script->note.trail.slot[TRAIL_AFTER_RST] = *factscript_packet(script, "S PA +1200", 5 * RTT);
    script->note.facts.bits |= FACT_ALIVE_AFTER_RST;
}

static void outlived_then_reset(struct factscript *script)
{
    outlived(script);
    script->note.trail.rst[0].mark.ts_ns = script->note.trail.slot[TRAIL_AFTER_RST].ts_ns - 1;
    factscript_packet(script, "C A", 6 * RTT);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 9 * RTT);
    script->note.facts.bits &= ~(uint32_t)FACT_REQUEST_OPEN;
}

/* ---- changes ---- */

static void ttl_nearer(struct factscript *script, int64_t n_hops)
{
    first_rst(script)->mark.ttl = (uint8_t)(first_rst(script)->baseline_ttl + n_hops);
}

static void ttl_of_another_class(struct factscript *script, int64_t ttl)
{
    first_rst(script)->mark.ttl = (uint8_t)ttl;
}

static void no_baseline(struct factscript *script, int64_t ttl)
{
    ttl_of_another_class(script, ttl);
    first_rst(script)->baseline_ttl = 0;
}

static void seen_at_server_ttl_nearer(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    factscript_seen_at(script, SIDE_SERVER);
}

static void seen_at_server_ttl_far_and_no_stacks_shape(struct factscript *script, int64_t window)
{
    seen_at_server_ttl_nearer(script, limits()->hops_strong);
    first_rst(script)->mark.payload_bytes = 10;
    first_rst(script)->mark.window = (uint16_t)window;
}

/* The sender talks on so long after its RST, with new bytes. */
static void sender_goes_on_after(struct factscript *script, int64_t ns)
{
    struct packet_mark *after = &script->note.trail.slot[TRAIL_AFTER_RST];

    *after = first_rst(script)->mark;
    after->frame = ++script->note.ordinal;
    after->flags = TCP_PSH | TCP_ACK;
    after->payload_bytes = 100;
    after->ts_ns += ns;
}

static void stateless_goes_on_after(struct factscript *script, int64_t ns)
{
    sender_goes_on_after(script, limits()->reorder_ns + ns);
    first_rst(script)->family = RST_FAMILY_B2;
    first_rst(script)->mark.flags = TCP_RST;
}

static void receiver_goes_on(struct factscript *script, int64_t ns)
{
    sender_goes_on_after(script, ns);
    script->note.trail.slot[TRAIL_AFTER_RST].side = SIDE_CLIENT;
}

static void second_rst_ahead(struct factscript *script, int64_t n_bytes)
{
    script->note.trail.rst[1].mark.seq += (uint32_t)n_bytes;
}

static void second_rst_ahead_after(struct factscript *script, int64_t ns)
{
    second_rst_ahead(script, 3);
    script->note.trail.rst[1].mark.ts_ns =
        first_rst(script)->mark.ts_ns + limits()->rst_burst_ns + ns;
}

static void second_rst_of_window(struct factscript *script, int64_t window)
{
    script->note.trail.rst[1].mark.window = (uint16_t)window;
}

static void other_end_reset_after(struct factscript *script, int64_t ns)
{
    script->note.trail.rst[1].mark.side = SIDE_CLIENT;
    script->note.trail.rst[1].mark.ts_ns = first_rst(script)->mark.ts_ns + ns;
}

static void challenged(struct factscript *script, int64_t unused)
{
    script->note.facts.bits |= FACT_CHALLENGED;
}

static void id_jumps(struct factscript *script, int64_t more)
{
    first_rst(script)->does_id_count = true;
    first_rst(script)->prev_ip_id = 100;
    first_rst(script)->mark.ip_id = (uint16_t)(100 + limits()->id_jump + more);
}

static void id_zero_of_a_counter(struct factscript *script, int64_t unused)
{
    id_jumps(script, 0);
    first_rst(script)->prev_ip_id = 30000;
    first_rst(script)->mark.ip_id = 0;
}

static void id_random(struct factscript *script, int64_t unused)
{
    id_jumps(script, 1);
    first_rst(script)->does_id_count = false;
}

static void with_payload(struct factscript *script, int64_t n_bytes)
{
    first_rst(script)->mark.payload_bytes = (uint32_t)n_bytes;
}

static void of_a_socket(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    first_rst(script)->family = RST_FAMILY_A;
    first_rst(script)->lacks_timestamps = false;
    first_rst(script)->mark.bits |= MARK_HAS_TIMESTAMPS;
}

static void sender_had_closed(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    first_rst(script)->sender_had_fin = true;
}

static void several_paths(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_TTL_VARIES;
}

static void synack_of_a_front(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    script->note.trail.slot[TRAIL_SYNACK].ttl++;
}

static void after_the_peers_rst(struct factscript *script, int64_t n_hops)
{
    ttl_nearer(script, n_hops);
    first_rst(script)->peer_had_rst = true;
}

/* How long the RST took from the SYN; the way there and back takes RTT. */
static void refused_after(struct factscript *script, int64_t ns)
{
    factscript_seen_at(script, SIDE_CLIENT);
    first_rst(script)->mark.ts_ns = script->note.facts.first_ns + ns;
    first_rst(script)->trigger = (struct packet_mark){0};
}

/* ---- tests ---- */

static void a_ttl_that_differs_is_a_sign(void **state)
{
    static const struct rule_case cases[] = {
        {"a RST as the others", NONE, reset_plainly},
        {"a hop nearer: routes wobble", NONE, reset_plainly, ttl_nearer, 1},
        {"two hops nearer", POSSIBLE, reset_plainly, ttl_nearer, 2, "ttl-differs"},
        {"two hops farther", POSSIBLE, reset_plainly, ttl_nearer, -2, "ttl-differs"},
        {"two hops and no stack's shape", POSSIBLE, reset_in_no_stacks_shape, ttl_nearer, 2,
         "no-stack-sends-this"},
        {"far off and no stack's shape", LIKELY, reset_in_no_stacks_shape, ttl_nearer, -5},
        {"just less far off", POSSIBLE, reset_in_no_stacks_shape, ttl_nearer, -4},
        {"from another kind of host", LIKELY, reset_in_no_stacks_shape, ttl_of_another_class, 65},
        {"nothing to compare with", NONE, reset_in_no_stacks_shape, no_baseline, 20},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void only_its_own_host_can_be_certain(void **state)
{
    static const struct rule_case cases[] = {
        {"five points where it claims to come from", CERTAIN, reset_in_no_stacks_shape,
         seen_at_server_ttl_far_and_no_stacks_shape},
        {"four points there", LIKELY, reset_in_no_stacks_shape,
         seen_at_server_ttl_far_and_no_stacks_shape, 1},
        {"a hop nearer there", NONE, reset_plainly, seen_at_server_ttl_nearer, 1},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void a_sender_that_talks_on_did_not_hang_up(void **state)
{
    static const struct rule_case cases[] = {
        {"new bytes later", POSSIBLE, reset_plainly, sender_goes_on_after, NS_PER_S,
         "sender-continues"},
        {"just late enough to count", POSSIBLE, reset_plainly, sender_goes_on_after, 2 * NS_PER_S},
        {"later than that: another connection's", NONE, reset_plainly, sender_goes_on_after,
         2 * NS_PER_S + 1},
        {"as late as packets overtake each other", POSSIBLE, reset_plainly, stateless_goes_on_after,
         0, "sender-continues"},
        {"sooner: it was overtaken", NONE, reset_plainly, stateless_goes_on_after, -1},
        {"the other side goes on", NONE, reset_plainly, receiver_goes_on, NS_PER_S},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void rsts_of_one_host_agree_with_each_other(void **state)
{
    static const struct rule_case cases[] = {
        {"two alike", NONE, reset_twice},
        {"the second three bytes ahead", POSSIBLE, reset_twice, second_rst_ahead, 3,
         "rst-seq-climbs"},
        {"two bytes ahead: SYN and FIN count one each", NONE, reset_twice, second_rst_ahead, 2},
        {"ahead, just within one burst", POSSIBLE, reset_twice, second_rst_ahead_after, -1},
        {"ahead, later", NONE, reset_twice, second_rst_ahead_after},
        {"with another window", POSSIBLE, reset_twice, second_rst_of_window, 230,
         "rst-windows-differ"},
        {"the second without a window", NONE, reset_twice, second_rst_of_window, 0},
        {"one to each end", POSSIBLE, reset_twice, other_end_reset_after, 5 * NS_PER_MS,
         "rst-to-both-ends"},
        {"one to each end, not together", NONE, reset_twice, other_end_reset_after,
         5 * NS_PER_MS + 1},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void small_signs_count_one_each(void **state)
{
    static const struct rule_case cases[] = {
        {"no stack's shape alone", NONE, reset_in_no_stacks_shape},
        {"challenged alone", NONE, reset_plainly, challenged},
        {"shape and challenged", POSSIBLE, reset_in_no_stacks_shape, challenged, 0,
         "challenge-ack"},
        {"shape and off the IP counter", POSSIBLE, reset_in_no_stacks_shape, id_jumps, 1,
         "ip-id-off-counter"},
        {"shape and just within the counter", NONE, reset_in_no_stacks_shape, id_jumps},
        {"shape and an ID of 0", NONE, reset_in_no_stacks_shape, id_zero_of_a_counter},
        {"shape and a sender of random IDs", NONE, reset_in_no_stacks_shape, id_random},
        {"shape and payload", POSSIBLE, reset_in_no_stacks_shape, with_payload, 1,
         "rst-with-payload"},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void signs_of_the_sender_itself_speak_against_it(void **state)
{
    static const struct rule_case cases[] = {
        {"as its socket would", NONE, reset_plainly, of_a_socket, -40},
        {"its sender had closed", NONE, reset_plainly, sender_had_closed, -40},
        {"its other packets take several paths", NONE, reset_plainly, several_paths, -40},
        {"a front answered the SYN", NONE, reset_plainly, synack_of_a_front, -40},
        {"after the other side's RST", NONE, reset_plainly, after_the_peers_rst, -40},
        {"none of these", POSSIBLE, reset_plainly, ttl_nearer, -40, "ttl-differs"},
        {"the program aborts", NONE, factscript_aborted},
        {"a host without the connection", NONE, factscript_forgotten},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void a_refusal_before_the_synack_came_from_somebody_else(void **state)
{
    static const struct rule_case cases[] = {
        {"the SYN-ACK comes after it", POSSIBLE, refused_then_answered,
         .reason = "synack-after-rst"},
        {"sooner than half the way", LIKELY, refused_then_answered, refused_after,
         RTT / 2 * NS_PER_MS - 1, "rst-too-soon"},
        {"as late as half the way", POSSIBLE, refused_then_answered, refused_after,
         RTT / 2 * NS_PER_MS},
        {"no SYN-ACK ever", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_rst_injected, cases, ARRAY_LEN(cases));
}

static void a_rst_is_ignored_when_both_sides_go_on(void **state)
{
    static const struct rule_case cases[] = {
        {"both go on", CERTAIN, outlived, .reason = "rst-without-effect"},
        {"its receiver doubted it", CERTAIN, outlived, challenged, 0, "challenge-ack"},
        {"and the client closed by RST when it was done", CERTAIN, outlived_then_reset},
        {"it ended the connection", NONE, reset_plainly},
        {"it ended it, though it was doubted", NONE, reset_plainly, challenged},
        {"no RST", NONE, factscript_answered},
    };

    (void)state;
    factscript_check(rule_rst_ignored, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ttl_that_differs_is_a_sign),
        cmocka_unit_test(only_its_own_host_can_be_certain),
        cmocka_unit_test(a_sender_that_talks_on_did_not_hang_up),
        cmocka_unit_test(rsts_of_one_host_agree_with_each_other),
        cmocka_unit_test(small_signs_count_one_each),
        cmocka_unit_test(signs_of_the_sender_itself_speak_against_it),
        cmocka_unit_test(a_refusal_before_the_synack_came_from_somebody_else),
        cmocka_unit_test(a_rst_is_ignored_when_both_sides_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
