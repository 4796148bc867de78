/* SPDX-License-Identifier: BSD-2-Clause */
/* See feed.h. */
#include "capture/feed.h"

#include <assert.h>
#include <string.h>

static uint64_t high_water_bytes(const struct ring *ring)
{
    return ring->size_bytes / FEED_HIGH_WATER_DENOMINATOR * FEED_HIGH_WATER_NUMERATOR;
}

void feed_init(struct feed *feed, const struct capture_outputs *outputs,
               struct capture_counters *counters, struct capture_source *sources, bool is_live)
{
    assert(outputs->n_outputs >= 1 && outputs->n_outputs <= CAPTURE_MAX_OUTPUTS);
    assert(outputs->n_outputs == 1 || outputs->shard_of);
    *feed = (struct feed){
        .n_outputs = outputs->n_outputs,
        .tap = outputs->tap,
        .shard_of = outputs->shard_of,
        .shard_ctx = outputs->shard_ctx,
        .count = {.counters = counters, .sources = sources},
        .snap_bytes = FRAME_MAX_BYTES,
        .is_live = is_live,
        .ordinal_step = 1,
        .tick_ns = -1,
        .plain_until_ns = INT64_MIN,
    };
    for (size_t i = 0; i < feed->n_outputs; i++) {
        struct ring *ring = outputs->outputs[i].ring;

        assert(ring->size_bytes >= CAPTURE_MIN_RING_BYTES);
        feed->outputs[i] = (struct feed_output){
            .ring = ring,
            .high_water_bytes = high_water_bytes(ring),
            .tick_ns = -1,
        };
    }
}

void feed_publish(struct feed *feed)
{
    pktcount_store(&feed->count);
    /* First: what a verdict rests on can be read there when the verdict comes. */
    if (feed->tap)
        ring_publish(feed->tap);
    for (size_t i = 0; i < feed->n_outputs; i++)
        ring_publish(feed->outputs[i].ring);
}

static struct frame *reserve(struct feed *feed, struct ring *ring, uint32_t captured_bytes)
{
    struct frame *frame = ring_reserve(ring, frame_size_bytes(captured_bytes));

    if (!frame)
        feed->full_ring = ring;
    return frame;
}

/* A frame without bytes; false when the ring is full. */
static bool put_word(struct feed *feed, struct ring *ring, const struct frame *word)
{
    struct frame *frame = reserve(feed, ring, 0);

    if (!frame)
        return false;
    memcpy(frame, word, frame_size_bytes(0));
    ring_commit(ring, frame_size_bytes(0));
    return true;
}

static bool put_gap(struct feed *feed, struct feed_output *output, enum frame_kind kind,
                    uint64_t n_pkts)
{
    const struct frame gap = {
        .ts_ns = feed->now_ns,
        .ordinal = feed->ordinal,
        .wire_bytes = n_pkts < UINT32_MAX ? (uint32_t)n_pkts : UINT32_MAX,
        .kind = (uint8_t)kind,
    };

    return put_word(feed, output->ring, &gap);
}

static bool has_gap(const struct feed_output *output)
{
    return output->has_loss || output->shed_pkts > 0;
}

/* What is missing before the next packet; false when there is no room to tell it. */
static bool put_gaps(struct feed *feed, struct feed_output *output)
{
    if (output->has_loss) {
        if (!put_gap(feed, output, FRAME_LOSS, output->lost_pkts))
            return false;
        output->has_loss = false;
        output->lost_pkts = 0;
    }
    if (output->shed_pkts > 0) {
        if (!put_gap(feed, output, FRAME_SHED, output->shed_pkts))
            return false;
        output->shed_pkts = 0;
    }
    return true;
}

/* Brings every output to the tick of now_ns. A live feed leaves out a tick that finds no room:
 * the next one says the same and more. */
static enum feed_result put_ticks(struct feed *feed)
{
    const struct frame tick = {
        .ts_ns = feed->tick_ns,
        .ordinal = feed->ordinal,
        .kind = FRAME_TICK,
    };

    for (size_t i = 0; i < feed->n_outputs; i++) {
        struct feed_output *output = &feed->outputs[i];

        if (output->tick_ns == feed->tick_ns)
            continue;
        if (put_word(feed, output->ring, &tick))
            output->tick_ns = feed->tick_ns;
        else if (!feed->is_live)
            return FEED_FULL;
    }
    return FEED_DONE;
}

/* The same packet may come again (FEED_FULL) and is still the first to say so. */
static bool is_stray_leap(struct feed *feed, int64_t ts_ns)
{
    bool is_confirmed = feed->leap_ns != 0 && feed->leap_ordinal != feed->ordinal &&
                        ts_ns > feed->leap_ns - FEED_LEAP_NS;

    if (feed->tick_ns < 0 || ts_ns - feed->now_ns < FEED_LEAP_NS || is_confirmed) {
        feed->leap_ns = 0;
        return false;
    }
    feed->leap_ns = ts_ns;
    feed->leap_ordinal = feed->ordinal;
    return true;
}

