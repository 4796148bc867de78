/* SPDX-License-Identifier: BSD-2-Clause */
/* Confused handshakes, scans and floods: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- situations ---- */

/* The server still holds the tuple's old connection and says where that was. */
static void old_connection_answers(struct factscript *script)
{
    struct packet_mark *stale = &script->note.trail.slot[TRAIL_STALE_ACK];

    factscript_packet(script, "C S", 0);
    *stale = *factscript_packet(script, "S A", RTT);
    stale->ack = 777777;
    script->note.facts.bits |= FACT_STALE_ACK;
}

static void client_resets_the_old_one(struct factscript *script)
{
    old_connection_answers(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, RTT + 0.1)->mark.seq = 777777;
}

static void one_syn(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
}

/* ---- changes ---- */

static void it_resets_something_else(struct factscript *script, int64_t n)
{
    script->note.trail.rst[0].mark.seq += (uint32_t)n;
}

static void no_packet_kept(struct factscript *script, int64_t unused)
{
    script->note.trail.slot[TRAIL_STALE_ACK].frame = 0;
}

static void reset_before(struct factscript *script, int64_t n)
{
    factscript_host(script, SIDE_CLIENT)->n_synack_resets =
        limits()->consecutive_failures + (uint32_t)n;
}

static void bare_syn_and_reset_before(struct factscript *script, int64_t n)
{
    script->note.facts.side[SIDE_CLIENT].bits &=
        (uint16_t) ~(SIDE_HAS_TIMESTAMPS | SIDE_HAS_WSCALE);
    reset_before(script, n);
}

static void options_unknown_and_reset_before(struct factscript *script, int64_t n)
{
    bare_syn_and_reset_before(script, n);
    script->note.facts.side[SIDE_CLIENT].bits |= SIDE_OPTIONS_UNKNOWN;
}

static void reset_after_unknown_way(struct factscript *script, int64_t ns)
{
    script->note.trail.rst[0].mark.ts_ns =
        script->note.facts.synack_ns + limits()->rtt_unknown_ns + ns;
}

static void second_syn(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_CLIENT].n_syn = 2;
}

/* A flood of the listener whose last second began so long after this SYN, or before it. */
static void flood_until(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    at->flood_from_ns = script->note.facts.first_ns - 5 * NS_PER_S;
    at->flood_until_ns = script->note.facts.first_ns - NS_PER_S + ns;
}

static void flood_from(struct factscript *script, int64_t ns)
{
    struct listener_state *at = factscript_listener(script);

    at->flood_from_ns = script->note.facts.first_ns + ns;
    at->flood_until_ns = script->note.facts.first_ns + 5 * NS_PER_S;
}

/* Forgotten for want of memory in a flood that began with this SYN, or so long after it. */
static void evicted_in_flood(struct factscript *script, int64_t ns)
{
    flood_from(script, ns);
    script->note.facts.bits |= FACT_EVICTED;
    script->note.now_ns = script->note.facts.first_ns + NS_PER_S / 2;
}

static void evicted_without_syn(struct factscript *script, int64_t ns)
{
    evicted_in_flood(script, ns);
    script->note.facts.bits &= ~(uint32_t)FACT_SYN_SEEN;
}

/* ---- tests ---- */

