/* SPDX-License-Identifier: BSD-2-Clause */
/* What each action does to the model. */
#include <limits.h>

#include "base/compiler.h"
#include "tui/copy.h"
#include "tui/model.h"
#include "tui/prompt.h"
#include "tui/visit.h"

static const char *const refresh_words[] = {"0.1 s", "0.5 s", "1 s", "2 s", "5 s", "10 s"};

_Static_assert(ARRAY_LEN(refresh_words) == MODEL_REFRESHES, "words each refresh");

#define SCROLL_COLS 8
#define SCROLL_MAX_COLS 200

static const char *const time_forms[] = {"clock", "since start", "delta"};

_Static_assert(ARRAY_LEN(time_forms) == TIME_FORM_COUNT, "a name each form");

/* Each with the argument of its row below. */

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

/* Below the overview there are two: rows, and what to do next. */
static void change_pane_below(struct model *model)
{
    if (model->scene == SCENE_ENDPOINT)
        model->active = model->active == PANE_FLOWS ? PANE_STEPS : PANE_FLOWS;
    else if (model->scene == SCENE_FLOW)
        model->active = model->active == PANE_PACKETS ? PANE_STEPS : PANE_PACKETS;
}

/* Incidents are only to be seen alone. */
static void change_pane(struct model *model, int step)
{
    bool is_alone = model->alone < PANE_COUNT;
    int n_panes = is_alone ? PANE_COUNT : PANE_INCIDENTS;

    if (model->scene != SCENE_OVERVIEW) {
        change_pane_below(model);
        return;
    }
    model->active = (enum pane)(((int)model->active + step + n_panes) % n_panes);
    if (is_alone)
        model->alone = model->active;
}

static void leave_alone(struct model *model)
{
    model->alone = PANE_COUNT;
    if (model->active == PANE_INCIDENTS)
        model->active = PANE_WHERE;
}

static void change_alone(struct model *model, int pane)
{
    bool was_alone = (int)model->alone == pane;

    model->active = (enum pane)pane;
    model->alone = (enum pane)pane;
    if (was_alone)
        leave_alone(model);
}

static void go_back(struct model *model, int unused)
{
    (void)unused;
    model->n_scrolled_cols = 0;
    if (model->scene == SCENE_OVERVIEW)
        leave_alone(model);
    else
        visit_back(model);
}

static void open_row(struct model *model, int unused)
{
    (void)unused;
    model->n_scrolled_cols = 0;
    visit_open(model);
}

static void toggle_raw_numbers(struct model *model, int unused)
{
    (void)unused;
    model->visit.shows_raw_numbers = !model->visit.shows_raw_numbers;
}

static struct row_sort *active_sort(struct model *model)
{
    return model->active == PANE_WHERE ? &model->where.sort : &model->sort[model->active];
}

static void sort_pane(struct model *model)
{
    const struct row_sort *sort = active_sort(model);

    model_sort(model);
    model_say(model, "sort", row_sort_name(model->active, sort->column),
              sort->is_reversed ? ", reversed" : "");
}

static void change_sort(struct model *model, int step)
{
    struct row_sort *sort = active_sort(model);
    int n_columns = (int)row_sort_columns(model->active);

    sort->column = (unsigned)(((int)sort->column + step + n_columns) % n_columns);
    if (n_columns > 1)
        sort_pane(model);
}

static void reverse_sort(struct model *model, int unused)
{
    struct row_sort *sort = active_sort(model);

    (void)unused;
    if (row_sort_columns(model->active) == 1)
        return;
    sort->is_reversed = !sort->is_reversed;
    sort_pane(model);
}

static void scroll_sideways(struct model *model, int n_cols)
{
    int n = model->n_scrolled_cols + n_cols;

    if (n >= 0 && n <= SCROLL_MAX_COLS)
        model->n_scrolled_cols = n;
}

static void zero_rates(struct model *model, int unused)
{
    (void)unused;
    if (!model->has_snapshot)
        return;
    model->zero = (struct zero){true, model->taken};
    model_sort(model);
    model_say(model, "zeroed", "rates and sparklines", ", not totals");
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

    if (idx >= 0 && idx < MODEL_REFRESHES)
        model->refresh_idx = (unsigned)idx;
    model_say(model, "refresh", refresh_words[model->refresh_idx], "");
}

static void toggle_pause(struct model *model, int unused)
{
    (void)unused;
    model->is_paused = !model->is_paused;
    model->n_since_shown = UINT_MAX / 2; /* go on at once */
}

static void open_overlay(struct model *model, int overlay)
{
    model->overlay = (enum overlay)overlay;
    model->overlay_page = 0;
}

