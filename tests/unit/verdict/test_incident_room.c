/* SPDX-License-Identifier: BSD-2-Clause */
/* Incidents that find no room, what makes room for them, and what holds whatever comes. */
#include "outbreak_script.h"
#include "unit.h"
#include "verdict/incident.h"

static struct incident_config small_config(uint32_t n_endpoints, uint32_t n_incidents)
{
    return (struct incident_config){.n_endpoints = n_endpoints,
                                    .n_failing = n_endpoints,
                                    .n_incidents = n_incidents,
                                    .n_clients = 64,
                                    .n_client_marks = 256,
                                    .hash_key = {7}};
}

static void what_finds_no_slot_is_one_overflow_incident(void **state)
{
    struct incident_config config = small_config(64, 4);
    struct outbreak_stage stage;
    struct run_totals total = {0};

    (void)state;
    stage_open(&stage, &config);
    for (int64_t i = 0; i < 30; i++)
        for (uint32_t host = 0; host < 6; host++)
            stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000 + host,
                                                    .server = (host + 1) << 8,
                                                    .family = FAMILY_TIMEOUT});
    stage_finish(&stage, 30000);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_ENDPOINT), 3);
    assert_int_equal(stage_count(&stage, INCIDENT_OPEN, SCOPE_OVERFLOW), 1);
    assert_int_equal(stage_count(&stage, INCIDENT_CLOSE, SCOPE_OVERFLOW), 1);
    incident_count(stage.incidents, &total);
    assert_int_equal(total.n_incident_overflow, 3 * 20);
    for (uint32_t i = 0; i < stage.n_lines; i++) {
        if (stage.line[i].incident.scope != SCOPE_OVERFLOW)
            continue;
        assert_int_equal(stage.line[i].incident.family, FAMILY_TIMEOUT);
        if (stage.line[i].incident.phase == INCIDENT_CLOSE)
            assert_int_equal(stage.line[i].incident.n_failures, 3 * 20);
    }
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void busy_endpoints_are_not_pushed_out_and_quiet_ones_are(void **state)
{
    struct incident_config config = small_config(8, 4);
    struct outbreak_stage stage;
    struct run_totals total = {0};

    (void)state;
    stage_open(&stage, &config);
    for (uint32_t host = 0; host < 8; host++)
        stage_attempt(&stage, &(struct attempt){.at_ms = host, .server = (host + 1) << 8});
    stage_attempt(&stage, &(struct attempt){.at_ms = 60006, .server = 99 << 8});
    incident_count(stage.incidents, &total);
    assert_int_equal(total.n_incident_overflow, 0); /* host 1 was quiet for a minute */
    for (uint32_t host = 1; host < 8; host++)
        stage_attempt(&stage, &(struct attempt){.at_ms = 60007, .server = (host + 1) << 8});
    stage_attempt(&stage, &(struct attempt){.at_ms = 60008, .server = 98 << 8});
    incident_count(stage.incidents, &total);
    assert_int_equal(total.n_incident_overflow, 1);
    stage_attempt(&stage, &(struct attempt){.at_ms = 60009, .server = 97 << 8, .is_ok = true});
    stage_finish(&stage, 60010);
    assert_int_equal(stage_count(&stage, INCIDENT_CLOSE, SCOPE_OVERFLOW), 1);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void endpoints_that_are_pushed_out_give_their_clients_back(void **state)
{
    struct incident_config config = small_config(8, 4);
    struct outbreak_stage stage;

    (void)state;
    config.n_client_marks = 32;
    config.n_clients = 8;
    stage_open(&stage, &config);
    for (uint32_t host = 0; host < 200; host++)
        stage_attempt(&stage, &(struct attempt){.at_ms = host * 61000, .server = (host + 1) << 8});
    for (int64_t i = 0; i < 11; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = 20000000 + i * 1000, .server = 300 << 8});
    stage_finish(&stage, 20020000);
    assert_int_equal(stage.line[0].incident.n_clients, 1);
    assert_false(stage.line[0].incident.clients_capped);
    stage_close(&stage);
}

static void a_scan_goes_on_while_many_other_clients_fail(void **state)
{
    struct incident_config config = small_config(512, 8);
    struct outbreak_stage stage;

    (void)state;
    config.n_clients = 4;
    stage_open(&stage, &config);
    for (uint32_t i = 0; i < 55; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 100, .server = (i + 1) << 8});
    for (uint32_t i = 0; i < 20; i++)
        stage_attempt(
            &stage, &(struct attempt){.at_ms = 6000 + i * 100, .client = 2 + i, .server = 99 << 8});
    stage_attempt(&stage, &(struct attempt){.at_ms = 10100, .server = 200 << 8});
    assert_int_equal(stage.event.incident, 1);
    stage_finish(&stage, 11000);
    assert_int_equal(stage.n_lines, 2);
    assert_int_equal(stage.line[1].incident.n_failures, 56);
    stage_check_lines(&stage);
    stage_close(&stage);
}

