/* SPDX-License-Identifier: BSD-2-Clause */
/* See worker.h. */
#include "app/worker.h"

#include "capture/frame.h"

/* Frames worked on before they are given back. */
#define BATCH_FRAMES 256
/* Of them, at most so many before the judge gets the notes. */
#define PUBLISH_BATCHES 16
/* Packets whose flows are fetched from memory together; and how many before its turn the trail. */
#define BATCH_PKTS 32
#define TRAIL_AHEAD_PKTS 4
#define WAIT_NS (100 * NS_PER_MS)

static struct flow_note *note_reserve(void *ctx, size_t n_bytes)
{
    struct worker *worker = ctx;
    struct flow_note *note;

    while (!(note = ring_reserve(worker->notes, n_bytes))) {
        if (worker->on_full) {
            ring_publish(worker->notes);
            worker->on_full(worker->on_full_ctx);
        } else {
            (void)ring_wait_room(worker->notes, WAIT_NS);
        }
    }
    return note;
}

static void note_commit(void *ctx, size_t n_bytes)
{
    struct worker *worker = ctx;

    ring_commit(worker->notes, n_bytes);
}

struct note_outlet worker_outlet(struct worker *worker)
{
    return (struct note_outlet){.ctx = worker, .reserve = note_reserve, .commit = note_commit};
}

/* Decoded packets that wait for their flows. */
struct batch {
    struct packet packet[BATCH_PKTS];
    struct tracker_aim aim[BATCH_PKTS];
    unsigned n;
};

static void batch_flush(struct worker *worker, struct batch *batch)
{
    struct tracker *tracker = &worker->tracker;

    for (unsigned i = 0; i < batch->n; i++)
        tracker_fetch_flow(tracker, &batch->aim[i]);
    for (unsigned i = 0; i < batch->n; i++) {
        if (i + TRAIL_AHEAD_PKTS < batch->n)
            tracker_fetch_trail(tracker, &batch->aim[i + TRAIL_AHEAD_PKTS]);
        tracker_packet_aimed(tracker, &batch->packet[i], &batch->aim[i]);
    }
    batch->n = 0;
}

/* The last packet of the batch, of the frame, is complete. */
static void batch_add(struct worker *worker, struct batch *batch, const struct frame *frame)
{
    struct packet *packet = &batch->packet[batch->n];

    packet->ts_ns = frame->ts_ns;
    packet->ordinal = frame->ordinal;
    packet->source = frame->source;
    tracker_aim(&worker->tracker, packet, &batch->aim[batch->n]);
    batch->n++;
}

/* What is put together here shares its memory with the next one: it cannot wait. */
static enum decode_result work_fragment(struct worker *worker, struct batch *batch,
                                        const struct frame *frame)
{
    enum decode_result result;

    batch_flush(worker, batch);
    result =
        reassembly_frame(&worker->reassembly, frame->linktype, frame->bytes, frame->captured_bytes,
                         frame->wire_bytes, frame->ts_ns, &batch->packet[0]);
    if (result == DECODE_OK) {
        batch_add(worker, batch, frame);
        batch_flush(worker, batch);
    }
    return result;
}

static void work_packet(struct worker *worker, struct batch *batch, const struct frame *frame)
{
    struct worker_gauges *gauges = &worker->tracker.gauges;
    enum decode_result result;

    if (counter_read(&worker->first_ordinal) == 0) {
        counter_set(&worker->first_ns, (uint64_t)frame->ts_ns);
        counter_set(&worker->first_ordinal, frame->ordinal);
    }
    if (frame->ts_ns > (int64_t)counter_read(&worker->last_ns))
        counter_set(&worker->last_ns, (uint64_t)frame->ts_ns);
    gauges->n_pkts++;
    gauges->wire_bytes += frame->wire_bytes;
    if (frame->captured_bytes < frame->wire_bytes)
        gauges->n_truncated++;
    result = decode_frame(frame->linktype, frame->bytes, frame->captured_bytes, frame->wire_bytes,
                          &batch->packet[batch->n]);
    if (result == DECODE_OK)
        batch_add(worker, batch, frame);
    else if (result == DECODE_FRAGMENT)
        result = work_fragment(worker, batch, frame);
    counter_add(&worker->decoded[result], 1);
    if (result == DECODE_MALFORMED || result == DECODE_TUNNEL_DEPTH)
        gauges->n_malformed++;
    if (batch->n == BATCH_PKTS)
        batch_flush(worker, batch);
}

static bool work_frame(struct worker *worker, struct batch *batch, const struct frame *frame)
{
    if (frame->kind != FRAME_PACKET)
        batch_flush(worker, batch);
    switch ((enum frame_kind)frame->kind) {
    case FRAME_PACKET:
        work_packet(worker, batch, frame);
        break;
    case FRAME_TICK:
        tracker_tick(&worker->tracker, frame->ordinal, frame->ts_ns);
        break;
    case FRAME_LOSS:
    case FRAME_SHED:
        tracker_loss(&worker->tracker, frame->ts_ns, frame->kind == FRAME_SHED);
        break;
    case FRAME_END:
        tracker_finish(&worker->tracker, frame->ordinal, frame->ts_ns);
        return false;
    case FRAME_KIND_COUNT:
        break;
    }
    return true;
}

bool worker_step(struct worker *worker)
{
    const struct frame *frame;
    bool goes_on = true;
    struct batch batch;
    size_t n_bytes;

    batch.n = 0;
    for (unsigned i = 0; i < BATCH_FRAMES && goes_on; i++) {
        frame = ring_peek(worker->frames, &n_bytes);
        if (!frame)
            break;
        goes_on = work_frame(worker, &batch, frame);
    }
    batch_flush(worker, &batch);
    ring_release(worker->frames);
    /* While there is more to do the judge is left asleep: waking it costs more than a batch. */
    if (!goes_on || ++worker->n_unpublished == PUBLISH_BATCHES ||
        !ring_is_readable(worker->frames)) {
        ring_publish(worker->notes);
        worker->n_unpublished = 0;
    }
    return goes_on;
}

void worker_run(struct worker *worker)
{
    while (worker_step(worker))
        (void)ring_wait_readable(worker->frames, WAIT_NS);
}
