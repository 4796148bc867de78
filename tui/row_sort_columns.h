/* SPDX-License-Identifier: BSD-2-Clause */
/* The columns that each pane can stand by. */
#ifndef TUI_ROW_SORT_COLUMNS_H
#define TUI_ROW_SORT_COLUMNS_H

#include <stdbool.h>

struct row_sort {
    unsigned column; /* of the pane's enum */
    bool is_reversed;
};

enum why_sort {
    WHY_BY_TOTAL, /* forged before all others */
    WHY_BY_NAME,
    WHY_BY_NOW,
    WHY_BY_INCIDENTS,
    WHY_SORT_COUNT
};

enum where_sort {
    WHERE_BY_INCIDENT, /* open incidents first, forged before others; then by failures */
    WHERE_BY_SERVER,
    WHERE_BY_WHY,
    WHERE_BY_NOW,
    WHERE_BY_FAILURES,
    WHERE_BY_ATTEMPTS,
    WHERE_BY_PERCENT,
    WHERE_BY_CLIENTS,
    WHERE_BY_SINCE, /* latest beginning first */
    WHERE_BY_LAST,
    WHERE_SORT_COUNT
};

enum latest_sort {
    LATEST_BY_TIME,
    LATEST_BY_WHY,
    LATEST_BY_CLIENT,
    LATEST_BY_SERVER,
    LATEST_SORT_COUNT
};

enum incident_sort {
    INCIDENTS_BY_NUMBER, /* open ones first, the newest first */
    INCIDENTS_BY_SERVER,
    INCIDENTS_BY_WHY,
    INCIDENTS_BY_FAILURES,
    INCIDENTS_BY_CLIENTS,
    INCIDENTS_BY_SINCE,
    INCIDENT_SORT_COUNT
};

enum flow_sort {
    FLOWS_BY_TIME,
    FLOWS_BY_CLIENT,
    FLOWS_BY_PKTS,
    FLOWS_BY_WHY,
    FLOW_SORT_COUNT
};

#endif
