/* SPDX-License-Identifier: BSD-2-Clause */
/* The endpoint screen: what fails there and since when, whom it hits, what to do, which flows. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/bar.h"
#include "tui/detail.h"
#include "tui/figures.h"
#include "tui/panel.h"
#include "tui/stack.h"
#include "tui/table.h"
#include "tui/visit.h"

#define MARGIN_CELLS 1
#define CLIENTS_MAX INCIDENT_TOP_CLIENTS
#define INCIDENTS_MAX 8
#define FLOWS_GOOD_LINES 7
#define SHORT_BYTES 80
#define ACTIVE_KEEP 20 /* above all parts */
#define NARROW_COLS 60

enum part {
    PART_MEANING,
    PART_TIMES,
    PART_INCIDENTS,
    PART_CLIENTS,
    PART_REASONS,
    PART_NEXT,
    PART_FLOWS,
    PART_COUNT
};

/* Whom it hits, as far as the kept failures tell. */
struct clients {
    uint32_t n, n_flows;
    struct {
        struct ipaddr addr;
        uint64_t n;
    } row[CLIENTS_MAX];
};

static void count_clients(const struct model *model, struct clients *clients)
{
    *clients = (struct clients){0};
    for (uint32_t i = 0; i < model->view[PANE_FLOWS].n_rows; i++) {
        const struct journal_entry *entry = visit_flow(model, i);
        uint32_t k = 0;

        if (!entry)
            continue;
        clients->n_flows++;
        while (k < clients->n && !ipaddr_equal(&clients->row[k].addr, &entry->failure.client.addr))
            k++;
        if (k == CLIENTS_MAX)
            continue;
        if (k == clients->n)
            clients->row[clients->n++].addr = entry->failure.client.addr;
        clients->row[k].n += entry->failure.count;
    }
}

/* Top line. */

void panel_endpoint_header(struct paint *paint, const struct model *model)
{
    const struct where_id *id = &model->visit.endpoint;
    const struct snapshot_endpoint *endpoint = visit_endpoint(model);
    const char *service = services_name(model->services, id->server.port);
    struct bar bar = {.gap_cells = 2};
    struct text text = bar_add_left(&bar, 1, ROLE_TEXT);

    text_add(&text, "tcpwhy  < Overview");
    text = bar_add_left(&bar, 9, ROLE_STRONG);
    figure_endpoint(&text, &id->server);
    if (service[0])
        text_addf(&text, " (%s)", service);
    if (model->is_paused) {
        text = bar_add_left(&bar, 8, ROLE_WARNING);
        text_add(&text, "PAUSED");
    }
    if (model_count_marked(model) > 0) {
        text = bar_add_right(&bar, 5, ROLE_STRONG);
        text_addf(&text, "%" PRIu32 " MARKED", model_count_marked(model));
    }
    if (endpoint && endpoint->incident != 0) {
        text = bar_add_right(&bar, 7, ROLE_INCIDENT);
        text_addf(&text, "INCIDENT %" PRIu32, endpoint->incident);
    }
    if (endpoint) {
        text = bar_add_right(&bar, 6, ROLE_FAILURE);
        figure_count(&text, endpoint->n_failures);
        text_add(&text, " of ");
        figure_count(&text, endpoint->n_attempts);
        text_add(&text, " failed");
    }
    bar_paint(&bar, paint, 0);
}

/* Parts: each paints below its rule into `body`, and says how many lines it would take. */

static int paint_meaning(struct paint *paint, const struct model *model, const struct rect *body)
{
    const struct journal_entry *newest = visit_newest(model);

    if (newest)
        return detail_paint_meaning(paint, body, &newest->failure);
    return paint_wrapped(paint, body, ROLE_TEXT,
                         model->visit.endpoint.family == FAMILY_NONE
                             ? "None of its connections failed."
                             : "None of its failures was told: too many failed alike.");
}

/* "#1  burst  03:44:08 - 03:44:44  60 of 60 failed, 1 client". */
static void add_incident(struct text *text, const struct incident_event *incident)
{
    text_addf(text, "#%" PRIu32 "  %s  ", incident->number, incident_rule_name(incident->rule));
    calendar_add_clock(text, incident->first_ns, 0);
    text_add(text, " - ");
    if (incident->phase == INCIDENT_CLOSE)
        calendar_add_clock(text, incident->last_ns, 0);
    else
        text_add(text, "open");
    text_add(text, "  ");
    figure_count(text, incident->n_failures);
    text_add(text, " of ");
    figure_count(text, incident->n_attempts);
    text_add(text, " failed, ");
    text_add_number_of(text, incident->n_clients, "client");
    if (incident->n_reopened > 0)
        text_addf(text, ", reopened %" PRIu32 " times", incident->n_reopened);
}