static void an_old_connection_is_stale_on_the_server_when_it_answers_the_syn(void **state)
{
    static const struct rule_case cases[] = {
        {"an ACK of something else", LIKELY, old_connection_answers,
         .reason = "ack-of-something-else"},
        {"the client resets just that", CERTAIN, client_resets_the_old_one,
         .reason = "client-resets-it"},
        {"the client resets something else", LIKELY, client_resets_the_old_one,
         it_resets_something_else, 1},
        {"no such packet is kept", NONE, old_connection_answers, no_packet_kept},
        {"a SYN-ACK answers", NONE, factscript_connected},
        {"a RST answers", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_stale_connection_on_server, cases, ARRAY_LEN(cases));
}

static void a_scanner_resets_synacks_at_once_and_always(void **state)
{
    static const struct rule_case cases[] = {
        {"bare SYNs, every time", LIKELY, factscript_synack_reset, bare_syn_and_reset_before, 0,
         "every-time"},
        {"bare SYNs, once less often", POSSIBLE, factscript_synack_reset, bare_syn_and_reset_before,
         -1, "bare-syn"},
        {"an ordinary SYN, every time", POSSIBLE, factscript_synack_reset, reset_before, 0,
         "full-options"},
        {"the snap length cut the options", POSSIBLE, factscript_synack_reset,
         options_unknown_and_reset_before},
        {"as late as an unknown way", POSSIBLE, factscript_synack_reset, reset_after_unknown_way},
        {"later: it had given up", NONE, factscript_synack_reset, reset_after_unknown_way, 1},
        {"it sent its SYN twice", NONE, factscript_synack_reset, second_syn},
        {"connected", NONE, factscript_answered},
        {"refused", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_half_open_scan, cases, ARRAY_LEN(cases));
}

static void a_syn_belongs_to_a_flood_when_its_source_says_nothing_else(void **state)
{
    static const struct rule_case cases[] = {
        {"within a second of its last second", LIKELY, one_syn, flood_until, 0, "syn-rate"},
        {"later", NONE, one_syn, flood_until, -1},
        {"its first SYN", LIKELY, one_syn, flood_from},
        {"just before it began", NONE, one_syn, flood_from, 1},
        {"nobody floods", NONE, one_syn},
        {"the source tries again", NONE, factscript_silent, flood_until},
        {"the SYN-ACK is never answered", LIKELY, factscript_half_open, flood_until},
        {"the source completes the handshake", NONE, factscript_connected, flood_until},
        {"refused", NONE, factscript_refused, flood_until},
        {"forgotten early", LIKELY, one_syn, evicted_in_flood, 0, "forgotten-early"},
        {"forgotten early, before it began", NONE, one_syn, evicted_in_flood, 1},
        {"forgotten, and it began before the capture", NONE, one_syn, evicted_without_syn},
        {"forgotten after its SYN-ACK", LIKELY, factscript_half_open, evicted_in_flood},
        {"forgotten, refused", NONE, factscript_refused, evicted_in_flood},
    };

    (void)state;
    factscript_check(rule_syn_flood, cases, ARRAY_LEN(cases));
}

static void one_more_of_a_flood_is_counted_as_it_would_be_told(void **state)
{
    struct factscript script;
    struct verdict_event told, counted;

    (void)state;
    factscript_open(&script);
    one_syn(&script);
    evicted_in_flood(&script, 0);
    verdict_judge(&script.context, &script.note, &told);
    assert_int_equal(told.connection.verdict, VERDICT_SYN_FLOOD);
    assert_false(
        verdict_judge_counted(&script.context, &script.note, VERDICT_CONNECT_TIMEOUT, &counted));
    assert_true(verdict_judge_counted(&script.context, &script.note, VERDICT_SYN_FLOOD, &counted));
    assert_int_equal(counted.kind, told.kind);
    assert_int_equal(counted.ts_ns, told.ts_ns);
    assert_int_equal(counted.connection.verdict, told.connection.verdict);
    assert_int_equal(counted.connection.outcome, told.connection.outcome);
    assert_int_equal(counted.connection.confidence, told.connection.confidence);
    assert_int_equal(counted.connection.family, told.connection.family);
    assert_int_equal(counted.connection.stage, told.connection.stage);
    assert_int_equal(counted.connection.blame, told.connection.blame);
    assert_int_equal(counted.connection.flow_id, told.connection.flow_id);
    assert_int_equal(counted.connection.count, 1);
    assert_true(counted.connection.is_failure);
    assert_memory_equal(&counted.connection.server, &told.connection.server,
                        sizeof(told.connection.server));
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_connection_is_stale_on_the_server_when_it_answers_the_syn),
        cmocka_unit_test(a_scanner_resets_synacks_at_once_and_always),
        cmocka_unit_test(a_syn_belongs_to_a_flood_when_its_source_says_nothing_else),
        cmocka_unit_test(one_more_of_a_flood_is_counted_as_it_would_be_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
