/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an attempt begins and ends: silence, refusals, the next SYN. */
#include "flowscript.h"

struct schedule {
    const char *name;
    double syn_ms[8]; /* after the first one at 0; 0 ends */
    double end_ms;
    uint32_t last_gap_ms;
};

static const struct schedule schedules[] = {
    {"one SYN", {0}, 6000, 0},
    {"Linux with four linear timeouts", {1000, 2000, 3000, 5000, 9000}, 17800, 4000},
    {"Linux before 6.5", {1000, 3000, 7000, 15000}, 32600, 8000},
    {"Windows, 3 s and 6 s", {3000, 9000}, 22200, 6000},
    {"two SYNs tell the step", {1000}, 3500, 1000},
    {"three, with a step of 2 s", {1000, 3000}, 7400, 2000},
    {"no wait is longer than 70 s", {1000, 3000, 7000, 15000, 31000, 63000}, 133000, 32000},
    {"a step of 100 ms waits the least", {100, 200, 300}, 2800, 100},
};

static void a_silent_attempt_ends_when_the_next_syn_is_overdue(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(schedules); i++) {
        const struct schedule *row = &schedules[i];
        struct flowstep steps[9] = {{0, '>', "S"}};
        const struct flow_note *ended;
        struct flowscript script;
        size_t n = 1;

        print_message("  %s\n", row->name);
        for (; n < 9 && row->syn_ms[n - 1] > 0; n++)
            steps[n] = (struct flowstep){row->syn_ms[n - 1], '>', "S"};
        flowscript_play(&script, steps, n);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, n);
        assert_int_equal(flowscript_facts(&script)->syn_last_gap_us, row->last_gap_ms * 1000);
        flowscript_until(&script, row->end_ms - 1);
        assert_true(flowscript_is_open(&script));
        flowscript_until(&script, row->end_ms + 100);
        assert_false(flowscript_is_open(&script));
        ended = flowscript_note(&script, NOTE_ENDED, 0);
        assert_int_equal(ended->slot_ns, FLOWSCRIPT_START_NS + (int64_t)row->end_ms * NS_PER_MS);
        assert_no_bits(ended->facts.bits, FACT_AT_END | FACT_SYNACK_SEEN | FACT_SYN_REFUSED);
        assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
        assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 1);
        flowscript_close(&script);
    }
}

static void a_syn_of_another_isn_is_another_attempt(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {1000, '>', "S"},
        {1500, '>', "S", 70000},
        {1520, '<', "S.", 0, 70001},
        {1520.5, '>', ".", 70001, 1},
    };
    const struct flow_note *ended;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    ended = flowscript_note(&script, NOTE_ENDED, 0);
    assert_int_equal(ended->facts.side[SIDE_CLIENT].n_syn, 2);
    assert_int_equal(ended->facts.first_frame, 1);
    assert_int_equal(ended->ordinal, 3);
    assert_no_bits(ended->facts.bits, FACT_SYN_IN_CONNECTION | FACT_AT_END);
    assert_bits(flowscript_facts(&script)->bits, FACT_TUPLE_REUSED | FACT_ESTABLISHED);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, 1);
    assert_int_equal(flowscript_facts(&script)->first_frame, 3);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 2);
    flowscript_close(&script);
}

static void a_syn_into_a_connection_is_told_with_it(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},           {20, '<', "S.", 0, 1},  {20.5, '>', ".", 1, 1},
        {9000, '>', "S", 70000}, {9020, '<', ".", 1, 1}, {9020.5, '>', "R", 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_note(&script, NOTE_ENDED, 0)->facts.bits,
                FACT_SYN_IN_CONNECTION | FACT_ESTABLISHED);
    assert_bits(flowscript_facts(&script)->bits, FACT_TUPLE_REUSED | FACT_STALE_ACK);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
    flowscript_close(&script);
}

static void a_syn_of_the_server_into_a_connection_is_the_next_attempt(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 0, 1},
        {20.5, '>', ".", 1, 1},
        {3000, '<', "S", 70000},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 2);
    assert_int_not_equal(flowscript_flow(&script)->client_end,
                         flowscript_note(&script, NOTE_ENDED, 0)->client_end);
    flowscript_close(&script);
}

