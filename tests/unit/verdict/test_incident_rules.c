/* SPDX-License-Identifier: BSD-2-Clause */
/* When failures become an incident: each rule at its limits, hit and near miss. */
#include "verdict/incident_rules.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"

#define RUNS_MAX 8
#define ATTEMPTS_MAX 512

enum what {
    FAIL,
    OK,
    FORGED,
    FORGED_LIKELY,
    FORGED_POSSIBLE
};

static const struct attempt attempts[] = {
    [FAIL] = {.family = FAMILY_REFUSED},
    [OK] = {.is_ok = true},
    [FORGED] = {.family = FAMILY_RST_FORGED, .verdict = VERDICT_RST_INJECTED},
    [FORGED_LIKELY] = {.family = FAMILY_RST_FORGED,
                       .verdict = VERDICT_RST_INJECTED,
                       .confidence = CONFIDENCE_LIKELY},
    [FORGED_POSSIBLE] = {.family = FAMILY_RST_FORGED,
                         .verdict = VERDICT_RST_INJECTED,
                         .confidence = CONFIDENCE_POSSIBLE},
};

/* `n` attempts, every `every_ms` from `from_ms` on. */
struct run {
    int64_t from_ms, every_ms;
    unsigned n;
    enum what what;
};

struct rule_script {
    const char *name;
    struct run run[RUNS_MAX]; /* those at the same time in this order */
    struct {
        enum incident_rule rule;
        int64_t opened_ms;
        uint64_t n_failures, n_attempts;
    } line; /* of the opening */
};

#define NOTHING INCIDENT_RULE_COUNT

static const struct rule_script scripts[] = {
    {"sustained: three buckets with 3 of 30 failing",
     {{0, 100, 27, OK},
      {5000, 100, 3, FAIL},
      {10000, 100, 27, OK},
      {15000, 100, 3, FAIL},
      {20000, 100, 27, OK},
      {25000, 100, 3, FAIL}},
     {RULE_SUSTAINED, 25200, 9, 63}},
    {"sustained: 3 of 31 are less than a tenth",
     {{0, 100, 28, OK},
      {5000, 100, 3, FAIL},
      {10000, 100, 28, OK},
      {15000, 100, 3, FAIL},
      {20000, 100, 28, OK},
      {25000, 100, 3, FAIL}},
     {.rule = NOTHING}},
    {"sustained: a third bucket with 2 failures is not bad",
     {{0, 500, 3, FAIL}, {4000, 1, 3, OK}, {10000, 500, 3, FAIL}, {20000, 500, 2, FAIL}},
     {.rule = NOTHING}},
    {"sustained: bad buckets 0, 3 and 5 are within six",
     {{0, 500, 3, FAIL}, {2000, 1, 3, OK}, {30000, 500, 3, FAIL}, {50000, 500, 3, FAIL}},
     {RULE_SUSTAINED, 51000, 9, 12}},
    {"sustained: bad buckets 0, 3 and 6 are not",
     {{0, 500, 3, FAIL}, {2000, 1, 3, OK}, {30000, 500, 3, FAIL}, {60000, 500, 3, FAIL}},
     {.rule = NOTHING}},
    {"burst: ten failures over just ten seconds",
     {{0, 1000, 9, FAIL}, {10000, 0, 1, FAIL}},
     {RULE_BURST, 10000, 10, 10}},
    {"burst: ten failures over a millisecond less",
     {{0, 1000, 9, FAIL}, {9999, 0, 1, FAIL}},
     {.rule = NOTHING}},
    {"burst: nine failures are not enough, however long", {{0, 1250, 9, FAIL}}, {.rule = NOTHING}},
    {"burst: half of the attempts",
     {{0, 1, 10, OK}, {20, 1000, 9, FAIL}, {10020, 0, 1, FAIL}},
     {RULE_BURST, 10020, 10, 10}},
    {"burst: less than half of the attempts",
     {{0, 1, 11, OK}, {20, 1000, 9, FAIL}, {10020, 0, 1, FAIL}},
     {.rule = NOTHING}},
    {"burst: ten failures in the two seconds of a restart",
     {{0, 200, 10, FAIL}, {2000, 100, 20, OK}},
     {.rule = NOTHING}},
    {"burst: two restarts more than 30 s apart",
     {{0, 200, 9, FAIL}, {1900, 1, 1, OK}, {35000, 200, 9, FAIL}},
     {.rule = NOTHING}},
    {"burst: slow failures take as long as they take",
     {{0, 2000, 10, FAIL}},
     {RULE_BURST, 18000, 10, 10}},
    {"persistent: five failures over just 120 s",
     {{0, 30000, 5, FAIL}},
     {RULE_PERSISTENT, 120000, 5, 5}},
    {"persistent: five failures over a millisecond less",
     {{0, 30000, 4, FAIL}, {119999, 0, 1, FAIL}},
     {.rule = NOTHING}},
    {"persistent: four failures over any time", {{0, 60000, 4, FAIL}}, {.rule = NOTHING}},
    {"persistent: a job that fails every ten minutes",
     {{0, 600000, 5, FAIL}},
     {RULE_PERSISTENT, 2400000, 5, 5}},
    {"persistent: one success between them",
     {{0, 30000, 6, FAIL}, {75000, 0, 1, OK}},
     {.rule = NOTHING}},
    {"persistent: a success before them does not matter",
     {{0, 0, 1, OK}, {1000, 30000, 5, FAIL}},
     {RULE_PERSISTENT, 121000, 5, 5}},
    {"persistent: a failure of another kind is an attempt, but no success",
     {{0, 30000, 5, FAIL}, {40000, 0, 1, FORGED}},
     {RULE_PERSISTENT, 120000, 5, 6}},
    {"forged: three in just 60 s", {{0, 30000, 3, FORGED}}, {RULE_FORGED, 60000, 3, 3}},
    {"forged: three in a millisecond more",
     {{0, 30000, 2, FORGED}, {60001, 0, 1, FORGED}},
     {.rule = NOTHING}},
    {"forged: likely ones count", {{0, 1000, 3, FORGED_LIKELY}}, {RULE_FORGED, 2000, 3, 3}},
    {"forged: possible ones do not",
     {{0, 1000, 2, FORGED}, {2000, 1000, 3, FORGED_POSSIBLE}},
     {.rule = NOTHING}},
    {"forged: the newest three, however many came before",
     {{0, 45000, 3, FORGED}, {110000, 0, 1, FORGED}},
     {.rule = NOTHING}},
    {"forged: succeeding connections do not matter",
     {{0, 10, 400, OK}, {0, 1000, 3, FORGED}},
     {RULE_FORGED, 2000, 3, 203}},
    {"a port tried twice", {{0, 1000, 2, FAIL}}, {.rule = NOTHING}},
    {"a busy service that breaks is not blamed for what failed more than a minute ago",
     {{0, 25000, 8, FAIL}, {1, 400, 450, OK}, {200000, 1000, 12, FAIL}},
     {RULE_BURST, 210000, 13, 88}},
};

