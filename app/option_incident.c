/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_incident.h. */
#include "app/option_incident.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/option_value.h"
#include "base/compiler.h"
#include "base/nanotime.h"

#define DAY_NS (INT64_C(86400) * NS_PER_S)
#define FAILURES_MAX 1000000
#define PERMILLE 1000

enum rule_kind {
    RULE_NUMBER, /* uint32_t */
    RULE_SHARE,  /* uint32_t, thousandths */
    RULE_TIME    /* int64_t, whole seconds */
};

struct rule_name {
    const char *name;
    enum rule_kind kind;
    size_t off; /* in struct incident_rules */
    uint64_t min, max;
};

#define FIELD(field) offsetof(struct incident_rules, field)

static const struct rule_name names[] = {
    {"bucket_s", RULE_TIME, FIELD(bucket_ns), NS_PER_S, 3600 * NS_PER_S},
    {"bad_failures", RULE_NUMBER, FIELD(bad_failures), 1, FAILURES_MAX},
    {"bad_ratio", RULE_SHARE, FIELD(bad_permille), 0, PERMILLE},
    {"sustained_buckets", RULE_NUMBER, FIELD(sustained_buckets), 1, INCIDENT_WINDOW_BUCKETS_MAX},
    {"window_buckets", RULE_NUMBER, FIELD(window_buckets), 1, INCIDENT_WINDOW_BUCKETS_MAX},
    {"burst_failures", RULE_NUMBER, FIELD(burst_failures), 1, FAILURES_MAX},
    {"burst_window_s", RULE_TIME, FIELD(burst_window_ns), NS_PER_S, DAY_NS},
    {"burst_span_s", RULE_TIME, FIELD(burst_span_ns), 0, DAY_NS},
    {"burst_ratio", RULE_SHARE, FIELD(burst_permille), 0, PERMILLE},
    {"persistent_failures", RULE_NUMBER, FIELD(persistent_failures), 1, FAILURES_MAX},
    {"persistent_span_s", RULE_TIME, FIELD(persistent_span_ns), 0, DAY_NS},
    {"forged_failures", RULE_NUMBER, FIELD(forged_failures), 1, INCIDENT_FORGED_MAX},
    {"update_s", RULE_TIME, FIELD(update_ns), NS_PER_S, DAY_NS},
    {"close_quiet_s", RULE_TIME, FIELD(close_quiet_ns), NS_PER_S, DAY_NS},
    {"reopen_s", RULE_TIME, FIELD(reopen_ns), 0, DAY_NS},
};

/* "0.25" or "25%": thousandths. */
static int parse_share(const char *name, const char *value, uint64_t *permille, struct err *err)
{
    char *end;
    double share;

    errno = 0;
    share = strtod(value, &end);
    if (end != value && strcmp(end, "%") == 0) {
        share /= 100;
        end++;
    }
    if (errno || end == value || *end || !(share >= 0 && share <= 1))
        return err_set(err, -EINVAL, "--incident %s wants a share such as 0.1 or 10%%, not \"%s\"",
                       name, value);
    *permille = (uint64_t)(share * PERMILLE + 0.5);
    return 0;
}

static int parse_time(const char *name, const char *value, uint64_t *ns, struct err *err)
{
    int64_t time_ns = 0;
    int code = option_time(name, value, &time_ns, err);

    if (!code && time_ns % NS_PER_S)
        return err_set(err, -EINVAL, "--incident %s wants whole seconds, not \"%s\"", name, value);
    *ns = (uint64_t)time_ns;
    return code;
}

static int parse(const struct rule_name *rule, const char *value, uint64_t *number, struct err *err)
{
    switch (rule->kind) {
    case RULE_NUMBER:
        return option_u64(rule->name, value, rule->max, number, err);
    case RULE_SHARE:
        return parse_share(rule->name, value, number, err);
    case RULE_TIME:
        return parse_time(rule->name, value, number, err);
    }
    return -EINVAL;
}

static int refuse_range(const struct rule_name *rule, const char *value, struct err *err)
{
    uint64_t unit = rule->kind == RULE_TIME ? (uint64_t)NS_PER_S : 1;

    return err_set(err, -EINVAL, "--incident %s wants %" PRIu64 " to %" PRIu64 ", not \"%s\"",
                   rule->name, rule->min / unit, rule->max / unit, value);
}

static void set(struct incident_rules *rules, const struct rule_name *rule, uint64_t number)
{
    char *at = (char *)rules + rule->off;
    uint32_t count = (uint32_t)number;
    int64_t ns = (int64_t)number;

    if (rule->kind == RULE_TIME)
        memcpy(at, &ns, sizeof(ns));
    else
        memcpy(at, &count, sizeof(count));
}

int option_incident(struct incident_rules *rules, const char *text, struct err *err)
{
    size_t n_bytes = strcspn(text, "=");

    if (text[n_bytes] == '\0')
        return err_set(err, -EINVAL, "--incident wants NAME=VALUE, not \"%s\"", text);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct rule_name *rule = &names[i];
        const char *value = text + n_bytes + 1;
        uint64_t number = 0;
        int code;

        if (strlen(rule->name) != n_bytes || memcmp(rule->name, text, n_bytes) != 0)
            continue;
        code = parse(rule, value, &number, err);
        if (!code && (number < rule->min || number > rule->max))
            code = refuse_range(rule, value, err);
        if (!code)
            set(rules, rule, number);
        return code;
    }
    return err_set(err, -EINVAL, "--incident knows no \"%.*s\"; tcpwhy(8) lists the rules",
                   (int)n_bytes, text);
}

int option_incident_check(const struct incident_rules *rules, struct err *err)
{
    if (rules->sustained_buckets > rules->window_buckets)
        return err_set(err, -EINVAL, "--incident: sustained_buckets is more than window_buckets");
    if (rules->burst_window_ns > rules->bucket_ns * INCIDENT_WINDOW_BUCKETS_MAX)
        return err_set(err, -EINVAL, "--incident: burst_window_s is more than %d times bucket_s",
                       INCIDENT_WINDOW_BUCKETS_MAX);
    if (rules->burst_span_ns > rules->burst_window_ns)
        return err_set(err, -EINVAL, "--incident: burst_span_s is more than burst_window_s");
    return 0;
}
