/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By which column the rows of a pane stand. Column 0 is the order in which they come, newest or
 * worst first; the others are those of the titles.
 */
#ifndef TUI_ROW_SORT_H
#define TUI_ROW_SORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/journal.h"
#include "tui/layout.h"
#include "tui/row_sort_columns.h"
#include "verdict/snapshot.h"

/* How many columns a pane can stand by; 1: there is nothing to choose. */
unsigned row_sort_columns(enum pane pane);

/* As the column's title says it. */
const char *row_sort_name(enum pane pane, unsigned column);

/* Rows that are equal in the column keep their order. */
void row_sort_families(const struct row_sort *sort, const struct snapshot *snapshot,
                       enum family *family, uint32_t n);
void row_sort_latest(const struct row_sort *sort, struct snapshot_latest *row, uint32_t n);

/* Flows that are not kept any more stand last. At most JOURNAL_SHARE. */
void row_sort_flows(const struct row_sort *sort, const struct journal *journal, uint64_t *flow,
                    uint32_t n);

/* At most JOURNAL_INCIDENTS_MAX. */
void row_sort_incidents(const struct row_sort *sort, const struct incident_event **incident,
                        uint32_t n);

#endif
