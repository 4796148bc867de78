/* SPDX-License-Identifier: BSD-2-Clause */
/* The first lines of the report: is something wrong, how much, when, and what is not affected. */
#include <inttypes.h>
#include <string.h>

#include "base/nanotime.h"
#include "sink/report_text.h"
#include "verdict/explain.h"

#define HEALTHY_NAMED 3
#define NAME_CELLS 44

/* Width of the column of families, behind the longest of them. */
#define TITLE_CELLS 17

/* "incident.pcap", "eth0", "3 inputs" */
static void add_input_name(struct text *text, const struct run_info *run)
{
    uint32_t n_inputs = report_n_inputs(run);
    const char *name = n_inputs == 1 ? run->source[0].input : "";
    size_t n_bytes = strlen(name);

    if (n_inputs > 1)
        text_add_number_of(text, n_inputs, "input");
    else if (strcmp(name, "-") == 0)
        text_add(text, "standard input");
    else if (n_bytes > NAME_CELLS)
        text_addf(text, "...%s", name + n_bytes - (NAME_CELLS - 3));
    else
        text_add(text, name);
}

static void add_title(struct report *report)
{
    char right[160];
    struct text text = TEXT_OF(right);
    const struct run_info *run = report->run;
    const struct stop_info *stop = report->stop;

    add_input_name(&text, run);
    text_add(&text, text.used_bytes > 0 ? ", " : "");
    text_add_number_of(&text, report->total->n_pkts, "packet");
    text_add(&text, ", ");
    if (stop->first_packet_ns != NS_NEVER) {
        format_duration(&text, report_span_ns(stop->first_packet_ns, stop->last_packet_ns));
        text_add(&text, ", ");
    }
    text_add(&text, "UTC");
    page_addf(&report->page, "tcpwhy %s report", run->version ? run->version : "");
    page_right(&report->page, right);
    page_end(&report->page);
    page_rule(&report->page, '=');
}

/* " between 03:43:56.835 and 03:45:00.022 on 2026-11-21" */
static void add_when(struct text *text, int64_t first_ns, int64_t last_ns)
{
    char first[CLOCK_TEXT_BYTES], last[CLOCK_TEXT_BYTES], day[CLOCK_TEXT_BYTES];

    format_clock(first, first_ns, CLOCK_DATE);
    format_clock(day, last_ns, CLOCK_DATE);
    if (strcmp(first, day) != 0) {
        text_addf(text, " between %s and %s", format_clock(first, first_ns, CLOCK_FULL),
                  format_clock(last, last_ns, CLOCK_FULL));
        return;
    }
    format_clock(first, first_ns, CLOCK_MILLIS);
    format_clock(last, last_ns, CLOCK_MILLIS);
    if (strcmp(first, last) == 0)
        text_addf(text, " at %s on %s", first, day);
    else
        text_addf(text, " between %s and %s on %s", first, last, day);
}

static void add_failed(struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    if (total->n_attempts == 1 && total->n_failed == 1) {
        text_add(text, "The one connection attempt failed,");
    } else if (total->n_failed > total->n_attempts) {
        text_add_number_of(text, total->n_failed, "connection");
        text_add(text, " failed, some of them begun before the capture,");
    } else {
        text_add_count(text, total->n_failed);
        text_add(text, " of ");
        text_add_count(text, total->n_attempts);
        text_add(text, " connection attempts failed (");
        format_percent(text, total->n_failed, total->n_attempts);
        text_add(text, "),");
    }
    if (report->model->first_ns != NS_NEVER)
        add_when(text, report->model->first_ns, report->model->last_ns);
    text_add(text, ".");
    if (total->n_attempts > total->n_ok + total->n_failed) {
        text_add(text, " ");
        format_count(text, total->n_attempts - total->n_ok - total->n_failed, "is", "are");
        text_add(text, " undetermined.");
    }
}

static void add_all_fine(struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;
    uint64_t n_undecided = total->n_attempts - total->n_ok;
    uint64_t n_slow = total->n_by_verdict[VERDICT_SLOW_HANDSHAKE];

    if (total->n_attempts == 1)
        text_add(text, n_undecided ? "The one connection attempt is undetermined,"
                                   : "The one connection attempt did not fail,");
    else
        text_addf(text, "None of %" PRIu64 " connection attempts failed,", total->n_attempts);
    add_when(text, report->stop->first_packet_ns, report->stop->last_packet_ns);
    text_add(text, ".");
    if (n_undecided > 0 && total->n_attempts > 1) {
        text_add(text, " ");
        format_count(text, n_undecided, "is", "are");
        text_add(text, " undetermined: see below.");
    }
    if (n_slow > 0) {
        text_add(text, " ");
        format_count(text, n_slow, "attempt", "attempts");
        text_add(text, " had to be repeated before the handshake was complete.");
    }
}

