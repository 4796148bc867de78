/* SPDX-License-Identifier: BSD-2-Clause */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

static void an_exchange_is_counted_for_both_sides(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {45, '<', ".", 1, 101, 1448},
        {45.1, '<', "P.", 1449, 101, 52},
        {45.6, '>', ".", 101, 1501},
    };
    const struct flow_facts *facts;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 4);
    assert_bits(flowscript_facts(&script)->bits, FACT_REQUEST_OPEN);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    facts = flowscript_facts(&script);
    assert_int_equal(facts->payload_bytes[SIDE_CLIENT], 100);
    assert_int_equal(facts->payload_bytes[SIDE_SERVER], 1500);
    assert_int_equal(facts->side[SIDE_CLIENT].n_data, 1);
    assert_int_equal(facts->side[SIDE_SERVER].n_data, 2);
    assert_int_equal(facts->side[SIDE_CLIENT].n_pkts, 4);
    assert_int_equal(facts->side[SIDE_SERVER].n_pkts, 4);
    assert_int_equal(facts->side[SIDE_CLIENT].acked - facts->side[SIDE_SERVER].isn, 1501);
    assert_int_equal(facts->side[SIDE_SERVER].nxt, facts->side[SIDE_CLIENT].acked);
    assert_int_equal(facts->side[SIDE_SERVER].acked, facts->side[SIDE_CLIENT].nxt);
    assert_no_bits(facts->bits, FACT_REQUEST_OPEN | FACT_DUPLICATES | FACT_TIME_BACKWARDS);
    assert_bits(facts->bits, FACT_CLIENT_ACKED | FACT_SERVER_ACKED);
    assert_int_equal(facts->side[SIDE_CLIENT].n_retransmit, 0);
    assert_int_equal(facts->last_ns[SIDE_CLIENT], FLOWSCRIPT_START_NS + 45600 * NS_PER_US);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_CLIENT_DATA].frame, 4);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SERVER_DATA].frame, 6);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SERVER_LAST].frame, 7);
    assert_string_equal(flowscript_history(&script), "ShADad");
    flowscript_close(&script);
}

/* ---- sent again ---- */

static void a_segment_sent_into_silence_is_a_run(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {1000, '>', "P.", 101, 1, 200},
        {1200, '>', "P.", 101, 1, 200},
        {1600, '>', "P.", 101, 1, 200},
        {2400, '>', "P.", 101, 1, 200},
        {4000, '>', "P.", 101, 1, 200},
    };
    const struct side_facts *client;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    client = &flowscript_facts(&script)->side[SIDE_CLIENT];
    assert_int_equal(client->n_retransmit, 4);
    assert_int_equal(client->run_count, 4);
    assert_int_equal(client->run_seq - client->isn, 101);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_RUN_FIRST].frame, 6);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_RUN_LAST].frame, 10);
    assert_string_equal(flowscript_history(&script), "ShADaT");
    /* Judged 15 s after the last word of the other side, not after the last copy. */
    flowscript_until(&script, 15000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 15200);
    assert_false(flowscript_is_open(&script));
    assert_no_bits(flowscript_note(&script, NOTE_ENDED, 0)->facts.bits, FACT_AT_END);
    flowscript_close(&script);
}

static void two_copies_into_silence_end_nothing(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {221, '>', "P.", 1, 1, 100},
        {621, '>', "P.", 1, 1, 100},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 2);
    flowscript_until(&script, 7400000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 7500800); /* idle for more than tcp_keepalive_time */
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);
}

struct run_row {
    const char *name;
    struct flowstep steps[6];
    size_t n_steps;
    uint8_t n_retransmit, run_count;
    uint32_t run_seq; /* relative; with a run_count */
};

static const struct run_row run_rows[] = {
    {"an ACK breaks the run",
     {{21, '>', "P.", 1, 1, 100},
      {221, '>', "P.", 1, 1, 100},
      {621, '>', "P.", 1, 1, 100},
      {641, '<', ".", 1, 101}},
     4,
     2,
     0,
     0},
    {"a part of it acknowledged breaks it too",
     {{21, '>', "P.", 1, 1, 100}, {221, '>', "P.", 1, 1, 100}, {641, '<', ".", 1, 51}},
     3,
     1,
     0,
     0},
    {"an ACK of what came before does not",
     {{21, '>', "P.", 1, 1, 100},
      {22, '>', "P.", 101, 1, 100},
      {41, '<', ".", 1, 101},
      {221, '>', "P.", 101, 1, 100},
      {241, '<', ".", 1, 101}},
     5,
     1,
     1,
     101},
    {"another segment begins another run",
     {{21, '>', "P.", 1, 1, 100},
      {22, '>', "P.", 101, 1, 100},
      {32, '>', "P.", 101, 1, 100}, /* tail loss probe, RFC 8985 */
      {221, '>', "P.", 1, 1, 100},
      {621, '>', "P.", 1, 1, 100}},
     5,
     3,
     2,
     1},
    {"copies of what is acknowledged are no run",
     {{21, '>', "P.", 1, 1, 100},
      {41, '<', ".", 1, 101},
      {42, '>', "P.", 1, 1, 100},
      {43, '>', "P.", 1, 1, 100}},
     4,
     2,
     0,
     0},
    {"more than the first copy had is new data",
     {{21, '>', "P.", 1, 1, 100}, {221, '>', "P.", 1, 1, 150}},
     2,
     0,
     0,
     0},
    {"a FIN sent again",
     {{21, '>', "F.", 1, 1}, {221, '>', "F.", 1, 1}, {621, '>', "F.", 1, 1}},
     3,
     2,
     2,
     1},
    {"pure ACKs are never sent again",
     {{21, '>', ".", 1, 1}, {30, '>', ".", 1, 1}, {40, '>', ".", 1, 1}},
     3,
     0,
     0,
     0},
    {"the server's data", {{21, '<', "P.", 1, 1, 100}, {221, '<', "P.", 1, 1, 100}}, 2, 0, 0, 0},
};

