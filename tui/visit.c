/* SPDX-License-Identifier: BSD-2-Clause */
/* See visit.h. */
#include "tui/visit.h"

#include <string.h>

#include "tui/dump.h"

const struct journal_entry *visit_flow(const struct model *model, uint32_t i)
{
    return i < model->view[PANE_FLOWS].n_rows ? journal_find(model->journal, model->visit.flow[i])
                                              : NULL;
}

const struct journal_entry *visit_newest(const struct model *model)
{
    const struct journal_entry *entry = NULL;

    for (uint32_t i = 0; i < model->view[PANE_FLOWS].n_rows && !entry; i++)
        entry = visit_flow(model, i);
    return entry;
}

const struct snapshot_endpoint *visit_endpoint(const struct model *model)
{
    uint32_t i = order_find(&model->where, &model->visit.endpoint);

    return i < model->where.n ? model_where_at(model, i) : NULL;
}

void visit_refresh(struct model *model)
{
    struct visit *visit = &model->visit;
    struct pane_view *view = &model->view[PANE_FLOWS];
    const struct journal_group *group = journal_group(model->journal, &visit->endpoint);
    uint64_t held = view->n_rows > 0 ? visit->flow[view->cursor] : 0;

    if (model->scene == SCENE_OVERVIEW)
        return;
    view->n_rows = group ? journal_flows(model->journal, group, visit->flow, JOURNAL_SHARE) : 0;
    row_sort_flows(&model->sort[PANE_FLOWS], model->journal, visit->flow, view->n_rows);
    if (!view->is_held)
        view->cursor = 0;
    for (uint32_t i = 0; i < view->n_rows && view->is_held; i++)
        if (visit->flow[i] == held)
            view->cursor = i;
    if (view->cursor >= view->n_rows)
        view->cursor = view->n_rows > 0 ? view->n_rows - 1 : 0;
}

static void enter_endpoint(struct model *model, const struct where_id *id)
{
    model->visit.endpoint = *id;
    model->scene = SCENE_ENDPOINT;
    model->active = PANE_FLOWS;
    model->view[PANE_FLOWS] = (struct pane_view){0};
    model->view[PANE_STEPS] = (struct pane_view){0};
    visit_refresh(model);
}

static void enter_flow(struct model *model, const struct journal_entry *entry)
{
    struct visit *visit = &model->visit;
    struct pane_view *view = &model->view[PANE_PACKETS];

    visit->failure = entry->failure;
    ladder_make(&visit->ladder, &visit->failure);
    *view = (struct pane_view){.n_rows = visit->ladder.n_rows, .is_held = true};
    view->cursor = ladder_deciding_row(&visit->ladder);
    marks_clear(&model->marks, MARK_PACKET);
    model->view[PANE_STEPS] = (struct pane_view){0};
    model->scene = SCENE_FLOW;
    model->active = PANE_PACKETS;
}

static void put_flow_cursor(struct model *model, uint64_t flow_id)
{
    struct pane_view *view = &model->view[PANE_FLOWS];

    for (uint32_t i = 0; i < view->n_rows; i++)
        if (model->visit.flow[i] == flow_id)
            view->cursor = i;
    view->is_held = view->cursor > 0;
}

static void open_entry(struct model *model, const struct journal_entry *entry)
{
    struct where_id id = {entry->failure.server, entry->failure.family};

    enter_endpoint(model, &id);
    put_flow_cursor(model, entry->failure.flow_id);
    enter_flow(model, entry);
}

static void open_latest(struct model *model)
{
    const struct snapshot_latest *latest = model_latest_row(model);
    const struct journal_entry *entry =
        latest ? journal_find(model->journal, latest->flow_id) : NULL;

    if (!latest)
        return;
    if (!entry) {
        model_say(model, "not kept", "many fail alike", "; see Where");
        return;
    }
    open_entry(model, entry);
}

