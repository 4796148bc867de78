/* SPDX-License-Identifier: BSD-2-Clause */
/* Open connections that fell silent, early closes, and what is no failure. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- situations ---- */

/* The next request is sent so often that it makes silence, less one. */
static void nearly_blackholed(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C PA +400", 1000);
    factscript_repeat(script, SIDE_CLIENT, limits()->blackhole_copies - 1, 1200, 600);
    factscript_judged_after(script, 1000);
}

static void closed_by_client_rst(struct factscript *script)
{
    factscript_answered(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 3 * RTT);
}

static void reset_after_close(struct factscript *script)
{
    factscript_closed(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 3 * RTT + 7);
}

static void second_syn_connects(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1000 + RTT);
    factscript_packet(script, "C A", 1000 + RTT + 0.1);
}

static void one_syn(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
}

static void only_the_client_is_seen(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C A", RTT);
    factscript_packet(script, "C PA +400", RTT + 1);
}

/* It hangs up before the request arrives, which then meets no socket. */
static void hung_up_on(struct factscript *script)
{
    factscript_connected(script);
    factscript_packet(script, "S FA", RTT + 5);
    factscript_packet(script, "C PA +400", RTT + 6);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 2 * RTT + 6);
}

/* ---- changes ---- */

static void fin_behind(struct factscript *script, int64_t n_bytes)
{
    script->note.facts.side[SIDE_SERVER].nxt += (uint32_t)n_bytes;
}

static void idle_before(struct factscript *script, int64_t ns)
{
    script->note.facts.quiet_before_ms = (uint32_t)((limits()->idle_ns + ns) / NS_PER_MS);
}

static void copies(struct factscript *script, int64_t more)
{
    script->note.facts.side[SIDE_CLIENT].run_count =
        (uint8_t)(limits()->blackhole_copies + (unsigned)more);
}

/* So few copies need a longer silence; it is counted from the server's last packet. */
static void few_copies_judged_after(struct factscript *script, int64_t ns)
{
    script->note.facts.side[SIDE_CLIENT].run_count = (uint8_t)limits()->overflow_data_copies;
    script->note.now_ns = script->note.facts.last_ns[SIDE_SERVER] + limits()->blackhole_ns + ns;
}

static void fewer_copies(struct factscript *script, int64_t value)
{
    few_copies_judged_after(script, 0);
    script->note.facts.side[SIDE_CLIENT].run_count--;
    (void)value;
}

/* The client aborts what nobody answers; the server was heard last so long before. */
static void given_up_after(struct factscript *script, int64_t ns)
{
    struct rst_facts *rst = factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 9000);

    script->note.facts.side[SIDE_CLIENT].run_count = (uint8_t)limits()->given_up_copies;
    script->note.facts.last_ns[SIDE_SERVER] = rst->mark.ts_ns - ns;
    script->note.now_ns = rst->mark.ts_ns + 2 * NS_PER_S;
}

static void server_had_closed(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_SERVER].bits |= SIDE_FIN_SEEN;
}

/* What the client repeats was acknowledged where the capture was made. */
static void acknowledged_copies(struct factscript *script, int64_t more)
{
    script->note.facts.side[SIDE_CLIENT].run_count = 0;
    script->note.trail.acked_run[SIDE_CLIENT].n_copies =
        (uint8_t)(limits()->blackhole_copies + (unsigned)more);
}

static void fin_after_handshake(struct factscript *script, int64_t ns)
{
    script->note.trail.slot[TRAIL_SERVER_FIN].ts_ns =
        script->note.facts.first_ns + (int64_t)script->note.facts.ack_after_us * NS_PER_US +
        limits()->accept_close_ns + ns;
}

static void client_closed_first(struct factscript *script, int64_t unused)
{
    script->note.trail.slot[TRAIL_CLIENT_FIN].frame = 1;
}

static void server_spoke(struct factscript *script, int64_t unused)
{
    script->note.facts.side[SIDE_SERVER].n_data = 1;
}

static void at_end_after(struct factscript *script, int64_t ns)
{
    script->note.facts.bits |= FACT_AT_END;
    script->note.now_ns = facts_last_ns(&script->note.facts) + limits()->censored_ns + ns;
}

static void facts_bits(struct factscript *script, int64_t bits)
{
    script->note.facts.bits |= (uint32_t)bits;
}

/* What the RST acknowledges is what the client had when it asked. */
static void unanswered_as_rst_says(struct factscript *script, int64_t bits)
{
    facts_bits(script, bits);
    script->note.trail.rst[0].mark.ack = script->note.trail.slot[TRAIL_REQUEST].ack;
}