static void add_nothing(struct report *report, struct text *text)
{
    const struct run_totals *total = report->total;

    if (total->n_pkts == 0 && report->run->filter && report->run->filter[0]) {
        text_addf(text, "No packet matched the filter: %s", report->run->filter);
        return;
    }
    if (total->n_pkts == 0) {
        text_add(text,
                 report->run->is_live ? "No packet was captured." : "The input has no packet.");
        return;
    }
    text_add(text, "No TCP connection attempt was seen in ");
    text_add_number_of(text, total->n_pkts, "packet");
    text_add(text, ".");
    if (total->n_midstream > 0) {
        text_add(text, " ");
        format_count(text, total->n_midstream, "connection was", "connections were");
        text_add(text, " open when the capture began; none of them failed.");
    }
}

static void add_warnings(struct report *report)
{
    const struct run_totals *total = report->total;
    uint64_t n_lost = total->n_kernel_dropped + total->n_ring_dropped;
    char buffer[200];
    struct text text = TEXT_OF(buffer);

    if (report->stop->exit_code == 4)
        page_wrap(&report->page, 9,
                  "WARNING: the input is cut off in the middle; this report covers what could be "
                  "read of it.");
    else if (report->stop->reason == STOP_ERROR)
        page_wrap(&report->page, 9,
                  "WARNING: an error ended the capture; this report covers what came before it.");
    if (report->page.n_cells > 0)
        page_end(&report->page);
    if (n_lost == 0)
        return;
    text_add(&text, "WARNING: ");
    format_count(&text, n_lost, "packet was", "packets were");
    text_add(&text, " lost while capturing (");
    format_percent(&text, n_lost, total->n_pkts + n_lost);
    text_add(&text, "): see the end of this report.");
    page_wrap(&report->page, 9, buffer);
    page_end(&report->page);
}

/* Distinct endpoints and hosts among groups with an incident, or among all. */
static void count_places(const struct report_model *model, uint32_t *n_endpoints, uint32_t *n_hosts)
{
    const struct report_group *previous = NULL;

    *n_endpoints = *n_hosts = 0;
    for (uint32_t i = 0; i < model->n_groups; i++) {
        const struct report_group *group = model->group[i];
        bool is_host_new, is_new;

        if (model->n_incident_entries > 0 && !group->incident && !group->is_folded)
            continue;
        is_host_new = !previous || !ipaddr_equal(&previous->server.addr, &group->server.addr);
        is_new = is_host_new || previous->server.port != group->server.port;
        *n_hosts += is_host_new;
        *n_endpoints += is_new;
        previous = group;
    }
}

static void add_healthy(struct report *report, struct text *text)
{
    const struct report_model *model = report->model;
    uint64_t n_attempts = 0;

    for (uint32_t i = 0; i < model->n_healthy; i++) {
        if (i >= HEALTHY_NAMED) {
            n_attempts += model->healthy[i].n_attempts;
            continue;
        }
        text_add(text, i == 0 ? "Not affected: " : ", ");
        format_endpoint(text, &model->healthy[i].server);
        text_add(text, " (");
        text_add_number_of(text, model->healthy[i].n_attempts, "attempt");
        text_add(text, model->healthy[i].n_attempts == 1 ? ", not failed)" : ", none failed)");
    }
    if (model->n_healthy > HEALTHY_NAMED) {
        text_addf(text, " and %s", model->is_healthy_cut ? "at least " : "");
        text_add_number_of(text, model->n_healthy - HEALTHY_NAMED, "more endpoint");
        text_add(text, " (");
        text_add_number_of(text, n_attempts, "attempt");
        text_add(text, ", none failed)");
    }
    if (model->n_healthy > 0)
        text_add(text, ".");
}

/* The one client that all failures are of; NULL where there are several. */
static const struct ipaddr *only_client(const struct report_model *model)
{
    const struct ipaddr *client = NULL;

    for (uint32_t i = 0; i < model->n_groups; i++) {
        const struct report_group *group = model->group[i];

        if (group->n_clients != 1 || (client && !ipaddr_equal(client, &group->client[0].addr)))
            return NULL;
        client = &group->client[0].addr;
    }
    return client;
}

