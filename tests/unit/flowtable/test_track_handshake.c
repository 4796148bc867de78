/* SPDX-License-Identifier: BSD-2-Clause */
#include "flowscript.h"

static void a_clean_handshake_sets_the_facts_of_one(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 0, 1},
        {20.5, '>', ".", 1, 1},
    };
    const struct flow_facts *facts;
    const struct side_facts *client, *server;
    const struct flow_trail *trail;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    facts = flowscript_facts(&script);
    client = &facts->side[SIDE_CLIENT];
    server = &facts->side[SIDE_SERVER];
    trail = flowscript_trail(&script);
    assert_int_equal(facts->bits,
                     FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED | FACT_CLIENT_ACKED);
    assert_int_equal(facts->first_ns, FLOWSCRIPT_START_NS);
    assert_int_equal(facts->synack_ns, FLOWSCRIPT_START_NS + 20 * NS_PER_MS);
    assert_int_equal(facts->ack_after_us, 20500);
    assert_int_equal(facts->syn_last_gap_us, 0);
    assert_int_equal(facts->n_frames_later, 2);
    assert_int_equal(client->bits, SIDE_ISN_KNOWN | SIDE_HAS_TIMESTAMPS | SIDE_HAS_SACK |
                                       SIDE_HAS_WSCALE | SIDE_ID_COUNTS);
    assert_int_equal(client->n_syn, 1);
    assert_int_equal(client->n_pkts, 2);
    assert_int_equal(client->nxt - client->isn, 1);
    assert_int_equal(client->acked - server->isn, 1);
    assert_int_equal(client->window, 501);
    assert_int_equal(client->ttl_syn, 64);
    assert_int_equal(client->ttl_min, 64);
    assert_int_equal(client->ttl_max, 64);
    assert_int_equal(server->n_syn, 1);
    assert_int_equal(server->n_syn_late, 0);
    assert_int_equal(server->acked - client->isn, 1);
    assert_int_equal(server->ttl_syn, 61);
    assert_int_equal(server->ttl_min, 0);
    assert_int_equal(server->wscale, 7);
    assert_int_equal(trail->slot[TRAIL_SYN].frame, 1);
    assert_int_equal(trail->slot[TRAIL_SYN].mss_bytes, 1460);
    assert_int_equal(trail->slot[TRAIL_SYNACK].frame, 2);
    assert_int_equal(trail->slot[TRAIL_ACK].frame, 3);
    assert_int_equal(trail->slot[TRAIL_CLIENT_LAST].frame, 3);
    assert_int_equal(trail->slot[TRAIL_SERVER_LAST].frame, 2);
    assert_string_equal(flowscript_history(&script), "ShA");
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    assert_int_equal(flowscript_note(&script, NOTE_ESTABLISHED, 0)->ordinal, 3);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), 1);
    assert_false(flowscript_flow(&script)->is_embryonic);
    flowscript_close(&script);
}

static void a_synack_captured_before_its_syn_is_the_same_attempt(void **state)
{
    static const struct flowstep steps[] = {
        {0, '<', "S.", 0, 1},
        {0.1, '>', "S"},
        {0.5, '>', ".", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->bits,
                     FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED | FACT_CLIENT_ACKED);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, 1);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn, 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 0);
    flowscript_close(&script);
}

static void a_synack_of_another_attempt_is_not_taken_for_the_syn_behind_it(void **state)
{
    static const struct flowstep steps[] = {
        {0, '<', "S.", 500, 9000},
        {3000, '>', "S"},
        {3020, '<', "S.", 0, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_note(&script, NOTE_ENDED, 0)->facts.bits, FACT_MIDSTREAM);
    assert_int_equal(flowscript_facts(&script)->first_frame, 2);
    assert_bits(flowscript_facts(&script)->bits, FACT_SYN_SEEN | FACT_SYNACK_SEEN);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_MIDSTREAM);
    flowscript_close(&script);
}

static void the_clients_ack_proves_a_synack_that_the_capture_lost(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},          {20, '>', ".", 1, 1},        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101}, {45, '<', "P.", 1, 101, 50},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_SYNACK_SEEN | FACT_MIDSTREAM);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_ACKED_UNSEEN);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_SERVER].bits,
                   SIDE_SEQ_GAP | SIDE_ACKED_UNSEEN);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_retransmit, 0);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), 0); /* no SYN-ACK to tell */
    assert_false(flowscript_flow(&script)->is_embryonic);
    flowscript_close(&script);
}

static void a_synack_captured_behind_the_clients_ack_completes_the_handshake(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '>', ".", 1, 1},
        {20.2, '<', "S.", 0, 1},
        {21, '>', "P.", 1, 1, 100},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED | FACT_SYNACK_SEEN);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn_late, 0);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), 1);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    assert_false(flowscript_flow(&script)->is_embryonic);
    flowscript_close(&script);
}

