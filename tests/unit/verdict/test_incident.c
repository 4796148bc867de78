/* SPDX-License-Identifier: BSD-2-Clause */
/* An incident's life: opening, updates, closing, reopening, and what its lines say. */
#include "verdict/incident.h"

#include <string.h>

#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"

/* `n` attempts like `like`, every `every_ms` from its time on. */
static void play(struct outbreak_stage *stage, struct attempt like, unsigned n, int64_t every_ms)
{
    for (unsigned i = 0; i < n; i++, like.at_ms += every_ms)
        stage_attempt(stage, &like);
}

static void assert_phases(const struct outbreak_stage *stage, const char *phases)
{
    assert_int_equal(stage->n_lines, strlen(phases));
    for (uint32_t i = 0; i < stage->n_lines; i++)
        assert_int_equal("ouc"[stage->line[i].incident.phase], phases[i]);
}

static void the_opening_line_is_of_the_moment_the_rule_held(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *open;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 30, 605);
    open = stage_line(&stage, INCIDENT_OPEN, 0);
    assert_phases(&stage, "o");
    assert_int_equal(stage.line[0].ts_ns, script_ns(17 * 605));
    assert_int_equal(open->opened_ns, script_ns(17 * 605));
    assert_int_equal(open->first_ns, script_ns(0));
    assert_int_equal(open->last_ns, open->opened_ns);
    assert_int_equal(open->n_failures, 18);
    assert_int_equal(open->n_attempts, 18);
    assert_int_equal(open->n_failures_delta, 18);
    assert_int_equal(open->delta_ns, 17 * 605 * NS_PER_MS);
    assert_int_equal(open->scope, SCOPE_ENDPOINT);
    assert_int_equal(open->server.port, 80);
    assert_int_equal(open->confidence, CONFIDENCE_CERTAIN);
    assert_int_equal(open->n_verdicts, 1);
    assert_int_equal(open->verdict[0].n, 18);
    assert_int_equal(open->n_samples, INCIDENT_SAMPLES);
    assert_int_equal(open->sample[0].flow_id, 1);
    assert_int_equal(open->sample[0].frame[0], 2);
    assert_int_equal(open->sample[0].frame[1], 0);
    stage_close(&stage);
}

static void failures_carry_the_number_once_the_incident_is_open(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 11, 1000);
    assert_int_equal(stage.event.incident, 0);
    stage_tick(&stage, 15000);
    assert_phases(&stage, "o");
    play(&stage, (struct attempt){.at_ms = 15001}, 1, 0);
    assert_int_equal(stage.event.incident, 1);
    play(&stage, (struct attempt){.at_ms = 15002, .family = FAMILY_TIMEOUT}, 1, 0);
    assert_int_equal(stage.event.incident, 0);
    play(&stage, (struct attempt){.at_ms = 15003, .port = 81}, 1, 0);
    assert_int_equal(stage.event.incident, 0);
    stage_close(&stage);
}

