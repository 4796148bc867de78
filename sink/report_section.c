/* SPDX-License-Identifier: BSD-2-Clause */
/* One failure of many, in full: what, how it is known, what else it could be, what to do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_text.h"
#include "verdict/explain.h"

#define LABEL_COLUMN 3
#define INDENT 11
#define CLIENTS_NAMED 5
#define BRIEF_STEPS_MAX 2

static void add_label(struct page *page, const char *label)
{
    page_column(page, LABEL_COLUMN);
    page_add(page, label);
    page_column(page, INDENT);
}

static void add_words(struct page *page, const char *label, const char *words)
{
    if (!words[0])
        return;
    add_label(page, label);
    page_wrap(page, INDENT, words);
    page_end(page);
}

static void add_header(struct report *report, const struct report_group *group)
{
    struct page *page = &report->page;
    char buffer[256], clock[CLOCK_TEXT_BYTES], last[CLOCK_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);
    enum verdict_id verdict = report_group_verdict(group);

    if (group->incident)
        text_addf(&text, "#%" PRIu32 " ", group->incident->number);
    report_add_place(&text, group);
    text_addf(&text, "  %s  %s, %s", family_title(group->family), verdict_row(verdict)->slug,
              confidence_name(report_group_confidence(group)));
    page_add(page, buffer);
    text = TEXT_OF(buffer);
    report_add_ratio(&text, group);
    format_clock(clock, group->first_ns, report->clock);
    format_clock(last, group->last_ns, report->clock);
    text_addf(&text, ", %s", clock);
    if (strcmp(clock, last) != 0)
        text_addf(&text, " - %s", last);
    page_right(page, buffer);
    page_end(page);
}

static void add_spread(struct text *text, const struct report_spread *spread,
                       void (*format)(struct text *, int64_t))
{
    format(text, report_spread_median(spread));
    if (spread->max == spread->min)
        return;
    text_add(text, " (median; ");
    format(text, spread->min);
    text_add(text, " to ");
    format(text, spread->max);
    text_add(text, ")");
}

static void format_plain_count(struct text *text, int64_t n)
{
    text_add_count(text, (uint64_t)n);
}

/* What befell an established connection of the family, as in "cut 301 ms after its first packet".
 */
static const char *const ends[FAMILY_COUNT] = {
    [FAMILY_RESET] = "cut",
    [FAMILY_RST_FORGED] = "cut",
    [FAMILY_BLACKHOLED] = "silent",
    [FAMILY_CLOSED_EARLY] = "closed",
    [FAMILY_TLS_REFUSED] = "refused",
    [FAMILY_HTTP_REFUSED] = "refused",
    [FAMILY_GRPC_REFUSED] = "refused",
    [FAMILY_APP_REFUSED] = "refused",
};

/* What was measured over all failures of the group. */
static void add_figures(struct report *report, const struct report_group *group,
                        const struct connection_event *event)
{
    bool is_handshake = event->stage == STAGE_SYN || event->stage == STAGE_SYNACK;
    char buffer[256];
    struct text text = TEXT_OF(buffer);

    if (report_is_answered(event)) {
        text_add(&text, "answered after ");
        add_spread(&text, &group->delay_ns, format_duration);
    } else if (is_handshake && group->amount.max == 0) {
        return; /* there never was a SYN */
    } else if (is_handshake) {
        add_spread(&text, &group->amount, format_plain_count);
        text_add(&text, group->amount.max == 1 ? " SYN each" : " SYNs each, tried for ");
        if (group->amount.max > 1)
            add_spread(&text, &group->delay_ns, format_duration);
    } else {
        text_addf(&text, "%s after ",
                  group->family < FAMILY_COUNT && ends[group->family] ? ends[group->family]
                                                                      : "failed");
        add_spread(&text, &group->delay_ns, format_duration);
        text_add(&text, ", with ");
        add_spread(&text, &group->amount, format_plain_count);
        text_addf(&text, " byte%s from the server", group->amount.max == 1 ? "" : "s");
    }
    add_words(&report->page, "Figures", buffer);
}

/* "ttl-differs" -> "ttl differs" */
static void add_code(struct text *text, const char *code)
{
    for (; *code; code++)
        text_addf(text, "%c", *code == '-' ? ' ' : *code);
}