static int64_t plain_until(const struct feed *feed)
{
    const struct feed_output *output = &feed->outputs[0];
    bool is_plain = feed->n_outputs == 1 && !feed->tap && feed->leap_ns == 0 &&
                    output->tick_ns == feed->tick_ns && !has_gap(output);

    return is_plain ? feed->tick_ns + FRAME_TICK_NS : INT64_MIN;
}

/* Must be repeatable: after FEED_FULL the same time comes again. */
static enum feed_result pass_time(struct feed *feed, int64_t ts_ns)
{
    enum feed_result result = FEED_DONE;

    if (ts_ns > feed->now_ns && !is_stray_leap(feed, ts_ns))
        feed->now_ns = ts_ns;
    if (feed->now_ns - feed->tick_ns >= FRAME_TICK_NS || feed->tick_ns < 0) {
        feed->tick_ns = feed->now_ns / FRAME_TICK_NS * FRAME_TICK_NS;
        counter_add(&feed->count.counters->ticks, 1);
    }
    /* Cheap when there is one output; with more, FEED_FULL may have left some behind. */
    if (feed->outputs[feed->n_outputs - 1].tick_ns != feed->tick_ns)
        result = put_ticks(feed);
    feed->plain_until_ns = plain_until(feed);
    return result;
}

/* What is kept to the last and still finds no room is a loss like any other. */
static void shed_packet(struct feed *feed, struct feed_output *output, enum shed_kind kind)
{
    counter_add(&feed->count.counters->shed_pkts[kind], 1);
    feed->plain_until_ns = INT64_MIN;
    if (kind != SHED_CONTROL) {
        output->shed_pkts++;
        return;
    }
    output->lost_pkts++;
    output->has_loss = true;
}

static bool is_crowded(const struct feed_output *output)
{
    return ring_is_above(output->ring, output->high_water_bytes);
}

/* Live only: whether the packet must go to leave room for more telling ones. */
static bool is_shed(struct feed *feed, struct feed_output *output, const struct raw_packet *packet,
                    const struct shed *shed)
{
    enum shed_kind kind;

    if (!is_crowded(output))
        return false;
    kind = shed ? shed_classify(shed, packet) : SHED_OTHER;
    if (kind == SHED_CONTROL)
        return false;
    shed_packet(feed, output, kind);
    return true;
}

static uint32_t kept_bytes(const struct feed *feed, const struct raw_packet *packet)
{
    return packet->captured_bytes < feed->snap_bytes ? packet->captured_bytes : feed->snap_bytes;
}

/* All but the bytes, of a packet that is not counted yet. */
static void write_header(const struct feed *feed, struct frame *frame,
                         const struct raw_packet *packet, uint32_t captured_bytes)
{
    frame->ts_ns = packet->ts_ns;
    frame->ordinal = feed->ordinal + feed->ordinal_step;
    frame->captured_bytes = captured_bytes;
    frame->wire_bytes = packet->wire_bytes;
    frame->linktype = packet->linktype;
    frame->source = packet->source;
    frame->kind = FRAME_PACKET;
}

static void count_read(struct feed *feed, const struct raw_packet *packet)
{
    feed->ordinal += feed->ordinal_step;
    pktcount_add(&feed->count, packet);
}

/* Live, of what comes too fast for the tap the telling packets get their copies. */
static bool is_tapped(const struct feed *feed, const struct raw_packet *packet,
                      const struct shed *shed)
{
    if (!feed->is_live || !ring_is_above(feed->tap, high_water_bytes(feed->tap)))
        return true;
    return shed && shed_classify(shed, packet) == SHED_CONTROL;
}

/* False when a file has to wait for room. */
static bool put_copy(struct feed *feed, const struct frame *header, const struct raw_packet *packet,
                     const struct shed *shed)
{
    struct frame *copy = NULL;

    if (is_tapped(feed, packet, shed))
        copy = reserve(feed, feed->tap, header->captured_bytes);

    if (!copy) {
        counter_add(&feed->count.counters->tap_lost_pkts, feed->is_live);
        return feed->is_live;
    }
    memcpy(copy, header, frame_size_bytes(0));
    memcpy(copy->bytes, packet->bytes, header->captured_bytes);
    ring_commit(feed->tap, frame_size_bytes(header->captured_bytes));
    return true;
}

