/* SPDX-License-Identifier: BSD-2-Clause */
/* Incidents: all that are kept, open ones first. The pane is only to be seen alone. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/table.h"

#define MARK_COL 1
#define NUMBER_COL 2
#define NARROW_COLS 60 /* below, letters stand for families */

static void cell_number(const struct model *model, uint32_t row, struct text *text)
{
    text_addf(text, "%" PRIu32, model->incident[row]);
}

/* Of one client many endpoints, of a network many hosts. */
static void cell_server(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);
    char addr[IPADDR_TEXT_BYTES];

    if (!incident)
        text_add(text, "(not kept any more)");
    else if (incident->scope == SCOPE_CLIENT)
        text_addf(text, "from %s", ipaddr_format(&incident->client, addr));
    else if (incident->scope == SCOPE_NETWORK)
        text_addf(text, "net of %s", ipaddr_format(&incident->server.addr, addr));
    else if (incident->scope == SCOPE_OVERFLOW)
        text_add(text, "many more");
    else
        figure_endpoint(text, &incident->server);
}

static void cell_why(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        text_add(text, family_name(incident->family) ? family_name(incident->family) : "");
}

static void cell_letter(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        text_addf(text, "%c", family_letter(incident->family));
}

static void cell_rule(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        text_add(text, incident_rule_name(incident->rule));
}

static void cell_since(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (!incident)
        return;
    if (model->time_form == TIME_CLOCK)
        calendar_add_clock(text, incident->first_ns, 0);
    else if (model->time_form == TIME_SINCE_START)
        figure_offset(text, model->shown.start_ns, incident->first_ns);
    else
        figure_span(text, ns_since(incident->first_ns, model->shown.now_ns));
}

static void cell_until(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (!incident || incident->phase != INCIDENT_CLOSE)
        text_add(text, incident ? "open" : "");
    else if (model->time_form == TIME_CLOCK)
        calendar_add_clock(text, incident->last_ns, 0);
    else if (model->time_form == TIME_SINCE_START)
        figure_offset(text, model->shown.start_ns, incident->last_ns);
    else
        figure_span(text, ns_since(incident->last_ns, model->shown.now_ns));
}

static void cell_failures(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        figure_count(text, incident->n_failures);
}

static void cell_attempts(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        figure_count(text, incident->n_attempts);
}

static void cell_clients(const struct model *model, uint32_t row, struct text *text)
{
    const struct incident_event *incident = model_incident_at(model, row);

    if (incident)
        text_addf(text, "%" PRIu32 "%s", incident->n_clients, incident->clients_capped ? "+" : "");
}

static const struct table_column columns[] = {
    {"#", 3, TABLE_ALWAYS, true, cell_number, INCIDENTS_BY_NUMBER},
    {"", 22, TABLE_ALWAYS, false, cell_server, INCIDENTS_BY_SERVER},
    {"why", 16, TABLE_ALWAYS, false, cell_why, INCIDENTS_BY_WHY},
    {"rule", 10, 10, false, cell_rule, TABLE_UNSORTED},
    {"fail", 6, TABLE_ALWAYS, true, cell_failures, INCIDENTS_BY_FAILURES},
    {"tries", 6, 40, true, cell_attempts, TABLE_UNSORTED},
    {"clients", 7, 20, true, cell_clients, INCIDENTS_BY_CLIENTS},
    {"since", 8, 60, true, cell_since, INCIDENTS_BY_SINCE},
    {"until", 8, 70, true, cell_until, TABLE_UNSORTED},
};

static const struct table_column narrow_columns[] = {
    {"#", 3, TABLE_ALWAYS, true, cell_number, INCIDENTS_BY_NUMBER},
    {"", 18, TABLE_ALWAYS, false, cell_server, INCIDENTS_BY_SERVER},
    {"", 1, TABLE_ALWAYS, false, cell_letter, INCIDENTS_BY_WHY},
    {"fail", 5, TABLE_ALWAYS, true, cell_failures, INCIDENTS_BY_FAILURES},
    {"until", 8, 70, true, cell_until, TABLE_UNSORTED},
};

struct table panel_incidents_table(const struct model *model, int n_cols)
{
    static const struct table_gaps gaps = {.min_cells = 0, .max_cells = 3};
    bool is_narrow = n_cols < NARROW_COLS;
    struct table table = {
        .column = is_narrow ? narrow_columns : columns,
        .n_columns = is_narrow ? ARRAY_LEN(narrow_columns) : ARRAY_LEN(columns),
    };

    table_place(&table, model, PANE_INCIDENTS, NUMBER_COL, n_cols - 1, &gaps);
    return table;
}

static enum role row_role(const struct incident_event *incident)
{
    if (!incident || incident->phase == INCIDENT_CLOSE)
        return ROLE_TEXT;
    return incident->family == FAMILY_RST_FORGED ? ROLE_FORGED : ROLE_INCIDENT;
}

void panel_incidents(struct paint *paint, const struct model *model, const struct rect *rect)
{
    const struct pane_view *view = &model->view[PANE_INCIDENTS];
    struct table table = panel_incidents_table(model, rect->n_cols);
    char name[48];

    panel_add_sorted_name(model, PANE_INCIDENTS, "Incidents", name, sizeof(name));
    table_paint_title(&table, paint, rect->line, name, panel_title_role(model, PANE_INCIDENTS));
    if (view->n_rows == 0)
        panel_empty(paint, rect,
                    model->filter.n_terms > 0 ? "none passes the filter" : "no incidents so far");
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++) {
        const struct incident_event *incident = model_incident_at(model, view->first + i);
        int line = rect->line + 1 + (int)i;
        enum role role =
            panel_row(paint, model, PANE_INCIDENTS, line, view->first + i, row_role(incident));
        bool is_open = incident && incident->phase != INCIDENT_CLOSE;

        paint_text(paint, line, MARK_COL, 1, role, is_open ? "!" : " ");
        table_paint_row(&table, paint, line, view->first + i, role);
    }
}
