/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames in rings: numbers, ticks, shards, full rings, losses, the end. */
#include "capture/feed.h"

#include <stdalign.h>
#include <string.h>

#include "base/nanotime.h"
#include "unit.h"

#define N_RINGS 3
#define START_NS (INT64_C(1700000000) * NS_PER_S)
#define MS(n) (START_NS + (n)*NS_PER_MS)

struct bench {
    struct ring rings[N_RINGS];
    struct capture_output outputs[N_RINGS];
    struct capture_counters counters;
    struct capture_source sources[2];
    struct feed feed;
};

static struct bench bench;
static alignas(CACHELINE_BYTES) uint8_t memory[N_RINGS][CAPTURE_MIN_RING_BYTES];
static const uint8_t zeros[FRAME_MAX_BYTES];

/* The first byte says where the packet goes. */
static uint32_t shard_by_first_byte(void *ctx, const struct frame *frame, const uint8_t *bytes)
{
    assert_ptr_equal(ctx, &bench);
    assert_int_equal(frame->kind, FRAME_PACKET);
    return frame->captured_bytes > 0 ? bytes[0] : 0;
}

static void start(size_t n_rings, bool is_live)
{
    const struct capture_outputs outputs = {.outputs = bench.outputs,
                                            .n_outputs = n_rings,
                                            .shard_of = shard_by_first_byte,
                                            .shard_ctx = &bench};

    memset(&bench, 0, sizeof(bench));
    for (size_t i = 0; i < n_rings; i++) {
        ring_init(&bench.rings[i], memory[i], CAPTURE_MIN_RING_BYTES, NULL, NULL);
        bench.outputs[i].ring = &bench.rings[i];
    }
    feed_init(&bench.feed, &outputs, &bench.counters, bench.sources, is_live);
}

static enum feed_result feed_bytes(int64_t ts_ns, const uint8_t *bytes, uint32_t n_bytes)
{
    const struct raw_packet packet = {
        .ts_ns = ts_ns,
        .bytes = bytes,
        .captured_bytes = n_bytes,
        .wire_bytes = n_bytes + 1,
        .linktype = 113,
        .source = 1,
    };

    return feed_packet(&bench.feed, &packet, NULL);
}

static enum feed_result feed_small(int64_t ts_ns, uint8_t shard_idx)
{
    return feed_bytes(ts_ns, &shard_idx, 1);
}

static uint64_t counted(const struct counter *counter)
{
    feed_publish(&bench.feed);
    return counter_read(counter);
}

static const struct frame *next_frame(size_t ring_idx)
{
    size_t n_bytes;
    const struct frame *frame;

    feed_publish(&bench.feed);
    frame = ring_peek(&bench.rings[ring_idx], &n_bytes);
    if (frame)
        assert_int_equal(n_bytes, frame_size_bytes(frame->captured_bytes));
    return frame;
}

static const struct frame *expect(size_t ring_idx, enum frame_kind kind, int64_t ts_ns,
                                  uint64_t ordinal)
{
    const struct frame *frame = next_frame(ring_idx);

    assert_non_null(frame);
    assert_int_equal(frame->kind, kind);
    assert_int_equal(frame->ts_ns, ts_ns);
    assert_int_equal(frame->ordinal, ordinal);
    return frame;
}

static void expect_nothing(size_t ring_idx)
{
    assert_null(next_frame(ring_idx));
}

static void release(size_t ring_idx)
{
    ring_release(&bench.rings[ring_idx]);
}

static void a_packet_arrives_as_it_was_fed(void **state)
{
    static const uint8_t bytes[] = {0, 1, 2, 3, 4};
    const struct frame *frame;

    (void)state;
    start(1, false);
    assert_int_equal(feed_bytes(MS(50), bytes, sizeof(bytes)), FEED_DONE);
    expect(0, FRAME_TICK, MS(0), 0);
    frame = expect(0, FRAME_PACKET, MS(50), 1);
    assert_int_equal(frame->captured_bytes, sizeof(bytes));
    assert_int_equal(frame->wire_bytes, sizeof(bytes) + 1);
    assert_int_equal(frame->linktype, 113);
    assert_int_equal(frame->source, 1);
    assert_memory_equal(frame->bytes, bytes, sizeof(bytes));
    assert_int_equal(counted(&bench.counters.read_pkts), 1);
    assert_int_equal(counted(&bench.counters.delivered_pkts), 1);
    assert_int_equal(counted(&bench.counters.delivered_wire_bytes), sizeof(bytes) + 1);
    assert_int_equal(counted(&bench.counters.cut_pkts), 1);
    assert_int_equal(counter_read(&bench.counters.ticks), 1);
}

