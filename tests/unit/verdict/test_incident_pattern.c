/* SPDX-License-Identifier: BSD-2-Clause */
/* How an incident's failures lie in time: in step, with load; and how long nothing worked. */
#include "base/compiler.h"
#include "outbreak_script.h"
#include "unit.h"
#include "verdict/explain.h"

/* `n_ok` attempts that work and `n_failed` that are reset, over the ten seconds from `from_ms`. */
static void play_bucket(struct outbreak_stage *stage, int64_t from_ms, unsigned n_ok,
                        unsigned n_failed)
{
    unsigned n = n_ok + n_failed; /* may be 0 */

    for (unsigned i = 0; i < n; i++) {
        struct attempt attempt = {.at_ms = from_ms + 9000 * i / n, .family = FAMILY_RESET};

        attempt.is_ok = i * n_ok / n != (i + 1) * n_ok / n;
        attempt.client = 1 + i % 7;
        stage_attempt(stage, &attempt);
    }
}

static const struct incident_event *last_line(const struct outbreak_stage *stage)
{
    assert_true(stage->n_lines > 0);
    return &stage->line[stage->n_lines - 1].incident;
}

struct load_row {
    const char *name;
    unsigned n_ok[6], n_failed[6];
    enum incident_pattern pattern;
};

static const struct load_row load_rows[] = {
    {"a greater share the more there are",
     {19, 19, 19, 68, 68, 68},
     {1, 1, 1, 12, 12, 12},
     PATTERN_LOAD},
    {"not three times the share", {19, 19, 19, 69, 68, 68}, {1, 1, 1, 11, 12, 12}, PATTERN_NONE},
    {"in five buckets", {0, 19, 19, 68, 68, 68}, {0, 1, 1, 12, 12, 12}, PATTERN_NONE},
    {"the same share of more", {18, 18, 18, 90, 90, 90}, {2, 2, 2, 10, 10, 10}, PATTERN_NONE},
    {"a greater share of as many", {19, 19, 19, 10, 10, 10}, {1, 1, 1, 10, 10, 10}, PATTERN_NONE},
    {"nothing works, and clients try more often",
     {0, 0, 0, 0, 0, 0},
     {5, 5, 5, 40, 40, 40},
     PATTERN_NONE},
};

static void failures_follow_load_when_their_share_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(load_rows); i++) {
        struct outbreak_stage stage;

        print_message("  %s\n", load_rows[i].name);
        stage_open(&stage, NULL);
        for (int64_t k = 0; k < 6; k++)
            play_bucket(&stage, k * 10000, load_rows[i].n_ok[k], load_rows[i].n_failed[k]);
        stage_finish(&stage, 61000);
        assert_int_equal(last_line(&stage)->pattern, load_rows[i].pattern);
        stage_close(&stage);
    }
}

/* A health check against a dead port; `n_extra` failures of others between. */
static void probes_in_step_are_periodic(void **state)
{
    static const unsigned n_extra[] = {0, 1};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(n_extra); i++) {
        struct outbreak_stage stage;
        char buffer[256];
        struct text text = TEXT_OF(buffer);

        stage_open(&stage, NULL);
        for (int64_t k = 0; k < 30; k++) {
            stage_attempt(&stage, &(struct attempt){.at_ms = k * 5000});
            if (k == 27 && n_extra[i])
                stage_attempt(&stage, &(struct attempt){.at_ms = k * 5000 + 900});
        }
        stage_finish(&stage, 150000);
        explain_incident_message(last_line(&stage), &text);
        assert_int_equal(last_line(&stage)->period_ns, n_extra[i] ? 0 : 5 * NS_PER_S);
        assert_int_equal(last_line(&stage)->pattern, n_extra[i] ? PATTERN_NONE : PATTERN_PERIODIC);
        assert_int_equal(strstr(buffer, "one every 5") != NULL, !n_extra[i]);
        stage_close(&stage);
    }
}

struct outage_row {
    const char *name;
    int64_t ok_ms[4]; /* 0 ends */
    int64_t outage_ms;
};

/* A failure each second from 1 s to 20 s. */
static const struct outage_row outage_rows[] = {
    {"back three seconds after the last failure", {23000, 24000}, 22000},
    {"and it worked before", {500, 23000, 24000}, 22000},
    {"one attempt worked between", {10500, 23000}, 0},
    {"nothing works again", {0}, 0},
};

static void a_restart_has_a_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outage_rows); i++) {
        struct outbreak_stage stage;
        size_t next = 0;

        print_message("  %s\n", outage_rows[i].name);
        stage_open(&stage, NULL);
        for (int64_t ms = 0; ms < 30000; ms += 500) {
            bool is_ok = next < 4 && outage_rows[i].ok_ms[next] == ms && ms > 0;

            next += is_ok;
            if (is_ok || (ms % 1000 == 0 && ms >= 1000 && ms <= 20000))
                stage_attempt(&stage, &(struct attempt){.at_ms = ms, .is_ok = is_ok});
        }
        stage_finish(&stage, 200000);
        assert_int_equal(last_line(&stage)->phase, INCIDENT_CLOSE);
        assert_int_equal(last_line(&stage)->outage_ns, outage_rows[i].outage_ms * NS_PER_MS);
        stage_close(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_follow_load_when_their_share_does),
        cmocka_unit_test(probes_in_step_are_periodic),
        cmocka_unit_test(a_restart_has_a_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
