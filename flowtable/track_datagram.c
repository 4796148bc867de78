/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker's part for UDP and SCTP: packets go to tables of their own, and nothing is said of
 * them before something went wrong. Then that is all of the story, told at once.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "flowtable/arrival.h"

size_t track_datagrams_cost_bytes(void)
{
    return datagrams_cost_bytes() + associations_cost_bytes() + quics_cost_bytes();
}

int track_datagrams_create(struct tracker *tracker, struct arena *arena, struct hash_key hash_key)
{
    if (datagrams_create(&tracker->datagrams, arena, hash_key) ||
        associations_create(&tracker->associations, arena, hash_key) ||
        quics_create(&tracker->quics, arena, hash_key))
        return -ENOMEM;
    return 0;
}

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
    note->facts.bits = (tracker->last_loss_ns >= exchange->first_ns ? FACT_LOSS : 0u) |
                       (tracker->last_shed_ns >= exchange->first_ns ? FACT_SHED : 0u);
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

/* What is known of a connection of QUIC beside its ends. */
static void fill_quic(struct flow_note *note, const struct quic *quic)
{
    note->trail.slot[TRAIL_CLIENT_DATA] = quic->asked;
    note->trail.slot[TRAIL_CLIENT_LAST] = quic->last;
    note->trail.slot[TRAIL_TOLD] = quic->answer;
    note->speech.quic = quic->facts;
    note->speech.told_frame = quic->facts.told_frame;
}

static void tell_quic(struct tracker *tracker, const struct quic *quic, const struct packet *error,
                      bool at_end)
{
    struct flow_note *note = begin_story(tracker, &quic->exchange, READER_QUIC);

    fill_quic(note, quic);
    note->facts.bits |= at_end ? FACT_AT_END : 0;
    if (error) {
        note->facts.n_icmp = 1;
        note->trail.icmp = track_icmp_facts(error, false);
    }
    end_story(tracker, note);
}

static void tell_refused(struct tracker *tracker, const struct datagram_pair *pair,
                         const struct quic *quic, const struct packet *error)
{
    struct flow_note *note =
        begin_story(tracker, &pair->exchange, quic ? READER_QUIC : READER_NONE);

    if (quic)
        fill_quic(note, quic);
    note->facts.n_icmp = 1;
    note->trail.slot[TRAIL_CLIENT_LAST] = pair->sent;
    note->trail.icmp = track_icmp_facts(error, false);
    end_story(tracker, note);
}

/* A filter says that it was a filter (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1). */
static bool is_prohibited(const struct packet *error)
{
    uint8_t code = error->icmp.code;

    if (error->ip_version == 4)
        return error->icmp.type == 3 && (code == 9 || code == 10 || code == 13);
    return error->icmp.type == 1 && (code == 1 || code == 5 || code == 6);
}

void track_udp_error(struct tracker *tracker, const struct packet *packet)
{
    const struct datagram_pair *pair = datagrams_refused(&tracker->datagrams, packet);
    const struct quic *quic =
        track_is_about_delivery(packet) ? quics_refused(&tracker->quics, packet) : NULL;

    if (quic && !quic_is_known(quic->facts.version) && !quic_is_reserved(quic->facts.version))
        quic = NULL; /* large datagrams that only look like it */
    if (pair)
        tell_refused(tracker, pair, quic, packet);
    else if (quic && is_prohibited(packet))
        tell_quic(tracker, quic, packet, false);
}

void track_udp(struct tracker *tracker, const struct packet *packet)
{
    const struct quic *quic = quics_take(&tracker->quics, packet);

    datagrams_take(&tracker->datagrams, packet);
    if (quic)
        tell_quic(tracker, quic, NULL, false);
}

void track_quics_expire(struct tracker *tracker, int64_t now_ns, bool at_end)
{
    const struct quic *quic;

    while ((quic = quics_expire(&tracker->quics, now_ns, at_end)))
        tell_quic(tracker, quic, NULL, at_end);
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
