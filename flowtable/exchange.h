/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets between two endpoints that no TCP connection counts (UDP, SCTP), and tables of them: sets
 * of a few entries, of which the quietest gives way. Private to flowtable/.
 */
#ifndef FLOWTABLE_EXCHANGE_H
#define FLOWTABLE_EXCHANGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/hash.h"
#include "flowtable/facts.h"
#include "flowtable/key.h"

struct packet;

struct exchange {
    struct flow_key key;
    int64_t first_ns, last_ns[SIDE_COUNT]; /* last: NS_NEVER */
    uint64_t first_frame, last_frame;      /* ordinals; first 0 = the entry is free */
    uint64_t payload_bytes[SIDE_COUNT];
    uint32_t n_pkts[SIDE_COUNT];
    uint8_t client_end; /* key.addr[client_end] is the client */
    uint8_t source;
};

/* Last packet of either side. */
static inline int64_t exchange_last_ns(const struct exchange *exchange)
{
    int64_t client_ns = exchange->last_ns[SIDE_CLIENT];
    int64_t server_ns = exchange->last_ns[SIDE_SERVER];

    return client_ns > server_ns ? client_ns : server_ns;
}

/* A new one, and its first packet not yet counted. */
struct exchange exchange_of(const struct packet *packet, const struct flow_key *key,
                            unsigned client_end);

void exchange_count(struct exchange *exchange, const struct packet *packet, enum flow_side from);

/* A UDP or SCTP packet as evidence. */
struct packet_mark exchange_mark(const struct packet *packet, enum flow_side from);

/* ---- tables; an entry is a struct that begins with its exchange ---- */

struct exchanges {
    uint8_t *entries;
    size_t entry_bytes;
    uint32_t n_sets;
    struct hash_key hash_key;
};

/* n_entries: a multiple of 4. */
size_t exchanges_cost_bytes(uint32_t n_entries, size_t entry_bytes);
int exchanges_create(struct exchanges *exchanges, struct arena *arena, uint32_t n_entries,
                     size_t entry_bytes, struct hash_key hash_key) MUST_CHECK;

/* The key's entry; NULL where there is none, and then *victim (may be NULL) is the one that gives
 * way to a new one. */
void *exchanges_find(const struct exchanges *exchanges, const struct flow_key *key, void **victim);

uint32_t exchanges_count(const struct exchanges *exchanges);
void *exchanges_at(const struct exchanges *exchanges, uint32_t idx);

#endif
