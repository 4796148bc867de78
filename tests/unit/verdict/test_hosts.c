/* SPDX-License-Identifier: BSD-2-Clause */
/* What notes teach of hosts and listeners, and what they do not. */
#include "factscript.h"
#include "unit.h"

#define RTT_NS (FACTSCRIPT_RTT_MS * NS_PER_MS)

static int script_open(void **state)
{
    static struct factscript script;

    factscript_open(&script);
    *state = &script;
    return 0;
}

static int script_close(void **state)
{
    factscript_close(*state);
    return 0;
}

static const struct host_state *server_of(const struct factscript *script)
{
    return hosts_host(&script->hosts, &script->note.key.addr[1]);
}

static const struct listener_state *listener_of(const struct factscript *script)
{
    return hosts_listener(&script->hosts, &script->note.key.addr[1], script->note.key.port[1]);
}

/* One flow from its SYN to its end, `at_ms` after the last one's start. */
static void play(struct factscript *script, double at_ms, void (*flow)(struct factscript *script))
{
    factscript_next(script, at_ms);
    flow(script);
    factscript_tell(script, NOTE_ATTEMPT);
    if (script->note.facts.bits & FACT_ESTABLISHED)
        factscript_tell(script, NOTE_ESTABLISHED);
    factscript_tell(script, NOTE_ENDED);
}

/* ---- TTLs ---- */

