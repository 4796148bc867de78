/* SPDX-License-Identifier: BSD-2-Clause */
/* Latest: the failures as they were judged, newest first. */
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/table.h"

#define TIME_COL 1
#define WIDE_COLS 100
#define WHY_CELLS 64 /* of text that may come from a packet */
#define WHY_BYTES 80

static const struct snapshot_latest *latest_at(const struct model *model, uint32_t row)
{
    return &model->shown.latest[row];
}

static void add_time(const struct model *model, uint32_t row, unsigned n_digits, struct text *text)
{
    int64_t ts_ns = latest_at(model, row)->ts_ns;

    if (model->time_form == TIME_CLOCK)
        calendar_add_clock(text, ts_ns, n_digits);
    else if (model->time_form == TIME_SINCE_START)
        figure_offset(text, model->shown.start_ns, ts_ns);
    else if (row + 1 < model->shown.n_latest)
        figure_offset(text, latest_at(model, row + 1)->ts_ns, ts_ns);
    else
        text_add(text, "-");
}

static void latest_time(const struct model *model, uint32_t row, struct text *text)
{
    add_time(model, row, 1, text);
}

static void latest_exact_time(const struct model *model, uint32_t row, struct text *text)
{
    add_time(model, row, 3, text);
}

static void latest_letter(const struct model *model, uint32_t row, struct text *text)
{
    text_addf(text, "%c", family_letter(latest_at(model, row)->family));
}

static void latest_client(const struct model *model, uint32_t row, struct text *text)
{
    figure_endpoint(text, &latest_at(model, row)->client);
    text_add(text, " >");
}

static void latest_server(const struct model *model, uint32_t row, struct text *text)
{
    figure_endpoint(text, &latest_at(model, row)->server);
}

static void latest_family(const struct model *model, uint32_t row, struct text *text)
{
    const char *name = family_name(latest_at(model, row)->family);

    text_add(text, name ? name : "");
}

/* The last column is the reason: prose, painted by the panel up to the screen's edge. */
static const struct table_column columns[] = {
    {"", 10, 60, false, latest_time, LATEST_BY_TIME},
    {"", 1, TABLE_ALWAYS, false, latest_letter, LATEST_BY_WHY},
    {"", 4, 30, false, latest_client, LATEST_BY_CLIENT},
    {"", 18, TABLE_ALWAYS, false, latest_server, LATEST_BY_SERVER},
    {"", 16, 50, false, NULL, TABLE_UNSORTED},
};

static const struct table_column wide_columns[] = {
    {"", 12, 60, false, latest_exact_time, LATEST_BY_TIME},
    {"", 1, TABLE_ALWAYS, false, latest_letter, LATEST_BY_WHY},
    {"", 4, 30, false, latest_client, LATEST_BY_CLIENT},
    {"", 18, TABLE_ALWAYS, false, latest_server, LATEST_BY_SERVER},
    {"", 16, 10, false, latest_family, LATEST_BY_WHY},
    {"", 24, 50, false, NULL, TABLE_UNSORTED},
};

#define LETTER_COLUMN 1

static void paint_row(struct paint *paint, const struct model *model, const struct table *table,
                      int line, uint32_t row)
{
    const struct snapshot_latest *latest = latest_at(model, row);
    const struct table_place *why = &table->place[table->n_columns - 1];
    enum role role = panel_row(paint, model, PANE_LATEST, line, row, ROLE_TEXT);
    enum role letter_role = role;
    char reason[WHY_BYTES];
    struct rect room;
    struct text text = TEXT_OF(reason);

    if (role != ROLE_CURSOR)
        letter_role = latest->family == FAMILY_RST_FORGED ? ROLE_FORGED : ROLE_FAILURE;
    table_paint_row(table, paint, line, row, role);
    table_paint_cell(table, paint, line, row, LETTER_COLUMN, letter_role);
    if (latest->is_judged_with_loss)
        paint_text(paint, line, table->place[LETTER_COLUMN].col - 1, 1, role, "~");
    if (why->n_cells == 0)
        return;
    text_add_untrusted(&text, (const uint8_t *)latest->why,
                       strnlen(latest->why, sizeof(latest->why)), WHY_CELLS);
    room = (struct rect){line, why->col, 1, paint->n_cols - 1 - why->col};
    paint_wrapped(paint, &room, role, reason);
}

struct table panel_latest_table(const struct model *model, int n_cols)
{
    static const struct table_gaps gaps = {.min_cells = 0, .max_cells = 0};
    bool is_wide = n_cols >= WIDE_COLS;
    struct table table = {
        .column = is_wide ? wide_columns : columns,
        .n_columns = is_wide ? ARRAY_LEN(wide_columns) : ARRAY_LEN(columns),
    };

    table_place(&table, model, PANE_LATEST, TIME_COL, n_cols - 1, &gaps);
    return table;
}

void panel_latest(struct paint *paint, const struct model *model, const struct rect *rect)
{
    const struct pane_view *view = &model->view[PANE_LATEST];
    struct table table = panel_latest_table(model, rect->n_cols);
    const struct row_sort *sort = model_row_sort(model, PANE_LATEST);
    char right[64], name[48];
    struct text text = TEXT_OF(right);

    if (sort->column == LATEST_BY_TIME)
        text_add(&text, sort->is_reversed ? "oldest first, " : "newest first, ");
    figure_count(&text, model->shown.total.n_failed);
    text_add(&text, model->is_paused ? " judged, p goes on" : " judged, p pauses");
    panel_add_sorted_name(model, PANE_LATEST, "Latest", name, sizeof(name));
    panel_rule(paint, rect->line, name, panel_title_role(model, PANE_LATEST), right);
    if (view->n_rows == 0)
        panel_empty(paint, rect,
                    model->filter.n_terms > 0 ? "none passes the filter" : "no failures so far");
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++)
        paint_row(paint, model, &table, rect->line + 1 + (int)i, view->first + i);
}
