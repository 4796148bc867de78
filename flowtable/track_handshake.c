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

static void mark_last(struct arrival *arrival)
{
    track_mark_slot(arrival, arrival->from == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST);
}

void track_syn(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    struct side_facts *side = arrival->side;

    mark_last(arrival);
    if (arrival->from == SIDE_SERVER) { /* begins_attempt() left only crossed SYNs here */
        facts->bits |= FACT_SIMULTANEOUS_OPEN;
        if (!(side->bits & SIDE_ISN_KNOWN))
            learn_isn(arrival);
        return;
    }
    saturate_u8(&side->n_syn);
    if (!(side->bits & SIDE_ISN_KNOWN)) {
        bool is_reordered = facts->bits & FACT_SYNACK_SEEN;

        learn_isn(arrival);
        facts->bits |= FACT_SYN_SEEN;
        facts->bits &= ~(uint32_t)(FACT_MIDSTREAM | FACT_ROLES_GUESSED);
        track_history(arrival, 'S');
        mark_first(arrival, TRAIL_SYN);
        arrival->flow->state = is_reordered ? FLOW_SYN_RECEIVED : FLOW_SYN_SENT;
        track_note(arrival->tracker, arrival->flow, NOTE_ATTEMPT);
        return;
    }
    if (arrival->facts->last_ns[SIDE_CLIENT] != NS_NEVER) {
        int64_t gap_us = ns_since(facts->last_ns[SIDE_CLIENT], arrival->packet->ts_ns) / NS_PER_US;

        facts->syn_last_gap_us = gap_us > UINT32_MAX ? UINT32_MAX : (uint32_t)gap_us;
    }
    track_mark_slot(arrival, TRAIL_SYN_LAST);
    if (arrival->flow->state == FLOW_CLOSING && !(facts->bits & FACT_SYNACK_SEEN))
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

static void first_synack(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;

    learn_isn(arrival);
    facts->bits |= FACT_SYNACK_SEEN;
    facts->synack_ns = arrival->packet->ts_ns;
    arrival->side->acked = arrival->packet->tcp.ack;
    track_history(arrival, 'H');
    mark_first(arrival, TRAIL_SYNACK);
    /* The client's ACK may have been captured first, or the SYN-ACK lost and sent again. */
    if (!(facts->bits & FACT_ESTABLISHED))
        arrival->flow->state = FLOW_SYN_RECEIVED;
    if (facts->bits & FACT_MIDSTREAM && arrival->peer->n_pkts == 0) {
        arrival->peer->acked = arrival->side->nxt - 1;
        arrival->peer->nxt = arrival->packet->tcp.ack;
    }
}

void track_synack(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    struct side_facts *side = arrival->side;

    if (arrival->from == SIDE_CLIENT) { /* simultaneous open, or roles that were guessed wrong */
        if (facts->bits & FACT_SIMULTANEOUS_OPEN)
            arrival->side->acked = arrival->packet->tcp.ack;
        mark_last(arrival);
        return;
    }
    if (!acknowledges_syn(arrival)) {
        facts->bits |= FACT_BAD_SYNACK;
        track_mark_slot(arrival, TRAIL_STALE_ACK);
        return;
    }
    mark_last(arrival);
    saturate_u8(&side->n_syn);
    if (!(facts->bits & FACT_SYNACK_SEEN)) {
        first_synack(arrival);
        return;
    }
    if (facts->bits & FACT_ESTABLISHED)
        saturate_u8(&side->n_syn_late);
    track_mark_slot(arrival, TRAIL_SYNACK_LAST);
}
