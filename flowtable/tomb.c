/* SPDX-License-Identifier: BSD-2-Clause */
/* See tomb.h. */
#include "flowtable/tomb.h"

#include <errno.h>

size_t tombs_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_max * sizeof(struct tomb)) +
           arena_cost_bytes(n_max / TOMB_WAYS * sizeof(struct tomb_set));
}

int tombs_create(struct tombs *tombs, struct arena *arena, uint32_t n_max)
{
    *tombs = (struct tombs){
        .set = arena_take(arena, n_max / TOMB_WAYS * sizeof(struct tomb_set)),
        .tomb = arena_take(arena, n_max * sizeof(struct tomb)),
        .set_mask = n_max / TOMB_WAYS - 1,
    };
    return tombs->set && tombs->tomb ? 0 : -ENOMEM;
}

static uint32_t set_of(const struct tombs *tombs, uint64_t hash)
{
    return (uint32_t)(hash >> 32) & tombs->set_mask;
}

void tombs_add(struct tombs *tombs, const struct tomb *tomb)
{
    uint32_t set_idx = set_of(tombs, tomb->hash);
    struct tomb_set *set = &tombs->set[set_idx];
    unsigned way = 0;

    for (unsigned i = 0; i < TOMB_WAYS; i++) {
        if (set->hash[i] == tomb->hash || set->hash[i] == 0) {
            way = i;
            break;
        }
        if (set->ended_ns[i] < set->ended_ns[way])
            way = i;
    }
    set->hash[way] = tomb->hash;
    set->ended_ns[way] = tomb->ended_ns;
    tombs->tomb[set_idx * TOMB_WAYS + way] = *tomb;
}

const struct tomb *tombs_find(const struct tombs *tombs, uint64_t hash, int64_t now_ns)
{
    uint32_t set_idx = set_of(tombs, hash);
    const struct tomb_set *set = &tombs->set[set_idx];

    for (unsigned i = 0; i < TOMB_WAYS; i++) {
        if (set->hash[i] == hash && ns_since(set->ended_ns[i], now_ns) < TOMB_KEPT_NS)
            return &tombs->tomb[set_idx * TOMB_WAYS + i];
    }
    return NULL;
}