static void runs_are_of_one_segment_and_of_what_is_not_acknowledged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(run_rows); i++) {
        const struct run_row *row = &run_rows[i];
        struct flowstep steps[9] = {HANDSHAKE};
        const struct side_facts *client;
        struct flowscript script;

        print_message("  %s\n", row->name);
        for (size_t j = 0; j < row->n_steps; j++)
            steps[3 + j] = row->steps[j];
        flowscript_play(&script, steps, 3 + row->n_steps);
        client = &flowscript_facts(&script)->side[SIDE_CLIENT];
        assert_int_equal(client->n_retransmit, row->n_retransmit);
        assert_int_equal(client->run_count, row->run_count);
        if (row->run_count)
            assert_int_equal(client->run_seq - client->isn, row->run_seq);
        assert_no_bits(client->bits, SIDE_KEEPALIVE | SIDE_SEQ_GAP);
        flowscript_close(&script);
    }
}

/* Only one direction is captured: no ACK of the other side is known, and that is no number. */
static void a_run_is_counted_in_a_capture_of_one_direction(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "P.", 1, 1, 100},
        {200, '>', "P.", 1, 1, 100},
        {600, '>', "P.", 1, 1, 100},
        {1400, '>', "P.", 1, 1, 100},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 3);
    assert_bits(flowscript_facts(&script)->bits, FACT_MIDSTREAM | FACT_ROLES_GUESSED);
    assert_true(flowscript_flow(&script)->is_embryonic);
    flowscript_close(&script);
}

/* ---- keep-alives, gaps, windows ---- */

static void keepalives_are_not_sent_again(void **state)
{
    static const struct {
        const char *name;
        uint32_t seq, len;
        bool is_keepalive;
    } rows[] = {
        {"without data", 100, 0, true},
        {"with a byte of garbage (RFC 9293 3.8.4)", 100, 1, true},
        {"two bytes are data", 99, 2, false},
        {"one byte from before", 99, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {
            HANDSHAKE,
            {21, '>', "P.", 1, 1, 100},
            {41, '<', ".", 1, 101},
            {60000, '>', ".", rows[i].seq, 1, rows[i].len},
            {61000, '>', ".", rows[i].seq, 1, rows[i].len},
            {62000, '>', ".", rows[i].seq, 1, rows[i].len},
        };
        const struct side_facts *client;
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        client = &flowscript_facts(&script)->side[SIDE_CLIENT];
        assert_int_equal(client->bits & SIDE_KEEPALIVE, rows[i].is_keepalive ? SIDE_KEEPALIVE : 0);
        assert_int_equal(client->n_retransmit, rows[i].is_keepalive ? 0 : 3);
        assert_int_equal(client->run_count, rows[i].is_keepalive ? 3 : 0); /* no answer */
        flowscript_close(&script);
    }
}

static void an_answered_keepalive_begins_no_run(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {60000, '>', ".", 0, 1},
        {60020, '<', ".", 1, 1},
        {120000, '>', ".", 0, 1},
        {120020, '<', ".", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_KEEPALIVE);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 0);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_retransmit, 0);
    flowscript_close(&script);
}

static void copies_of_what_is_acknowledged_are_counted_apart(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {241, '>', "P.", 1, 1, 100},
        {641, '>', "P.", 1, 1, 100},
        {1441, '>', "P.", 51, 1, 50},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 7);
    assert_int_equal(flowscript_trail(&script)->acked_run[SIDE_CLIENT].n_copies, 2);
    assert_int_equal(flowscript_trail(&script)->acked_run[SIDE_CLIENT].seq -
                         flowscript_facts(&script)->side[SIDE_CLIENT].isn,
                     1);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_RUN_LAST].frame, 7);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 0);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps)); /* of another one: counted anew */
    assert_int_equal(flowscript_trail(&script)->acked_run[SIDE_CLIENT].n_copies, 1);
    flowscript_close(&script);
}

