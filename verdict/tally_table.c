/* SPDX-License-Identifier: BSD-2-Clause */
/* See tally_table.h. */
#include "verdict/tally_table.h"

#include <assert.h>
#include <string.h>

#include "base/nanotime.h"
#include "verdict/watch.h"
#include "verdict/window.h"

#define RATE_SECONDS 10

size_t tally_table_cost_bytes(const struct tally_table_sizes *sizes)
{
    return clientpool_cost_bytes(sizes->n_client_marks) + lrumap_cost_bytes(sizes->n_healthy) +
           lrumap_cost_bytes(sizes->n_failing) +
           arena_cost_bytes(sizes->n_healthy * sizeof(struct tally_place)) +
           arena_cost_bytes(sizes->n_failing * sizeof(struct tally_place)) +
           arena_cost_bytes(sizes->n_failing * sizeof(struct tally_columns)) +
           arena_cost_bytes(sizes->n_failing * sizeof(struct tally_row));
}

bool tally_table_create(struct tally_table *table, struct arena *arena,
                        const struct tally_table_sizes *sizes)
{
    const struct hash_key *key = &sizes->hash_key;

    if (!clientpool_create(&table->pool, arena, key, sizes->n_client_marks) ||
        !lrumap_create(&table->healthy, arena, key, sizeof(struct endpoint), sizes->n_healthy) ||
        !lrumap_create(&table->failing, arena, key, sizeof(struct endpoint), sizes->n_failing))
        return false;
    table->healthy_place = arena_take(arena, sizes->n_healthy * sizeof(struct tally_place));
    table->failing_place = arena_take(arena, sizes->n_failing * sizeof(struct tally_place));
    table->attempts = arena_take(arena, sizes->n_failing * sizeof(struct tally_columns));
    table->row = arena_take(arena, sizes->n_failing * sizeof(struct tally_row));
    if (!table->healthy_place || !table->failing_place || !table->attempts || !table->row)
        return false;
    table->n_rows = sizes->n_failing;
    table->free_row = 0;
    for (uint32_t i = 0; i < table->n_rows; i++)
        table->row[i].next = i + 1 < table->n_rows ? i + 1 : LRUMAP_NONE;
    return true;
}

/* ---- places ---- */

static bool has_open_incident(const struct tally_table *table, const struct tally_place *place)
{
    for (uint32_t i = place->first_row; i != LRUMAP_NONE; i = table->row[i].next)
        if (table->row[i].incident)
            return true;
    return false;
}

/* The idlest place goes with its rows; those with an open incident are passed over, unless all are.
 */
static void drop_idlest_failing(struct tally_table *table)
{
    uint32_t idx = table->failing.oldest;

    for (uint32_t n = 0; n < table->failing.n_used; n++) {
        idx = table->failing.oldest;
        if (!has_open_incident(table, &table->failing_place[idx]))
            break;
        lrumap_touch(&table->failing, idx);
    }
    for (uint32_t i = table->failing_place[idx].first_row, next; i != LRUMAP_NONE; i = next) {
        next = table->row[i].next;
        clientset_clear(&table->row[i].clients, &table->pool);
        table->row[i].next = table->free_row;
        table->free_row = i;
    }
    lrumap_remove(&table->failing, idx);
}

/* `failing` is where it was found among those that failed. */
static struct tally_place *place_at(struct tally_table *table, const struct endpoint *server,
                                    uint32_t failing)
{
    uint32_t idx;

    if (failing != LRUMAP_NONE) {
        lrumap_touch(&table->failing, failing);
        return &table->failing_place[failing];
    }
    idx = lrumap_find(&table->healthy, server);
    if (idx == LRUMAP_NONE) {
        if (lrumap_is_full(&table->healthy))
            lrumap_remove(&table->healthy, table->healthy.oldest);
        idx = lrumap_add(&table->healthy, server);
        table->healthy_place[idx] = (struct tally_place){.first_row = LRUMAP_NONE};
    }
    lrumap_touch(&table->healthy, idx);
    return &table->healthy_place[idx];
}

struct tally_place *tally_table_place(struct tally_table *table, const struct endpoint *server)
{
    return place_at(table, server, lrumap_find(&table->failing, server));
}

void tally_table_attempt(struct tally_table *table, const struct endpoint *server, int64_t ts_ns)
{
    uint32_t idx = lrumap_find(&table->failing, server);

    place_at(table, server, idx)->n_attempts++;
    if (idx != LRUMAP_NONE)
        tally_columns_add(&table->attempts[idx], ts_ns);
}

