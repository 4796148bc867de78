/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows a RST: whether its sender is dead, whether its receiver believed it. */
#include "flowscript.h"

#define HANDSHAKE                                                                                  \
    {0, '>', "S"}, {20, '<', "S.", 0, 1},                                                          \
    {                                                                                              \
        20.5, '>', ".", 1, 1                                                                       \
    }
#define EXCHANGE                                                                                   \
    HANDSHAKE, {21, '>', "P.", 1, 1, 100}, {41, '<', "P.", 1, 101, 300},                           \
    {                                                                                              \
        41.5, '>', ".", 101, 301                                                                   \
    }
#define EXCHANGE_STEPS 6

static void play_after(struct flowscript *script, const struct flowstep *more, size_t n_more)
{
    struct flowstep steps[20] = {EXCHANGE};

    assert_true(EXCHANGE_STEPS + n_more <= ARRAY_LEN(steps));
    for (size_t i = 0; i < n_more; i++)
        steps[EXCHANGE_STEPS + i] = more[i];
    flowscript_play(script, steps, EXCHANGE_STEPS + n_more);
}

struct after_row {
    const char *name;
    struct flowstep rst, next;
    uint64_t after; /* frame of TRAIL_AFTER_RST */
};

static const struct after_row after_rows[] = {
    {"new data at once", {50, '<', "R.", 301, 101}, {50.1, '<', "P.", 301, 101, 10}, 8},
    {"a FIN at once", {50, '<', "R.", 301, 101}, {50.1, '<', "F.", 301, 101}, 8},
    {"old data, put out of order by the capture",
     {50, '<', "R.", 301, 101},
     {50.1, '<', "P.", 1, 101, 300},
     0},
    {"old data after 10 ms", {50, '<', "R.", 301, 101}, {61, '<', "P.", 1, 101, 300}, 8},
    {"an ACK, put out of order", {50, '<', "R.", 301, 101}, {59, '<', ".", 301, 101}, 0},
    {"an ACK after 10 ms", {50, '<', "R.", 301, 101}, {61, '<', ".", 301, 101}, 8},
    {"another RST is no word of a living one",
     {50, '<', "R.", 301, 101},
     {500, '<', "R.", 302, 101},
     0},
    {"the other side's packets say nothing of the sender",
     {50, '<', "R.", 301, 101},
     {500, '>', "P.", 101, 301, 10},
     0},
    {"the client's too", {50, '>', "R.", 101, 301}, {50.1, '>', "P.", 101, 301, 10}, 8},
};

static void what_a_dead_sender_cannot_send_is_marked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(after_rows); i++) {
        const struct flowstep more[] = {after_rows[i].rst, after_rows[i].next};
        struct flowscript script;

        print_message("  %s\n", after_rows[i].name);
        play_after(&script, STEPS(more));
        assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].frame,
                         after_rows[i].after);
        assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST | FACT_CHALLENGED);
        assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
        flowscript_close(&script);
    }
}

static void new_data_is_better_than_an_ack(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "R.", 301, 101},
        {70, '<', ".", 301, 101},
        {80, '<', "P.", 301, 101, 10},
        {90, '<', "P.", 311, 101, 10},
    };
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].frame, 9);
    flowscript_close(&script);
}

/* Forged, in the window but not exact: the receiver asks back, and the connection lives. */
static const struct flowstep doubted[] = {
    {50, '<', "R.", 5000, 101},     {50.2, '>', ".", 101, 301},  {80, '>', "P.", 101, 301, 50},
    {100, '<', "P.", 301, 151, 60}, {100.5, '>', ".", 151, 361},
};

static void a_challenge_ack_shows_that_the_receiver_doubts(void **state)
{
    struct flowscript script;

    (void)state;
    play_after(&script, doubted, 2);
    assert_bits(flowscript_facts(&script)->bits, FACT_CHALLENGED);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_CHALLENGE].frame, 8);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    flowscript_until(&script, 60000);
    assert_true(flowscript_is_open(&script)); /* idle, not over */
    flowscript_close(&script);

    play_after(&script, STEPS(doubted));
    assert_bits(flowscript_facts(&script)->bits, FACT_CHALLENGED | FACT_ALIVE_AFTER_RST);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].frame, 10);
    flowscript_close(&script);
}

static void only_a_pure_ack_of_nothing_new_in_time_is_a_challenge(void **state)
{
    static const struct {
        const char *name;
        struct flowstep rst, next;
    } rows[] = {
        {"after an exact RST", {50, '<', "R.", 301, 101}, {50.2, '>', ".", 101, 301}},
        {"data", {50, '<', "R.", 5000, 101}, {50.2, '>', "P.", 101, 301, 10}},
        {"a FIN", {50, '<', "R.", 5000, 101}, {50.2, '>', "F.", 101, 301}},
        {"too late", {50, '<', "R.", 5000, 101}, {1100, '>', ".", 101, 301}},
        {"an ACK of the RST's own side", {50, '<', "R.", 5000, 101}, {50.2, '<', ".", 301, 101}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct flowstep more[] = {rows[i].rst, rows[i].next};
        struct flowscript script;

        print_message("  %s\n", rows[i].name);
        play_after(&script, STEPS(more));
        assert_no_bits(flowscript_facts(&script)->bits, FACT_CHALLENGED);
        assert_int_equal(flowscript_trail(&script)->slot[TRAIL_CHALLENGE].frame, 0);
        flowscript_close(&script);
    }
}

/* The sender's own view was ahead: after the challenge it sends the exact one. */
static void after_a_challenge_an_exact_rst_ends_it(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "R.", 5000, 101},
        {50.2, '>', ".", 101, 301},
        {70, '<', "R", 301},
    };
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->n_rst, 2);
    assert_int_equal(flowscript_trail(&script)->rst[1].family, RST_FAMILY_B2);
    assert_int_equal(flowscript_trail(&script)->rst[1].trigger.frame, 8);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
    flowscript_close(&script);
}

