/* SPDX-License-Identifier: BSD-2-Clause */
/* What is sent again and again: segments, FINs, keep-alives. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

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

/* A peer that has to wake up first is not gone: the minute before is no part of its silence. */
static void silence_counts_from_the_end_of_an_idle_time(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {60041, '>', "P.", 101, 1, 200},
        {60241, '>', "P.", 101, 1, 200},
        {60641, '>', "P.", 101, 1, 200},
        {61441, '>', "P.", 101, 1, 200},
        {65000, '<', ".", 1, 301},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 9);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 3);
    flowscript_until(&script, 75000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 75200);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 0);
    flowscript_until(&script, 600000);
    assert_true(flowscript_is_open(&script));
    flowscript_close(&script);
}

static void unanswered_keepalives_wait_for_the_next_or_for_the_rst(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {60000, '>', ".", 0, 1},
        {135000, '>', ".", 0, 1},
        {210000, '>', ".", 0, 1},
        {285000, '>', ".", 0, 1},
        {360000, '>', "R.", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 7);
    flowscript_until(&script, 374900);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 375100);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].run_count, 4);
    assert_int_equal(flowscript_trail(&script)->rst[0].family, RST_FAMILY_A);
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

/* ---- keep-alives ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_sent_into_silence_is_a_run),
        cmocka_unit_test(silence_counts_from_the_end_of_an_idle_time),
        cmocka_unit_test(unanswered_keepalives_wait_for_the_next_or_for_the_rst),
        cmocka_unit_test(two_copies_into_silence_end_nothing),
        cmocka_unit_test(runs_are_of_one_segment_and_of_what_is_not_acknowledged),
        cmocka_unit_test(a_run_is_counted_in_a_capture_of_one_direction),
        cmocka_unit_test(keepalives_are_not_sent_again),
        cmocka_unit_test(an_answered_keepalive_begins_no_run),
        cmocka_unit_test(copies_of_what_is_acknowledged_are_counted_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
