/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "flowtable/stream.h"
#include "random.h"

#define N_PIECES 24
#define ISN 0xfffffff0u /* the stream runs over 2^32 */

/* A client's side: a ClientHello of four bytes, a handshake record, an alert 70. Records of 4, 6
 * and 2 bytes behind 5 of header. */
static const uint8_t hello[] = {22, 3, 1, 0, 4, 1, 0,  0, 0, 22, 3, 3, 0, 6,
                                1,  2, 3, 4, 5, 6, 21, 3, 3, 0,  2, 2, 70};

#define HELLO_BYTES ((uint32_t)sizeof(hello))

struct fixture {
    struct arena arena;
    struct stream_pool pool;
    struct stream stream;
    uint64_t frame;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    const struct stream_start start[SIDE_COUNT] = {{.is_known = true, .seq = ISN}, {0}};
    struct err err;

    memset(&fixture, 0, sizeof(fixture));
    assert_int_equal(arena_map(&fixture.arena, stream_pool_cost_bytes(N_PIECES), NULL, &err), 0);
    assert_int_equal(stream_pool_create(&fixture.pool, &fixture.arena, N_PIECES), 0);
    stream_begin(&fixture.stream, 443, start);
    *state = &fixture;
    return 0;
}

static uint32_t count_free(const struct stream_pool *pool)
{
    uint32_t n = 0;

    for (uint32_t i = pool->free_head; i != STREAM_PIECE_NONE; i = pool->pieces[i].next)
        n++;
    return n;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    stream_end(&fixture->pool, &fixture->stream);
    stream_end(&fixture->pool, &fixture->stream);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
    arena_unmap(&fixture->arena);
    return 0;
}

/* Bytes [from, to) of the hello, `missing` of them behind the snap length. */
static void send_cut(struct fixture *fixture, uint32_t from, uint32_t to, uint32_t missing)
{
    struct stream_segment segment = {
        .side = SIDE_CLIENT,
        .seq = ISN + from,
        .wire_bytes = to - from,
        .captured_bytes = to - from - missing,
        .bytes = hello + from,
        .frame = ++fixture->frame,
        .ts_ns = (int64_t)fixture->frame * NS_PER_MS,
    };

    stream_take(&fixture->pool, &fixture->stream, &segment);
}

static void send(struct fixture *fixture, uint32_t from, uint32_t to)
{
    send_cut(fixture, from, to, 0);
}

static const struct tls_side *client(const struct fixture *fixture)
{
    assert_int_equal(fixture->stream.speech.kind, READER_TLS);
    return &fixture->stream.speech.tls.side[SIDE_CLIENT];
}

static void check_whole(const struct fixture *fixture, uint64_t alert_frame)
{
    assert_int_equal(client(fixture)->n_records, 3);
    assert_int_equal(client(fixture)->alert_code, 70);
    assert_int_equal(client(fixture)->alert.frame, alert_frame);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], 0);
}

static void bytes_in_one_segment_are_read(void **state)
{
    send(*state, 0, HELLO_BYTES);
    check_whole(*state, 1);
}

static void bytes_one_by_one_are_read(void **state)
{
    for (uint32_t i = 0; i < HELLO_BYTES; i++)
        send(*state, i, i + 1);
    check_whole(*state, HELLO_BYTES);
}

static void a_segment_that_comes_early_waits_for_those_before_it(void **state)
{
    send(*state, 20, HELLO_BYTES);
    send(*state, 7, 20);
    send(*state, 0, 7);
    check_whole(*state, 1);
}

static void copies_and_overlaps_are_read_once(void **state)
{
    send(*state, 0, 12);
    send(*state, 0, 12);
    send(*state, 14, 22);
    send(*state, 14, 22);
    send(*state, 15, 20);
    send(*state, 5, 25);
    send(*state, 20, HELLO_BYTES);
    send(*state, 0, HELLO_BYTES);
    check_whole(*state, 7);
}

/* Cuts, shuffles within a window, repeats: what is read does not depend on it. */
static void any_order_gives_the_same_facts(void **state)
{
    struct random random = {.state = 7};

    for (unsigned round = 0; round < 500; round++) {
        uint32_t from[8], to[8], n = 2 + random_below(&random, 6);

        for (uint32_t i = 0; i < n; i++) {
            from[i] = i * HELLO_BYTES / n;
            to[i] = (i + 1) * HELLO_BYTES / n + random_below(&random, 3);
            to[i] = to[i] > HELLO_BYTES ? HELLO_BYTES : to[i];
        }
        for (uint32_t i = n - 1; i > 0; i--) {
            uint32_t j = random_below(&random, i + 1), a = from[i], b = to[i];

            from[i] = from[j];
            to[i] = to[j];
            from[j] = a;
            to[j] = b;
        }
        tear_down(state);
        set_up(state);
        for (uint32_t i = 0; i < n; i++) {
            send(*state, from[i], to[i]);
            if (random_below(&random, 3) == 0)
                send(*state, from[i], to[i]);
        }
        assert_int_equal(client(*state)->n_records, 3);
        assert_int_equal(client(*state)->alert_code, 70);
    }
}