/* 60 failures in 36 s: the lines of INTERFACE.md 3.8. */
static void an_incident_updates_every_minute_and_closes_after_a_quiet_one(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *update, *closing;
    int64_t opened_ms = 17 * 605, last_ms = 59 * 605;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 60, 605);
    stage_tick(&stage, opened_ms + 59999);
    assert_phases(&stage, "o");
    stage_tick(&stage, opened_ms + 60000);
    assert_phases(&stage, "ou");
    update = stage_line(&stage, INCIDENT_UPDATE, 0);
    assert_int_equal(stage.line[1].ts_ns, script_ns(opened_ms + 60000));
    assert_int_equal(update->n_failures, 60);
    assert_int_equal(update->n_failures_delta, 42);
    assert_int_equal(update->delta_ns, 60 * NS_PER_S);
    assert_int_equal(update->n_updates, 1);
    stage_tick(&stage, last_ms + 59999);
    assert_phases(&stage, "ou");
    stage_tick(&stage, last_ms + 60000);
    assert_phases(&stage, "ouc");
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->close_reason, CLOSE_QUIET);
    assert_int_equal(closing->closed_ns, script_ns(last_ms + 60000));
    assert_int_equal(stage.line[2].ts_ns, script_ns(last_ms + 60000));
    assert_int_equal(closing->n_failures_delta, 0);
    assert_int_equal(closing->delta_ns, (last_ms - opened_ms) * NS_PER_MS);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void a_tick_hours_later_tells_the_same_story(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 60, 605);
    stage_tick(&stage, 3600 * 1000);
    assert_phases(&stage, "ouc");
    assert_int_equal(stage.line[1].ts_ns, script_ns(17 * 605 + 60000));
    assert_int_equal(stage.line[2].ts_ns, script_ns(59 * 605 + 60000));
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void an_incident_that_goes_on_for_ten_minutes_updates_ten_times(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 620, 1000);
    stage_finish(&stage, 620000);
    assert_phases(&stage, "ouuuuuuuuuuc");
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(stage.line[i + 1].ts_ns, script_ns(10000 + (i + 1) * 60000));
    assert_int_equal(stage.line[11].incident.close_reason, CLOSE_END_OF_INPUT);
    assert_int_equal(stage.line[11].incident.n_failures, 620);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void successes_after_the_last_failure_are_a_recovery(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *closing;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 12, 1000);
    play(&stage, (struct attempt){.at_ms = 12000, .is_ok = true}, 70, 1000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_non_null(closing);
    assert_int_equal(closing->close_reason, CLOSE_RECOVERED);
    assert_int_equal(closing->closed_ns, script_ns(11000 + 60000));
    assert_int_equal(closing->n_failures, 12);
    assert_true(closing->n_attempts > 60);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void a_success_before_the_last_failure_is_not(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 12, 1000);
    play(&stage, (struct attempt){.at_ms = 10500, .is_ok = true}, 1, 0);
    stage_tick(&stage, 100000);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->close_reason, CLOSE_QUIET);
    stage_close(&stage);
}

/* A second outbreak begins `apart_ms` after the first one closed. */
static void play_two(struct outbreak_stage *stage, int64_t apart_ms)
{
    int64_t closed_ms = 10000 + 60000;

    stage_open(stage, NULL);
    play(stage, (struct attempt){.at_ms = 0}, 11, 1000);
    stage_attempt(stage, &(struct attempt){.at_ms = 30000, .is_ok = true});
    play(stage, (struct attempt){.at_ms = closed_ms + apart_ms}, 12, 1000);
    stage_finish(stage, closed_ms + apart_ms + 20000);
    assert_phases(stage, "ococ");
    stage_check_lines(stage);
}

static void a_new_outbreak_within_five_minutes_keeps_the_number(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *again;

    (void)state;
    play_two(&stage, 290000);
    again = stage_line(&stage, INCIDENT_OPEN, 1);
    assert_int_equal(again->number, 1);
    assert_int_equal(again->n_reopened, 1);
    assert_int_equal(again->first_ns, script_ns(0));
    assert_int_equal(again->opened_ns, script_ns(70000 + 290000 + 10000));
    assert_int_equal(again->closed_ns, NS_NEVER);
    assert_int_equal(again->n_failures, 11 + 11);
    assert_int_equal(again->n_failures_delta, 11);
    assert_int_equal(again->n_attempts, 11 + 1 + 11);
    stage_close(&stage);
}

static void a_later_one_is_a_new_incident(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *again;

    (void)state;
    play_two(&stage, 290001);
    again = stage_line(&stage, INCIDENT_OPEN, 1);
    assert_int_equal(again->number, 2);
    assert_int_equal(again->n_reopened, 0);
    assert_int_equal(again->n_failures, 11);
    stage_close(&stage);
}