static void data_on_the_syn_is_acknowledged_or_not(void **state)
{
    static const struct {
        const char *name;
        struct flowstep steps[5];
        size_t n_steps;
        uint8_t n_retransmit;
    } rows[] = {
        {"with its data (RFC 7413)",
         {{0, '>', "S", 0, 0, 100}, {20, '<', "S.", 0, 101}, {20.5, '>', ".", 101, 1}},
         3,
         0},
        {"without, and the client sends it again",
         {{0, '>', "S", 0, 0, 100},
          {20, '<', "S.", 0, 1},
          {20.5, '>', "P.", 1, 1, 100},
          {41, '<', ".", 1, 101}},
         4,
         1},
        {"answered with data at once",
         {{0, '>', "S", 0, 0, 100},
          {20, '<', "S.", 0, 101},
          {20.1, '<', "P.", 1, 101, 500},
          {20.5, '>', ".", 101, 501}},
         4,
         0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flowscript script;
        const struct side_facts *client;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, rows[i].steps, rows[i].n_steps);
        client = &flowscript_facts(&script)->side[SIDE_CLIENT];
        assert_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
        assert_no_bits(flowscript_facts(&script)->bits, FACT_BAD_SYNACK | FACT_STALE_ACK);
        assert_bits(client->bits, SIDE_SYN_DATA);
        assert_no_bits(client->bits, SIDE_SEQ_GAP);
        assert_int_equal(client->n_retransmit, rows[i].n_retransmit);
        assert_int_equal(client->run_count, 0);
        flowscript_close(&script);
    }
}

static void crossed_syns_open_one_connection(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {5, '<', "S"},
        {20, '>', "S.", 0, 1},
        {25, '<', "S.", 0, 1},
        {45, '>', ".", 1, 1},
        {50, '>', "P.", 1, 1, 10},
        {70, '<', "P.", 1, 11, 10},
    };
    const struct flow_facts *facts;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 4);
    facts = flowscript_facts(&script);
    assert_bits(facts->bits, FACT_SIMULTANEOUS_OPEN | FACT_SYN_SEEN | FACT_SYNACK_SEEN);
    assert_int_equal(facts->side[SIDE_CLIENT].acked - facts->side[SIDE_SERVER].isn, 1);
    assert_int_equal(facts->side[SIDE_SERVER].acked - facts->side[SIDE_CLIENT].isn, 1);
    assert_string_equal(flowscript_history(&script), "SsHh");
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_SIMULTANEOUS_OPEN | FACT_ESTABLISHED);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    assert_string_equal(flowscript_history(&script), "SsHhADd");
    flowscript_close(&script);
}

static void a_synack_that_acknowledges_something_else_is_no_answer(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 5000, 600000},
        {20.2, '>', "R", 600000},
        {21, '<', "S.", 5000, 600000},
        {21.2, '>', "R", 600000},
        {1000, '>', "S"},
        {1020, '<', "S.", 0, 1},
        {1020.5, '>', ".", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 5);
    assert_bits(flowscript_facts(&script)->bits, FACT_BAD_SYNACK);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_SYNACK_SEEN | FACT_CLIENT_RST_SYNACK);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn, 0);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_STALE_ACK].frame, 2);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_SYN_SENT); /* RFC 9293 3.10.7.3 */
    flowscript_until(&script, 5000);
    assert_true(flowscript_is_open(&script));
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits,
                FACT_BAD_SYNACK | FACT_SYNACK_SEEN | FACT_ESTABLISHED);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, 2);
    flowscript_close(&script);
}

/* The server still holds an older connection of the tuple, or is in TIME_WAIT. */
static const struct flowstep challenged[] = {
    {0, '>', "S"},
    {20, '<', ".", 777000, 555000},
    {20.2, '>', "R", 555000},
    {30, '>', "S"},
    {50, '<', "S.", 0, 1},
    {50.5, '>', ".", 1, 1},
    {51, '>', "P.", 1, 1, 100},
    {75, '<', ".", 1, 101},
    {90, '<', "P.", 1, 101, 300},
    {90.5, '>', ".", 101, 301},
};

static void a_challenge_ack_says_nothing_of_this_attempt(void **state)
{
    const struct flow_facts *facts;
    const struct flow_trail *trail;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, challenged, 3);
    facts = flowscript_facts(&script);
    assert_bits(facts->bits, FACT_STALE_ACK);
    assert_no_bits(facts->bits, FACT_ESTABLISHED | FACT_SYN_REFUSED);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_SYN_SENT);
    assert_string_equal(flowscript_history(&script), "SaR"); /* Zeek's RSTOS0 */
    trail = flowscript_trail(&script);
    assert_int_equal(trail->slot[TRAIL_STALE_ACK].frame, 2);
    assert_int_equal(trail->n_rst, 1);
    assert_int_equal(trail->rst[0].family, RST_FAMILY_B2);
    assert_int_equal(trail->rst[0].trigger.frame, 2);
    flowscript_close(&script);
}

