/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's steps before a packet has any effect: where its flow is, and fetching it. */
#include "decode/packet.h"
#include "flowtable/track.h"

void tracker_aim(const struct tracker *tracker, const struct packet *packet,
                 struct tracker_aim *aim)
{
    aim->flow_idx = FLOW_NONE;
    if (packet->kind != PACKET_TCP)
        return;
    aim->from_end = flow_key_from_packet(packet, &aim->key);
    aim->hash = flow_key_hash(&tracker->table.hash_key, &aim->key);
    aim->flow_idx = 0;
    flowtable_prefetch(&tracker->table, aim->hash);
    if (packet->tcp.flags & TCP_SYN)
        tombs_prefetch(&tracker->tombs, aim->hash);
}

void tracker_fetch_flow(const struct tracker *tracker, struct tracker_aim *aim)
{
    if (aim->flow_idx != FLOW_NONE)
        aim->flow_idx = flowtable_prefetch_entry(&tracker->table, aim->hash);
}

void tracker_fetch_trail(const struct tracker *tracker, const struct tracker_aim *aim)
{
    if (aim->flow_idx != FLOW_NONE)
        trail_prefetch(&tracker->trails, &tracker->table.pool[aim->flow_idx]);
}

void tracker_packet(struct tracker *tracker, const struct packet *packet)
{
    struct tracker_aim aim;

    tracker_aim(tracker, packet, &aim);
    tracker_packet_aimed(tracker, packet, &aim);
}
