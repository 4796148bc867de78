/* SPDX-License-Identifier: BSD-2-Clause */
/* The four patterns of a full accept queue: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static void one_syn(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
}

/* TCP_DEFER_ACCEPT: one SYN-ACK more, then the request is served. */
static void deferred(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_packet(script, "C PA +400", 2000);
    factscript_packet(script, "S PA +1200", 2000 + RTT);
    factscript_packet(script, "C A", 2000 + RTT + 1);
}

/* P3: the kernel does not know the connection that it has just agreed to. */
static void reset_after_ack(struct factscript *script)
{
    factscript_connected(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 2 * RTT + 0.1);
}

/* P4: the first data again and again, and nothing ever comes. */
static void data_into_nothing(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "C PA +400", RTT + 1);
    factscript_repeat(script, SIDE_CLIENT, limits()->overflow_data_copies, 400, 600);
}

static int64_t first_ns(const struct factscript *script)
{
    return script->note.facts.first_ns;
}

static void listener_answers(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->answer_ns = first_ns(script) + ns;
}

/* It answered others so long before this one's silence, the first in a run. */
static void listener_fell_silent(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    at->answer_ns = at->answered_before_silence_ns =
        first_ns(script) - limits()->fell_silent_ns + ns;
    at->silent_from_ns = first_ns(script);
}

static void listener_fell_silent_seen_at_server(struct factscript *script, int64_t ns)
{
    listener_fell_silent(script, ns);
    factscript_seen_at(script, SIDE_SERVER);
}

static void listener_answers_seen_at_server(struct factscript *script, int64_t ns)
{
    listener_answers(script, ns);
    factscript_seen_at(script, SIDE_SERVER);
}

/* Others needed another SYN. */
static void others_recovered(struct factscript *script, int64_t more)
{
    struct listener_state *at = factscript_listener(script);

    listener_answers(script, 0);
    at->recovered_ns = first_ns(script);
    at->recovered_share_x256 = (uint32_t)(limits()->recovered_share_x256 + more);
}

