/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's notes for the judge. */
#include "flowtable/arrival.h"

void track_note_gauges(struct tracker *tracker, enum flow_note_kind kind)
{
    size_t n_bytes = offsetof(struct flow_note, gauges) + sizeof(struct worker_gauges);
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    note->ordinal = tracker->ordinal;
    note->slot_ns = NOTE_SLOT_LAST;
    note->now_ns = tracker->now_ns;
    note->kind = kind;
    note->has_trail = note->has_speech = note->is_lone = false;
    note->client_end = 0;
    tracker->gauges.n_flows_open =
        tracker->table.n_used - tracker->table.lones.n_slots + tracker->table.lones.n;
    tracker->gauges.n_unread = tracker->trails.pool.n_unread;
    tracker->gauges.n_headers_unread = tracker->trails.pool.memory.http2.n_headers_refused;
    note->gauges = tracker->gauges;
    note->gauges.n_evicted += tracker->quics.n_evicted + tracker->associations.n_evicted;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

static size_t note_bytes(bool has_trail, bool has_speech)
{
    if (has_speech)
        return sizeof(struct flow_note);
    return has_trail ? offsetof(struct flow_note, speech) : offsetof(struct flow_note, trail);
}

static struct flow_note *begin_note(struct tracker *tracker, const struct flow *flow,
                                    enum flow_note_kind kind, size_t n_bytes)
{
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    note->ordinal = tracker->ordinal;
    note->slot_ns = tracker->slot_ns;
    note->now_ns = tracker->now_ns;
    note->kind = kind;
    note->has_trail = note->has_speech = note->is_lone = false;
    note->client_end = flow->client_end;
    note->rst_side = SIDE_COUNT;
    note->rst_family = RST_FAMILY_COUNT;
    note->key = flow->key;
    note->facts = flow->facts;
    if (tracker->last_loss_ns >= flow->facts.first_ns)
        note->facts.bits |= FACT_LOSS;
    if (tracker->last_shed_ns >= flow->facts.first_ns)
        note->facts.bits |= FACT_SHED;
    return note;
}

void track_note(struct tracker *tracker, const struct flow *flow, enum flow_note_kind kind)
{
    bool has_trail = kind == NOTE_ENDED && flow->trail_idx != FLOW_NONE;
    struct stream *stream = has_trail ? trail_stream_of(&tracker->trails, flow) : NULL;
    size_t n_bytes = note_bytes(has_trail, stream != NULL);
    struct flow_note *note = begin_note(tracker, flow, kind, n_bytes);

    note->has_trail = has_trail;
    note->has_speech = stream != NULL;
    if (has_trail) {
        const struct trail_cell *cell = trail_cell_at(&tracker->trails, flow->trail_idx);

        note->trail = cell->entry.trail;
        tape_copy(&note->tape, &cell->tape);
    }
    if (stream) {
        stream_end(&tracker->trails.pool, stream);
        note->speech = stream->speech;
    }
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

void track_note_reset(struct tracker *tracker, const struct flow *flow, const struct rst_facts *rst)
{
    size_t n_bytes = offsetof(struct flow_note, trail);
    struct flow_note *note = begin_note(tracker, flow, NOTE_RESET, n_bytes);

    note->rst_side = rst->mark.side;
    note->rst_family = rst->family;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

void track_note_lone(struct tracker *tracker, const struct flow *flow,
                     const struct packet_mark *syn)
{
    size_t n_bytes = offsetof(struct flow_note, syn) + sizeof(*syn);
    struct flow_note *note = begin_note(tracker, flow, NOTE_ENDED, n_bytes);

    note->is_lone = true;
    note->syn = *syn;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}