static void a_job_that_fails_every_two_minutes_stays_one_incident(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 9, 120000);
    stage_finish(&stage, 8 * 120000);
    assert_phases(&stage, "ocococococ");
    for (uint32_t i = 0; i < stage.n_lines; i++)
        assert_int_equal(stage.line[i].incident.number, 1);
    assert_int_equal(stage.line[9].incident.n_failures, 9);
    assert_int_equal(stage.line[9].incident.n_reopened, 4);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void rising_confidence_is_told_at_once_and_falling_is_not(void **state)
{
    struct outbreak_stage stage;
    struct attempt unsure = {.at_ms = 0, .confidence = CONFIDENCE_POSSIBLE};

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, unsure, 5, 1000);
    play(&stage, (struct attempt){.at_ms = 5000}, 55, 1000);
    assert_phases(&stage, "o");
    assert_int_equal(stage.line[0].incident.confidence, CONFIDENCE_POSSIBLE);
    play(&stage, (struct attempt){.at_ms = 60000}, 2, 1000);
    assert_phases(&stage, "ou");
    assert_int_equal(stage.line[1].incident.confidence, CONFIDENCE_CERTAIN);
    assert_int_equal(stage.line[1].ts_ns, script_ns(60000));
    unsure.at_ms = 72000;
    play(&stage, unsure, 1, 0);
    stage_tick(&stage, 119999);
    assert_phases(&stage, "ou");
    stage_tick(&stage, 120000);
    assert_phases(&stage, "ouu");
    assert_int_equal(stage.line[2].incident.confidence, CONFIDENCE_POSSIBLE);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void confidence_that_rises_before_the_first_line_is_told_after_it(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0, .confidence = CONFIDENCE_POSSIBLE}, 1, 0);
    play(&stage, (struct attempt){.at_ms = 30000}, 3, 1000);
    play(&stage, (struct attempt){.at_ms = 40000}, 3, 1000);
    play(&stage, (struct attempt){.at_ms = 57000}, 3, 1000); /* the third bad bucket */
    play(&stage, (struct attempt){.at_ms = 60000}, 3, 1000);
    stage_tick(&stage, 63999);
    assert_phases(&stage, "");
    play(&stage, (struct attempt){.at_ms = 64500}, 1, 0);
    stage_finish(&stage, 66000);
    assert_phases(&stage, "ouc");
    assert_int_equal(stage.line[0].incident.confidence, CONFIDENCE_POSSIBLE);
    assert_int_equal(stage.line[1].incident.confidence, CONFIDENCE_CERTAIN);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void what_was_due_before_the_end_is_told_first(void **state)
{
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 0}, 11, 1000);
    stage_finish(&stage, 3600 * 1000);
    assert_phases(&stage, "oc");
    assert_int_equal(stage.line[1].incident.close_reason, CLOSE_QUIET);
    assert_int_equal(stage.line[1].incident.closed_ns, script_ns(70000));
    stage_close(&stage);
}

static void a_failure_from_before_the_first_one_moves_the_beginning(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *closing;

    (void)state;
    stage_open(&stage, NULL);
    play(&stage, (struct attempt){.at_ms = 20000}, 15, 1000);
    stage_attempt(&stage, &(struct attempt){.at_ms = 19500, .late_ms = 16000});
    stage_finish(&stage, 40000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->first_ns, script_ns(19500));
    assert_int_equal(closing->n_failures, 16);
    assert_int_equal(closing->last_ns, script_ns(34000));
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void distinct_clients_are_exact_and_the_worst_are_named(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *closing;

    (void)state;
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < 1000; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 400, .client = 1 + i % 500});
    stage_attempt(&stage, &(struct attempt){.at_ms = 400000, .client = 77});
    stage_finish(&stage, 400000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->n_clients, 500);
    assert_false(closing->clients_capped);
    assert_int_equal(closing->n_top_clients, INCIDENT_TOP_CLIENTS);
    assert_int_equal(closing->top_client[0].addr.bytes[15], 77);
    assert_int_equal(closing->top_client[0].n_failures, 3);
    assert_int_equal(closing->top_client[1].addr.bytes[15], 1);
    assert_int_equal(closing->top_client[2].addr.bytes[15], 2);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void more_than_1024_clients_are_capped(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *closing;

    (void)state;
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < 1100; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 400, .client = 1 + i});
    stage_finish(&stage, 440000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->n_clients, 1024);
    assert_true(closing->clients_capped);
    assert_int_equal(closing->n_failures, 1100);
    stage_close(&stage);
}