static const struct flowstep survived[] = {
    {50, '<', "R.", 301, 101},      {55, '<', "P.", 301, 101, 10},  {80, '>', ".", 101, 311},
    {500, '>', "P.", 101, 311, 10}, {520, '<', "P.", 311, 111, 10}, {521, '<', "R.", 321, 111},
    {522, '>', ".", 111, 321},
};

static void a_connection_that_goes_on_for_both_sides_is_alive(void **state)
{
    struct flowscript script;

    (void)state;
    play_after(&script, survived, 2);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    flowscript_close(&script);

    play_after(&script, survived, 5);
    assert_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED);
    flowscript_until(&script, 60000);
    assert_true(flowscript_is_open(&script));
    flowscript_close(&script);
}

static void the_next_rst_ends_a_connection_that_survived_one(void **state)
{
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(survived));
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
    flowscript_until(&script, 3000);
    assert_false(flowscript_is_open(&script));
    flowscript_close(&script);
}

static void retransmissions_of_the_receiver_are_no_sign_of_life(void **state)
{
    static const struct flowstep more[] = {
        {45, '>', "P.", 101, 301, 10},  {50, '<', "R.", 301, 101},      {65, '<', ".", 301, 101},
        {300, '>', "P.", 101, 301, 10}, {700, '>', "P.", 101, 301, 10},
    };
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(more));
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
    flowscript_close(&script);
}

static void four_rsts_are_kept_and_the_fifth_still_counts(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "R.", 1, 101}, {51, '<', "R.", 2, 101},    {52, '<', "R.", 3, 101},
        {53, '<', "R.", 4, 101}, {500, '<', "R.", 301, 101},
    };
    struct flowscript script;

    (void)state;
    play_after(&script, more, 4);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_ESTABLISHED); /* all behind */
    flowscript_close(&script);

    play_after(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->n_rst, TRAIL_RST_MAX);
    assert_int_equal(flowscript_trail(&script)->rst[3].mark.frame, 10);
    assert_int_equal(flowscript_facts(&script)->side[SIDE_SERVER].n_rst, 5);
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING); /* the fifth is exact */
    flowscript_close(&script);
}

static void rsts_to_both_ends_are_watched_each_for_its_own(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "R.", 301, 101},
        {50.3, '>', "R.", 101, 301},
        {50.5, '<', "P.", 301, 101, 10}, /* the real server, which knows of nothing */
    };
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(more));
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].frame, 9);
    assert_int_equal(flowscript_trail(&script)->slot[TRAIL_AFTER_RST].side, SIDE_SERVER);
    flowscript_close(&script);
}

static void a_rst_behind_a_complete_close_changes_nothing(void **state)
{
    static const struct flowstep more[] = {
        {50, '<', "F.", 301, 101}, {50.5, '>', "F.", 101, 302}, {70, '<', ".", 302, 102},
        {70.5, '>', "R", 102},     {90, '<', ".", 302, 102},
    };
    struct flowscript script;

    (void)state;
    play_after(&script, STEPS(more));
    assert_int_equal(flowscript_flow(&script)->state, FLOW_CLOSING);
    assert_true(flowscript_trail(&script)->rst[0].sender_had_fin);
    assert_true(flowscript_trail(&script)->rst[0].peer_had_fin);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ALIVE_AFTER_RST);
    flowscript_close(&script);
}

static void a_reset_connection_ends_two_seconds_later(void **state)
{
    static const struct flowstep more[] = {{50, '<', "R.", 301, 101}};
    struct flowscript script;

    (void)state;
    play_after(&script, more, 1);
    flowscript_until(&script, 2000);
    assert_true(flowscript_is_open(&script));
    flowscript_until(&script, 2200);
    assert_false(flowscript_is_open(&script));
    assert_true(flowscript_note(&script, NOTE_ENDED, 0)->has_trail);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_dead_sender_cannot_send_is_marked),
        cmocka_unit_test(new_data_is_better_than_an_ack),
        cmocka_unit_test(a_challenge_ack_shows_that_the_receiver_doubts),
        cmocka_unit_test(only_a_pure_ack_of_nothing_new_in_time_is_a_challenge),
        cmocka_unit_test(after_a_challenge_an_exact_rst_ends_it),
        cmocka_unit_test(a_connection_that_goes_on_for_both_sides_is_alive),
        cmocka_unit_test(the_next_rst_ends_a_connection_that_survived_one),
        cmocka_unit_test(retransmissions_of_the_receiver_are_no_sign_of_life),
        cmocka_unit_test(four_rsts_are_kept_and_the_fifth_still_counts),
        cmocka_unit_test(rsts_to_both_ends_are_watched_each_for_its_own),
        cmocka_unit_test(a_rst_behind_a_complete_close_changes_nothing),
        cmocka_unit_test(a_reset_connection_ends_two_seconds_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
