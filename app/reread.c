/* SPDX-License-Identifier: BSD-2-Clause */
/* See reread.h. */
#include "app/reread.h"

#include <errno.h>

#include "base/arena.h"
#include "base/ring.h"

#define RING_BYTES (UINT64_C(4) << 20)

static int take_all(struct capture *capture, struct ring *ring, reread_fn take, void *ctx,
                    struct err *err)
{
    enum capture_step step = CAPTURE_STEP_MORE;
    int code = 0;

    while (step != CAPTURE_STEP_END && !code) {
        const struct frame *frame;
        size_t n_bytes;

        step = capture_step(capture, 0);
        while (!code && (frame = ring_peek(ring, &n_bytes))) {
            if (frame->kind == FRAME_PACKET)
                code = take(ctx, capture, frame, err);
        }
        ring_release(ring);
    }
    return code < 0 ? code : 0;
}

int reread(const struct capture_config *config, reread_fn take, void *ctx, struct err *err)
{
    struct ring ring;
    struct capture_output output = {.ring = &ring};
    struct capture_outputs outputs = {.outputs = &output, .n_outputs = 1};
    struct arena arena = {0};
    struct capture *capture = NULL;
    void *memory;
    int code;

    code = arena_map(&arena, capture_memory_bytes(config) + 2 * RING_BYTES, NULL, err);
    if (!code)
        code = capture_open(config, &arena, &capture, err);
    if (code)
        goto out;
    memory = arena_take(&arena, RING_BYTES);
    if (!memory) {
        code = err_set(err, -ENOMEM, "out of memory");
        goto out;
    }
    ring_init(&ring, memory, RING_BYTES, NULL, NULL);
    capture_attach(capture, &outputs);
    code = take_all(capture, &ring, take, ctx, err);
out:
    capture_close(capture);
    if (arena.at)
        arena_unmap(&arena);
    return code;
}
