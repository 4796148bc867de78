/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_text.h. Here: the order of the parts, and how much of each is shown. */
#include "sink/report_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/nanotime.h"

#define INCIDENT_SECTIONS_MAX 50
#define MORE_COLUMN 32

/* Up to so many groups below the threshold are told in full; of more, one line each, after the
 * worst ones where there is no incident. */
#define BELOW_SECTIONS_MAX 10
#define WORST_SECTIONS 3
#define BELOW_LINES_MAX 40

/* Shorter than this, seconds do not tell two failures apart; longer, the day must be told. */
#define SHORT_NS (20 * NS_PER_S)
#define LONG_NS (20 * 3600 * NS_PER_S)

static enum clock_form choose_clock(const struct stop_info *stop)
{
    int64_t span_ns;

    if (stop->first_packet_ns == NS_NEVER)
        return CLOCK_SECONDS;
    span_ns = report_span_ns(stop->first_packet_ns, stop->last_packet_ns);
    if (span_ns < SHORT_NS)
        return CLOCK_MILLIS;
    return span_ns < LONG_NS ? CLOCK_SECONDS : CLOCK_DAY_MINUTES;
}

static void add_incident_sections(struct report *report)
{
    uint32_t n_sections = report->model->n_incident_entries;

    if (n_sections == 0)
        return;
    page_rule(&report->page, '-');
    for (uint32_t i = 0; i < n_sections && i < INCIDENT_SECTIONS_MAX; i++)
        report_section(report, report->model->entry[i]);
    if (n_sections > INCIDENT_SECTIONS_MAX) {
        page_addf(&report->page, "and %" PRIu32 " more incidents, with fewer failures",
                  n_sections - INCIDENT_SECTIONS_MAX);
        page_end(&report->page);
        page_end(&report->page);
    }
}

static void add_line(struct report *report, const struct report_group *group)
{
    struct page *page = &report->page;
    char buffer[256];
    struct text text = TEXT_OF(buffer);
    bool is_steady;
    int64_t cadence_ns = report_series_cadence_ns(&group->series, &is_steady);

    report_add_place(&text, group);
    page_addf(page, "   %s ", buffer);
    page_column(page, 26);
    page_addf(page, "%s ", verdict_row(report_group_verdict(group))->slug);
    page_column(page, 50);
    text = TEXT_OF(buffer);
    report_add_summary(&text, group);
    if (is_steady) {
        text_add(&text, "; one every ");
        format_duration(&text, cadence_ns);
        text_add(&text, ", steady");
    }
    page_wrap(page, 50, buffer);
    page_end(page);
}

static void add_below(struct report *report)
{
    const struct report_model *model = report->model;
    uint32_t at = model->n_incident_entries, n_below = model->n_entries - at;
    uint32_t n_sections = n_below;

    if (n_below == 0)
        return;
    if (n_below > BELOW_SECTIONS_MAX)
        n_sections = model->n_incident_entries > 0 ? 0 : WORST_SECTIONS;
    page_rule(&report->page, '-');
    if (model->n_incident_entries > 0) {
        page_add(&report->page, "BELOW THE INCIDENT THRESHOLD");
        page_end(&report->page);
        page_end(&report->page);
    }
    for (uint32_t i = 0; i < n_sections; i++)
        report_section(report, model->entry[at++]);
    for (uint32_t i = 0; at < model->n_entries && i < BELOW_LINES_MAX; i++)
        add_line(report, model->entry[at++]);
    if (at < model->n_entries) {
        page_addf(&report->page, "   and %" PRIu32 " more", model->n_entries - at);
        page_end(&report->page);
    }
    if (n_sections < n_below)
        page_end(&report->page);
}

static void add_more(struct report *report)
{
    static const struct {
        const char *options, *what;
        bool needs_failures;
    } rows[] = {
        {"--tui", "browse", false},
        {"-w failed.pcapng", "packets of the failures", true},
        {"--json", "a line per failure", true},
        {"--all --json", "a line per connection", false},
    };
    struct page *page = &report->page;
    char inputs[REPORT_INPUTS_BYTES], buffer[160];
    struct text text = TEXT_OF(inputs);

    if (report->run->is_live || report->total->n_pkts == 0)
        return;
    report_add_inputs(&text, report->run);
    page_add(page, "More:");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].needs_failures && report->total->n_failed == 0)
            continue;
        page_column(page, 7);
        page_add(page, rows[i].what);
        page_column(page, MORE_COLUMN);
        snprintf(buffer, sizeof(buffer), "tcpwhy %s %s", inputs, rows[i].options);
        page_wrap_command(page, MORE_COLUMN + 2, buffer);
        page_end(page);
    }
}

void report_text_write(FILE *out, const struct report_model *model, const struct run_info *run,
                       const struct stop_info *stop)
{
    struct report report = {
        .model = model,
        .run = run,
        .stop = stop,
        .total = &stop->final->total,
        .clock = choose_clock(stop),
    };

    page_init(&report.page, out, run->is_ascii);
    report_headline(&report);
    report_table(&report);
    add_incident_sections(&report);
    add_below(&report);
    if (model->n_entries > 0)
        page_rule(&report.page, '-');
    report_trust(&report);
    add_more(&report);
}
