/* SPDX-License-Identifier: BSD-2-Clause */
/* The byte ring: order, wrap at every offset, full and empty, two threads. */
#include "base/ring.h"

#include <pthread.h>
#include <stdalign.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "unit.h"

#define SMALL_RING_BYTES 256
#define STRESS_RING_BYTES 4096
#define N_STRESS_RECORDS 200000
#define N_STRESS_RINGS 3
#define MAX_STRESS_WORDS 40
#define FOREVER_NS (3600 * NS_PER_S) /* a lost wake-up hangs the test instead of hiding */

static void put(struct ring *ring, size_t n_bytes, uint8_t fill)
{
    void *payload = ring_reserve(ring, n_bytes);

    assert_non_null(payload);
    memset(payload, fill, n_bytes);
    ring_commit(ring, n_bytes);
}

static void take(struct ring *ring, size_t n_bytes, uint8_t fill)
{
    size_t got_bytes = 0;
    const uint8_t *payload = ring_peek(ring, &got_bytes);

    assert_non_null(payload);
    assert_int_equal(got_bytes, n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        assert_int_equal(payload[i], fill);
}

static void a_record_is_seen_after_publish_and_not_before(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct ring ring;
    size_t n_bytes;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), NULL, NULL);
    put(&ring, 5, 'a');
    assert_null(ring_peek(&ring, &n_bytes));
    assert_false(ring_is_readable(&ring));
    ring_publish(&ring);
    assert_true(ring_is_readable(&ring));
    take(&ring, 5, 'a');
    assert_null(ring_peek(&ring, &n_bytes));
    assert_int_equal(ring_used_bytes(&ring), RING_ALIGN_BYTES);
    ring_release(&ring);
    assert_int_equal(ring_used_bytes(&ring), 0);
}

static void a_commit_may_keep_less_than_was_reserved(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct ring ring;
    void *payload;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), NULL, NULL);
    payload = ring_reserve(&ring, 100);
    memset(payload, 'x', 100);
    ring_commit(&ring, 3);
    put(&ring, 0, 0);
    put(&ring, 1, 'y');
    ring_publish(&ring);
    take(&ring, 3, 'x');
    take(&ring, 0, 0);
    take(&ring, 1, 'y');
}

static void a_dropped_reservation_leaves_no_trace(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct ring ring;
    size_t n_bytes;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), NULL, NULL);
    for (int i = 0; i < 9; i++)
        put(&ring, 8, 'a');
    ring_publish(&ring);
    for (int i = 0; i < 9; i++)
        take(&ring, 8, 'a');
    ring_release(&ring);
    assert_non_null(ring_reserve(&ring, ring_max_bytes(&ring))); /* would need a skip record */
    ring_publish(&ring);
    assert_null(ring_peek(&ring, &n_bytes));
    put(&ring, 1, 'b');
    ring_publish(&ring);
    take(&ring, 1, 'b');
}

/* Each start offset, each record size: the record must come out whole whether it fits before the
 * end, touches it, or starts over. */
static void records_survive_the_wrap_at_every_offset(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];

    (void)state;
    for (size_t start = 0; start < SMALL_RING_BYTES; start += RING_ALIGN_BYTES) {
        for (size_t n_bytes = 0; n_bytes <= SMALL_RING_BYTES / 2 - RING_HEADER_BYTES; n_bytes++) {
            struct ring ring;

            ring_init(&ring, memory, sizeof(memory), NULL, NULL);
            for (size_t off = 0; off < start; off += RING_ALIGN_BYTES) {
                put(&ring, 1, 0);
                ring_publish(&ring);
                take(&ring, 1, 0);
                ring_release(&ring);
            }
            put(&ring, n_bytes, 'r');
            put(&ring, 2, 's');
            ring_publish(&ring);
            take(&ring, n_bytes, 'r');
            take(&ring, 2, 's');
            ring_release(&ring);
            assert_int_equal(ring_used_bytes(&ring), 0);
        }
    }
}

