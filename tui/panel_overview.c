/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of the screen: header, key bar, which pane goes where, and the one-line screen. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/nanotime.h"
#include "tui/bar.h"
#include "tui/figures.h"
#include "tui/paint_shift.h"
#include "tui/panel.h"
#include "tui/prompt.h"

#define WIDE_COLS 100 /* from here on the header spells things out */
#define NAME_COL 2
#define GAP_CELLS 2
#define SOURCE_NAME_CELLS 24
#define ONE_LINE_BYTES 32

/* Importance of the header's items: the smaller, the sooner left out. */
enum keep {
    KEEP_HANDSHAKE,
    KEEP_UPTIME,
    KEEP_BITS,
    KEEP_OPEN_FLOWS,
    KEEP_PKTS,
    KEEP_TRIES,
    KEEP_CLOCK,
    KEEP_OK,
    KEEP_NAME,
    KEEP_LOSS,
    KEEP_SOURCE,
    KEEP_TRUST,
    KEEP_INCIDENTS,
    KEEP_MARKED,
    KEEP_FAILED,
    KEEP_FILTER,
    KEEP_PAUSED
};

static bool is_wide(const struct paint *paint)
{
    return paint->n_cols >= WIDE_COLS;
}

/* Names of devices and files may hold anything: they are made visible, not obeyed. */
static void add_source(struct bar *bar, const struct run_info *run)
{
    struct text text = bar_add_left(bar, KEEP_SOURCE, ROLE_STRONG);

    if (run->n_sources > 0) {
        const char *name = run->source[0].name;
        const char *base = strrchr(name, '/');

        if (base && base[1] != '\0')
            name = base + 1;
        text_add_untrusted(&text, (const uint8_t *)name, strlen(name), SOURCE_NAME_CELLS);
        if (run->n_sources > 1)
            text_addf(&text, " +%" PRIu32, run->n_sources - 1);
        text_add(&text, " ");
    }
    text_add(&text, run->is_live ? "LIVE" : "REPLAY");
}

static void add_pause(struct bar *bar, const struct model *model)
{
    struct text text = bar_add_left(bar, KEEP_PAUSED, ROLE_WARNING);

    text_add(&text, "PAUSED, ");
    figure_count(&text, model->n_failed_newest - model->shown.total.n_failed);
    text_add(&text, " failed since");
}

static void add_time(struct bar *bar, const struct snapshot *shown, bool has_date)
{
    struct text clock = bar_add_left(bar, KEEP_CLOCK, ROLE_TEXT);
    struct text uptime = bar_add_left(bar, KEEP_UPTIME, ROLE_TEXT);

    if (has_date) {
        calendar_add_date(&clock, shown->now_ns);
        text_add(&clock, " ");
    }
    calendar_add_clock(&clock, shown->now_ns, 0);
    text_add(&clock, "Z");
    text_add(&uptime, "up ");
    figure_span(&uptime, ns_since(shown->start_ns, shown->now_ns));
}

static void add_packet_rates(struct bar *bar, const struct snapshot *shown)
{
    struct text pkts = bar_add_right(bar, KEEP_PKTS, ROLE_TEXT);
    struct text bits = bar_add_right(bar, KEEP_BITS, ROLE_TEXT);

    figure_rate(&pkts, shown->n_pkts_10s, shown->window_10s_ns);
    text_add(&pkts, " pkt/s");
    figure_bit_rate(&bits, shown->wire_bytes_10s, shown->window_10s_ns);
}

static void add_loss(struct bar *bar, const struct run_totals *total, bool is_spelled_out)
{
    uint64_t n_own = total->n_ring_dropped + total->n_shed;
    uint64_t n_kernel = total->n_kernel_dropped; /* with the card's: lost before we saw them */
    struct text text;

    if (total->is_iface_dropped_known)
        n_kernel += total->n_iface_dropped;
    text = bar_add_right(bar, KEEP_LOSS, n_kernel + n_own > 0 ? ROLE_WARNING : ROLE_TEXT);
    if (!is_spelled_out) {
        text_add(&text, "loss ");
        figure_count(&text, n_kernel + n_own);
        return;
    }
    text_add(&text, "kernel loss ");
    figure_count(&text, n_kernel);
    if (n_own > 0) {
        text_add(&text, ", own loss ");
        figure_count(&text, n_own);
    }
    text_add(&text, " of ");
    figure_count(&text, total->n_pkts);
}

