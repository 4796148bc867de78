/* SPDX-License-Identifier: BSD-2-Clause */
/* RSTs of an open connection: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- a listener that is closed ---- */

/* The listener aborts so many at once: this one and others, of which one was not asked anything. */
static void burst(struct factscript *script, int64_t n)
{
    int64_t rst_ns = script->note.trail.rst[0].mark.ts_ns;

    factscript_listener(script)->aborts = (struct reset_burst){
        .first_ns = rst_ns, .last_ns = rst_ns, .n = (uint32_t)n, .n_unasked = 1};
}

static void burst_of_served(struct factscript *script, int64_t n)
{
    burst(script, 3);
    factscript_listener(script)->aborts.n_served = (uint32_t)n;
}

static void burst_of_asked(struct factscript *script, int64_t n)
{
    burst(script, n);
    factscript_listener(script)->aborts.n_unasked = 0;
}

static void burst_before(struct factscript *script, int64_t ns)
{
    burst(script, 3);
    factscript_listener(script)->aborts.first_ns -= NS_PER_S;
    factscript_listener(script)->aborts.last_ns -= ns;
}

static void burst_after(struct factscript *script, int64_t ns)
{
    burst(script, 3);
    factscript_listener(script)->aborts.first_ns += ns;
    factscript_listener(script)->aborts.last_ns += NS_PER_S;
}

static void refused_since(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->refused_first_ns = script->note.trail.rst[0].mark.ts_ns + ns;
}

static void asked_and_aborted(struct factscript *script)
{
    factscript_asked(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 1000);
}

static void never_asked_and_aborted(struct factscript *script)
{
    factscript_connected(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 3000);
}

static void answered_and_aborted(struct factscript *script)
{
    factscript_answered(script);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 3000);
}

static void aborted_after(struct factscript *script, int64_t ns)
{
    script->note.trail.rst[0].mark.ts_ns = factscript_ns(script, RTT) + 100 * NS_PER_US + ns;
}

static void of_family(struct factscript *script, int64_t family)
{
    burst(script, 3);
    script->note.trail.rst[0].family = (uint8_t)family;
}

static void of_client(struct factscript *script, int64_t value)
{
    (void)value;
    burst(script, 3);
    script->note.trail.rst[0].mark.side = SIDE_CLIENT;
}

static void without_timestamps(struct factscript *script, int64_t value)
{
    (void)value;
    burst(script, 3);
    script->note.trail.rst[0].lacks_timestamps = true;
}

static void unacknowledged(struct factscript *script, int64_t value)
{
    (void)value;
    burst(script, 3);
    script->note.facts.side[SIDE_CLIENT].nxt++;
}

static void a_closed_listener_resets_its_queue_at_once(void **state)
{
    static const struct rule_case cases[] = {
        {"two at once, one of them not asked", LIKELY, asked_and_aborted, burst, 2,
         "nothing-unread"},
        {"this one not asked", LIKELY, never_asked_and_aborted, burst, 2, "many-at-once"},
        {"one alone", POSSIBLE, asked_and_aborted, burst, 1},
        {"one alone, nothing known", POSSIBLE, asked_and_aborted, .reason = "never-served"},
        {"one alone and not asked, and refused since", LIKELY, never_asked_and_aborted,
         refused_since, 5 * NS_PER_S, "refused-since"},
        {"refused much later", NONE, never_asked_and_aborted, refused_since, 5 * NS_PER_S + 1},
        {"refused before", NONE, never_asked_and_aborted, refused_since, -1},
        {"one alone, asked, and refused since: killed", POSSIBLE, asked_and_aborted, refused_since,
         0, "same-as-kill"},
        {"one alone and not asked: nothing is lost", NONE, never_asked_and_aborted, burst, 1},
        {"others had been served", POSSIBLE, asked_and_aborted, burst_of_served, 1,
         "others-were-served"},
        {"all had unread requests", POSSIBLE, asked_and_aborted, burst_of_asked, 3, "same-as-kill"},
        {"the burst ends with this one", LIKELY, asked_and_aborted, burst_before, 0},
        {"the burst was just over", POSSIBLE, asked_and_aborted, burst_before, 1},
        {"the burst begins with this one", LIKELY, asked_and_aborted, burst_after, 0},
        {"the burst begins just later", POSSIBLE, asked_and_aborted, burst_after, 1},
        {"old enough to be accepted", POSSIBLE, asked_and_aborted, aborted_after, 200 * NS_PER_MS},
        {"too young for that", NONE, asked_and_aborted, aborted_after, 200 * NS_PER_MS - 1},
        {"it was served", NONE, answered_and_aborted, burst, 3},
        {"a host without the connection", NONE, asked_and_aborted, of_family, RST_FAMILY_B2},
        {"no known stack's", NONE, asked_and_aborted, of_family, RST_FAMILY_X},
        {"the client's", NONE, asked_and_aborted, of_client},
        {"not as the socket sends", NONE, asked_and_aborted, without_timestamps},
        {"the request had not arrived", NONE, asked_and_aborted, unacknowledged},
    };

    (void)state;
    factscript_check(rule_reset_listener_closed, cases, ARRAY_LEN(cases));
}

