/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for requests that look for a neighbour. One worker sees them all. */
#include <stddef.h>
#include <string.h>

#include "flowtable/arrival.h"

/* Of the facts: first_ns and the client's last_ns are the first and last request, its n_pkts how
 * many, first_frame the first one; FACT_EGRESS_CLIENT: the capturing host asks. */
static void tell(struct tracker *tracker, const struct neighbour *failed)
{
    size_t n_bytes = offsetof(struct flow_note, trail);
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    memset(note, 0, n_bytes);
    note->ordinal = tracker->ordinal;
    note->slot_ns = tracker->slot_ns;
    note->now_ns = tracker->now_ns;
    note->kind = NOTE_NEIGHBOUR;
    memcpy(note->mac, failed->mac, sizeof(note->mac));
    note->key.addr[0] = failed->asker;
    note->key.addr[1] = failed->target;
    note->key.vlan[0] = note->key.vlan[1] = FLOW_KEY_NO_VLAN;
    note->facts.first_ns = failed->first_ns;
    note->facts.first_frame = failed->first_frame;
    note->facts.n_frames_later = (uint32_t)(failed->last_frame - failed->first_frame);
    note->facts.synack_ns = NS_NEVER;
    note->facts.last_ns[SIDE_CLIENT] = failed->last_ns;
    note->facts.last_ns[SIDE_SERVER] = NS_NEVER;
    note->facts.side[SIDE_CLIENT].n_pkts = failed->n_requests;
    note->facts.bits = failed->is_egress ? FACT_EGRESS_CLIENT : 0;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

void track_neighbour(struct tracker *tracker, const struct packet *packet)
{
    struct neighbour failed;

    if (neighbours_packet(&tracker->neighbours, packet, &failed))
        tell(tracker, &failed);
}

void track_neighbours_expire(struct tracker *tracker, int64_t now_ns)
{
    struct neighbour failed;

    while (neighbours_expire(&tracker->neighbours, now_ns, &failed))
        tell(tracker, &failed);
}
