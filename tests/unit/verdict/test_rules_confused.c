/* SPDX-License-Identifier: BSD-2-Clause */
/* Handshakes that meet something else than a listener: hits, near misses, limits. */
#include "factscript.h"
#include "flowtable/history.h"
#include "unit.h"

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- an ACK of an older connection ---- */

#define OLD_CLIENT_NXT 7000u
#define OLD_SERVER_NXT 9000u

/* The server's packet that does not fit the SYN. */
static struct packet_mark *answer(struct factscript *script, uint16_t flags, uint32_t ack)
{
    struct packet_mark *mark = &script->note.trail.slot[TRAIL_STALE_ACK];

    *mark = (struct packet_mark){
        .ts_ns = factscript_ns(script, 20),
        .frame = ++script->note.ordinal,
        .seq = OLD_SERVER_NXT,
        .ack = ack,
        .flags = flags,
        .ttl = FACTSCRIPT_SERVER_TTL,
        .side = SIDE_SERVER,
    };
    script->note.facts.bits |= flags & TCP_SYN ? FACT_BAD_SYNACK : FACT_STALE_ACK;
    script->note.facts.last_ns[SIDE_SERVER] = mark->ts_ns;
    return mark;
}

static void client_resets(struct factscript *script, uint32_t seq)
{
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_B2, 20.1)->mark.seq = seq;
}

/* SYN, ACK of the old connection, RST. */
static void stale(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    (void)answer(script, TCP_ACK, OLD_CLIENT_NXT);
    client_resets(script, OLD_CLIENT_NXT);
}

static void stale_without_rst(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    (void)answer(script, TCP_ACK, OLD_CLIENT_NXT);
}

static void stale_then_connected(struct factscript *script)
{
    stale(script);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1020);
    factscript_packet(script, "C A", 1020.1);
}

/* The tuple's last connection, ended `before_s` ago. */
static struct previous_facts *used_before(struct factscript *script, int64_t before_s)
{
    struct previous_facts *previous = &script->note.trail.previous;

    *previous = (struct previous_facts){
        .ended_ns = script->start_ns - before_s * NS_PER_S,
        .client_isn = 5000,
        .client_nxt = OLD_CLIENT_NXT,
        .server_nxt = OLD_SERVER_NXT,
        .ttl_syn = FACTSCRIPT_CLIENT_TTL,
        .is_known = true,
    };
    return previous;
}

static void closed_by_server(struct factscript *script, int64_t before_s)
{
    used_before(script, before_s)->is_closed_by_server = true;
}

static void closed_by_server_with_rst(struct factscript *script, int64_t before_s)
{
    closed_by_server(script, before_s);
    script->note.trail.previous.had_rst = true;
}

static void never_closed(struct factscript *script, int64_t before_s)
{
    (void)used_before(script, before_s);
}

/* The server's answer is not the last of the connection that it closed. */
static void closed_other_sequence(struct factscript *script, int64_t off)
{
    closed_by_server(script, 5);
    script->note.trail.slot[TRAIL_STALE_ACK].ack += (uint32_t)off;
}

static void accepted_after(struct factscript *script, int64_t ns)
{
    closed_by_server(script, 5);
    factscript_listener(script)->accept_ns = script->start_ns + ns;
}

static void time_wait_answers_with_the_last_ack(void **state)
{
    const struct rule_case cases[] = {
        {"closed by the server", LIKELY, stale, closed_by_server, 5, "closed-before"},
        {"and then it connects", LIKELY, stale_then_connected, closed_by_server, 5,
         "then-connects"},
        {"the RST never came", LIKELY, stale_without_rst, closed_by_server, 5},
        {"never closed", NONE, stale, never_closed, 5},
        {"ended by RST", NONE, stale, closed_by_server_with_rst, 5},
        {"nothing known of the last one", NONE, stale},
        {"another connection's ACK", NONE, stale, closed_other_sequence, 1},
        {"silence, while others are accepted", POSSIBLE, factscript_silent, accepted_after, 0,
         "listener-answers-others"},
        {"silence, and nobody is accepted", NONE, factscript_silent, accepted_after, -1},
        {"refused", NONE, factscript_refused, closed_by_server, 5},
    };

    (void)state;
    factscript_check(rule_timewait_reuse, cases, ARRAY_LEN(cases));
}

static void an_open_connection_answers_with_a_challenge(void **state)
{
    const struct rule_case cases[] = {
        {"never closed", CERTAIN, stale, never_closed, 5, "client-resets-it"},
        {"nothing known of the last one", CERTAIN, stale},
        {"no RST", LIKELY, stale_without_rst},
        {"and then it connects", CERTAIN, stale_then_connected, NULL, 0, "then-connects"},
        {"closed by the server: TIME_WAIT", NONE, stale, closed_by_server, 5},
        {"answered by SYN-ACK", NONE, factscript_closed},
        {"silence", NONE, factscript_silent},
    };

    (void)state;
    factscript_check(rule_stale_connection_on_server, cases, ARRAY_LEN(cases));
}

