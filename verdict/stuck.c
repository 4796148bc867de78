/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections in which something stays undone to the end: what outcome and rules ask of them. */
#include "verdict/case.h"

/* What a segment of the side can carry at most, as far as the handshake tells; 0 = it does not. */
static uint32_t mss_bytes(const struct verdict_case *c)
{
    uint32_t client = case_slot(c, TRAIL_SYN)->mss_bytes;
    uint32_t server = case_slot(c, TRAIL_SYNACK)->mss_bytes;

    if (!client || !server)
        return client > server ? client : server;
    return client < server ? client : server;
}

/* The host's card may cut a longer one (trap 8): then its parts have the size of the MSS. */
static bool is_full_size(const struct verdict_case *c, uint32_t payload_bytes)
{
    uint32_t mss = mss_bytes(c);
    uint32_t wire_bytes = mss && payload_bytes > mss ? mss : payload_bytes;

    return wire_bytes >= FLOW_FULL_BYTES &&
           (!mss || wire_bytes * 100 >= mss * c->limits->full_percent);
}

/* Seen between the sender and where they die: the segment is sent again and again. */
static bool is_full_run(const struct verdict_case *c, enum flow_side side)
{
    const struct packet_mark *last = case_slot(c, TRAIL_RUN_LAST);
    const struct size_facts *size = &c->trail->size[side];
    const struct side_facts *sender = case_side(c, side);

    return sender->run_count >= c->limits->full_copies && last->side == side && size->full_frame &&
           sender->run_seq == last->seq && is_full_size(c, last->payload_bytes) &&
           !seq_after(case_side(c, side_other(side))->acked, size->full_seq) &&
           size->is_small_through && !size->is_full_through;
}

/* Seen behind that place: bytes are missing to the end, the receiver says so, and what came behind
 * them was small. In that time the sender sent them again, but nothing of full size ever came. */
bool case_is_hole(const struct verdict_case *c, enum flow_side side)
{
    const struct size_facts *size = &c->trail->size[side];
    const struct packet_mark *behind = &size->behind_gap;
    int32_t hole_bytes = seq_distance(case_side(c, side_other(side))->acked, behind->seq);

    return behind->frame && hole_bytes > 0 && is_full_size(c, (uint32_t)hole_bytes) &&
           !size->full_frame && c->facts->last_ns[side_other(side)] >= behind->ts_ns &&
           ns_since(behind->ts_ns, c->last_ns) >= c->limits->hole_ns;
}

enum flow_side case_stuck_side(const struct verdict_case *c)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (is_full_run(c, (enum flow_side)s) || case_is_hole(c, (enum flow_side)s))
            return (enum flow_side)s;
    }
    return SIDE_COUNT;
}

/* Whether the side asks for room: probes, or a byte beyond the window sent again. */
static bool is_asking(const struct side_facts *side)
{
    return side->bits & SIDE_KEEPALIVE || side->n_retransmit > 0;
}

enum flow_side case_stalled_side(const struct verdict_case *c)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        const struct stall_facts *stall = &c->trail->stall[s];

        if (stall->n_pkts >= c->limits->stall_pkts &&
            ns_since(stall->first.ts_ns, c->last_ns) >= c->limits->stall_ns &&
            is_asking(case_side(c, side_other((enum flow_side)s))))
            return (enum flow_side)s;
    }
    return SIDE_COUNT;
}