static void a_hole_that_was_acknowledged_ends_the_side(void **state)
{
    struct fixture *fixture = *state;

    send(fixture, 0, 9);
    send(fixture, 20, 24);
    /* Acknowledged at once: the capture may have it out of order. */
    stream_acked(&fixture->pool, &fixture->stream, SIDE_CLIENT, ISN + 24, 3 * NS_PER_MS);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], 0);
    /* What is acknowledged lies before the hole. */
    stream_acked(&fixture->pool, &fixture->stream, SIDE_CLIENT, ISN + 9, NS_PER_S);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], 0);
    stream_acked(&fixture->pool, &fixture->stream, SIDE_CLIENT, ISN + 24, NS_PER_S);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_GAP);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
    send(fixture, 9, HELLO_BYTES);
    assert_int_equal(client(fixture)->n_records, 1);
}

static void a_hole_at_the_end_is_said(void **state)
{
    struct fixture *fixture = *state;

    send(fixture, 0, 9);
    send(fixture, 20, HELLO_BYTES);
    stream_end(&fixture->pool, &fixture->stream);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_GAP);
    assert_int_equal(client(fixture)->n_records, 1);
}

static void a_segment_cut_by_the_snap_length_is_read_as_far_as_it_goes(void **state)
{
    struct fixture *fixture = *state;

    send_cut(fixture, 0, HELLO_BYTES, 7);
    send(fixture, 0, HELLO_BYTES);
    assert_int_equal(client(fixture)->n_records, 2);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_CUT);
}

/* A ClientHello, ChangeCipherSpec, 9 bytes of a handshake record that is encrypted, an alert 70. */
static const uint8_t sealed[] = {22, 3, 1, 0, 4, 1, 0, 0, 0, 20, 3, 3,  0, 1, 1, 22, 3, 3,
                                 0,  9, 1, 2, 3, 4, 5, 6, 7, 8,  9, 21, 3, 3, 0, 2,  2, 70};

static void bytes_that_are_not_looked_at_may_be_missing(void **state)
{
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_CLIENT,
                                     .seq = ISN,
                                     .wire_bytes = 29,
                                     .captured_bytes = 22,
                                     .bytes = sealed,
                                     .frame = 1};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], 0);
    assert_int_equal(client(fixture)->n_records, 3);
    segment = (struct stream_segment){.side = SIDE_CLIENT,
                                      .seq = ISN + 29,
                                      .wire_bytes = 7,
                                      .captured_bytes = 7,
                                      .bytes = sealed + 29,
                                      .frame = 2};
    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(client(fixture)->alert_code, 70);
}

/* The same bytes, of which the capture has neither segment's middle. */
static void a_hole_that_nobody_looks_at_is_passed_over(void **state)
{
    struct fixture *fixture = *state;
    struct stream_segment first = {.side = SIDE_CLIENT,
                                   .seq = ISN,
                                   .wire_bytes = 22,
                                   .captured_bytes = 22,
                                   .bytes = sealed,
                                   .frame = 1};
    struct stream_segment second = {.side = SIDE_CLIENT,
                                    .seq = ISN + 26,
                                    .wire_bytes = 10,
                                    .captured_bytes = 10,
                                    .bytes = sealed + 26,
                                    .frame = 2};

    stream_take(&fixture->pool, &fixture->stream, &first);
    stream_take(&fixture->pool, &fixture->stream, &second);
    assert_int_equal(client(fixture)->n_records, 2);
    stream_acked(&fixture->pool, &fixture->stream, SIDE_CLIENT, ISN + 36, NS_PER_S);
    assert_int_equal(client(fixture)->n_records, 4);
    assert_int_equal(client(fixture)->alert_code, 70);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], 0);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
}

/* Segments of one byte, each behind another hole. */
static void one_side_holds_so_many_pieces_and_no_more(void **state)
{
    struct fixture *fixture = *state;

    for (uint32_t i = 0; i < STREAM_SIDE_PIECES_MAX; i++)
        send(fixture, 2 + 2 * i, 3 + 2 * i);
    assert_int_equal(count_free(&fixture->pool), N_PIECES - STREAM_SIDE_PIECES_MAX);
    assert_int_equal(fixture->pool.n_unread, 0);
    send(fixture, HELLO_BYTES - 2, HELLO_BYTES);
    assert_int_equal(fixture->pool.n_unread, 1);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_NO_ROOM);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
}