/* Four slots: the fifth incident has that of the first. */
static void a_slot_that_was_given_on_takes_nothing_of_its_old_endpoint(void **state)
{
    struct incident_config config = small_config(16, 2);
    struct outbreak_stage stage;

    (void)state;
    config.n_client_marks = 8;
    stage_open(&stage, &config);
    for (int64_t round = 0; round < 5; round++)
        for (int64_t i = 0; i < 16; i++)
            stage_attempt(&stage, &(struct attempt){.at_ms = round * 80000 + i * 1000,
                                                    .server = (uint32_t)(round + 1) << 8});
    assert_int_equal(stage.event.incident, 5);
    assert_int_equal(stage_line(&stage, INCIDENT_OPEN, 4)->n_clients, 1);
    stage_attempt(&stage, &(struct attempt){.at_ms = 336000, .server = 1 << 8});
    assert_int_equal(stage.event.incident, 0);
    stage_finish(&stage, 337000);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 4)->n_failures, 16);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static void an_endpoint_with_an_open_incident_is_never_pushed_out(void **state)
{
    struct incident_config config = small_config(8, 4);
    struct outbreak_stage stage;

    (void)state;
    stage_open(&stage, &config);
    for (int64_t i = 0; i < 11; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i * 1000});
    stage_attempt(&stage, &(struct attempt){.at_ms = 65000, .late_ms = -1000});
    for (int64_t host = 0; host < 40; host++)
        stage_attempt(&stage, &(struct attempt){.at_ms = 66000 + host * 61000,
                                                .late_ms = -host * 61000,
                                                .server = (uint32_t)(host + 2) << 8,
                                                .is_ok = true});
    stage_attempt(&stage, &(struct attempt){.at_ms = 66001});
    stage_finish(&stage, 67000);
    assert_int_equal(stage_line(&stage, INCIDENT_CLOSE, 0)->n_failures, 13);
    stage_check_lines(&stage);
    stage_close(&stage);
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

/* Attempts of all kinds: a fifth of the servers is in trouble at a time, and one client scans. */
static void play_random(struct outbreak_stage *stage, uint32_t seed, unsigned n)
{
    uint32_t random = seed;
    int64_t now_ms = 0;

    for (unsigned i = 0; i < n; i++) {
        uint32_t trouble = (uint32_t)(now_ms / 70000) % 5;
        uint32_t server = next_random(&random) % 110;
        uint32_t dice = next_random(&random);
        bool is_scan = i % 8 == 0 && now_ms % 400000 < 100000;
        struct attempt attempt = {
            .at_ms = now_ms,
            .late_ms = dice % 3 ? 0 : 2500,
            .is_ok = !is_scan && (server % 5 != trouble || dice % 4 == 0),
            .family = dice % 7 && !is_scan ? FAMILY_TIMEOUT : FAMILY_REFUSED,
            .confidence = CONFIDENCE_POSSIBLE + dice % 3,
            .client = is_scan ? 41 : 1 + dice % 40,
            .server = (1 + server % 2) << 8 | server,
            .port = is_scan ? (uint16_t)(1000 + dice % 100) : 80,
        };

        stage_attempt(stage, &attempt);
        now_ms += dice % (i % 4096 == 4095 ? 400000 : 30);
    }
    stage_finish(stage, now_ms + 5000);
}

static void what_3_5_promises_holds_for_random_scripts(void **state)
{
    struct incident_config tight = small_config(200, 16);
    struct incident_config roomy = small_config(2000, 256);
    uint32_t n_opened[INCIDENT_SCOPE_COUNT] = {0}, n_updates = 0, n_reopened = 0;

    (void)state;
    for (uint32_t seed = 1; seed <= 6; seed++) {
        struct outbreak_stage stage;
        struct run_totals total = {0};

        stage_open(&stage, seed % 2 ? &tight : &roomy);
        play_random(&stage, seed, 20000);
        stage_check_lines(&stage);
        incident_count(stage.incidents, &total);
        assert_int_equal(total.n_incidents_opened, total.n_incidents_closed);
        for (uint32_t i = 0; i < stage.n_lines; i++) {
            const struct incident_event *line = &stage.line[i].incident;

            n_opened[line->scope] += line->phase == INCIDENT_OPEN;
            n_updates += line->phase == INCIDENT_UPDATE;
            n_reopened += line->phase == INCIDENT_CLOSE && line->n_reopened;
        }
        stage_close(&stage);
    }
    /* The scripts reach everything that they are meant to check. */
    for (unsigned i = 0; i < INCIDENT_SCOPE_COUNT; i++)
        assert_true(n_opened[i] > 0);
    assert_true(n_updates > 0 && n_reopened > 0);
}

