/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping and waking: no wake-up is lost, none is needed when nobody sleeps. */
#include "base/park.h"

#include <pthread.h>

#include "base/nanotime.h"
#include "unit.h"

#define FOREVER_NS (3600 * NS_PER_S) /* a lost wake-up hangs the test instead of hiding */
#define N_ROUNDS 20000
#define N_WAKERS 3

static bool is_never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool is_always(void *ctx)
{
    (void)ctx;
    return true;
}

static void waiting_ends_with_the_timeout(void **state)
{
    struct park park = {0};

    (void)state;
    assert_false(park_wait(&park, is_never, NULL, 0));
    assert_false(park_wait(&park, is_never, NULL, NS_PER_MS));
}

static void what_is_ready_does_not_sleep(void **state)
{
    struct park park = {0};

    (void)state;
    assert_true(park_wait(&park, is_always, NULL, FOREVER_NS));
}

static void waking_nobody_changes_nothing(void **state)
{
    struct park park = {0};

    (void)state;
    park_wake(&park);
    park_wake(&park);
    assert_int_equal(atomic_load(&park.word), 0);
}

/* Two threads hand a number back and forth, each sleeping until it is its turn. */
struct pingpong {
    struct park parks[2];
    _Atomic unsigned turn;
};

struct player {
    struct pingpong *game;
    unsigned parity;
};

static bool is_my_turn(void *ctx)
{
    struct player *player = ctx;

    return atomic_load(&player->game->turn) % 2 == player->parity;
}

static void *play(void *ctx)
{
    struct player *player = ctx;
    struct pingpong *game = player->game;

    while (atomic_load(&game->turn) < N_ROUNDS) {
        if (!park_wait(&game->parks[player->parity], is_my_turn, player, FOREVER_NS))
            continue;
        if (atomic_load(&game->turn) >= N_ROUNDS)
            break;
        atomic_fetch_add(&game->turn, 1);
        park_wake(&game->parks[!player->parity]);
    }
    /* The other may sleep for a turn that will not come. */
    atomic_fetch_add(&game->turn, 1);
    park_wake(&game->parks[!player->parity]);
    return NULL;
}

static void two_threads_take_turns(void **state)
{
    struct pingpong game = {0};
    struct player players[2] = {{&game, 0}, {&game, 1}};
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, play, &players[1]), 0);
    play(&players[0]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(atomic_load(&game.turn) >= N_ROUNDS);
}

/* Several wakers, one sleeper that must see each of them done. */
struct crowd {
    struct park park;
    _Atomic unsigned n_done;
    unsigned n_seen;
};

static bool has_more(void *ctx)
{
    struct crowd *crowd = ctx;

    return atomic_load(&crowd->n_done) > crowd->n_seen;
}

static void *wake_often(void *ctx)
{
    struct crowd *crowd = ctx;

    for (int i = 0; i < N_ROUNDS; i++) {
        atomic_fetch_add(&crowd->n_done, 1);
        park_wake(&crowd->park);
    }
    return NULL;
}

static void several_threads_wake_one(void **state)
{
    struct crowd crowd = {0};
    pthread_t threads[N_WAKERS];

    (void)state;
    for (int i = 0; i < N_WAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wake_often, &crowd), 0);
    while (crowd.n_seen < N_WAKERS * N_ROUNDS) {
        if (park_wait(&crowd.park, has_more, &crowd, FOREVER_NS))
            crowd.n_seen = atomic_load(&crowd.n_done);
    }
    for (int i = 0; i < N_WAKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowd.n_seen, N_WAKERS * N_ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_ends_with_the_timeout),
        cmocka_unit_test(what_is_ready_does_not_sleep),
        cmocka_unit_test(waking_nobody_changes_nothing),
        cmocka_unit_test(two_threads_take_turns),
        cmocka_unit_test(several_threads_wake_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
