/* SPDX-License-Identifier: BSD-2-Clause */
/* The fixed columns of the verdict table, and the words of the enumerations. */
#include "verdict/verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "verdict/event.h"

static const struct verdict_row rows[] = {
#define ROW(id, suffix, kind, family, blame, outcome, slug, title)                                 \
    {slug, title, KIND_##kind, FAMILY_##family, BLAME_##blame, OUTCOME_##outcome},
    VERDICT_TABLE(ROW)
#undef ROW
};

static const char *const outcome_names[] = {
#define ROW(id, name) name,
    OUTCOME_TABLE(ROW)
#undef ROW
};

struct family_words {
    const char *name;
    char letter;
    const char *words, *title;
};

static const struct family_words families[] = {
#define ROW(id, name, letter, words, title) {name, letter, words, title},
    FAMILY_TABLE(ROW)
#undef ROW
};

static const char *const confidence_names[] = {"none", "possible", "likely", "certain"};
static const char *const blame_names[] = {"client_host", "server_host", "path", "unknown"};
static const char *const stage_names[] = {"syn", "synack", "established", "tls", "http2", "grpc"};
static const char *const ended_by_names[] = {"none", "client", "server", "both", "third_party"};
static const char *const vantage_names[] = {"unknown", "client", "server", "both", "middle"};
static const char *const evidence_kind_names[] = {"syn", "synack", "ack", "data",
                                                  "fin", "rst",    "icmp"};
static const char *const incident_phase_names[] = {"open", "update", "close"};
static const char *const incident_scope_names[] = {"endpoint", "client", "network", "overflow"};
static const char *const incident_rule_names[] = {"sustained", "burst", "persistent", "forged"};
static const char *const incident_pattern_names[] = {NULL, "periodic", "load"};
static const char *const close_reason_names[] = {NULL,      "recovered",    "quiet",
                                                 "evicted", "end_of_input", "shutdown"};

_Static_assert(ARRAY_LEN(rows) == VERDICT_COUNT, "a row each verdict");
_Static_assert(ARRAY_LEN(outcome_names) == OUTCOME_COUNT, "a name each outcome");
_Static_assert(ARRAY_LEN(families) == FAMILY_COUNT, "a row each family");
_Static_assert(ARRAY_LEN(confidence_names) == CONFIDENCE_COUNT, "a name each confidence");
_Static_assert(ARRAY_LEN(blame_names) == BLAME_COUNT, "a name each blame");
_Static_assert(ARRAY_LEN(stage_names) == STAGE_COUNT, "a name each stage");
_Static_assert(ARRAY_LEN(ended_by_names) == ENDED_BY_COUNT, "a name each ender");
_Static_assert(ARRAY_LEN(vantage_names) == VANTAGE_COUNT, "a name each vantage");
_Static_assert(ARRAY_LEN(evidence_kind_names) == EVIDENCE_KIND_COUNT, "a name each kind");
_Static_assert(ARRAY_LEN(incident_phase_names) == INCIDENT_PHASE_COUNT, "a name each phase");
_Static_assert(ARRAY_LEN(incident_scope_names) == INCIDENT_SCOPE_COUNT, "a name each scope");
_Static_assert(ARRAY_LEN(incident_rule_names) == INCIDENT_RULE_COUNT, "a name each rule");
_Static_assert(ARRAY_LEN(incident_pattern_names) == INCIDENT_PATTERN_COUNT, "a name each pattern");
_Static_assert(ARRAY_LEN(close_reason_names) == CLOSE_REASON_COUNT, "a name each reason");

const struct verdict_row *verdict_row(enum verdict_id id)
{
    return &rows[id];
}

enum verdict_id verdict_by_slug(const char *slug)
{
    unsigned i = 0;

    while (i < VERDICT_COUNT && strcmp(rows[i].slug, slug) != 0)
        i++;
    return (enum verdict_id)i;
}

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

const char *family_name(enum family family)
{
    return family < FAMILY_COUNT ? families[family].name : NULL;
}

char family_letter(enum family family)
{
    return family < FAMILY_COUNT ? families[family].letter : ' ';
}

const char *family_words(enum family family)
{
    return family < FAMILY_COUNT ? families[family].words : "healthy";
}

const char *family_title(enum family family)
{
    return family < FAMILY_COUNT ? families[family].title : "OK";
}

enum family family_by_name(const char *name)
{
    unsigned i = 0;

    while (i < FAMILY_COUNT && strcmp(families[i].name, name) != 0)
        i++;
    return (enum family)i;
}

const char *confidence_name(enum confidence confidence)
{
    return confidence_names[confidence];
}

const char *blame_name(enum blame blame)
{
    return blame_names[blame];
}

const char *stage_name(enum stage stage)
{
    return stage_names[stage];
}

const char *ended_by_name(enum ended_by ended_by)
{
    return ended_by_names[ended_by];
}

const char *transport_name(uint8_t proto)
{
    if (proto == FLOW_PROTO_UDP)
        return "udp";
    return proto == FLOW_PROTO_SCTP ? "sctp" : "tcp";
}

const char *vantage_name(enum vantage vantage)
{
    return vantage_names[vantage];
}

const char *evidence_kind_name(enum evidence_kind kind)
{
    return evidence_kind_names[kind];
}

const char *incident_phase_name(enum incident_phase phase)
{
    return incident_phase_names[phase];
}

const char *incident_scope_name(enum incident_scope scope)
{
    return incident_scope_names[scope];
}

const char *incident_rule_name(enum incident_rule rule)
{
    return incident_rule_names[rule];
}

const char *incident_pattern_name(enum incident_pattern pattern)
{
    return incident_pattern_names[pattern];
}

const char *close_reason_name(enum close_reason reason)
{
    return close_reason_names[reason];
}