static void paint_source_line(struct paint *paint, const struct model *model)
{
    struct bar bar = {.gap_cells = GAP_CELLS};
    struct text text = bar_add_left(&bar, KEEP_NAME, ROLE_STRONG);

    text_add(&text, "tcpwhy");
    add_source(&bar, model->run);
    if (model->is_paused)
        add_pause(&bar, model);
    if (!model->has_snapshot || model->shown.now_ns == NS_NEVER) {
        text = bar_add_left(&bar, KEEP_CLOCK, ROLE_TEXT);
        text_add(&text, "waiting for the first packet");
    } else {
        add_time(&bar, &model->shown, is_wide(paint));
        add_packet_rates(&bar, &model->shown);
        add_loss(&bar, &model->shown.total, is_wide(paint));
        text = bar_add_right(&bar, KEEP_TRUST, model->shown.is_trusted ? ROLE_TEXT : ROLE_WARNING);
        text_add(&text, is_wide(paint) ? "verdicts " : "");
        text_add(&text, model->shown.is_trusted ? "FULL" : "REDUCED");
    }
    bar_paint(&bar, paint, 0);
}

static void add_rate(struct bar *bar, int keep, const char *name, uint32_t n, int64_t window_ns)
{
    struct text text = bar_add_left(bar, keep, ROLE_TEXT);

    text_addf(&text, "%s ", name);
    figure_rate(&text, n, window_ns);
    text_add(&text, "/s");
}

static void add_failed(struct bar *bar, const struct snapshot *shown, unsigned n_decimals)
{
    uint32_t n_judged = shown->n_ok_10s + shown->n_failed_10s;
    struct text text =
        bar_add_left(bar, KEEP_FAILED, shown->n_failed_10s > 0 ? ROLE_FAILURE : ROLE_TEXT);

    text_add(&text, "FAILED ");
    figure_rate(&text, shown->n_failed_10s, shown->window_10s_ns);
    text_add(&text, "/s ");
    figure_percent(&text, shown->n_failed_10s, n_judged, n_decimals);
    text_add(&text, " %");
}

static void add_handshake(struct bar *bar, const struct snapshot *shown)
{
    struct text text;

    if (shown->handshake_p50_ns == 0)
        return;
    text = bar_add_left(bar, KEEP_HANDSHAKE, ROLE_TEXT);
    text_add(&text, "handshake p50 ");
    figure_duration(&text, shown->handshake_p50_ns);
    text_add(&text, " p99 ");
    figure_duration(&text, shown->handshake_p99_ns);
}

static void add_open_flows(struct bar *bar, const struct snapshot *shown, bool is_spelled_out)
{
    struct text text = bar_add_left(bar, KEEP_OPEN_FLOWS, ROLE_TEXT);

    text_add(&text, "open flows ");
    figure_count(&text, shown->n_flows_open);
    if (is_spelled_out) {
        text_add(&text, " of ");
        figure_count(&text, shown->n_flows_max);
    }
}

static void add_incidents(struct bar *bar, uint32_t n)
{
    struct text text = bar_add_right(bar, KEEP_INCIDENTS, n > 0 ? ROLE_INCIDENT : ROLE_TEXT);

    if (n == 0) {
        text_add(&text, "no incidents");
        return;
    }
    figure_count(&text, n);
    text_add(&text, n == 1 ? " INCIDENT" : " INCIDENTS");
}

static void paint_connection_line(struct paint *paint, const struct model *model)
{
    const struct snapshot *shown = &model->shown;
    struct bar bar = {.gap_cells = GAP_CELLS};

    if (!model->has_snapshot)
        return;
    add_rate(&bar, KEEP_TRIES, "tries", shown->n_attempts_10s, shown->window_10s_ns);
    add_rate(&bar, KEEP_OK, "ok", shown->n_ok_10s, shown->window_10s_ns);
    add_failed(&bar, shown, is_wide(paint) ? 1 : 0);
    if (is_wide(paint))
        add_handshake(&bar, shown);
    add_open_flows(&bar, shown, is_wide(paint));
    if (model->filter.n_terms > 0) {
        struct text text = bar_add_right(&bar, KEEP_FILTER, ROLE_WARNING);

        text_addf(&text, "FILTER %s", model->filter_words);
    }
    if (model_count_marked(model) > 0) {
        struct text text = bar_add_right(&bar, KEEP_MARKED, ROLE_STRONG);

        text_addf(&text, "%" PRIu32 " MARKED", model_count_marked(model));
    }
    add_incidents(&bar, shown->n_incidents_open);
    bar_paint(&bar, paint, 1);
}