static void a_ttl_tells_where_it_began_and_how_far_it_came(void **state)
{
    static const struct {
        uint8_t ttl, init, hops;
    } rows[] = {
        {1, 32, 31},   {32, 32, 0},   {33, 64, 31},    {61, 64, 3},   {64, 64, 0},
        {65, 128, 63}, {128, 128, 0}, {129, 255, 126}, {255, 255, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(hosts_init_ttl(rows[i].ttl), rows[i].init);
        assert_int_equal(hosts_hops(rows[i].ttl), rows[i].hops);
    }
}

static void each_flow_counts_once_for_the_distance(void **state)
{
    struct factscript *script = *state;

    assert_int_equal(server_of(script)->init_ttl, 0);
    play(script, 0, factscript_closed);
    assert_int_equal(server_of(script)->n_ttl_flows, 1);
    assert_int_equal(server_of(script)->init_ttl, 64);
    assert_int_equal(server_of(script)->hops_min, 3);
    assert_int_equal(server_of(script)->hops_max, 3);
    play(script, 1000, factscript_closed);
    assert_int_equal(server_of(script)->n_ttl_flows, 2);
}

static void a_proxy_before_the_server_widens_its_distance(void **state)
{
    struct factscript *script = *state;

    factscript_connected(script);
    script->note.facts.side[SIDE_SERVER].ttl_syn = 63;
    script->note.facts.side[SIDE_SERVER].ttl_min = 0;
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_int_equal(server_of(script)->hops_max, 1);
    script->note.facts.side[SIDE_SERVER].ttl_min = 58;
    factscript_tell(script, NOTE_ENDED);
    assert_int_equal(server_of(script)->hops_min, 1);
    assert_int_equal(server_of(script)->hops_max, 6);
    assert_false(server_of(script)->has_several_inits);
}

static void ttls_of_two_origins_are_remembered(void **state)
{
    struct factscript *script = *state;

    play(script, 0, factscript_closed);
    factscript_next(script, 1000);
    factscript_answered(script);
    script->note.facts.side[SIDE_SERVER].ttl_min = 250;
    factscript_tell(script, NOTE_ENDED);
    assert_true(server_of(script)->has_several_inits);
}

static void a_refusal_says_nothing_of_the_distance(void **state)
{
    struct factscript *script = *state;

    play(script, 0, factscript_refused);
    assert_int_equal(server_of(script)->n_ttl_flows, 0);
    assert_int_equal(server_of(script)->init_ttl, 0);
}

/* ---- hosts ---- */

static void nothing_is_known_of_strangers(void **state)
{
    struct factscript *script = *state;
    const struct listener_state *at = listener_of(script);

    assert_false(server_of(script)->is_used);
    assert_true(server_of(script)->last_ns == NS_NEVER);
    assert_true(server_of(script)->refused_ns == NS_NEVER);
    assert_false(at->is_used);
    assert_true(at->answer_ns == NS_NEVER && at->taken_ns == NS_NEVER && at->kept_ns == NS_NEVER);
    assert_true(at->silent_from_ns == NS_NEVER && at->overflow_ns == NS_NEVER);
    assert_true(at->recovered_ns == NS_NEVER && at->flood_from_ns == NS_NEVER);
}

static void a_bare_syn_teaches_nothing_but_that_somebody_asks(void **state)
{
    struct factscript *script = *state;

    factscript_packet(script, "C S", 0);
    factscript_tell(script, NOTE_ATTEMPT);
    assert_false(hosts_host(&script->hosts, &script->note.key.addr[0])->is_used);
    assert_true(server_of(script)->last_ns == NS_NEVER && server_of(script)->asked_ns != NS_NEVER);
    assert_int_equal(listener_of(script)->n_syn_second, 1);
}

static void a_host_was_last_heard_of_with_its_last_packet(void **state)
{
    struct factscript *script = *state;
    int64_t last_ns;

    play(script, 0, factscript_closed);
    last_ns = script->note.facts.last_ns[SIDE_SERVER];
    assert_true(server_of(script)->last_ns == last_ns);
    /* an older flow that ends later does not turn the clock back */
    script->note.facts.last_ns[SIDE_SERVER] -= NS_PER_S;
    factscript_tell(script, NOTE_ENDED);
    assert_true(server_of(script)->last_ns == last_ns);
    play(script, 60000, factscript_silent);
    assert_true(server_of(script)->last_ns == last_ns);
}

static void a_client_that_talks_to_nobody_seen_shows_that_a_direction_is_missing(void **state)
{
    struct factscript *script = *state;

    factscript_answered(script);
    script->note.facts.last_ns[SIDE_SERVER] = NS_NEVER;
    factscript_tell(script, NOTE_ENDED);
    assert_true(script->hosts.n_unanswered_talk == 1 && script->hosts.n_answered == 0);
    play(script, 1000, factscript_silent);
    assert_int_equal(server_of(script)->n_unanswered_talk, 1);
}

static void refusals_are_known_by_host_and_port(void **state)
{
    struct factscript *script = *state;

    play(script, 0, factscript_refused);
    assert_true(server_of(script)->refused_ns == script->note.facts.last_ns[SIDE_SERVER]);
    assert_int_equal(server_of(script)->refused_port, 443);
    assert_int_equal(listener_of(script)->n_refused_run, 1);
    play(script, 1000, factscript_refused);
    assert_int_equal(listener_of(script)->n_refused_run, 2);
    play(script, 1000, factscript_connected);
    assert_int_equal(listener_of(script)->n_refused_run, 0);
    factscript_server(script, "192.0.2.2", 444);
    assert_int_equal(listener_of(script)->n_refused_run, 0);
    assert_false(listener_of(script)->is_used);
}

static void resets_of_synacks_are_counted_for_the_client(void **state)
{
    struct factscript *script = *state;
    const struct ipaddr *client = &script->note.key.addr[0];

    play(script, 0, factscript_synack_reset);
    play(script, 10, factscript_synack_reset);
    assert_int_equal(hosts_host(&script->hosts, client)->n_synack_resets, 2);
    play(script, 10, factscript_connected);
    assert_int_equal(hosts_host(&script->hosts, client)->n_synack_resets, 2);
}

static void flow_labels_are_learned_from_packets_but_rsts(void **state)
{
    struct factscript *script = *state;

    play(script, 0, factscript_closed);
    assert_false(server_of(script)->has_flow_labels);
    factscript_next(script, 1000);
    factscript_answered(script);
    script->note.trail.slot[TRAIL_SERVER_LAST].flow_label = 1;
    factscript_tell(script, NOTE_ENDED);
    assert_true(server_of(script)->has_flow_labels);
}

/* ---- listeners: who is answered, taken, kept ---- */

static void a_listener_answers_with_synacks_and_takes_with_acknowledgments(void **state)
{
    struct factscript *script = *state;

    factscript_connected(script);
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_true(listener_of(script)->answer_ns == script->note.facts.synack_ns);
    assert_true(listener_of(script)->taken_ns == NS_NEVER);
    assert_true(listener_of(script)->kept_ns == NS_NEVER);
    factscript_packet(script, "C PA +400", 30);
    factscript_packet(script, "S A", 50);
    factscript_tell(script, NOTE_ALIVE);
    assert_true(listener_of(script)->taken_ns == factscript_ns(script, 50));
    assert_true(ipaddr_equal(&listener_of(script)->taken_client, &script->note.key.addr[0]));
    assert_true(listener_of(script)->kept_ns == factscript_ns(script, 50));
}

static void what_the_client_says_alone_is_not_taken(void **state)
{
    struct factscript *script = *state;

    factscript_never_taken(script);
    factscript_tell(script, NOTE_ENDED);
    assert_true(listener_of(script)->taken_ns == NS_NEVER);
}

static void a_connection_that_is_reset_before_a_word_is_not_kept(void **state)
{
    struct factscript *script = *state;

    play(script, 0, factscript_aborted);
    assert_true(listener_of(script)->kept_ns == NS_NEVER);
    assert_int_equal(listener_of(script)->n_early_rst_run, 1);
    play(script, 1000, factscript_aborted);
    assert_int_equal(listener_of(script)->n_early_rst_run, 2);
    play(script, 1000, factscript_forgotten);
    assert_true(listener_of(script)->kept_ns == facts_last_ns(&script->note.facts));
    assert_int_equal(listener_of(script)->n_early_rst_run, 0);
}

static void a_handshake_that_is_not_reset_in_time_is_kept(void **state)
{
    struct factscript *script = *state;
    int64_t open_ns;

    play(script, 0, factscript_aborted);
    factscript_next(script, 5000);
    factscript_connected(script);
    factscript_tell(script, NOTE_ESTABLISHED);
    open_ns = script->note.now_ns;
    play(script, 700, factscript_aborted);
    assert_true(listener_of(script)->kept_ns == NS_NEVER);
    play(script, 2600, factscript_aborted);
    assert_true(listener_of(script)->kept_ns == open_ns);
}

static void the_round_trip_is_the_shortest_of_handshakes_with_one_syn(void **state)
{
    struct factscript *script = *state;

    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1001);
    factscript_packet(script, "C A", 1002);
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_int_equal(listener_of(script)->rtt_min_ns, 0);
    play(script, 5000, factscript_connected);
    assert_true(listener_of(script)->rtt_min_ns == RTT_NS);
    factscript_next(script, 1000);
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", 2 * FACTSCRIPT_RTT_MS);
    factscript_packet(script, "C A", 2 * FACTSCRIPT_RTT_MS + 1);
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_true(listener_of(script)->rtt_min_ns == RTT_NS);
}

