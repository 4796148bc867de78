/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The latest UDP datagrams of each pair of endpoints, kept for the ICMP error that one of them may
 * draw. A fixed table of sets; the quietest of a set gives way. No timers, and no note before an
 * error comes: plain UDP costs one look into a set. Private to flowtable/.
 */
#ifndef FLOWTABLE_DATAGRAM_H
#define FLOWTABLE_DATAGRAM_H

#include <stdbool.h>

#include "flowtable/exchange.h"

#define DATAGRAM_PAIRS_MAX 1024

struct datagram_pair {
    /* The client: who sent first, or whose port is the higher one where the lower is known. */
    struct exchange exchange;
    struct packet_mark sent; /* the client's last datagram */
    bool is_told;            /* its error was reported */
};

struct datagrams {
    struct exchanges pairs;
};

struct packet;

size_t datagrams_cost_bytes(void);
int datagrams_create(struct datagrams *datagrams, struct arena *arena,
                     struct hash_key hash_key) MUST_CHECK;

/* A UDP packet was seen. */
void datagrams_take(struct datagrams *datagrams, const struct packet *packet);

/* The pair that a port-unreachable error is about: the client had sent to it just before, and it
 * was not told yet. NULL where there is none. */
struct datagram_pair *datagrams_refused(struct datagrams *datagrams, const struct packet *error);

#endif