void panel_header(struct paint *paint, const struct model *model)
{
    paint_source_line(paint, model);
    paint_connection_line(paint, model);
}

/* The key is the first word, but for the brackets. */
static void add_key(struct bar *bar, int keep, const char *words)
{
    struct text text = bar_add_left(bar, keep, ROLE_TEXT);
    size_t n_cells = strcspn(words, " ");

    if (words[0] == '[')
        n_cells = strlen("[ ]");
    text_add(&text, words);
    bar->item[bar->n - 1].n_key_cells = (int)n_cells;
}

void panel_keys(struct paint *paint, const struct model *model)
{
    struct bar bar = {.gap_cells = GAP_CELLS};
    size_t n_rows;
    const struct key_row *rows = keys_rows(&n_rows);

    if (model->prompt.kind != PROMPT_NONE) {
        prompt_paint(paint, model);
        return;
    }
    if (model->notice[0] != '\0') {
        paint_text(paint, paint->n_lines - 1, 1, paint->n_cols - 1, ROLE_STRONG, model->notice);
        return;
    }
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = 0; j < KEY_BAR_MAX && rows[i].bar[j].words; j++)
            if (rows[i].bar[j].scenes & (1u << model->scene))
                add_key(&bar, rows[i].bar[j].keep, rows[i].bar[j].words);
    bar_paint(&bar, paint, paint->n_lines - 1);
}

/* "161 failed of 576, 6 incidents", as far as it fits. */
static void paint_one_line(struct paint *paint, const struct model *model)
{
    const struct snapshot *shown = &model->shown;
    enum role role = shown->n_incidents_open > 0 ? ROLE_INCIDENT : ROLE_TEXT;
    char failed[ONE_LINE_BYTES], tries[ONE_LINE_BYTES], incidents[ONE_LINE_BYTES];
    struct text text = TEXT_OF(failed);
    int col;

    figure_count(&text, shown->total.n_failed);
    text_add(&text, " failed");
    text = TEXT_OF(tries);
    text_add(&text, " of ");
    figure_count(&text, shown->total.n_attempts);
    text = TEXT_OF(incidents);
    text_addf(&text, ", %" PRIu32 " incidents", shown->n_incidents_open);

    col = paint_text(paint, 0, 0, paint->n_cols, role, failed);
    if (col + (int)(strlen(tries) + strlen(incidents)) <= paint->n_cols)
        col = paint_text(paint, 0, col, paint->n_cols, role, tries);
    paint_text(paint, 0, col, paint->n_cols, role, incidents);
}

enum role panel_title_role(const struct model *model, enum pane pane)
{
    return model->active == pane ? ROLE_TITLE_ACTIVE : ROLE_TITLE;
}

void panel_add_sorted_name(const struct model *model, enum pane pane, const char *name, char *out,
                           size_t out_bytes)
{
    const struct row_sort *sort = model_row_sort(model, pane);
    struct text text = text_wrap(out, out_bytes);

    text_add(&text, name);
    if (sort->column != 0)
        text_addf(&text, " by %s", row_sort_name(pane, sort->column));
    if (sort->is_reversed)
        text_add(&text, sort->column != 0 ? ", reversed" : " reversed");
}

void panel_rule(struct paint *paint, int line, const char *name, enum role role, const char *right)
{
    int end_col = paint->n_cols - NAME_COL - 1;
    int n_cells = (int)strlen(right);
    int col;

    paint_glyph(paint, line, 0, paint->n_cols, ROLE_RULE, GLYPH_RULE);
    paint_text(paint, line, NAME_COL - 1, 1, ROLE_RULE, " ");
    col = paint_text(paint, line, NAME_COL, paint->n_cols, role, name);
    paint_text(paint, line, col, 1, ROLE_RULE, " ");
    if (n_cells == 0 || col + 2 > end_col - n_cells)
        return;
    paint_text(paint, line, end_col - n_cells - 1, 1, ROLE_RULE, " ");
    paint_text(paint, line, end_col - n_cells, n_cells, ROLE_TITLE, right);
    paint_text(paint, line, end_col, 1, ROLE_RULE, " ");
}

enum role panel_row(struct paint *paint, const struct model *model, enum pane pane, int line,
                    uint32_t row, enum role role)
{
    if (!model_has_cursor(model, pane, row)) {
        if (model_is_marked(model, pane, row))
            paint_text(paint, line, 0, 1, ROLE_STRONG, "*");
        return role;
    }
    for (int col = 0; col < paint->n_cols; col++)
        paint_text(paint, line, col, 1, ROLE_CURSOR, col == 0 ? ">" : " ");
    return ROLE_CURSOR;
}

