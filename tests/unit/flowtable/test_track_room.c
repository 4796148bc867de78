/* SPDX-License-Identifier: BSD-2-Clause */
/* What does not get through: closed windows, segments of full size. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

static void a_closed_window_is_counted_until_it_opens(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 1000},
        {41, '<', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
        {300, '>', ".", 1000, 1},
        {320, '<', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
        {900, '>', ".", 1000, 1},
        {920, '<', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
        {1000, '<', ".", 1, 1001},
        {2000, '<', ".", 1, 1001, 0, STEP_ZERO_WINDOW},
    };
    const struct stall_facts *stall;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 9);
    stall = flowscript_trail(&script)->stall;
    assert_int_equal(stall[SIDE_SERVER].n_pkts, 3);
    assert_int_equal(stall[SIDE_SERVER].first.frame, 5);
    assert_int_equal(stall[SIDE_CLIENT].n_pkts, 0);
    flowscript_close(&script);

    flowscript_play(&script, steps, 10);
    assert_int_equal(flowscript_trail(&script)->stall[SIDE_SERVER].n_pkts, 0);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    stall = flowscript_trail(&script)->stall;
    assert_int_equal(stall[SIDE_SERVER].n_pkts, 1);
    assert_int_equal(stall[SIDE_SERVER].first.frame, 11);
    flowscript_close(&script);
}

static void the_first_full_segment_is_remembered(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, FLOW_FULL_BYTES - 1},
        {22, '>', "P.", FLOW_FULL_BYTES, 1, FLOW_FULL_BYTES},
        {23, '>', "P.", 2 * FLOW_FULL_BYTES, 1, FLOW_FULL_BYTES},
    };
    const struct size_facts *size;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    size = &flowscript_trail(&script)->size[SIDE_CLIENT];
    assert_int_equal(size->full_frame, 5);
    assert_int_equal(size->full_seq - flowscript_facts(&script)->side[SIDE_CLIENT].isn,
                     FLOW_FULL_BYTES);
    assert_int_equal(flowscript_trail(&script)->size[SIDE_SERVER].full_frame, 0);
    flowscript_close(&script);
}

static void the_first_segment_behind_missing_bytes_is_remembered(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {42, '<', "P.", 2897, 101, 100},
        {43, '<', "P.", 5000, 101, 100},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_trail(&script)->size[SIDE_SERVER].behind_gap.frame, 6);
    assert_int_equal(flowscript_trail(&script)->size[SIDE_CLIENT].behind_gap.frame, 0);
    flowscript_close(&script);
}

#define FULL_AT_1                                                                                  \
    HANDSHAKE, {21, '>', "P.", 1, 1, 1448},                                                        \
    {                                                                                              \
        22, '>', "P.", 1449, 1, 1448                                                               \
    }

static void what_arrives_behind_a_full_segment_tells_which_sizes_pass(void **state)
{
    static const struct {
        const char *name;
        struct flowstep steps[3];
        bool is_small, is_full;
    } cases[] = {
        {"a small tail", {{50, '<', ".", 1, 1, .sack = {2897, 3000}}}, true, false},
        {"just less than full",
         {{50, '<', ".", 1, 1, .sack = {2897, 2897 + FLOW_FULL_BYTES - 1}}},
         true,
         false},
        {"a full one", {{50, '<', ".", 1, 1, .sack = {2897, 2897 + FLOW_FULL_BYTES}}}, false, true},
        {"small ones one after the other",
         {{50, '<', ".", 1, 1, .sack = {2897, 3897}}, {51, '<', ".", 1, 1, .sack = {2897, 4897}}},
         true,
         false},
        {"the same block again",
         {{50, '<', ".", 1, 1, .sack = {2897, 3000}}, {51, '<', ".", 1, 1, .sack = {2897, 3000}}},
         true,
         false},
        {"a small one, then a full one",
         {{50, '<', ".", 1, 1, .sack = {2897, 3000}}, {51, '<', ".", 1, 1, .sack = {2897, 4448}}},
         true,
         true},
        {"the full one itself was acknowledged",
         {{50, '<', ".", 1, 1449, .sack = {2897, 3000}}},
         false,
         false},
        {"a block before it: sent twice", {{50, '<', ".", 1, 1, .sack = {0, 1}}}, false, false},
        {"an empty block", {{50, '<', ".", 1, 1, .sack = {2897, 2897}}}, false, false},
        {"a backward block", {{50, '<', ".", 1, 1, .sack = {2897, 2800}}}, false, false},
        {"the same acknowledgment again, where there could be SACK",
         {{50, '<', ".", 1, 1}, {51, '<', ".", 1, 1}},
         false,
         false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct flowstep steps[8] = {FULL_AT_1};
        const struct size_facts *size;
        struct flowscript script;

        memcpy(steps + 5, cases[i].steps, sizeof(cases[i].steps));
        flowscript_play(&script, steps, cases[i].steps[1].flags ? 7 : 6);
        size = &flowscript_trail(&script)->size[SIDE_CLIENT];
        if (size->is_small_through != cases[i].is_small ||
            size->is_full_through != cases[i].is_full)
            fail_msg("%s: small %d, full %d", cases[i].name, size->is_small_through,
                     size->is_full_through);
        flowscript_close(&script);
    }
}

/* Hosts without SACK repeat their acknowledgment; a new window is no repeat. */
static void without_sack_a_duplicate_ack_tells_that_something_passes(void **state)
{
    static const struct {
        struct flowstep last;
        bool is_small;
    } cases[] = {
        {{50, '<', ".", 1, 101}, true},
        {{50, '<', ".", 1, 101, .win = 700}, false},
        {{50, '<', "P.", 1, 101, 10}, false},
        {{50, '<', ".", 1, 1549}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct flowstep steps[] = {
            {0, '>', "S", .how = STEP_BARE}, {20, '<', "S.", 0, 1, .how = STEP_BARE},
            {20.5, '>', ".", 1, 1},          {21, '>', "P.", 1, 1, 100},
            {41, '<', ".", 1, 101},          {42, '>', "P.", 101, 1, 1448},
            {43, '>', "P.", 1549, 1, 100},   cases[i].last,
        };
        struct flowscript script;

        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_trail(&script)->size[SIDE_CLIENT].is_small_through,
                         cases[i].is_small);
        flowscript_close(&script);
    }
}

