/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: segments of one connection, in any order, through the stream layer to the
 * protocol readers.
 *
 * Each segment of an input is four bytes (side, sequence number, length) and
 * then as many bytes of payload, or what is left of the input; 0xff as the first byte is an
 * acknowledgment of the sequence number that follows.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/nanotime.h"
#include "flowtable/stream.h"

#define N_PIECES 16
#define ACK 0xff

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_pieces(const struct stream_pool *pool, const struct stream *stream)
{
    uint32_t n_pieces = stream->side[SIDE_CLIENT].n_held + stream->side[SIDE_SERVER].n_held;

    for (uint32_t i = pool->free_head; i != STREAM_PIECE_NONE; i = pool->pieces[i].next)
        n_pieces++;
    assert(n_pieces == pool->n_pieces);
}

static void take(struct stream_pool *pool, struct stream *stream, struct cursor *cursor,
                 uint8_t how, int64_t ts_ns)
{
    uint32_t seq = cursor_u16(cursor);
    uint32_t wire_bytes = cursor_u8(cursor);
    uint32_t captured_bytes = wire_bytes;
    uint8_t *copy;

    if (captured_bytes > cursor_left(cursor))
        captured_bytes = (uint32_t)cursor_left(cursor);
    /* A block of its own, so that one byte read too far is seen. */
    copy = malloc(captured_bytes + 1);
    assert(copy);
    for (uint32_t i = 0; i < captured_bytes; i++)
        copy[i] = cursor_u8(cursor);
    stream_take(pool, stream,
                &(struct stream_segment){.side = how & 1,
                                         .seq = seq,
                                         .wire_bytes = wire_bytes,
                                         .captured_bytes = captured_bytes,
                                         .bytes = copy,
                                         .frame = (uint64_t)ts_ns,
                                         .ts_ns = ts_ns});
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    const struct stream_start start[SIDE_COUNT] = {{.is_known = true}, {0}};
    struct cursor cursor = cursor_over(bytes, n_bytes);
    static struct stream stream;
    struct stream_pool pool;
    struct arena arena;
    struct err err;
    int64_t ts_ns = 0;

    if (arena_map(&arena, stream_pool_cost_bytes(N_PIECES), NULL, &err) ||
        stream_pool_create(&pool, &arena, N_PIECES))
        return 0;
    stream_begin(&stream, 443, start);
    while (cursor_left(&cursor)) {
        uint8_t how = cursor_u8(&cursor);

        ts_ns += NS_PER_MS;
        if (how == ACK)
            stream_acked(&pool, &stream, SIDE_CLIENT, cursor_u16(&cursor), ts_ns);
        else
            take(&pool, &stream, &cursor, how, ts_ns);
        check_pieces(&pool, &stream);
    }
    stream_end(&pool, &stream);
    check_pieces(&pool, &stream);
    arena_unmap(&arena);
    return 0;
}
