/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failures and incidents that the screen can open: the newest ones, in bounded memory.
 *
 * Failures of one family at one server are a group. No group holds more than its share, so that a
 * flood at one endpoint leaves the others something to show; what does not fit any more is counted
 * and its times stay in the group's series. Main thread.
 */
#ifndef TUI_JOURNAL_H
#define TUI_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/report_series.h"
#include "tui/order.h"
#include "verdict/event.h"

/* Less than 2 MiB in all: with everything else full the process stays below 256 MiB. */
#define JOURNAL_FAILURES_MAX 320
#define JOURNAL_GROUPS_MAX 128
#define JOURNAL_SHARE 24
#define JOURNAL_INCIDENTS_MAX 64
#define JOURNAL_NONE UINT16_MAX

struct journal_entry {
    int64_t ts_ns;         /* when it was judged */
    uint16_t older, newer; /* of its group; JOURNAL_NONE = end */
    uint16_t group;        /* JOURNAL_NONE = free */
    struct connection_event failure;
};

struct journal_group {
    struct where_id id;
    uint16_t newest, oldest; /* JOURNAL_NONE = none is kept */
    uint16_t n_kept;
    bool is_used;
    uint64_t n_failures; /* kept or not, with those that a line stands for */
    int64_t last_ns;
    struct report_series series; /* of all of them */
};

struct journal {
    uint64_t n_forgotten; /* failures that are not kept any more */
    uint32_t n_incidents; /* rows of incident[] */
    uint16_t n_used;      /* rows of entry[] that were ever taken */
    struct journal_entry entry[JOURNAL_FAILURES_MAX];
    struct journal_group group[JOURNAL_GROUPS_MAX];
    struct incident_event incident[JOURNAL_INCIDENTS_MAX]; /* the newest line of each */
};

/* Zeroed is empty. Takes over what it can show; other events have no effect. */
void journal_event(struct journal *journal, const struct verdict_event *event);

/* NULL where none of its failures was told. */
const struct journal_group *journal_group(const struct journal *journal, const struct where_id *id);

/* The flow's newest failure; NULL where it is not kept. */
const struct journal_entry *journal_find(const struct journal *journal, uint64_t flow_id);

/* Flows of a group, newest first: writes at most `max` and returns how many. */
uint32_t journal_flows(const struct journal *journal, const struct journal_group *group,
                       uint64_t *flow_id, uint32_t max);

/* The newest line of an incident; NULL where it is not kept. */
const struct incident_event *journal_incident(const struct journal *journal, uint32_t number);

/* Incidents of a server (or that took in what failed there), newest first: at most `max`. */
uint32_t journal_incidents(const struct journal *journal, const struct where_id *id,
                           const struct incident_event **incident, uint32_t max);

_Static_assert(sizeof(struct journal) < 2 << 20, "see above");

#endif
