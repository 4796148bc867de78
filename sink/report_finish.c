/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of the model (report_model.h): groups, incidents and the last snapshot are joined. */
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sink/report_group.h"
#include "sink/report_model.h"

/* A failure this long before the first one of an incident may still be of the same making. */
#define FOLD_SLACK_NS (60 * NS_PER_S)

#define NETWORK_V4_BYTES 15 /* of the 16: a /24 in the mapped form */
#define NETWORK_V6_BYTES 8  /* a /64 */

static bool is_same_server(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}

static bool has_failed(const struct report_model *model, const struct endpoint *server)
{
    for (uint32_t i = 0; i < model->n_groups; i++)
        if (is_same_server(&model->group[i]->server, server))
            return true;
    return false;
}

/* The targets of a scan have no row of failures in the snapshot; they are not healthy for that. */
static void take_healthy(struct report_model *model, const struct snapshot *final)
{
    for (uint32_t i = 0; i < final->n_endpoint_rows && !model->is_group_lost; i++) {
        const struct snapshot_endpoint *row = &final->endpoint[i];

        if (row->family == FAMILY_NONE && row->n_attempts > 0 && !has_failed(model, &row->server))
            model->healthy[model->n_healthy++] =
                (struct report_healthy){row->server, row->n_attempts};
    }
    model->is_healthy_cut = final->n_endpoint_rows == SNAPSHOT_ENDPOINTS_MAX;
}

static int compare_healthy(const void *a, const void *b)
{
    const struct report_healthy *x = a, *y = b;

    if (x->n_attempts != y->n_attempts)
        return x->n_attempts < y->n_attempts ? 1 : -1;
    if (!ipaddr_equal(&x->server.addr, &y->server.addr))
        return ipaddr_compare(&x->server.addr, &y->server.addr);
    return x->server.port - y->server.port;
}

static void take_attempts(struct report_group *group, const struct snapshot *final)
{
    for (uint32_t i = 0; i < final->n_endpoint_rows && group->n_attempts == 0; i++)
        if (is_same_server(&final->endpoint[i].server, &group->server))
            group->n_attempts = final->endpoint[i].n_attempts;
    if (group->n_attempts == 0 && group->incident)
        group->n_attempts = group->incident->n_attempts;
    /* Connections picked up midstream can fail, but nobody saw them being attempted. */
    if (group->n_attempts > 0 && group->n_attempts < group->n_failures)
        group->n_attempts = group->n_failures;
}

static struct report_group *group_of_incident(const struct report_model *model,
                                              const struct incident_event *incident)
{
    for (uint32_t i = 0; i < model->n_groups; i++)
        if (model->group[i]->family == incident->family &&
            is_same_server(&model->group[i]->server, &incident->server))
            return model->group[i];
    return NULL;
}

/* A group for an incident that has none of its own: of a client, a network, or found no room. */
static struct report_group *add_rollup(struct report_model *model,
                                       const struct incident_event *incident)
{
    struct report_group *group = report_group_new();

    if (!group)
        return NULL;
    group->server = incident->server;
    group->family = incident->family;
    group->n_endpoints = 0;
    model->rollup[model->n_rollups++] = group;
    return group;
}

static bool is_in_network(const struct ipaddr *addr, const struct ipaddr *network)
{
    size_t n_bytes = ipaddr_is_v4(network) ? NETWORK_V4_BYTES : NETWORK_V6_BYTES;

    return ipaddr_is_v4(addr) == ipaddr_is_v4(network) &&
           memcmp(addr->bytes, network->bytes, n_bytes) == 0;
}

static bool belongs_to(const struct report_group *group, const struct incident_event *incident)
{
    if (group->is_folded || report_span_ns(group->last_ns, incident->first_ns) > FOLD_SLACK_NS ||
        report_span_ns(incident->last_ns, group->first_ns) > FOLD_SLACK_NS)
        return false;
    if (incident->scope == SCOPE_CLIENT)
        return group->family != FAMILY_RST_FORGED && group->n_clients == 1 &&
               ipaddr_equal(&group->client[0].addr, &incident->client);
    return incident->scope == SCOPE_NETWORK && group->family == incident->family &&
           is_in_network(&group->server.addr, &incident->server.addr);
}

static void fold_into(struct report_model *model, struct report_group *rollup,
                      const struct incident_event *incident)
{
    for (uint32_t i = 0; i < model->n_groups; i++) {
        struct report_group *group = model->group[i];

        if (!belongs_to(group, incident))
            continue;
        group->is_folded = true;
        report_group_merge(rollup, group);
        rollup->n_endpoints++;
        rollup->n_attempts += group->n_attempts;
    }
}

/* What the incident knows better than the groups that were folded into its own: failures that found
 * no room in a group are its, as far as it counted more than they have. */
