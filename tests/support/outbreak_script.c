/* SPDX-License-Identifier: BSD-2-Clause */
/* See outbreak_script.h. */
#include "outbreak_script.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void keep_line(void *ctx, const struct verdict_event *event)
{
    struct outbreak_stage *stage = ctx;

    assert_int_equal(event->kind, EVENT_INCIDENT);
    assert_true(stage->n_lines < SCRIPT_LINES_MAX);
    stage->line[stage->n_lines++] = *event;
}

void stage_open(struct outbreak_stage *stage, const struct incident_config *config)
{
    struct incident_config fallback = incident_config_default();
    size_t cost_bytes;

    fallback.hash_key.seed = 7;
    config = config ? config : &fallback;
    cost_bytes = incidents_cost_bytes(config);
    *stage = (struct outbreak_stage){.emitter = {stage, keep_line}};
    assert_int_equal(arena_map(&stage->arena, cost_bytes, NULL, NULL), 0);
    stage->incidents = incidents_create(&stage->arena, config);
    assert_non_null(stage->incidents);
    assert_int_equal(stage->arena.used_bytes, cost_bytes);
    stage->line = calloc(SCRIPT_LINES_MAX, sizeof(*stage->line));
    assert_non_null(stage->line);
}

void stage_close(struct outbreak_stage *stage)
{
    free(stage->line);
    arena_unmap(&stage->arena);
}

static struct ipaddr address(uint8_t first, uint32_t rest)
{
    uint8_t bytes[4] = {first, (uint8_t)(rest >> 16), (uint8_t)(rest >> 8), (uint8_t)rest};

    return ipaddr_from_v4(bytes);
}

void stage_attempt(struct outbreak_stage *stage, const struct attempt *attempt)
{
    int64_t ts_ns = script_ns(attempt->at_ms);
    struct endpoint server = {address(192, attempt->server ? attempt->server : 1),
                              attempt->port ? attempt->port : 80};
    struct ipaddr client = address(10, attempt->client ? attempt->client : 1);
    struct connection_event *event = &stage->event;

    incident_tick(stage->incidents, ts_ns + attempt->late_ms * NS_PER_MS, &stage->emitter);
    if (attempt->is_ok || attempt->is_open)
        incident_attempt(stage->incidents, &client, &server, ts_ns);
    if (attempt->is_ok || attempt->is_alive)
        incident_success(stage->incidents, &client, &server, ts_ns);
    if (attempt->is_ok || attempt->is_open || attempt->is_alive)
        return;
    stage->n_failures++;
    *event = (struct connection_event){
        .is_failure = true,
        .family = attempt->family,
        .verdict = attempt->verdict ? attempt->verdict : VERDICT_REFUSED_CLOSED_PORT,
        .confidence = attempt->confidence ? attempt->confidence : CONFIDENCE_CERTAIN,
        .flow_id = stage->n_failures,
        .client = {client, 40000},
        .server = server,
        .n_evidence = 1,
        .evidence = {{.mark.frame = stage->n_failures * 2}},
    };
    if (attempt->established_ms) {
        event->facts.bits = FACT_ESTABLISHED | FACT_SYNACK_SEEN;
        event->facts.first_ns = script_ns(attempt->established_ms);
    }
    incident_add(stage->incidents, event, ts_ns);
}

void stage_tick(struct outbreak_stage *stage, int64_t at_ms)
{
    incident_tick(stage->incidents, script_ns(at_ms), &stage->emitter);
}

void stage_finish(struct outbreak_stage *stage, int64_t at_ms)
{
    incident_finish(stage->incidents, script_ns(at_ms), CLOSE_END_OF_INPUT, &stage->emitter);
}

const struct incident_event *stage_line(const struct outbreak_stage *stage,
                                        enum incident_phase phase, uint32_t n)
{
    for (uint32_t i = 0; i < stage->n_lines; i++)
        if (stage->line[i].incident.phase == phase && n-- == 0)
            return &stage->line[i].incident;
    return NULL;
}

uint32_t stage_count(const struct outbreak_stage *stage, enum incident_phase phase,
                     enum incident_scope scope)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < stage->n_lines; i++)
        n += stage->line[i].incident.phase == phase && stage->line[i].incident.scope == scope;
    return n;
}

static const struct incident_event *previous_line(const struct outbreak_stage *stage,
                                                  uint32_t before, uint32_t number)
{
    while (before-- > 0)
        if (stage->line[before].incident.number == number)
            return &stage->line[before].incident;
    return NULL;
}

static void check_line(const struct outbreak_stage *stage, uint32_t i)
{
    const struct incident_event *line = &stage->line[i].incident;
    const struct incident_event *before = previous_line(stage, i, line->number);
    uint64_t n_by_verdict = 0;

    assert_true(line->number > 0);
    assert_true(line->n_failures <= line->n_attempts);
    assert_true(line->first_ns <= line->last_ns && line->first_ns <= line->opened_ns);
    assert_true(line->delta_ns >= 0);
    assert_int_equal(line->n_failures_delta, line->n_failures - (before ? before->n_failures : 0));
    assert_int_equal(line->phase == INCIDENT_CLOSE, line->closed_ns != NS_NEVER);
    assert_int_equal(line->phase == INCIDENT_CLOSE, line->close_reason != CLOSE_NONE);
    assert_true(line->n_clients > 0 || line->clients_capped);
    assert_true(line->n_samples > 0);
    for (unsigned v = 0; v < line->n_verdicts; v++)
        n_by_verdict += line->verdict[v].n;
    assert_int_equal(n_by_verdict, line->n_failures);
    if (line->phase == INCIDENT_OPEN) {
        assert_true(!before || before->phase == INCIDENT_CLOSE);
        return;
    }
    assert_non_null(before);
    assert_int_not_equal(before->phase, INCIDENT_CLOSE);
    assert_true(line->n_failures >= before->n_failures);
    assert_true(line->n_attempts >= before->n_attempts);
    assert_true(stage->line[i].ts_ns >= before->opened_ns);
}

void stage_check_lines(const struct outbreak_stage *stage)
{
    struct run_totals total = {0};
    uint64_t n_opened = 0, n_closed = 0;

    for (uint32_t i = 0; i < stage->n_lines; i++) {
        check_line(stage, i);
        n_opened += stage->line[i].incident.phase == INCIDENT_OPEN;
        n_closed += stage->line[i].incident.phase == INCIDENT_CLOSE;
    }
    incident_count(stage->incidents, &total);
    assert_int_equal(total.n_incidents_opened, n_opened);
    assert_int_equal(total.n_incidents_closed, n_closed);
}
