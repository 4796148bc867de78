/* SPDX-License-Identifier: BSD-2-Clause */
/* See model.h. */
#include "tui/model.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/copy.h"
#include "tui/visit.h"

#define SORT_EVERY (5 * MODEL_SNAPSHOTS_PER_S)
#define NOTICE_LASTS (3 * MODEL_SNAPSHOTS_PER_S)

struct refresh {
    unsigned n_snapshots;
    const char *words;
};

static const struct refresh refreshes[] = {
    {MODEL_SNAPSHOTS_PER_S / 2, "0.5 s"}, {MODEL_SNAPSHOTS_PER_S, "1 s"},
    {2 * MODEL_SNAPSHOTS_PER_S, "2 s"},   {5 * MODEL_SNAPSHOTS_PER_S, "5 s"},
    {10 * MODEL_SNAPSHOTS_PER_S, "10 s"},
};
#define REFRESH_DEFAULT 1

static const char *const time_forms[] = {"clock", "since start", "delta"};

_Static_assert(ARRAY_LEN(time_forms) == TIME_FORM_COUNT, "a name each form");

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

bool model_has_cursor(const struct model *model, enum pane pane, uint32_t row)
{
    return model->active == pane && model->view[pane].cursor == row;
}

/* Whether family `a` stands above `b`: forged first, then the more frequent. */
static bool is_above(const struct snapshot *snapshot, enum family a, enum family b)
{
    if ((a == FAMILY_RST_FORGED) != (b == FAMILY_RST_FORGED))
        return a == FAMILY_RST_FORGED;
    return snapshot->family[a].n_total > snapshot->family[b].n_total;
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

/* Insertion: stable, and there are fifteen at most. */
static void why_sort(struct model *model)
{
    why_keep(model);
    for (uint32_t i = 1; i < model->view[PANE_WHY].n_rows; i++) {
        enum family family = model->why[i];
        uint32_t place = i;

        while (place > 0 && is_above(&model->shown, family, model->why[place - 1])) {
            model->why[place] = model->why[place - 1];
            place--;
        }
        model->why[place] = family;
    }
}

/* What the cursors stand on, to put them back there. */
struct held_rows {
    enum family why;
    struct where_id where;
    uint64_t latest_flow;
    int64_t latest_ns;
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
}

static void sort_rows(struct model *model)
{
    why_sort(model);
    order_sort(&model->where, &model->shown);
    model->n_since_sorted = 0;
}

static void show(struct model *model, const struct snapshot *snapshot)
{
    struct held_rows held = hold_rows(model);

    model->shown = *snapshot;
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
    if (model->has_snapshot && model->n_since_shown < refreshes[model->refresh_idx].n_snapshots)
        return must_draw;
    model->n_since_shown = 0;
    if (model->is_paused) {
        has_news = model->n_failed_newest != snapshot->total.n_failed;
    } else {
        /* Padding may differ where nothing else does; that costs a drawing, no more. */
        has_news = !model->has_snapshot ||
                   memcmp(&model->shown, snapshot, sizeof(*snapshot)) != 0 ||
                   model->n_since_sorted >= SORT_EVERY;
        if (has_news)
            show(model, snapshot);
    }
    model->n_failed_newest = snapshot->total.n_failed;
    return must_draw || has_news;
}

/* Keys. */

void model_say(struct model *model, const char *what, const char *value, const char *more)
{
    struct text text = TEXT_OF(model->notice);

    text_addf(&text, "%s: %s%s", what, value, more);
    model->n_notice_left = NOTICE_LASTS;
}

/* Actions: what a key does to the model, each with the argument of its row below. */

static void move_rows(struct model *model, int n_rows)
{
    struct pane_view *view = &model->view[model->active];
    int64_t cursor = (int64_t)view->cursor + n_rows;

    if (cursor >= (int64_t)view->n_rows)
        cursor = (int64_t)view->n_rows - 1;
    if (cursor < 0)
        cursor = 0;
    view->cursor = (uint32_t)cursor;
    /* On top of Latest and of the flows the newest failure is what one wants to see, whichever it
     * is. */
    view->is_held =
        (model->active != PANE_LATEST && model->active != PANE_FLOWS) || view->cursor > 0;
}

/* All but one row, so that the eye finds its place again. */
static void move_pages(struct model *model, int n_pages)
{
    int n_visible = (int)model->view[model->active].n_visible;

    move_rows(model, n_pages * (n_visible > 2 ? n_visible - 1 : 1));
}

static void move_half_pages(struct model *model, int n_halves)
{
    int n_visible = (int)model->view[model->active].n_visible;

    move_rows(model, n_halves * (n_visible > 2 ? n_visible / 2 : 1));
}

static void change_pane(struct model *model, int step)
{
    model->active = (enum pane)(((int)model->active + step + PANE_COUNT) % PANE_COUNT);
    if (model->alone < PANE_COUNT)
        model->alone = model->active;
}

static void change_alone(struct model *model, int pane)
{
    model->alone = (int)model->alone == pane ? PANE_COUNT : (enum pane)pane;
    model->active = (enum pane)pane;
}

static void go_back(struct model *model, int unused)
{
    (void)unused;
    if (model->scene == SCENE_OVERVIEW)
        model->alone = PANE_COUNT;
    else
        visit_back(model);
}

static void open_row(struct model *model, int unused)
{
    (void)unused;
    visit_open(model);
}

static void toggle_raw_numbers(struct model *model, int unused)
{
    (void)unused;
    model->visit.shows_raw_numbers = !model->visit.shows_raw_numbers;
}

static void sort_where(struct model *model)
{
    struct held_rows held = hold_rows(model);

    sort_rows(model);
    put_cursors(model, &held);
    model_say(model, "sort", order_sort_name(model->where.sort),
              model->where.is_reversed ? ", reversed" : "");
}

static void change_sort(struct model *model, int step)
{
    model->where.sort = (enum where_sort)(((int)model->where.sort + step) % WHERE_SORT_COUNT);
    sort_where(model);
}

static void reverse_sort(struct model *model, int unused)
{
    (void)unused;
    model->where.is_reversed = !model->where.is_reversed;
    sort_where(model);
}

static void change_time(struct model *model, int step)
{
    enum time_form *form = model->scene == SCENE_FLOW ? &model->visit.time_form : &model->time_form;

    *form = (enum time_form)(((int)*form + step) % TIME_FORM_COUNT);
    model_say(model, "time", time_forms[*form], "");
}

static void toggle_families(struct model *model, int unused)
{
    (void)unused;
    model->swaps_families = !model->swaps_families;
}

static void change_refresh(struct model *model, int step)
{
    int idx = (int)model->refresh_idx + step;

    if (idx >= 0 && idx < (int)ARRAY_LEN(refreshes))
        model->refresh_idx = (unsigned)idx;
    model_say(model, "refresh", refreshes[model->refresh_idx].words, "");
}

static void toggle_pause(struct model *model, int unused)
{
    (void)unused;
    model->is_paused = !model->is_paused;
    model->n_since_shown = refreshes[model->refresh_idx].n_snapshots; /* go on at once */
}

static void open_help(struct model *model, int unused)
{
    (void)unused;
    model->is_help = true;
    model->help_page = 0;
}

struct response {
    void (*act)(struct model *model, int argument); /* NULL: the effect is all */
    int argument;
    enum effect effect;
    bool is_for_overview; /* means nothing on the other screens */
};

static const struct response responses[] = {
    [ACTION_NONE] = {NULL, 0, EFFECT_NONE, false},
    [ACTION_UP] = {move_rows, -1, EFFECT_DRAW, false},
    [ACTION_DOWN] = {move_rows, 1, EFFECT_DRAW, false},
    [ACTION_PAGE_UP] = {move_pages, -1, EFFECT_DRAW, false},
    [ACTION_PAGE_DOWN] = {move_pages, 1, EFFECT_DRAW, false},
    [ACTION_HALF_UP] = {move_half_pages, -1, EFFECT_DRAW, false},
    [ACTION_HALF_DOWN] = {move_half_pages, 1, EFFECT_DRAW, false},
    [ACTION_FIRST] = {move_rows, -SNAPSHOT_ENDPOINTS_MAX, EFFECT_DRAW, false},
    [ACTION_LAST] = {move_rows, SNAPSHOT_ENDPOINTS_MAX, EFFECT_DRAW, false},
    [ACTION_PANE_NEXT] = {change_pane, 1, EFFECT_DRAW, true},
    [ACTION_PANE_PREVIOUS] = {change_pane, -1, EFFECT_DRAW, true},
    [ACTION_ALONE_WHY] = {change_alone, PANE_WHY, EFFECT_DRAW, true},
    [ACTION_ALONE_WHERE] = {change_alone, PANE_WHERE, EFFECT_DRAW, true},
    [ACTION_ALONE_LATEST] = {change_alone, PANE_LATEST, EFFECT_DRAW, true},
    [ACTION_OPEN] = {open_row, 0, EFFECT_DRAW, false},
    [ACTION_BACK] = {go_back, 0, EFFECT_DRAW, false},
    [ACTION_NEXT] = {visit_step, 1, EFFECT_DRAW, false},
    [ACTION_PREVIOUS] = {visit_step, -1, EFFECT_DRAW, false},
    [ACTION_SORT] = {change_sort, 1, EFFECT_DRAW, true},
    [ACTION_REVERSE] = {reverse_sort, 0, EFFECT_DRAW, true},
    [ACTION_TIME] = {change_time, 1, EFFECT_DRAW, false},
    [ACTION_FAMILIES] = {toggle_families, 0, EFFECT_DRAW, true},
    [ACTION_SLOWER] = {change_refresh, 1, EFFECT_DRAW, false},
    [ACTION_FASTER] = {change_refresh, -1, EFFECT_DRAW, false},
    [ACTION_RAW_NUMBERS] = {toggle_raw_numbers, 0, EFFECT_DRAW, false},
    [ACTION_COPY] = {NULL, 0, EFFECT_COPY, false},
    [ACTION_PAUSE] = {toggle_pause, 0, EFFECT_DRAW, false},
    [ACTION_REDRAW] = {NULL, 0, EFFECT_REPAINT, false},
    [ACTION_HELP] = {open_help, 0, EFFECT_DRAW, false},
    [ACTION_QUIT] = {NULL, 0, EFFECT_QUIT, false},
};

_Static_assert(ARRAY_LEN(responses) == ACTION_COUNT, "a row each action");
_Static_assert(SNAPSHOT_ENDPOINTS_MAX >= SNAPSHOT_LATEST_MAX, "ACTION_LAST goes far enough");

enum effect model_action(struct model *model, enum action action)
{
    const struct response *response = &responses[action];

    if (model->is_help) { /* any key turns the page, or goes back */
        model->help_page++;
        model->is_help = model->help_page < model->n_help_pages;
        return EFFECT_DRAW;
    }
    if (response->is_for_overview && model->scene != SCENE_OVERVIEW)
        return EFFECT_NONE;
    if (action == ACTION_COPY && !copy_next(model))
        return EFFECT_NONE;
    if (response->act)
        response->act(model, response->argument);
    return response->effect;
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

void model_fit_pane(struct model *model, enum pane pane, int n_visible)
{
    struct pane_view *view = &model->view[pane];

    view->n_visible = n_visible > 0 ? (uint32_t)n_visible : 0;
    if (view->cursor < view->first)
        view->first = view->cursor;
    if (view->n_visible > 0 && view->cursor >= view->first + view->n_visible)
        view->first = view->cursor - view->n_visible + 1;
    if (view->first + view->n_visible > view->n_rows)
        view->first = view->n_rows > view->n_visible ? view->n_rows - view->n_visible : 0;
}

void model_fit(struct model *model, const struct layout *layout, unsigned n_help_pages)
{
    model->n_help_pages = n_help_pages;
    for (int pane = PANE_WHY; pane < PANE_COUNT; pane++) {
        int n_lines = layout->pane[pane].n_lines - 1;

        if (pane == PANE_WHY && n_lines > 2)
            n_lines--; /* the line that sums up the rest */
        model_fit_pane(model, (enum pane)pane, n_lines);
    }
}