/* ---- two machines behind one address ---- */

static void syn_from_farther(struct factscript *script, int64_t n_hops)
{
    used_before(script, 5)->ttl_syn = (uint8_t)(FACTSCRIPT_CLIENT_TTL - n_hops);
}

/* The SYN's clock is so far from where the last one's would be. */
static void clock_off(struct factscript *script, int64_t off_ms)
{
    struct previous_facts *previous = used_before(script, 5);

    previous->has_tsval = true;
    previous->tsval = 0xffffff00u;
    script->note.trail.slot[TRAIL_SYN].tsval = previous->tsval + 5000u + (uint32_t)off_ms;
}

static void clock_unknown(struct factscript *script, int64_t off_ms)
{
    clock_off(script, off_ms);
    script->note.trail.previous.has_tsval = false;
}

static void another_machine_has_other_hops_or_another_clock(void **state)
{
    int64_t jump_ms = limits()->clock_jump_ms;
    int64_t hops = limits()->hops_differ;
    const struct rule_case cases[] = {
        {"farther away", POSSIBLE, stale, syn_from_farther, hops, "ttl-differs"},
        {"a wobble", NONE, stale, syn_from_farther, hops - 1},
        {"a clock ahead", POSSIBLE, stale, clock_off, jump_ms + 1, "clock-differs"},
        {"a clock behind", POSSIBLE, stale, clock_off, -jump_ms - 1, "clock-differs"},
        {"the same clock", NONE, stale, clock_off, jump_ms},
        {"no timestamps before", NONE, stale, clock_unknown, jump_ms + 1},
        {"silence", POSSIBLE, factscript_silent, syn_from_farther, hops},
        {"no trouble", NONE, factscript_closed, syn_from_farther, hops},
    };

    (void)state;
    factscript_check(rule_nat_port_collision, cases, ARRAY_LEN(cases));
}

/* ---- a SYN-ACK of something else ---- */

static void bad_synack(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    (void)answer(script, TCP_SYN | TCP_ACK, 4000);
    client_resets(script, 4000);
}

static void bad_synack_without_rst(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    (void)answer(script, TCP_SYN | TCP_ACK, 4000);
}

static void bad_synack_beside_a_good_one(struct factscript *script)
{
    factscript_connected(script);
    (void)answer(script, TCP_SYN | TCP_ACK, 4000);
    client_resets(script, 4000);
}

static void bad_synack_then_connected(struct factscript *script)
{
    bad_synack(script);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1020);
    factscript_packet(script, "C A", 1020.1);
}

static void answers_the_last_syn(struct factscript *script, int64_t off)
{
    used_before(script, 5)->client_isn = 3999 + (uint32_t)off;
}

static void a_synack_that_does_not_fit_is_reset(void **state)
{
    const struct rule_case cases[] = {
        {"reset by the client", CERTAIN, bad_synack, NULL, 0, "synack-of-something-else"},
        {"not reset", LIKELY, bad_synack_without_rst},
        {"connects with the second SYN", CERTAIN, bad_synack_then_connected},
        {"a stray one beside a good one", NONE, bad_synack_beside_a_good_one},
        {"late, for the port's last SYN", POSSIBLE, bad_synack, answers_the_last_syn, 0,
         "answers-older-syn"},
        {"not for the last SYN either", CERTAIN, bad_synack, answers_the_last_syn, 1},
        {"an ACK", NONE, stale},
        {"a good one", NONE, factscript_half_open},
    };
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_check(rule_bad_synack, cases, ARRAY_LEN(cases));
    factscript_open(&script);
    bad_synack(&script);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_BAD_SYNACK);
    assert_int_equal(event.outcome, OUTCOME_HALF_OPEN);
    factscript_close(&script);
}

/* ---- crossed SYNs ---- */

static void crossed(struct factscript *script)
{
    factscript_closed(script);
    script->note.facts.bits |= FACT_SIMULTANEOUS_OPEN;
    history_add(script->note.facts.history, 'H', SIDE_CLIENT);
}

static void crossed_and_one_answers(struct factscript *script)
{
    factscript_closed(script);
    script->note.facts.bits |= FACT_SIMULTANEOUS_OPEN;
}

static void crossed_in_vain(struct factscript *script)
{
    factscript_silent(script);
    script->note.facts.bits |= FACT_SIMULTANEOUS_OPEN;
    history_add(script->note.facts.history, 'H', SIDE_CLIENT);
}