static void a_refusal_acknowledges_the_syn(void **state)
{
    static const struct {
        const char *name;
        struct flowstep syn, rst;
        bool is_refusal;
    } rows[] = {
        {"Linux without listener",
         {0, '>', "S"},
         {0.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
         true},
        {"a RST with a sequence number", {0, '>', "S"}, {0.5, '<', "R.", 77, 1}, true},
        {"the SYN's data too",
         {0, '>', "S", 0, 0, 100},
         {0.5, '<', "R.", 0, 101, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
         true},
        {"the SYN but not its data",
         {0, '>', "S", 0, 0, 100},
         {0.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
         true},
        {"something else", {0, '>', "S"}, {0.5, '<', "R.", 0, 4711, 0, STEP_ZERO_SEQ}, false},
        {"the ISN itself", {0, '>', "S"}, {0.5, '<', "R.", 0, 0, 0, STEP_ZERO_SEQ}, false},
        {"nothing", {0, '>', "S"}, {0.5, '<', "R", 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {rows[i].syn, rows[i].rst};
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->bits & FACT_SYN_REFUSED,
                         rows[i].is_refusal ? FACT_SYN_REFUSED : 0);
        assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_rst, 1);
        assert_string_equal(flowscript_history(&script), "Sr");
        /* Held for Windows, which tries again; the other one waits for the next SYN. */
        flowscript_until(&script, 2500);
        assert_true(flowscript_is_open(&script));
        flowscript_until(&script, 2700);
        assert_int_equal(flowscript_is_open(&script), !rows[i].is_refusal);
        flowscript_close(&script);
    }
}

static void an_ignored_rst_does_not_keep_the_next_syn_from_connecting(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {0.5, '<', "R.", 0, 4711, 0, STEP_ZERO_SEQ},
        {1000, '>', "S"},
        {1020, '<', "S.", 0, 1},
        {1020.5, '>', ".", 1, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_SYN_REFUSED);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    flowscript_close(&script);
}

static void refusals_of_a_windows_client_are_one_attempt(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},    {0.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
        {500, '>', "S"},  {500.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
        {1000, '>', "S"}, {1000.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_CLIENT].n_syn, 3);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_rst, 3);
    assert_int_equal(flowscript_trail(&script)->n_rst, 3);
    assert_int_equal(flowscript_trail(&script)->rst[2].trigger.frame, 5);
    assert_string_equal(flowscript_history(&script), "Sr");
    flowscript_until(&script, 3400);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 3700);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ATTEMPT), 1);
    assert_int_equal(flowscript_count_notes(&script, NOTE_ENDED), 1);
    flowscript_close(&script);
}

static void a_listener_that_comes_back_is_not_alive_after_a_rst(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {0.5, '<', "R.", 0, 1, 0, STEP_NO_SOCKET | STEP_ZERO_SEQ},
        {500, '>', "S"},
        {520, '<', "S.", 0, 1},
        {520.5, '>', ".", 1, 1},
        {521, '>', "P.", 1, 1, 100},
        {541, '<', "P.", 1, 101, 100},
        {561, '>', ".", 101, 101},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_bits(flowscript_facts(&script)->bits, FACT_SYN_REFUSED | FACT_ESTABLISHED);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].frame, 0);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    flowscript_close(&script);
}

static void a_client_that_gave_up_resets_the_synack(void **state)
{
    static const struct {
        const char *name;
        struct flowstep rst;
        bool gave_up;
    } rows[] = {
        {"without the connection", {5000.2, '>', "R", 1}, true},
        {"by a socket that it still had", {5000.2, '>', "R.", 1, 1}, false},
        {"the server resets itself", {5000.2, '<', "R", 1}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep steps[] = {{0, '>', "S"}, {5000, '<', "S.", 0, 1}, rows[i].rst};
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        flowscript_play(&script, STEPS(steps));
        assert_int_equal(flowscript_facts(&script)->bits & FACT_CLIENT_RST_SYNACK,
                         rows[i].gave_up ? FACT_CLIENT_RST_SYNACK : 0);
        assert_no_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED | FACT_SYN_REFUSED);
        assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
        if (rows[i].gave_up) {
            assert_int_equal(flowscript_trail(&script)->rst[0].family, RST_FAMILY_B2);
            assert_int_equal(flowscript_trail(&script)->rst[0].trigger.frame, 2);
        }
        flowscript_close(&script);
    }
}

static void a_half_open_attempt_ends_when_the_next_synack_is_overdue(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},           {20, '<', "S.", 0, 1},   {1020, '<', "S.", 0, 1},
        {3020, '<', "S.", 0, 1}, {7020, '<', "S.", 0, 1},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn, 4);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_syn_late, 0);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SYNACK].frame, 2);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_SYNACK_LAST].frame, 5);
    assert_true(flowscript_flow(&script)->is_embryonic);
    assert_string_equal(flowscript_history(&script), "Sh");
    flowscript_until(&script, 14000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 14200);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_attempt_ends_when_the_next_syn_is_overdue),
        cmocka_unit_test(a_syn_of_another_isn_is_another_attempt),
        cmocka_unit_test(a_syn_into_a_connection_is_told_with_it),
        cmocka_unit_test(a_syn_of_the_server_into_a_connection_is_the_next_attempt),
        cmocka_unit_test(a_refusal_acknowledges_the_syn),
        cmocka_unit_test(an_ignored_rst_does_not_keep_the_next_syn_from_connecting),
        cmocka_unit_test(refusals_of_a_windows_client_are_one_attempt),
        cmocka_unit_test(a_listener_that_comes_back_is_not_alive_after_a_rst),
        cmocka_unit_test(a_client_that_gave_up_resets_the_synack),
        cmocka_unit_test(a_half_open_attempt_ends_when_the_next_synack_is_overdue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
