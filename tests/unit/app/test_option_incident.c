/* SPDX-License-Identifier: BSD-2-Clause */
/* --incident NAME=VALUE: every name, every kind of value, and what is refused. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "app/option_incident.h"
#include "base/compiler.h"

static void every_rule_has_its_name(void **state)
{
    static const char *const texts[] = {
        "bucket_s=5",      "window_buckets=8", "bad_failures=4",       "bad_ratio=0.2",
        "burst_ratio=70%", "burst_failures=6", "sustained_buckets=4",  "burst_window_s=1m",
        "burst_span_s=7s", "update_s=2m",      "persistent_span_s=5m", "persistent_failures=8",
        "reopen_s=1h",     "close_quiet_s=30", "forged_failures=2",
    };
    static const struct incident_rules wanted = {
        .bucket_ns = 5 * NS_PER_S,
        .window_buckets = 8,
        .bad_failures = 4,
        .bad_permille = 200,
        .sustained_buckets = 4,
        .burst_failures = 6,
        .burst_permille = 700,
        .burst_window_ns = 60 * NS_PER_S,
        .burst_span_ns = 7 * NS_PER_S,
        .persistent_failures = 8,
        .persistent_span_ns = 300 * NS_PER_S,
        .forged_failures = 2,
        .update_ns = 120 * NS_PER_S,
        .close_quiet_ns = 30 * NS_PER_S,
        .reopen_ns = 3600 * NS_PER_S,
    };
    struct incident_rules rules;
    struct err err;

    (void)state;
    memset(&rules, 0, sizeof(rules)); /* with what lies between the fields */
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(option_incident(&rules, texts[i], &err), 0);
    assert_int_equal(rules.bucket_ns, wanted.bucket_ns);
    assert_int_equal(rules.window_buckets, wanted.window_buckets);
    assert_int_equal(rules.bad_failures, wanted.bad_failures);
    assert_int_equal(rules.bad_permille, wanted.bad_permille);
    assert_int_equal(rules.sustained_buckets, wanted.sustained_buckets);
    assert_int_equal(rules.burst_failures, wanted.burst_failures);
    assert_int_equal(rules.burst_permille, wanted.burst_permille);
    assert_int_equal(rules.burst_window_ns, wanted.burst_window_ns);
    assert_int_equal(rules.burst_span_ns, wanted.burst_span_ns);
    assert_int_equal(rules.persistent_failures, wanted.persistent_failures);
    assert_int_equal(rules.persistent_span_ns, wanted.persistent_span_ns);
    assert_int_equal(rules.forged_failures, wanted.forged_failures);
    assert_int_equal(rules.update_ns, wanted.update_ns);
    assert_int_equal(rules.close_quiet_ns, wanted.close_quiet_ns);
    assert_int_equal(rules.reopen_ns, wanted.reopen_ns);
    assert_int_equal(option_incident_check(&rules, &err), 0);
}

static void what_is_wrong_is_refused_and_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        "bucket_s",
        "=5",
        "bucket=5",
        "bucket_s_=5",
        "bucket_s=",
        "bucket_s=0",
        "bucket_s=1500ms",
        "bucket_s=2h",
        "bad_ratio=1.1",
        "bad_ratio=-1",
        "bad_ratio=nan",
        "bad_ratio=10%%",
        "bad_ratio=",
        "bad_failures=0",
        "bad_failures=-1",
        "bad_failures=1.5",
        "window_buckets=13",
        "forged_failures=17",
        "burst_failures=99999999999999999999",
    };
    struct incident_rules rules = incident_rules_usual;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(option_incident(&rules, texts[i], &err), -EINVAL);
        assert_non_null(strstr(err.text, "wants") ? err.text : strstr(err.text, "knows no"));
    }
    assert_memory_equal(&rules, &incident_rules_usual, sizeof(rules));
}

static void rules_have_to_fit_together(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"sustained_buckets=6", 0}, {"sustained_buckets=7", -EINVAL},
        {"burst_window_s=120", 0},  {"burst_window_s=121", -EINVAL},
        {"burst_span_s=30", 0},     {"burst_span_s=31", -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct incident_rules rules = incident_rules_usual;
        struct err err;

        assert_int_equal(option_incident(&rules, cases[i].text, &err), 0);
        assert_int_equal(option_incident_check(&rules, &err), cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_name),
        cmocka_unit_test(what_is_wrong_is_refused_and_changes_nothing),
        cmocka_unit_test(rules_have_to_fit_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