static void a_handshake_recovers_when_the_answer_is_to_a_later_syn(void **state)
{
    struct factscript *script = *state;

    factscript_packet(script, "C S", 0);
    factscript_packet(script, "S SA", 20);
    factscript_packet(script, "C S", 1000); /* the SYN-ACK was lost on its way */
    factscript_packet(script, "S SA", 1020);
    factscript_packet(script, "C A", 1020);
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_true(listener_of(script)->recovered_ns == NS_NEVER);
    assert_int_equal(listener_of(script)->recovered_share_x256, 0);

    factscript_next(script, 5000);
    factscript_packet(script, "C S", 0);
    factscript_packet(script, "C S", 1000);
    factscript_packet(script, "S SA", 1000);
    factscript_packet(script, "C A", 1001);
    factscript_tell(script, NOTE_ESTABLISHED);
    assert_true(listener_of(script)->recovered_ns == factscript_ns(script, 1000));
    assert_int_equal(listener_of(script)->recovered_share_x256, 16);
}

/* Two of sixteen handshakes are pressure, and forgotten after some tens of better ones. */
static void the_share_of_recovered_handshakes_moves(void **state)
{
    struct factscript *script = *state;
    uint32_t limit = verdict_limits_default()->recovered_share_x256;

    for (unsigned i = 0; i < 2; i++) {
        factscript_next(script, 1000);
        factscript_packet(script, "C S", 0);
        factscript_packet(script, "C S", 1000);
        factscript_packet(script, "S SA", 1020);
        factscript_packet(script, "C A", 1020);
        factscript_tell(script, NOTE_ESTABLISHED);
    }
    assert_true(listener_of(script)->recovered_share_x256 >= limit);
    for (unsigned i = 0; i < 20; i++)
        play(script, 10, factscript_connected);
    assert_true(listener_of(script)->recovered_share_x256 < limit);
}

