/* SPDX-License-Identifier: BSD-2-Clause */
/* See metrics_book.h. */
#include "sink/metrics_book.h"

#include <stddef.h>

static bool is_same(const struct endpoint *server, enum family family,
                    const struct snapshot_endpoint *row)
{
    return family == row->family && server->port == row->server.port &&
           ipaddr_equal(&server->addr, &row->server.addr);
}

static struct metrics_series *find(struct metrics_book *book, const struct snapshot_endpoint *row)
{
    for (uint32_t i = 0; i < book->n_series; i++) {
        if (is_same(&book->series[i].server, book->series[i].family, row))
            return &book->series[i];
    }
    return NULL;
}

/* NULL: all have an open incident. */
static struct metrics_series *make_room(struct metrics_book *book)
{
    struct metrics_series *idlest = NULL;

    if (book->n_series < METRICS_BOOK_SERIES)
        return &book->series[book->n_series++];
    for (uint32_t i = 0; i < book->n_series; i++) {
        struct metrics_series *series = &book->series[i];

        if (!series->is_open && (!idlest || series->moved_update < idlest->moved_update))
            idlest = series;
    }
    if (idlest)
        book->n_ended[idlest->family] += idlest->n_failures;
    return idlest;
}

/* How many of the row's failures "other" was told to have. Where the rows were cut, it may have
 * been told all of them. */
static uint64_t told_as_other(const struct metrics_book *book, const struct snapshot_endpoint *row)
{
    for (uint32_t i = 0; i < book->n_seen; i++) {
        const struct metrics_seen *seen = &book->seen[i];

        if (is_same(&seen->server, seen->family, row))
            return seen->n_failures < row->n_failures ? seen->n_failures : row->n_failures;
    }
    return book->is_seen_cut ? row->n_failures : 0;
}

static void begin(struct metrics_book *book, const struct snapshot_endpoint *row)
{
    struct metrics_series *series = make_room(book);

    if (!series)
        return;
    *series = (struct metrics_series){
        .server = row->server,
        .family = row->family,
        .n_failures = row->n_failures - told_as_other(book, row),
        .n_seen = row->n_failures,
        .seen_update = book->n_updates,
        .moved_update = book->n_updates,
        .is_open = row->incident != 0,
    };
}

/* A row that was out of sight, or was forgotten and begun anew, counted to "other" meanwhile. */
static void go_on(struct metrics_book *book, struct metrics_series *series,
                  const struct snapshot_endpoint *row)
{
    bool is_continuous =
        series->seen_update + 1 == book->n_updates && row->n_failures >= series->n_seen;

    if (is_continuous && row->n_failures > series->n_seen) {
        series->n_failures += row->n_failures - series->n_seen;
        series->moved_update = book->n_updates;
    }
    series->n_seen = row->n_failures;
    series->seen_update = book->n_updates;
    series->is_open = row->incident != 0;
}

static void remember(struct metrics_book *book, const struct snapshot *now)
{
    book->n_seen = 0;
    for (uint32_t i = 0; i < now->n_endpoint_rows; i++) {
        const struct snapshot_endpoint *row = &now->endpoint[i];

        if (row->family != FAMILY_NONE)
            book->seen[book->n_seen++] =
                (struct metrics_seen){row->server, row->family, row->n_failures};
    }
    book->is_seen_cut = now->n_endpoint_rows == SNAPSHOT_ENDPOINTS_MAX;
}

static void count_other(struct metrics_book *book, const struct snapshot *now)
{
    uint64_t n_told[FAMILY_COUNT] = {0};

    for (uint32_t i = 0; i < book->n_series; i++)
        n_told[book->series[i].family] += book->series[i].n_failures;
    for (unsigned i = 0; i < FAMILY_COUNT; i++)
        book->n_other[i] = now->total.n_failed_by_family[i] - book->n_ended[i] - n_told[i];
}

void metrics_book_update(struct metrics_book *book, const struct snapshot *now)
{
    book->n_updates++;
    for (uint32_t i = 0; i < book->n_series; i++)
        book->series[i].is_open = false;
    for (uint32_t i = 0; i < now->n_endpoint_rows; i++) {
        const struct snapshot_endpoint *row = &now->endpoint[i];
        struct metrics_series *series = row->family == FAMILY_NONE ? NULL : find(book, row);

        if (series)
            go_on(book, series, row);
        else if (row->family != FAMILY_NONE && row->had_incident)
            begin(book, row);
    }
    remember(book, now);
    count_other(book, now);
}