static void after_a_challenge_ack_the_next_syn_connects(void **state)
{
    const struct flow_facts *facts;
    const struct flow_trail *trail;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(challenged));
    facts = flowscript_facts(&script);
    trail = flowscript_trail(&script);
    assert_bits(facts->bits, FACT_STALE_ACK | FACT_ESTABLISHED | FACT_SYNACK_SEEN);
    assert_no_bits(facts->bits, FACT_ALIVE_AFTER_RST | FACT_CHALLENGED);
    assert_int_equal(trail->slot[TRAIL_AFTER_RST].frame, 0);
    assert_int_equal(facts->side[SIDE_CLIENT].n_syn, 2);
    assert_int_equal(facts->syn_last_gap_us, 30000); /* from SYN to SYN, not from the RST */
    assert_no_bits(facts->side[SIDE_CLIENT].bits, SIDE_ACKED_UNSEEN | SIDE_SEQ_GAP);
    assert_no_bits(facts->side[SIDE_SERVER].bits, SIDE_ACKED_UNSEEN | SIDE_SEQ_GAP);
    assert_int_equal(facts->side[SIDE_SERVER].n_retransmit, 0);
    assert_int_equal(trail->slot[TRAIL_CLIENT_LAST].frame, 10); /* this connection saw no RST */
    assert_int_equal(trail->slot[TRAIL_SERVER_LAST].frame, 9);
    assert_string_equal(flowscript_history(&script), "SaRhADd");
    flowscript_close(&script);
}

static void synacks_behind_the_clients_ack_are_late_ones(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 0, 1},
        {20.5, '>', ".", 1, 1},
        {1020, '<', "S.", 0, 1},
        {1020.5, '>', ".", 1, 1},
        {3020, '<', "S.", 0, 1},
        {3020.5, '>', ".", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn, 3);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn_late, 2);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), 1);
    flowscript_close(&script);
}

static void of_two_synacks_the_clients_ack_tells_which_it_took(void **state)
{
    static const struct {
        const char *name;
        uint32_t ack; /* relative to the first SYN-ACK's ISN */
    } rows[] = {{"the first", 1}, {"the second, behind", 900001}, {"the second, before", -899999u}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {
            {0, '>', "S"},
            {20, '<', "S.", 0, 1},
            {1000, '>', "S"},
            {1020, '<', "S.", rows[i].ack == 1 ? 900000 : rows[i].ack - 1, 1},
            {1020.5, '>', ".", 1, rows[i].ack},
            {1040, '<', "P.", rows[i].ack, 1, 100},
            {1040.5, '>', ".", 1, rows[i].ack + 100},
        };
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
        assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_ACKED_UNSEEN);
        assert_no_bits(flowscript_facts(&script)->side[SIDE_SERVER].bits, SIDE_SEQ_GAP);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_retransmit, 0);
        flowscript_close(&script);
    }
}

static void a_capture_that_begins_later_tells_the_roles_as_well_as_it_can(void **state)
{
    static const struct {
        const char *name;
        struct flowstep step;
        uint32_t bits;
        bool is_client_first; /* the script's client is taken for the client */
    } rows[] = {
        {"SYN-ACK", {0, '<', "S.", 0, 1}, FACT_MIDSTREAM | FACT_SYNACK_SEEN, true},
        {"data of the client", {0, '>', "P.", 1, 1, 9}, FACT_MIDSTREAM | FACT_ROLES_GUESSED, true},
        {"data of the server", {0, '<', "P.", 1, 1, 9}, FACT_MIDSTREAM | FACT_ROLES_GUESSED, true},
        {"a RST of the server", {0, '<', "R", 1}, FACT_MIDSTREAM | FACT_ROLES_GUESSED, true},
        {"SYN with FIN", {0, '>', "SF"}, FACT_MIDSTREAM, true},
        {"SYN with RST", {0, '>', "SR"}, FACT_MIDSTREAM, true},
        {"SYN with FIN from the low port", {0, '<', "SF"}, FACT_MIDSTREAM, false},
        {"no flag at all", {0, '>', ""}, FACT_MIDSTREAM | FACT_ROLES_GUESSED, true},
        {"FIN, PSH, URG", {0, '>', "FPU"}, FACT_MIDSTREAM | FACT_ROLES_GUESSED, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct flowscript script;
        const struct flow *flow;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, &rows[i].step, 1);
        flow = flowscript_flow(&script);
        assert_int_equal(flow->facts.bits & (FACT_MIDSTREAM | FACT_ROLES_GUESSED | FACT_SYN_SEEN |
                                             FACT_SYNACK_SEEN | FACT_ESTABLISHED),
                         rows[i].bits);
        assert_int_equal(flow->key.port[flow->client_end], rows[i].is_client_first ? 40000 : 443);
        assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 0);
        assert_true(flow->is_embryonic);
        flowscript_close(&script);
    }
}