/* A client's or a network's incident is not of one endpoint: its first connection tells more. */
static void open_incident(struct model *model)
{
    const struct incident_event *incident = model_incident_row(model);
    const struct journal_entry *entry = NULL;
    struct where_id id;

    if (!incident)
        return;
    if (incident->scope == SCOPE_ENDPOINT) {
        id = (struct where_id){incident->server, incident->family};
        enter_endpoint(model, &id);
        return;
    }
    for (unsigned i = 0; i < incident->n_samples && !entry; i++)
        entry = journal_find(model->journal, incident->sample[i].flow_id);
    if (entry)
        open_entry(model, entry);
    else
        model_say(model, "not kept", "none of its first connections", "; see Where");
}

void visit_open(struct model *model)
{
    const struct journal_entry *entry;

    if (model->scene == SCENE_ENDPOINT) {
        entry = visit_flow(model, model->view[PANE_FLOWS].cursor);
        if (entry)
            enter_flow(model, entry);
    } else if (model->scene == SCENE_OVERVIEW) {
        model->visit.left = model->active;
        if (model->active == PANE_WHERE && model->where.n > 0)
            enter_endpoint(model, &model->where.id[model->view[PANE_WHERE].cursor]);
        else if (model->active == PANE_LATEST)
            open_latest(model);
        else if (model->active == PANE_INCIDENTS)
            open_incident(model);
    }
}

void visit_back(struct model *model)
{
    if (model->scene == SCENE_BYTES) {
        model->scene = SCENE_FLOW;
        model->active = PANE_PACKETS;
    } else if (model->scene == SCENE_FLOW) {
        model->scene = SCENE_ENDPOINT;
        model->active = PANE_FLOWS;
        visit_refresh(model);
    } else if (model->scene == SCENE_ENDPOINT) {
        model->scene = SCENE_OVERVIEW;
        model->active = model->visit.left;
    }
}

static void step_endpoint(struct model *model, int step)
{
    struct pane_view *view = &model->view[PANE_WHERE];
    uint32_t at = order_find(&model->where, &model->visit.endpoint);
    int64_t to = at < model->where.n ? (int64_t)at + step : 0;

    if (to < 0 || to >= (int64_t)model->where.n)
        return;
    view->cursor = (uint32_t)to;
    view->is_held = true;
    enter_endpoint(model, &model->where.id[to]);
}

static void step_flow(struct model *model, int step)
{
    struct pane_view *view = &model->view[PANE_FLOWS];
    int64_t to = (int64_t)view->cursor + step;
    const struct journal_entry *entry;

    if (to < 0 || to >= (int64_t)view->n_rows)
        return;
    entry = visit_flow(model, (uint32_t)to);
    if (!entry)
        return;
    view->cursor = (uint32_t)to;
    view->is_held = to > 0;
    enter_flow(model, entry);
}

void visit_step(struct model *model, int step)
{
    if (model->scene == SCENE_ENDPOINT)
        step_endpoint(model, step);
    else if (model->scene == SCENE_FLOW)
        step_flow(model, step);
}

unsigned visit_steps(const struct model *model, struct detail_command command[DETAIL_COMMANDS_MAX])
{
    const struct journal_entry *newest = visit_newest(model);

    if (model->scene == SCENE_FLOW)
        return detail_commands(model->run, &model->visit.failure, command);
    return newest ? detail_commands(model->run, &newest->failure, command) : 0;
}

uint64_t model_wanted_frame(const struct model *model)
{
    const struct pane_view *view = &model->view[PANE_PACKETS];
    const struct ladder_row *row = &model->visit.ladder.row[view->cursor];

    return view->n_rows > 0 && row->n_left_out == 0 ? row->mark.frame : 0;
}

void model_show_bytes(struct model *model, const uint8_t *bytes, uint32_t captured, uint32_t wire)
{
    struct packet_bytes *shown = &model->bytes;

    *shown = (struct packet_bytes){
        .frame = model_wanted_frame(model),
        .n = captured < VIEW_PACKET_BYTES ? captured : VIEW_PACKET_BYTES,
        .captured = captured,
        .wire = wire,
    };
    memcpy(shown->at, bytes, shown->n);
    model->view[PANE_BYTES] =
        (struct pane_view){.n_rows = dump_count_lines(shown), .is_held = true};
    model->scene = SCENE_BYTES;
    model->active = PANE_BYTES;
}