/* ---- listeners: silence ---- */

static void silence_begins_with_the_first_unanswered_attempt(void **state)
{
    struct factscript *script = *state;
    int64_t answer_ns;
    int64_t silent_ns;

    play(script, 0, factscript_connected);
    answer_ns = listener_of(script)->answer_ns;
    play(script, 1000, factscript_silent);
    silent_ns = script->note.facts.first_ns;
    play(script, 1000, factscript_silent);
    assert_true(listener_of(script)->silent_from_ns == silent_ns);
    assert_true(listener_of(script)->answered_before_silence_ns == answer_ns);
    assert_int_equal(listener_of(script)->n_silent_run, 2);
    play(script, 1000, factscript_connected);
    assert_true(listener_of(script)->silent_from_ns == NS_NEVER);
    assert_int_equal(listener_of(script)->n_silent_run, 0);
}

static void an_attempt_is_not_silent_when_anything_answers(void **state)
{
    static void (*const flows[])(struct factscript *) = {
        factscript_refused,   factscript_rejected, factscript_half_open,
        factscript_connected, factscript_closed,
    };
    struct factscript *script = *state;

    for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
        play(script, 1000, flows[i]);
        assert_true(listener_of(script)->silent_from_ns == NS_NEVER);
    }
    factscript_next(script, 1000);
    factscript_silent(script);
    script->note.facts.bits |= FACT_EVICTED; /* nobody knows how it went on */
    factscript_tell(script, NOTE_ENDED);
    assert_true(listener_of(script)->silent_from_ns == NS_NEVER);
}

static void the_last_two_flows_of_overflow_are_remembered(void **state)
{
    struct factscript *script = *state;
    int64_t first_ns;

    play(script, 0, factscript_never_taken);
    first_ns = facts_last_ns(&script->note.facts);
    assert_true(listener_of(script)->overflow_ns == first_ns);
    assert_true(listener_of(script)->overflow_before_ns == NS_NEVER);
    play(script, 5000, factscript_never_taken);
    assert_true(listener_of(script)->overflow_before_ns == first_ns);
    assert_true(listener_of(script)->overflow_ns == facts_last_ns(&script->note.facts));
}

/* ---- floods ---- */

struct second {
    unsigned n_syns, n_complete;
};

static void ask(struct factscript *script, int64_t second, const struct second *what)
{
    factscript_next(script, 0);
    script->note.now_ns = FACTSCRIPT_START_NS + second * NS_PER_S;
    script->note.facts.first_ns = script->note.now_ns;
    for (unsigned i = 0; i < what->n_syns; i++)
        factscript_tell(script, NOTE_ATTEMPT);
    script->note.facts.synack_ns = script->note.now_ns;
    for (unsigned i = 0; i < what->n_complete; i++)
        factscript_tell(script, NOTE_ESTABLISHED);
}

static bool is_flooded_after(struct factscript *script, const struct second *seconds, unsigned n)
{
    static const struct second nothing = {1, 0};

    for (unsigned i = 0; i < n; i++)
        ask(script, i, &seconds[i]);
    ask(script, n, &nothing); /* the last second is over */
    return listener_of(script)->flood_until_ns == FACTSCRIPT_START_NS + n * NS_PER_S;
}