/* nmap's probes: what no stack sends has the letter q, and does not begin an attempt. */
static void odd_flags_have_a_letter_and_no_other_meaning(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "SF"},
        {1, '<', "R.", 0, 2, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
        {100, '>', "SF", 10},
        {200, '>', "SF.", 20},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_string_equal(flowscript_history(&script), "Qr");
    assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_REFUSED);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_FIN_SEEN);
    flowscript_close(&script);
}

static void roles_that_were_guessed_wrong_end_with_the_synack(void **state)
{
    struct script_conn conn = flowscript_conn(0);
    static const struct flowstep steps[] = {
        {0, '>', "F.", 1, 1}, /* the tail of the connection before, from the low port */
        {100, '<', "S.", 500, 700},
        {100.5, '>', ".", 700, 501},
    };
    const struct flow *flow;
    struct flowscript script;

    (void)state;
    conn.port[SIDE_CLIENT] = 300;
    flowscript_open(&script, NULL);
    flowscript_steps(&script, &conn, STEPS(steps));
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 1);
    assert_int_equal(script.tracker.table.n_used, 1);
    flow = &script.tracker.table.pool[0];
    assert_int_equal(flow->key.port[flow->client_end], 300);
    assert_bits(flow->facts.bits, FACT_MIDSTREAM | FACT_SYNACK_SEEN);
    assert_no_bits(flow->facts.bits, FACT_ROLES_GUESSED | FACT_TUPLE_REUSED);
    flowscript_close(&script);
}

static void a_cut_header_still_tells_the_handshake(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S", 0, 0, 0, STEP_HEADER_CUT},       {20, '<', "S.", 0, 1, 0, STEP_HEADER_CUT},
        {20.5, '>', ".", 1, 1, 0, STEP_HEADER_CUT},    {21, '>', "P.", 1, 1, 100, STEP_HEADER_CUT},
        {41, '<', "P.", 1, 101, 100, STEP_HEADER_CUT},
    };
    const struct flow_facts *facts;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    facts = flowscript_facts(&script);
    assert_bits(facts->bits, FACT_ESTABLISHED | FACT_TRUNCATED);
    assert_bits(facts->side[SIDE_CLIENT].bits, SIDE_OPTIONS_UNKNOWN);
    assert_bits(facts->side[SIDE_SERVER].bits, SIDE_OPTIONS_UNKNOWN);
    assert_no_bits(facts->side[SIDE_CLIENT].bits, SIDE_ZERO_WINDOW | SIDE_HAS_TIMESTAMPS);
    assert_int_equal(facts->payload_bytes[SIDE_CLIENT], 100);
    assert_string_equal(flowscript_history(&script), "ShADd");
    assert_bits(flowscript_trail(&script)->slot[TRAIL_SYN].bits, MARK_OPTIONS_UNKNOWN);
    flowscript_close(&script);
}

static void a_syn_in_fragments_is_marked(void **state)
{
    static const struct flowstep syn = {0, '>', "S", .how = STEP_FRAGMENT};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, &syn, 1);
    assert_bits(flowscript_facts(&script)->bits, FACT_FRAGMENTED | FACT_SYN_SEEN);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_handshake_sets_the_facts_of_one),
        cmocka_unit_test(a_synack_captured_before_its_syn_is_the_same_attempt),
        cmocka_unit_test(a_synack_of_another_attempt_is_not_taken_for_the_syn_behind_it),
        cmocka_unit_test(the_clients_ack_proves_a_synack_that_the_capture_lost),
        cmocka_unit_test(a_synack_captured_behind_the_clients_ack_completes_the_handshake),
        cmocka_unit_test(data_on_the_syn_is_acknowledged_or_not),
        cmocka_unit_test(crossed_syns_open_one_connection),
        cmocka_unit_test(a_synack_that_acknowledges_something_else_is_no_answer),
        cmocka_unit_test(a_challenge_ack_says_nothing_of_this_attempt),
        cmocka_unit_test(after_a_challenge_ack_the_next_syn_connects),
        cmocka_unit_test(synacks_behind_the_clients_ack_are_late_ones),
        cmocka_unit_test(of_two_synacks_the_clients_ack_tells_which_it_took),
        cmocka_unit_test(a_capture_that_begins_later_tells_the_roles_as_well_as_it_can),
        cmocka_unit_test(odd_flags_have_a_letter_and_no_other_meaning),
        cmocka_unit_test(roles_that_were_guessed_wrong_end_with_the_synack),
        cmocka_unit_test(a_cut_header_still_tells_the_handshake),
        cmocka_unit_test(a_syn_in_fragments_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
