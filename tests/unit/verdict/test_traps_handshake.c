/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * False-positive traps (VERDICTS.md 14) of handshakes, from packets to verdict: traffic that looks
 * like a failure or a forgery and is none. docs/traps.md says which test holds which trap.
 */
#include "flowjudge.h"
#include "unit.h"

static void one_end(struct script_conn *conn)
{
    conn->addr[SIDE_SERVER] = conn->addr[SIDE_CLIENT];
    conn->port[SIDE_SERVER] = conn->port[SIDE_CLIENT];
    conn->isn[SIDE_SERVER] = conn->isn[SIDE_CLIENT];
    conn->ttl[SIDE_SERVER] = conn->ttl[SIDE_CLIENT];
}

/* connect() to the port that the kernel picked for it: both ends are the same socket. */
static void trap_31_a_socket_may_connect_to_itself(void **state)
{
    static const struct judged_case row = {"one socket",
                                           {{0, '>', "S"},
                                            {0.01, '>', "S.", 0, 1},
                                            {1, '>', "P.", 1, 1, 10},
                                            {1.01, '>', ".", 11, 11},
                                            {500, '>', "F.", 11, 11},
                                            {500.01, '>', ".", 12, 12}},
                                           VERDICT_OK,
                                           CONFIDENCE_NONE,
                                           one_end};
    struct flowjudge run;

    (void)state;
    flowjudge_play(&run, &row);
    assert_int_equal(run.n_events, 1);
    assert_false(run.event[0].is_failure);
    flowjudge_close(&run);
}

static void trap_32_data_on_the_syn_is_part_of_the_handshake(void **state)
{
    static const struct judged_case rows[] = {
        {"taken",
         {{0, '>', "S", 0, 0, 300},
          {20, '<', "S.", 0, 301},
          {20.1, '>', ".", 301, 1},
          {25, '<', "P.", 1, 301, 1200},
          {25.1, '>', ".", 301, 1201}},
         VERDICT_OK},
        {"not taken, so sent again",
         {{0, '>', "S", 0, 0, 300},
          {20, '<', "S.", 0, 1},
          {20.1, '>', ".", 1, 1},
          {20.2, '>', "P.", 1, 1, 300},
          {40, '<', "P.", 1, 301, 1200},
          {40.1, '>', ".", 301, 1201}},
         VERDICT_OK},
        {"refused with its data acknowledged",
         {{0, '>', "S", 0, 0, 300}, {20, '<', "R.", 0, 301, .how = STEP_NO_SOCKET | STEP_ZERO_SEQ}},
         VERDICT_REFUSED},
        {"refused without",
         {{0, '>', "S", 0, 0, 300}, {20, '<', "R.", 0, 1, .how = STEP_NO_SOCKET | STEP_ZERO_SEQ}},
         VERDICT_REFUSED},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

/* Two connections at once; `ms` is when the second one is connected. */
static void play_race(struct flowjudge *run, double ms, uint32_t n_before, uint16_t winner_port)
{
    const struct flowstep lost[] = {{0, '>', "S"}};
    struct flowstep won[] = {
        {ms - 20.1, '>', "S"}, {ms - 0.1, '<', "S.", 0, 1}, {ms, '>', ".", 1, 1}};
    struct script_conn loser = flowscript_conn(0), winner = flowscript_conn(1);

    flowjudge_open(run);
    winner.addr[SIDE_SERVER].bytes[15]++;
    winner.port[SIDE_SERVER] = winner_port;
    for (uint32_t i = 0; i < n_before; i++) {
        struct script_conn other = flowscript_conn(2 + i);

        flowscript_steps(&run->script, &other, lost, 1);
    }
    flowscript_steps(&run->script, &loser, lost, 1);
    flowscript_steps(&run->script, &winner, won, 3);
    flowscript_until(&run->script, 20000);
    flowjudge_judge(run);
}

/* The verdict on the SYN that nobody answered: the last of them. */
static const struct connection_event *loser_of(const struct flowjudge *run)
{
    const struct connection_event *loser = NULL;

    for (size_t i = 0; i < run->n_events; i++)
        loser = run->event[i].outcome == OUTCOME_TIMED_OUT ? &run->event[i] : loser;
    assert_non_null(loser);
    return loser ? loser : &run->event[0];
}

static void trap_30_the_loser_of_a_race_is_no_failure(void **state)
{
    static const struct {
        const char *name;
        double won_ms;
        uint32_t n_before;
        uint16_t winner_port;
        bool is_failure;
    } rows[] = {
        {"another address connects soon after", 270, 0, 443, false},
        {"just before the SYN would have been repeated", 1000, 0, 443, false},
        {"later: a second try, not a race", 1001, 0, 443, true},
        {"another port", 270, 0, 80, true},
        {"the listener has answered nobody for three attempts", 270, 2, 443, true},
        {"for two", 270, 1, 443, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct connection_event *loser;
        struct flowjudge run;

        print_message("  %s\n", rows[i].name);
        play_race(&run, rows[i].won_ms, rows[i].n_before, rows[i].winner_port);
        loser = loser_of(&run);
        assert_int_equal(loser->is_failure, rows[i].is_failure);
        assert_true(rows[i].is_failure ||
                    strcmp(loser->against[loser->n_against - 1].code, "race-lost") == 0);
        flowjudge_close(&run);
    }
}

static void trap_33_a_subflow_is_not_the_connection(void **state)
{
    static const uint8_t subtype[] = {1, 0}; /* MP_JOIN, MP_CAPABLE */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(subtype); i++) {
        static const struct flowstep steps[] = {
            {0, '>', "S"}, {20, '<', "R.", 0, 1, .how = STEP_NO_SOCKET | STEP_ZERO_SEQ}};
        struct script_conn conn = flowscript_conn(0);
        struct packet syn = flowscript_packet(&conn, &steps[0]);
        struct flowjudge run;

        flowjudge_open(&run);
        syn.tcp.options.has_mptcp = true;
        syn.tcp.options.mptcp_subtype = subtype[i];
        flowscript_feed(&run.script, &syn);
        flowscript_steps(&run.script, &conn, &steps[1], 1);
        flowjudge_judge(&run);
        assert_int_equal(run.n_events, 1);
        assert_int_equal(run.event[0].outcome, OUTCOME_REFUSED);
        assert_int_equal(run.event[0].n_against > 0 &&
                             strcmp(run.event[0].against[0].code, "mptcp-subflow") == 0,
                         subtype[i] == 1);
        flowjudge_close(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_31_a_socket_may_connect_to_itself),
        cmocka_unit_test(trap_32_data_on_the_syn_is_part_of_the_handshake),
        cmocka_unit_test(trap_30_the_loser_of_a_race_is_no_failure),
        cmocka_unit_test(trap_33_a_subflow_is_not_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