void panel_empty(struct paint *paint, const struct rect *rect, const char *words)
{
    if (rect->n_lines > 1)
        paint_text(paint, rect->line + 1, 1, rect->n_cols - 1, ROLE_TEXT, words);
}

static void paint_overview(struct paint *paint, struct model *model, const struct layout *layout)
{
    static void (*const panels[PANE_COUNT])(struct paint *, const struct model *,
                                            const struct rect *) = {
        [PANE_WHY] = panel_why,
        [PANE_WHERE] = panel_where,
        [PANE_LATEST] = panel_latest,
        [PANE_INCIDENTS] = panel_incidents,
    };

    for (int pane = PANE_WHY; pane < PANE_COUNT; pane++)
        if (layout->pane[pane].n_lines > 0)
            panels[pane](paint, model, &layout->pane[pane]);
    if (layout->selected.n_lines > 0)
        panel_selected(paint, model, &layout->selected);
    if (layout->has_key_rule)
        paint_glyph(paint, paint->n_lines - 2, 0, paint->n_cols, ROLE_RULE, GLYPH_RULE);
}

/* What can be scrolled sideways: all between the top lines and the key bar. */
static void paint_scene(struct paint *paint, struct model *model)
{
    struct layout_wish wish = model_layout_wish(model);
    struct layout layout = layout_compute(paint->n_lines, paint->n_cols, &wish);

    if (model->scene == SCENE_ENDPOINT)
        panel_endpoint(paint, model);
    else if (model->scene == SCENE_FLOW)
        panel_flow(paint, model);
    else if (model->scene == SCENE_BYTES)
        panel_bytes(paint, model);
    else
        paint_overview(paint, model, &layout);
}

static void paint_scene_header(struct paint *paint, const struct model *model)
{
    if (model->scene == SCENE_ENDPOINT)
        panel_endpoint_header(paint, model);
    else if (model->scene == SCENE_FLOW || model->scene == SCENE_BYTES)
        panel_flow_header(paint, model);
    else
        panel_header(paint, model);
}

static unsigned count_pages(const struct paint *paint, const struct model *model)
{
    return model->overlay == OVERLAY_HEALTH ? panel_health_pages(model, paint->n_lines)
                                            : panel_help_pages(paint->n_lines, paint->n_cols);
}

void panel_any_key(struct paint *paint, const struct model *model)
{
    bool is_last = model->overlay_page + 1 >= model->n_overlay_pages;

    paint_text(paint, paint->n_lines - 1, 1, paint->n_cols, ROLE_KEY,
               is_last ? "any key: back" : "any key: more");
}

void panel_screen(struct paint *paint, struct model *model)
{
    struct layout_wish wish = model_layout_wish(model);
    struct layout layout = layout_compute(paint->n_lines, paint->n_cols, &wish);

    model_fit(model, &layout, count_pages(paint, model));
    if (layout.is_one_line) {
        paint_one_line(paint, model);
        return;
    }
    if (model->overlay == OVERLAY_HELP)
        panel_help(paint, model);
    if (model->overlay == OVERLAY_HEALTH)
        panel_health(paint, model);
    if (model->overlay != OVERLAY_NONE)
        return;
    if (model->n_scrolled_cols > 0) {
        struct paint_shift shift;

        paint_shift_init(&shift, paint, model->n_scrolled_cols);
        paint_scene(&shift.paint, model);
    } else {
        paint_scene(paint, model);
    }
    paint_scene_header(paint, model);
    panel_keys(paint, model);
}

unsigned panel_sort_at(const struct model *model, enum pane pane, int n_cols, int col)
{
    static struct table (*const tables[PANE_VIEW_COUNT])(const struct model *, int) = {
        [PANE_WHY] = panel_why_table,
        [PANE_WHERE] = panel_where_table,
        [PANE_LATEST] = panel_latest_table,
        [PANE_FLOWS] = panel_flows_table,
        [PANE_INCIDENTS] = panel_incidents_table,
    };
    struct table table;

    if (!tables[pane])
        return TABLE_UNSORTED;
    table = tables[pane](model, n_cols + model->n_scrolled_cols);
    return table_sort_at(&table, col + (col > 0 ? model->n_scrolled_cols : 0));
}
