/* SPDX-License-Identifier: BSD-2-Clause */
/* A listener that is away for a moment, full, or never was: hits, near misses, limits. */
#include "factscript.h"
#include "unit.h"

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- what the listener's other connections told before this one's verdict ---- */

/* A connection that was accepted, `at_ms` from this one's SYN. */
static void accepted_at(struct factscript *script, int64_t at_ms)
{
    struct flow_note kept = script->note;
    int64_t start_ns = script->start_ns;

    factscript_next(script, (double)at_ms);
    factscript_client(script, "10.0.0.77", 50000);
    factscript_connected(script);
    script->note.now_ns = script->note.facts.last_ns[SIDE_CLIENT];
    factscript_tell(script, NOTE_ESTABLISHED);
    script->note = kept;
    script->start_ns = start_ns;
}

static void refused_at(struct factscript *script, int64_t at_ms)
{
    struct flow_note kept = script->note;
    int64_t start_ns = script->start_ns;

    factscript_next(script, (double)at_ms);
    factscript_client(script, "10.0.0.77", 50001);
    factscript_refused(script);
    script->note.now_ns = script->note.facts.last_ns[SIDE_SERVER];
    factscript_tell(script, NOTE_REFUSED);
    script->note = kept;
    script->start_ns = start_ns;
}

/* This one and two more, `every_ms` apart, this the second of them. */
static void refused_thrice(struct factscript *script, int64_t every_ms)
{
    refused_at(script, -every_ms);
    refused_at(script, 0);
    refused_at(script, every_ms);
}

static void away_for_a_run_of(struct factscript *script, int64_t span_ns)
{
    int64_t every_ms = span_ns / NS_PER_MS / 2;

    accepted_at(script, -every_ms - 900);
    refused_thrice(script, every_ms);
}

static void away_since(struct factscript *script, int64_t before_ns)
{
    accepted_at(script, -before_ns / NS_PER_MS);
    refused_thrice(script, 1000);
}

static void back_after(struct factscript *script, int64_t after_ms)
{
    refused_thrice(script, 1000);
    accepted_at(script, after_ms);
}

static void never_there(struct factscript *script, int64_t unused)
{
    refused_thrice(script, 1000);
}

static void one_refusal_between(struct factscript *script, int64_t half_ms)
{
    accepted_at(script, -half_ms);
    refused_at(script, 0);
    accepted_at(script, half_ms);
}

static void by_turns(struct factscript *script, int64_t every_ms)
{
    accepted_at(script, -3 * every_ms);
    refused_at(script, -2 * every_ms);
    accepted_at(script, -every_ms);
    refused_thrice(script, 300);
}

static void hung_up_before(struct factscript *script, int64_t before_ns)
{
    struct listener_state *at = factscript_listener(script);

    refused_at(script, 0);
    at->quit_ns = at->refused_first_ns - before_ns;
}

/* Some of a crowd are accepted, and the next three refused over `span_ms`. */
static void crowd(struct factscript *script, int64_t span_ms)
{
    struct listener_state *at = factscript_listener(script);

    accepted_at(script, -span_ms / 2 - 5);
    at->n_syn_second = limits()->crowded_syns;
    refused_thrice(script, span_ms / 2);
    at->crowded_ns = at->refused_first_ns;
}

static void crowd_from_other_hops(struct factscript *script, int64_t span_ms)
{
    struct host_state *host = factscript_host(script, SIDE_SERVER);

    crowd(script, span_ms);
    host->n_ttl_flows = 3;
    host->init_ttl = 64;
    host->hops_min = host->hops_max = 9;
}

static void a_restart_is_a_run_of_refusals_with_a_known_end(void **state)
{
    int64_t span_ns = limits()->restart_span_ns;
    int64_t known_ns = limits()->restart_ns;
    int64_t quit_ns = limits()->restart_quit_ns;
    const struct rule_case cases[] = {
        {"three refusals after it accepted", LIKELY, factscript_refused, away_for_a_run_of, span_ns,
         "listener-gone"},
        {"three within an instant", POSSIBLE, factscript_refused, away_for_a_run_of,
         span_ns - 4 * NS_PER_MS},
        {"accepted a minute before", LIKELY, factscript_refused, away_since, known_ns - NS_PER_S},
        {"accepted longer ago", NONE, factscript_refused, away_since, known_ns + NS_PER_S},
        {"accepts again", LIKELY, factscript_refused, back_after, 2000, "listener-away"},
        {"nothing but refusals", NONE, factscript_refused, never_there},
        {"one refusal between two answers, a second apart", NONE, factscript_refused,
         one_refusal_between, 499},
        {"one refusal in a longer absence", POSSIBLE, factscript_refused, one_refusal_between,
         3000},
        {"refused and accepted by turns", NONE, factscript_refused, by_turns, 1000},
        {"hung up on others before", LIKELY, factscript_refused, hung_up_before, quit_ns,
         "hung-up-before"},
        {"hung up on others long before", NONE, factscript_refused, hung_up_before, quit_ns + 1},
        {"the part of a crowd that found no room", POSSIBLE, factscript_refused, crowd, 1000},
        {"a crowd that is refused for longer", LIKELY, factscript_refused, crowd, 2000},
        {"the RST comes from elsewhere", NONE, factscript_refused, crowd_from_other_hops, 2000},
        {"not refused", NONE, factscript_silent, away_since, NS_PER_S},
    };

    (void)state;
    factscript_check(rule_refused_service_restart, cases, ARRAY_LEN(cases));
}