static void a_snap_length_cuts(void **state)
{
    static const uint8_t bytes[] = {0, 1, 2, 3, 4};
    const struct frame *frame;

    (void)state;
    start(1, false);
    bench.feed.snap_bytes = 3;
    (void)feed_bytes(MS(0), bytes, sizeof(bytes));
    expect(0, FRAME_TICK, MS(0), 0);
    frame = expect(0, FRAME_PACKET, MS(0), 1);
    assert_int_equal(frame->captured_bytes, 3);
    assert_int_equal(frame->wire_bytes, sizeof(bytes) + 1);
    assert_memory_equal(frame->bytes, bytes, 3);
}

static void a_tick_comes_before_the_packet_that_passes_it(void **state)
{
    static const struct {
        int64_t at_ms;
        int64_t tick_ms; /* -1 = none */
    } cases[] = {
        {0, 0},        {0, -1},    {99, -1},           {100, 100}, {101, -1}, {350, 300},
        {399, -1},     {400, 400}, {250, -1},          {499, -1},  {10, -1},  {3600000, 3600000},
        {3600099, -1}, {400, -1},  {3600100, 3600100},
    };

    (void)state;
    start(1, false);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        (void)feed_small(MS(cases[i].at_ms), 0);
        if (cases[i].tick_ms >= 0)
            expect(0, FRAME_TICK, MS(cases[i].tick_ms), i);
        expect(0, FRAME_PACKET, MS(cases[i].at_ms), i + 1);
        expect_nothing(0);
    }
}

static void a_tap_gets_a_copy_of_each_packet_and_nothing_else(void **state)
{
    static uint8_t large[100000];
    uint64_t n_lost;

    (void)state;
    for (int is_live = 0; is_live < 2; is_live++) {
        start(2, is_live);
        ring_init(&bench.rings[2], memory[2], CAPTURE_MIN_RING_BYTES, NULL, NULL);
        bench.feed.tap = &bench.rings[2];
        assert_int_equal(feed_small(MS(0), 0), FEED_DONE);
        assert_int_equal(feed_small(MS(1), 1), FEED_DONE);
        expect(2, FRAME_PACKET, MS(0), 1);
        expect(2, FRAME_PACKET, MS(1), 2);
        expect_nothing(2);
        expect(1, FRAME_TICK, MS(0), 0);
        expect(1, FRAME_PACKET, MS(1), 2);
        /* With packets for both outputs it is full first: a file waits, an interface does not. */
        for (unsigned i = 0; i < 10; i++) {
            large[0] = (uint8_t)(i % 2);
            (void)feed_bytes(MS(2), large, sizeof(large));
        }
        n_lost = counter_read(&bench.counters.tap_lost_pkts);
        assert_int_equal(feed_bytes(MS(2), large, sizeof(large)), is_live ? FEED_DONE : FEED_FULL);
        assert_int_equal(counter_read(&bench.counters.tap_lost_pkts) - n_lost, is_live);
        if (!is_live)
            assert_ptr_equal(bench.feed.full_ring, &bench.rings[2]);
    }
}

static void one_packet_from_the_future_moves_no_clock(void **state)
{
    const int64_t far_ns = START_NS + 2 * FEED_LEAP_NS;

    (void)state;
    start(1, false);
    assert_int_equal(feed_small(START_NS, 0), FEED_DONE);
    assert_int_equal(feed_small(far_ns, 0), FEED_DONE);
    assert_int_equal(feed_small(MS(100), 0), FEED_DONE);
    expect(0, FRAME_TICK, START_NS, 0);
    expect(0, FRAME_PACKET, START_NS, 1);
    expect(0, FRAME_PACKET, far_ns, 2);
    expect(0, FRAME_TICK, MS(100), 2);
    expect(0, FRAME_PACKET, MS(100), 3);
    /* Another one later is again the first; the second in a row is believed. */
    assert_int_equal(feed_small(far_ns, 0), FEED_DONE);
    expect(0, FRAME_PACKET, far_ns, 4);
    assert_int_equal(feed_small(far_ns + 1, 0), FEED_DONE);
    expect(0, FRAME_TICK, far_ns, 4);
    expect(0, FRAME_PACKET, far_ns + 1, 5);
}

