/* SPDX-License-Identifier: BSD-2-Clause */
/* See tomb.h. */
#include "flowtable/tomb.h"

#include <errno.h>

#define WAYS 4

size_t tombs_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_max * sizeof(struct tomb));
}

int tombs_create(struct tombs *tombs, struct arena *arena, uint32_t n_max)
{
    *tombs = (struct tombs){
        .tomb = arena_take(arena, n_max * sizeof(struct tomb)),
        .set_mask = n_max / WAYS - 1,
    };
    return tombs->tomb ? 0 : -ENOMEM;
}

static struct tomb *set_of(const struct tombs *tombs, uint64_t hash)
{
    return &tombs->tomb[((uint32_t)(hash >> 32) & tombs->set_mask) * WAYS];
}

void tombs_add(struct tombs *tombs, const struct tomb *tomb)
{
    struct tomb *set = set_of(tombs, tomb->hash);
    unsigned way = 0;

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].hash == tomb->hash || set[i].hash == 0) {
            way = i;
            break;
        }
        if (set[i].ended_ns < set[way].ended_ns)
            way = i;
    }
    set[way] = *tomb;
}

const struct tomb *tombs_find(const struct tombs *tombs, uint64_t hash, int64_t now_ns)
{
    const struct tomb *set = set_of(tombs, hash);

    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].hash == hash && ns_since(set[i].ended_ns, now_ns) < TOMB_KEPT_NS)
            return &set[i];
    }
    return NULL;
}
