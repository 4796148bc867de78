/* SPDX-License-Identifier: BSD-2-Clause */
/* A group in one line: its place, its numbers, what the packets say. */
#include <inttypes.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_text.h"
#include "verdict/explain.h"
#include "verdict/icmp_name.h"

/* Incidents that begin this close together are put in relation. */
#define RELATED_NS (2 * NS_PER_S)

/* Of a column of places. Longer ones (IPv6) get a line of their own. */
#define PLACE_CELLS_MIN 18
#define PLACE_CELLS_MAX 28

#define VERDICTS_NAMED 3

/* What the network of an incident spans (INTERFACE.md 3.6). */
#define NETWORK_V4_BITS 24
#define NETWORK_V6_BITS 64

void report_add_number(struct text *text, const struct report_group *group)
{
    if (group->incident)
        text_addf(text, "#%" PRIu32, group->incident->number);
    else
        text_add(text, "-");
}

static enum incident_scope scope_of(const struct report_group *group)
{
    return group->incident ? group->incident->scope : SCOPE_ENDPOINT;
}

void report_add_place(struct text *text, const struct report_group *group)
{
    char addr[IPADDR_TEXT_BYTES];

    switch (scope_of(group)) {
    case SCOPE_CLIENT:
        text_addf(text, "client %s", ipaddr_format(&group->incident->client, addr));
        break;
    case SCOPE_NETWORK:
        text_addf(text, "%s/%d", ipaddr_format(&group->server.addr, addr),
                  ipaddr_is_v4(&group->server.addr) ? NETWORK_V4_BITS : NETWORK_V6_BITS);
        break;
    case SCOPE_OVERFLOW:
        text_add(text, "elsewhere");
        break;
    case SCOPE_ENDPOINT:
    case INCIDENT_SCOPE_COUNT:
        format_endpoint(text, &group->server);
        break;
    }
}

unsigned report_place_cells(const struct report *report, uint32_t n_entries)
{
    unsigned n_cells = PLACE_CELLS_MIN;

    for (uint32_t i = 0; i < n_entries; i++) {
        char place[REPORT_PLACE_BYTES];
        struct text text = TEXT_OF(place);

        report_add_place(&text, report->model->entry[i]);
        if (text.used_bytes + 1 > n_cells && text.used_bytes + 1 <= PLACE_CELLS_MAX)
            n_cells = (unsigned)text.used_bytes + 1;
    }
    return n_cells;
}

void report_add_ratio(struct text *text, const struct report_group *group)
{
    text_add_count(text, group->n_failures);
    if (group->n_attempts == 0)
        return;
    text_add(text, " of ");
    text_add_count(text, group->n_attempts);
}

/* The phrase after "12 of 12" of each family. */
static const char *const phrases[FAMILY_COUNT] = {
    [FAMILY_REFUSED] = "answered with RST",
    [FAMILY_FIREWALL_REJECT] = "rejected by a packet filter",
    [FAMILY_UNREACHABLE] = "could not be delivered",
    [FAMILY_TIMEOUT] = "unanswered",
    [FAMILY_BACKLOG_OVERFLOW] = "ignored by a listener that is open",
    [FAMILY_HALF_OPEN] = "stuck in the handshake",
    [FAMILY_RESET] = "cut by a RST",
    [FAMILY_RST_FORGED] = "cut by a RST that the server never sent",
    [FAMILY_BLACKHOLED] = "went silent while open",
    [FAMILY_CLOSED_EARLY] = "closed by the server without a byte",
    [FAMILY_TLS_REFUSED] = "refused by TLS",
    [FAMILY_HTTP_REFUSED] = "refused by HTTP",
    [FAMILY_GRPC_REFUSED] = "refused by gRPC",
    [FAMILY_APP_REFUSED] = "refused by the application",
    [FAMILY_UNDETERMINED] = "undetermined",
};

/* One value or a range, of bytes. */
static void add_bytes(struct text *text, const struct report_spread *amount)
{
    text_add(text, " after ");
    if (amount->max > amount->min) {
        text_add_count(text, (uint64_t)amount->min);
        text_add(text, " to ");
    }
    text_add_number_of(text, (uint64_t)amount->max, "byte");
}

