/* SPDX-License-Identifier: BSD-2-Clause */
/* See filter.h. */
#include "tui/filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "tui/figures.h"

#define V4_BITS 32
#define V6_BITS 128
#define V4_PREFIX_BITS 96 /* of an IPv4 address in struct ipaddr */
#define ROW_TEXT_BYTES 320
#define DAY_NS (24 * 3600 * NS_PER_S)

static const char *const prefixes[] = {
    [FILTER_TEXT] = "",          [FILTER_WHY] = "why:",   [FILTER_SERVER] = "server:",
    [FILTER_CLIENT] = "client:", [FILTER_PORT] = "port:", [FILTER_SINCE] = "since:",
    [FILTER_UNTIL] = "until:",   [FILTER_SNI] = "sni:",
};

_Static_assert(ARRAY_LEN(prefixes) == FILTER_FIELD_COUNT, "a prefix each field");

/* "10.0.0.0/8", "2001:db8::1". */
static void parse_net(struct filter_term *term)
{
    char addr[FILTER_BYTES];
    char *slash, *end;
    long n_bits;

    term->n_bits = -1;
    (void)snprintf(addr, sizeof(addr), "%s", term->word);
    slash = strchr(addr, '/');
    if (slash)
        *slash++ = '\0';
    if (!ipaddr_parse(addr, &term->net))
        return;
    term->n_bits = V6_BITS;
    if (!slash || *slash == '\0')
        return;
    n_bits = strtol(slash, &end, 10);
    if (ipaddr_is_v4(&term->net))
        n_bits += V4_PREFIX_BITS;
    if (*end == '\0' && n_bits >= 0 && n_bits <= V6_BITS)
        term->n_bits = (int)n_bits;
}

/* "03:44", "03:44:08"; typed halfway it is none. */
static void parse_clock(struct filter_term *term)
{
    unsigned hour, minute, second = 0;
    int n_read = 0;

    term->of_day_ns = -1;
    if (sscanf(term->word, "%2u:%2u%n:%2u%n", &hour, &minute, &n_read, &second, &n_read) < 2 ||
        term->word[n_read] != '\0' || hour > 23 || minute > 59 || second > 59)
        return;
    term->of_day_ns = (int64_t)(hour * 3600 + minute * 60 + second) * NS_PER_S;
}

static void parse_since(struct filter_term *term)
{
    char *end;
    long long n = strtoll(term->word, &end, 10);
    int64_t unit_ns = *end == 'm' ? 60 * NS_PER_S : *end == 'h' ? 3600 * NS_PER_S : NS_PER_S;

    term->since_ns = -1;
    if (end != term->word && *end != ':' && n >= 0 && n <= INT64_MAX / unit_ns)
        term->since_ns = n * unit_ns;
}

static void parse_term(struct filter_term *term, const char *word, size_t n_bytes)
{
    size_t prefix_bytes = 0;

    term->field = FILTER_TEXT;
    for (unsigned field = FILTER_WHY; field < FILTER_FIELD_COUNT; field++) {
        size_t n = strlen(prefixes[field]);

        if (n_bytes >= n && strncmp(word, prefixes[field], n) == 0) {
            term->field = (enum filter_field)field;
            prefix_bytes = n;
        }
    }
    (void)snprintf(term->word, sizeof(term->word), "%.*s", (int)(n_bytes - prefix_bytes),
                   word + prefix_bytes);
    parse_net(term);
    parse_since(term);
    parse_clock(term);
}

void filter_parse(struct filter *filter, const char *words)
{
    bool is_negated = false;

    *filter = (struct filter){0};
    while (*(words += strspn(words, " ")) != '\0' && filter->n_terms < FILTER_TERMS_MAX) {
        size_t n_bytes = strcspn(words, " ");

        if (n_bytes == 3 && strncmp(words, "not", n_bytes) == 0) {
            is_negated = true;
        } else {
            struct filter_term *term = &filter->term[filter->n_terms];

            parse_term(term, words, n_bytes);
            term->is_negated = is_negated;
            is_negated = false;
            /* "port:" is the beginning of something: it hides nothing yet. */
            if (term->word[0] != '\0')
                filter->n_terms++;
        }
        words += n_bytes;
    }
}

