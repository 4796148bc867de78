/* SPDX-License-Identifier: BSD-2-Clause */
/* Why: a row each family of failures. Where: a row each endpoint and family. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/table.h"

#define LETTER_COL 1
#define WORDS_COL 3
#define MARK_COL 1
#define SERVER_COL 2
#define WHERE_SERVICE 1 /* of where_columns: shown where there is room for long words */
#define NARROW_COLS 60  /* below, letters stand for families */
#define WIDE_COLS 100
#define MIN_FULL_HEIGHT 4 /* of a sparkline: one failure must not look like an outbreak */
#define SUMMARY_BYTES 256
#define ALL_HINT "(v: all)"

/* Why. */

static const struct snapshot_family *family_at(const struct model *model, uint32_t row)
{
    return &model->shown.family[model->why[row]];
}

static void why_words(const struct model *model, uint32_t row, struct text *text)
{
    text_add(text, family_words(model->why[row]));
}

static void why_now(const struct model *model, uint32_t row, struct text *text)
{
    figure_rate(text, family_at(model, row)->n_last_10s, model->shown.window_10s_ns);
}

static void why_average(const struct model *model, uint32_t row, struct text *text)
{
    figure_rate(text, family_at(model, row)->n_total,
                ns_since(model->shown.start_ns, model->shown.now_ns));
}

static void why_total(const struct model *model, uint32_t row, struct text *text)
{
    figure_count(text, family_at(model, row)->n_total);
}

static void why_share(const struct model *model, uint32_t row, struct text *text)
{
    figure_percent(text, family_at(model, row)->n_total, model->shown.total.n_failed, 1);
    text_add(text, " %");
}

static void why_incidents(const struct model *model, uint32_t row, struct text *text)
{
    uint32_t n = family_at(model, row)->n_open_incidents;

    text_addf(text, n > 0 ? "%" PRIu32 : "-", n);
}

enum why_column {
    WHY_WORDS,
    WHY_SPARK,
    WHY_NOW,
    WHY_AVERAGE,
    WHY_TOTAL,
    WHY_SHARE,
    WHY_INCIDENTS
};

static const struct table_column why_columns[] = {
    [WHY_WORDS] = {"", 16, TABLE_ALWAYS, false, why_words, WHY_BY_NAME},
    [WHY_SPARK] = {"last 60 s, 2 s a column", SNAPSHOT_COLUMNS, 30, false, NULL, TABLE_UNSORTED},
    [WHY_NOW] = {"now/s", 5, 50, true, why_now, WHY_BY_NOW},
    [WHY_AVERAGE] = {"mean/s", 6, 10, true, why_average, TABLE_UNSORTED},
    [WHY_TOTAL] = {"total", 7, TABLE_ALWAYS, true, why_total, WHY_BY_TOTAL},
    [WHY_SHARE] = {"share", 6, 40, true, why_share, WHY_BY_TOTAL},
    [WHY_INCIDENTS] = {"incidents", 9, 20, true, why_incidents, WHY_BY_INCIDENTS},
};

static uint32_t full_height(const struct snapshot *shown)
{
    uint32_t highest = MIN_FULL_HEIGHT;

    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        for (unsigned i = 0; i < SNAPSHOT_COLUMNS; i++)
            if (shown->family[family].column[i] > highest)
                highest = shown->family[family].column[i];
    return highest;
}

static void paint_spark(struct paint *paint, int line, int col,
                        const struct snapshot_family *family, uint32_t highest, enum role role)
{
    for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
        uint64_t eighths = ((uint64_t)family->column[i] * 8 + highest - 1) / highest;

        if (eighths > 0)
            paint_glyph(paint, line, col + i, 1, role, (enum glyph)(GLYPH_BAR + eighths - 1));
    }
}

static enum role family_role(enum family family, uint32_t n_incidents)
{
    if (family == FAMILY_RST_FORGED)
        return ROLE_FORGED;
    return n_incidents > 0 ? ROLE_INCIDENT : ROLE_FAILURE;
}

static void paint_why_row(struct paint *paint, const struct model *model, const struct table *table,
                          int line, uint32_t row, uint32_t highest)
{
    const struct snapshot_family *family = family_at(model, row);
    char letter[] = {family_letter(model->why[row]), '\0'};
    enum role role = panel_row(paint, model, PANE_WHY, line, row, ROLE_TEXT);
    enum role letter_role = role;

    if (role != ROLE_CURSOR)
        letter_role = family_role(model->why[row], family->n_open_incidents);
    paint_text(paint, line, LETTER_COL, 1, letter_role, letter);
    table_paint_row(table, paint, line, row, role);
    if (table->place[WHY_SPARK].n_cells > 0)
        paint_spark(paint, line, table->place[WHY_SPARK].col, family, highest, role);
}

/* "+ 3 more: T timeout 13   L tls refused 9": the rows that are out of sight. */
static void add_rest(const struct model *model, struct text *text)
{
    const struct pane_view *view = &model->view[PANE_WHY];

    text_addf(text, "+ %" PRIu32 " more:", view->n_rows - view->n_visible);
    for (uint32_t row = 0; row < view->n_rows; row++) {
        if (row >= view->first && row < view->first + view->n_visible)
            continue;
        text_addf(text, " %c %s ", family_letter(model->why[row]), family_words(model->why[row]));
        figure_count(text, family_at(model, row)->n_total);
        text_add(text, "  ");
    }
}

