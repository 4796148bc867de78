/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows are shown, from the words that were typed: "why:refused port:443 not client:10.1.2.3".
 * All of them must hold. Words without a field are looked for in the row's text. What is typed
 * halfway is no error: it matches as far as it goes. Pure.
 */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/journal.h"
#include "verdict/event.h"
#include "verdict/snapshot.h"

#define FILTER_BYTES 64
#define FILTER_TERMS_MAX 8

enum filter_field {
    FILTER_TEXT,
    FILTER_WHY,    /* a family's or a verdict's name, or a part of one */
    FILTER_SERVER, /* address, network in CIDR, or a part of "address:port" */
    FILTER_CLIENT,
    FILTER_PORT,  /* of the server */
    FILTER_SINCE, /* "90s", "5m", "2h": happened within so long before now; "03:44", "03:44:08":
                     from then on, UTC */
    FILTER_UNTIL, /* the same: happened before */
    FILTER_SNI,   /* name asked for in TLS, or a part of it, or with * and ? */
    FILTER_FIELD_COUNT
};

struct filter_term {
    enum filter_field field;
    bool is_negated;
    char word[FILTER_BYTES];
    struct ipaddr net; /* with n_bits */
    int n_bits;        /* below 0: `word` is no address or network */
    int64_t since_ns;  /* so long ago; below 0: `word` is no such time */
    int64_t of_day_ns; /* since midnight; below 0: `word` is no clock time */
};

struct filter {
    unsigned n_terms; /* 0: everything is shown */
    struct filter_term term[FILTER_TERMS_MAX];
};

/* A row as a filter sees it. */
struct filter_row {
    enum family family;
    enum verdict_id verdict;
    const struct endpoint *server, *client; /* NULL: of many, so terms on it do not count */
    int64_t first_ns, ts_ns;                /* of its first and last failure */
    const char *more;                       /* further text; NULL = none */
    uint32_t n_names;                       /* that were asked for in TLS, as far as kept */
    const char *name[JOURNAL_SHARE];
};

void filter_parse(struct filter *filter, const char *words);
bool filter_matches(const struct filter *filter, const struct filter_row *row, int64_t now_ns);

/* Rows of the lists; the journal has the names. */
struct filter_row filter_endpoint_row(const struct snapshot_endpoint *endpoint,
                                      const struct journal *journal);
struct filter_row filter_latest_row(const struct snapshot_latest *latest,
                                    const struct journal *journal);
struct filter_row filter_incident_row(const struct incident_event *incident,
                                      const struct journal *journal);
struct filter_row filter_failure_row(const struct connection_event *failure);

/* Leaves only matching rows in Where and Latest; the totals stay what they are. */
void filter_snapshot(const struct filter *filter, const struct journal *journal,
                     struct snapshot *snapshot);

#endif