/* A burst is lost, its end is sent again first, then its beginning, with more of it each time. */
static void the_oldest_hole_is_the_run(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 1448},
        {22, '>', "P.", 1449, 1, 1448},
        {60, '>', "P.", 1449, 1, 1448},
        {100, '>', "P.", 1, 1, 1448},
        {101, '>', "P.", 1449, 1, 1448},
        {300, '>', "P.", 1, 1, 1448},
        {700, '>', "P.", 1, 1, 1448},
        {720, '<', ".", 1, 1449},
        {900, '>', "P.", 1449, 1, 1448},
    };
    const struct side_facts *client;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 10);
    client = &flowscript_facts(&script)->side[SIDE_CLIENT];
    assert_int_equal(client->run_seq - client->isn, 1);
    assert_int_equal(client->run_count, 3);
    assert_int_equal(client->n_retransmit, 5);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    client = &flowscript_facts(&script)->side[SIDE_CLIENT];
    assert_int_equal(client->run_seq - client->isn, 1449);
    assert_int_equal(client->run_count, 1);
    flowscript_close(&script);
}

/* The probes were in vain, and then the program has something to say. */
static void data_behind_unanswered_probes_is_a_run_of_its_own(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', ".", 1, 101},
        {60000, '>', ".", 100, 1},
        {61000, '>', ".", 100, 1},
        {61500, '>', "P.", 101, 1, 50},
        {61700, '>', "P.", 101, 1, 50},
        {62100, '>', "P.", 101, 1, 50},
    };
    const struct side_facts *client;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    client = &flowscript_facts(&script)->side[SIDE_CLIENT];
    assert_int_equal(client->run_seq - client->isn, 101);
    assert_int_equal(client->run_count, 2);
    flowscript_close(&script);
}

static void the_last_request_is_marked(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', "P.", 1, 101, 10},
        {42, '>', ".", 101, 11},
        {1000, '>', "P.", 101, 11, 50},
        {1200, '>', "P.", 101, 11, 50},
        {1400, '<', ".", 11, 151},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_REQUEST].frame, 7);
    flowscript_close(&script);
}

/* What follows the RST is waited for, but others are to know of it at once. */
static void a_rst_of_an_open_connection_is_told_at_once(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', "R.", 1, 101, .win = 501},
        {42, '<', "R.", 1, 101, .win = 502},
    };
    static const struct flowstep refused[] = {{0, '>', "S"},
                                              {20, '<', "R.", 0, 1, .how = STEP_NO_SOCKET}};
    const struct flow_note *note;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_count_notes(&script, NOTE_RESET), 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 0);
    note = flowscript_note(&script, NOTE_RESET, 0);
    assert_int_equal(note->rst_side, SIDE_SERVER);
    assert_int_equal(note->rst_family, RST_FAMILY_A);
    assert_int_equal(note->facts.side[SIDE_CLIENT].n_data, 1);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(refused));
    assert_int_equal(flowscript_count_notes(&script, NOTE_RESET), 0);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_window_is_counted_until_it_opens),
        cmocka_unit_test(the_first_full_segment_is_remembered),
        cmocka_unit_test(the_first_segment_behind_missing_bytes_is_remembered),
        cmocka_unit_test(what_arrives_behind_a_full_segment_tells_which_sizes_pass),
        cmocka_unit_test(without_sack_a_duplicate_ack_tells_that_something_passes),
        cmocka_unit_test(the_oldest_hole_is_the_run),
        cmocka_unit_test(data_behind_unanswered_probes_is_a_run_of_its_own),
        cmocka_unit_test(the_last_request_is_marked),
        cmocka_unit_test(a_rst_of_an_open_connection_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