static void add_icmp(struct text *text, const struct connection_event *event)
{
    const struct icmp_facts *icmp = &event->icmp;
    char addr[IPADDR_TEXT_BYTES];

    text_addf(text, "answered with ICMP %u/%u, ", icmp->type, icmp->code);
    for (const char *at = icmp_name(icmp->is_v6, icmp->type, icmp->code); *at; at++)
        text_addf(text, "%c", *at == '_' ? ' ' : *at);
    if (!ipaddr_equal(&icmp->from, &event->server.addr))
        text_addf(text, " by %s", ipaddr_format(&icmp->from, addr));
}

static void add_reset(struct text *text, const struct report_group *group,
                      const struct connection_event *event)
{
    if (event->ended_by == ENDED_BY_CLIENT || event->ended_by == ENDED_BY_SERVER)
        text_addf(text, "cut by the %s", ended_by_name(event->ended_by));
    else
        text_add(text, phrases[FAMILY_RESET]);
    add_bytes(text, &group->amount);
}

/* Families whose verdicts rest on words said above TCP: those words are the summary. */
static bool is_said(enum family family)
{
    return family == FAMILY_TLS_REFUSED || family == FAMILY_HTTP_REFUSED ||
           family == FAMILY_GRPC_REFUSED || family == FAMILY_APP_REFUSED;
}

/* "failed: 147 refused, 50 filtered-drop": of an incident of many kinds, most first. */
static void add_verdicts(struct text *text, const struct report_group *group)
{
    bool is_named[VERDICT_COUNT] = {false};

    text_add(text, "failed");
    for (unsigned i = 0; i < VERDICTS_NAMED; i++) {
        unsigned most = VERDICT_COUNT;

        for (unsigned id = 0; id < VERDICT_COUNT; id++)
            if (!is_named[id] && group->n_by_verdict[id] > 0 &&
                (most == VERDICT_COUNT || group->n_by_verdict[id] > group->n_by_verdict[most]))
                most = id;
        if (most == VERDICT_COUNT)
            return;
        is_named[most] = true;
        text_add(text, i == 0 ? ": " : ", ");
        text_add_count(text, group->n_by_verdict[most]);
        text_addf(text, " %s", verdict_row((enum verdict_id)most)->slug);
    }
}

/* What befell them, as the packets of the first one show it. */
static void add_phrase(struct text *text, const struct report_group *group)
{
    const struct connection_event *event = report_group_sample(group);

    if (!event || group->family >= FAMILY_COUNT) {
        text_add(text, "failed");
    } else if (event->icmp.frame != 0 &&
               (group->family == FAMILY_FIREWALL_REJECT || group->family == FAMILY_UNREACHABLE)) {
        add_icmp(text, event);
    } else if (group->family == FAMILY_RESET) {
        add_reset(text, group, event);
    } else {
        text_add(text, phrases[group->family]);
        if (is_said(group->family)) {
            text_add(text, ": ");
            explain_short(event, text);
        }
    }
}

void report_add_summary(struct text *text, const struct report_group *group)
{
    report_add_ratio(text, group);
    text_add(text, " ");
    if (scope_of(group) == SCOPE_CLIENT || scope_of(group) == SCOPE_OVERFLOW)
        add_verdicts(text, group);
    else
        add_phrase(text, group);
    if (group->is_host_silent)
        text_add(text, "; the host sent nothing at all");
    if (group->n_endpoints > 1) {
        text_addf(text, ", on %s", group->n_endpoints < REPORT_GROUPS_MAX ? "" : "over ");
        text_add_number_of(text, group->n_endpoints, "endpoint");
    }
    if (report_group_confidence(group) < CONFIDENCE_CERTAIN)
        text_addf(text, " (%s)", confidence_name(report_group_confidence(group)));
}

static bool is_related(const struct report_group *a, const struct report_group *b)
{
    return scope_of(a) == SCOPE_ENDPOINT && scope_of(b) == SCOPE_ENDPOINT && a != b &&
           b->incident && ipaddr_equal(&a->server.addr, &b->server.addr) &&
           report_span_ns(a->first_ns, b->first_ns) <= RELATED_NS &&
           report_span_ns(b->first_ns, a->first_ns) <= RELATED_NS;
}

const struct report_group *report_related(const struct report *report,
                                          const struct report_group *group,
                                          const struct report_group *previous, int64_t *after_ns)
{
    bool is_past = previous == NULL;

    for (uint32_t i = 0; group->incident && i < report->model->n_incident_entries; i++) {
        const struct report_group *other = report->model->entry[i];

        if (is_past && is_related(group, other)) {
            *after_ns = other->first_ns - group->first_ns;
            return other;
        }
        is_past |= other == previous;
    }
    return NULL;
}
