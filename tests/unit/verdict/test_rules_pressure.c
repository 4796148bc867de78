/* SPDX-License-Identifier: BSD-2-Clause */
/* SYN cookies and full queues of half-open connections: each sign, and what it takes. */
#include "factscript.h"
#include "unit.h"
#include "verdict/pressure.h"

/* A connection whose SYN-ACK's clock was `lag_ms` behind that of its data; told at its end. */
static void lagging(struct factscript *script, int lag_ms)
{
    struct flow_trail *trail = &script->note.trail;

    factscript_next(script, 100);
    factscript_closed(script);
    trail->slot[TRAIL_SYNACK].tsval = 0xfffffff0u;
    trail->slot[TRAIL_SERVER_DATA].tsval =
        0xfffffff0u + (uint32_t)lag_ms +
        (uint32_t)((trail->slot[TRAIL_SERVER_DATA].ts_ns - trail->slot[TRAIL_SYNACK].ts_ns) /
                   NS_PER_MS);
    script->note.now_ns = script->start_ns + NS_PER_S;
    factscript_tell(script, NOTE_ENDED);
}

/* A client without timestamps offers options; the server takes them or not. */
static void bare(struct factscript *script, bool are_taken)
{
    const uint16_t options = SIDE_HAS_WSCALE | SIDE_HAS_SACK;

    factscript_next(script, 100);
    factscript_closed(script);
    script->note.facts.side[SIDE_CLIENT].bits &= (uint16_t)~SIDE_HAS_TIMESTAMPS;
    script->note.facts.side[SIDE_SERVER].bits &= (uint16_t)~SIDE_HAS_TIMESTAMPS;
    if (!are_taken)
        script->note.facts.side[SIDE_SERVER].bits &= (uint16_t)~options;
    script->note.trail.slot[TRAIL_SYNACK].bits &= (uint8_t)~MARK_HAS_TIMESTAMPS;
    script->note.now_ns = script->start_ns + NS_PER_S;
    factscript_tell(script, NOTE_ENDED);
}

/* A SYN-ACK that nobody acknowledged. */
static void half_open(struct factscript *script, bool is_repeated)
{
    factscript_next(script, 100);
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", 20);
    if (is_repeated) {
        factscript_packet(script, "S SA", 1020);
        factscript_tell(script, NOTE_HALF_OPEN);
    }
    script->note.now_ns = script->start_ns + 7 * NS_PER_S;
    factscript_tell(script, NOTE_ENDED);
}

static bool shows_cookies(const struct factscript *script)
{
    return hosts_listener(&script->hosts, &script->note.key.addr[1], script->note.key.port[1])
        ->pressure.cookies_ns;
}

struct signs {
    const char *name;
    int lag_ms[COOKIE_LAGS + 1];
    unsigned n_lags;
    bool is_bare, is_echo_known;
    unsigned n_once, n_again;
    bool shows_cookies;
};

static void one_strong_sign_or_two_weak_ones_are_cookies(void **state)
{
    static const struct signs rows[] = {
        {"five clocks behind", {64, 14, 31, 44, 58}, 5, .shows_cookies = true},
        {"four", {64, 14, 31, 44}, 4},
        {"the least that tells", {9, 9, 9, 0, -2}, 5, .shows_cookies = true},
        {"less", {8, 8, 8, 8, 8}, 5},
        {"clocks in step", {0, 1, -1, 2, 0}, 5},
        {"one ahead: no clock of milliseconds", {64, 14, -3, 44, 58, 40}, 6},
        {"one too far behind", {64, 14, 71, 44, 58, 40}, 6},
        {"three behind, and options left out", {20, 30, 40}, 3, true, true, .shows_cookies = true},
        {"two behind, and options left out", {20, 30}, 2, true, true},
        {"options left out, and SYN-ACKs never repeated", {0}, 0, true, true, 5, 1, true},
        {"never repeated, of too few", {0}, 0, true, true, 4, 1},
        {"never repeated, nor any other", {0}, 0, true, true, 5, 0},
        {"never repeated alone", {0}, 0, false, true, 9, 9},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct factscript script;

        factscript_open(&script);
        if (rows[i].is_echo_known)
            bare(&script, true);
        for (unsigned k = 0; k < rows[i].n_once; k++)
            half_open(&script, false);
        for (unsigned k = 0; k < rows[i].n_again; k++)
            half_open(&script, true);
        for (unsigned k = 0; k < rows[i].n_lags; k++)
            lagging(&script, rows[i].lag_ms[k]);
        if (rows[i].is_bare)
            bare(&script, false);
        if (shows_cookies(&script) != rows[i].shows_cookies)
            print_error("%s\n", rows[i].name);
        assert_int_equal(shows_cookies(&script), rows[i].shows_cookies);
        factscript_close(&script);
    }
}