static uint8_t *place(struct ring *ring, size_t n_bytes, uint64_t *n_straight)
{
    uint8_t *payload = ring_append_straight(ring, n_bytes);

    if (payload) {
        ++*n_straight;
        return payload;
    }
    payload = ring_reserve(ring, n_bytes);
    if (payload)
        ring_commit(ring, n_bytes);
    return payload;
}

/* One thread, pieces of all sizes, the ring now full, now empty, reservations dropped on the way.
 */
static void straight_records_overwrite_nothing_that_was_not_released(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[2 * SMALL_RING_BYTES];
    uint32_t seed = 1;
    uint64_t n_put = 0;
    uint64_t n_taken = 0;
    uint64_t n_straight = 0;
    struct ring ring;

    (void)state;
    ring_init(&ring, memory, SMALL_RING_BYTES, NULL, NULL);
    memset(memory + SMALL_RING_BYTES, 'z', SMALL_RING_BYTES);
    for (unsigned i = 0; i < 20000; i++) {
        size_t n_bytes = n_put * 7 % 90;
        uint8_t *payload;

        seed = seed * 1103515245 + 12345;
        if (seed >> 16 & 1) {
            payload = place(&ring, n_bytes, &n_straight);
            if (payload)
                memset(payload, (int)(n_put++ & 0xff), n_bytes);
        } else if (seed >> 17 & 1) {
            (void)ring_reserve(&ring, seed >> 18 & 63);
        } else {
            ring_publish(&ring);
            for (; n_taken < n_put - (seed >> 18) % (n_put - n_taken + 1); n_taken++)
                take(&ring, n_taken * 7 % 90, (uint8_t)n_taken);
            ring_release(&ring);
        }
    }
    assert_true(n_put > 5000 && n_straight > n_put / 4 && n_straight < n_put);
    for (size_t i = 0; i < SMALL_RING_BYTES; i++)
        assert_int_equal(memory[SMALL_RING_BYTES + i], 'z');
}

static void a_full_ring_refuses_until_released(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct ring ring;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), NULL, NULL);
    for (int i = 0; i < SMALL_RING_BYTES / RING_ALIGN_BYTES; i++)
        put(&ring, 8, (uint8_t)i);
    assert_null(ring_reserve(&ring, 8));
    assert_false(ring_wait_room(&ring, 0)); /* publishes */
    assert_int_equal(ring_used_bytes(&ring), SMALL_RING_BYTES);
    take(&ring, 8, 0);
    assert_null(ring_reserve(&ring, 8)); /* peeked is not released */
    ring_release(&ring);
    assert_non_null(ring_reserve(&ring, 8));
    assert_null(ring_reserve(&ring, 9));
}

static void the_largest_record_fits_an_empty_ring_anywhere(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct ring ring;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), NULL, NULL);
    for (int i = 0; i < SMALL_RING_BYTES; i++) {
        size_t n_bytes = ring_max_bytes(&ring) - (size_t)(i % 40);

        put(&ring, n_bytes, (uint8_t)i);
        ring_publish(&ring);
        take(&ring, n_bytes, (uint8_t)i);
        ring_release(&ring);
    }
}

static void waiting_times_out_on_an_idle_ring(void **state)
{
    alignas(RING_ALIGN_BYTES) uint8_t memory[SMALL_RING_BYTES];
    struct park consumer = {0};
    struct park producer = {0};
    struct ring ring;

    (void)state;
    ring_init(&ring, memory, sizeof(memory), &consumer, &producer);
    assert_false(ring_wait_readable(&ring, NS_PER_MS));
    assert_true(ring_wait_room(&ring, NS_PER_MS));
    for (int i = 0; i < SMALL_RING_BYTES / RING_ALIGN_BYTES; i++)
        put(&ring, 8, (uint8_t)i);
    assert_false(ring_wait_room(&ring, NS_PER_MS));
    assert_true(ring_wait_readable(&ring, NS_PER_MS));
}

/* Two threads: the payload is its sequence number, repeated; its size follows from it. */
struct stress {
    struct ring *rings;
    size_t n_rings;
};

static size_t stress_words(uint64_t sequence)
{
    return 1 + (size_t)(sequence * 2654435761u >> 7) % MAX_STRESS_WORDS;
}

