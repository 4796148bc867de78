/* SPDX-License-Identifier: BSD-2-Clause */
/* See event.h: copies that cost what is in them. */
#include "verdict/event.h"

#include <stddef.h>
#include <string.h>

/* The union's bytes say nothing where nothing was read. */
static void copy_speech(struct flow_speech *to, const struct flow_speech *from)
{
    if (from->kind == READER_NONE)
        memcpy(to, from, offsetof(struct flow_speech, tls));
    else
        *to = *from;
}

void connection_copy(struct connection_event *to, const struct connection_event *from)
{
    memcpy(to, from, offsetof(struct connection_event, said));
    copy_speech(&to->said, &from->said);
    to->host = from->host;
    tape_copy(&to->tape, &from->tape);
    to->n_evidence = from->n_evidence;
    to->n_because = from->n_because;
    to->n_against = from->n_against;
    to->n_alternatives = from->n_alternatives;
    to->evidence_total = from->evidence_total;
    memcpy(to->evidence, from->evidence, from->n_evidence * sizeof(from->evidence[0]));
    memcpy(to->because, from->because, from->n_because * sizeof(from->because[0]));
    memcpy(to->against, from->against, from->n_against * sizeof(from->against[0]));
    memcpy(to->alternatives, from->alternatives, sizeof(to->alternatives));
}

void event_copy(struct verdict_event *to, const struct verdict_event *from)
{
    to->kind = from->kind;
    to->ts_ns = from->ts_ns;
    switch (from->kind) {
    case EVENT_CONNECTION:
        connection_copy(&to->connection, &from->connection);
        break;
    case EVENT_INCIDENT:
        to->incident = from->incident;
        break;
    case EVENT_STATS:
        to->stats = from->stats;
        break;
    case EVENT_KIND_COUNT:
        break;
    }
}
