/* SPDX-License-Identifier: BSD-2-Clause */
/* See journal.h. */
#include "tui/journal.h"

#include <string.h>

_Static_assert(JOURNAL_FAILURES_MAX < JOURNAL_NONE && JOURNAL_GROUPS_MAX < JOURNAL_NONE,
               "an index fits into 16 bits");

/* Removes an entry from its group and leaves it free. */
static void forget(struct journal *journal, uint16_t idx)
{
    struct journal_entry *entry = &journal->entry[idx];
    struct journal_group *group = &journal->group[entry->group];

    if (entry->newer != JOURNAL_NONE)
        journal->entry[entry->newer].older = entry->older;
    else
        group->newest = entry->older;
    if (entry->older != JOURNAL_NONE)
        journal->entry[entry->older].newer = entry->newer;
    else
        group->oldest = entry->newer;
    group->n_kept--;
    entry->group = JOURNAL_NONE;
    journal->n_forgotten++;
}

/* The group that was quiet longest makes room for a new one. */
static struct journal_group *take_group(struct journal *journal, const struct where_id *id)
{
    struct journal_group *quietest = &journal->group[0];

    for (unsigned i = 0; i < JOURNAL_GROUPS_MAX; i++) {
        struct journal_group *group = &journal->group[i];

        if (!group->is_used) {
            quietest = group;
            break;
        }
        if (group->last_ns < quietest->last_ns)
            quietest = group;
    }
    while (quietest->is_used && quietest->oldest != JOURNAL_NONE)
        forget(journal, quietest->oldest);
    memset(quietest, 0, sizeof(*quietest));
    quietest->id = *id;
    quietest->is_used = true;
    quietest->newest = quietest->oldest = JOURNAL_NONE;
    return quietest;
}

static uint16_t largest_groups_oldest(const struct journal *journal)
{
    const struct journal_group *largest = &journal->group[0];

    for (unsigned i = 1; i < JOURNAL_GROUPS_MAX; i++)
        if (journal->group[i].n_kept > largest->n_kept)
            largest = &journal->group[i];
    return largest->oldest;
}

static uint16_t find_free(const struct journal *journal)
{
    uint16_t idx = 0;

    while (idx < JOURNAL_FAILURES_MAX && journal->entry[idx].group != JOURNAL_NONE)
        idx++;
    return idx < JOURNAL_FAILURES_MAX ? idx : JOURNAL_NONE;
}

/* A free entry for the group; where there is none, the group's own oldest once it has its share,
 * else the oldest of the group that has most. */
static uint16_t take_entry(struct journal *journal, const struct journal_group *group)
{
    uint16_t idx = group->oldest;

    if (group->n_kept < JOURNAL_SHARE) {
        if (journal->n_used < JOURNAL_FAILURES_MAX)
            return journal->n_used++;
        idx = find_free(journal);
        if (idx != JOURNAL_NONE)
            return idx;
        idx = largest_groups_oldest(journal);
    }
    forget(journal, idx);
    return idx;
}

const struct journal_group *journal_group(const struct journal *journal, const struct where_id *id)
{
    for (unsigned i = 0; i < JOURNAL_GROUPS_MAX && journal->group[i].is_used; i++)
        if (where_id_equal(&journal->group[i].id, id))
            return &journal->group[i];
    return NULL;
}

static void add_failure(struct journal *journal, const struct verdict_event *event)
{
    const struct connection_event *failure = &event->connection;
    const struct where_id id = {failure->server, failure->family};
    const struct journal_group *known = journal_group(journal, &id);
    struct journal_group *group =
        known ? &journal->group[known - journal->group] : take_group(journal, &id);
    uint16_t idx = take_entry(journal, group);
    struct journal_entry *entry = &journal->entry[idx];

    entry->ts_ns = event->ts_ns;
    entry->failure = *failure;
    entry->group = (uint16_t)(group - journal->group);
    entry->newer = JOURNAL_NONE;
    entry->older = group->newest;
    if (group->newest != JOURNAL_NONE)
        journal->entry[group->newest].newer = idx;
    else
        group->oldest = idx;
    group->newest = idx;
    group->n_kept++;
    group->n_failures += failure->count;
    group->last_ns = event->ts_ns;
    report_series_add(&group->series, event->ts_ns, failure->count);
}

/* Where all places are taken the oldest of those that are over goes, or else the oldest. */
static struct incident_event *take_incident(struct journal *journal)
{
    uint32_t victim = 0;

    if (journal->n_incidents < JOURNAL_INCIDENTS_MAX)
        return &journal->incident[journal->n_incidents++];
    while (victim < JOURNAL_INCIDENTS_MAX && journal->incident[victim].phase != INCIDENT_CLOSE)
        victim++;
    if (victim == JOURNAL_INCIDENTS_MAX)
        victim = 0;
    memmove(&journal->incident[victim], &journal->incident[victim + 1],
            (JOURNAL_INCIDENTS_MAX - 1 - victim) * sizeof(journal->incident[0]));
    return &journal->incident[JOURNAL_INCIDENTS_MAX - 1];
}

static void add_incident(struct journal *journal, const struct incident_event *incident)
{
    for (uint32_t i = 0; i < journal->n_incidents; i++) {
        if (journal->incident[i].number == incident->number) {
            journal->incident[i] = *incident;
            return;
        }
    }
    *take_incident(journal) = *incident;
}

void journal_event(struct journal *journal, const struct verdict_event *event)
{
    if (event->kind == EVENT_INCIDENT)
        add_incident(journal, &event->incident);
    else if (event->connection.is_failure)
        add_failure(journal, event);
}

const struct journal_entry *journal_find(const struct journal *journal, uint64_t flow_id)
{
    const struct journal_entry *found = NULL;

    for (uint16_t i = 0; i < journal->n_used; i++) {
        const struct journal_entry *entry = &journal->entry[i];

        if (entry->group != JOURNAL_NONE && entry->failure.flow_id == flow_id &&
            (!found || entry->ts_ns > found->ts_ns))
            found = entry;
    }
    return found;
}

uint32_t journal_flows(const struct journal *journal, const struct journal_group *group,
                       uint64_t *flow_id, uint32_t max)
{
    uint32_t n = 0;

    for (uint16_t idx = group->newest; idx != JOURNAL_NONE && n < max;
         idx = journal->entry[idx].older)
        flow_id[n++] = journal->entry[idx].failure.flow_id;
    return n;
}

const struct incident_event *journal_incident(const struct journal *journal, uint32_t number)
{
    for (uint32_t i = 0; i < journal->n_incidents; i++)
        if (journal->incident[i].number == number)
            return &journal->incident[i];
    return NULL;
}

static bool is_about(const struct incident_event *incident, const struct where_id *id)
{
    return incident->scope == SCOPE_ENDPOINT && incident->family == id->family &&
           incident->server.port == id->server.port &&
           ipaddr_equal(&incident->server.addr, &id->server.addr);
}

uint32_t journal_incidents(const struct journal *journal, const struct where_id *id,
                           const struct incident_event **incident, uint32_t max)
{
    uint32_t n = 0;

    for (uint32_t i = journal->n_incidents; i > 0 && n < max; i--)
        if (is_about(&journal->incident[i - 1], id))
            incident[n++] = &journal->incident[i - 1];
    return n;
}
