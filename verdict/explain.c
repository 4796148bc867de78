/* SPDX-License-Identifier: BSD-2-Clause */
/* From verdict and event to sentences. The words stand in explain_<subject>.c. */
#include "verdict/explain.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
#include "verdict/explain_words.h"

static const struct verdict_words *const words_by_id[] = {
#define ROW(id, suffix, kind, family, blame, outcome, slug, title) &words_##suffix,
    VERDICT_TABLE(ROW)
#undef ROW
};

_Static_assert(ARRAY_LEN(words_by_id) == VERDICT_COUNT, "words each verdict");

/* What a family did to its connections, after the server's name. */
static const char *const family_phrases[] = {
    [FAMILY_REFUSED] = "refused connections",
    [FAMILY_FIREWALL_REJECT] = "rejected by a firewall",
    [FAMILY_UNREACHABLE] = "unreachable",
    [FAMILY_TIMEOUT] = "not answering",
    [FAMILY_BACKLOG_OVERFLOW] = "with a full accept queue",
    [FAMILY_HALF_OPEN] = "left half open",
    [FAMILY_RESET] = "reset midstream",
    [FAMILY_RST_FORGED] = "cut by forged RSTs",
    [FAMILY_BLACKHOLED] = "silent midstream",
    [FAMILY_CLOSED_EARLY] = "closing without an answer",
    [FAMILY_TLS_REFUSED] = "refused in TLS",
    [FAMILY_HTTP_REFUSED] = "refused in HTTP",
    [FAMILY_GRPC_REFUSED] = "refused in gRPC",
    [FAMILY_APP_REFUSED] = "refused by the application",
    [FAMILY_UNDETERMINED] = "undetermined",
};

_Static_assert(ARRAY_LEN(family_phrases) == FAMILY_COUNT, "a phrase each family");

static const char *const phase_words[] = {"opened", "goes on", "closed"};

_Static_assert(ARRAY_LEN(phase_words) == INCIDENT_PHASE_COUNT, "a word each phase");

static const char *const close_phrases[] = {
    [CLOSE_NONE] = "",
    [CLOSE_RECOVERED] = ", then connections succeeded again",
    [CLOSE_QUIET] = ", then quiet",
    [CLOSE_EVICTED] = ", now a part of incident",
    [CLOSE_END_OF_INPUT] = ", open when the input ended",
    [CLOSE_SHUTDOWN] = ", open at shutdown",
};

_Static_assert(ARRAY_LEN(close_phrases) == CLOSE_REASON_COUNT, "a phrase each reason");

const struct verdict_words *verdict_words(enum verdict_id id)
{
    return words_by_id[id];
}

/* The kernel answered, or did not, and no program. */
static bool is_before_program(const struct connection_event *event)
{
    return event->stage == STAGE_SYN || event->stage == STAGE_SYNACK ||
           event->family == FAMILY_BACKLOG_OVERFLOW;
}

void explain_message(const struct connection_event *event, struct text *text)
{
    explain_fill(verdict_words(event->verdict)->message, event, text);
    if (event->confidence < CONFIDENCE_CERTAIN)
        text_addf(text, " (%s)", confidence_name(event->confidence));
    if (event->is_failure && event->host.is_known && is_before_program(event)) {
        text_add(text, " [host: ");
        explain_host(event, text);
        text_add(text, "]");
    }
    if (event->count > 1) {
        text_add(text, ", and ");
        text_add_count(text, event->count - 1);
        text_add(text, " more like it");
    }
}

void explain_short(const struct connection_event *event, struct text *text)
{
    explain_fill(verdict_words(event->verdict)->brief, event, text);
}

/* A term such as "the client" can begin a sentence; "fd00::1" can too, and stays. */
static void capitalize_sentences(char *at)
{
    bool is_start = true;
    char before = '\0';

    for (; *at != '\0'; at++) {
        size_t n_letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");

        if (is_start && n_letters > 0 && at[n_letters] == ' ')
            *at = (char)(*at - 'a' + 'A');
        is_start = *at == ' ' && before == '.';
        before = *at;
    }
}

void explain_meaning(const struct connection_event *event, struct text *text)
{
    size_t off = text->used_bytes;

    explain_fill(verdict_words(event->verdict)->meaning, event, text);
    capitalize_sentences(text->at + off);
}

