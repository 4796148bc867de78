/* SPDX-License-Identifier: BSD-2-Clause */
/* See packet_keeper.h. */
#include "app/packet_keeper.h"

#include <errno.h>
#include <stdlib.h>

#include "app/frame_key.h"
#include "app/packet_store.h"
#include "base/arena.h"

#define RELEASE_PKTS 256 /* the capture gets its room back after so many */

struct packet_keeper {
    struct arena arena;
    struct packet_store store;
    struct ring *tap;
    const struct capture *capture;
};

int packet_keeper_open(struct packet_keeper **keeper, uint64_t memory_bytes, struct err *err)
{
    struct packet_keeper *opened = calloc(1, sizeof(*opened));
    int code;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    code = arena_map(&opened->arena, arena_cost_bytes(memory_bytes), NULL, err);
    if (code) {
        free(opened);
        return code;
    }
    packet_store_init(&opened->store, arena_take(&opened->arena, memory_bytes), memory_bytes);
    *keeper = opened;
    return 0;
}

void packet_keeper_attach(struct packet_keeper *keeper, struct ring *tap,
                          const struct capture *capture)
{
    keeper->tap = tap;
    keeper->capture = capture;
}

void packet_keeper_drain(struct packet_keeper *keeper)
{
    const struct frame *frame;
    unsigned n = 0;
    size_t n_bytes;

    while ((frame = ring_peek(keeper->tap, &n_bytes))) {
        struct flow_key key;

        if (frame_key(frame, frame->bytes, &key))
            packet_store_add(&keeper->store, frame, failed_connection_hash(&key));
        if (++n % RELEASE_PKTS == 0)
            ring_release(keeper->tap);
    }
    ring_release(keeper->tap);
}

bool packet_keeper_is_incomplete(const struct packet_keeper *keeper,
                                 const struct failed_connection *connection)
{
    return connection->first < keeper->store.oldest_ordinal;
}

int packet_keeper_each(struct packet_keeper *keeper, const struct failed_connection *connection,
                       packet_keeper_fn take, void *ctx, struct err *err)
{
    const struct stored_packet *stored;
    int code = 0;

    packet_keeper_drain(keeper);
    stored = packet_store_find(&keeper->store, failed_connection_hash(&connection->key),
                               connection->first, connection->last);
    for (; stored && !code; stored = stored->after) {
        const struct frame *frame = stored_frame(stored);
        struct flow_key key;

        if (frame_key(frame, frame->bytes, &key) && flow_key_equal(&key, &connection->key))
            code = take(ctx, keeper->capture, frame, err);
    }
    return code < 0 ? code : 0;
}

void packet_keeper_close(struct packet_keeper *keeper)
{
    if (!keeper)
        return;
    arena_unmap(&keeper->arena);
    free(keeper);
}