static void add_places(struct report *report, struct text *text)
{
    const struct report_model *model = report->model;
    const struct ipaddr *client = only_client(model);
    uint32_t n_endpoints, n_hosts, n_incidents = model->n_incidents_lost;
    char addr[IPADDR_TEXT_BYTES];

    for (uint32_t i = 0; i < model->n_incident_entries; i++)
        n_incidents += model->entry[i]->n_incidents;
    count_places(model, &n_endpoints, &n_hosts);
    if (n_endpoints == 0 || (model->n_incident_entries == 0 && report->total->n_failed == 1))
        return;
    if (model->n_incident_entries > 0) {
        text_add_number_of(text, n_incidents, "incident");
        text_add(text, ", on ");
    } else {
        text_add(text, "No incident: too few, too slow or too short. On ");
    }
    text_add(text, model->is_group_lost ? "at least " : "");
    text_add_number_of(text, n_endpoints, "endpoint");
    text_add(text, " of ");
    text_add_number_of(text, n_hosts, "server");
    if (client && model->n_groups > 1)
        text_addf(text, ", for one client (%s)", ipaddr_format(client, addr));
    text_add(text, ".");
}

static void add_row(struct report *report, const struct report_group *group, unsigned title_column)
{
    struct page *page = &report->page;
    char number[16], place[REPORT_PLACE_BYTES], summary[256];
    struct text text = TEXT_OF(number);
    const struct report_group *related;
    unsigned summary_column = title_column + TITLE_CELLS;
    int64_t after_ns;

    report_add_number(&text, group);
    page_addf(page, "%3s ", number);
    text = TEXT_OF(place);
    report_add_place(&text, group);
    page_addf(page, "%s ", place);
    page_column(page, title_column);
    page_addf(page, "%s ", family_title(group->family));
    page_column(page, summary_column);
    text = TEXT_OF(summary);
    report_add_summary(&text, group);
    related = report_related(report, group, NULL, &after_ns);
    if (related && after_ns <= 0 && text.used_bytes + 32 <= PAGE_COLUMNS - summary_column)
        text_addf(&text, "; began with #%" PRIu32 ", same cause?", related->incident->number);
    page_wrap(page, summary_column, summary);
    page_end(page);
}

#define LIST_MAX 60

/* Without incidents, so many causes are worth a list; of more, the table is enough. */
#define SMALL_MAX 10

static void add_list(struct report *report)
{
    const struct report_model *model = report->model;
    uint32_t n_rows = model->n_incident_entries;
    unsigned title_column;

    if (n_rows == 0 && model->n_entries > 1 && model->n_entries <= SMALL_MAX)
        n_rows = model->n_entries;
    if (n_rows == 0)
        return;
    title_column = 4 + report_place_cells(report, n_rows < LIST_MAX ? n_rows : LIST_MAX);
    page_end(&report->page);
    for (uint32_t i = 0; i < n_rows && i < LIST_MAX; i++)
        add_row(report, model->entry[i], title_column);
    if (n_rows > LIST_MAX) {
        page_addf(&report->page, "    and %" PRIu32 " more", n_rows - LIST_MAX);
        page_end(&report->page);
    }
}

/* Where there is one failure, it is the headline. */
static void add_single(struct report *report)
{
    const struct report_model *model = report->model;
    const struct connection_event *event;
    char buffer[320];
    struct text text = TEXT_OF(buffer);

    if (model->n_entries != 1 || model->entry[0]->n_failures != 1)
        return;
    event = report_group_sample(model->entry[0]);
    if (!event)
        return;
    explain_message(event, &text);
    page_wrap(&report->page, 0, buffer);
    page_end(&report->page);
}

static void add_paragraph(struct report *report, void (*add)(struct report *, struct text *))
{
    char buffer[1024];
    struct text text = TEXT_OF(buffer);

    add(report, &text);
    if (text.used_bytes == 0)
        return;
    page_wrap(&report->page, 0, buffer);
    page_end(&report->page);
}

void report_headline(struct report *report)
{
    const struct run_totals *total = report->total;

    add_title(report);
    if (total->n_failed > 0)
        add_paragraph(report, add_failed);
    else if (total->n_attempts > 0)
        add_paragraph(report, add_all_fine);
    else
        add_paragraph(report, add_nothing);
    add_single(report);
    add_warnings(report);
    if (total->n_failed > 0) {
        add_paragraph(report, add_places);
        add_paragraph(report, add_healthy);
        add_list(report);
    }
    page_end(&report->page);
}