static void every_ring_gets_every_tick_and_the_end(void **state)
{
    (void)state;
    start(N_RINGS, false);
    (void)feed_small(MS(0), 1);
    (void)feed_small(MS(10), 2);
    (void)feed_small(MS(200), 1);
    assert_int_equal(feed_end(&bench.feed), FEED_DONE);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(0, FRAME_TICK, MS(200), 2);
    expect(0, FRAME_END, MS(200), 3);
    expect(1, FRAME_TICK, MS(0), 0);
    expect(1, FRAME_PACKET, MS(0), 1);
    expect(1, FRAME_TICK, MS(200), 2);
    expect(1, FRAME_PACKET, MS(200), 3);
    expect(1, FRAME_END, MS(200), 3);
    expect(2, FRAME_TICK, MS(0), 0);
    expect(2, FRAME_PACKET, MS(10), 2);
    expect(2, FRAME_TICK, MS(200), 2);
    expect(2, FRAME_END, MS(200), 3);
    for (size_t i = 0; i < N_RINGS; i++)
        expect_nothing(i);
    assert_int_equal(counter_read(&bench.counters.ticks), 2);
}

static void an_empty_capture_is_an_end(void **state)
{
    (void)state;
    start(2, false);
    assert_int_equal(feed_end(&bench.feed), FEED_DONE);
    expect(0, FRAME_END, 0, 0);
    expect(1, FRAME_END, 0, 0);
    assert_int_equal(feed_end(&bench.feed), FEED_DONE); /* not a second time */
    expect_nothing(0);
}

static void what_the_filter_refused_counts_and_moves_time(void **state)
{
    (void)state;
    start(1, false);
    (void)feed_filtered(&bench.feed, &(struct raw_packet){.ts_ns = MS(0)});
    (void)feed_filtered(&bench.feed, &(struct raw_packet){.ts_ns = MS(150)});
    (void)feed_small(MS(160), 0);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(0, FRAME_TICK, MS(100), 1);
    expect(0, FRAME_PACKET, MS(160), 3);
    expect_nothing(0);
    assert_int_equal(counted(&bench.counters.read_pkts), 3);
    assert_int_equal(counted(&bench.counters.filtered_pkts), 2);
    assert_int_equal(counted(&bench.counters.delivered_pkts), 1);
}

/* Fills a ring with large packets, all at one time; returns how many went in. */
static uint64_t fill(uint8_t shard_idx, int64_t ts_ns)
{
    static uint8_t large[100000];
    uint64_t n = 0;

    large[0] = shard_idx;
    while (feed_bytes(ts_ns, large, sizeof(large)) == FEED_DONE)
        n++;
    return n;
}

