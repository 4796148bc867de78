/* SPDX-License-Identifier: BSD-2-Clause */
/* Tries and failures of the open endpoint over the last minute, and its failures before. */
#include "base/calendar.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/visit.h"

#define LABEL_CELLS 8
#define GAP_CELLS 2
#define WINDOW_NS (SNAPSHOT_COLUMNS * SNAPSHOT_COLUMN_NS)
#define WORDS_BYTES 64

struct columns {
    const char *label;
    uint64_t column[SNAPSHOT_COLUMNS];
    uint64_t highest; /* full height; at least 1 */
    enum role role;
};

static void paint_columns(struct paint *paint, const struct rect *body, int i,
                          const struct columns *columns, const char *words)
{
    int line = body->line + i;
    int col = body->col + LABEL_CELLS;
    int words_col = col + SNAPSHOT_COLUMNS + GAP_CELLS;

    if (i >= body->n_lines)
        return;
    paint_text(paint, line, body->col, LABEL_CELLS, ROLE_TEXT, columns->label);
    for (int k = 0; k < SNAPSHOT_COLUMNS; k++) {
        uint64_t eighths = (columns->column[k] * 8 + columns->highest - 1) / columns->highest;

        if (eighths > 0)
            paint_glyph(paint, line, col + k, 1, columns->role,
                        (enum glyph)(GLYPH_BAR + eighths - 1));
    }
    paint_text(paint, line, words_col, body->col + body->n_cols - words_col, ROLE_TEXT, words);
}

static void take(struct columns *columns, const uint16_t column[SNAPSHOT_COLUMNS])
{
    columns->highest = 1;
    for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
        columns->column[i] = column[i];
        if (column[i] > columns->highest)
            columns->highest = column[i];
    }
}

/* Both on the scale of the tries, so that they can be compared. */
static void paint_minute(struct paint *paint, const struct rect *body,
                         const struct snapshot_endpoint *endpoint)
{
    struct columns tries = {.label = "tries", .role = ROLE_TEXT};
    struct columns failed = {.label = "failed", .role = ROLE_FAILURE};
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);

    take(&tries, endpoint->attempts);
    take(&failed, endpoint->failed);
    if (failed.highest > tries.highest) /* of tries before them */
        tries.highest = failed.highest;
    failed.highest = tries.highest;
    text_add(&text, "full height ");
    figure_count(&text, tries.highest);
    if (body->n_lines > 1)
        paint_columns(paint, body, 0, &tries, words);
    text = TEXT_OF(words);
    figure_count(&text, endpoint->n_failures);
    text_add(&text, " of ");
    figure_count(&text, endpoint->n_attempts);
    text_add(&text, " in all");
    paint_columns(paint, body, body->n_lines > 1 ? 1 : 0, &failed, words);
}

/* Since its first failure, as many seconds a column as that takes. */
static void paint_before(struct paint *paint, const struct rect *body, int i,
                         const struct report_series *series)
{
    struct columns columns = {.label = "since", .highest = 1, .role = ROLE_FAILURE};
    int64_t span_ns = ns_since(series->first_ns, series->last_ns) + 1;
    int64_t column_ns = (span_ns / SNAPSHOT_COLUMNS / NS_PER_S + 1) * NS_PER_S;
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);

    report_series_columns(series, series->first_ns, column_ns, columns.column, SNAPSHOT_COLUMNS);
    for (int k = 0; k < SNAPSHOT_COLUMNS; k++)
        if (columns.column[k] > columns.highest)
            columns.highest = columns.column[k];
    calendar_add_clock(&text, series->first_ns, 0);
    text_add(&text, ", ");
    figure_duration(&text, column_ns);
    text_add(&text, " a column, full height ");
    figure_count(&text, columns.highest);
    paint_columns(paint, body, i, &columns, words);
}

int panel_times(struct paint *paint, const struct model *model, const struct rect *body)
{
    const struct journal_group *group = journal_group(model->journal, &model->visit.endpoint);
    const struct snapshot_endpoint *endpoint = visit_endpoint(model);
    int n = 0;

    if (endpoint) {
        paint_minute(paint, body, endpoint);
        n = 2;
    }
    if (group && group->series.n > 0 &&
        (!endpoint || ns_since(group->series.first_ns, model->shown.now_ns) > WINDOW_NS))
        paint_before(paint, body, n++, &group->series);
    return n;
}
