/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines about an incident: open, update, close. See json_line.h. */
#include "base/compiler.h"
#include "sink/json_line.h"
#include "verdict/explain.h"

static json_t *server(const struct incident_event *event)
{
    return event->scope == SCOPE_ENDPOINT ? json_endpoint(&event->server) : json_null();
}

static json_t *client(const struct incident_event *event)
{
    return event->scope == SCOPE_CLIENT ? json_address(&event->client) : json_null();
}

static json_t *network(const struct incident_event *event)
{
    char buffer[IPADDR_TEXT_BYTES];

    if (event->scope != SCOPE_NETWORK)
        return json_null();
    return json_sprintf("%s/%d", ipaddr_format(&event->server.addr, buffer),
                        ipaddr_is_v4(&event->server.addr) ? 24 : 64);
}

static double ratio(const struct incident_event *event)
{
    return event->n_attempts > 0 ? (double)event->n_failures / (double)event->n_attempts : 0;
}

static json_t *top_clients(const struct incident_event *event)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < event->n_top_clients; i++)
        json_array_append_new(array, json_pack("{s:o, s:I}", "ip",
                                               json_address(&event->top_client[i].addr), "failures",
                                               json_count(event->top_client[i].n_failures)));
    return array;
}

static json_t *verdicts(const struct incident_event *event)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < event->n_verdicts; i++)
        json_object_set_new(object, verdict_row(event->verdict[i].id)->slug,
                            json_integer(json_count(event->verdict[i].n)));
    return object;
}

static json_t *samples(const struct run_info *run, const struct incident_event *event)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < event->n_samples; i++)
        json_array_append_new(
            array,
            json_pack("{s:o, s:o, s:o}", "flow_id", json_flow_id(event->sample[i].flow_id),
                      "community_id",
                      json_community_id(run, IANA_TCP, &event->sample[i].client,
                                        &event->sample[i].server),
                      "frames", json_frames(event->sample[i].frame, INCIDENT_SAMPLE_FRAMES)));
    return array;
}

static json_t *related(const struct run_info *run, const struct incident_event *event)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < event->n_related; i++)
        json_array_append_new(array, json_incident_id(run, event->related[i]));
    return array;
}

/* Nanoseconds, null for none. */
static json_t *json_span(int64_t span_ns)
{
    return span_ns ? json_integer(span_ns) : json_null();
}

/* Which one, and its life so far. */
static json_t *identity(const struct run_info *run, const struct incident_event *event)
{
    return json_pack(
        "{s:o, s:I, s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "id",
        json_incident_id(run, event->number), "number", json_count(event->number), "phase",
        incident_phase_name(event->phase), "scope", incident_scope_name(event->scope), "rule",
        incident_rule_name(event->rule), "family", family_name(event->family), "server",
        server(event), "client", client(event), "network", network(event), "first_ts",
        json_stamp(run, event->first_ns), "opened_ts", json_stamp(run, event->opened_ns), "last_ts",
        json_stamp(run, event->last_ns), "closed_ts", json_stamp(run, event->closed_ns), "updates",
        json_count(event->n_updates), "reopened", json_count(event->n_reopened));
}

/* What belongs to it. */
static json_t *contents(const struct run_info *run, const struct incident_event *event)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:f, s:I, s:b, s:o, s:o, s:s, s:o, s:o, s:s?, s:s?, s:o, s:o}",
        "failures", json_count(event->n_failures), "failures_delta",
        json_count(event->n_failures_delta), "delta_ns", (json_int_t)event->delta_ns, "attempts",
        json_count(event->n_attempts), "ratio", ratio(event), "clients",
        json_count(event->n_clients), "clients_capped", event->clients_capped, "top_clients",
        top_clients(event), "verdicts", verdicts(event), "confidence",
        confidence_name(event->confidence), "samples", samples(run, event), "related",
        related(run, event), "close_reason", close_reason_name(event->close_reason), "pattern",
        incident_pattern_name(event->pattern), "period_ns", json_span(event->period_ns),
        "outage_ns", json_span(event->outage_ns));
}

void json_build_incident(struct json_line *line, const struct run_info *run,
                         const struct incident_event *event)
{
    struct text text = TEXT_OF(line->message);
    json_t *incident = identity(run, event);

    json_object_update(incident, contents(run, event));
    line->event = "incident";
    line->severity = event->phase == INCIDENT_CLOSE ? "notice" : "error";
    explain_incident_message(event, &text);
    json_add(json_begin(line, run), "incident", incident);
}
