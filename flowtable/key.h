/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The canonical name of a flow: 5-tuple, VLAN tags and tunnel, the same for both directions.
 *
 * The end with the lower (address, port) is `end[0]`. Which end is the client is not part of the
 * key: the flow knows (enum flow_side), because it may learn it late.
 */
#ifndef FLOWTABLE_KEY_H
#define FLOWTABLE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "base/ipaddr.h"

struct packet;

enum flow_side {
    SIDE_CLIENT, /* sent the first SYN, or is taken for the one who did */
    SIDE_SERVER,
    SIDE_COUNT
};

static inline enum flow_side side_other(enum flow_side side)
{
    return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

/* Transports that have ports (IANA's protocol numbers). */
enum flow_proto {
    FLOW_PROTO_TCP = 6,
    FLOW_PROTO_UDP = 17,
    FLOW_PROTO_SCTP = 132
};

/* No padding, so that it can be hashed and compared as bytes. */
struct flow_key {
    struct ipaddr addr[2];
    uint16_t port[2];
    uint16_t vlan[2];   /* 0xffff = no tag; outer first */
    uint32_t tunnel_id; /* VNI or GRE key */
    uint8_t tunnel;     /* enum tunnel_kind */
    uint8_t tunnel_depth;
    uint8_t proto;  /* enum flow_proto */
    uint8_t unused; /* 0 */
};

_Static_assert(sizeof(struct flow_key) == 48, "the key is hashed as bytes: no padding");

#define FLOW_KEY_NO_VLAN UINT16_C(0xffff)

/* Key of a TCP, UDP or SCTP packet; returns which end (0 or 1) sent it. Equal ends (a socket
 * connected to itself) count as end 0. */
unsigned flow_key_from_packet(const struct packet *packet, struct flow_key *key);

/* Key of the connection that an ICMP error's quote belongs to; returns which end sent the quoted
 * packet. Only for a quote with ports. The quote carries no tags: those of the ICMP packet
 * itself are taken. */
unsigned flow_key_from_quote(const struct packet *packet, struct flow_key *key);

uint64_t flow_key_hash(const struct hash_key *hash_key, const struct flow_key *key);

static inline uint64_t flow_key_word(const struct flow_key *key, size_t word_idx)
{
    uint64_t word;

    memcpy(&word, (const uint8_t *)key + word_idx * sizeof(word), sizeof(word));
    return word;
}

static inline bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    uint64_t differ = 0;

    for (size_t i = 0; i < sizeof(*a) / sizeof(uint64_t); i++)
        differ |= flow_key_word(a, i) ^ flow_key_word(b, i);
    return differ == 0;
}

#endif
