/* SPDX-License-Identifier: BSD-2-Clause */
/* See worker.h. */
#include "app/worker.h"

#include "capture/frame.h"

/* Frames worked on before notes are published and frames given back. */
#define BATCH_FRAMES 256
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

static void work_packet(struct worker *worker, const struct frame *frame)
{
    struct worker_gauges *gauges = &worker->tracker.gauges;
    enum decode_result result;
    struct packet packet;

    if (counter_read(&worker->first_ordinal) == 0) {
        counter_set(&worker->first_ns, (uint64_t)frame->ts_ns);
        counter_set(&worker->first_ordinal, frame->ordinal);
    }
    if (frame->ts_ns > (int64_t)counter_read(&worker->last_ns))
        counter_set(&worker->last_ns, (uint64_t)frame->ts_ns);
    if (frame->captured_bytes < frame->wire_bytes)
        gauges->n_truncated++;
    result = decode_frame(frame->linktype, frame->bytes, frame->captured_bytes, frame->wire_bytes,
                          &packet);
    if (result == DECODE_FRAGMENT)
        result = reassembly_frame(&worker->reassembly, frame->linktype, frame->bytes,
                                  frame->captured_bytes, frame->wire_bytes, frame->ts_ns, &packet);
    counter_add(&worker->decoded[result], 1);
    if (result == DECODE_MALFORMED || result == DECODE_TUNNEL_DEPTH)
        gauges->n_malformed++;
    if (result != DECODE_OK)
        return;
    packet.ts_ns = frame->ts_ns;
    packet.ordinal = frame->ordinal;
    packet.source = frame->source;
    tracker_packet(&worker->tracker, &packet);
}

static bool work_frame(struct worker *worker, const struct frame *frame)
{
    switch ((enum frame_kind)frame->kind) {
    case FRAME_PACKET:
        work_packet(worker, frame);
        break;
    case FRAME_TICK:
        tracker_tick(&worker->tracker, frame->ordinal, frame->ts_ns);
        break;
    case FRAME_LOSS:
        tracker_loss(&worker->tracker, frame->ts_ns, false);
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
    size_t n_bytes;

    for (unsigned i = 0; i < BATCH_FRAMES && goes_on; i++) {
        frame = ring_peek(worker->frames, &n_bytes);
        if (!frame)
            break;
        goes_on = work_frame(worker, frame);
    }
    ring_release(worker->frames);
    ring_publish(worker->notes);
    return goes_on;
}

void worker_run(struct worker *worker)
{
    while (worker_step(worker))
        (void)ring_wait_readable(worker->frames, WAIT_NS);
}