/* "none so far:  U unreachable  O half open": what one has not to think of. */
static void add_unseen(const struct model *model, struct text *text)
{
    text_add(text, "none so far:");
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        if (model->shown.family[i].n_total == 0)
            text_addf(text, "  %c %s", family_letter((enum family)i), family_words((enum family)i));
}

static void paint_why_rest(struct paint *paint, const struct model *model, int line)
{
    const struct pane_view *view = &model->view[PANE_WHY];
    struct rect rect = {line, 1, 1, paint->n_cols - 2};
    char summary[SUMMARY_BYTES];
    struct text text = TEXT_OF(summary);

    if (view->n_rows > view->n_visible) {
        add_rest(model, &text);
        rect.n_cols -= (int)strlen(ALL_HINT) + 1;
        paint_text_right(paint, line, paint->n_cols - 2, ROLE_TEXT, ALL_HINT);
    } else if (view->n_rows < FAMILY_COUNT) {
        add_unseen(model, &text);
    }
    paint_wrapped(paint, &rect, ROLE_TEXT, summary);
}

struct table panel_why_table(const struct model *model, int n_cols)
{
    static const struct table_gaps gaps = {.min_cells = 0, .max_cells = 6};
    struct table table = {.column = why_columns, .n_columns = ARRAY_LEN(why_columns)};

    table_place(&table, model, PANE_WHY, WORDS_COL, n_cols - 1, &gaps);
    return table;
}

void panel_why(struct paint *paint, const struct model *model, const struct rect *rect)
{
    const struct pane_view *view = &model->view[PANE_WHY];
    struct table table = panel_why_table(model, rect->n_cols);
    uint32_t highest = full_height(&model->shown);
    char spark_title[48];
    struct text title = TEXT_OF(spark_title);
    char name[48];

    text_addf(&title, "60 s, 2 s a column, full height %" PRIu32, highest);
    if (table.place[WHY_INCIDENTS].n_cells > 0)
        table.title[WHY_SPARK] = spark_title;
    panel_add_sorted_name(model, PANE_WHY, "Why", name, sizeof(name));
    table_paint_title(&table, paint, rect->line, name, panel_title_role(model, PANE_WHY));
    if (view->n_rows == 0) {
        panel_empty(paint, rect, "no failures so far");
        return;
    }
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++)
        paint_why_row(paint, model, &table, rect->line + 1 + (int)i, view->first + i, highest);
    if (1 + (int)view->n_visible < rect->n_lines)
        paint_why_rest(paint, model, rect->line + rect->n_lines - 1);
}

/* Where. */

static void where_server(const struct model *model, uint32_t row, struct text *text)
{
    figure_endpoint(text, &model_where_at(model, row)->server);
}

static void where_service(const struct model *model, uint32_t row, struct text *text)
{
    text_add(text, services_name(model->services, model_where_at(model, row)->server.port));
}

static void where_why(const struct model *model, uint32_t row, struct text *text)
{
    const char *name = family_name(model_where_at(model, row)->family);

    text_add(text, name ? name : "(healthy)");
}

static void where_letter(const struct model *model, uint32_t row, struct text *text)
{
    text_addf(text, "%c", family_letter(model_where_at(model, row)->family));
}

static void where_now(const struct model *model, uint32_t row, struct text *text)
{
    figure_rate(text, model_where_at(model, row)->n_last_10s, model->shown.window_10s_ns);
}

static void where_failures(const struct model *model, uint32_t row, struct text *text)
{
    figure_count(text, model_where_at(model, row)->n_failures);
}

static void where_attempts(const struct model *model, uint32_t row, struct text *text)
{
    figure_count(text, model_where_at(model, row)->n_attempts);
}

static void where_percent(const struct model *model, uint32_t row, struct text *text)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);

    figure_percent(text, endpoint->n_failures, endpoint->n_attempts, 0);
}

/* Clients are counted exactly to 64 (verdict/snapshot.h). */
static void where_clients(const struct model *model, uint32_t row, struct text *text)
{
    uint32_t n = model_where_at(model, row)->n_clients;

    text_addf(text, n > 64 ? "64+" : "%" PRIu32, n);
}

static void add_moment(struct text *text, const struct model *model, int64_t at_ns)
{
    if (at_ns == NS_NEVER)
        text_add(text, "-");
    else if (model->time_form == TIME_CLOCK)
        calendar_add_clock(text, at_ns, 0);
    else if (model->time_form == TIME_SINCE_START)
        figure_offset(text, model->shown.start_ns, at_ns);
    else
        figure_span(text, ns_since(at_ns, model->shown.now_ns));
}

static void where_since(const struct model *model, uint32_t row, struct text *text)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);

    add_moment(text, model, endpoint->family == FAMILY_NONE ? NS_NEVER : endpoint->since_ns);
}

