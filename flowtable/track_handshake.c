/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for SYN and SYN-ACK. */
#include "base/seqnum.h"
#include "flowtable/arrival.h"

static void learn_options(struct arrival *arrival)
{
    const struct tcp_options *options = &arrival->packet->tcp.options;
    struct side_facts *side = arrival->side;

    if (!options->is_complete)
        side->bits |= SIDE_OPTIONS_UNKNOWN;
    if (options->has_timestamps)
        side->bits |= SIDE_HAS_TIMESTAMPS;
    if (options->has_sack_permitted)
        side->bits |= SIDE_HAS_SACK;
    if (options->has_wscale) {
        side->bits |= SIDE_HAS_WSCALE;
        side->wscale = options->wscale;
    }
    if (arrival->packet->tcp.payload_wire_bytes)
        side->bits |= SIDE_SYN_DATA;
}

/* First SYN or SYN-ACK of a side. */
static void learn_isn(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;

    side->isn = arrival->packet->tcp.seq;
    side->nxt = arrival->seq_end;
    side->bits |= SIDE_ISN_KNOWN;
    learn_options(arrival);
}

static void mark_first(struct arrival *arrival, enum trail_slot slot)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);

    if (!trail)
        return;
    track_mark(arrival, &trail->slot[slot]);
    track_mark_checksum(arrival, &trail->slot[slot]);
}

/* syn_last_gap_us is between SYNs: other packets of the client, which are RSTs to answers that do
 * not fit, are left out as long as the trail knows. */
static void learn_syn_gap(struct arrival *arrival)
{
    const struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    int64_t before_ns = arrival->facts->last_ns[SIDE_CLIENT];
    int64_t gap_us;

    if (trail && trail->slot[TRAIL_SYN_LAST].frame)
        before_ns = trail->slot[TRAIL_SYN_LAST].ts_ns;
    else if (trail && trail->slot[TRAIL_SYN].frame)
        before_ns = trail->slot[TRAIL_SYN].ts_ns;
    if (before_ns == NS_NEVER)
        return;
    gap_us = ns_since(before_ns, arrival->packet->ts_ns) / NS_PER_US;
    arrival->facts->syn_last_gap_us = gap_us > UINT32_MAX ? UINT32_MAX : (uint32_t)gap_us;
}

static void first_syn(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    bool is_reordered = facts->bits & FACT_SYNACK_SEEN;

    learn_isn(arrival);
    facts->bits |= FACT_SYN_SEEN;
    facts->bits &= ~(uint32_t)(FACT_MIDSTREAM | FACT_ROLES_GUESSED);
    track_history(arrival, 'S');
    mark_first(arrival, TRAIL_SYN);
    arrival->flow->state = is_reordered ? FLOW_SYN_RECEIVED : FLOW_SYN_SENT;
    track_speech(arrival);
    if (!arrival->lone)
        track_note(arrival->tracker, arrival->flow, NOTE_ATTEMPT);
}

/* Crossed with the client's SYN: begins_attempt() left no other of the server's. */
static void crossed_syn(struct arrival *arrival)
{
    arrival->facts->bits |= FACT_SIMULTANEOUS_OPEN;
    if (arrival->side->bits & SIDE_ISN_KNOWN)
        return;
    learn_isn(arrival);
    track_history(arrival, 'S');
}

void track_syn(struct arrival *arrival)
{
    struct side_facts *side = arrival->side;

    track_mark_last(arrival);
    if (arrival->from == SIDE_SERVER) {
        crossed_syn(arrival);
        return;
    }
    saturate_u8(&side->n_syn);
    if (!(side->bits & SIDE_ISN_KNOWN)) {
        first_syn(arrival);
        return;
    }
    learn_syn_gap(arrival);
    track_mark_slot(arrival, TRAIL_SYN_LAST);
    if (arrival->flow->state == FLOW_CLOSING && !(arrival->facts->bits & FACT_SYNACK_SEEN))
        arrival->flow->state = FLOW_SYN_SENT; /* Windows tries a refused SYN again */
}

