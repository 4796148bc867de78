/* SPDX-License-Identifier: BSD-2-Clause */
/* Each rule of incidents that a user may set: what it does beside the usual one. */
#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"

/* Failures of one endpoint, and as many successes beside each. */
struct pace {
    unsigned n;
    int64_t every_ms;
    unsigned n_ok; /* beside each failure */
    bool is_forged;
};

static void play(struct outbreak_stage *stage, const struct pace *pace,
                 const struct incident_rules *rules)
{
    struct incident_config config = incident_config_default();
    struct attempt fail = {.family = pace->is_forged ? FAMILY_RST_FORGED : FAMILY_REFUSED,
                           .verdict = pace->is_forged ? VERDICT_RST_INJECTED : 0};

    config.rules = rules;
    stage_open(stage, &config);
    for (unsigned i = 0; i < pace->n; i++) {
        fail.at_ms = (int64_t)i * pace->every_ms;
        for (unsigned k = 0; k < pace->n_ok; k++)
            stage_attempt(stage, &(struct attempt){.at_ms = fail.at_ms, .is_ok = true});
        stage_attempt(stage, &fail);
    }
}

struct set_case {
    const char *name;
    struct pace pace;
    enum incident_rule usual, set; /* by which it opens; INCIDENT_RULE_COUNT = not at all */
    void (*change)(struct incident_rules *rules);
};

#define NOTHING INCIDENT_RULE_COUNT

static void five_in_a_burst(struct incident_rules *rules)
{
    rules->burst_failures = 5;
}

static void a_shorter_burst(struct incident_rules *rules)
{
    rules->burst_span_ns = 2 * NS_PER_S;
}

static void a_smaller_share_in_a_burst(struct incident_rules *rules)
{
    rules->burst_permille = 300;
}

static void a_longer_burst(struct incident_rules *rules)
{
    rules->burst_window_ns = 60 * NS_PER_S;
}

static void no_burst(struct incident_rules *rules)
{
    rules->burst_failures = 1000;
}

static void two_bad_buckets(struct incident_rules *rules)
{
    rules->sustained_buckets = 2;
}

static void one_failure_makes_a_bucket_bad(struct incident_rules *rules)
{
    rules->bad_failures = 1;
}

static void a_smaller_share_is_bad(struct incident_rules *rules)
{
    rules->bad_permille = 20;
}

static void longer_buckets(struct incident_rules *rules)
{
    rules->bucket_ns = 60 * NS_PER_S;
}

static void a_shorter_window(struct incident_rules *rules)
{
    rules->window_buckets = 2;
    rules->sustained_buckets = 2;
    rules->bad_failures = 1;
}

static void three_are_persistent(struct incident_rules *rules)
{
    rules->persistent_failures = 3;
}

static void soon_persistent(struct incident_rules *rules)
{
    rules->persistent_span_ns = 60 * NS_PER_S;
}

static void one_forged(struct incident_rules *rules)
{
    rules->forged_failures = 1;
}

static void many_forged(struct incident_rules *rules)
{
    rules->forged_failures = INCIDENT_FORGED_MAX;
}