static void others_recovered_at(struct factscript *script, int64_t ns)
{
    others_recovered(script, 0);
    factscript_listener(script)->recovered_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void others_overflowed_at(struct factscript *script, int64_t ns)
{
    listener_answers(script, 0);
    factscript_listener(script)->overflow_ns = first_ns(script) - limits()->alive_ns + ns;
}

/* Of the flow itself the hosts know already when it is judged. */
static void only_this_flow_overflowed(struct factscript *script, int64_t unused)
{
    factscript_listener(script)->overflow_ns = facts_last_ns(&script->note.facts);
}

static void another_flow_overflowed(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    only_this_flow_overflowed(script, 0);
    at->overflow_before_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void another_overflowed_client_served(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    another_flow_overflowed(script, ns);
    at->taken_ns = first_ns(script);
    at->taken_client = script->note.key.addr[0];
}

static void another_overflowed_others_served(struct factscript *script, int64_t ns)
{
    another_overflowed_client_served(script, ns);
    factscript_listener(script)->taken_client.bytes[15]++;
}

static void others_kept(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->kept_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void others_silent(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->silent_from_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void seen_at_server(struct factscript *script, int64_t unused)
{
    factscript_seen_at(script, SIDE_SERVER);
}

static void seen_at_client(struct factscript *script, int64_t unused)
{
    factscript_seen_at(script, SIDE_CLIENT);
}

static void synacks_late(struct factscript *script, int64_t more)
{
    script->note.facts.side[SIDE_SERVER].n_syn_late = (uint8_t)(limits()->overflow_synacks + more);
}

static void data_acknowledged(struct factscript *script, int64_t n)
{
    script->note.facts.side[SIDE_SERVER].acked += (uint32_t)n;
}

/* The RST comes so long after the limit for a short path. */
static void rst_after(struct factscript *script, int64_t ns)
{
    others_kept(script, 0);
    script->note.trail.rst[0].mark.ts_ns = factscript_ns(script, RTT + 0.1) + ns;
}

static void rst_after_limit(struct factscript *script, int64_t ns)
{
    rst_after(script, limits()->overflow_rst_ns + ns);
}

static void rst_after_three_long_round_trips(struct factscript *script, int64_t ns)
{
    script->note.facts.synack_ns = factscript_ns(script, 100);
    rst_after(script, 3 * 100 * NS_PER_MS + ns);
}

static void rst_sooner_than_half_the_way(struct factscript *script, int64_t ns)
{
    seen_at_client(script, 0);
    rst_after(script, RTT * NS_PER_MS / 2 - ns);
}

static void rst_of_other_hops(struct factscript *script, int64_t n_hops)
{
    others_kept(script, 0);
    script->note.trail.rst[0].mark.ttl = (uint8_t)(FACTSCRIPT_SERVER_TTL - n_hops);
}

static void rst_seq_ahead(struct factscript *script, int64_t n)
{
    others_kept(script, 0);
    script->note.trail.rst[0].mark.seq += (uint32_t)n;
}

static void rst_of_family(struct factscript *script, int64_t family)
{
    others_kept(script, 0);
    script->note.trail.rst[0].family = (uint8_t)family;
}

static void copies(struct factscript *script, int64_t more)
{
    others_silent(script, 0);
    script->note.facts.side[SIDE_CLIENT].run_count =
        (uint8_t)(limits()->overflow_data_copies + more);
}

/* P3 of others, so much less than a minute ago. */
static void others_reset(struct factscript *script, int64_t ns)
{
    listener_answers(script, 0);
    factscript_listener(script)->overflow_rst_ns = first_ns(script) - limits()->alive_ns + ns;
}

static void synack_repeated_too(struct factscript *script, int64_t unused)
{
    others_silent(script, 0);
    script->note.facts.side[SIDE_SERVER].n_syn_late = 1;
}

/* ---- tests ---- */

static void p1_is_likely_only_under_pressure_or_where_all_are_ignored(void **state)
{
    static const struct rule_case cases[] = {
        {"the listener answers another client after this first SYN", POSSIBLE, factscript_silent,
         listener_answers, 0, "listener-answers-others"},
        {"a filter may drop this client alone", POSSIBLE, factscript_silent, listener_answers, 0,
         "same-as-filter"},
        {"the listener answered last before this first SYN", NONE, factscript_silent,
         listener_answers, -1},
        {"one SYN may just be lost", NONE, one_syn, listener_answers},
        {"it fell silent just so long ago", POSSIBLE, factscript_silent, listener_fell_silent, 0,
         "listener-fell-silent"},
        {"it has been silent for longer", NONE, factscript_silent, listener_fell_silent, -1},
        {"it fell silent and the SYNs reach its host", LIKELY, factscript_silent,
         listener_fell_silent_seen_at_server, 0, "seen-at-server"},
        {"the SYNs reach its host, which answers others: a filter there looks the same", POSSIBLE,
         factscript_silent, listener_answers_seen_at_server, 0, "same-as-filter"},
        {"so many others need another SYN", LIKELY, factscript_silent, others_recovered, 0,
         "syn-repeats-succeed"},
        {"fewer need another SYN", POSSIBLE, factscript_silent, others_recovered, -1},
        {"others were reset straight after their ACK", LIKELY, factscript_silent, others_reset, 0,
         "overflow-resets"},
        {"others were reset so longer ago", POSSIBLE, factscript_silent, others_reset, -1},
        {"others needed another SYN a minute ago", LIKELY, factscript_silent, others_recovered_at},
        {"others needed another SYN longer ago", POSSIBLE, factscript_silent, others_recovered_at,
         -1},
        {"another flow showed P2 a minute ago", LIKELY, factscript_silent, others_overflowed_at, 0,
         "overflow-seen"},
        {"another flow showed P2 longer ago", POSSIBLE, factscript_silent, others_overflowed_at,
         -1},
        {"nothing is known of the listener", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void p2_needs_two_late_synacks_and_is_likely_where_the_ack_arrived(void **state)
{
    static const struct rule_case cases[] = {
        {"the SYN-ACK comes twice after the ACK", POSSIBLE, factscript_never_taken,
         .reason = "same-as-lossy-path"},
        {"once may be TCP_DEFER_ACCEPT or a long way", NONE, factscript_never_taken, synacks_late,
         -1},
        {"TCP_DEFER_ACCEPT, then served", NONE, deferred},
        {"seen at the server", LIKELY, factscript_never_taken, seen_at_server},
        {"another flow too, and the client is served meanwhile", LIKELY, factscript_never_taken,
         another_overflowed_client_served, 0, "client-served"},
        {"another flow longer ago", POSSIBLE, factscript_never_taken,
         another_overflowed_client_served, -1},
        {"another flow too, but nobody is served", POSSIBLE, factscript_never_taken,
         another_flow_overflowed},
        {"another flow too, but only others are served: the path of this client", POSSIBLE,
         factscript_never_taken, another_overflowed_others_served},
        {"this flow is no other flow", POSSIBLE, factscript_never_taken, only_this_flow_overflowed},
        {"a byte was acknowledged", NONE, factscript_never_taken, data_acknowledged, 1},
        {"the client never answered the SYN-ACK", NONE, factscript_half_open},
        {"served at once", NONE, factscript_answered},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void p3_is_a_stateless_rst_one_round_trip_after_the_ack(void **state)
{
    static const struct rule_case cases[] = {
        {"the RST answers the ACK", POSSIBLE, reset_after_ack, .reason = "rst-after-ack"},
        {"the listener keeps others at that time", LIKELY, reset_after_ack, others_kept, 0,
         "listener-alive"},
        {"the listener kept others longer ago", POSSIBLE, reset_after_ack, others_kept, -1},
        {"just within the time", LIKELY, reset_after_ack, rst_after_limit},
        {"just after it", NONE, reset_after_ack, rst_after_limit, 1},
        {"just within three long round trips", LIKELY, reset_after_ack,
         rst_after_three_long_round_trips},
        {"just after them", NONE, reset_after_ack, rst_after_three_long_round_trips, 1},
        {"half the way is just enough for an answer", LIKELY, reset_after_ack,
         rst_sooner_than_half_the_way},
        {"sooner than the server can know", NONE, reset_after_ack, rst_sooner_than_half_the_way, 1},
        {"one hop off", LIKELY, reset_after_ack, rst_of_other_hops, 1},
        {"two hops from where the SYN-ACK came", NONE, reset_after_ack, rst_of_other_hops, 2},
        {"beyond the first byte", NONE, reset_after_ack, rst_seq_ahead, 1},
        {"a socket's own RST is a program's", NONE, reset_after_ack, rst_of_family, RST_FAMILY_A},
        {"no known stack's RST", NONE, reset_after_ack, rst_of_family, RST_FAMILY_X},
        {"the connection was used", NONE, factscript_forgotten, others_kept},
        {"the client reset the SYN-ACK", NONE, factscript_synack_reset, others_kept},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void p4_is_told_from_a_dead_path_by_others_only(void **state)
{
    static const struct rule_case cases[] = {
        {"others are silent at that time", LIKELY, data_into_nothing, others_silent, 0,
         "first-data-ignored"},
        {"others were silent longer ago", NONE, data_into_nothing, others_silent, -1},
        {"others need another SYN", LIKELY, data_into_nothing, others_recovered},
        {"others show P2", LIKELY, data_into_nothing, others_overflowed_at},
        {"others showed P2 longer ago", NONE, data_into_nothing, others_overflowed_at, -1},
        {"nothing is known of the listener", NONE, data_into_nothing},
        {"just enough copies", LIKELY, data_into_nothing, copies},
        {"one copy less", NONE, data_into_nothing, copies, -1},
        {"a SYN-ACK came again", NONE, data_into_nothing, synack_repeated_too},
        {"a byte was acknowledged", NONE, data_into_nothing, data_acknowledged, 1},
        {"a connection that was used", NONE, factscript_blackholed, others_silent},
    };

    (void)state;
    factscript_check(rule_accept_queue_overflow, cases, ARRAY_LEN(cases));
}

static void one_that_is_reset_after_its_ack_speaks_for_the_others(void **state)
{
    static struct factscript script;
    const struct listener_state *at;

    (void)state;
    factscript_open(&script);
    factscript_aborted(&script);
    factscript_tell(&script, NOTE_ENDED);
    factscript_next(&script, 1000);
    factscript_forgotten(&script);
    factscript_tell(&script, NOTE_ENDED);
    at = hosts_listener(&script.hosts, &script.note.key.addr[1], script.note.key.port[1]);
    assert_true(at->overflow_rst_ns == NS_NEVER);
    factscript_next(&script, 2000);
    reset_after_ack(&script);
    factscript_tell(&script, NOTE_ENDED);
    assert_true(at->overflow_rst_ns == script.note.trail.rst[0].mark.ts_ns);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_reset_after_its_ack_speaks_for_the_others),
        cmocka_unit_test(p1_is_likely_only_under_pressure_or_where_all_are_ignored),
        cmocka_unit_test(p2_needs_two_late_synacks_and_is_likely_where_the_ack_arrived),
        cmocka_unit_test(p3_is_a_stateless_rst_one_round_trip_after_the_ack),
        cmocka_unit_test(p4_is_told_from_a_dead_path_by_others_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
