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

/* ---- what is missing, closed windows ---- */

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
        cmocka_unit_test(a_capture_that_begins_with_a_keepalive_misses_nothing),
        cmocka_unit_test(bytes_that_the_capture_does_not_have_are_marked),
        cmocka_unit_test(what_was_under_way_when_the_capture_began_is_not_missing),
        cmocka_unit_test(a_closed_window_is_remembered_and_what_it_is_now),
        cmocka_unit_test(the_window_of_a_synack_or_a_rst_is_not_a_closed_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
