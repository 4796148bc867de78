/* SPDX-License-Identifier: BSD-2-Clause */
/* See clientset.h. */
#include "verdict/clientset.h"

/* No padding. */
struct mark_key {
    struct ipaddr client;
    uint32_t id;
};

_Static_assert(sizeof(struct mark_key) == 20, "the key is hashed as bytes: no padding");

size_t clientpool_cost_bytes(uint32_t n_marks)
{
    return lrumap_cost_bytes(n_marks) + arena_cost_bytes(n_marks * sizeof(struct client_mark));
}

bool clientpool_create(struct clientpool *pool, struct arena *arena,
                       const struct hash_key *hash_key, uint32_t n_marks)
{
    if (!lrumap_create(&pool->map, arena, hash_key, sizeof(struct mark_key), n_marks))
        return false;
    pool->mark = arena_take(arena, n_marks * sizeof(struct client_mark));
    pool->last_id = 0;
    return pool->mark != NULL;
}

static const struct ipaddr *mark_client(const struct clientpool *pool, uint32_t idx)
{
    const struct mark_key *key = lrumap_key(&pool->map, idx);

    return &key->client;
}

/* Ids come round after 2^32 sets; one that is still in use then only shares its counts. */
static uint32_t next_id(struct clientpool *pool)
{
    if (++pool->last_id == 0)
        pool->last_id = 1;
    return pool->last_id;
}

void clientset_add(struct clientset *set, struct clientpool *pool, const struct ipaddr *client,
                   uint64_t n_failures, uint32_t n_max)
{
    struct mark_key key = {.client = *client};
    uint32_t idx;

    if (!set->id)
        *set = (struct clientset){.id = next_id(pool), .first = LRUMAP_NONE};
    key.id = set->id;
    idx = lrumap_find(&pool->map, &key);
    if (idx == LRUMAP_NONE) {
        if (set->n >= n_max || lrumap_is_full(&pool->map)) {
            set->is_capped = true;
            return;
        }
        idx = lrumap_add(&pool->map, &key);
        pool->mark[idx] = (struct client_mark){.next = set->first};
        set->first = idx;
        set->n++;
    }
    pool->mark[idx].n_failures += n_failures;
}

void clientset_add_all(struct clientset *set, struct clientpool *pool, const struct clientset *from,
                       uint32_t n_max)
{
    if (!from->id)
        return;
    for (uint32_t idx = from->first; idx != LRUMAP_NONE; idx = pool->mark[idx].next)
        clientset_add(set, pool, mark_client(pool, idx), pool->mark[idx].n_failures, n_max);
    set->is_capped |= from->is_capped;
}

void clientset_clear(struct clientset *set, struct clientpool *pool)
{
    if (set->id)
        for (uint32_t idx = set->first, next; idx != LRUMAP_NONE; idx = next) {
            next = pool->mark[idx].next;
            lrumap_remove(&pool->map, idx);
        }
    *set = (struct clientset){0};
}

static bool is_before(const struct incident_client *a, const struct incident_client *b)
{
    if (a->n_failures != b->n_failures)
        return a->n_failures > b->n_failures;
    return ipaddr_compare(&a->addr, &b->addr) < 0;
}

unsigned clientset_top(const struct clientset *set, const struct clientpool *pool,
                       struct incident_client *top, unsigned n_max)
{
    unsigned n = 0;

    if (!set->id)
        return 0;
    for (uint32_t idx = set->first; idx != LRUMAP_NONE; idx = pool->mark[idx].next) {
        struct incident_client client = {*mark_client(pool, idx), pool->mark[idx].n_failures};
        unsigned at = n < n_max ? n++ : n_max;

        for (; at > 0 && is_before(&client, &top[at - 1]); at--)
            if (at < n_max)
                top[at] = top[at - 1];
        if (at < n_max)
            top[at] = client;
    }
    return n;
}
