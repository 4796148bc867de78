/* SPDX-License-Identifier: BSD-2-Clause */
/* Attempts count when they are established, success when it shows: connections that live long. */
#include "outbreak_script.h"
#include "unit.h"
#include "verdict/incident.h"

/* A connection that is established and reset 300 ms later; the judge hears of it 2 s later. */
static void reset_soon(struct outbreak_stage *stage, int64_t at_ms)
{
    stage_attempt(stage, &(struct attempt){.at_ms = at_ms, .is_open = true});
    stage_attempt(stage, &(struct attempt){.at_ms = at_ms + 300,
                                           .late_ms = 2000,
                                           .established_ms = at_ms,
                                           .family = FAMILY_RESET});
}

static void what_is_established_and_fails_is_one_attempt(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 1; i <= 14; i++)
        reset_soon(&stage, i * 3000);
    stage_finish(&stage, 60000);
    assert_int_equal(stage.n_lines, 2);
    assert_int_equal(stage.line[0].incident.n_failures, 9);
    assert_int_equal(stage.line[0].incident.n_attempts, 9);
    assert_int_equal(stage.line[1].incident.n_failures, 14);
    assert_int_equal(stage.line[1].incident.n_attempts, 14);
    assert_int_equal(stage.line[1].incident.close_reason, CLOSE_END_OF_INPUT);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void what_was_established_long_before_is_an_attempt_of_the_outbreak(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 1; i <= 20; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 100, .is_open = true});
    for (int64_t i = 1; i <= 20; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = 600000 + i * 1000,
                                                .established_ms = i * 100,
                                                .family = FAMILY_RESET});
    stage_attempt(&stage, &(struct attempt){.at_ms = 620500, .is_ok = true});
    stage_finish(&stage, 625000);
    assert_int_equal(stage.line[1].incident.n_failures, 20);
    assert_int_equal(stage.line[1].incident.n_attempts, 21);
    stage_check_lines(&stage);
    stage_close(&stage);
}

/* 3 of 43 each ten seconds: were the others counted only at their end, it would be 3 of 3. */
static void connections_that_are_still_open_count_as_attempts(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 0; i < 60 * 4; i++) {
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 250, .is_open = true});
        if (i % 40 < 3)
            stage_attempt(&stage, &(struct attempt){.at_ms = i * 250 + 1});
    }
    stage_finish(&stage, 60000);
    assert_int_equal(stage.n_lines, 0);
    stage_close(&stage);
}

/* Five failures, one each 30 s; a connection of `established_ms` is alive at 100 s. */
static uint32_t lines_with_one_alive(int64_t established_ms)
{
    struct outbreak_stage stage;
    uint32_t n_lines;

    stage_open(&stage, NULL);
    stage_attempt(&stage, &(struct attempt){.at_ms = 0, .is_open = true});
    for (int64_t i = 0; i < 5; i++) {
        stage_attempt(&stage, &(struct attempt){.at_ms = 1000 + i * 30000});
        if (i == 1)
            stage_attempt(&stage, &(struct attempt){.at_ms = 40000, .is_open = true});
        if (i == 3)
            stage_attempt(&stage, &(struct attempt){.at_ms = established_ms,
                                                    .late_ms = 100000 - established_ms,
                                                    .is_alive = true});
    }
    stage_finish(&stage, 130000);
    n_lines = stage.n_lines;
    stage_close(&stage);
    return n_lines;
}

static void an_old_connection_that_goes_on_is_no_success(void **state)
{
    (void)state;
    assert_int_equal(lines_with_one_alive(0), 2);
}

static void a_new_connection_that_goes_on_is_one(void **state)
{
    (void)state;
    assert_int_equal(lines_with_one_alive(40000), 0);
}

static void being_established_alone_is_no_success(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 0; i < 5; i++)
        reset_soon(&stage, i * 40000 + 1);
    stage_finish(&stage, 170000);
    assert_int_equal(stage.n_lines, 2);
    assert_int_equal(stage.line[0].incident.rule, RULE_PERSISTENT);
    assert_int_equal(stage.line[0].incident.n_attempts, 5);
    stage_close(&stage);
}

static void an_incident_recovers_with_connections_that_stay_open(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int64_t i = 0; i < 12; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000});
    stage_attempt(&stage, &(struct attempt){.at_ms = 20000, .is_open = true});
    stage_attempt(&stage, &(struct attempt){.at_ms = 20000, .late_ms = 15000, .is_alive = true});
    stage_tick(&stage, 80000);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->close_reason, CLOSE_RECOVERED);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->n_attempts, 13);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_established_and_fails_is_one_attempt),
        cmocka_unit_test(what_was_established_long_before_is_an_attempt_of_the_outbreak),
        cmocka_unit_test(connections_that_are_still_open_count_as_attempts),
        cmocka_unit_test(an_old_connection_that_goes_on_is_no_success),
        cmocka_unit_test(a_new_connection_that_goes_on_is_one),
        cmocka_unit_test(being_established_alone_is_no_success),
        cmocka_unit_test(an_incident_recovers_with_connections_that_stay_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