/* The place with its attempts, among those that failed. */
static struct tally_place *failing_place(struct tally_table *table, const struct endpoint *server,
                                         int64_t ts_ns)
{
    uint32_t idx = lrumap_find(&table->failing, server);
    struct tally_place *place = place_at(table, server, idx);
    struct tally_place copy;

    if (idx != LRUMAP_NONE)
        return place;
    copy = *place;
    lrumap_remove(&table->healthy, lrumap_find(&table->healthy, server));
    if (lrumap_is_full(&table->failing))
        drop_idlest_failing(table);
    idx = lrumap_add(&table->failing, server);
    table->failing_place[idx] = copy;
    table->attempts[idx] = (struct tally_columns){0};
    tally_columns_add(&table->attempts[idx], ts_ns); /* the one that fails was counted before */
    return &table->failing_place[idx];
}

/* ---- rows ---- */

static struct tally_row *find_row(const struct tally_table *table, const struct endpoint *server,
                                  enum family family)
{
    uint32_t idx = lrumap_find(&table->failing, server);

    if (idx == LRUMAP_NONE)
        return NULL;
    for (uint32_t i = table->failing_place[idx].first_row; i != LRUMAP_NONE; i = table->row[i].next)
        if (table->row[i].family == family)
            return &table->row[i];
    return NULL;
}

static struct tally_row *add_row(struct tally_table *table, const struct endpoint *server,
                                 enum family family, int64_t ts_ns)
{
    struct tally_place *place;
    uint32_t idx;

    /* The place itself may be the one that goes: it is looked up afterwards. */
    if (table->free_row == LRUMAP_NONE)
        drop_idlest_failing(table);
    place = failing_place(table, server, ts_ns);
    idx = table->free_row;
    assert(idx != LRUMAP_NONE);
    table->free_row = table->row[idx].next;
    table->row[idx] = (struct tally_row){.family = (uint8_t)family, .next = place->first_row};
    place->first_row = idx;
    return &table->row[idx];
}

static void count_verdict(struct tally_row *row, const struct connection_event *event)
{
    uint8_t confidence = (uint8_t)event->confidence;
    unsigned i = 0;

    while (i < row->n_verdicts && row->verdict[i].id != event->verdict)
        i++;
    if (i == TALLY_VERDICTS_MAX)
        return;
    if (i == row->n_verdicts)
        row->verdict[row->n_verdicts++] =
            (struct tally_verdict){.id = (uint8_t)event->verdict, .lowest = confidence};
    row->verdict[i].n++;
    if (confidence < row->verdict[i].lowest)
        row->verdict[i].lowest = confidence;
}

static void belong(struct tally_row *row, uint32_t incident)
{
    row->incident = incident;
    row->had_incident = true;
}

void tally_table_fail(struct tally_table *table, const struct connection_event *event,
                      int64_t ts_ns, uint32_t incident, bool may_add)
{
    struct tally_row *row = find_row(table, &event->server, event->family);
    unsigned i;

    if (!row && may_add)
        row = add_row(table, &event->server, event->family, ts_ns);
    if (!row)
        return;
    if (!row->n_failures || ts_ns < row->first_ns)
        row->first_ns = ts_ns;
    if (!row->n_failures || ts_ns > row->last_ns)
        row->last_ns = ts_ns;
    row->n_failures++;
    if (incident)
        belong(row, incident);
    count_verdict(row, event);
    clientset_add(&row->clients, &table->pool, &event->client.addr, 1, TALLY_CLIENTS_MAX);
    tally_columns_add(&row->failed, ts_ns);
    i = window_enter(&row->newest, row->count, TALLY_ROW_SECONDS, window_slot(ts_ns, NS_PER_S));
    if (i != WINDOW_LATE)
        row->count[i]++;
}

void tally_table_open(struct tally_table *table, const struct incident_event *event)
{
    struct tally_row *row;

    if (event->scope == SCOPE_ENDPOINT) {
        row = find_row(table, &event->server, event->family);
        if (row)
            belong(row, event->number);
    }
    if (event->scope != SCOPE_NETWORK)
        return;
    for (uint32_t i = table->failing.oldest; i != LRUMAP_NONE; i = table->failing.node[i].newer) {
        const struct endpoint *server = lrumap_key(&table->failing, i);
        struct ipaddr network = watch_network(&server->addr);

        row = ipaddr_equal(&network, &event->server.addr) ? find_row(table, server, event->family)
                                                          : NULL;
        if (row)
            belong(row, event->number);
    }
}

void tally_table_close(struct tally_table *table, uint32_t number)
{
    for (uint32_t i = 0; i < table->n_rows; i++)
        if (table->row[i].incident == number)
            table->row[i].incident = 0;
}

/* ---- order ---- */

/* A row, or with row NULL a healthy endpoint. */
struct candidate {
    const struct endpoint *server;
    const struct tally_place *place;
    const struct tally_row *row;
    const struct tally_columns *attempts; /* with row */
};

