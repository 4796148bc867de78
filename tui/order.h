/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which order the endpoints stand. Rows must not jump under the reader's eye: between two
 * sorts each keeps its place, and only an incident that has just opened moves, to the top.
 */
#ifndef TUI_ORDER_H
#define TUI_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/row_sort_columns.h"
#include "verdict/snapshot.h"

/* What a row is, across snapshots. */
struct where_id {
    struct endpoint server;
    enum family family;
};

bool where_id_equal(const struct where_id *a, const struct where_id *b);

struct where_order {
    struct row_sort sort; /* column: enum where_sort */
    uint32_t n;
    uint8_t row[SNAPSHOT_ENDPOINTS_MAX]; /* indexes into snapshot.endpoint, top first */
    /* The same rows as they were, to find them again in the next snapshot. */
    struct where_id id[SNAPSHOT_ENDPOINTS_MAX];
    bool had_incident[SNAPSHOT_ENDPOINTS_MAX];
};

/* Orders the snapshot's rows by the chosen column. */
void order_sort(struct where_order *order, const struct snapshot *snapshot);

/* Takes over the rows of a newer snapshot, each in its place. */
void order_keep(struct where_order *order, const struct snapshot *snapshot);

/* The place of a row; order->n where it is gone. */
uint32_t order_find(const struct where_order *order, const struct where_id *id);

#endif
