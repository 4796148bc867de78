/* SPDX-License-Identifier: BSD-2-Clause */
/* See model.h. */
#include "tui/model.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/visit.h"

#define SORT_EVERY (5 * MODEL_SNAPSHOTS_PER_S)
#define NOTICE_LASTS (3 * MODEL_SNAPSHOTS_PER_S)

/* Snapshots from one refresh to the next. */
static const unsigned refreshes[MODEL_REFRESHES] = {1,
                                                    MODEL_SNAPSHOTS_PER_S / 2,
                                                    MODEL_SNAPSHOTS_PER_S,
                                                    2 * MODEL_SNAPSHOTS_PER_S,
                                                    5 * MODEL_SNAPSHOTS_PER_S,
                                                    10 * MODEL_SNAPSHOTS_PER_S};
#define REFRESH_DEFAULT 2

void model_init(struct model *model, const struct run_info *run, const struct services *services,
                const struct journal *journal)
{
    *model = (struct model){
        .run = run,
        .services = services,
        .journal = journal,
        .visit.time_form = TIME_DELTA,
        .active = PANE_WHERE,
        .alone = PANE_COUNT,
        .refresh_idx = REFRESH_DEFAULT,
    };
}

/* Rows. */

const struct snapshot_endpoint *model_where_at(const struct model *model, uint32_t i)
{
    return &model->shown.endpoint[model->where.row[i]];
}

const enum family *model_why_row(const struct model *model)
{
    const struct pane_view *view = &model->view[PANE_WHY];

    return view->n_rows > 0 ? &model->why[view->cursor] : NULL;
}

const struct snapshot_endpoint *model_where_row(const struct model *model)
{
    const struct pane_view *view = &model->view[PANE_WHERE];

    return view->n_rows > 0 ? model_where_at(model, view->cursor) : NULL;
}

const struct snapshot_latest *model_latest_row(const struct model *model)
{
    const struct pane_view *view = &model->view[PANE_LATEST];

    return view->n_rows > 0 ? &model->shown.latest[view->cursor] : NULL;
}

const struct incident_event *model_incident_at(const struct model *model, uint32_t i)
{
    return i < model->view[PANE_INCIDENTS].n_rows
               ? journal_incident(model->journal, model->incident[i])
               : NULL;
}

const struct incident_event *model_incident_row(const struct model *model)
{
    return model_incident_at(model, model->view[PANE_INCIDENTS].cursor);
}

const struct row_sort *model_row_sort(const struct model *model, enum pane pane)
{
    return pane == PANE_WHERE ? &model->where.sort : &model->sort[pane];
}

bool model_has_cursor(const struct model *model, enum pane pane, uint32_t row)
{
    return model->active == pane && model->view[pane].cursor == row;
}

/* Families that have failed join at the end: totals only grow, so none ever leaves. */
static void why_keep(struct model *model)
{
    uint32_t *n = &model->view[PANE_WHY].n_rows;
    bool is_there[FAMILY_COUNT] = {false};

    for (uint32_t i = 0; i < *n; i++)
        is_there[model->why[i]] = true;
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        if (!is_there[family] && model->shown.family[family].n_total > 0)
            model->why[(*n)++] = (enum family)family;
}

static void why_sort(struct model *model)
{
    why_keep(model);
    row_sort_families(&model->sort[PANE_WHY], &model->shown, model->why,
                      model->view[PANE_WHY].n_rows);
}

/* Those that pass the filter, in the chosen order. */
static void take_incidents(struct model *model)
{
    const struct incident_event *incident[JOURNAL_INCIDENTS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < model->journal->n_incidents; i++) {
        struct filter_row row = filter_incident_row(&model->journal->incident[i], model->journal);

        if (filter_matches(&model->filter, &row, model->shown.now_ns))
            incident[n++] = &model->journal->incident[i];
    }
    row_sort_incidents(&model->sort[PANE_INCIDENTS], incident, n);
    for (uint32_t i = 0; i < n; i++)
        model->incident[i] = incident[i]->number;
    model->view[PANE_INCIDENTS].n_rows = n;
}

/* What the cursors stand on, to put them back there. */
struct held_rows {
    enum family why;
    struct where_id where;
    uint64_t latest_flow;
    int64_t latest_ns;
    uint32_t incident;
};

static struct held_rows hold_rows(const struct model *model)
{
    struct held_rows held = {.why = FAMILY_NONE, .where.family = FAMILY_NONE};
    const enum family *why = model_why_row(model);
    const struct snapshot_latest *latest = model_latest_row(model);

    if (why)
        held.why = *why;
    if (model->view[PANE_WHERE].n_rows > 0)
        held.where = model->where.id[model->view[PANE_WHERE].cursor];
    if (model->view[PANE_INCIDENTS].n_rows > 0)
        held.incident = model->incident[model->view[PANE_INCIDENTS].cursor];
    if (latest) {
        held.latest_flow = latest->flow_id;
        held.latest_ns = latest->ts_ns;
    }
    return held;
}

static uint32_t find_why(const struct model *model, enum family family)
{
    uint32_t i = 0;

    while (i < model->view[PANE_WHY].n_rows && model->why[i] != family)
        i++;
    return i;
}

static uint32_t find_latest(const struct model *model, const struct held_rows *held)
{
    uint32_t i = 0;

    while (i < model->shown.n_latest && (model->shown.latest[i].flow_id != held->latest_flow ||
                                         model->shown.latest[i].ts_ns != held->latest_ns))
        i++;
    return i;
}