static void add_place(const struct incident_event *event, struct text *text)
{
    struct connection_event place = {.server = event->server};
    char buffer[IPADDR_TEXT_BYTES];

    switch (event->scope) {
    case SCOPE_ENDPOINT:
        explain_fill("{server}", &place, text);
        break;
    case SCOPE_CLIENT:
        text_addf(text, "client %s at many endpoints:", ipaddr_format(&event->client, buffer));
        break;
    case SCOPE_NETWORK:
        text_addf(text, "network %s/%d", ipaddr_format(&event->server.addr, buffer),
                  ipaddr_is_v4(&event->server.addr) ? 24 : 64);
        break;
    case SCOPE_OVERFLOW:
    case INCIDENT_SCOPE_COUNT:
        text_add(text, "endpoints beyond the table:");
        break;
    }
}

static void add_duration_before(const char *word, int64_t from_ns, int64_t to_ns, struct text *text)
{
    text_add(text, word);
    calendar_add_duration(text, ns_since(from_ns, to_ns));
}

void explain_incident_message(const struct incident_event *event, struct text *text)
{
    text_addf(text, "incident %" PRIu32 " %s", event->number, phase_words[event->phase]);
    if (event->phase == INCIDENT_CLOSE)
        add_duration_before(" after ", event->first_ns, event->last_ns, text);
    text_add(text, ": ");
    add_place(event, text);
    text_addf(text, " %s, ",
              event->family < FAMILY_COUNT ? family_phrases[event->family] : "failing");
    text_add_count(text, event->n_failures);
    text_add(text, " of ");
    text_add_count(text, event->n_attempts);
    text_add(text, " attempts");
    if (event->phase == INCIDENT_OPEN)
        add_duration_before(" in ", event->first_ns, event->opened_ns, text);
    if (event->pattern == PATTERN_PERIODIC)
        add_duration_before(", one every ", 0, event->period_ns, text);
    if (event->pattern == PATTERN_LOAD)
        text_add(text, ", the more the busier it is");
    text_add(text, close_phrases[event->close_reason]);
    if (event->outage_ns)
        add_duration_before(", down for ", 0, event->outage_ns, text);
    if (event->close_reason == CLOSE_QUIET)
        add_duration_before(" for ", event->last_ns, event->closed_ns, text);
    if (event->close_reason == CLOSE_EVICTED)
        text_addf(text, " %" PRIu32, event->related[0]);
}

/* "reporter" and "ender" stand for a machine that only the event knows. */
static const char *resolve_where(const char *where, const struct connection_event *event)
{
    if (strcmp(where, "reporter") == 0)
        return ipaddr_equal(&event->icmp.from, &event->server.addr) ? "server" : "router";
    if (strcmp(where, "ender") == 0)
        return event->ended_by == ENDED_BY_CLIENT ? "client" : "server";
    return where;
}

static unsigned fill_steps(const struct verdict_words *words, const struct connection_event *event,
                           struct next_step *steps)
{
    unsigned n = 0;

    while (n < NEXT_STEPS_MAX && words->step[n].cmd != NULL) {
        const struct step_words *from = &words->step[n];
        struct text cmd = TEXT_OF(steps[n].cmd);
        struct text why = TEXT_OF(steps[n].why);

        explain_fill(from->cmd, event, &cmd);
        explain_fill(from->why, event, &why);
        steps[n].where = event != NULL ? resolve_where(from->where, event) : from->where;
        n++;
    }
    return n;
}

unsigned explain_next_steps(const struct connection_event *event, struct next_step *steps)
{
    return fill_steps(verdict_words(event->verdict), event, steps);
}

void explain_wireshark_filter(const struct connection_event *event, struct text *text)
{
    const struct verdict_words *words = verdict_words(event->verdict);
    const char *clause = words->filter;
    bool is_choice = strstr(clause, "||") != NULL;

    if (event->server.port == 0) {
        text_add(text, ipaddr_is_v4(&event->server.addr) ? "arp.dst.proto_ipv4=="
                                                         : "icmpv6.nd.ns.target_address==");
        explain_fill("{addr}", event, text);
        return;
    }
    text_add(text, ipaddr_is_v4(&event->server.addr) ? "ip.addr==" : "ipv6.addr==");
    explain_fill("{addr} && {transport}.port=={port}", event, text);
    if (clause[0] == '\0')
        return;
    text_add(text, is_choice ? " && (" : " && ");
    explain_fill(clause, event, text);
    text_add(text, is_choice ? ")" : "");
}

const char *explain_doc(enum verdict_id id)
{
    return verdict_words(id)->doc;
}

unsigned explain_doc_steps(enum verdict_id id, struct next_step *steps)
{
    return fill_steps(verdict_words(id), NULL, steps);
}
