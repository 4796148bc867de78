/* SPDX-License-Identifier: BSD-2-Clause */
/* The newest packets in a fixed piece of memory. */
#include "app/packet_store.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define MEMORY_BYTES (1u << 20)
#define N_HASHES 50

struct fixture {
    struct packet_store store;
    void *memory;
    struct frame *frame; /* with room for the largest */
};

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->memory = aligned_alloc(16, MEMORY_BYTES);
    fixture->frame = malloc(frame_size_bytes(FRAME_MAX_BYTES));
    assert_non_null(fixture->memory);
    assert_non_null(fixture->frame);
    packet_store_init(&fixture->store, fixture->memory, MEMORY_BYTES);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    free(fixture->memory);
    free(fixture->frame);
    free(fixture);
    return 0;
}

/* Its bytes tell its ordinal. */
static void add(struct fixture *fixture, uint64_t ordinal, uint32_t n_bytes, uint64_t hash)
{
    *fixture->frame = (struct frame){.ordinal = ordinal, .captured_bytes = n_bytes};
    memset(fixture->frame->bytes, (int)(ordinal % 251), n_bytes);
    packet_store_add(&fixture->store, fixture->frame, hash);
}

static void check_bytes(const struct frame *frame, uint32_t n_bytes)
{
    assert_int_equal(frame->captured_bytes, n_bytes);
    for (uint32_t i = 0; i < n_bytes; i++)
        assert_int_equal(frame->bytes[i], frame->ordinal % 251);
}

static void packets_are_found_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_packet *stored;

    for (uint64_t i = 1; i <= 9; i++)
        add(fixture, i, 60, i % 3);
    stored = packet_store_find(&fixture->store, 1, 2, 8);
    assert_int_equal(stored_frame(stored)->ordinal, 4);
    assert_int_equal(stored_frame(stored->after)->ordinal, 7);
    check_bytes(stored_frame(stored->after), 60);
    assert_null(stored->after->after);
    assert_null(packet_store_find(&fixture->store, 1, 5, 6));
    assert_null(packet_store_find(&fixture->store, 99, 1, 9));
}

static void what_shares_a_bucket_is_told_apart(void **state)
{
    struct fixture *fixture = *state;
    const struct stored_packet *stored;

    add(fixture, 1, 60, 5);
    add(fixture, 2, 60, 5 + fixture->store.n_buckets);
    stored = packet_store_find(&fixture->store, 5, 1, 2);
    assert_int_equal(stored_frame(stored)->ordinal, 1);
    assert_null(stored->after);
}

static uint32_t size_of(uint64_t ordinal)
{
    return (uint32_t)(ordinal * 7919 % 1500);
}

/* Round and round, in all sizes: what is kept is the newest, whole, and each is found once. */
static void the_oldest_make_room_for_the_newest(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t n = 20000;
    uint64_t n_found = 0;

    for (uint64_t i = 1; i <= n; i++) {
        uint64_t oldest = fixture->store.oldest_ordinal;

        add(fixture, i, size_of(i), i % N_HASHES);
        assert_true(fixture->store.oldest_ordinal >= oldest);
        assert_true(fixture->store.oldest_ordinal <= i);
    }
    assert_in_range(n - fixture->store.oldest_ordinal, 1000, 2000);
    for (uint64_t hash = 0; hash < N_HASHES; hash++) {
        const struct stored_packet *stored = packet_store_find(&fixture->store, hash, 1, n);
        uint64_t before = 0;

        for (; stored; stored = stored->after, n_found++) {
            const struct frame *frame = stored_frame(stored);

            assert_int_equal(frame->ordinal % N_HASHES, hash);
            assert_true(frame->ordinal > before);
            assert_true(frame->ordinal >= fixture->store.oldest_ordinal);
            check_bytes(frame, size_of(frame->ordinal));
            before = frame->ordinal;
        }
    }
    assert_int_equal(n_found, n + 1 - fixture->store.oldest_ordinal);
}

static void the_largest_frame_has_room(void **state)
{
    struct fixture *fixture = *state;

    for (uint64_t i = 1; i <= 20; i++) {
        const struct stored_packet *stored;

        add(fixture, i, FRAME_MAX_BYTES, 0);
        stored = packet_store_find(&fixture->store, 0, i, i);
        check_bytes(stored_frame(stored), FRAME_MAX_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_are_found_oldest_first, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(what_shares_a_bucket_is_told_apart, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(the_oldest_make_room_for_the_newest, open_fixture,
                                        close_fixture),
        cmocka_unit_test_setup_teardown(the_largest_frame_has_room, open_fixture, close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