static struct feed_output *output_of(struct feed *feed, const struct frame *header,
                                     const uint8_t *bytes)
{
    uint32_t shard_idx = 0;

    if (feed->n_outputs > 1)
        shard_idx = feed->shard_of(feed->shard_ctx, header, bytes);
    assert(shard_idx < feed->n_outputs);
    return &feed->outputs[shard_idx];
}

/* Where anything may be due, there are several outputs, or a tap. */
static OUT_OF_LINE enum feed_result
feed_with_care(struct feed *feed, const struct raw_packet *packet, const struct shed *shed)
{
    struct feed_output *output;
    struct frame header;
    struct frame *frame;

    if (pass_time(feed, packet->ts_ns) == FEED_FULL)
        return FEED_FULL;
    write_header(feed, &header, packet, kept_bytes(feed, packet));
    output = output_of(feed, &header, packet->bytes);
    if (feed->is_live && is_shed(feed, output, packet, shed)) {
        count_read(feed, packet);
        return FEED_DONE;
    }
    /* Once for all that went before a packet that stays. */
    if (has_gap(output))
        (void)put_gaps(feed, output);
    frame = reserve(feed, output->ring, header.captured_bytes);
    if (!frame && !feed->is_live)
        return FEED_FULL;
    if (frame && feed->tap && !put_copy(feed, &header, packet, shed))
        return FEED_FULL;
    count_read(feed, packet);
    if (!frame) {
        shed_packet(feed, output, shed ? shed_classify(shed, packet) : SHED_OTHER);
        return FEED_DONE;
    }
    memcpy(frame, &header, frame_size_bytes(0));
    memcpy(frame->bytes, packet->bytes, header.captured_bytes);
    ring_commit(output->ring, frame_size_bytes(header.captured_bytes));
    pktcount_add_delivered(&feed->count, packet, header.captured_bytes);
    return FEED_DONE;
}

/* Whether nothing but a lack of room can be in the packet's way. */
static bool is_plain(const struct feed *feed, const struct raw_packet *packet)
{
    const struct feed_output *output = &feed->outputs[0];

    return packet->ts_ns < feed->plain_until_ns && packet->source == feed->count.source &&
           (!feed->is_live || ring_used_at_most(output->ring) <= output->high_water_bytes);
}

enum feed_result feed_packet(struct feed *feed, const struct raw_packet *packet,
                             const struct shed *shed)
{
    uint32_t captured_bytes = kept_bytes(feed, packet);
    struct frame *frame = NULL;

    if (is_plain(feed, packet))
        frame = ring_append_straight(feed->outputs[0].ring, frame_size_bytes(captured_bytes));
    if (!frame)
        return feed_with_care(feed, packet, shed);
    if (packet->ts_ns > feed->now_ns)
        feed->now_ns = packet->ts_ns;
    write_header(feed, frame, packet, captured_bytes);
    feed->ordinal += feed->ordinal_step;
    pktcount_add_same(&feed->count, packet);
    pktcount_add_delivered(&feed->count, packet, captured_bytes);
    memcpy(frame->bytes, packet->bytes, captured_bytes);
    return FEED_DONE;
}

enum feed_result feed_filtered(struct feed *feed, const struct raw_packet *packet)
{
    if (pass_time(feed, packet->ts_ns) == FEED_FULL)
        return FEED_FULL;
    count_read(feed, packet);
    feed->count.filtered_pkts++;
    return FEED_DONE;
}

bool feed_is_crowded(struct feed *feed)
{
    for (size_t i = 0; i < feed->n_outputs; i++) {
        if (is_crowded(&feed->outputs[i]))
            return true;
    }
    return false;
}

void feed_time(struct feed *feed, int64_t ts_ns)
{
    (void)pass_time(feed, ts_ns);
    for (size_t i = 0; i < feed->n_outputs; i++)
        (void)put_gaps(feed, &feed->outputs[i]);
}

void feed_loss(struct feed *feed, uint64_t n_pkts)
{
    feed->plain_until_ns = INT64_MIN;
    for (size_t i = 0; i < feed->n_outputs; i++) {
        feed->outputs[i].lost_pkts += n_pkts;
        feed->outputs[i].has_loss = true;
        (void)put_gaps(feed, &feed->outputs[i]);
    }
}

enum feed_result feed_end(struct feed *feed)
{
    const struct frame end = {
        .ts_ns = feed->now_ns,
        .ordinal = feed->ordinal,
        .kind = FRAME_END,
    };

    for (size_t i = 0; i < feed->n_outputs; i++) {
        struct feed_output *output = &feed->outputs[i];

        if (output->has_end)
            continue;
        if (!put_gaps(feed, output))
            return FEED_FULL;
        if (!put_word(feed, output->ring, &end))
            return FEED_FULL;
        output->has_end = true;
    }
    feed_publish(feed);
    return FEED_DONE;
}
