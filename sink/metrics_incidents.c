/* SPDX-License-Identifier: BSD-2-Clause */
/* The incidents that metrics tell of. See metrics.h. */
#include "sink/metrics.h"

static struct metrics_incident *find(struct metrics_incidents *incidents, uint32_t number)
{
    for (unsigned i = 0; i < METRICS_INCIDENTS_MAX; i++) {
        if (incidents->at[i].number == number)
            return &incidents->at[i];
    }
    return NULL;
}

/* A free place, else the one that closed first. All open: NULL, and the judge has no more either.
 */
static struct metrics_incident *make_room(struct metrics_incidents *incidents)
{
    struct metrics_incident *oldest = find(incidents, 0);

    for (unsigned i = 0; i < METRICS_INCIDENTS_MAX && (!oldest || oldest->number); i++) {
        struct metrics_incident *at = &incidents->at[i];

        if (!at->is_open && (!oldest || at->told < oldest->told))
            oldest = at;
    }
    return oldest;
}

void metrics_incidents_take(struct metrics_incidents *incidents, const struct incident_event *event)
{
    struct metrics_incident *at = find(incidents, event->number);

    if (!at)
        at = make_room(incidents);
    if (!at)
        return;
    *at = (struct metrics_incident){
        .number = event->number,
        .is_open = event->phase != INCIDENT_CLOSE,
        .scope = event->scope,
        .family = event->family,
        .confidence = event->confidence,
        .server = event->server,
        .told = ++incidents->n_told,
    };
}

void metrics_incidents_mend(struct metrics_incidents *incidents, const struct snapshot *now)
{
    for (unsigned i = 0; i < METRICS_INCIDENTS_MAX; i++) {
        struct metrics_incident *at = &incidents->at[i];

        if (now->family[at->family].n_open_incidents)
            at->n_denied = 0;
        else if (at->is_open && ++at->n_denied == METRICS_DENIALS)
            at->is_open = false;
    }
}