/* Field by field: what is between them is anybody's. */
static void assert_same_line(const struct incident_event *a, const struct incident_event *b)
{
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->phase, b->phase);
    assert_int_equal(a->scope, b->scope);
    assert_int_equal(a->rule, b->rule);
    assert_int_equal(a->family, b->family);
    assert_true(ipaddr_equal(&a->server.addr, &b->server.addr));
    assert_int_equal(a->server.port, b->server.port);
    assert_true(ipaddr_equal(&a->client, &b->client));
    assert_int_equal(a->first_ns, b->first_ns);
    assert_int_equal(a->opened_ns, b->opened_ns);
    assert_int_equal(a->last_ns, b->last_ns);
    assert_int_equal(a->closed_ns, b->closed_ns);
    assert_int_equal(a->n_failures, b->n_failures);
    assert_int_equal(a->n_attempts, b->n_attempts);
    assert_int_equal(a->n_clients, b->n_clients);
    assert_int_equal(a->close_reason, b->close_reason);
    assert_int_equal(a->n_top_clients, b->n_top_clients);
    for (unsigned i = 0; i < a->n_top_clients; i++) {
        assert_true(ipaddr_equal(&a->top_client[i].addr, &b->top_client[i].addr));
        assert_int_equal(a->top_client[i].n_failures, b->top_client[i].n_failures);
    }
    assert_int_equal(a->n_samples, b->n_samples);
    for (unsigned i = 0; i < a->n_samples; i++)
        assert_int_equal(a->sample[i].flow_id, b->sample[i].flow_id);
    assert_int_equal(a->n_related, b->n_related);
    for (unsigned i = 0; i < a->n_related; i++)
        assert_int_equal(a->related[i], b->related[i]);
}

static void the_hash_seed_changes_no_line(void **state)
{
    struct incident_config config = small_config(200, 16);
    struct outbreak_stage a, b;

    (void)state;
    stage_open(&a, &config);
    config.hash_key.seed = 12345;
    stage_open(&b, &config);
    play_random(&a, 3, 20000);
    play_random(&b, 3, 20000);
    assert_int_equal(a.n_lines, b.n_lines);
    for (uint32_t i = 0; i < a.n_lines; i++)
        assert_same_line(&a.line[i].incident, &b.line[i].incident);
    stage_close(&a);
    stage_close(&b);
}

static void no_minute_has_more_lines_than_there_are_slots(void **state)
{
    struct outbreak_stage stage;
    int64_t from_ns;
    uint32_t n = 0;

    (void)state;
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < 100000; i++)
        stage_attempt(&stage, &(struct attempt){.at_ms = i / 8,
                                                .client = 1 + i / 16 % 5000,
                                                .server = (1 + i % 1000) << 8});
    stage_finish(&stage, 12500);
    from_ns = stage.line[0].ts_ns;
    for (uint32_t i = 0; i < stage.n_lines; i++) {
        n += stage.line[i].incident.phase == INCIDENT_OPEN;
        assert_true(stage.line[i].ts_ns - from_ns < 60 * NS_PER_S);
    }
    assert_int_equal(n, 256);
    stage_check_lines(&stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_finds_no_slot_is_one_overflow_incident),
        cmocka_unit_test(busy_endpoints_are_not_pushed_out_and_quiet_ones_are),
        cmocka_unit_test(endpoints_that_are_pushed_out_give_their_clients_back),
        cmocka_unit_test(a_scan_goes_on_while_many_other_clients_fail),
        cmocka_unit_test(a_slot_that_was_given_on_takes_nothing_of_its_old_endpoint),
        cmocka_unit_test(an_endpoint_with_an_open_incident_is_never_pushed_out),
        cmocka_unit_test(what_3_5_promises_holds_for_random_scripts),
        cmocka_unit_test(the_hash_seed_changes_no_line),
        cmocka_unit_test(no_minute_has_more_lines_than_there_are_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
