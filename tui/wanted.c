/* SPDX-License-Identifier: BSD-2-Clause */
/* See wanted.h. */
#include "tui/wanted.h"

#include <string.h>

#include "tui/visit.h"

/* ---- which ---- */

static bool has(const struct sink_wish *wish, const struct connection_event *failure)
{
    for (uint32_t i = 0; i < wish->n_failures; i++)
        if (wish->failure[i] == failure)
            return true;
    return false;
}

/* Keeps them in the order of time. */
static void add(struct sink_wish *wish, const struct connection_event *failure, int64_t ts_ns,
                uint64_t n_alike)
{
    uint32_t place = wish->n_failures;

    if (place == SINK_WANTED_MAX || has(wish, failure))
        return;
    for (; place > 0 && wish->ts_ns[place - 1] > ts_ns; place--) {
        wish->failure[place] = wish->failure[place - 1];
        wish->ts_ns[place] = wish->ts_ns[place - 1];
        wish->n_alike[place] = wish->n_alike[place - 1];
    }
    wish->failure[place] = failure;
    wish->ts_ns[place] = ts_ns;
    wish->n_alike[place] = n_alike;
    wish->n_failures++;
}

static void add_entry(const struct model *model, struct sink_wish *wish,
                      const struct journal_entry *entry, uint64_t n_alike)
{
    struct filter_row row;

    if (!entry)
        return;
    row = filter_failure_row(&entry->failure);
    if (model->scene == SCENE_OVERVIEW &&
        !filter_matches(&model->filter, &row, model->shown.now_ns))
        return;
    add(wish, &entry->failure, entry->ts_ns, n_alike);
}

/* Failures of the group that are not kept any more: the oldest that is stands for them. */
static uint64_t count_forgotten(const struct journal *journal, const struct journal_group *group)
{
    uint64_t n_kept = 0;

    for (uint16_t i = group->newest; i != JOURNAL_NONE; i = journal->entry[i].older)
        n_kept += journal->entry[i].failure.count;
    return group->n_failures - n_kept;
}

static void add_group(const struct model *model, struct sink_wish *wish, const struct where_id *id)
{
    const struct journal *journal = model->journal;
    const struct journal_group *group = journal_group(journal, id);
    bool is_whole = model->scene != SCENE_OVERVIEW || model->filter.n_terms == 0;

    if (!group)
        return;
    for (uint16_t i = group->newest; i != JOURNAL_NONE; i = journal->entry[i].older)
        add_entry(model, wish, &journal->entry[i],
                  is_whole && i == group->oldest ? count_forgotten(journal, group) : 0);
}

static void add_marked(const struct model *model, struct sink_wish *wish)
{
    for (uint32_t i = 0; i < model->marks.n; i++) {
        const struct mark *mark = &model->marks.row[i];

        if (mark->kind == MARK_ENDPOINT)
            add_group(model, wish, &mark->endpoint);
        else if (mark->kind == MARK_FLOW)
            add_entry(model, wish, journal_find(model->journal, mark->number), 0);
    }
}

static void add_of_endpoint(const struct model *model, struct sink_wish *wish)
{
    for (uint32_t i = 0; i < model->view[PANE_FLOWS].n_rows; i++) {
        struct mark mark = mark_of(MARK_FLOW, model->visit.flow[i]);

        if (marks_have(&model->marks, &mark))
            add_entry(model, wish, visit_flow(model, i), 0);
    }
    if (wish->n_failures == 0)
        add_group(model, wish, &model->visit.endpoint);
}

static bool has_marked_rows(const struct model *model)
{
    return marks_count(&model->marks, MARK_ENDPOINT) + marks_count(&model->marks, MARK_FLOW) > 0;
}

