/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker's part for UDP and SCTP: packets go to tables of their own, and nothing is said of
 * them before something went wrong. Then that is all of the story, told at once.
 */
#include <stddef.h>
#include <string.h>

#include "flowtable/arrival.h"

/* A note with an empty trail, and speech of that kind (READER_NONE: without). */
static struct flow_note *begin_story(struct tracker *tracker, const struct exchange *exchange,
                                     enum reader_kind kind)
{
    size_t n_bytes =
        kind == READER_NONE ? offsetof(struct flow_note, speech) : sizeof(struct flow_note);
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    memset(note, 0, n_bytes);
    note->ordinal = tracker->ordinal;
    note->slot_ns = tracker->slot_ns;
    note->now_ns = tracker->now_ns;
    note->kind = NOTE_ENDED;
    note->has_trail = true;
    note->has_speech = kind != READER_NONE;
    note->client_end = exchange->client_end;
    note->key = exchange->key;
    note->facts.first_ns = exchange->first_ns;
    note->facts.synack_ns = NS_NEVER;
    note->facts.first_frame = exchange->first_frame;
    note->facts.n_frames_later = (uint32_t)(exchange->last_frame - exchange->first_frame);
    note->facts.source = exchange->source;
    note->facts.bits = tracker->last_loss_ns >= exchange->first_ns ? FACT_LOSS : 0;
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        note->facts.last_ns[s] = exchange->last_ns[s];
        note->facts.payload_bytes[s] = exchange->payload_bytes[s];
        note->facts.side[s].n_pkts = exchange->n_pkts[s];
    }
    if (kind != READER_NONE)
        note->speech.kind = (uint8_t)kind;
    return note;
}

static void end_story(struct tracker *tracker, const struct flow_note *note)
{
    tracker->outlet.commit(tracker->outlet.ctx, note->has_speech
                                                    ? sizeof(struct flow_note)
                                                    : offsetof(struct flow_note, speech));
}

/* The error that a datagram drew. */
void track_udp_error(struct tracker *tracker, const struct packet *packet)
{
    const struct datagram_pair *pair = datagrams_refused(&tracker->datagrams, packet);
    struct flow_note *note;

    if (!pair)
        return;
    note = begin_story(tracker, &pair->exchange, READER_NONE);
    note->facts.n_icmp = 1;
    note->trail.slot[TRAIL_CLIENT_LAST] = pair->sent;
    note->trail.icmp = track_icmp_facts(packet, false);
    end_story(tracker, note);
}

void track_udp(struct tracker *tracker, const struct packet *packet)
{
    datagrams_take(&tracker->datagrams, packet);
}

void track_sctp(struct tracker *tracker, const struct packet *packet)
{
    const struct association *association = associations_take(&tracker->associations, packet);
    struct flow_note *note;

    if (!association)
        return;
    note = begin_story(tracker, &association->exchange, READER_SCTP);
    note->trail.slot[TRAIL_CLIENT_LAST] = association->init;
    note->trail.slot[TRAIL_TOLD] = association->answer;
    note->speech.sctp = association->facts;
    note->speech.told_frame = association->facts.abort_frame;
    end_story(tracker, note);
}