static void each_rule_does_what_it_says(void **state)
{
    static const struct set_case cases[] = {
        {"fewer failures burst", {6, 2500, 0, false}, NOTHING, RULE_BURST, five_in_a_burst},
        {"a shorter time bursts", {12, 400, 0, false}, NOTHING, RULE_BURST, a_shorter_burst},
        {"a smaller share bursts",
         {12, 1200, 2, false},
         NOTHING,
         RULE_BURST,
         a_smaller_share_in_a_burst},
        {"a longer time bursts", {10, 6000, 0, false}, NOTHING, RULE_BURST, a_longer_burst},
        {"no burst, though it lasts", {40, 1000, 0, false}, RULE_BURST, RULE_SUSTAINED, no_burst},
        {"two bad buckets", {7, 3000, 3, false}, NOTHING, RULE_SUSTAINED, two_bad_buckets},
        {"one failure is bad",
         {3, 10000, 0, false},
         NOTHING,
         RULE_SUSTAINED,
         one_failure_makes_a_bucket_bad},
        {"a smaller share is bad",
         {12, 3000, 20, false},
         NOTHING,
         RULE_SUSTAINED,
         a_smaller_share_is_bad},
        {"longer buckets", {14, 20000, 1, false}, NOTHING, RULE_SUSTAINED, longer_buckets},
        {"a shorter window", {2, 20000, 0, false}, NOTHING, NOTHING, a_shorter_window},
        {"a shorter window, and failures in it",
         {2, 10000, 0, false},
         NOTHING,
         RULE_SUSTAINED,
         a_shorter_window},
        {"fewer failures persist",
         {3, 70000, 0, false},
         NOTHING,
         RULE_PERSISTENT,
         three_are_persistent},
        {"they persist sooner", {5, 20000, 0, false}, NOTHING, RULE_PERSISTENT, soon_persistent},
        {"one forged RST", {1, 0, 0, true}, NOTHING, RULE_FORGED, one_forged},
        {"so many forged RSTs", {15, 1000, 0, true}, RULE_FORGED, RULE_BURST, many_forged},
        {"as many as can be asked for", {16, 500, 0, true}, RULE_FORGED, RULE_FORGED, many_forged},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (unsigned is_set = 0; is_set < 2; is_set++) {
            enum incident_rule expected = is_set ? cases[i].set : cases[i].usual;
            struct incident_rules rules = incident_rules_usual;
            const struct incident_event *open;
            struct outbreak_stage stage;

            cases[i].change(&rules);
            play(&stage, &cases[i].pace, is_set ? &rules : NULL);
            stage_finish(&stage, 400000);
            open = stage_line(&stage, INCIDENT_OPEN, 0);
            if ((open ? open->rule : NOTHING) != expected)
                print_error("%s, %s\n", cases[i].name, is_set ? "set" : "usual");
            assert_int_equal(open ? open->rule : NOTHING, expected);
            stage_check_lines(&stage);
            stage_close(&stage);
        }
    }
}

/* Lines of an outbreak of 100 s, and of another one so long after it. */
static void count_lines(const struct incident_rules *rules, int64_t again_ms, uint32_t n_updates,
                        int64_t closed_after_s, uint32_t last_number)
{
    static const struct pace pace = {.n = 100, .every_ms = 1000};
    const struct incident_event *closing;
    struct outbreak_stage stage;

    play(&stage, &pace, rules);
    stage_tick(&stage, again_ms - 1);
    for (int64_t i = 0; i < 12; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = again_ms + i * 1000});
    stage_finish(&stage, again_ms + 20000);
    closing = stage_line(&stage, INCIDENT_CLOSE, 0);
    assert_non_null(closing);
    assert_int_equal(closing->n_updates, n_updates);
    assert_true(closing->closed_ns == script_ns(99000 + closed_after_s * 1000));
    assert_int_equal(stage_line(&stage, INCIDENT_OPEN, 1)->number, last_number);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void updates_closing_and_reopening_keep_their_times(void **state)
{
    struct incident_rules rules = incident_rules_usual;

    (void)state;
    count_lines(NULL, 300000, 2, 60, 1);
    rules.update_ns = 20 * NS_PER_S;
    count_lines(&rules, 300000, 5, 60, 1);
    rules = incident_rules_usual;
    rules.close_quiet_ns = 150 * NS_PER_S;
    count_lines(&rules, 300000, 2, 150, 1);
    rules = incident_rules_usual;
    rules.reopen_ns = 30 * NS_PER_S;
    count_lines(&rules, 300000, 2, 60, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_does_what_it_says),
        cmocka_unit_test(updates_closing_and_reopening_keep_their_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
