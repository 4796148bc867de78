/* SPDX-License-Identifier: BSD-2-Clause */
/* Selected: the row under the cursor in sentences. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/nanotime.h"
#include "tui/family_help.h"
#include "tui/figures.h"
#include "tui/panel.h"

#define SENTENCES_BYTES 768
#define WHY_CELLS 64
#define MARGIN_CELLS 2
/* Incidents of one server that began so close together may have one cause (INTERFACE.md 5.1). */
#define SAME_CAUSE_NS (2 * NS_PER_S)

static void add_untrusted(struct text *text, const struct snapshot_latest *latest)
{
    text_add_untrusted(text, (const uint8_t *)latest->why,
                       strnlen(latest->why, sizeof(latest->why)), WHY_CELLS);
}

/* "A packet filter rejects the connection (icmp-admin-prohibited, certain)". */
static void add_verdict(struct text *text, enum verdict_id id, enum confidence confidence)
{
    const struct verdict_row *row = verdict_row(id);

    text_addf(text, "%s (%s, %s)", row->title, row->slug, confidence_name(confidence));
}

static void add_counts(struct text *text, const struct snapshot_endpoint *endpoint)
{
    if (endpoint->n_failures >= endpoint->n_attempts) {
        text_add(text, "all ");
    } else {
        figure_count(text, endpoint->n_failures);
        text_add(text, " of ");
    }
    figure_count(text, endpoint->n_attempts);
    text_add(text, endpoint->n_attempts == 1 ? " attempt" : " attempts");
}

static bool is_related(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return a != b && b->family != FAMILY_NONE && ipaddr_equal(&a->server.addr, &b->server.addr) &&
           a->since_ns != NS_NEVER && b->since_ns != NS_NEVER &&
           llabs(a->since_ns - b->since_ns) <= SAME_CAUSE_NS;
}

static void add_related(struct text *text, const struct snapshot *shown,
                        const struct snapshot_endpoint *endpoint)
{
    for (uint32_t i = 0; i < shown->n_endpoint_rows; i++) {
        const struct snapshot_endpoint *other = &shown->endpoint[i];

        if (!is_related(endpoint, other))
            continue;
        text_add(text, " ");
        figure_endpoint(text, &other->server);
        text_addf(text, " (%s) began ", family_words(other->family));
        figure_duration(text, llabs(other->since_ns - endpoint->since_ns));
        text_add(text, other->since_ns < endpoint->since_ns ? " before: " : " later: ");
        text_add(text, "one cause?");
    }
}

static const struct snapshot_latest *newest_of(const struct snapshot *shown,
                                               const struct snapshot_endpoint *endpoint)
{
    for (uint32_t i = 0; i < shown->n_latest; i++) {
        const struct snapshot_latest *latest = &shown->latest[i];

        if (latest->family == endpoint->family && latest->server.port == endpoint->server.port &&
            ipaddr_equal(&latest->server.addr, &endpoint->server.addr))
            return latest;
    }
    return NULL;
}

static void add_endpoint(struct text *text, const struct snapshot *shown,
                         const struct snapshot_endpoint *endpoint)
{
    const struct snapshot_latest *newest = newest_of(shown, endpoint);

    figure_endpoint(text, &endpoint->server);
    text_add(text, ": ");
    if (endpoint->family == FAMILY_NONE) {
        figure_count(text, endpoint->n_attempts);
        text_add(text, " attempts, none failed.");
        return;
    }
    add_counts(text, endpoint);
    text_add(text, " failed, since ");
    calendar_add_clock(text, endpoint->since_ns, 0);
    text_addf(text, ", of %" PRIu32 "%s client%s. ",
              endpoint->n_clients > 64 ? 64 : endpoint->n_clients,
              endpoint->n_clients > 64 ? " or more" : "", endpoint->n_clients == 1 ? "" : "s");
    add_verdict(text, endpoint->verdict, endpoint->confidence);
    text_add(text, ".");
    if (endpoint->incident != 0)
        text_addf(text, " Incident %" PRIu32 " is open.", endpoint->incident);
    if (newest) {
        text_add(text, " The last: ");
        add_untrusted(text, newest);
        text_add(text, ".");
    }
    add_related(text, shown, endpoint);
}

