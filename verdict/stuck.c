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

enum flow_side case_stuck_side(const struct verdict_case *c)
{
    const struct packet_mark *last = case_slot(c, TRAIL_RUN_LAST);

    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        const struct side_facts *side = &c->facts->side[s];
        const struct size_facts *size = &c->trail->size[s];
        const struct side_facts *peer = case_side(c, side_other((enum flow_side)s));

        if (side->run_count >= c->limits->full_copies && last->side == s && size->full_frame &&
            side->run_seq == last->seq && is_full_size(c, last->payload_bytes) &&
            !seq_after(peer->acked, size->full_seq) && size->is_small_through &&
            !size->is_full_through)
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

bool case_is_closed_unanswered(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);
    const struct packet_mark *client_fin = case_slot(c, TRAIL_CLIENT_FIN);
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);

    return case_has(c, FACT_SYNACK_SEEN) && c->server->n_data == 0 && request->frame &&
           request->frame < fin->frame && !(client_fin->frame && client_fin->frame < fin->frame) &&
           case_unacked_bytes(c, SIDE_CLIENT) == 0;
}