static void crossed_syns_are_both_answered(void **state)
{
    const struct rule_case cases[] = {
        {"both SYN-ACKs", CERTAIN, crossed, NULL, 0, "syns-crossed"},
        {"one SYN-ACK", NONE, crossed_and_one_answers},
        {"no connection", NONE, crossed_in_vain},
        {"one SYN", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_simultaneous_open, cases, ARRAY_LEN(cases));
}

/* ---- SYNs that ask for more ---- */

/* The second SYN is plain and is answered. */
static void fell_back(struct factscript *script)
{
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1020);
    factscript_packet(script, "C A", 1020.1);
}

static void known_fallbacks(struct factscript *script, int64_t n)
{
    script->note.trail.slot[TRAIL_SYN].flags |= TCP_ECE | TCP_CWR;
    factscript_host(script, SIDE_SERVER)->n_syn_fallbacks = (uint32_t)n;
}

static void only_half_of_ecn(struct factscript *script, int64_t n)
{
    known_fallbacks(script, n);
    script->note.trail.slot[TRAIL_SYN].flags &= (uint16_t)~TCP_CWR;
}

static void one_was_taken(struct factscript *script, int64_t n)
{
    known_fallbacks(script, n);
    factscript_host(script, SIDE_SERVER)->n_extended_syns_taken = 1;
}

static void repeated_as_it_was(struct factscript *script, int64_t n)
{
    known_fallbacks(script, n);
    script->note.trail.slot[TRAIL_SYN_LAST].flags |= TCP_ECE | TCP_CWR;
}

static void with_data(struct factscript *script, int64_t n)
{
    factscript_host(script, SIDE_SERVER)->n_syn_fallbacks = (uint32_t)n;
    script->note.trail.slot[TRAIL_SYN].payload_bytes = 100;
}

static void with_option(struct factscript *script, int64_t n)
{
    factscript_host(script, SIDE_SERVER)->n_syn_fallbacks = (uint32_t)n;
    script->note.trail.slot[TRAIL_SYN].bits |= MARK_EXTRA_OPTION;
}

static void with_option_each(struct factscript *script, int64_t n)
{
    with_option(script, n);
    script->note.trail.slot[TRAIL_SYN_LAST].bits |= MARK_EXTRA_OPTION;
}

static void answered_before_the_plain_one(struct factscript *script, int64_t n)
{
    known_fallbacks(script, n);
    script->note.trail.slot[TRAIL_SYN_LAST].ts_ns = script->note.facts.synack_ns + 1;
}

static void only_plain_syns_get_through(void **state)
{
    int64_t n = limits()->syn_fallbacks;
    const struct rule_case cases[] = {
        {"ECN, each time", LIKELY, fell_back, known_fallbacks, n, "every-time"},
        {"once", POSSIBLE, fell_back, known_fallbacks, n - 1, "plain-syn-answered"},
        {"another got through with ECN", POSSIBLE, fell_back, one_was_taken, n},
        {"the repeated SYN asks for it too", NONE, fell_back, repeated_as_it_was, n},
        {"ECE alone is no request", NONE, fell_back, only_half_of_ecn, n},
        {"data", LIKELY, fell_back, with_data, n},
        {"an option of Fast Open or Multipath TCP", LIKELY, fell_back, with_option, n},
        {"the repeated SYN has it too", NONE, fell_back, with_option_each, n},
        {"the answer crossed the plain SYN", NONE, fell_back, answered_before_the_plain_one, n},
        {"a plain SYN was lost", NONE, fell_back},
        {"answered at once", NONE, factscript_closed, known_fallbacks, n},
    };

    (void)state;
    factscript_check(rule_syn_options_blackhole, cases, ARRAY_LEN(cases));
}

static void a_host_is_known_by_the_syns_it_answers(void **state)
{
    struct factscript script;
    const struct host_state *host;

    (void)state;
    factscript_open(&script);
    fell_back(&script);
    script.note.trail.slot[TRAIL_SYN].flags |= TCP_ECE | TCP_CWR;
    factscript_tell(&script, NOTE_ENDED);
    host = hosts_host(&script.hosts, &script.note.key.addr[1]);
    assert_int_equal(host->n_syn_fallbacks, 1);
    assert_int_equal(host->n_extended_syns_taken, 0);
    factscript_next(&script, 1000);
    factscript_closed(&script);
    factscript_tell(&script, NOTE_ENDED);
    script.note.trail.slot[TRAIL_SYN].flags |= TCP_ECE | TCP_CWR;
    factscript_tell(&script, NOTE_ENDED);
    assert_int_equal(host->n_syn_fallbacks, 1);
    assert_int_equal(host->n_extended_syns_taken, 1);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_wait_answers_with_the_last_ack),
        cmocka_unit_test(an_open_connection_answers_with_a_challenge),
        cmocka_unit_test(another_machine_has_other_hops_or_another_clock),
        cmocka_unit_test(a_synack_that_does_not_fit_is_reset),
        cmocka_unit_test(crossed_syns_are_both_answered),
        cmocka_unit_test(only_plain_syns_get_through),
        cmocka_unit_test(a_host_is_known_by_the_syns_it_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
