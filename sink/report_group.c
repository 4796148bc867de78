/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_group.h. */
#include "sink/report_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"

struct report_group *report_group_new(void)
{
    struct report_group *group = calloc(1, sizeof(*group));

    if (group)
        group->n_endpoints = 1;
    return group;
}

void report_group_free(struct report_group *group)
{
    for (uint32_t i = 0; i < group->n_samples; i++)
        free(group->sample[i]);
    free(group);
}

const struct evidence *report_deciding_packet(const struct connection_event *event)
{
    for (unsigned i = 0; i < event->n_evidence; i++)
        if (event->evidence[i].is_odd)
            return &event->evidence[i];
    return NULL;
}

bool report_is_answered(const struct connection_event *event)
{
    return event->outcome == OUTCOME_REFUSED || event->outcome == OUTCOME_REJECTED;
}

static bool is_before_established(const struct connection_event *event)
{
    return event->stage == STAGE_SYN || event->stage == STAGE_SYNACK;
}

/*
 * When it went wrong, as far as one moment says it. An attempt that gets no good answer fails from
 * its start on: its conclusion is only our patience, and common starts show common causes.
 */
static int64_t failure_moment(const struct verdict_event *event)
{
    const struct connection_event *connection = &event->connection;
    const struct evidence *deciding = report_deciding_packet(connection);

    if (is_before_established(connection))
        return connection->facts.first_ns;
    return deciding ? deciding->mark.ts_ns : event->ts_ns;
}

static int64_t last_packet_ns(const struct connection_event *event, int64_t moment_ns)
{
    int64_t last_ns = moment_ns;

    for (unsigned side = 0; side < SIDE_COUNT; side++)
        if (event->facts.last_ns[side] > last_ns)
            last_ns = event->facts.last_ns[side];
    return last_ns;
}

static void add_figures(struct report_group *group, const struct connection_event *event,
                        int64_t moment_ns)
{
    const struct flow_facts *facts = &event->facts;
    const struct evidence *deciding = report_deciding_packet(event);
    int64_t until_ns = moment_ns;

    if (report_is_answered(event) && deciding)
        until_ns = deciding->mark.ts_ns;
    else if (is_before_established(event))
        until_ns = facts->last_ns[SIDE_CLIENT];
    report_spread_add(&group->delay_ns, report_span_ns(facts->first_ns, until_ns));
    report_spread_add(&group->amount, is_before_established(event)
                                          ? facts->side[SIDE_CLIENT].n_syn
                                          : (int64_t)facts->payload_bytes[SIDE_SERVER]);
}

static void add_mark(struct report_group *group, const struct connection_event *event)
{
    const struct evidence *deciding = report_deciding_packet(event);
    struct report_mark mark = {.frame = event->facts.first_frame, .verdict = event->verdict};

    if (deciding) {
        mark.frame = deciding->mark.frame;
        mark.ttl = deciding->mark.ttl;
        mark.ip_id = deciding->mark.ip_id;
    }
    if (group->n_marks > 0) {
        group->ttl_varies |= mark.ttl != group->mark[0].ttl;
        group->ip_id_varies |= mark.ip_id != group->mark[0].ip_id;
    }
    if (group->n_marks < REPORT_MARKS_MAX)
        group->mark[group->n_marks++] = mark;
}

static void add_client(struct report_group *group, const struct ipaddr *addr, uint64_t n)
{
    uint32_t i = 0;

    while (i < group->n_clients && !ipaddr_equal(&group->client[i].addr, addr))
        i++;
    if (i == REPORT_CLIENTS_MAX) {
        group->clients_capped = true;
        return;
    }
    if (i == group->n_clients)
        group->client[group->n_clients++].addr = *addr;
    group->client[i].n_failures += n;
}

static void add_sample(struct report_group *group, const struct connection_event *event)
{
    struct connection_event *copy;

    for (uint32_t i = 0; i < group->n_samples; i++)
        if (group->sample[i]->verdict == event->verdict)
            return;
    if (group->n_samples == REPORT_SAMPLES_MAX)
        return;
    copy = malloc(sizeof(*copy));
    if (!copy)
        return;
    *copy = *event;
    group->sample[group->n_samples++] = copy;
}

/* Before the failure itself is counted. */
static void add_confidence(struct report_group *group, unsigned id, unsigned confidence)
{
    if (group->n_by_verdict[id] == 0 || confidence < group->lowest[id])
        group->lowest[id] = (uint8_t)confidence;
}

void report_group_add(struct report_group *group, const struct verdict_event *event)
{
    const struct connection_event *connection = &event->connection;
    int64_t moment_ns = failure_moment(event);
    int64_t last_ns = last_packet_ns(connection, moment_ns);

    if (group->n_failures == 0 || moment_ns < group->first_ns)
        group->first_ns = moment_ns;
    if (group->n_failures == 0 || last_ns > group->last_ns)
        group->last_ns = last_ns;
    add_confidence(group, connection->verdict, connection->confidence);
    group->n_failures += connection->count;
    group->n_by_verdict[connection->verdict] += connection->count;
    report_series_add(&group->series, moment_ns, connection->count);
    add_figures(group, connection, moment_ns);
    add_mark(group, connection);
    add_client(group, &connection->client.addr, connection->count);
    add_sample(group, connection);
}

void report_group_merge(struct report_group *into, const struct report_group *from)
{
    if (into->n_failures == 0 || from->first_ns < into->first_ns)
        into->first_ns = from->first_ns;
    if (into->n_failures == 0 || from->last_ns > into->last_ns)
        into->last_ns = from->last_ns;
    into->n_failures += from->n_failures;
    for (unsigned id = 0; id < VERDICT_COUNT; id++) {
        if (from->n_by_verdict[id] > 0)
            add_confidence(into, id, from->lowest[id]);
        into->n_by_verdict[id] += from->n_by_verdict[id];
    }
    report_series_merge(&into->series, &from->series);
    report_spread_merge(&into->delay_ns, &from->delay_ns);
    report_spread_merge(&into->amount, &from->amount);
    into->ttl_varies |= from->ttl_varies;
    into->ip_id_varies |= from->ip_id_varies;
    for (uint32_t i = 0; i < from->n_marks && into->n_marks < REPORT_MARKS_MAX; i++)
        into->mark[into->n_marks++] = from->mark[i];
    for (uint32_t i = 0; i < from->n_clients; i++)
        add_client(into, &from->client[i].addr, from->client[i].n_failures);
    into->clients_capped |= from->clients_capped;
    for (uint32_t i = 0; i < from->n_samples; i++)
        add_sample(into, from->sample[i]);
}

enum verdict_id report_group_verdict(const struct report_group *group)
{
    unsigned most = 0;

    for (unsigned id = 1; id < VERDICT_COUNT; id++)
        if (group->n_by_verdict[id] > group->n_by_verdict[most])
            most = id;
    return (enum verdict_id)most;
}

const struct connection_event *report_group_sample(const struct report_group *group)
{
    enum verdict_id verdict = report_group_verdict(group);

    for (uint32_t i = 0; i < group->n_samples; i++)
        if (group->sample[i]->verdict == verdict)
            return group->sample[i];
    return group->n_samples ? group->sample[0] : NULL;
}

enum confidence report_group_confidence(const struct report_group *group)
{
    return (enum confidence)group->lowest[report_group_verdict(group)];
}
