/* SPDX-License-Identifier: BSD-2-Clause */
/* See row_sort.h. */
#include "tui/row_sort.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

static const char *const why_names[] = {"total", "name", "now/s", "incidents"};
static const char *const where_names[] = {"incident", "server", "why",     "now/s", "fail",
                                          "tries",    "%",      "clients", "since", "last"};
static const char *const latest_names[] = {"time", "why", "client", "server"};
static const char *const incident_names[] = {"number", "server", "why", "fail", "clients", "since"};
static const char *const flow_names[] = {"start", "client", "packets", "why"};

_Static_assert(ARRAY_LEN(why_names) == WHY_SORT_COUNT, "a name each column");
_Static_assert(ARRAY_LEN(where_names) == WHERE_SORT_COUNT, "a name each column");
_Static_assert(ARRAY_LEN(latest_names) == LATEST_SORT_COUNT, "a name each column");
_Static_assert(ARRAY_LEN(incident_names) == INCIDENT_SORT_COUNT, "a name each column");
_Static_assert(ARRAY_LEN(flow_names) == FLOW_SORT_COUNT, "a name each column");

static const char *const packet_names[] = {"frame"};

static const struct {
    const char *const *name;
    unsigned n;
} panes[PANE_VIEW_COUNT] = {
    [PANE_WHY] = {why_names, WHY_SORT_COUNT},
    [PANE_WHERE] = {where_names, WHERE_SORT_COUNT},
    [PANE_LATEST] = {latest_names, LATEST_SORT_COUNT},
    [PANE_INCIDENTS] = {incident_names, INCIDENT_SORT_COUNT},
    [PANE_FLOWS] = {flow_names, FLOW_SORT_COUNT},
    [PANE_PACKETS] = {packet_names, 1},
    [PANE_STEPS] = {packet_names, 1},
    [PANE_BYTES] = {packet_names, 1},
};

unsigned row_sort_columns(enum pane pane)
{
    return panes[pane].n;
}

const char *row_sort_name(enum pane pane, unsigned column)
{
    assert(column < panes[pane].n);
    return panes[pane].name[column];
}

/* Below 0 where `a` comes first. */

