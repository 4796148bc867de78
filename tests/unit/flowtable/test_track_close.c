/* SPDX-License-Identifier: BSD-2-Clause */
/* How a connection closes, and the silence before. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }

static void an_orderly_close_ends_five_seconds_later(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', "P.", 1, 101, 200},
        {5000, '<', "F.", 201, 101},
        {5000.5, '>', ".", 101, 202},
        {5001, '>', "F.", 101, 202},
        {5021, '<', ".", 202, 102},
    };
    const struct flow_facts *facts;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, steps, 7);
    facts = flowscript_facts(&script);
    assert_bits(facts->side[SIDE_SERVER].bits, SIDE_FIN_SEEN | SIDE_FIN_ACKED);
    assert_no_bits(facts->side[SIDE_CLIENT].bits, SIDE_FIN_SEEN | SIDE_FIN_ACKED);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SERVER_FIN].frame, 6);
    assert_int_equal(flowscript_trail(&script)->quiet_before_fin_ns[SIDE_SERVER], 4959 * NS_PER_MS);
    flowscript_close(&script);

    flowscript_play(&script, STEPS(steps));
    facts = flowscript_facts(&script);
    assert_bits(facts->side[SIDE_CLIENT].bits, SIDE_FIN_SEEN | SIDE_FIN_ACKED);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
    assert_string_equal(flowscript_history(&script), "ShADdfFa");
    flowscript_until(&script, 10000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 10200);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);
}

static void a_fin_is_told_once(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "F.", 1, 1},
        {221, '>', "F.", 1, 1},
        {241, '<', ".", 1, 2},
        {300, '<', ".", 1, 2},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_string_equal(flowscript_history(&script), "ShAFTa");
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_CLIENT_FIN].frame, 4);
    assert_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_FIN_ACKED);
    flowscript_close(&script);
}

static void after_half_a_close_the_other_half_goes_on(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "FP.", 1, 1, 100},
        {41, '<', ".", 1, 102},
        {60000, '<', "P.", 1, 102, 1000},
        {60020, '>', ".", 102, 1001},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    assert_bits(flowscript_facts(&script)->side[SIDE_CLIENT].bits, SIDE_FIN_SEEN | SIDE_FIN_ACKED);
    flowscript_until(&script, 3600000);
    assert_true(flowscript_is_open(&script));
    flowscript_close(&script);
}

/* ---- the silence before ---- */

struct quiet_row {
    const char *name;
    struct flowstep steps[6]; /* after a request at 21 and its answer at 41 ms */
    size_t n_steps;
    uint32_t quiet_ms;
};

static const struct quiet_row quiet_rows[] = {
    {"no silence worth the name", {{900, '>', "P.", 101, 101, 10}}, 1, 0},
    {"data after a minute", {{60041, '>', "P.", 101, 101, 10}}, 1, 60000},
    {"retransmissions leave it",
     {{60041, '>', "P.", 101, 101, 10},
      {60241, '>', "P.", 101, 101, 10},
      {61841, '>', "P.", 101, 101, 10},
      {65041, '>', "P.", 101, 101, 10}},
     4,
     60000},
    {"an answer ends it", {{60041, '>', "P.", 101, 101, 10}, {60061, '<', ".", 101, 111}}, 2, 0},
    {"more of the same side leaves it",
     {{60041, '>', ".", 101, 101, 10}, {60041.2, '>', "P.", 111, 101, 10}},
     2,
     60000},
    {"new data into the silence leaves it",
     {{60041, '>', "P.", 101, 101, 10},
      {60241, '>', "P.", 101, 101, 10},
      {62041, '>', "P.", 111, 101, 10}},
     3,
     60000},
    {"the next exchange has none",
     {{60041, '>', "P.", 101, 101, 10},
      {60061, '<', "P.", 101, 111, 10},
      {60062, '>', "P.", 111, 111, 10}},
     3,
     0},
    {"keep-alives are no data, but traffic",
     {{60041, '>', ".", 100, 101}, {60061, '<', ".", 101, 101}, {90061, '>', "P.", 101, 101, 10}},
     3,
     30000},
    {"the server breaks the silence", {{60041, '<', "P.", 101, 101, 10}}, 1, 60000},
};

static void silence_before_an_exchange_lasts_until_it_is_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(quiet_rows); i++) {
        const struct quiet_row *row = &quiet_rows[i];
        struct flowstep steps[12] = {HANDSHAKE,
                                     {21, '>', "P.", 1, 1, 100},
                                     {41, '<', "P.", 1, 101, 100},
                                     {41, '>', ".", 101, 101}};
        struct flowscript script;

        print_message("  %s\n", row->name);
        for (size_t j = 0; j < row->n_steps; j++)
            steps[6 + j] = row->steps[j];
        flowscript_play(&script, steps, 6 + row->n_steps);
        assert_int_equal(flowscript_facts(&script)->quiet_before_ms, row->quiet_ms);
        flowscript_close(&script);
    }
}

/* The client's FIN comes behind it and draws a RST of its own. */
static void a_rst_answers_the_request_that_crossed_the_fin(void **state)
{
    static const struct flowstep steps[] = {
        HANDSHAKE,
        {21, '>', "P.", 1, 1, 100},
        {41, '<', "P.", 1, 101, 200},
        {41.1, '>', ".", 101, 201},
        {3000, '>', "P.", 101, 201, 100}, /* frame 7 */
        {3010, '<', "F.", 201, 101},
        {3010.1, '>', "F.", 201, 202},
        {3040, '<', "R", 201},
        {3050, '<', "R", 202},
    };
    const struct rst_facts *rst;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    rst = flowscript_trail(&script)->rst;
    assert_int_equal(rst[0].trigger.frame, 7);
    assert_int_equal(rst[0].family, RST_FAMILY_B2);
    assert_int_equal(rst[1].trigger.frame, 9);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_orderly_close_ends_five_seconds_later),
        cmocka_unit_test(a_fin_is_told_once),
        cmocka_unit_test(after_half_a_close_the_other_half_goes_on),
        cmocka_unit_test(a_rst_answers_the_request_that_crossed_the_fin),
        cmocka_unit_test(silence_before_an_exchange_lasts_until_it_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