/* The capture begins inside the connection. */
static void midstream(struct factscript *script, int64_t bits)
{
    script->note.facts.bits &= ~(uint32_t)(FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED);
    script->note.facts.bits |= FACT_MIDSTREAM | (uint32_t)bits;
}

/* ---- tests ---- */

static void a_path_is_dead_when_data_goes_unanswered_again_and_again(void **state)
{
    static const struct rule_case cases[] = {
        {"a request into silence", CERTAIN, factscript_blackholed, .reason = "data-unanswered"},
        {"just so many copies", CERTAIN, factscript_blackholed, copies},
        {"a copy fewer, judged at once", LIKELY, nearly_blackholed, .reason = "not-for-long"},
        {"few copies in just so long a silence", CERTAIN, nearly_blackholed,
         few_copies_judged_after},
        {"few copies in less", LIKELY, nearly_blackholed, few_copies_judged_after, -1,
         "not-for-long"},
        {"few copies in just 3 s", LIKELY, nearly_blackholed, few_copies_judged_after,
         -12 * NS_PER_S},
        {"few copies in less than that", NONE, nearly_blackholed, few_copies_judged_after,
         -12 * NS_PER_S - 1},
        {"a copy less than few", NONE, nearly_blackholed, fewer_copies},
        {"given up by RST after a second of silence", LIKELY, nearly_blackholed, given_up_after,
         NS_PER_S},
        {"given up sooner", NONE, nearly_blackholed, given_up_after, NS_PER_S - 1},
        {"the other side had closed", NONE, factscript_blackholed, server_had_closed},
        {"its acknowledgments never arrive", CERTAIN, factscript_blackholed, acknowledged_copies, 0,
         "acks-never-arrive"},
        {"one acknowledged copy fewer", NONE, factscript_blackholed, acknowledged_copies, -1},
        {"the answer came", NONE, factscript_answered},
        {"never accepted", NONE, factscript_never_taken},
    };

    (void)state;
    factscript_check(rule_path_blackhole, cases, ARRAY_LEN(cases));
}

static void an_idle_connection_vanishes_when_the_silence_began_after_a_pause(void **state)
{
    static const struct rule_case cases[] = {
        {"after just so long a pause", LIKELY, factscript_blackholed, idle_before, 0,
         "idle-before"},
        {"after a shorter one", NONE, factscript_blackholed, idle_before, -NS_PER_MS},
        {"without a pause", NONE, factscript_blackholed},
        {"the answer came", NONE, factscript_answered, idle_before},
        {"a RST came", NONE, factscript_forgotten, idle_before},
    };

    (void)state;
    factscript_check(rule_idle_timeout_blackhole, cases, ARRAY_LEN(cases));
}

static void a_server_hangs_up_when_it_closes_before_it_says_a_byte(void **state)
{
    static const struct rule_case cases[] = {
        {"right after the handshake", LIKELY, factscript_closed_unasked,
         .reason = "before-request"},
        {"its close draws a RST for the request", LIKELY, hung_up_on},
        {"it had said something before that RST", NONE, hung_up_on, server_spoke},
        {"just as late as that may be", LIKELY, factscript_closed_unasked, fin_after_handshake},
        {"later: it waited for a request", NONE, factscript_closed_unasked, fin_after_handshake, 1},
        {"the client closed first", NONE, factscript_closed_unasked, client_closed_first},
        {"the server had said something", NONE, factscript_closed_unasked, server_spoke},
        {"its FIN stands behind bytes that were not captured", NONE, factscript_closed_unasked,
         fin_behind, 1},
        {"its FIN stands right behind the handshake", LIKELY, factscript_closed_unasked, fin_behind,
         0},
        {"closed in order", NONE, factscript_closed},
        {"reset", POSSIBLE, factscript_aborted, .reason = "aborted-without-a-byte"},
    };

    (void)state;
    factscript_check(rule_accept_then_close, cases, ARRAY_LEN(cases));
}

