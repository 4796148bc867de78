/* SPDX-License-Identifier: BSD-2-Clause */
/* WHERE AND WHEN: a line each group with its failures over time, so that common starts show. */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_text.h"

#define INCIDENT_ROWS_MAX 60
#define OTHER_ROWS_MAX 20
#define BARS_MAX 34
#define WHY_CELLS 17

#define MS NS_PER_MS
#define S NS_PER_S
#define MIN (60 * S)
#define H (60 * MIN)
#define D (24 * H)

/* Widths of a column that people can add up. */
static const int64_t units_ns[] = {
    1 * MS,   2 * MS,   3 * MS,   5 * MS,   10 * MS, 20 * MS, 30 * MS, 50 * MS,
    100 * MS, 200 * MS, 300 * MS, 500 * MS, 1 * S,   2 * S,   3 * S,   5 * S,
    10 * S,   15 * S,   20 * S,   30 * S,   1 * MIN, 2 * MIN, 3 * MIN, 5 * MIN,
    10 * MIN, 15 * MIN, 20 * MIN, 30 * MIN, 1 * H,   2 * H,   3 * H,   6 * H,
    12 * H,   1 * D,    2 * D,    7 * D,    30 * D,  365 * D,
};

/* Where the columns of the table begin, and what a bar means. */
struct table_layout {
    unsigned why, failed, first, last, bars; /* columns on the page */
    unsigned n_bars;
    int64_t start_ns, bar_ns;
    uint64_t highest; /* of all bars */
};

static void add_failed_of(struct text *text, const struct report_group *group)
{
    text_addf(text, "%" PRIu64, group->n_failures);
    if (group->n_attempts > 0)
        text_addf(text, "/%" PRIu64, group->n_attempts);
}

static uint32_t n_rows_of(const struct report *report)
{
    uint32_t n_incidents = report->model->n_incident_entries;
    uint32_t n_others = report->model->n_entries - n_incidents;

    if (n_incidents > INCIDENT_ROWS_MAX)
        return INCIDENT_ROWS_MAX;
    return n_incidents + (n_others < OTHER_ROWS_MAX ? n_others : OTHER_ROWS_MAX);
}

static void lay_out_columns(const struct report *report, struct table_layout *layout)
{
    unsigned failed_cells = 7, clock_cells;
    char buffer[64];

    for (uint32_t i = 0; i < n_rows_of(report); i++) {
        struct text text = TEXT_OF(buffer);

        add_failed_of(&text, report->model->entry[i]);
        if (text.used_bytes + 1 > failed_cells)
            failed_cells = (unsigned)text.used_bytes + 1;
    }
    clock_cells = (unsigned)strlen(format_clock(buffer, 0, report->clock)) + 2;
    layout->why = 4 + report_place_cells(report, n_rows_of(report));
    layout->failed = layout->why + WHY_CELLS;
    layout->first = layout->failed + failed_cells;
    layout->last = layout->first + clock_cells;
    layout->bars = layout->last + clock_cells;
    layout->n_bars = layout->bars < PAGE_COLUMNS ? PAGE_COLUMNS - layout->bars : 1;
    if (layout->n_bars > BARS_MAX)
        layout->n_bars = BARS_MAX;
}

/* The narrowest unit in which the time from the first packet to the last failure fits; the last
 * column may take in a quarter more, or 68.1 s would ask for columns of 3 s. */
static void lay_out_time(const struct report *report, struct table_layout *layout)
{
    int64_t last_ns = report->model->last_ns;
    int64_t span_ns;
    size_t unit = 0;

    layout->start_ns = report->stop->first_packet_ns;
    if (layout->start_ns == NS_NEVER || layout->start_ns > report->model->first_ns)
        layout->start_ns = report->model->first_ns;
    span_ns = report_span_ns(layout->start_ns, last_ns);
    while (unit + 1 < ARRAY_LEN(units_ns) &&
           (span_ns - units_ns[unit] / 4) / units_ns[unit] >= layout->n_bars)
        unit++;
    layout->bar_ns = units_ns[unit];
}

static void count_bars(const struct table_layout *layout, const struct report_group *group,
                       uint64_t *bar)
{
    memset(bar, 0, BARS_MAX * sizeof(*bar));
    report_series_columns(&group->series, layout->start_ns, layout->bar_ns, bar, layout->n_bars);
}