static void cookies_are_told_with_one_connection_a_minute(void **state)
{
    struct factscript script;
    unsigned n_told = 0;

    (void)state;
    factscript_open(&script);
    for (unsigned i = 0; i < 20; i++) {
        struct connection_event event;

        lagging(&script, 30);
        factscript_judge(&script, &event);
        n_told += event.verdict == VERDICT_SYN_COOKIES_ACTIVE;
        assert_int_equal(event.outcome, OUTCOME_OK);
        assert_false(event.is_failure);
    }
    assert_int_equal(n_told, 1);
    factscript_next(&script, 62000);
    for (unsigned i = 0; i < COOKIE_LAGS; i++) {
        struct connection_event event;

        lagging(&script, 30);
        factscript_judge(&script, &event);
        n_told += event.verdict == VERDICT_SYN_COOKIES_ACTIVE;
    }
    assert_int_equal(n_told, 2);
    factscript_close(&script);
}

/* They were told with the flow that began so many frames from this one. */
static void told_with(struct factscript *script, int64_t off)
{
    struct pressure *pressure = &factscript_listener(script)->pressure;

    pressure->told_ns = script->note.now_ns;
    pressure->told_frame = script->note.facts.first_frame + (uint64_t)off;
}

static void only_a_good_connection_tells_of_cookies(void **state)
{
    const struct rule_case cases[] = {
        {"that one", LIKELY, factscript_closed, told_with, 0, "clock-lags"},
        {"another", NONE, factscript_closed, told_with, 1},
        {"one that failed", NONE, factscript_aborted, told_with, 0},
        {"no cookies", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_syn_cookies_active, cases, ARRAY_LEN(cases));
}

/* ---- the queue of half-open connections ---- */

/* `n` others are half open when the client of the script tries. */
static void others_half_open(struct factscript *script, int64_t n)
{
    struct flow_note kept = script->note;
    struct listener_state *at = factscript_listener(script);

    for (int64_t i = 0; i < n; i++)
        pressure_repeated(&at->pressure, &kept);
    at->accept_ns = script->start_ns;
}

static void and_cookies(struct factscript *script, int64_t n)
{
    others_half_open(script, n);
    factscript_listener(script)->pressure.cookies_ns = script->note.now_ns;
}

static void and_nobody_accepted(struct factscript *script, int64_t n)
{
    others_half_open(script, n);
    factscript_listener(script)->accept_ns =
        script->start_ns - verdict_limits_default()->alive_ns - 1;
}

static void a_full_syn_queue_ignores_syns(void **state)
{
    const struct rule_case cases[] = {
        {"ten half open", POSSIBLE, factscript_silent, others_half_open, 10, "half-open-many"},
        {"nine", NONE, factscript_silent, others_half_open, 9},
        {"with cookies no queue is full", NONE, factscript_silent, and_cookies, 10},
        {"no listener", NONE, factscript_silent, and_nobody_accepted, 10},
        {"refused", NONE, factscript_refused, others_half_open, 10},
        {"half open itself", NONE, factscript_half_open, others_half_open, 10},
    };

    (void)state;
    factscript_check(rule_syn_backlog_overflow, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_strong_sign_or_two_weak_ones_are_cookies),
        cmocka_unit_test(cookies_are_told_with_one_connection_a_minute),
        cmocka_unit_test(only_a_good_connection_tells_of_cookies),
        cmocka_unit_test(a_full_syn_queue_ignores_syns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