static void toggle_mark(struct model *model, int unused)
{
    (void)unused;
    if (model_toggle_mark(model))
        move_rows(model, 1);
}

static void unmark_all(struct model *model, int unused)
{
    (void)unused;
    model->marks.n = 0;
    model_say(model, "marks", "none", "");
}

static void toggle_options(struct model *model, int unused)
{
    (void)unused;
    model->visit.shows_options = !model->visit.shows_options;
}

static void clear_filter(struct model *model, int unused)
{
    (void)unused;
    model_set_filter(model, "");
}

static void toggle_mouse(struct model *model, int unused)
{
    (void)unused;
    model->has_mouse = !model->has_mouse;
    model_say(model, "mouse", model->has_mouse ? "on, M turns it off" : "off", "");
}

static void open_prompt(struct model *model, int kind)
{
    prompt_open(model, (enum prompt_kind)kind);
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
    [ACTION_PANE_NEXT] = {change_pane, 1, EFFECT_DRAW, false},
    [ACTION_PANE_PREVIOUS] = {change_pane, -1, EFFECT_DRAW, false},
    [ACTION_ALONE_WHY] = {change_alone, PANE_WHY, EFFECT_DRAW, true},
    [ACTION_ALONE_WHERE] = {change_alone, PANE_WHERE, EFFECT_DRAW, true},
    [ACTION_ALONE_LATEST] = {change_alone, PANE_LATEST, EFFECT_DRAW, true},
    [ACTION_ALONE_INCIDENTS] = {change_alone, PANE_INCIDENTS, EFFECT_DRAW, true},
    [ACTION_LEFT] = {scroll_sideways, -SCROLL_COLS, EFFECT_DRAW, false},
    [ACTION_RIGHT] = {scroll_sideways, SCROLL_COLS, EFFECT_DRAW, false},
    [ACTION_OPEN] = {open_row, 0, EFFECT_DRAW, false},
    [ACTION_BACK] = {go_back, 0, EFFECT_DRAW, false},
    [ACTION_NEXT] = {visit_step, 1, EFFECT_DRAW, false},
    [ACTION_PREVIOUS] = {visit_step, -1, EFFECT_DRAW, false},
    [ACTION_FIND] = {open_prompt, PROMPT_FIND, EFFECT_DRAW, false},
    [ACTION_FIND_NEXT] = {prompt_find, 1, EFFECT_DRAW, false},
    [ACTION_FIND_PREVIOUS] = {prompt_find, -1, EFFECT_DRAW, false},
    [ACTION_FILTER] = {open_prompt, PROMPT_FILTER, EFFECT_DRAW, true},
    [ACTION_FILTER_CLEAR] = {clear_filter, 0, EFFECT_DRAW, true},
    [ACTION_SAVE] = {open_prompt, PROMPT_SAVE, EFFECT_DRAW, false},
    [ACTION_SORT_NEXT] = {change_sort, 1, EFFECT_DRAW, false},
    [ACTION_SORT_PREVIOUS] = {change_sort, -1, EFFECT_DRAW, false},
    [ACTION_REVERSE] = {reverse_sort, 0, EFFECT_DRAW, false},
    [ACTION_ZERO] = {zero_rates, 0, EFFECT_DRAW, false},
    [ACTION_TIME] = {change_time, 1, EFFECT_DRAW, false},
    [ACTION_FAMILIES] = {toggle_families, 0, EFFECT_DRAW, true},
    [ACTION_SLOWER] = {change_refresh, 1, EFFECT_DRAW, false},
    [ACTION_FASTER] = {change_refresh, -1, EFFECT_DRAW, false},
    [ACTION_RAW_NUMBERS] = {toggle_raw_numbers, 0, EFFECT_DRAW, false},
    [ACTION_COPY] = {NULL, 0, EFFECT_COPY, false} /* see copy_row() */,
    [ACTION_PAUSE] = {toggle_pause, 0, EFFECT_DRAW, false},
    [ACTION_MOUSE] = {toggle_mouse, 0, EFFECT_MOUSE, false},
    [ACTION_REDRAW] = {NULL, 0, EFFECT_REPAINT, false},
    [ACTION_HELP] = {open_overlay, OVERLAY_HELP, EFFECT_DRAW, false},
    [ACTION_HEALTH] = {open_overlay, OVERLAY_HEALTH, EFFECT_DRAW, false},
    [ACTION_MARK] = {toggle_mark, 0, EFFECT_DRAW, false},
    [ACTION_UNMARK] = {unmark_all, 0, EFFECT_DRAW, false},
    [ACTION_REPORT] = {open_prompt, PROMPT_REPORT, EFFECT_DRAW, false},
    [ACTION_OPTIONS] = {toggle_options, 0, EFFECT_DRAW, false},
    [ACTION_QUIT] = {NULL, 0, EFFECT_QUIT, false},
};