static void add_reasons(struct report *report, const char *label, const struct reason *reasons,
                        unsigned n_reasons)
{
    for (unsigned i = 0; i < n_reasons; i++) {
        char buffer[256];
        struct text text = TEXT_OF(buffer);

        add_code(&text, reasons[i].code);
        if (reasons[i].value[0])
            text_addf(&text, ": %s", reasons[i].value);
        if (reasons[i].frame[0])
            text_addf(&text, " (frame %" PRIu64, reasons[i].frame[0]);
        if (reasons[i].frame[0] && reasons[i].frame[1])
            text_addf(&text, ", %" PRIu64, reasons[i].frame[1]);
        if (reasons[i].frame[0])
            text_add(&text, ")");
        add_words(&report->page, i == 0 ? label : "", buffer);
    }
}

static void add_alternatives(struct report *report, const struct connection_event *event)
{
    for (unsigned i = 0; i < event->n_alternatives; i++) {
        const struct verdict_row *row = verdict_row(event->alternatives[i]);
        char buffer[256];
        struct text text = TEXT_OF(buffer);

        text_addf(&text, "%s: %s", row->slug, row->title);
        add_words(&report->page, i == 0 ? "Or else" : "", buffer);
    }
}

/* What no packet tells: the capture ran on the server. */
static void add_host(struct report *report, const struct connection_event *event)
{
    char buffer[256];
    struct text text = TEXT_OF(buffer);

    explain_host(event, &text);
    add_words(&report->page, "Host", buffer);
}

/* Other verdicts of the same family at this endpoint. */
static void add_others(struct report *report, const struct report_group *group,
                       const struct connection_event *shown)
{
    char buffer[512];
    struct text text = TEXT_OF(buffer);

    for (uint32_t i = 0; i < group->n_samples; i++) {
        const struct connection_event *event = group->sample[i];

        if (event == shown)
            continue;
        if (text.used_bytes > 0)
            text_add(&text, "; ");
        text_add_count(&text, group->n_by_verdict[event->verdict]);
        text_addf(&text, " more %s %s, %s (%s), the first from frame %" PRIu64,
                  group->n_by_verdict[event->verdict] == 1 ? "is" : "are",
                  verdict_row(event->verdict)->slug, confidence_name(event->confidence),
                  verdict_row(event->verdict)->title, event->facts.first_frame);
    }
    add_words(&report->page, "Also", buffer);
}

/* VERDICTS.md 13.5, reset-app-abort: so many within so much time have one cause. */
#define INSTANT_RESETS 3
#define INSTANT_NS (100 * NS_PER_MS)

static bool is_one_instant(const struct report_group *group)
{
    const struct report_series *series = &group->series;

    return group->family == FAMILY_RESET && series->n >= INSTANT_RESETS &&
           report_span_ns(series->first_ns, series->last_ns) <= INSTANT_NS;
}

static void add_cadence(struct report *report, const struct report_group *group)
{
    char buffer[128];
    struct text text = TEXT_OF(buffer);
    bool is_steady;
    int64_t cadence_ns = report_series_cadence_ns(&group->series, &is_steady);

    if (is_one_instant(group)) {
        text_addf(&text, "all %" PRIu64 " within ", group->series.n);
        format_duration(&text, report_span_ns(group->series.first_ns, group->series.last_ns));
        text_add(&text, ": one event, such as a crash or a restart");
    } else if (group->incident && group->incident->pattern == PATTERN_LOAD) {
        text_add(&text, "the more attempts, the greater the part that fails: it follows the load");
    } else if (is_steady) {
        text_add(&text, "one every ");
        format_duration(&text, cadence_ns);
        text_add(&text, ", steady: a health check, a timer or a retry loop drives it");
    } else {
        return;
    }
    add_words(&report->page, "Pace", buffer);
}

/* Whose count is exact longer: the incident's. Returns how many are filled in. */
static uint32_t top_clients(const struct report_group *group, struct report_client *most)
{
    const struct incident_event *incident = group->incident;
    uint32_t n_most = 0;

    if (group->clients_capped && incident && incident->n_clients > group->n_clients) {
        for (; n_most < incident->n_top_clients && n_most < CLIENTS_NAMED; n_most++)
            most[n_most] = (struct report_client){incident->top_client[n_most].addr,
                                                  incident->top_client[n_most].n_failures};
        return n_most;
    }
    for (uint32_t i = 0; i < group->n_clients; i++) {
        uint32_t at = n_most;

        while (at > 0 && most[at - 1].n_failures < group->client[i].n_failures)
            at--;
        if (at == CLIENTS_NAMED)
            continue;
        if (n_most < CLIENTS_NAMED)
            n_most++;
        memmove(most + at + 1, most + at, (n_most - at - 1) * sizeof(most[0]));
        most[at] = group->client[i];
    }
    return n_most;
}