static void a_pool_that_is_empty_ends_the_side(void **state)
{
    struct fixture *fixture = *state;

    fixture->pool.free_head = STREAM_PIECE_NONE;
    send(fixture, 5, HELLO_BYTES);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_NO_ROOM);
    stream_end(&fixture->pool, &fixture->stream);
    fixture->pool.free_head = 0;
}

/* A frame put together by the card is held in several pieces. */
static void a_long_segment_is_held_whole(void **state)
{
    static uint8_t bytes[4000];
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_CLIENT,
                                     .seq = ISN + 5,
                                     .wire_bytes = sizeof(bytes),
                                     .captured_bytes = sizeof(bytes),
                                     .bytes = bytes,
                                     .frame = 9};
    struct stream_segment first = {.side = SIDE_CLIENT,
                                   .seq = ISN,
                                   .wire_bytes = 5,
                                   .captured_bytes = 5,
                                   .bytes = (const uint8_t[]){22, 3, 1, 4000 >> 8, 4000 & 0xff},
                                   .frame = 10};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(count_free(&fixture->pool), N_PIECES - 3);
    stream_take(&fixture->pool, &fixture->stream, &first);
    assert_int_equal(client(fixture)->n_records, 1);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
}

static void words_that_nobody_reads_end_the_stream(void **state)
{
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_CLIENT,
                                     .seq = ISN,
                                     .wire_bytes = 4,
                                     .captured_bytes = 4,
                                     .bytes = (const uint8_t *)"xyzw"};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_true(fixture->stream.is_reading); /* the other side may tell */
    segment.side = SIDE_SERVER;
    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_false(fixture->stream.is_reading);
    assert_int_equal(fixture->stream.speech.kind, READER_NONE);
}

static void reading_ends_at_the_readers_limit(void **state)
{
    static uint8_t bytes[1 << 16];
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_CLIENT,
                                     .seq = ISN,
                                     .wire_bytes = HELLO_BYTES,
                                     .captured_bytes = HELLO_BYTES,
                                     .bytes = hello};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    /* Records of 5 bytes of header and 11. */
    for (size_t i = 0; i < sizeof(bytes); i += 16)
        memcpy(bytes + i, (const uint8_t[]){23, 3, 3, 0, 11}, 5);
    segment.seq += HELLO_BYTES;
    segment.wire_bytes = segment.captured_bytes = sizeof(bytes);
    segment.bytes = bytes;
    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(fixture->stream.speech.bits[SIDE_CLIENT], SPEECH_TOO_LONG);
    assert_int_equal(client(fixture)->n_records,
                     3 + (reader_of_kind(READER_TLS)->limit_bytes - HELLO_BYTES) / 16);
}

static void an_unknown_start_is_at_the_first_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_SERVER,
                                     .seq = 12345,
                                     .wire_bytes = HELLO_BYTES,
                                     .captured_bytes = HELLO_BYTES,
                                     .bytes = hello};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(fixture->stream.speech.tls.side[SIDE_SERVER].n_records, 3);
}

static void bytes_far_outside_any_window_are_ignored(void **state)
{
    struct fixture *fixture = *state;
    struct stream_segment segment = {.side = SIDE_CLIENT,
                                     .seq = ISN + 0x60000000,
                                     .wire_bytes = HELLO_BYTES,
                                     .captured_bytes = HELLO_BYTES,
                                     .bytes = hello};

    stream_take(&fixture->pool, &fixture->stream, &segment);
    assert_int_equal(count_free(&fixture->pool), N_PIECES);
    send(fixture, 0, HELLO_BYTES);
    assert_int_equal(client(fixture)->n_records, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_in_one_segment_are_read),
        TEST(bytes_one_by_one_are_read),
        TEST(a_segment_that_comes_early_waits_for_those_before_it),
        TEST(copies_and_overlaps_are_read_once),
        TEST(any_order_gives_the_same_facts),
        TEST(a_hole_that_was_acknowledged_ends_the_side),
        TEST(a_hole_at_the_end_is_said),
        TEST(a_segment_cut_by_the_snap_length_is_read_as_far_as_it_goes),
        TEST(bytes_that_are_not_looked_at_may_be_missing),
        TEST(a_hole_that_nobody_looks_at_is_passed_over),
        TEST(one_side_holds_so_many_pieces_and_no_more),
        TEST(a_pool_that_is_empty_ends_the_side),
        TEST(a_long_segment_is_held_whole),
        TEST(words_that_nobody_reads_end_the_stream),
        TEST(reading_ends_at_the_readers_limit),
        TEST(an_unknown_start_is_at_the_first_bytes),
        TEST(bytes_far_outside_any_window_are_ignored),
    };

    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