static int larger_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int later_first(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

static int by_endpoint(const struct endpoint *a, const struct endpoint *b)
{
    int order = ipaddr_compare(&a->addr, &b->addr);

    return order != 0 ? order : (int)a->port - (int)b->port;
}

static int by_words(enum family a, enum family b)
{
    return strcmp(family_words(a), family_words(b));
}

static int compare_families(unsigned column, const struct snapshot_family *row, enum family a,
                            enum family b)
{
    switch ((enum why_sort)column) {
    case WHY_BY_NAME:
        return by_words(a, b);
    case WHY_BY_NOW:
        return larger_first(row[a].n_last_10s, row[b].n_last_10s);
    case WHY_BY_INCIDENTS:
        return larger_first(row[a].n_open_incidents, row[b].n_open_incidents);
    case WHY_BY_TOTAL:
    case WHY_SORT_COUNT:
        break;
    }
    if ((a == FAMILY_RST_FORGED) != (b == FAMILY_RST_FORGED))
        return a == FAMILY_RST_FORGED ? -1 : 1;
    return larger_first(row[a].n_total, row[b].n_total);
}

/* Insertion: stable, and there are fifteen at most. */
void row_sort_families(const struct row_sort *sort, const struct snapshot *snapshot,
                       enum family *family, uint32_t n)
{
    int sign = sort->is_reversed ? -1 : 1;

    for (uint32_t i = 1; i < n; i++) {
        enum family moved = family[i];
        uint32_t place = i;

        while (place > 0 &&
               sign * compare_families(sort->column, snapshot->family, moved, family[place - 1]) <
                   0) {
            family[place] = family[place - 1];
            place--;
        }
        family[place] = moved;
    }
}

static int compare_latest(const void *left, const void *right, void *context)
{
    const struct row_sort *sort = context;
    const struct snapshot_latest *a = left, *b = right;
    int order = 0;

    if (sort->column == LATEST_BY_WHY)
        order = by_words(a->family, b->family);
    else if (sort->column == LATEST_BY_CLIENT)
        order = by_endpoint(&a->client, &b->client);
    else if (sort->column == LATEST_BY_SERVER)
        order = by_endpoint(&a->server, &b->server);
    if (sort->column == LATEST_BY_TIME)
        order = later_first(a->ts_ns, b->ts_ns);
    if (sort->is_reversed)
        order = -order;
    if (order == 0)
        order = later_first(a->ts_ns, b->ts_ns);
    return order != 0 ? order : larger_first(a->flow_id, b->flow_id);
}

void row_sort_latest(const struct row_sort *sort, struct snapshot_latest *row, uint32_t n)
{
    struct row_sort copy = *sort;

    if (sort->column != LATEST_BY_TIME || sort->is_reversed)
        qsort_r(row, n, sizeof(*row), compare_latest, &copy);
}

/* ---- flows ---- */

struct flow_row {
    uint64_t flow_id;
    uint32_t place;                         /* among the newest first */
    const struct connection_event *failure; /* NULL: not kept any more */
};

static uint64_t n_pkts_of(const struct connection_event *failure)
{
    return (uint64_t)failure->facts.side[SIDE_CLIENT].n_pkts +
           failure->facts.side[SIDE_SERVER].n_pkts;
}

static int compare_flows(const void *left, const void *right, void *context)
{
    const struct row_sort *sort = context;
    const struct flow_row *a = left, *b = right;
    int order = 0;

    if (!a->failure || !b->failure) {
        order = (a->failure == NULL) - (b->failure == NULL);
        return order != 0 ? order : (int)a->place - (int)b->place;
    }
    if (sort->column == FLOWS_BY_CLIENT)
        order = by_endpoint(&a->failure->client, &b->failure->client);
    else if (sort->column == FLOWS_BY_PKTS)
        order = larger_first(n_pkts_of(a->failure), n_pkts_of(b->failure));
    else if (sort->column == FLOWS_BY_WHY)
        order =
            strcmp(verdict_row(a->failure->verdict)->slug, verdict_row(b->failure->verdict)->slug);
    else
        order = (int)a->place - (int)b->place;
    if (sort->is_reversed)
        order = -order;
    return order != 0 ? order : (int)a->place - (int)b->place;
}

void row_sort_flows(const struct row_sort *sort, const struct journal *journal, uint64_t *flow,
                    uint32_t n)
{
    struct row_sort copy = *sort;
    struct flow_row row[JOURNAL_SHARE];

    assert(n <= JOURNAL_SHARE);
    if (sort->column == FLOWS_BY_TIME && !sort->is_reversed)
        return;
    for (uint32_t i = 0; i < n; i++) {
        const struct journal_entry *entry = journal_find(journal, flow[i]);

        row[i] = (struct flow_row){flow[i], i, entry ? &entry->failure : NULL};
    }
    qsort_r(row, n, sizeof(*row), compare_flows, &copy);
    for (uint32_t i = 0; i < n; i++)
        flow[i] = row[i].flow_id;
}

/* ---- incidents ---- */

static int by_number(const struct incident_event *a, const struct incident_event *b)
{
    int order = (a->phase == INCIDENT_CLOSE) - (b->phase == INCIDENT_CLOSE);

    return order != 0 ? order : larger_first(a->number, b->number);
}

static int compare_incidents(const void *left, const void *right, void *context)
{
    const struct row_sort *sort = context;
    const struct incident_event *a = *(const struct incident_event *const *)left;
    const struct incident_event *b = *(const struct incident_event *const *)right;
    int order = 0;

    switch ((enum incident_sort)sort->column) {
    case INCIDENTS_BY_SERVER:
        order = by_endpoint(&a->server, &b->server);
        break;
    case INCIDENTS_BY_WHY:
        order = by_words(a->family, b->family);
        break;
    case INCIDENTS_BY_FAILURES:
        order = larger_first(a->n_failures, b->n_failures);
        break;
    case INCIDENTS_BY_CLIENTS:
        order = larger_first(a->n_clients, b->n_clients);
        break;
    case INCIDENTS_BY_SINCE:
        order = later_first(a->first_ns, b->first_ns);
        break;
    case INCIDENTS_BY_NUMBER:
    case INCIDENT_SORT_COUNT:
        order = by_number(a, b);
        break;
    }
    if (sort->is_reversed)
        order = -order;
    return order != 0 ? order : by_number(a, b);
}

void row_sort_incidents(const struct row_sort *sort, const struct incident_event **incident,
                        uint32_t n)
{
    struct row_sort copy = *sort;

    qsort_r(incident, n, sizeof(const struct incident_event *), compare_incidents, &copy);
}