/* ---- what the listener's RSTs teach ---- */

static void tell_reset(struct factscript *script, double at_ms, enum rst_family family)
{
    factscript_next(script, at_ms);
    factscript_asked(script);
    script->note.now_ns = factscript_ns(script, 1000);
    script->note.rst_side = SIDE_SERVER;
    script->note.rst_family = (uint8_t)family;
    factscript_tell(script, NOTE_RESET);
}

static void resets_close_together_are_one_burst(void **state)
{
    struct factscript script;
    const struct listener_state *at;
    double gap_ms = (double)limits()->abort_burst_ns / NS_PER_MS;
    double long_ms = (double)limits()->unknown_burst_ns / NS_PER_MS;

    (void)state;
    factscript_open(&script);
    at = factscript_listener(&script);
    tell_reset(&script, 0, RST_FAMILY_A);
    tell_reset(&script, gap_ms, RST_FAMILY_A);
    assert_int_equal(at->aborts.n, 2);
    assert_int_equal(at->aborts.last_ns - at->aborts.first_ns, limits()->abort_burst_ns);
    assert_int_equal(at->aborts.n_served, 0);
    assert_int_equal(at->aborts.n_unasked, 0);
    tell_reset(&script, gap_ms + 0.001, RST_FAMILY_A);
    assert_int_equal(at->aborts.n, 1);
    assert_int_equal(at->unknowns.n, 0);
    tell_reset(&script, 0, RST_FAMILY_B2);
    tell_reset(&script, long_ms, RST_FAMILY_B2);
    assert_int_equal(at->unknowns.n, 2);
    tell_reset(&script, long_ms + 0.001, RST_FAMILY_B2);
    assert_int_equal(at->unknowns.n, 1);
    assert_int_equal(at->aborts.n, 1);
    assert_int_equal(at->answer_ns, NS_NEVER);
    factscript_close(&script);
}

static void bursts_tell_who_was_served_and_who_was_asked(void **state)
{
    struct factscript script;
    const struct listener_state *at;

    (void)state;
    factscript_open(&script);
    at = factscript_listener(&script);
    factscript_answered(&script);
    script.note.now_ns = factscript_ns(&script, 1000);
    script.note.rst_side = SIDE_SERVER;
    script.note.rst_family = RST_FAMILY_A;
    factscript_tell(&script, NOTE_RESET);
    factscript_next(&script, 1);
    factscript_connected(&script);
    script.note.now_ns = factscript_ns(&script, 1000);
    script.note.rst_side = SIDE_SERVER;
    script.note.rst_family = RST_FAMILY_A;
    factscript_tell(&script, NOTE_RESET);
    assert_int_equal(at->aborts.n, 2);
    assert_int_equal(at->aborts.n_served, 1);
    assert_int_equal(at->aborts.n_unasked, 1);
    script.note.rst_side = SIDE_CLIENT;
    factscript_tell(&script, NOTE_RESET);
    assert_int_equal(at->aborts.n, 2);
    factscript_close(&script);
}

static void many_at_once_have_one_cause(void **state)
{
    static const struct rule_case aborts[] = {
        {"three at once", LIKELY, answered_and_aborted, burst, 3, "many-at-once"},
        {"two at once", LIKELY, answered_and_aborted, burst, 2, "rst-of-socket"},
    };

    (void)state;
    factscript_check(rule_reset_app_abort, aborts, ARRAY_LEN(aborts));
}

/* ---- Multipath TCP ---- */

static void with_reason(struct factscript *script, int64_t reason)
{
    script->note.trail.rst[0].has_mptcp_reason = true;
    script->note.trail.rst[0].mptcp_reason = (uint8_t)reason;
}

static void with_fastclose(struct factscript *script, int64_t value)
{
    script->note.trail.rst[0].has_mptcp_fastclose = value;
}

static void closed_with_reason(struct factscript *script)
{
    factscript_closed(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 200);
    with_reason(script, 3);
}

static void multipath_tcp_says_why(void **state)
{
    static const struct rule_case cases[] = {
        {"a reason", CERTAIN, asked_and_aborted, with_reason, 3, "mptcp-reason"},
        {"a reason that nobody knows", CERTAIN, asked_and_aborted, with_reason, 255},
        {"the program aborts", CERTAIN, asked_and_aborted, with_fastclose, 1, "mptcp-fastclose"},
        {"neither", NONE, asked_and_aborted, with_fastclose, 0},
        {"after an orderly close", NONE, closed_with_reason},
    };

    (void)state;
    factscript_check(rule_mptcp_reset, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_listener_resets_its_queue_at_once),
        cmocka_unit_test(resets_close_together_are_one_burst),
        cmocka_unit_test(bursts_tell_who_was_served_and_who_was_asked),
        cmocka_unit_test(many_at_once_have_one_cause),
        cmocka_unit_test(multipath_tcp_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
