/* SPDX-License-Identifier: BSD-2-Clause */
/* See neighbour.h. */
#include "flowtable/neighbour.h"

#include <string.h>

#include "decode/packet.h"

/* Whoever sends anything under an address has it. */
static void forget_target(struct neighbours *neighbours, const struct ipaddr *addr)
{
    for (unsigned i = 0; i < NEIGHBOURS_MAX; i++) {
        if (neighbours->entry[i].n_requests && ipaddr_equal(&neighbours->entry[i].target, addr))
            neighbours->entry[i].n_requests = 0;
    }
}

static struct neighbour *entry_for(struct neighbours *neighbours,
                                   const struct packet_neighbour *request)
{
    struct neighbour *victim = &neighbours->entry[0];

    for (unsigned i = 0; i < NEIGHBOURS_MAX; i++) {
        struct neighbour *entry = &neighbours->entry[i];

        if (entry->n_requests && ipaddr_equal(&entry->target, &request->target) &&
            ipaddr_equal(&entry->asker, &request->sender))
            return entry;
        if (victim->n_requests && (!entry->n_requests || entry->last_ns < victim->last_ns))
            victim = entry;
    }
    victim->n_requests = 0;
    return victim;
}

static void begin(struct neighbour *entry, const struct packet *packet)
{
    *entry = (struct neighbour){
        .asker = packet->neighbour.sender,
        .target = packet->neighbour.target,
        .first_ns = packet->ts_ns,
        .last_ns = packet->ts_ns,
        .first_frame = packet->ordinal,
        .last_frame = packet->ordinal,
        .n_requests = 1,
        .is_egress = packet->direction == PACKET_EGRESS,
    };
    memcpy(entry->mac, packet->neighbour.sender_mac, sizeof(entry->mac));
}

static bool is_request(const struct packet *packet)
{
    static const struct ipaddr none_v6;
    const struct packet_neighbour *neighbour = &packet->neighbour;
    const struct ipaddr none_v4 = ipaddr_from_v4((const uint8_t[]){0, 0, 0, 0});

    return neighbour->is_request && packet->direction != PACKET_INGRESS &&
           !ipaddr_equal(&neighbour->sender, &neighbour->target) &&
           !ipaddr_equal(&neighbour->sender, &none_v4) &&
           !ipaddr_equal(&neighbour->sender, &none_v6);
}

bool neighbours_packet(struct neighbours *neighbours, const struct packet *packet,
                       struct neighbour *failed)
{
    struct neighbour *entry;
    int64_t step_ns;

    forget_target(neighbours, &packet->neighbour.sender);
    if (!is_request(packet))
        return false;
    entry = entry_for(neighbours, &packet->neighbour);
    step_ns = packet->ts_ns - entry->last_ns;
    if (entry->n_requests && step_ns < NEIGHBOUR_STEP_MIN_NS)
        return false;
    if (entry->n_requests == NEIGHBOUR_REQUESTS) {
        *failed = *entry;
        begin(entry, packet);
        return true;
    }
    if (!entry->n_requests || step_ns > NEIGHBOUR_STEP_MAX_NS) {
        begin(entry, packet);
        return false;
    }
    entry->n_requests++;
    entry->last_ns = packet->ts_ns;
    entry->last_frame = packet->ordinal;
    return false;
}

bool neighbours_expire(struct neighbours *neighbours, int64_t now_ns, struct neighbour *failed)
{
    struct neighbour *first = NULL;

    for (unsigned i = 0; i < NEIGHBOURS_MAX; i++) {
        struct neighbour *entry = &neighbours->entry[i];

        if (entry->n_requests == NEIGHBOUR_REQUESTS &&
            now_ns - entry->last_ns >= NEIGHBOUR_WAIT_NS &&
            (!first || entry->first_frame < first->first_frame))
            first = entry;
    }
    if (!first)
        return false;
    *failed = *first;
    first->n_requests = 0;
    return true;
}