static void add_of_overview(const struct model *model, struct sink_wish *wish)
{
    if (has_marked_rows(model)) {
        add_marked(model, wish);
    } else if (model->active == PANE_LATEST) {
        for (uint32_t i = 0; i < model->shown.n_latest; i++)
            add_entry(model, wish, journal_find(model->journal, model->shown.latest[i].flow_id), 0);
    } else {
        for (uint32_t i = 0; i < model->where.n; i++)
            add_group(model, wish, &model->where.id[i]);
    }
}

void wanted_packets(const struct model *model, struct sink_wish *wish)
{
    wish->kind = WISH_PACKETS;
    wish->n_failures = wish->n_incidents = 0;
    if (model->scene == SCENE_ENDPOINT)
        add_of_endpoint(model, wish);
    else if (model->scene == SCENE_OVERVIEW)
        add_of_overview(model, wish);
    else
        add(wish, &model->visit.failure, facts_last_ns(&model->visit.failure.facts), 0);
}

/* ---- what a report counts ---- */

static bool is_wanted(const struct sink_wish *wish, const struct where_id *id)
{
    for (uint32_t i = 0; i < wish->n_failures; i++) {
        const struct where_id of = {wish->failure[i]->server, wish->failure[i]->family};

        if (where_id_equal(&of, id))
            return true;
    }
    return false;
}

static void add_incidents(const struct model *model, struct sink_wish *wish, bool is_all)
{
    const struct journal *journal = model->journal;

    for (uint32_t i = 0; i < journal->n_incidents; i++) {
        const struct incident_event *incident = &journal->incident[i];
        const struct where_id id = {incident->server, incident->family};

        if (is_all || (incident->scope == SCOPE_ENDPOINT && is_wanted(wish, &id)))
            wish->incident[wish->n_incidents++] = incident;
    }
}

_Static_assert(SINK_WANTED_INCIDENTS_MAX >= JOURNAL_INCIDENTS_MAX, "all that are kept fit");

/* Attempts are counted by server, which may have several rows. */
static bool is_counted(const struct snapshot *counts, uint32_t n, const struct endpoint *server)
{
    for (uint32_t i = 0; i < n; i++)
        if (counts->endpoint[i].server.port == server->port &&
            ipaddr_equal(&counts->endpoint[i].server.addr, &server->addr))
            return true;
    return false;
}

/* Leaves the rows of what is wanted, and of the totals what they count. */
static void narrow(const struct sink_wish *wish, struct snapshot *counts)
{
    struct run_totals *total = &counts->total;
    uint64_t n_attempts = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < counts->n_endpoint_rows; i++) {
        const struct snapshot_endpoint row = counts->endpoint[i];
        const struct where_id id = {row.server, row.family};

        if (!is_wanted(wish, &id))
            continue;
        n_attempts += is_counted(counts, n, &row.server) ? 0 : row.n_attempts;
        counts->endpoint[n++] = row;
    }
    counts->n_endpoint_rows = counts->n_endpoints = n;
    total->n_failed = 0;
    memset(total->n_failed_by_family, 0, sizeof(total->n_failed_by_family));
    for (uint32_t i = 0; i < wish->n_failures; i++) {
        uint64_t n_failed = wish->failure[i]->count + wish->n_alike[i];

        total->n_failed += n_failed;
        total->n_failed_by_family[wish->failure[i]->family] += n_failed;
    }
    total->n_attempts = n_attempts > total->n_failed ? n_attempts : total->n_failed;
    total->n_ok = total->n_attempts - total->n_failed;
    total->n_incidents_opened = wish->n_incidents;
}

void wanted_report(const struct model *model, struct sink_wish *wish, struct snapshot *counts)
{
    bool is_all = model->scene == SCENE_OVERVIEW && model->active != PANE_LATEST &&
                  model->filter.n_terms == 0 && !has_marked_rows(model);

    wanted_packets(model, wish);
    wish->kind = WISH_REPORT;
    add_incidents(model, wish, is_all);
    *counts = model->taken;
    wish->snapshot = counts;
    if (!is_all)
        narrow(wish, counts);
}