static void a_flood_is_many_syns_and_few_handshakes(void **state)
{
    const struct verdict_limits *limits = verdict_limits_default();
    unsigned many = limits->flood_syns_per_s;
    unsigned few = many * limits->flood_completed_percent / 100;
    const struct {
        const char *name;
        struct second seconds[3];
        unsigned n;
        bool is_flood;
    } rows[] = {
        {"just enough SYNs, no handshake", {{many, 0}}, 1, true},
        {"a SYN less", {{many - 1, 0}}, 1, false},
        {"a handshake less than the share", {{many, few - 1}}, 1, true},
        {"just the share of handshakes", {{many, few}}, 1, false},
        {"a flash crowd", {{many, many}}, 1, false},
        {"just ten times the usual", {{1600, 1600}, {1000, 0}}, 2, true},
        {"a SYN less than ten times the usual", {{1600, 1600}, {999, 0}}, 2, false},
        {"a flood goes on", {{many, 0}, {many, 0}, {many, 0}}, 3, true},
        {"a flood is over", {{many, 0}, {many, many}}, 2, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct factscript script;

        factscript_open(&script);
        if (is_flooded_after(&script, rows[i].seconds, rows[i].n) != rows[i].is_flood)
            fail_msg("%s", rows[i].name);
        factscript_close(&script);
    }
}

/* ---- tables ---- */

static void a_full_table_forgets_the_quietest(void **state)
{
    struct factscript *script = *state;
    struct ipaddr first = script->note.key.addr[1];

    play(script, 0, factscript_connected);
    for (unsigned i = 0; i < 2000; i++) {
        factscript_next(script, 10);
        factscript_connected(script);
        script->note.key.addr[1].bytes[14] = (uint8_t)(i >> 8);
        script->note.key.addr[1].bytes[15] = (uint8_t)i;
        factscript_tell(script, NOTE_ENDED);
        assert_true(server_of(script)->is_used);
        assert_true(listener_of(script)->is_used);
    }
    assert_true(script->hosts.n_evicted > 2000);
    assert_false(hosts_host(&script->hosts, &first)->is_used);
    assert_false(hosts_listener(&script->hosts, &first, 443)->is_used);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, script_open, script_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ttl_tells_where_it_began_and_how_far_it_came),
        FRESH(each_flow_counts_once_for_the_distance),
        FRESH(a_proxy_before_the_server_widens_its_distance),
        FRESH(ttls_of_two_origins_are_remembered),
        FRESH(a_refusal_says_nothing_of_the_distance),
        FRESH(nothing_is_known_of_strangers),
        FRESH(a_bare_syn_teaches_nothing_but_that_somebody_asks),
        FRESH(a_host_was_last_heard_of_with_its_last_packet),
        FRESH(a_client_that_talks_to_nobody_seen_shows_that_a_direction_is_missing),
        FRESH(refusals_are_known_by_host_and_port),
        FRESH(resets_of_synacks_are_counted_for_the_client),
        FRESH(flow_labels_are_learned_from_packets_but_rsts),
        FRESH(a_listener_answers_with_synacks_and_takes_with_acknowledgments),
        FRESH(what_the_client_says_alone_is_not_taken),
        FRESH(a_connection_that_is_reset_before_a_word_is_not_kept),
        FRESH(a_handshake_that_is_not_reset_in_time_is_kept),
        FRESH(the_round_trip_is_the_shortest_of_handshakes_with_one_syn),
        FRESH(a_handshake_recovers_when_the_answer_is_to_a_later_syn),
        FRESH(the_share_of_recovered_handshakes_moves),
        FRESH(silence_begins_with_the_first_unanswered_attempt),
        FRESH(an_attempt_is_not_silent_when_anything_answers),
        FRESH(the_last_two_flows_of_overflow_are_remembered),
        cmocka_unit_test(a_flood_is_many_syns_and_few_handshakes),
        FRESH(a_full_table_forgets_the_quietest),
    };
#undef FRESH

    return cmocka_run_group_tests(tests, NULL, NULL);
}
