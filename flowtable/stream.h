/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning of a connection's two byte streams, put in order and handed to a protocol reader.
 * Private to flowtable/; one worker owns it; nothing allocates.
 *
 * Theory of operation: bytes that are next in order go to the reader straight from the packet. Only
 * what comes too early is copied, into pieces of a pool, until the bytes before it have come. What
 * was read once is not read again, so of overlapping segments the first to come wins. A hole is
 * given up, and its side's reading with it, when the receiver has acknowledged what lies behind it
 * (so it had the bytes and the capture has not), or when there is no room to hold more.
 *
 * Each trail has a stream beside it that lies idle until the connection's first words are those of
 * a known protocol: plain connections pay for one look at the first payload of each side.
 */
#ifndef FLOWTABLE_STREAM_H
#define FLOWTABLE_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "decode/payload.h"
#include "flowtable/reader.h"
#include "flowtable/speech.h"

#define STREAM_PIECE_NONE UINT32_MAX

/* A segment of a full Ethernet frame fits in one. */
#define STREAM_PIECE_DATA_BYTES 1512

/* Of one side, so that one connection cannot have them all; a first flight of ten segments that
 * lacks its first fits (RFC 6928). */
#define STREAM_SIDE_PIECES_MAX 10

/* A capture that orders its packets wrong does so for less than this; an acknowledgment this much
 * later than what it acknowledges is not early (VERDICTS.md 14, trap 6). */
#define STREAM_REORDER_NS INT64_C(10000000)

struct stream_piece {
    uint64_t frame;
    int64_t ts_ns;
    uint32_t seq;
    uint32_t next; /* of the same side, or in the free list */
    uint16_t n_bytes;
    uint8_t bytes[STREAM_PIECE_DATA_BYTES];
};

struct stream_side {
    uint32_t next_seq;
    uint32_t n_read_bytes;
    uint32_t held; /* first piece of a list */
    uint8_t n_held;
    uint8_t n_opening;
    uint8_t first_kind;    /* enum payload_kind; valid with is_opened */
    bool is_started;       /* next_seq is known */
    bool is_opened;        /* its first words are known, and passed on */
    bool is_off;           /* no more of it is read */
    uint8_t proxy_form;    /* enum proxy_form: of the header before its first words */
    uint32_t n_proxy_left; /* bytes of it that are passed over; of a line: at most */
    uint8_t opening[PAYLOAD_OPENING_BYTES];
};

struct stream {
    bool is_reading; /* false: speech is final, nothing is held */
    uint16_t server_port;
    struct stream_side side[SIDE_COUNT];
    struct flow_speech speech;
    union reader_state state;
};

struct stream_pool {
    struct stream_piece *pieces;
    uint32_t free_head, n_pieces;
    uint64_t n_unread; /* streams, or sides of one, that were given up for want of room */
    struct reader_memory memory;
};

/* Where reading of a side begins. */
struct stream_start {
    bool is_known; /* false: at the first bytes that come */
    bool is_late;  /* it has spoken before that */
    uint32_t seq;
};

/* Payload of one packet. */
struct stream_segment {
    enum flow_side side;
    uint32_t seq; /* of the first byte */
    uint32_t wire_bytes;
    uint32_t captured_bytes;
    const uint8_t *bytes;
    uint64_t frame;
    int64_t ts_ns;
};

size_t stream_pool_cost_bytes(uint32_t n_pieces);
int stream_pool_create(struct stream_pool *pool, struct arena *arena, uint32_t n_pieces) MUST_CHECK;

/* `stream` holds nothing: new, or after stream_end(). */
void stream_begin(struct stream *stream, uint16_t server_port,
                  const struct stream_start start[SIDE_COUNT]);

void stream_take(struct stream_pool *pool, struct stream *stream,
                 const struct stream_segment *segment);

/* The other side acknowledged what `side` sent up to `ack`. */
void stream_acked(struct stream_pool *pool, struct stream *stream, enum flow_side side,
                  uint32_t ack, int64_t ts_ns);

/* The connection is over: gives back what is held; speech stays. Twice is harmless. */
void stream_end(struct stream_pool *pool, struct stream *stream);

static inline bool stream_is_holding(const struct stream *stream, enum flow_side side)
{
    return stream->side[side].n_held > 0;
}

#endif
