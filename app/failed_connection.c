/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_connection.h. */
#include "app/failed_connection.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

bool failed_connection_fill(struct failed_connection *to, const struct verdict_event *event)
{
    const struct connection_event *from = &event->connection;

    if (event->kind != EVENT_CONNECTION || !from->is_failure)
        return false;
    *to = (struct failed_connection){
        .key = from->key,
        .first = from->facts.first_frame,
        .last = from->facts.first_frame + from->facts.n_frames_later,
        .incident = from->incident,
        .verdict = from->verdict,
        .confidence = from->confidence,
        .next = UINT32_MAX,
    };
    for (unsigned i = 0; i < from->n_evidence; i++) {
        const struct evidence *evidence = &from->evidence[i];
        struct failed_packet_note *noted = &to->noted[to->n_noted++];

        noted->ordinal = evidence->mark.frame;
        memcpy(noted->note, evidence->note, sizeof(noted->note));
        if (evidence->mark.frame > to->last) /* an ICMP error after the last segment */
            to->last = evidence->mark.frame;
    }
    return true;
}

uint64_t failed_connection_hash(const struct flow_key *key)
{
    static const struct hash_key fixed_key = {0};

    return flow_key_hash(&fixed_key, key);
}

const char *failed_connection_comment(const struct failed_connection *connection, uint64_t ordinal,
                                      char *out, size_t out_bytes)
{
    struct text text = text_wrap(out, out_bytes);

    for (unsigned i = 0; i < connection->n_noted; i++) {
        if (connection->noted[i].ordinal != ordinal)
            continue;
        text_add(&text, "tcpwhy ");
        if (connection->incident)
            text_addf(&text, "#%" PRIu32 " ", connection->incident);
        text_addf(&text, "%s, %s: frame %" PRIu64, verdict_row(connection->verdict)->slug,
                  confidence_name(connection->confidence), ordinal);
        if (connection->noted[i].note[0])
            text_addf(&text, ", %s", connection->noted[i].note);
        return out;
    }
    return NULL;
}