static void find_highest(const struct report *report, struct table_layout *layout)
{
    uint64_t bar[BARS_MAX];

    layout->highest = 0;
    for (uint32_t i = 0; i < n_rows_of(report); i++) {
        count_bars(layout, report->model->entry[i], bar);
        for (unsigned k = 0; k < layout->n_bars; k++)
            if (bar[k] > layout->highest)
                layout->highest = bar[k];
    }
}

static void add_heading(struct report *report, const struct table_layout *layout)
{
    struct page *page = &report->page;
    char buffer[128], clock[CLOCK_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);
    int64_t end_ns;

    if (__builtin_add_overflow(layout->start_ns, layout->bar_ns * layout->n_bars, &end_ns))
        end_ns = NS_NEVER;
    text_add(&text, "each column is ");
    format_duration(&text, layout->bar_ns);
    text_add(&text, ", full height is ");
    text_add_number_of(&text, layout->highest, "failure");
    page_add(page, "WHERE AND WHEN");
    page_right(page, buffer);
    page_end(page);
    page_add(page, " #  server");
    page_column(page, layout->why);
    page_add(page, "why");
    page_column(page, layout->failed);
    page_add(page, "failed");
    page_column(page, layout->first);
    page_add(page, "first");
    page_column(page, layout->last);
    page_add(page, "last");
    page_column(page, layout->bars);
    page_add(page, format_clock(clock, layout->start_ns, report->clock));
    format_clock(clock, end_ns, report->clock);
    if (layout->n_bars >= 2 * strlen(clock) + 2)
        page_right(page, clock);
    page_end(page);
}

static void add_row(struct report *report, const struct table_layout *layout,
                    const struct report_group *group)
{
    struct page *page = &report->page;
    char buffer[REPORT_PLACE_BYTES], clock[CLOCK_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);
    uint64_t bar[BARS_MAX];

    if (group->incident)
        page_addf(page, "%2" PRIu32 "  ", group->incident->number);
    else
        page_add(page, " -  ");
    report_add_place(&text, group);
    page_add(page, buffer);
    page_column(page, layout->why);
    page_add(page, group->family < FAMILY_COUNT ? family_name(group->family) : "");
    page_column(page, layout->failed);
    text = TEXT_OF(buffer);
    add_failed_of(&text, group);
    page_add(page, buffer);
    page_column(page, layout->first);
    page_add(page, format_clock(clock, group->first_ns, report->clock));
    page_column(page, layout->last);
    page_add(page, format_clock(clock, group->last_ns, report->clock));
    page_column(page, layout->bars);
    count_bars(layout, group, bar);
    /* Rounded up: a single failure beside thousands must not vanish. */
    for (unsigned i = 0; i < layout->n_bars; i++)
        page_bar(page,
                 (unsigned)((bar[i] * PAGE_BAR_LEVELS + layout->highest - 1) / layout->highest));
    page_end(page);
}

static void add_omitted(struct report *report)
{
    const struct report_model *model = report->model;
    uint64_t n_failures = model->n_failures_lost;
    uint32_t n_rows = n_rows_of(report);
    char buffer[96];
    struct text text = TEXT_OF(buffer);

    for (uint32_t i = n_rows; i < model->n_entries; i++)
        n_failures += model->entry[i]->n_failures;
    if (n_failures == 0)
        return;
    text_add(&text, "    and ");
    if (model->n_entries > n_rows) {
        text_add_number_of(&text, model->n_entries - n_rows, "more row");
        text_add(&text, model->n_failures_lost ? " and others, with " : ", with ");
    }
    text_add_number_of(&text, n_failures, "failure");
    if (model->n_entries == n_rows)
        text_add(&text, " at more endpoints than fit");
    page_add(&report->page, buffer);
    page_end(&report->page);
}

void report_table(struct report *report)
{
    const struct report_model *model = report->model;
    struct table_layout layout;

    /* One dot on a line shows nothing that its section does not say. */
    if (model->n_entries == 0 || (model->n_entries == 1 && model->entry[0]->series.n < 3))
        return;
    lay_out_columns(report, &layout);
    lay_out_time(report, &layout);
    find_highest(report, &layout);
    if (layout.highest == 0)
        layout.highest = 1;
    add_heading(report, &layout);
    for (uint32_t i = 0; i < n_rows_of(report); i++)
        add_row(report, &layout, model->entry[i]);
    add_omitted(report);
    if (model->n_incident_entries > 0 && model->n_incident_entries < model->n_entries) {
        page_add(&report->page, " - below the threshold for an incident: few, slow or short");
        page_end(&report->page);
    }
    page_end(&report->page);
}
