/* SPDX-License-Identifier: BSD-2-Clause */
/* The map that knows its oldest key: against a plain list that does the same slowly. */
#include "verdict/lrumap.h"

#include <string.h>

#include "unit.h"

#define N_MAX 7
#define N_KEYS 20

static const struct hash_key hash_key = {3};

static void open_map(struct lrumap *map, struct arena *arena, uint32_t n_max)
{
    size_t cost_bytes = lrumap_cost_bytes(n_max);

    assert_int_equal(arena_map(arena, cost_bytes, NULL, NULL), 0);
    assert_true(lrumap_create(map, arena, &hash_key, sizeof(uint32_t), n_max));
    assert_int_equal(arena->used_bytes, cost_bytes);
}

/* Keys from oldest to newest. */
struct list {
    unsigned n;
    uint32_t key[N_MAX];
};

static void list_remove(struct list *list, uint32_t key)
{
    unsigned n_kept = 0;

    for (unsigned i = 0; i < list->n; i++)
        if (list->key[i] != key)
            list->key[n_kept++] = list->key[i];
    list->n = n_kept;
}

static void assert_same(const struct lrumap *map, const struct list *list)
{
    uint32_t idx = map->oldest, older = LRUMAP_NONE;

    assert_int_equal(map->n_used, list->n);
    for (unsigned i = 0; i < list->n; i++) {
        assert_int_not_equal(idx, LRUMAP_NONE);
        assert_memory_equal(lrumap_key(map, idx), &list->key[i], sizeof(list->key[i]));
        assert_int_equal(lrumap_find(map, &list->key[i]), idx);
        assert_int_equal(map->node[idx].older, older);
        older = idx;
        idx = map->node[idx].newer;
    }
    assert_int_equal(idx, LRUMAP_NONE);
    assert_int_equal(map->newest, older);
}

static void it_does_what_a_list_would(void **state)
{
    struct arena arena;
    struct lrumap map;
    struct list list = {0};
    uint32_t random = 1;

    (void)state;
    open_map(&map, &arena, N_MAX);
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t key, idx;

        random = random * 1664525 + 1013904223;
        key = random >> 16 & 31;
        idx = lrumap_find(&map, &key);
        if (key >= N_KEYS) {
            if (map.oldest != LRUMAP_NONE) {
                list_remove(&list, list.key[0]);
                lrumap_remove(&map, map.oldest);
            }
        } else if (idx == LRUMAP_NONE) {
            if (!lrumap_is_full(&map)) {
                list.key[list.n++] = key;
                assert_true(lrumap_add(&map, &key) < N_MAX);
            }
        } else if (random >> 30 == 0) {
            list_remove(&list, key);
            lrumap_remove(&map, idx);
        } else {
            list_remove(&list, key);
            list.key[list.n++] = key;
            lrumap_touch(&map, idx);
        }
        assert_same(&map, &list);
    }
    arena_unmap(&arena);
}

static void a_key_keeps_its_index(void **state)
{
    struct arena arena;
    struct lrumap map;
    uint32_t key = 5, other = 6, idx;

    (void)state;
    open_map(&map, &arena, 2);
    idx = lrumap_add(&map, &key);
    lrumap_add(&map, &other);
    assert_true(lrumap_is_full(&map));
    lrumap_touch(&map, idx);
    lrumap_remove(&map, lrumap_find(&map, &other));
    assert_int_equal(lrumap_find(&map, &key), idx);
    assert_int_equal(lrumap_find(&map, &other), LRUMAP_NONE);
    arena_unmap(&arena);
}

static void an_arena_that_is_too_small_is_refused(void **state)
{
    struct arena arena;
    struct lrumap map;

    (void)state;
    assert_int_equal(arena_map(&arena, 1, NULL, NULL), 0);
    assert_false(lrumap_create(&map, &arena, &hash_key, sizeof(uint32_t), 100000));
    arena_unmap(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_a_list_would),
        cmocka_unit_test(a_key_keeps_its_index),
        cmocka_unit_test(an_arena_that_is_too_small_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