_Static_assert(ARRAY_LEN(responses) == ACTION_COUNT, "a row each action");
_Static_assert(SNAPSHOT_ENDPOINTS_MAX >= SNAPSHOT_LATEST_MAX, "ACTION_LAST goes far enough");

static enum effect turn_page(struct model *model, enum action action)
{
    model->overlay_page++;
    if (action == ACTION_BACK || model->overlay_page >= model->n_overlay_pages)
        model->overlay = OVERLAY_NONE;
    return EFFECT_DRAW;
}

/* The bytes of the packet before or after the one that is open. */
static enum effect step_packet(struct model *model, int step)
{
    struct pane_view *view = &model->view[PANE_PACKETS];
    int64_t to = (int64_t)view->cursor + step;

    while (to >= 0 && to < (int64_t)view->n_rows && model->visit.ladder.row[to].n_left_out > 0)
        to += step;
    if (to < 0 || to >= (int64_t)view->n_rows)
        return EFFECT_NONE;
    view->cursor = (uint32_t)to;
    return EFFECT_BYTES;
}

/* What depends on more than the key. */
static enum action action_meant(const struct model *model, enum action action)
{
    return action == ACTION_OPEN && model->active == PANE_STEPS ? ACTION_COPY : action;
}

enum effect model_action(struct model *model, enum action asked)
{
    enum action action = action_meant(model, asked);
    const struct response *response = &responses[action];

    if (model->overlay != OVERLAY_NONE) /* any key turns the page, the last one goes back */
        return turn_page(model, action);
    if (response->is_for_overview && model->scene != SCENE_OVERVIEW)
        return EFFECT_NONE;
    if (action == ACTION_OPEN && model->scene == SCENE_FLOW)
        return model_wanted_frame(model) != 0 ? EFFECT_BYTES : EFFECT_NONE;
    if (model->scene == SCENE_BYTES && (action == ACTION_NEXT || action == ACTION_PREVIOUS))
        return step_packet(model, response->argument);
    if (action == ACTION_COPY && !copy_row(model))
        return EFFECT_NONE;
    if (response->act)
        response->act(model, response->argument);
    return response->effect;
}

static bool is_in_pane(const struct model *model, enum pane pane, int line, uint32_t *row)
{
    const struct pane_view *view = &model->view[pane];

    *row = view->first + (uint32_t)(line - view->line);
    return line >= view->line && line < view->line + (int)view->n_visible && *row < view->n_rows;
}

/* The panes of a scene: from the first up to, but without, the end. */
static const struct {
    enum pane first, end;
} scene_panes[] = {
    [SCENE_OVERVIEW] = {PANE_WHY, PANE_COUNT},
    [SCENE_ENDPOINT] = {PANE_FLOWS, PANE_PACKETS},
    [SCENE_FLOW] = {PANE_PACKETS, PANE_STEPS},
    [SCENE_BYTES] = {PANE_BYTES, PANE_VIEW_COUNT},
};

_Static_assert(ARRAY_LEN(scene_panes) == SCENE_COUNT, "the panes of each scene");

enum pane model_heading_at(const struct model *model, int line)
{
    if (model->overlay != OVERLAY_NONE)
        return PANE_VIEW_COUNT;
    for (int i = (int)scene_panes[model->scene].first; i < (int)scene_panes[model->scene].end; i++)
        if (model->view[i].n_visible > 0 && line == model->view[i].line - 1)
            return (enum pane)i;
    return PANE_VIEW_COUNT;
}

enum effect model_sort_by(struct model *model, enum pane pane, unsigned column)
{
    struct row_sort *sort;

    model->active = pane;
    sort = active_sort(model);
    if (column >= row_sort_columns(pane))
        return EFFECT_DRAW;
    sort->is_reversed = sort->column == column && !sort->is_reversed;
    sort->column = column;
    sort_pane(model);
    return EFFECT_DRAW;
}

enum effect model_click(struct model *model, int line)
{
    if (model->overlay != OVERLAY_NONE)
        return model_action(model, ACTION_NONE);
    for (int i = (int)scene_panes[model->scene].first; i < (int)scene_panes[model->scene].end;
         i++) {
        enum pane pane = (enum pane)i;
        uint32_t row;

        if (!is_in_pane(model, pane, line, &row))
            continue;
        if (model_has_cursor(model, pane, row))
            return model_action(model, ACTION_OPEN);
        model->active = pane;
        model->view[pane].cursor = row;
        model->view[pane].is_held = true;
        return EFFECT_DRAW;
    }
    return EFFECT_NONE;
}