static void take_incident_figures(struct report_model *model, struct report_group *group)
{
    const struct incident_event *incident = group->incident;
    uint64_t n_missing =
        incident->n_failures > group->n_failures ? incident->n_failures - group->n_failures : 0;

    if (group->n_attempts < incident->n_attempts)
        group->n_attempts = incident->n_attempts;
    if (group->n_failures == 0) {
        group->first_ns = incident->first_ns;
        group->last_ns = incident->last_ns;
        for (uint8_t i = 0; i < incident->n_verdicts; i++)
            group->lowest[incident->verdict[i].id] = (uint8_t)incident->confidence;
    } else if (n_missing > model->n_failures_lost) {
        n_missing = model->n_failures_lost;
    }
    group->n_failures += n_missing;
    group->n_by_verdict[incident->n_verdicts ? incident->verdict[0].id
                                             : report_group_verdict(group)] += n_missing;
    model->n_failures_lost -=
        n_missing < model->n_failures_lost ? n_missing : model->n_failures_lost;
}

static void take_incidents(struct report_model *model)
{
    if (model->n_incidents == 0)
        return;
    model->rollup = calloc(model->n_incidents, sizeof(struct report_group *));
    for (uint32_t i = 0; model->rollup && i < model->n_incidents; i++) {
        const struct incident_event *incident = &model->incident[i];
        struct report_group *group = NULL;

        if (incident->scope == SCOPE_ENDPOINT)
            group = group_of_incident(model, incident);
        if (!group)
            group = add_rollup(model, incident);
        if (group && group->n_incidents++ == 0)
            group->incident = incident;
    }
    for (uint32_t i = 0; i < model->n_rollups; i++) {
        fold_into(model, model->rollup[i], model->rollup[i]->incident);
        take_incident_figures(model, model->rollup[i]);
    }
}

/* Whether anything is known to have come from the group's server. */
static bool is_host_heard(const struct report_model *model, const struct report_group *group)
{
    for (uint32_t i = 0; i < model->n_groups; i++) {
        const struct report_group *other = model->group[i];

        if (ipaddr_equal(&other->server.addr, &group->server.addr) &&
            (other->family != FAMILY_TIMEOUT || other->n_attempts != other->n_failures))
            return true;
    }
    for (uint32_t i = 0; i < model->n_healthy; i++)
        if (ipaddr_equal(&model->healthy[i].server.addr, &group->server.addr))
            return true;
    return model->is_healthy_cut;
}

/* Forged first, then incidents by failures, then the rest by failures; the key breaks ties. */
static int compare_entries(const void *a, const void *b)
{
    const struct report_group *x = *(struct report_group *const *)a;
    const struct report_group *y = *(struct report_group *const *)b;
    int order;

    if (!x->incident != !y->incident)
        return x->incident ? -1 : 1;
    if ((x->family == FAMILY_RST_FORGED) != (y->family == FAMILY_RST_FORGED))
        return x->family == FAMILY_RST_FORGED ? -1 : 1;
    if (x->n_failures != y->n_failures)
        return x->n_failures < y->n_failures ? 1 : -1;
    if (x->incident && x->incident->number != y->incident->number)
        return x->incident->number < y->incident->number ? -1 : 1;
    order = ipaddr_compare(&x->server.addr, &y->server.addr);
    if (order == 0)
        order = x->server.port - y->server.port;
    return order ? order : (int)x->family - (int)y->family;
}

static void make_entries(struct report_model *model)
{
    model->entry =
        calloc((size_t)model->n_groups + model->n_rollups + 1, sizeof(struct report_group *));
    if (!model->entry)
        return;
    for (uint32_t i = 0; i < model->n_groups; i++)
        if (!model->group[i]->is_folded)
            model->entry[model->n_entries++] = model->group[i];
    for (uint32_t i = 0; i < model->n_rollups; i++)
        model->entry[model->n_entries++] = model->rollup[i];
    qsort(model->entry, model->n_entries, sizeof(struct report_group *), compare_entries);
    while (model->n_incident_entries < model->n_entries &&
           model->entry[model->n_incident_entries]->incident)
        model->n_incident_entries++;
}

void report_model_finish(struct report_model *model, const struct snapshot *final)
{
    take_healthy(model, final);
    qsort(model->healthy, model->n_healthy, sizeof(model->healthy[0]), compare_healthy);
    for (uint32_t i = 0; i < model->n_groups; i++) {
        struct report_group *group = model->group[i];

        take_attempts(group, final);
        if (model->first_ns == NS_NEVER || group->first_ns < model->first_ns)
            model->first_ns = group->first_ns;
        if (model->last_ns == NS_NEVER || group->last_ns > model->last_ns)
            model->last_ns = group->last_ns;
    }
    take_incidents(model);
    for (uint32_t i = 0; i < model->n_groups; i++) {
        struct report_group *group = model->group[i];

        take_attempts(group, final);
        group->is_host_silent = group->family == FAMILY_TIMEOUT && !is_host_heard(model, group);
    }
    make_entries(model);
}