static void add_clients(struct report *report, const struct report_group *group)
{
    const struct incident_event *incident = group->incident;
    struct report_client most[CLIENTS_NAMED];
    uint32_t n_most = top_clients(group, most), n_clients = group->n_clients;
    bool is_capped = group->clients_capped;
    char buffer[512], addr[IPADDR_TEXT_BYTES];
    struct text text = TEXT_OF(buffer);

    if (group->n_clients < 2)
        return;
    if (is_capped && incident && incident->n_clients > n_clients) {
        n_clients = incident->n_clients;
        is_capped = incident->clients_capped;
    }
    text_addf(&text, "%s%" PRIu32 " clients: ", is_capped ? "more than " : "", n_clients);
    for (uint32_t i = 0; i < n_most; i++) {
        text_addf(&text, "%s%s (", i > 0 ? ", " : "", ipaddr_format(&most[i].addr, addr));
        text_add_count(&text, most[i].n_failures);
        text_add(&text, ")");
    }
    if (n_clients > n_most)
        text_add(&text, " ...");
    add_words(&report->page, "Who", buffer);
}

static void add_related(struct report *report, const struct report_group *group)
{
    const struct report_group *other = NULL;
    char buffer[512];
    struct text text = TEXT_OF(buffer);
    int64_t after_ns;

    while ((other = report_related(report, group, other, &after_ns))) {
        text_addf(&text, "%s#%" PRIu32 " began ", text.used_bytes ? ", " : "",
                  other->incident->number);
        if (after_ns == 0) {
            text_add(&text, "in the same instant");
            continue;
        }
        format_duration(&text, after_ns < 0 ? -after_ns : after_ns);
        text_add(&text, after_ns < 0 ? " earlier" : " later");
    }
    if (text.used_bytes > 0)
        text_add(&text, " on the same host: one change may explain both");
    add_words(&report->page, "See", buffer);
}

/* Whether it is over, as far as the rest of the capture tells. */
static void add_end(struct report *report, const struct report_group *group)
{
    const struct incident_event *incident = group->incident;
    int64_t quiet_ns = report_span_ns(group->last_ns, report->stop->last_packet_ns);
    char buffer[160];
    struct text text = TEXT_OF(buffer);
    bool is_steady;

    if (!incident)
        return;
    if (incident->close_reason == CLOSE_RECOVERED) {
        text_add(&text, "connections succeeded again after the last failure");
    } else if (incident->outage_ns) {
        text_add(&text, "connections succeed again");
    } else if (quiet_ns <= 2 * report_series_cadence_ns(&group->series, &is_steady)) {
        text_add(&text, "still failing when the capture ended");
    } else {
        text_add(&text, "no failure in the last ");
        format_duration(&text, quiet_ns);
        text_add(&text, " of the capture");
    }
    if (incident->outage_ns) {
        text_add(&text, ", ");
        format_duration(&text, incident->outage_ns);
        text_add(&text, " after the first");
    }
    if (group->n_incidents > 1)
        text_addf(&text, "; it came back: %" PRIu32 " incidents of this kind here",
                  group->n_incidents);
    add_words(&report->page, "End", buffer);
}

/* The machine that a step is meant for (struct next_step). */
static void add_machine(struct text *text, const struct connection_event *event, const char *where)
{
    const struct ipaddr *addr = &event->server.addr;
    const char *preposition = "on";
    char buffer[IPADDR_TEXT_BYTES];

    if (strcmp(where, "here") == 0) {
        text_add(text, "where this was captured");
        return;
    }
    if (strcmp(where, "router") == 0 && event->icmp.frame == 0) {
        text_add(text, "on the path");
        return;
    }
    if (strcmp(where, "client") == 0)
        addr = &event->client.addr;
    else if (strcmp(where, "router") == 0)
        addr = &event->icmp.from;
    else if (strcmp(where, "server_side") == 0)
        preposition = "in front of";
    text_addf(text, "%s %s", preposition, ipaddr_format(addr, buffer));
}