/* Whether the SYN-ACK acknowledges the SYN: its ISN + 1, or its data too (RFC 7413). */
static bool acknowledges_syn(const struct arrival *arrival)
{
    const struct side_facts *peer = arrival->peer;

    if (!(peer->bits & SIDE_ISN_KNOWN))
        return true;
    return seq_between(peer->isn + 1, arrival->packet->tcp.ack, peer->nxt);
}

/* The client's ACK would not be in here. */
static void take_as_accepted(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    int64_t after_us = ns_since(facts->first_ns, arrival->packet->ts_ns) / NS_PER_US;

    facts->bits |= FACT_ESTABLISHED;
    facts->ack_after_us = after_us > UINT32_MAX ? UINT32_MAX : (uint32_t)after_us;
    facts->last_ns[SIDE_SERVER] = arrival->packet->ts_ns; /* for the note to come */
    arrival->flow->state = FLOW_ESTABLISHED;
}

static void first_synack(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;

    learn_isn(arrival);
    facts->bits |= FACT_SYNACK_SEEN;
    facts->synack_ns = arrival->packet->ts_ns;
    arrival->side->acked = arrival->packet->tcp.ack;
    if (!is_nxt_known(arrival->peer))
        arrival->peer->nxt = arrival->packet->tcp.ack;
    track_history(arrival, 'H');
    mark_first(arrival, TRAIL_SYNACK);
    /* The client's ACK may have been captured first, or the SYN-ACK lost and sent again. */
    if (!(facts->bits & FACT_ESTABLISHED))
        arrival->flow->state = FLOW_SYN_RECEIVED;
    if (arrival->tracker->is_light && facts->bits & FACT_SYN_SEEN)
        take_as_accepted(arrival);
    track_speech(arrival);
    track_note_established(arrival);
}

/* Another listener, or the same after it forgot: the client's ACK will tell which one it took. */
static void other_synack(struct arrival *arrival)
{
    arrival->side->isn = arrival->packet->tcp.seq;
    arrival->side->nxt = arrival->seq_end;
    track_history(arrival, 'H');
}

/* Answers an older SYN of the tuple, or no one's. */
static void bad_synack(struct arrival *arrival)
{
    struct trail_entry *entry = trail_keep(&arrival->tracker->trails, arrival->tracker->table.pool,
                                           arrival_flow_idx(arrival), arrival->packet->ts_ns);

    arrival->facts->bits |= FACT_BAD_SYNACK;
    if (entry && !entry->trail.slot[TRAIL_STALE_ACK].frame)
        track_mark(arrival, &entry->trail.slot[TRAIL_STALE_ACK]);
}

static void synack_of_client(struct arrival *arrival)
{
    if (!(arrival->facts->bits & FACT_SIMULTANEOUS_OPEN))
        return;
    arrival->side->acked = arrival->packet->tcp.ack;
    track_history_once(arrival, 'H');
}

void track_synack(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    struct side_facts *side = arrival->side;

    track_mark_last(arrival);
    if (arrival->from == SIDE_CLIENT) {
        synack_of_client(arrival);
        return;
    }
    if (!acknowledges_syn(arrival)) {
        bad_synack(arrival);
        return;
    }
    saturate_u8(&side->n_syn);
    if (!(facts->bits & FACT_SYNACK_SEEN)) {
        first_synack(arrival);
        return;
    }
    if (side->n_syn == 2 && !(facts->bits & FACT_ESTABLISHED))
        track_note(arrival->tracker, arrival->flow, NOTE_HALF_OPEN);
    if (facts->bits & FACT_ESTABLISHED)
        saturate_u8(&side->n_syn_late);
    else if (arrival->packet->tcp.seq != side->isn)
        other_synack(arrival);
    track_mark_slot(arrival, TRAIL_SYNACK_LAST);
}
