/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fixed pool of flows and the index to find them. One worker owns a table; no locks.
 *
 * Theory of operation: entries are named by a 32-bit index into the pool. The index is open
 * addressing with linear probing and backward-shift deletion (no tombstone cells), at most half
 * full. Entries are of two classes: embryonic ones (handshakes that are not complete, strays of
 * one direction) and two-way ones. Two-way flows may fill at most 31/32 of the pool, so there are
 * always embryonic entries or free ones to take for a new SYN: a flood of SYNs or strays can push
 * out only its like, never a connection. The index also names the SYNs that are kept alone
 * (lone.h); an entry of the pool that holds such is an embryonic one.
 */
#ifndef FLOWTABLE_TABLE_H
#define FLOWTABLE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "flowtable/flow.h"

/* The lone SYNs: in the order in which they came. See lone.h. */
struct lones {
    uint32_t n, n_slots;     /* SYNs, and entries of the pool that hold them */
    uint32_t oldest, newest; /* FLOW_NONE = none */
    uint32_t half_free;      /* first entry of the pool that holds one only */
};

/* What the index names: a flow by its number in the pool, or with this bit a lone SYN. */
#define FLOW_LONE_BIT UINT32_C(0x80000000)

static inline bool flow_is_lone(uint32_t found)
{
    return found != FLOW_NONE && found & FLOW_LONE_BIT;
}

struct flowtable {
    struct hash_key hash_key;
    struct flow *pool;
    uint32_t *index; /* of flows and (FLOW_LONE_BIT) lone SYNs */
    uint8_t *mark;   /* of each cell of the index: what tells nearly all other keys apart without a
                        look at them, and what moves when one goes; 0 = empty cell */
    uint32_t index_mask;
    uint32_t n_max, n_used, n_embryonic;
    uint32_t n_fresh; /* entries [n_fresh, n_max) were never used */
    uint32_t free_head;
    uint32_t hand; /* of the eviction clock */
    struct lones lones;
};

/* Bytes of an arena that a table of n_max flows takes. */
size_t flowtable_cost_bytes(uint32_t n_max);

/* Takes its memory from the arena; n_max >= 16. Returns 0 or -ENOMEM. */
int flowtable_create(struct flowtable *table, struct arena *arena, uint32_t n_max,
                     struct hash_key hash_key) MUST_CHECK;

/* FLOW_NONE where there is none; flow_is_lone() where it is a lone SYN. */
uint32_t flowtable_find(const struct flowtable *table, const struct flow_key *key);

/* The same, for who has flow_key_hash() of the key already. */
uint32_t flowtable_find_hashed(const struct flowtable *table, const struct flow_key *key,
                               uint64_t hash);

/* Brings the cells that flowtable_find() will touch into the cache. */
void flowtable_prefetch(const struct flowtable *table, uint64_t hash);

/* Once those cells are there: the flow that they name first, FLOW_NONE where none, on its way to
 * the cache (and so is a lone SYN, but not told). Most often, but not surely, the one that
 * flowtable_find() will tell. */
uint32_t flowtable_prefetch_entry(const struct flowtable *table, uint64_t hash);

/* Adds an embryonic entry with zeroed facts for a key that is not there. The table must have room:
 * see flowtable_victim(). */
uint32_t flowtable_add(struct flowtable *table, const struct flow_key *key);

/* Marks an entry as two-way. */
void flowtable_promote(struct flowtable *table, uint32_t flow_idx);

/* Whether somebody has to go before another embryonic (or, is_promotion, another two-way) entry
 * can be there. */
bool flowtable_is_full(const struct flowtable *table, bool is_promotion);

/* Who goes then: an embryonic entry, or (is_promotion) the two-way one that has been quiet longest
 * by second chance. May look at the whole table: for when nothing nearer is found. */
uint32_t flowtable_victim(struct flowtable *table, bool is_promotion);

void flowtable_remove(struct flowtable *table, uint32_t flow_idx);

#endif