static void add_step(struct page *page, const char *intro, const char *cmd)
{
    page_column(page, INDENT);
    page_wrap(page, INDENT, intro);
    page_end(page);
    page_column(page, INDENT + 2);
    page_wrap_command(page, INDENT + 4, cmd);
    page_end(page);
}

static void add_filter(struct page *page, const char *filter)
{
    page_column(page, INDENT);
    page_add(page, "in Wireshark: ");
    page_wrap(page, INDENT + 2, filter);
    page_end(page);
}

static void add_next(struct report *report, const struct connection_event *event,
                     unsigned n_steps_max)
{
    struct next_step steps[NEXT_STEPS_MAX];
    unsigned n_steps = explain_next_steps(event, steps);
    char buffer[512], cmd[256];
    struct text text, command;

    add_label(&report->page, "Next");
    for (unsigned i = 0; i < n_steps && i < n_steps_max; i++) {
        text = TEXT_OF(buffer);
        add_machine(&text, event, steps[i].where);
        text_addf(&text, ": %s", steps[i].why);
        command = TEXT_OF(cmd);
        report_add_command(&command, report->run, steps[i].cmd);
        add_step(&report->page, buffer, cmd);
    }
    text = TEXT_OF(buffer);
    explain_wireshark_filter(event, &text);
    add_filter(&report->page, buffer);
}

/* One client against many endpoints: what any one of them says matters less than who asks. */
static void add_next_at_client(struct report *report, const struct ipaddr *client)
{
    char buffer[160], addr[IPADDR_TEXT_BYTES];

    add_label(&report->page, "Next");
    ipaddr_format(client, addr);
    snprintf(buffer, sizeof(buffer), "on %s: see which program connects", addr);
    add_step(&report->page, buffer, "ss -tnp state syn-sent");
    snprintf(buffer, sizeof(buffer), "%s.src == %s && tcp.flags.syn == 1 && tcp.flags.ack == 0",
             ipaddr_is_v4(client) ? "ip" : "ipv6", addr);
    add_filter(&report->page, buffer);
}

/* What only an incident says: how it looks from above. */
static void add_incident(struct report *report, const struct incident_event *incident)
{
    char buffer[512];
    struct text text = TEXT_OF(buffer);

    if (!incident || incident->scope == SCOPE_ENDPOINT)
        return;
    explain_incident_message(incident, &text);
    add_words(&report->page, "Whole", buffer);
}

/* One of few failures beside incidents: enough to name the cause. */
static void add_brief(struct report *report, const struct report_group *group,
                      const struct connection_event *event)
{
    if (!report_deciding_packet(event))
        add_reasons(report, "Because", event->because, event->n_because);
    add_host(report, event);
    add_alternatives(report, event);
    add_others(report, group, event);
    add_cadence(report, group);
    add_next(report, event, BRIEF_STEPS_MAX);
}

static void add_full(struct report *report, const struct report_group *group,
                     const struct connection_event *event)
{
    add_figures(report, group, event);
    add_reasons(report, "Because", event->because, event->n_because);
    add_reasons(report, "Against", event->against, event->n_against);
    add_host(report, event);
    add_alternatives(report, event);
    add_others(report, group, event);
    add_clients(report, group);
    add_cadence(report, group);
    add_related(report, group);
    add_end(report, group);
    if (group->incident && group->incident->scope == SCOPE_CLIENT)
        add_next_at_client(report, &group->incident->client);
    else
        add_next(report, event, NEXT_STEPS_MAX);
}

void report_section(struct report *report, const struct report_group *group)
{
    const struct connection_event *event = report_group_sample(group);
    bool is_brief = !group->incident && report->model->n_incident_entries > 0;
    char buffer[1024];
    struct text text = TEXT_OF(buffer);

    add_header(report, group);
    add_incident(report, group->incident);
    if (event) {
        explain_meaning(event, &text);
        add_words(&report->page, "What", buffer);
        add_label(&report->page, "Proof");
        report_proof(report, INDENT, group, event, is_brief);
        if (is_brief)
            add_brief(report, group, event);
        else
            add_full(report, group, event);
    }
    page_end(&report->page);
}