static void verdicts_are_counted_most_first(void **state)
{
    struct outbreak_stage stage;
    const struct incident_event *closing;

    (void)state;
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < 20; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000,
                                                .verdict = i % 3 ? VERDICT_REFUSED_BACKEND_DOWN
                                                                 : VERDICT_REFUSED_CLOSED_PORT});
    stage_finish(&stage, 20000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_int_equal(closing->n_verdicts, 2);
    assert_int_equal(closing->verdict[0].id, VERDICT_REFUSED_BACKEND_DOWN);
    assert_int_equal(closing->verdict[0].n, 13);
    assert_int_equal(closing->verdict[1].n, 7);
    stage_close(&stage);
}

/* Whether the closing lines of two incidents name each other. */
static void check_related(struct attempt second, bool is_related)
{
    struct outbreak_stage stage;
    const struct incident_event *a, *b;

    stage_open(&stage, NULL);
    for (int i = 0; i < 12; i++, second.at_ms += 1000) {
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000});
        stage_attempt(&stage, &second);
    }
    stage_finish(&stage, 20000);
    a = stage_line(&stage, INCIDENT_CLOSE, 0);
    b = stage_line(&stage, INCIDENT_CLOSE, 1);
    assert_non_null(b);
    assert_int_equal(a->n_related, is_related);
    assert_int_equal(b->n_related, is_related);
    if (is_related) {
        assert_int_equal(a->related[0], 2);
        assert_int_equal(b->related[0], 1);
    }
    stage_close(&stage);
}

static void incidents_that_began_together_on_one_server_are_related(void **state)
{
    (void)state;
    check_related((struct attempt){.at_ms = 999, .port = 81, .family = FAMILY_TIMEOUT}, true);
}

static void incidents_of_one_client_and_family_are_related(void **state)
{
    (void)state;
    check_related((struct attempt){.at_ms = 999, .server = 9}, true);
}

static void other_incidents_are_not_related(void **state)
{
    (void)state;
    check_related((struct attempt){.at_ms = 999, .server = 9, .family = FAMILY_TIMEOUT}, false);
    check_related((struct attempt){.at_ms = 999, .server = 9, .client = 9}, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_opening_line_is_of_the_moment_the_rule_held),
        cmocka_unit_test(failures_carry_the_number_once_the_incident_is_open),
        cmocka_unit_test(an_incident_updates_every_minute_and_closes_after_a_quiet_one),
        cmocka_unit_test(a_tick_hours_later_tells_the_same_story),
        cmocka_unit_test(an_incident_that_goes_on_for_ten_minutes_updates_ten_times),
        cmocka_unit_test(successes_after_the_last_failure_are_a_recovery),
        cmocka_unit_test(a_success_before_the_last_failure_is_not),
        cmocka_unit_test(a_new_outbreak_within_five_minutes_keeps_the_number),
        cmocka_unit_test(a_later_one_is_a_new_incident),
        cmocka_unit_test(a_job_that_fails_every_two_minutes_stays_one_incident),
        cmocka_unit_test(rising_confidence_is_told_at_once_and_falling_is_not),
        cmocka_unit_test(confidence_that_rises_before_the_first_line_is_told_after_it),
        cmocka_unit_test(what_was_due_before_the_end_is_told_first),
        cmocka_unit_test(a_failure_from_before_the_first_one_moves_the_beginning),
        cmocka_unit_test(distinct_clients_are_exact_and_the_worst_are_named),
        cmocka_unit_test(more_than_1024_clients_are_capped),
        cmocka_unit_test(verdicts_are_counted_most_first),
        cmocka_unit_test(incidents_that_began_together_on_one_server_are_related),
        cmocka_unit_test(incidents_of_one_client_and_family_are_related),
        cmocka_unit_test(other_incidents_are_not_related),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