static bool has_word(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static bool is_in_net(const struct ipaddr *addr, const struct filter_term *term)
{
    const uint8_t *a = addr->bytes, *b = term->net.bytes;
    int n_bytes = term->n_bits / 8;
    int n_rest = term->n_bits % 8;

    if (memcmp(a, b, (size_t)n_bytes) != 0)
        return false;
    return n_rest == 0 || (a[n_bytes] ^ b[n_bytes]) >> (8 - n_rest) == 0;
}

static bool is_endpoint(const struct endpoint *endpoint, const struct filter_term *term)
{
    char words[FIGURE_ENDPOINT_BYTES];
    struct text text = TEXT_OF(words);

    if (!endpoint)
        return true;
    if (term->n_bits >= 0)
        return is_in_net(&endpoint->addr, term);
    figure_endpoint(&text, endpoint);
    return has_word(words, term->word);
}

static bool is_why(const struct filter_row *row, const char *word)
{
    const char *name = family_name(row->family);

    if (!name)
        return has_word("(healthy)", word);
    return has_word(name, word) || has_word(verdict_row(row->verdict)->slug, word);
}

static bool is_in_text(const struct filter_row *row, const char *word)
{
    char words[ROW_TEXT_BYTES];
    struct text text = TEXT_OF(words);

    if (row->client)
        figure_endpoint(&text, row->client);
    text_add(&text, " > ");
    if (row->server)
        figure_endpoint(&text, row->server);
    return is_why(row, word) || has_word(words, word) || has_word(row->more, word);
}

/* The last time before now that the clock showed it. */
static int64_t moment_of(const struct filter_term *term, int64_t now_ns)
{
    int64_t at_ns;

    if (term->of_day_ns < 0)
        return now_ns - term->since_ns;
    at_ns = now_ns / DAY_NS * DAY_NS + term->of_day_ns;
    return at_ns > now_ns ? at_ns - DAY_NS : at_ns;
}

static bool is_in_time(const struct filter_term *term, const struct filter_row *row, int64_t now_ns)
{
    if (term->of_day_ns < 0 && (term->since_ns < 0 || term->since_ns > now_ns))
        return true;
    if (row->ts_ns == NS_NEVER)
        return false;
    if (term->field == FILTER_SINCE)
        return row->ts_ns >= moment_of(term, now_ns);
    return row->first_ns <= moment_of(term, now_ns);
}

static bool is_named(const struct filter_row *row, const char *word)
{
    bool is_pattern = strpbrk(word, "*?") != NULL;

    for (uint32_t i = 0; i < row->n_names; i++)
        if (is_pattern ? fnmatch(word, row->name[i], FNM_CASEFOLD | FNM_NOESCAPE) == 0
                       : has_word(row->name[i], word))
            return true;
    return false;
}

static bool holds(const struct filter_term *term, const struct filter_row *row, int64_t now_ns)
{
    switch (term->field) {
    case FILTER_WHY:
        return is_why(row, term->word);
    case FILTER_SERVER:
        return is_endpoint(row->server, term);
    case FILTER_CLIENT:
        return is_endpoint(row->client, term);
    case FILTER_PORT:
        return !row->server || strtoul(term->word, NULL, 10) == row->server->port;
    case FILTER_SINCE:
    case FILTER_UNTIL:
        return is_in_time(term, row, now_ns);
    case FILTER_SNI:
        return is_named(row, term->word);
    case FILTER_TEXT:
    case FILTER_FIELD_COUNT:
        break;
    }
    return is_in_text(row, term->word);
}

bool filter_matches(const struct filter *filter, const struct filter_row *row, int64_t now_ns)
{
    for (unsigned i = 0; i < filter->n_terms; i++) {
        const struct filter_term *term = &filter->term[i];

        if (term->field == FILTER_CLIENT && !row->client)
            continue;
        if (holds(term, row, now_ns) == term->is_negated)
            return false;
    }
    return true;
}

static void add_name(struct filter_row *row, const struct connection_event *failure)
{
    if (failure->said.kind == READER_TLS && failure->said.tls.server_name[0] &&
        row->n_names < ARRAY_LEN(row->name))
        row->name[row->n_names++] = failure->said.tls.server_name;
}

static void add_names(struct filter_row *row, const struct journal *journal,
                      const struct where_id *id)
{
    const struct journal_group *group = journal_group(journal, id);

    for (uint16_t i = group ? group->newest : JOURNAL_NONE; i != JOURNAL_NONE;
         i = journal->entry[i].older)
        add_name(row, &journal->entry[i].failure);
}

struct filter_row filter_endpoint_row(const struct snapshot_endpoint *endpoint,
                                      const struct journal *journal)
{
    const struct where_id id = {endpoint->server, endpoint->family};
    struct filter_row row = {.family = endpoint->family,
                             .verdict = endpoint->verdict,
                             .server = &endpoint->server,
                             .first_ns = endpoint->since_ns,
                             .ts_ns = endpoint->last_ns};

    add_names(&row, journal, &id);
    return row;
}

struct filter_row filter_latest_row(const struct snapshot_latest *latest,
                                    const struct journal *journal)
{
    const struct journal_entry *entry = journal_find(journal, latest->flow_id);
    struct filter_row row = {.family = latest->family,
                             .verdict = latest->verdict,
                             .server = &latest->server,
                             .client = &latest->client,
                             .first_ns = latest->ts_ns,
                             .ts_ns = latest->ts_ns,
                             .more = latest->why};

    if (entry)
        add_name(&row, &entry->failure);
    return row;
}

/* A client's incident has no server, a network's many. */
struct filter_row filter_incident_row(const struct incident_event *incident,
                                      const struct journal *journal)
{
    const struct where_id id = {incident->server, incident->family};
    struct filter_row row = {.family = incident->family,
                             .verdict = incident->verdict[0].id,
                             .server = incident->scope == SCOPE_ENDPOINT ? &incident->server : NULL,
                             .first_ns = incident->first_ns,
                             .ts_ns = incident->last_ns,
                             .more = incident_rule_name(incident->rule)};

    add_names(&row, journal, &id);
    return row;
}

struct filter_row filter_failure_row(const struct connection_event *failure)
{
    struct filter_row row = {.family = failure->family,
                             .verdict = failure->verdict,
                             .server = &failure->server,
                             .client = &failure->client,
                             .first_ns = failure->facts.first_ns,
                             .ts_ns = facts_last_ns(&failure->facts)};

    add_name(&row, failure);
    row.more = row.n_names > 0 ? row.name[0] : NULL;
    return row;
}

void filter_snapshot(const struct filter *filter, const struct journal *journal,
                     struct snapshot *snapshot)
{
    uint32_t n_endpoints = 0, n_latest = 0;

    if (filter->n_terms == 0)
        return;
    for (uint32_t i = 0; i < snapshot->n_endpoint_rows; i++) {
        struct filter_row row = filter_endpoint_row(&snapshot->endpoint[i], journal);

        if (filter_matches(filter, &row, snapshot->now_ns))
            snapshot->endpoint[n_endpoints++] = snapshot->endpoint[i];
    }
    for (uint32_t i = 0; i < snapshot->n_latest; i++) {
        struct filter_row row = filter_latest_row(&snapshot->latest[i], journal);

        if (filter_matches(filter, &row, snapshot->now_ns))
            snapshot->latest[n_latest++] = snapshot->latest[i];
    }
    snapshot->n_endpoint_rows = n_endpoints;
    snapshot->n_latest = n_latest;
}
