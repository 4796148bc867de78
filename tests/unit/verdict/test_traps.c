/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * False-positive traps (VERDICTS.md 14) of captures, TTLs and RSTs, from packets to verdict:
 * traffic that looks like a failure or a forgery and is none. docs/traps.md says which test holds
 * which trap.
 */
#include "flowjudge.h"
#include "unit.h"

static void no_timestamps(struct script_conn *conn)
{
    conn->has_timestamps = false;
}

/* ---- artefacts of the capture ---- */

static void trap_08_offloads_make_huge_segments_and_empty_checksums(void **state)
{
    static const struct judged_case rows[] = {
        {"segments of 60,000 bytes",
         {HANDSHAKE,
          REQUEST,
          {45, '<', "P.", 1, 401, 60000},
          {45.1, '>', ".", 401, 60001},
          {46, '<', "P.", 60001, 401, 60000},
          {46.1, '>', ".", 401, 120001}},
         VERDICT_OK},
        {"a RST whose checksum the card had yet to fill in",
         {{0, '>', "S"},
          {20, '<', "S.", 0, 1, .how = STEP_BAD_CHECKSUM},
          {20.1, '>', ".", 1, 1},
          REQUEST,
          {60, '<', "R.", 1, 401, .how = STEP_BAD_CHECKSUM | STEP_TS}},
         VERDICT_RESET_APP_ABORT,
         CONFIDENCE_LIKELY},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void trap_06_a_rst_may_be_captured_before_what_it_follows(void **state)
{
    static const struct judged_case rows[] = {
        {"the last data comes half a millisecond behind the RST",
         {HANDSHAKE,
          REQUEST,
          {60, '<', "R.", 1201, 401, .how = STEP_TS},
          {60.5, '<', "P.", 1, 401, 1200}},
         VERDICT_RESET_APP_ABORT,
         CONFIDENCE_LIKELY},
        {"a stateless RST overtakes what was in flight",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {5000, '>', "P.", 401, 1201, 400},
          {5020, '<', "R", 1201, .how = STEP_NO_SOCKET},
          {5021, '<', "P.", 1201, 401, 900}},
         VERDICT_RESET_LOST_STATE,
         CONFIDENCE_LIKELY},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

/* A clock that steps back makes every verdict that rests on time less sure, and the same. */
static void trap_07_a_clock_that_steps_back_lowers_what_is_said(void **state)
{
    static const struct judged_case row = {
        "back by 50 ms before the RST",
        {HANDSHAKE, REQUEST, {500, '<', ".", 1, 401}, {450, '<', "R.", 1, 401, .how = STEP_TS}},
        VERDICT_RESET_APP_ABORT};
    struct flowjudge run;

    (void)state;
    flowjudge_play(&run, &row);
    assert_int_equal(run.n_events, 1);
    assert_int_equal(run.event[0].outcome, OUTCOME_RESET);
    assert_int_not_equal(run.event[0].verdict, VERDICT_RST_INJECTED);
    assert_string_equal(run.event[0].against[run.event[0].n_against - 1].code, "clock-steps-back");
    flowjudge_close(&run);
}

/* ---- TTL and IP-ID ---- */

static void ttl_255(struct script_conn *conn)
{
    conn->ttl[SIDE_SERVER] = 252;
}

static void trap_16_a_socket_may_have_a_ttl_of_its_own(void **state)
{
    static const struct judged_case rows[] = {
        {"a host without the connection answers with the system's TTL",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {5000, '>', "P.", 401, 1201, 400},
          {5020, '<', "R", 1201, .how = STEP_NO_SOCKET, .ttl = 61}},
         VERDICT_RESET_LOST_STATE,
         CONFIDENCE_LIKELY,
         ttl_255},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void ttl_10(struct script_conn *conn)
{
    conn->ttl[SIDE_SERVER] = 10;
}

static void trap_17_a_low_ttl_alone_only_means_far(void **state)
{
    static const struct judged_case rows[] = {
        {"all of its packets have it",
         {HANDSHAKE, REQUEST, {60, '<', "R.", 1, 401}},
         VERDICT_RESET_APP_ABORT,
         CONFIDENCE_LIKELY,
         ttl_10},
        {"a socket that shall end without its peer's knowledge: HAProxy's silent-drop",
         {HANDSHAKE, REQUEST, {60, '<', "R.", 1, 401, .how = STEP_TS, .ttl = 1}},
         VERDICT_RESET_UNEXPLAINED,
         CONFIDENCE_LIKELY},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void trap_39_a_failover_changes_ttl_and_ids_without_malice(void **state)
{
    static const struct judged_case rows[] = {
        {"the standby is a hop farther and counts its IDs anew",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {1000, '>', "P.", 401, 1201, 400},
          {1021, '<', "P.", 1201, 801, 900, .ttl = 60, .id = 7},
          {1021.1, '>', ".", 801, 2101},
          {2000, '>', "P.", 801, 2101, 400},
          {2020, '<', "R.", 2101, 1201, .how = STEP_TS, .ttl = 60, .id = 8}},
         VERDICT_RESET_APP_ABORT,
         CONFIDENCE_LIKELY},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

/* ---- resets ---- */

static void trap_20_clients_reset_what_they_opened_in_advance(void **state)
{
    static const struct judged_case rows[] = {
        {"a connection opened ahead of need",
         {HANDSHAKE, {9000, '>', "R.", 1, 1, .how = STEP_TS}},
         VERDICT_OK_RST_CLOSE},
        {"a health check that resets after the SYN-ACK",
         {{0, '>', "S"}, {20, '<', "S.", 0, 1}, {20.1, '>', "R.", 1, 1, .how = STEP_TS}},
         VERDICT_OK_RST_CLOSE},
        {"a page that is left when all of it is there",
         {HANDSHAKE, REQUEST, ANSWER, {300, '>', "R.", 401, 1201, .how = STEP_TS}},
         VERDICT_OK_RST_CLOSE},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void trap_21_windows_programs_close_by_rst(void **state)
{
    static const struct judged_case rows[] = {
        {"with the answer read",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {300, '>', "R.", 401, 1201, .how = STEP_BARE | STEP_ZERO_WINDOW}},
         VERDICT_OK_RST_CLOSE,
         CONFIDENCE_NONE,
         no_timestamps},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

static void trap_22_a_window_of_data_draws_one_rst_for_each_segment(void **state)
{
    static const struct judged_case rows[] = {
        {"five answers to one cause",
         {HANDSHAKE,
          REQUEST,
          ANSWER,
          {5000, '>', ".", 401, 1201, 1400},
          {5000.1, '>', ".", 1801, 1201, 1400},
          {5000.2, '>', ".", 3201, 1201, 1400},
          {5000.3, '>', ".", 4601, 1201, 1400},
          {5000.4, '>', "P.", 6001, 1201, 1400},
          {5020, '<', "R", 1201, .how = STEP_NO_SOCKET},
          {5020.1, '<', "R", 1201, .how = STEP_NO_SOCKET},
          {5020.2, '<', "R", 1201, .how = STEP_NO_SOCKET},
          {5020.3, '<', "R", 1201, .how = STEP_NO_SOCKET},
          {5020.4, '<', "R", 1201, .how = STEP_NO_SOCKET}},
         VERDICT_RESET_LOST_STATE,
         CONFIDENCE_LIKELY},
        {"one RST sent again with another identity",
         {HANDSHAKE,
          REQUEST,
          {60, '<', "R.", 1, 401, .how = STEP_TS},
          {60.5, '<', "R.", 1, 401, .how = STEP_TS}},
         VERDICT_RESET_APP_ABORT,
         CONFIDENCE_LIKELY},
    };

    (void)state;
    flowjudge_check(rows, ARRAY_LEN(rows));
}

/* Who sends the RST is often the one who suffers. */
static void trap_24_blame_goes_by_what_drew_the_rst(void **state)
{
    static const struct judged_case row = {
        "the server's host answers what the client sent into a closed connection",
        {HANDSHAKE,
         REQUEST,
         ANSWER,
         {6000, '<', "F.", 1201, 401},
         {6000.1, '>', ".", 401, 1202},
         {9000, '>', "P.", 401, 1202, 400},
         {9020, '<', "R", 1202, .how = STEP_NO_SOCKET}},
        VERDICT_STALE_POOLED_CONNECTION};
    struct flowjudge run;

    (void)state;
    flowjudge_play(&run, &row);
    assert_int_equal(run.n_events, 1);
    assert_int_equal(run.event[0].verdict, row.verdict);
    assert_int_equal(run.event[0].ended_by, ENDED_BY_SERVER);
    assert_int_equal(run.event[0].blame, BLAME_CLIENT_HOST);
    flowjudge_close(&run);
}

/* A copy of the old connection's SYN-ACK draws a RST; the next connection of the tuple lives. */
static void trap_27_a_late_duplicate_hits_no_newer_incarnation(void **state)
{
    static const struct judged_case row = {"the tuple's next connection",
                                           {HANDSHAKE,
                                            REQUEST,
                                            ANSWER,
                                            CLOSE,
                                            {9000, '>', "S", 70000},
                                            {9020, '<', "S.", 90000, 70001},
                                            {9020.1, '>', ".", 70001, 90001},
                                            {9021, '>', "P.", 70001, 90001, 400},
                                            {9030, '<', "S.", 0, 1},
                                            {9030.1, '>', "R", 1, .how = STEP_NO_SOCKET},
                                            {9041, '<', "P.", 90001, 70401, 1200},
                                            {9041.1, '>', ".", 70401, 91201}},
                                           VERDICT_OK};
    struct flowjudge run;

    (void)state;
    flowjudge_play(&run, &row);
    assert_int_equal(run.n_events, 2);
    for (size_t i = 0; i < run.n_events; i++)
        assert_false(run.event[i].is_failure);
    flowjudge_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trap_08_offloads_make_huge_segments_and_empty_checksums),
        cmocka_unit_test(trap_06_a_rst_may_be_captured_before_what_it_follows),
        cmocka_unit_test(trap_07_a_clock_that_steps_back_lowers_what_is_said),
        cmocka_unit_test(trap_16_a_socket_may_have_a_ttl_of_its_own),
        cmocka_unit_test(trap_17_a_low_ttl_alone_only_means_far),
        cmocka_unit_test(trap_39_a_failover_changes_ttl_and_ids_without_malice),
        cmocka_unit_test(trap_20_clients_reset_what_they_opened_in_advance),
        cmocka_unit_test(trap_21_windows_programs_close_by_rst),
        cmocka_unit_test(trap_22_a_window_of_data_draws_one_rst_for_each_segment),
        cmocka_unit_test(trap_24_blame_goes_by_what_drew_the_rst),
        cmocka_unit_test(trap_27_a_late_duplicate_hits_no_newer_incarnation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