struct timed {
    struct attempt attempt;
    unsigned order;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;

    if (x->attempt.at_ms != y->attempt.at_ms)
        return x->attempt.at_ms < y->attempt.at_ms ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static unsigned collect(const struct rule_script *script, struct timed *timed)
{
    unsigned n = 0;

    for (unsigned r = 0; r < RUNS_MAX; r++)
        for (unsigned i = 0; i < script->run[r].n; i++, n++) {
            assert_true(n < ATTEMPTS_MAX);
            timed[n] = (struct timed){attempts[script->run[r].what], n};
            timed[n].attempt.at_ms = script->run[r].from_ms + i * script->run[r].every_ms;
        }
    qsort(timed, n, sizeof(*timed), by_time);
    return n;
}

static void check_opening(const struct rule_script *script, const struct incident_event *open)
{
    if (script->line.rule == NOTHING) {
        if (open)
            fail_msg("%s: opened by rule %s after %lld ms", script->name,
                     incident_rule_name(open->rule),
                     (long long)((open->opened_ns - SCRIPT_START_NS) / NS_PER_MS));
        return;
    }
    if (!open)
        fail_msg("%s: nothing opened", script->name);
    if (open->rule != script->line.rule || open->opened_ns != script_ns(script->line.opened_ms) ||
        open->n_failures != script->line.n_failures || open->n_attempts != script->line.n_attempts)
        fail_msg("%s: rule %s after %lld ms, %u of %u", script->name,
                 incident_rule_name(open->rule),
                 (long long)((open->opened_ns - SCRIPT_START_NS) / NS_PER_MS),
                 (unsigned)open->n_failures, (unsigned)open->n_attempts);
}

/* `late_ms` is how late every second conclusion comes. */
static void play(const struct rule_script *script, int64_t late_ms)
{
    struct timed timed[ATTEMPTS_MAX];
    unsigned n = collect(script, timed);
    struct outbreak_stage stage;

    stage_open(&stage, NULL);
    for (unsigned i = 0; i < n; i++) {
        timed[i].attempt.late_ms = late_ms;
        stage_attempt(&stage, &timed[i].attempt);
    }
    stage_finish(&stage, timed[n - 1].attempt.at_ms + late_ms);
    stage_check_lines(&stage);
    check_opening(script, stage_line(&stage, INCIDENT_OPEN, 0));
    stage_close(&stage);
}

static void each_rule_opens_at_its_limit_and_not_before(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(scripts); i++)
        play(&scripts[i], 0);
}

static void conclusions_that_all_come_late_open_the_same_incidents(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(scripts); i++)
        play(&scripts[i], 15000);
}

/* A burst of one each 700 ms, every third of which the judge hears of 14 s late. */
static void conclusions_out_of_order_open_it_too(void **state)
{
    struct timed timed[60];
    struct outbreak_stage stage;
    const struct incident_event *open;

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(timed); i++) {
        timed[i] = (struct timed){{.at_ms = i * 700, .late_ms = i % 3 ? 0 : 14000}, i};
        timed[i].attempt.at_ms += timed[i].attempt.late_ms; /* sorted by when it is heard */
    }
    qsort(timed, ARRAY_LEN(timed), sizeof(*timed), by_time);
    stage_open(&stage, NULL);
    for (unsigned i = 0; i < ARRAY_LEN(timed); i++) {
        timed[i].attempt.at_ms -= timed[i].attempt.late_ms;
        stage_attempt(&stage, &timed[i].attempt);
    }
    stage_finish(&stage, 60000);
    stage_check_lines(&stage);
    open = stage_line(&stage, INCIDENT_OPEN, 0);
    assert_non_null(open);
    assert_int_equal(open->rule, RULE_BURST);
    assert_true(open->opened_ns <= script_ns(14000));
    assert_null(stage_line(&stage, INCIDENT_OPEN, 1));
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->n_failures, ARRAY_LEN(timed));
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->first_ns, script_ns(0));
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_opens_at_its_limit_and_not_before),
        cmocka_unit_test(conclusions_that_all_come_late_open_the_same_incidents),
        cmocka_unit_test(conclusions_out_of_order_open_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
