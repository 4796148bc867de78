/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store of half-open attempts under a flood: SYNs of which nothing else was seen, in the order
 * in which they came. Private to flowtable/.
 *
 * Theory of operation: they lie in the flow table's pool, two in the room of a flow, and in its
 * index; so a flood has the same memory as everything else, holds twice as many attempts in it, and
 * costs no trail, timer or facts. All wait equally long, so the order of arrival is the order in
 * which they are over: no wheel.
 */
#ifndef FLOWTABLE_LONE_H
#define FLOWTABLE_LONE_H

#include "flowtable/table.h"

struct packet;
struct tracker_aim;

static inline struct lone *lone_at(const struct flowtable *table, uint32_t found)
{
    uint32_t n = found & ~FLOW_LONE_BIT;

    return &table->pool[n / LONES_PER_FLOW].lone[n % LONES_PER_FLOW];
}

/* Whether one more has room without anybody's leaving. */
bool lones_have_room(const struct flowtable *table);

/* The newest from now on. Needs room. Its key must not be there, `lone` has all but the links. */
void lones_add(struct flowtable *table, const struct lone *lone);

void lones_remove(struct flowtable *table, uint32_t found);

/* Brings what lones_remove() of the oldest's successor will touch into the cache. */
void lones_prefetch_next(const struct flowtable *table);

/* ---- packing ---- */

/* Whether the packet is a SYN that nothing is lost of. */
bool lone_can_hold(const struct packet *packet);

struct lone lone_pack(const struct packet *packet, const struct tracker_aim *aim);

/* The packet and the aim that it was made of, as far as a SYN matters to the tracker. */
void lone_unpack(const struct lone *lone, struct packet *packet, struct tracker_aim *aim);

#endif