static void a_waiting_feed_is_repeated_without_a_trace(void **state)
{
    static uint8_t large[100000];
    uint64_t n_filled;

    (void)state;
    start(2, false);
    n_filled = fill(0, MS(0));
    assert_ptr_equal(bench.feed.full_ring, &bench.rings[0]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(feed_bytes(MS(0), large, sizeof(large)), FEED_FULL);
    assert_int_equal(counted(&bench.counters.read_pkts), n_filled);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(0, FRAME_PACKET, MS(0), 1);
    release(0);
    assert_int_equal(feed_bytes(MS(0), large, sizeof(large)), FEED_DONE);
    assert_int_equal(counted(&bench.counters.delivered_pkts), n_filled + 1);
}

/* Ring 1 has no room for the tick: ring 0 has got it, and gets it once however often we try. */
static void a_tick_that_waits_is_written_once_to_each_ring(void **state)
{
    uint64_t n_filled;

    (void)state;
    start(2, false);
    n_filled = fill(1, MS(0));
    while (ring_reserve(&bench.rings[1], frame_size_bytes(0)))
        (void)feed_small(MS(0), 1);
    n_filled = counted(&bench.counters.read_pkts);
    for (int i = 0; i < 5; i++)
        assert_int_equal(feed_small(MS(100), 0), FEED_FULL);
    expect(1, FRAME_TICK, MS(0), 0);
    expect(1, FRAME_PACKET, MS(0), 1);
    release(1);
    assert_int_equal(feed_small(MS(100), 0), FEED_DONE);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(0, FRAME_TICK, MS(100), n_filled);
    expect(0, FRAME_PACKET, MS(100), n_filled + 1);
    expect_nothing(0);
    for (uint64_t i = 2; i <= n_filled; i++)
        expect(1, FRAME_PACKET, MS(0), i);
    expect(1, FRAME_TICK, MS(100), n_filled);
    expect_nothing(1);
    assert_int_equal(counter_read(&bench.counters.ticks), 2);
}

static void the_end_waits_for_room_in_each_ring(void **state)
{
    (void)state;
    start(2, false);
    (void)fill(1, MS(0));
    while (ring_reserve(&bench.rings[1], frame_size_bytes(0)))
        (void)feed_small(MS(0), 1);
    assert_int_equal(feed_end(&bench.feed), FEED_FULL);
    assert_ptr_equal(bench.feed.full_ring, &bench.rings[1]);
    assert_non_null(next_frame(1));
    assert_non_null(next_frame(1));
    release(1);
    assert_int_equal(feed_end(&bench.feed), FEED_DONE);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(0, FRAME_END, MS(0), counted(&bench.counters.read_pkts));
    expect_nothing(0);
}

static const uint8_t syn[] = {
    2,    0,  0, 0,   0, 1, 2,    0, 0,  0, 0, 2, 8,    0,                       /* Ethernet */
    0x45, 0,  0, 40,  0, 0, 0x40, 0, 64, 6, 0, 0, 10,   0,    0, 1, 10, 0, 0, 2, /* IPv4 */
    0,    80, 1, 187, 0, 0, 0,    0, 0,  0, 0, 0, 0x50, 0x02, 1, 0, 0,  0, 0, 0, /* TCP SYN */
};

static void feed_live(const uint8_t *bytes, uint32_t n_bytes, const struct shed *shed)
{
    const struct raw_packet packet = {
        .ts_ns = MS(0),
        .bytes = bytes,
        .captured_bytes = n_bytes,
        .wire_bytes = n_bytes,
        .linktype = 1,
    };

    assert_int_equal(feed_packet(&bench.feed, &packet, shed), FEED_DONE);
}

static uint64_t shed_count(enum shed_kind kind)
{
    return counter_read(&bench.counters.shed_pkts[kind]);
}

static void a_live_feed_sheds_data_first_and_tells_of_it(void **state)
{
    const uint64_t high_water = CAPTURE_MIN_RING_BYTES * 3 / 4;
    struct shed shed;
    uint64_t n_control = 0;
    const struct frame *frame;
    uint64_t n_lost;

    (void)state;
    start(1, true);
    assert_int_equal(shed_open(&shed, 1, NULL), 0);
    for (; !feed_is_crowded(&bench.feed); feed_live(zeros, 1500, &shed))
        assert_int_equal(shed_count(SHED_OTHER), 0);
    assert_in_range(ring_used_at_most(&bench.rings[0]), high_water + 1, high_water + 1600);
    for (int i = 0; i < 10; i++)
        feed_live(zeros, 1500, &shed);
    assert_int_equal(shed_count(SHED_OTHER), 10);
    while (shed_count(SHED_CONTROL) == 0) {
        feed_live(syn, sizeof(syn), &shed);
        n_control++;
    }
    assert_true(n_control > 1000); /* the last quarter is for them */
    n_lost = shed_count(SHED_OTHER) + shed_count(SHED_CONTROL);
    assert_int_equal(counted(&bench.counters.read_pkts),
                     counted(&bench.counters.delivered_pkts) + n_lost);
    /* One shed frame for all that was left out before the first packet that was kept. */
    while ((frame = next_frame(0)) && frame->kind != FRAME_SHED)
        assert_int_not_equal(frame->kind, FRAME_LOSS);
    assert_int_equal(frame ? frame->wire_bytes : 0, 10);
    for (uint64_t i = 0; i < n_control - 1; i++)
        expect(0, FRAME_PACKET, MS(0), counted(&bench.counters.read_pkts) - n_control + i + 1);
    expect_nothing(0);
    release(0);
    /* Its room was gone: this one nobody chose. */
    feed_live(zeros, 60, &shed);
    expect(0, FRAME_LOSS, MS(0), counted(&bench.counters.read_pkts) - 1);
    expect(0, FRAME_PACKET, MS(0), counted(&bench.counters.read_pkts));
    expect_nothing(0);
    shed_close(&shed);
}

static void a_nearly_full_tap_takes_telling_packets_only(void **state)
{
    const struct counter *n_lost = &bench.counters.tap_lost_pkts;
    struct shed shed;

    (void)state;
    start(1, true);
    ring_init(&bench.rings[2], memory[2], CAPTURE_MIN_RING_BYTES, NULL, NULL);
    bench.feed.tap = &bench.rings[2];
    assert_int_equal(shed_open(&shed, 1, NULL), 0);
    for (int i = 0; i < 2000; i++) {
        bool is_data = counter_read(n_lost) == 0;

        feed_live(is_data ? zeros : syn, is_data ? 1500 : sizeof(syn), &shed);
        while (next_frame(0))
            ;
        release(0);
    }
    assert_int_equal(counter_read(n_lost), 1);
    shed_close(&shed);
}

static void a_live_feed_leaves_out_ticks_that_find_no_room(void **state)
{
    void *room;

    (void)state;
    start(1, true);
    while (shed_count(SHED_OTHER) == 0)
        (void)feed_bytes(MS(0), zeros, 100000);
    while ((room = ring_reserve(&bench.rings[0], frame_size_bytes(0)))) {
        memset(room, 0, frame_size_bytes(0));
        ring_commit(&bench.rings[0], frame_size_bytes(0));
    }
    feed_time(&bench.feed, MS(500));
    feed_time(&bench.feed, MS(900));
    feed_publish(&bench.feed);
    while (next_frame(0))
        ;
    release(0);
    feed_time(&bench.feed, MS(1000));
    expect(0, FRAME_TICK, MS(1000), counted(&bench.counters.read_pkts));
    expect(0, FRAME_SHED, MS(1000), counted(&bench.counters.read_pkts));
    expect_nothing(0);
}

static void a_loss_in_the_kernel_is_told_to_every_ring(void **state)
{
    (void)state;
    start(2, true);
    (void)feed_small(MS(0), 1);
    feed_loss(&bench.feed, UINT64_C(1) << 40);
    expect(0, FRAME_TICK, MS(0), 0);
    expect(1, FRAME_TICK, MS(0), 0);
    expect(1, FRAME_PACKET, MS(0), 1);
    for (size_t i = 0; i < 2; i++) {
        const struct frame *frame = next_frame(i);

        assert_int_equal(frame->kind, FRAME_LOSS);
        assert_int_equal(frame->wire_bytes, UINT32_MAX);
        expect_nothing(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_arrives_as_it_was_fed),
        cmocka_unit_test(a_snap_length_cuts),
        cmocka_unit_test(a_tick_comes_before_the_packet_that_passes_it),
        cmocka_unit_test(a_tap_gets_a_copy_of_each_packet_and_nothing_else),
        cmocka_unit_test(a_nearly_full_tap_takes_telling_packets_only),
        cmocka_unit_test(one_packet_from_the_future_moves_no_clock),
        cmocka_unit_test(every_ring_gets_every_tick_and_the_end),
        cmocka_unit_test(an_empty_capture_is_an_end),
        cmocka_unit_test(what_the_filter_refused_counts_and_moves_time),
        cmocka_unit_test(a_waiting_feed_is_repeated_without_a_trace),
        cmocka_unit_test(a_tick_that_waits_is_written_once_to_each_ring),
        cmocka_unit_test(the_end_waits_for_room_in_each_ring),
        cmocka_unit_test(a_live_feed_sheds_data_first_and_tells_of_it),
        cmocka_unit_test(a_live_feed_leaves_out_ticks_that_find_no_room),
        cmocka_unit_test(a_loss_in_the_kernel_is_told_to_every_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