static void *produce(void *ctx)
{
    struct stress *stress = ctx;

    for (uint64_t sequence = 0; sequence < N_STRESS_RECORDS; sequence++) {
        struct ring *ring = &stress->rings[sequence % stress->n_rings];
        size_t n_words = stress_words(sequence);
        uint64_t *payload;
        bool is_reserved;

        payload = ring_append_straight(ring, n_words * sizeof(*payload));
        is_reserved = !payload;
        while (!payload && !(payload = ring_reserve(ring, n_words * sizeof(*payload))))
            (void)ring_wait_room(ring, FOREVER_NS);
        for (size_t i = 0; i < n_words; i++)
            payload[i] = sequence;
        if (is_reserved)
            ring_commit(ring, n_words * sizeof(*payload));
        if (sequence % 7 == 0)
            ring_publish(ring);
    }
    for (size_t i = 0; i < stress->n_rings; i++)
        ring_publish(&stress->rings[i]);
    return NULL;
}

static bool any_is_readable(void *ctx)
{
    struct stress *stress = ctx;

    for (size_t i = 0; i < stress->n_rings; i++) {
        if (ring_is_readable(&stress->rings[i]))
            return true;
    }
    return false;
}

/* Counts what does not match instead of asserting for each word: 8 million asserts are slow. */
static uint64_t drain(struct ring *ring, uint64_t *next, uint64_t step, uint64_t *n_wrong)
{
    const uint64_t *payload;
    uint64_t n_records = 0;
    size_t n_bytes;

    while (n_records < 50 && (payload = ring_peek(ring, &n_bytes))) {
        size_t n_words = stress_words(*next);

        *n_wrong += n_bytes != n_words * sizeof(*payload);
        for (size_t i = 0; i < n_words && !*n_wrong; i++)
            *n_wrong += payload[i] != *next;
        *next += step;
        n_records++;
    }
    ring_release(ring);
    return n_records;
}

static void two_threads_over(size_t n_rings)
{
    static alignas(CACHELINE_BYTES) uint8_t memory[N_STRESS_RINGS][STRESS_RING_BYTES];
    static struct ring rings[N_STRESS_RINGS];
    struct park consumer = {0};
    struct park producer = {0};
    struct stress stress = {.rings = rings, .n_rings = n_rings};
    uint64_t next[N_STRESS_RINGS];
    uint64_t n_records = 0;
    uint64_t n_wrong = 0;
    pthread_t thread;

    for (size_t i = 0; i < n_rings; i++) {
        ring_init(&rings[i], memory[i], STRESS_RING_BYTES, &consumer, &producer);
        next[i] = i;
    }
    assert_int_equal(pthread_create(&thread, NULL, produce, &stress), 0);
    while (n_records < N_STRESS_RECORDS && !n_wrong) {
        (void)park_wait(&consumer, any_is_readable, &stress, FOREVER_NS);
        for (size_t i = 0; i < n_rings; i++)
            n_records += drain(&rings[i], &next[i], n_rings, &n_wrong);
    }
    assert_int_equal(n_wrong, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(n_records, N_STRESS_RECORDS);
}

static void two_threads_keep_every_record_in_order(void **state)
{
    (void)state;
    two_threads_over(1);
}

static void one_consumer_sleeps_on_three_rings(void **state)
{
    (void)state;
    two_threads_over(N_STRESS_RINGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_seen_after_publish_and_not_before),
        cmocka_unit_test(a_commit_may_keep_less_than_was_reserved),
        cmocka_unit_test(a_dropped_reservation_leaves_no_trace),
        cmocka_unit_test(records_survive_the_wrap_at_every_offset),
        cmocka_unit_test(straight_records_overwrite_nothing_that_was_not_released),
        cmocka_unit_test(a_full_ring_refuses_until_released),
        cmocka_unit_test(the_largest_record_fits_an_empty_ring_anywhere),
        cmocka_unit_test(waiting_times_out_on_an_idle_ring),
        cmocka_unit_test(two_threads_keep_every_record_in_order),
        cmocka_unit_test(one_consumer_sleeps_on_three_rings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
