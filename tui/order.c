/* SPDX-License-Identifier: BSD-2-Clause */
/* See order.h. */
#include "tui/order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

_Static_assert(SNAPSHOT_ENDPOINTS_MAX <= UINT8_MAX, "a row's index fits into where_order.row");

struct ranked {
    uint32_t rank; /* the smaller, the higher up */
    uint8_t row;
};

/* All of these: below 0 where `a` comes first. */

static int larger_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int by_failures(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return larger_first(a->n_failures, b->n_failures);
}

static int by_incident(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    int order = (a->incident == 0) - (b->incident == 0);

    if (order == 0 && a->incident != 0)
        order = (a->family != FAMILY_RST_FORGED) - (b->family != FAMILY_RST_FORGED);
    return order;
}

static int by_now(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return larger_first(a->n_last_10s, b->n_last_10s);
}

static int by_attempts(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return larger_first(a->n_attempts, b->n_attempts);
}

static double share(const struct snapshot_endpoint *endpoint)
{
    uint64_t n = endpoint->n_attempts;

    return n > 0 ? (double)endpoint->n_failures / (double)n : 0;
}

static int by_percent(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return (share(a) < share(b)) - (share(a) > share(b));
}

static int by_since(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return (a->since_ns < b->since_ns) - (a->since_ns > b->since_ns);
}

static int by_server(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    int order = ipaddr_compare(&a->server.addr, &b->server.addr);

    return order != 0 ? order : (int)a->server.port - (int)b->server.port;
}

static int by_why(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return strcmp(family_words(a->family), family_words(b->family));
}

static int by_clients(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return larger_first(a->n_clients, b->n_clients);
}

static int by_last(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b)
{
    return (a->last_ns < b->last_ns) - (a->last_ns > b->last_ns);
}

/* Below 0 where `a` comes first. */
typedef int (*compare_fn)(const struct snapshot_endpoint *a, const struct snapshot_endpoint *b);

static const compare_fn columns[] = {
    [WHERE_BY_INCIDENT] = by_incident, [WHERE_BY_SERVER] = by_server,
    [WHERE_BY_WHY] = by_why,           [WHERE_BY_NOW] = by_now,
    [WHERE_BY_FAILURES] = by_failures, [WHERE_BY_ATTEMPTS] = by_attempts,
    [WHERE_BY_PERCENT] = by_percent,   [WHERE_BY_CLIENTS] = by_clients,
    [WHERE_BY_SINCE] = by_since,       [WHERE_BY_LAST] = by_last,
};

_Static_assert(ARRAY_LEN(columns) == WHERE_SORT_COUNT, "a row each column");

struct sorting {
    const struct where_order *order;
    const struct snapshot *snapshot;
};

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct sorting *sorting = context;
    const struct ranked *l = left, *r = right;
    const struct snapshot_endpoint *a = &sorting->snapshot->endpoint[l->row];
    const struct snapshot_endpoint *b = &sorting->snapshot->endpoint[r->row];
    int order = columns[sorting->order->sort.column](a, b);

    if (sorting->order->sort.is_reversed)
        order = -order;
    if (order == 0)
        order = by_failures(a, b);
    if (order == 0)
        order = by_server(a, b);
    return order != 0 ? order : (int)a->family - (int)b->family;
}

static int compare_ranks(const void *left, const void *right, void *context)
{
    const struct ranked *l = left, *r = right;

    if (l->rank != r->rank)
        return l->rank < r->rank ? -1 : 1;
    return compare_rows(left, right, context);
}

static void take_over(struct where_order *order, const struct snapshot *snapshot,
                      const struct ranked *ranked)
{
    order->n = snapshot->n_endpoint_rows;
    for (uint32_t i = 0; i < order->n; i++) {
        const struct snapshot_endpoint *endpoint = &snapshot->endpoint[ranked[i].row];

        order->row[i] = ranked[i].row;
        order->id[i] = (struct where_id){endpoint->server, endpoint->family};
        order->had_incident[i] = endpoint->incident != 0;
    }
}

void order_sort(struct where_order *order, const struct snapshot *snapshot)
{
    struct sorting sorting = {order, snapshot};
    struct ranked ranked[SNAPSHOT_ENDPOINTS_MAX];

    assert(snapshot->n_endpoint_rows <= SNAPSHOT_ENDPOINTS_MAX);
    for (uint32_t i = 0; i < snapshot->n_endpoint_rows; i++)
        ranked[i] = (struct ranked){0, (uint8_t)i};
    qsort_r(ranked, snapshot->n_endpoint_rows, sizeof(*ranked), compare_rows, &sorting);
    take_over(order, snapshot, ranked);
}

void order_keep(struct where_order *order, const struct snapshot *snapshot)
{
    struct sorting sorting = {order, snapshot};
    struct ranked ranked[SNAPSHOT_ENDPOINTS_MAX];

    assert(snapshot->n_endpoint_rows <= SNAPSHOT_ENDPOINTS_MAX);
    for (uint32_t i = 0; i < snapshot->n_endpoint_rows; i++) {
        const struct snapshot_endpoint *endpoint = &snapshot->endpoint[i];
        struct where_id id = {endpoint->server, endpoint->family};
        uint32_t place = order_find(order, &id); /* n for a new row: after all others */
        bool had_incident = place < order->n && order->had_incident[place];

        ranked[i].row = (uint8_t)i;
        ranked[i].rank = endpoint->incident != 0 && !had_incident ? 0 : place + 1;
    }
    qsort_r(ranked, snapshot->n_endpoint_rows, sizeof(*ranked), compare_ranks, &sorting);
    take_over(order, snapshot, ranked);
}

bool where_id_equal(const struct where_id *a, const struct where_id *b)
{
    return a->family == b->family && a->server.port == b->server.port &&
           ipaddr_equal(&a->server.addr, &b->server.addr);
}

uint32_t order_find(const struct where_order *order, const struct where_id *id)
{
    uint32_t i = 0;

    while (i < order->n && !where_id_equal(&order->id[i], id))
        i++;
    return i;
}