static void add_family(struct text *text, const struct snapshot *shown, enum family family)
{
    const struct snapshot_family *row = &shown->family[family];
    const struct family_help *help = family_help(family);
    uint32_t n_endpoints = 0;

    for (uint32_t i = 0; i < shown->n_endpoint_rows; i++)
        n_endpoints += shown->endpoint[i].family == family;
    text_addf(text, "%c %s: ", family_letter(family), family_words(family));
    figure_count(text, row->n_total);
    text_add(text, row->n_total == 1 ? " failure, " : " failures, ");
    figure_percent(text, row->n_total, shown->total.n_failed, 1);
    text_addf(text, " %% of all, at %" PRIu32 " of the endpoints in Where; ", n_endpoints);
    text_addf(text, "%" PRIu32 " open incident%s.", row->n_open_incidents,
              row->n_open_incidents == 1 ? "" : "s");
    text_addf(text, " On the wire: %s. Ask first: %s.", help->wire, help->ask);
}

static void add_failure(struct text *text, const struct snapshot_latest *latest)
{
    figure_endpoint(text, &latest->client);
    text_add(text, " > ");
    figure_endpoint(text, &latest->server);
    text_add(text, ", judged at ");
    calendar_add_clock(text, latest->ts_ns, 3);
    text_add(text, ": ");
    add_verdict(text, latest->verdict, latest->confidence);
    text_add(text, ": ");
    add_untrusted(text, latest);
    text_add(text, ".");
    if (latest->is_judged_with_loss)
        text_add(text, " Packets were being lost here: what was not seen may have been sent.");
}

/* "#3 at 10.20.0.22:6379, burst, open since 03:44:08: 60 of 60 attempts failed, of 1 client". */
static void add_incident(struct text *text, const struct incident_event *incident)
{
    text_addf(text, "Incident %" PRIu32 " (%s, %s) ", incident->number,
              incident_scope_name(incident->scope), incident_rule_name(incident->rule));
    if (incident->scope == SCOPE_ENDPOINT) {
        text_add(text, "at ");
        figure_endpoint(text, &incident->server);
        text_add(text, " ");
    }
    text_add(text, incident->phase == INCIDENT_CLOSE ? "from " : "open since ");
    calendar_add_clock(text, incident->first_ns, 0);
    if (incident->phase == INCIDENT_CLOSE) {
        text_add(text, " to ");
        calendar_add_clock(text, incident->last_ns, 0);
    }
    text_add(text, ": ");
    figure_count(text, incident->n_failures);
    text_add(text, " of ");
    figure_count(text, incident->n_attempts);
    text_add(text, " attempts failed, of ");
    text_add_number_of(text, incident->n_clients, "client");
    text_add(text, ".");
    for (unsigned i = 0; i < incident->n_verdicts; i++)
        text_addf(text, " %" PRIu64 " %s.", incident->verdict[i].n,
                  verdict_row(incident->verdict[i].id)->slug);
    for (unsigned i = 0; i < incident->n_related; i++)
        text_addf(text, "%s %" PRIu32, i == 0 ? " See also incident" : ",", incident->related[i]);
    if (incident->n_related > 0)
        text_add(text, ".");
}

static void add_selected(struct text *text, const struct model *model)
{
    const enum family *family = model_why_row(model);
    const struct snapshot_endpoint *endpoint = model_where_row(model);
    const struct snapshot_latest *latest = model_latest_row(model);

    if (model->active == PANE_WHY && family)
        add_family(text, &model->shown, *family);
    else if (model->active == PANE_WHERE && endpoint)
        add_endpoint(text, &model->shown, endpoint);
    else if (model->active == PANE_LATEST && latest)
        add_failure(text, latest);
    else if (model->active == PANE_INCIDENTS && model_incident_row(model))
        add_incident(text, model_incident_row(model));
}

void panel_selected(struct paint *paint, const struct model *model, const struct rect *rect)
{
    const struct rect body = {rect->line + 1, MARGIN_CELLS, rect->n_lines - 1,
                              rect->n_cols - 2 * MARGIN_CELLS};
    char sentences[SENTENCES_BYTES];
    struct text text = TEXT_OF(sentences);

    panel_rule(paint, rect->line, "Selected", ROLE_TITLE, "");
    add_selected(&text, model);
    paint_wrapped(paint, &body, ROLE_TEXT, sentences);
}
