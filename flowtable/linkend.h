/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which Ethernet address can be the capturing host's own, where nothing else tells: one end of
 * every frame that a host captures is itself, and it has not routed what it sends. What is left of
 * the ends of all handshakes' frames is it; nothing left: a mirror port, or a router.
 */
#ifndef FLOWTABLE_LINKEND_H
#define FLOWTABLE_LINKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct packet;

#define LINKEND_MAC_BYTES 6

struct linkends {
    uint8_t mac[2][LINKEND_MAC_BYTES];
    uint8_t n;    /* of mac[]; valid with is_told */
    bool is_told; /* false: no frame has told anything yet */
};

/* A TCP packet of a handshake. */
void linkends_learn(struct linkends *ends, const struct packet *packet);

/* What is left of both: the workers see a part of the frames each. */
void linkends_meet(struct linkends *into, const struct linkends *other);

static inline bool linkends_has(const struct linkends *ends, const uint8_t *mac)
{
    for (unsigned i = 0; i < ends->n; i++) {
        if (memcmp(ends->mac[i], mac, LINKEND_MAC_BYTES) == 0)
            return true;
    }
    return false;
}

#endif