/* ---- partial ---- */

static void one_backend_of_several_is_told_of_a_plain_refusal(void **state)
{
    const struct rule_case cases[] = {
        {"by turns", CERTAIN, factscript_refused, by_turns, 1000, "partial"},
        {"once, between two answers", CERTAIN, factscript_refused, one_refusal_between, 400,
         "partial"},
    };

    (void)state;
    factscript_check(rule_refused, cases, ARRAY_LEN(cases));
}

/* ---- a full queue that answers ---- */

static void refused_by_windows(struct factscript *script)
{
    factscript_refused(script);
    script->note.trail.rst[0].mark.ttl = 125;
}

static void crowd_seen(struct factscript *script, int64_t ns_from_rst)
{
    factscript_listener(script)->crowded_ns = script->note.trail.rst[0].mark.ts_ns + ns_from_rst;
}

static void a_full_backlog_of_windows_refuses_some_of_a_crowd(void **state)
{
    const struct rule_case cases[] = {
        {"in the crowd's second", POSSIBLE, refused_by_windows, crowd_seen, -NS_PER_S,
         "ttl-of-windows"},
        {"later", NONE, refused_by_windows, crowd_seen, -NS_PER_S - 1},
        {"another system", NONE, factscript_refused, crowd_seen, 0},
        {"no crowd", NONE, refused_by_windows},
    };

    (void)state;
    factscript_check(rule_refused_backlog_rst, cases, ARRAY_LEN(cases));
}

static void a_crowd_is_many_syns_in_one_second_some_refused_some_not(void **state)
{
    unsigned n_crowd = limits()->crowded_syns;
    const struct {
        unsigned n_syn;
        bool is_accepted, is_refused, is_crowd;
    } rows[] = {
        {n_crowd, true, true, true},
        {n_crowd - 1, true, true, false},
        {n_crowd, false, true, false},
        {n_crowd, true, false, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct factscript script;
        struct listener_state *at;

        factscript_open(&script);
        at = factscript_listener(&script);
        at->second = FACTSCRIPT_START_NS / NS_PER_S;
        at->n_syn_second = rows[i].n_syn;
        if (rows[i].is_accepted)
            accepted_at(&script, 0);
        if (rows[i].is_refused)
            refused_at(&script, 10);
        assert_int_equal(at->crowded_ns != NS_NEVER, rows[i].is_crowd);
        factscript_close(&script);
    }
}

/* ---- nothing behind the address ---- */

static void unreachable_from(struct factscript *script, const char *from, uint8_t code)
{
    factscript_packet(script, "C S", 0);
    factscript_icmp(script, from, 3, code, 1);
}

static void unreachable_from_address(struct factscript *script)
{
    unreachable_from(script, "192.0.2.2", 3);
}

static void unreachable_from_router(struct factscript *script)
{
    unreachable_from(script, "203.0.113.9", 3);
}

static void prohibited_by_address(struct factscript *script)
{
    unreachable_from(script, "192.0.2.2", 13);
}

static void answered_after(struct factscript *script, int64_t ns)
{
    script->note.trail.icmp.ts_ns = script->note.facts.first_ns + ns;
}

static void seen_before(struct factscript *script, int64_t unused)
{
    factscript_host(script, SIDE_SERVER)->last_ns = script->start_ns - NS_PER_S;
}

static void an_address_without_endpoints_is_rejected_next_door(void **state)
{
    int64_t near_ns = limits()->first_hop_ns;
    const struct rule_case cases[] = {
        {"at once", POSSIBLE, unreachable_from_address, answered_after, near_ns, "host-never-seen"},
        {"from afar", NONE, unreachable_from_address, answered_after, near_ns + 1},
        {"the host sends other packets", NONE, unreachable_from_address, seen_before},
        {"another machine says so", NONE, unreachable_from_router},
        {"prohibited", NONE, prohibited_by_address},
        {"refused", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_refused_no_endpoints, cases, ARRAY_LEN(cases));
}

/* ---- hanging up ---- */

static void a_server_quits_when_it_aborts_or_closes_what_is_idle(void **state)
{
    const struct {
        void (*base)(struct factscript *script);
        int64_t quiet_ns;
        bool has_quit;
    } rows[] = {
        {factscript_aborted, 0, true},
        {factscript_closed_unasked, limits()->pooled_idle_ns, true},
        {factscript_closed_unasked, limits()->pooled_idle_ns - 1, false},
        {factscript_closed, limits()->pooled_idle_ns, false},
        {factscript_refused, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct factscript script;

        factscript_open(&script);
        rows[i].base(&script);
        script.note.trail.quiet_before_fin_ns[SIDE_SERVER] = rows[i].quiet_ns;
        factscript_tell(&script, NOTE_ENDED);
        assert_int_equal(factscript_listener(&script)->quit_ns != NS_NEVER, rows[i].has_quit);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_is_a_run_of_refusals_with_a_known_end),
        cmocka_unit_test(one_backend_of_several_is_told_of_a_plain_refusal),
        cmocka_unit_test(a_full_backlog_of_windows_refuses_some_of_a_crowd),
        cmocka_unit_test(a_crowd_is_many_syns_in_one_second_some_refused_some_not),
        cmocka_unit_test(an_address_without_endpoints_is_rejected_next_door),
        cmocka_unit_test(a_server_quits_when_it_aborts_or_closes_what_is_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