static uint32_t find_incident(const struct model *model, uint32_t number)
{
    uint32_t i = 0;

    while (i < model->view[PANE_INCIDENTS].n_rows && model->incident[i] != number)
        i++;
    return i;
}

/* A row that is gone leaves its place in the list to the cursor. */
static void put_cursor(struct pane_view *view, uint32_t found)
{
    if (!view->is_held)
        view->cursor = 0;
    else if (found < view->n_rows)
        view->cursor = found;
    if (view->cursor >= view->n_rows)
        view->cursor = view->n_rows > 0 ? view->n_rows - 1 : 0;
}

static void put_cursors(struct model *model, const struct held_rows *held)
{
    model->view[PANE_WHERE].n_rows = model->where.n;
    model->view[PANE_LATEST].n_rows = model->shown.n_latest;
    put_cursor(&model->view[PANE_WHY], find_why(model, held->why));
    put_cursor(&model->view[PANE_WHERE], order_find(&model->where, &held->where));
    put_cursor(&model->view[PANE_LATEST], find_latest(model, held));
    put_cursor(&model->view[PANE_INCIDENTS], find_incident(model, held->incident));
}

static void sort_rows(struct model *model)
{
    why_sort(model);
    order_sort(&model->where, &model->shown);
    model->n_since_sorted = 0;
}

/* Of what was taken: the rows and figures that are to be seen. */
static void show_taken(struct model *model)
{
    model->shown = model->taken;
    zero_apply(&model->zero, &model->shown);
    filter_snapshot(&model->filter, model->journal, &model->shown);
    row_sort_latest(&model->sort[PANE_LATEST], model->shown.latest, model->shown.n_latest);
    take_incidents(model);
}

static void show(struct model *model, const struct snapshot *snapshot)
{
    struct held_rows held = hold_rows(model);

    model->taken = *snapshot;
    show_taken(model);
    if (!model->has_snapshot || model->n_since_sorted >= SORT_EVERY) {
        sort_rows(model);
    } else {
        why_keep(model);
        order_keep(&model->where, &model->shown);
    }
    model->has_snapshot = true;
    put_cursors(model, &held);
    visit_refresh(model);
}

void model_sort(struct model *model)
{
    struct held_rows held = hold_rows(model);

    if (!model->has_snapshot)
        return;
    show_taken(model);
    sort_rows(model);
    put_cursors(model, &held);
    visit_refresh(model);
}

void model_set_filter(struct model *model, const char *words)
{
    struct text text = TEXT_OF(model->filter_words);

    text_add(&text, words);
    filter_parse(&model->filter, words);
    model_sort(model);
}

static bool notice_expires(struct model *model)
{
    if (model->n_notice_left == 0 || --model->n_notice_left > 0)
        return false;
    model->notice[0] = '\0';
    return true;
}

bool model_snapshot(struct model *model, const struct snapshot *snapshot)
{
    bool must_draw = notice_expires(model);
    bool has_news;

    assert(snapshot->n_latest <= SNAPSHOT_LATEST_MAX);
    model->n_since_shown++;
    model->n_since_sorted++;
    if (model->has_snapshot && model->n_since_shown < refreshes[model->refresh_idx])
        return must_draw;
    model->n_since_shown = 0;
    if (model->is_paused) {
        has_news = model->n_failed_newest != snapshot->total.n_failed;
    } else {
        /* Padding may differ where nothing else does; that costs a drawing, no more. */
        has_news = !model->has_snapshot ||
                   memcmp(&model->taken, snapshot, sizeof(*snapshot)) != 0 ||
                   model->n_since_sorted >= SORT_EVERY;
        if (has_news)
            show(model, snapshot);
    }
    model->n_failed_newest = snapshot->total.n_failed;
    return must_draw || has_news;
}

void model_say(struct model *model, const char *what, const char *value, const char *more)
{
    struct text text = TEXT_OF(model->notice);

    text_addf(&text, "%s: %s%s", what, value, more);
    model->n_notice_left = NOTICE_LASTS;
}

/* Room. */

struct layout_wish model_layout_wish(const struct model *model)
{
    return (struct layout_wish){
        .alone = model->alone,
        .n_families = (int)model->view[PANE_WHY].n_rows,
        .swaps_families = model->swaps_families,
    };
}

void model_fit_pane(struct model *model, enum pane pane, int line, int n_visible)
{
    struct pane_view *view = &model->view[pane];

    view->line = line;
    view->n_visible = n_visible > 0 ? (uint32_t)n_visible : 0;
    if (view->cursor < view->first)
        view->first = view->cursor;
    if (view->n_visible > 0 && view->cursor >= view->first + view->n_visible)
        view->first = view->cursor - view->n_visible + 1;
    if (view->first + view->n_visible > view->n_rows)
        view->first = view->n_rows > view->n_visible ? view->n_rows - view->n_visible : 0;
}

void model_fit(struct model *model, const struct layout *layout, unsigned n_overlay_pages)
{
    model->n_overlay_pages = n_overlay_pages;
    for (int pane = PANE_WHY; pane < PANE_COUNT; pane++) {
        int n_lines = layout->pane[pane].n_lines - 1;

        if (pane == PANE_WHY && n_lines > 2)
            n_lines--; /* the line that sums up the rest */
        model_fit_pane(model, (enum pane)pane, layout->pane[pane].line + 1, n_lines);
    }
}
