/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracker's part for SYNs that are kept alone.
 *
 * Theory of operation: a SYN makes the facts that it makes as a flow, on a flow that lives only for
 * that long; what is kept is the packet. When something else of the attempt comes, or its time is
 * over, the packet makes the same facts again. So whether a SYN was kept alone or as a flow cannot
 * be told from the notes; tests/support/flowscript_play.c holds the two against each other.
 */
#include "flowtable/lone.h"

#include <string.h>

#include "flowtable/arrival.h"

/* An attempt as it stands after its SYN. */
struct passing {
    struct flow flow;
    struct arrival arrival;
};

static void pass_by(struct passing *passing, struct tracker *tracker, const struct packet *packet,
                    const struct tracker_aim *aim, const struct lone *lone)
{
    memset(passing, 0, sizeof(*passing));
    passing->flow.key = aim->key;
    passing->flow.trail_idx = FLOW_NONE;
    track_fill_flow(&passing->flow, packet, aim->from_end);
    passing->arrival = (struct arrival){.tracker = tracker,
                                        .packet = packet,
                                        .aim = aim,
                                        .lone = lone,
                                        .seq_end = packet->tcp.seq + 1};
    arrival_bind(&passing->arrival, &passing->flow, aim->from_end);
    track_syn(&passing->arrival);
    track_learn(&passing->arrival);
}

static uint32_t count_unanswered(const struct flowtable *table)
{
    return table->n_embryonic - table->lones.n_slots + table->lones.n;
}

bool track_keep_alone(struct arrival *arrival)
{
    struct tracker *tracker = arrival->tracker;
    struct flowtable *table = &tracker->table;
    const struct packet *packet = arrival->packet;
    struct passing passing;
    struct lone lone;

    /* Of an earlier time it would not be over in its turn. */
    if (count_unanswered(table) < tracker->n_calm_syns || packet->ts_ns != tracker->now_ns ||
        !lone_can_hold(packet))
        return false;
    while (!lones_have_room(table) && table->lones.n > 0)
        track_evict_lone(tracker);
    if (!lones_have_room(table))
        return false;
    trails_make_room(&tracker->trails, table->pool);
    lone = lone_pack(packet, arrival->aim);
    pass_by(&passing, tracker, packet, arrival->aim, NULL);
    lones_add(table, &lone);
    return true;
}

/* The lone SYN becomes a flow. */
static uint32_t recall(struct tracker *tracker, uint32_t found)
{
    struct lone lone = *lone_at(&tracker->table, found);
    struct arrival arrival = {.tracker = tracker, .lone = &lone, .seq_end = lone.seq + 1};
    struct packet packet;
    struct tracker_aim aim;
    uint32_t flow_idx;

    lone_unpack(&lone, &packet, &aim);
    lones_remove(&tracker->table, found);
    flow_idx = track_begin_flow(tracker, &packet, &aim);
    arrival.packet = &packet;
    arrival.aim = &aim;
    arrival_bind(&arrival, &tracker->table.pool[flow_idx], aim.from_end);
    track_syn(&arrival);
    track_tape(&arrival);
    track_learn(&arrival);
    track_rearm(tracker, flow_idx);
    return flow_idx;
}

uint32_t track_find(struct tracker *tracker, const struct flow_key *key, uint64_t hash)
{
    uint32_t found = flowtable_find_hashed(&tracker->table, key, hash);

    return flow_is_lone(found) ? recall(tracker, found) : found;
}

int64_t track_lone_slot_ns(const struct tracker *tracker)
{
    const struct flowtable *table = &tracker->table;

    if (table->lones.n == 0)
        return INT64_MAX;
    return wheel_slot_ns(lone_at(table, table->lones.oldest)->first_ns + TRACK_SYN_SILENCE_NS);
}

uint64_t track_lone_frame(const struct tracker *tracker)
{
    const struct flowtable *table = &tracker->table;

    return table->lones.n ? lone_at(table, table->lones.oldest)->frame : UINT64_MAX;
}

void track_end_lone(struct tracker *tracker, uint32_t bits)
{
    struct flowtable *table = &tracker->table;
    const struct lone *lone = lone_at(table, table->lones.oldest);
    struct passing passing;
    struct packet packet;
    struct tracker_aim aim;
    struct packet_mark syn;

    lones_prefetch_next(table);
    lone_unpack(lone, &packet, &aim);
    pass_by(&passing, tracker, &packet, &aim, lone);
    passing.flow.facts.bits |= bits;
    track_mark(&passing.arrival, &syn);
    track_mark_checksum(&passing.arrival, &syn);
    track_note_lone(tracker, &passing.flow, &syn);
    track_bury(tracker, &passing.flow, flow_key_hash(&table->hash_key, &lone->key), &syn);
    lones_remove(table, table->lones.oldest);
}

void track_evict_lone(struct tracker *tracker)
{
    tracker->gauges.n_evicted++;
    track_end_lone(tracker, FACT_EVICTED);
}
