/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_model.h. Here: what is kept of each event; report_finish.c does the end. */
#include "sink/report_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sink/report_group.h"

static int compare_key(const struct report_group *group, const struct connection_event *event)
{
    int order = ipaddr_compare(&group->server.addr, &event->server.addr);

    if (order == 0)
        order =
            (group->server.port > event->server.port) - (group->server.port < event->server.port);
    if (order == 0)
        order = (group->family > event->family) - (group->family < event->family);
    return order;
}

/* Where the event's group is, or where it belongs. */
static uint32_t group_position(const struct report_model *model,
                               const struct connection_event *event, bool *is_found)
{
    uint32_t low = 0, high = model->n_groups;

    *is_found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_key(model->group[middle], event);

        if (order == 0) {
            *is_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* NULL where there is no room for one more. */
static struct report_group *find_group(struct report_model *model,
                                       const struct connection_event *event)
{
    bool is_found;
    uint32_t at = group_position(model, event, &is_found);
    struct report_group *group;

    if (is_found)
        return model->group[at];
    if (model->n_groups == REPORT_GROUPS_MAX)
        return NULL;
    if (!model->group)
        model->group = calloc(REPORT_GROUPS_MAX, sizeof(struct report_group *));
    group = model->group ? report_group_new() : NULL;
    if (!group)
        return NULL;
    group->server = event->server;
    group->family = event->family;
    memmove(model->group + at + 1, model->group + at,
            (model->n_groups - at) * sizeof(struct report_group *));
    model->group[at] = group;
    model->n_groups++;
    return group;
}

static void add_failure(struct report_model *model, const struct verdict_event *event)
{
    struct report_group *group = find_group(model, &event->connection);

    if (group) {
        report_group_add(group, event);
    } else {
        model->n_failures_lost += event->connection.count;
        model->is_group_lost = true;
    }
}

static void add_incident(struct report_model *model, const struct incident_event *event)
{
    uint32_t at = 0;

    while (at < model->n_incidents && model->incident[at].number != event->number)
        at++;
    if (at == model->n_incidents) {
        if (!model->incident)
            model->incident = calloc(REPORT_INCIDENTS_MAX, sizeof(struct incident_event));
        if (!model->incident || at == REPORT_INCIDENTS_MAX) {
            model->n_incidents_lost += event->phase == INCIDENT_OPEN;
            return;
        }
        model->n_incidents++;
    }
    model->incident[at] = *event;
}

void report_model_init(struct report_model *model)
{
    memset(model, 0, sizeof(*model));
    model->first_ns = model->last_ns = NS_NEVER;
}

void report_model_add(struct report_model *model, const struct verdict_event *event)
{
    if (event->kind == EVENT_INCIDENT)
        add_incident(model, &event->incident);
    else if (event->connection.is_failure)
        add_failure(model, event);
}

void report_model_clear(struct report_model *model)
{
    for (uint32_t i = 0; i < model->n_groups; i++)
        report_group_free(model->group[i]);
    for (uint32_t i = 0; i < model->n_rollups; i++)
        report_group_free(model->rollup[i]);
    free(model->group);
    free(model->rollup);
    free(model->entry);
    free(model->incident);
    report_model_init(model);
}