static int paint_incidents(struct paint *paint, const struct model *model, const struct rect *body)
{
    const struct incident_event *incident[INCIDENTS_MAX];
    uint32_t n = journal_incidents(model->journal, &model->visit.endpoint, incident, INCIDENTS_MAX);

    for (uint32_t i = 0; i < n && (int)i < body->n_lines; i++) {
        char words[160];
        struct text text = TEXT_OF(words);
        enum role role = incident[i]->phase == INCIDENT_CLOSE ? ROLE_TEXT : ROLE_INCIDENT;

        add_incident(&text, incident[i]);
        paint_text(paint, body->line + (int)i, body->col, body->n_cols, role, words);
    }
    return (int)n;
}

static int paint_clients(struct paint *paint, const struct model *model, const struct rect *body)
{
    struct clients clients;

    count_clients(model, &clients);
    for (uint32_t i = 0; i < clients.n && (int)i < body->n_lines; i++) {
        char words[96], addr[IPADDR_TEXT_BYTES];
        struct text text = TEXT_OF(words);

        text_addf(&text, "%6" PRIu64 "  %s", clients.row[i].n,
                  ipaddr_format(&clients.row[i].addr, addr));
        paint_text(paint, body->line + (int)i, body->col, body->n_cols, ROLE_TEXT, words);
    }
    return (int)clients.n;
}

static int paint_reasons(struct paint *paint, const struct model *model, const struct rect *body)
{
    const struct journal_entry *newest = visit_newest(model);

    return newest ? detail_paint_reasons(paint, body, &newest->failure) : 0;
}

/* Flows. */

static const struct connection_event *failure_at(const struct model *model, uint32_t row)
{
    const struct journal_entry *entry = visit_flow(model, row);

    return entry ? &entry->failure : NULL;
}

static void flow_client(const struct model *model, uint32_t row, struct text *text)
{
    const struct connection_event *failure = failure_at(model, row);

    if (failure)
        figure_endpoint(text, &failure->client);
    else
        text_add(text, "(not kept any more)");
}

static void flow_start(const struct model *model, uint32_t row, struct text *text)
{
    const struct connection_event *failure = failure_at(model, row);
    const struct connection_event *before = failure_at(model, row + 1);

    if (!failure)
        return;
    if (model->time_form == TIME_CLOCK)
        calendar_add_clock(text, failure->facts.first_ns, 3);
    else if (model->time_form == TIME_SINCE_START)
        figure_offset(text, model->shown.start_ns, failure->facts.first_ns);
    else
        figure_offset(text, before ? before->facts.first_ns : NS_NEVER, failure->facts.first_ns);
}

static void flow_frames(const struct model *model, uint32_t row, struct text *text)
{
    const struct connection_event *failure = failure_at(model, row);

    if (failure)
        text_addf(text, "%" PRIu64 "-%" PRIu64, failure->facts.first_frame,
                  failure->facts.first_frame + failure->facts.n_frames_later);
}

/* The last column is the reason: prose, painted up to the screen's edge. */
static const struct table_column columns[] = {
    {"", 18, TABLE_ALWAYS, false, flow_client, FLOWS_BY_CLIENT},
    {"start", 12, 40, false, flow_start, FLOWS_BY_TIME},
    {"frames", 11, 20, true, flow_frames, FLOWS_BY_PKTS},
    {"why", 16, 60, false, NULL, FLOWS_BY_WHY},
};

static void paint_flow(struct paint *paint, const struct model *model, const struct table *table,
                       int line, uint32_t row)
{
    const struct connection_event *failure = failure_at(model, row);
    const struct table_place *why = &table->place[table->n_columns - 1];
    enum role role = panel_row(paint, model, PANE_FLOWS, line, row, ROLE_TEXT);
    char words[SHORT_BYTES];
    struct text text = TEXT_OF(words);
    struct rect room = {line, why->col, 1, paint->n_cols - 1 - why->col};

    table_paint_row(table, paint, line, row, role);
    if (!failure || why->n_cells == 0)
        return;
    explain_short(failure, &text);
    paint_wrapped(paint, &room, role, words);
}

struct table panel_flows_table(const struct model *model, int n_cols)
{
    static const struct table_gaps gaps = {.min_cells = 0, .max_cells = 2};
    struct table table = {.column = columns, .n_columns = ARRAY_LEN(columns)};

    table_place(&table, model, PANE_FLOWS, MARGIN_CELLS, n_cols - 1, &gaps);
    return table;
}