static void where_verdict(const struct model *model, uint32_t row, struct text *text)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);

    if (endpoint->family != FAMILY_NONE)
        text_add(text, verdict_row(endpoint->verdict)->slug);
}

static void where_confidence(const struct model *model, uint32_t row, struct text *text)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);

    if (endpoint->family != FAMILY_NONE)
        text_add(text, confidence_name(endpoint->confidence));
}

static void where_last(const struct model *model, uint32_t row, struct text *text)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);

    add_moment(text, model, endpoint->family == FAMILY_NONE ? NS_NEVER : endpoint->last_ns);
}

static const struct table_column where_columns[] = {
    {"", 22, TABLE_ALWAYS, false, where_server, WHERE_BY_SERVER},
    {"", 16, 10, false, where_service, TABLE_UNSORTED},
    {"why", 16, TABLE_ALWAYS, false, where_why, WHERE_BY_WHY},
    {"verdict", 24, 5, false, where_verdict, TABLE_UNSORTED},
    {"sure", 8, 7, false, where_confidence, TABLE_UNSORTED},
    {"now/s", 5, 70, true, where_now, WHERE_BY_NOW},
    {"fail", 6, TABLE_ALWAYS, true, where_failures, WHERE_BY_FAILURES},
    {"tries", 6, 50, true, where_attempts, WHERE_BY_ATTEMPTS},
    {"%", 3, 60, true, where_percent, WHERE_BY_PERCENT},
    {"clients", 7, 20, true, where_clients, WHERE_BY_CLIENTS},
    {"since", 8, 30, true, where_since, WHERE_BY_SINCE},
    {"last", 8, 6, true, where_last, WHERE_BY_LAST},
};

static const struct table_column where_narrow_columns[] = {
    {"", 21, TABLE_ALWAYS, false, where_server, WHERE_BY_SERVER},
    {"", 1, TABLE_ALWAYS, false, where_letter, WHERE_BY_WHY},
    {"now/s", 5, 70, true, where_now, WHERE_BY_NOW},
    {"fail", 5, TABLE_ALWAYS, true, where_failures, WHERE_BY_FAILURES},
    {"tries", 5, 50, true, where_attempts, WHERE_BY_ATTEMPTS},
    {"%", 3, 60, true, where_percent, WHERE_BY_PERCENT},
};

/* "Where: server endpoints, by fail, reversed". */
static void add_where_name(const struct model *model, bool is_long, struct text *text)
{
    const struct row_sort *sort = &model->where.sort;

    text_add(text, "Where");
    if (is_long)
        text_add(text, ": server endpoints, by ");
    else if (sort->column != WHERE_BY_INCIDENT || sort->is_reversed)
        text_add(text, " by ");
    else
        return;
    text_add(text, row_sort_name(PANE_WHERE, sort->column));
    if (sort->is_reversed)
        text_add(text, ", reversed");
}

static void paint_where_row(struct paint *paint, const struct model *model,
                            const struct table *table, int line, uint32_t row)
{
    const struct snapshot_endpoint *endpoint = model_where_at(model, row);
    enum role role = ROLE_TEXT;

    if (endpoint->incident != 0)
        role = ROLE_INCIDENT;
    else if (endpoint->family != FAMILY_NONE)
        role = ROLE_FAILURE;
    role = panel_row(paint, model, PANE_WHERE, line, row, role);
    paint_text(paint, line, MARK_COL, 1, role, endpoint->incident != 0 ? "!" : " ");
    table_paint_row(table, paint, line, row, role);
}

struct table panel_where_table(const struct model *model, int n_cols)
{
    struct table_gaps gaps = {.min_cells = n_cols >= WIDE_COLS ? 1 : 0, .max_cells = 4};
    bool is_narrow = n_cols < NARROW_COLS;
    struct table table = {
        .column = is_narrow ? where_narrow_columns : where_columns,
        .n_columns = is_narrow ? ARRAY_LEN(where_narrow_columns) : ARRAY_LEN(where_columns),
    };

    table_place(&table, model, PANE_WHERE, SERVER_COL, n_cols - 1, &gaps);
    for (size_t i = 0; i < table.n_columns && model->time_form == TIME_DELTA; i++)
        if (table.column[i].cell == where_since)
            table.title[i] = "ago";
    return table;
}

void panel_where(struct paint *paint, const struct model *model, const struct rect *rect)
{
    const struct pane_view *view = &model->view[PANE_WHERE];
    struct table table = panel_where_table(model, rect->n_cols);
    bool is_long = rect->n_cols >= NARROW_COLS && table.place[WHERE_SERVICE].n_cells > 0;
    char name[64];
    struct text text = TEXT_OF(name);

    add_where_name(model, is_long, &text);
    table_paint_title(&table, paint, rect->line, name, panel_title_role(model, PANE_WHERE));
    if (view->n_rows == 0)
        panel_empty(paint, rect,
                    model->filter.n_terms > 0 ? "none passes the filter" : "no endpoints so far");
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++)
        paint_where_row(paint, model, &table, rect->line + 1 + (int)i, view->first + i);
}