static unsigned gravity(const struct candidate *candidate)
{
    const struct tally_row *row = candidate->row;

    if (!row || !row->incident)
        return 0;
    return row->family == FAMILY_RST_FORGED ? 2 : 1;
}

static bool is_before(const struct candidate *a, const struct candidate *b)
{
    uint64_t a_failures = a->row ? a->row->n_failures : 0;
    uint64_t b_failures = b->row ? b->row->n_failures : 0;
    int order;

    if (gravity(a) != gravity(b))
        return gravity(a) > gravity(b);
    if (a_failures != b_failures)
        return a_failures > b_failures;
    if (!a->row && !b->row && a->place->n_attempts != b->place->n_attempts)
        return a->place->n_attempts > b->place->n_attempts;
    order = ipaddr_compare(&a->server->addr, &b->server->addr);
    if (order)
        return order < 0;
    if (a->server->port != b->server->port)
        return a->server->port < b->server->port;
    return a->row && b->row && a->row->family < b->row->family;
}

struct ranking {
    uint32_t n, n_max;
    struct candidate at[SNAPSHOT_ENDPOINTS_MAX];
};

static uint32_t place_among(const struct ranking *ranking, const struct candidate *candidate)
{
    uint32_t low = 0, high = ranking->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (is_before(candidate, &ranking->at[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The endpoints come idlest first, so most are better than those before: a search for the place
 * and one move, ten times a second for thousands of them. */
static void rank(struct ranking *ranking, struct candidate candidate)
{
    uint32_t place;

    if (ranking->n == ranking->n_max && !is_before(&candidate, &ranking->at[ranking->n - 1]))
        return;
    place = place_among(ranking, &candidate);
    if (ranking->n < ranking->n_max)
        ranking->n++;
    memmove(&ranking->at[place + 1], &ranking->at[place],
            (ranking->n - 1 - place) * sizeof(candidate));
    ranking->at[place] = candidate;
}

static const struct tally_verdict *main_verdict(const struct tally_row *row)
{
    const struct tally_verdict *most = &row->verdict[0];

    for (unsigned i = 1; i < row->n_verdicts; i++)
        if (row->verdict[i].n > most->n ||
            (row->verdict[i].n == most->n && row->verdict[i].id < most->id))
            most = &row->verdict[i];
    return most;
}

static void fill_endpoint(const struct candidate *from, int64_t last_s,
                          struct snapshot_endpoint *out)
{
    const struct tally_row *row = from->row;
    const struct tally_place *place = from->place;
    int64_t newest_column = window_slot(last_s, SNAPSHOT_COLUMN_NS / NS_PER_S);

    *out = (struct snapshot_endpoint){
        .server = *from->server,
        .family = FAMILY_NONE,
        .verdict = VERDICT_OK,
        .since_ns = NS_NEVER,
        .last_ns = NS_NEVER,
        /* An endpoint that was forgotten with connections open knows too few attempts. */
        .n_attempts = place->n_attempts > place->n_judged ? place->n_attempts : place->n_judged,
    };
    if (!row)
        return;
    tally_columns_read(from->attempts, newest_column, out->attempts);
    tally_columns_read(&row->failed, newest_column, out->failed);
    out->family = (enum family)row->family;
    out->verdict = (enum verdict_id)main_verdict(row)->id;
    out->confidence = (enum confidence)main_verdict(row)->lowest;
    out->incident = row->incident;
    out->had_incident = row->had_incident;
    out->n_failures = row->n_failures;
    out->n_last_10s = (uint32_t)window_sum(row->newest, row->count, TALLY_ROW_SECONDS,
                                           last_s - RATE_SECONDS + 1, last_s);
    out->n_clients = row->clients.n;
    out->since_ns = row->first_ns;
    out->last_ns = row->last_ns;
}

uint32_t tally_table_top(const struct tally_table *table, int64_t last_s,
                         struct snapshot_endpoint *out, uint32_t n_max)
{
    struct ranking ranking = {.n_max = n_max};

    for (uint32_t i = table->failing.oldest; i != LRUMAP_NONE; i = table->failing.node[i].newer) {
        const struct tally_place *place = &table->failing_place[i];

        for (uint32_t r = place->first_row; r != LRUMAP_NONE; r = table->row[r].next)
            rank(&ranking, (struct candidate){lrumap_key(&table->failing, i), place, &table->row[r],
                                              &table->attempts[i]});
    }
    for (uint32_t i = table->healthy.oldest; i != LRUMAP_NONE; i = table->healthy.node[i].newer)
        rank(&ranking, (struct candidate){lrumap_key(&table->healthy, i), &table->healthy_place[i],
                                          NULL, NULL});
    for (uint32_t i = 0; i < ranking.n; i++)
        fill_endpoint(&ranking.at[i], last_s, &out[i]);
    return ranking.n;
}