static void a_reset_is_harmless_when_nothing_was_left_to_say(void **state)
{
    static const struct rule_case after_fin[] = {
        {"both had closed", CERTAIN, reset_after_close, .reason = "rst-after-close"},
        {"nobody had", NONE, closed_by_client_rst},
        {"without a RST", NONE, factscript_closed},
        {"it costs an answer", NONE, factscript_aborted},
    };
    static const struct rule_case instead_of_fin[] = {
        {"the client had its answer", CERTAIN, closed_by_client_rst,
         .reason = "nothing-outstanding"},
        {"the answer was captured late, and the RST acknowledges it", CERTAIN, closed_by_client_rst,
         facts_bits, FACT_REQUEST_OPEN},
        {"the answer was not captured, and the RST does not acknowledge one", NONE,
         closed_by_client_rst, unanswered_as_rst_says, FACT_REQUEST_OPEN},
        {"both had closed", NONE, reset_after_close},
        {"it costs an answer", NONE, factscript_aborted},
        {"without a RST", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_rst_after_fin, after_fin, ARRAY_LEN(after_fin));
    factscript_check(rule_ok_rst_close, instead_of_fin, ARRAY_LEN(instead_of_fin));
}

static void a_connection_that_works_is_fine_or_slow(void **state)
{
    static const struct rule_case slow[] = {
        {"the second SYN connects", CERTAIN, second_syn_connects, .reason = "handshake-repeated"},
        {"the first connects", NONE, factscript_answered},
        {"none connects", NONE, factscript_silent},
    };
    static const struct rule_case fine[] = {
        {"answered", CERTAIN, factscript_answered},
        {"closed", CERTAIN, factscript_closed},
        {"it outlived a RST", CERTAIN, factscript_answered, facts_bits, FACT_ALIVE_AFTER_RST},
        {"the second SYN connects", NONE, second_syn_connects},
        {"closed by RST", NONE, closed_by_client_rst},
        {"never answered", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_slow_handshake, slow, ARRAY_LEN(slow));
    factscript_check(rule_ok, fine, ARRAY_LEN(fine));
}

static void an_attempt_is_still_going_on_when_the_capture_ends_too_soon(void **state)
{
    static const struct rule_case cases[] = {
        {"just before an answer was due", CERTAIN, one_syn, at_end_after, -1},
        {"when it was due", NONE, one_syn, at_end_after},
        {"the SYN was sent again", NONE, factscript_silent, at_end_after, -1},
        {"a timer judges it", NONE, one_syn},
    };

    (void)state;
    factscript_check(rule_in_progress, cases, ARRAY_LEN(cases));
}

static void what_the_capture_does_not_have_is_unknown(void **state)
{
    static const struct rule_case one_sided[] = {
        {"the client goes on by itself", CERTAIN, only_the_client_is_seen},
        {"it went for want of memory", NONE, only_the_client_is_seen, facts_bits, FACT_EVICTED},
        {"it began before the capture", NONE, only_the_client_is_seen, midstream},
        {"nobody answers and nobody goes on", NONE, factscript_silent},
        {"both are seen", NONE, factscript_answered},
    };
    static const struct rule_case lost[] = {
        {"evicted while it waited", CERTAIN, one_syn, facts_bits, FACT_EVICTED},
        {"the capture lost packets of it", CERTAIN, only_the_client_is_seen, facts_bits, FACT_LOSS},
        {"nothing was lost", NONE, only_the_client_is_seen},
        {"a RST tells", NONE, factscript_refused, facts_bits, FACT_EVICTED},
    };
    static const struct rule_case cut[] = {
        {"headers were cut", CERTAIN, only_the_client_is_seen, facts_bits, FACT_TRUNCATED},
        {"they were, and it began before", NONE, only_the_client_is_seen, midstream,
         FACT_TRUNCATED},
        {"nothing was cut", NONE, only_the_client_is_seen},
        {"headers were cut and it shows all the same", NONE, factscript_answered, facts_bits,
         FACT_TRUNCATED},
    };
    static const struct rule_case inside[] = {
        {"it began before the capture", CERTAIN, factscript_answered, midstream},
        {"and then went silent", NONE, factscript_blackholed, midstream},
        {"and was then reset", NONE, factscript_forgotten, midstream},
        {"the handshake was seen", NONE, factscript_answered},
    };

    (void)state;
    factscript_check(rule_unknown_one_sided, one_sided, ARRAY_LEN(one_sided));
    factscript_check(rule_unknown_capture_loss, lost, ARRAY_LEN(lost));
    factscript_check(rule_unknown_truncated, cut, ARRAY_LEN(cut));
    factscript_check(rule_unknown_midstream, inside, ARRAY_LEN(inside));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_dead_when_data_goes_unanswered_again_and_again),
        cmocka_unit_test(an_idle_connection_vanishes_when_the_silence_began_after_a_pause),
        cmocka_unit_test(a_server_hangs_up_when_it_closes_before_it_says_a_byte),
        cmocka_unit_test(a_reset_is_harmless_when_nothing_was_left_to_say),
        cmocka_unit_test(a_connection_that_works_is_fine_or_slow),
        cmocka_unit_test(an_attempt_is_still_going_on_when_the_capture_ends_too_soon),
        cmocka_unit_test(what_the_capture_does_not_have_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
