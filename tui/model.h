/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the screen shows and how the user looks at it. No terminal, no text layout.
 *
 * There is no clock here: the main thread hands over about MODEL_SNAPSHOTS_PER_S snapshots a
 * second, and they are counted. Every so many are shown; in between the screen stands still,
 * unless a key asks for something.
 */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/sink.h"
#include "tui/filter.h"
#include "tui/journal.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/marks.h"
#include "tui/order.h"
#include "tui/row_sort.h"
#include "tui/services.h"
#include "tui/view.h"
#include "tui/zero.h"

#define MODEL_SNAPSHOTS_PER_S 10
#define MODEL_REFRESHES 6 /* intervals to choose from */
#define MODEL_COPIED_BYTES 256
#define MODEL_NOTICE_BYTES (MODEL_COPIED_BYTES + 32)

struct model {
    const struct run_info *run;
    const struct services *services;
    const struct journal *journal;

    bool has_snapshot;
    struct snapshot taken; /* the newest that is shown */
    struct snapshot shown; /* its rows, as far as they pass the filter */
    struct filter filter;
    char filter_words[FILTER_BYTES];
    struct prompt prompt;
    char find_words[FILTER_BYTES];            /* that n and N look for */
    uint64_t n_failed_newest;                 /* of the newest snapshot, shown or not */
    enum family why[FAMILY_COUNT];            /* families that have failed, top first */
    uint32_t incident[JOURNAL_INCIDENTS_MAX]; /* numbers; view[PANE_INCIDENTS] counts them */
    struct where_order where;
    struct row_sort sort[PANE_VIEW_COUNT]; /* but for Where, which has its own */
    struct zero zero;

    enum scene scene;
    struct visit visit;
    struct packet_bytes bytes; /* on their screen */
    struct marks marks;
    enum pane active, alone; /* alone: PANE_COUNT = none */
    struct pane_view view[PANE_VIEW_COUNT];
    int n_scrolled_cols;
    enum overlay overlay;
    unsigned overlay_page, n_overlay_pages;
    bool is_paused, swaps_families, has_mouse;
    enum time_form time_form;
    unsigned refresh_idx;            /* row of the table of refresh intervals */
    char copied[MODEL_COPIED_BYTES]; /* for the clipboard, with EFFECT_COPY */
    char notice[MODEL_NOTICE_BYTES]; /* said once in the key bar; "" = nothing */

    /* In snapshots received. */
    unsigned n_since_shown, n_since_sorted, n_notice_left;
};

/* What a key asks for beyond the model. */
enum effect {
    EFFECT_NONE,
    EFFECT_DRAW,
    EFFECT_REPAINT, /* the terminal may be garbled: send everything again */
    EFFECT_COPY,    /* model.copied */
    EFFECT_MOUSE,   /* model.has_mouse has changed */
    EFFECT_WISH,    /* prompt.wish, to the path in prompt.words */
    EFFECT_BYTES,   /* model_wanted_frame() of the open flow */
    EFFECT_QUIT,
    EFFECT_COUNT
};

/* `run`, `services` and `journal` outlive the model. */
void model_init(struct model *model, const struct run_info *run, const struct services *services,
                const struct journal *journal);

/* Takes a snapshot that is valid during the call; true where the screen has to be drawn. */
bool model_snapshot(struct model *model, const struct snapshot *snapshot);

/* Orders the rows anew; shows only rows that pass the words. The cursors stay with their rows. */
void model_sort(struct model *model);
void model_set_filter(struct model *model, const char *words);

enum effect model_action(struct model *model, enum action action);

/* Tells the model how many rows each pane has room for, before they are painted. */
void model_fit(struct model *model, const struct layout *layout, unsigned n_overlay_pages);

/* The same for one pane: `n_visible` rows from a line of the screen on. */
void model_fit_pane(struct model *model, enum pane pane, int line, int n_visible);

/* A click: puts the cursor on the row in that line, opens it when it is there already. */
enum effect model_click(struct model *model, int line);

/* The pane that has its heading in that line; PANE_VIEW_COUNT where there is none. */
enum pane model_heading_at(const struct model *model, int line);

/* A click on a heading: sorts the pane by the column, or the other way round. */
enum effect model_sort_by(struct model *model, enum pane pane, unsigned column);

/* By which column a pane stands. */
const struct row_sort *model_row_sort(const struct model *model, enum pane pane);

/* Marks the row under the cursor, or takes the mark away. False where nothing can be marked. */
bool model_toggle_mark(struct model *model);
bool model_is_marked(const struct model *model, enum pane pane, uint32_t row);

/* Marked endpoints and flows. */
uint32_t model_count_marked(const struct model *model);

/* The packet whose bytes are asked for; 0 where the row under the cursor is none. */
uint64_t model_wanted_frame(const struct model *model);

/* Opens the bytes of model_wanted_frame(). */
void model_show_bytes(struct model *model, const uint8_t *bytes, uint32_t captured, uint32_t wire);

/* Says something in the key bar for some seconds: "sort: fail". */
void model_say(struct model *model, const char *what, const char *value, const char *more);

struct layout_wish model_layout_wish(const struct model *model);

/* The row under the cursor; NULL where the pane is empty. */
const enum family *model_why_row(const struct model *model);
const struct snapshot_endpoint *model_where_row(const struct model *model);
const struct snapshot_latest *model_latest_row(const struct model *model);
const struct incident_event *model_incident_row(const struct model *model);

/* Row `i` of the incidents; NULL where it is not kept any more. */
const struct incident_event *model_incident_at(const struct model *model, uint32_t i);

/* Row `i` of Where, top first. */
const struct snapshot_endpoint *model_where_at(const struct model *model, uint32_t i);

/* Whether arrows move in this pane and it has a row for the cursor. */
bool model_has_cursor(const struct model *model, enum pane pane, uint32_t row);

#endif