/* "Flows, newest first, 24 kept". */
static void add_flows_name(struct text *text, const struct model *model, bool is_short)
{
    const struct row_sort *sort = model_row_sort(model, PANE_FLOWS);

    text_add(text, "Flows");
    if (is_short)
        return;
    if (sort->column == FLOWS_BY_TIME)
        text_add(text, sort->is_reversed ? ", oldest first" : ", newest first");
    else
        text_addf(text, " by %s%s", row_sort_name(PANE_FLOWS, sort->column),
                  sort->is_reversed ? ", reversed" : "");
    text_addf(text, ", %" PRIu32 " kept", model->view[PANE_FLOWS].n_rows);
}

static void paint_flows(struct paint *paint, struct model *model, const struct stack_part *part)
{
    const struct pane_view *view = &model->view[PANE_FLOWS];
    struct table table;
    char name[64];
    struct text text = TEXT_OF(name);

    model_fit_pane(model, PANE_FLOWS, part->line + 1, part->n_lines - 1);
    if (part->n_lines == 0)
        return;
    add_flows_name(&text, model, paint->n_cols < NARROW_COLS);
    table = panel_flows_table(model, paint->n_cols);
    table_paint_title(&table, paint, part->line, name, panel_title_role(model, PANE_FLOWS));
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++)
        paint_flow(paint, model, &table, part->line + 1 + (int)i, view->first + i);
}

/* The whole. */

struct endpoint_part {
    int (*paint)(struct paint *paint, const struct model *model, const struct rect *body);
    const char *title;
    int keep, max_lines; /* of the body */
};

static const struct endpoint_part parts[PART_COUNT] = {
    [PART_MEANING] = {paint_meaning, "", 9, 6},
    [PART_TIMES] = {panel_times, "Tries and failures", 4, 3},
    [PART_INCIDENTS] = {paint_incidents, "Incidents", 5, 4},
    [PART_CLIENTS] = {paint_clients, "Clients", 3, CLIENTS_MAX},
    [PART_REASONS] = {paint_reasons, "Evidence of the newest: + for, - against", 6, 8},
    [PART_NEXT] = {panel_steps, "Do next", 7, 8},
    [PART_FLOWS] = {NULL, "Flows", 8, FLOWS_GOOD_LINES - 1},
};

static void add_title(const struct model *model, enum part part, struct text *name,
                      struct text *right)
{
    const struct journal_entry *newest = visit_newest(model);

    text_add(name, parts[part].title);
    if (part == PART_MEANING && newest)
        detail_add_verdict(name, &newest->failure);
    else if (part == PART_MEANING)
        text_add(name, family_name(model->visit.endpoint.family)
                           ? family_words(model->visit.endpoint.family)
                           : "healthy");
    if (part == PART_TIMES)
        text_add(right, "last 60 s, 2 s a column");
    if (part == PART_CLIENTS)
        text_addf(right, "of the %" PRIu32 " newest flows", model->view[PANE_FLOWS].n_rows);
    if (part == PART_NEXT)
        text_add(right, model->active == PANE_STEPS ? "y copies a line" : "Tab, then y copies");
}

static void paint_part(struct paint *paint, const struct model *model, enum part part,
                       const struct stack_part *place)
{
    struct rect body = {place->line + 1, MARGIN_CELLS, place->n_lines - 1,
                        paint->n_cols - 2 * MARGIN_CELLS};
    char name_bytes[128], right_bytes[64];
    struct text name = TEXT_OF(name_bytes);
    struct text right = TEXT_OF(right_bytes);

    if (place->n_lines == 0)
        return;
    add_title(model, part, &name, &right);
    panel_rule(paint, place->line, name_bytes,
               part == PART_NEXT ? panel_title_role(model, PANE_STEPS) : ROLE_TITLE, right_bytes);
    parts[part].paint(paint, model, &body);
}

void panel_endpoint(struct paint *paint, struct model *model)
{
    struct paint nowhere = detail_nowhere(paint->n_cols);
    struct rect all = {0, MARGIN_CELLS, DETAIL_MANY_LINES, paint->n_cols - 2 * MARGIN_CELLS};
    struct stack_part place[PART_COUNT];

    panel_steps_fit(model);
    for (unsigned i = 0; i < PART_COUNT; i++) {
        int n = parts[i].paint ? parts[i].paint(&nowhere, model, &all) : parts[i].max_lines;

        if (n > parts[i].max_lines)
            n = parts[i].max_lines;
        place[i] = (struct stack_part){
            .n_min = n > 0 ? 2 : 0, .n_want = n > 0 ? n + 1 : 0, .keep = parts[i].keep};
    }
    place[PART_FLOWS].is_elastic = true;
    if (model->active == PANE_STEPS) /* else it would have the cursor out of sight */
        place[PART_NEXT].keep = ACTIVE_KEEP;
    stack_place(place, PART_COUNT, 1, paint->n_lines - 2);
    for (unsigned i = 0; i < PART_FLOWS; i++)
        paint_part(paint, model, (enum part)i, &place[i]);
    paint_flows(paint, model, &place[PART_FLOWS]);
}