static void a_capture_that_begins_with_a_keepalive_misses_nothing(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', ".", 5000, 9000},           {20, '<', ".", 9000, 5001},
        {60000, '>', ".", 5000, 9000},       {60020, '<', ".", 9000, 5001},
        {61000, '>', "P.", 5001, 9000, 100}, {61020, '<', ".", 9000, 5101},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_no_bits(flowscript_facts(&script)->side[SIDE_SERVER].bits, SIDE_ACKED_UNSEEN);
    assert_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_KEEPALIVE);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_SEQ_GAP);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_retransmit, 0);
    assert_false(flowscript_flow(&script)->is_embryonic);
    flowscript_close(&script);
}

struct unseen_row {
    const char *name;
    struct flowstep steps[4];
    size_t n_steps;
    uint16_t client_bits, server_bits; /* of SIDE_SEQ_GAP | SIDE_ACKED_UNSEEN */
};

static const struct unseen_row unseen_rows[] = {
    {"nothing is missing", {{21, '>', "P.", 1, 1, 9}, {41, '<', ".", 1, 10}}, 2, 0, 0},
    {"the client jumps ahead",
     {{21, '>', "P.", 1, 1, 9}, {22, '>', "P.", 110, 1, 9}},
     2,
     SIDE_SEQ_GAP,
     0},
    {"the server acknowledges what is not there",
     {{21, '>', "P.", 1, 1, 9}, {41, '<', ".", 1, 110}},
     2,
     0,
     SIDE_ACKED_UNSEEN},
    {"what fills the gap is not sent again, but no one can know",
     {{21, '>', "P.", 110, 1, 9}, {22, '>', "P.", 1, 1, 109}},
     2,
     SIDE_SEQ_GAP,
     0},
    {"an old ACK is harmless",
     {{21, '>', "P.", 1, 1, 9}, {41, '<', ".", 1, 10}, {42, '<', ".", 1, 1}},
     3,
     0,
     0},
};

static void bytes_that_the_capture_does_not_have_are_marked(void **state)
{
    const uint16_t bits = SIDE_SEQ_GAP | SIDE_ACKED_UNSEEN;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unseen_rows); i++) {
        const struct unseen_row *row = &unseen_rows[i];
        struct flowstep steps[7] = {HANDSHAKE};
        struct flowscript script;

        print_message("  %s\n", row->name);
        for (size_t j = 0; j < row->n_steps; j++)
            steps[3 + j] = row->steps[j];
        flowscript_play(&script, steps, 3 + row->n_steps);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].bits & bits,
                         row->client_bits);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].bits & bits,
                         row->server_bits);
        flowscript_close(&script);
    }
}

static void what_was_under_way_when_the_capture_began_is_not_missing(void **state)
{
    static const struct flowstep steps[] = {
        {0, '<', ".", 9000, 5000},
        {1, '>', "P.", 7000, 9000, 100}, /* 5000 to 7000 went by before */
        {2, '>', "P.", 7100, 9000, 100},
        {21, '<', ".", 9000, 7000},
        {22, '<', ".", 9000, 7200},
    };
    const uint16_t bits = SIDE_SEQ_GAP | SIDE_ACKED_UNSEEN;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, bits);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_SERVER].bits, bits);
    flowscript_close(&script);
}

static void a_closed_window_is_remembered_and_what_it_is_now(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '<', "P.", 1, 1, 1000},
        {22, '>', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
        {222, '<', ".", 1000, 1},
        {222.5, '>', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
        {500, '>', ".", 1, 1001},
    };
    const uint16_t both = SIDE_ZERO_WINDOW | SIDE_WINDOW_ZERO_NOW;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 7);
    assert_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, both);
    assert_string_equal(flowscript_history(&script), "ShAdWa");
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].bits & both, SIDE_ZERO_WINDOW);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].bits & both, 0);
    flowscript_close(&script);
}

static void the_window_of_a_synack_or_a_rst_is_not_a_closed_one(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 0, 1, 0, STEP_ZERO_WINDOW}, /* SYNPROXY */
        {20.5, '>', ".", 1, 1},
        {21, '>', "R", 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_no_bits(flowscript_facts(&script)->side[SIDE_SERVER].bits, SIDE_ZERO_WINDOW);
    assert_no_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_ZERO_WINDOW);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].window, 501);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exchange_is_counted_for_both_sides),
        cmocka_unit_test(a_segment_sent_into_silence_is_a_run),
        cmocka_unit_test(two_copies_into_silence_end_nothing),
        cmocka_unit_test(runs_are_of_one_segment_and_of_what_is_not_acknowledged),
        cmocka_unit_test(a_run_is_counted_in_a_capture_of_one_direction),
        cmocka_unit_test(keepalives_are_not_sent_again),
        cmocka_unit_test(an_answered_keepalive_begins_no_run),
        cmocka_unit_test(copies_of_what_is_acknowledged_are_counted_apart),
        cmocka_unit_test(a_capture_that_begins_with_a_keepalive_misses_nothing),
        cmocka_unit_test(bytes_that_the_capture_does_not_have_are_marked),
        cmocka_unit_test(what_was_under_way_when_the_capture_began_is_not_missing),
        cmocka_unit_test(a_closed_window_is_remembered_and_what_it_is_now),
        cmocka_unit_test(the_window_of_a_synack_or_a_rst_is_not_a_closed_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
