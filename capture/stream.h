/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a file, a pipe or memory, in order, decompressed on the way.
 *
 * Theory of operation: one buffer holds what was read and not yet consumed. stream_peek hands out
 * bytes in place; only when it has too few does it move the rest to the front and read on, so a
 * savefile costs one system call for 256 KiB and no copy but the kernel's. gzip and zstd are
 * recognized by their magic and read through a second buffer.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZLIB_CONST /* its input is const */
#include <zlib.h>

#include "base/compiler.h"
#include "base/counter.h"
#include "base/err.h"

#define STREAM_READ_BYTES (256u << 10)

/* The most stream_peek can be asked for: a packet of FRAME_MAX_BYTES with its headers. */
#define STREAM_MAX_PEEK_BYTES (320u << 10)

/* Decompressed bytes; compressed bytes, which may be a read and a magic cut short by a pipe. */
#define STREAM_BUFFER_BYTES (STREAM_MAX_PEEK_BYTES + STREAM_READ_BYTES)
#define STREAM_PACKED_BYTES (STREAM_READ_BYTES + 64u)
#define STREAM_MEMORY_BYTES (STREAM_BUFFER_BYTES + STREAM_PACKED_BYTES)

enum stream_coding {
    STREAM_PLAIN,
    STREAM_GZIP,
    STREAM_ZSTD,
    STREAM_CODING_COUNT
};

enum stream_state {
    STREAM_OPEN,    /* more may come */
    STREAM_AT_END,  /* all there is lies in the buffer */
    STREAM_CUT,     /* compressed data that breaks off */
    STREAM_CORRUPT, /* compressed data that makes no sense from here on */
    STREAM_FAILED,  /* the system said error_number */
    STREAM_STOPPED, /* stop_fd became readable while waiting for a pipe */
    STREAM_STATE_COUNT
};

/* What the magic at the start of a file says. */
enum stream_coding stream_coding_of(const uint8_t *bytes, size_t n_bytes);

struct stream_io {
    int fd;                      /* borrowed; -1: read memory */
    int stop_fd;                 /* readable = give up waiting; -1: none */
    void (*before_read)(void *); /* called when the buffer has run dry; may be NULL */
    void *before_read_ctx;
    struct counter *input_bytes; /* counts what was read, before decompression; may be NULL */
};

struct stream {
    struct stream_io io;
    bool is_pipe; /* may have to wait: look at stop_fd first */
    enum stream_coding coding;
    enum stream_state state;
    int error_number;

    const uint8_t *at;  /* next byte to consume */
    const uint8_t *end; /* of what the buffer holds */
    uint64_t end_off;   /* position of `end` in the decompressed bytes */
    uint8_t *buffer;

    uint8_t *packed; /* compressed input */
    size_t packed_at;
    size_t packed_bytes;
    bool is_packed_end;
    bool is_between_members; /* of gzip, frames of zstd: an end here is a clean one */
    z_stream gzip;
    struct ZSTD_DCtx_s *zstd;
};

/* Starts on a descriptor. `memory` holds STREAM_MEMORY_BYTES. Fails only when a decompressor
 * cannot be made; what goes wrong with the bytes is in `state` after a short peek. */
MUST_CHECK int stream_open(struct stream *stream, const struct stream_io *io, uint8_t *memory,
                           struct err *err);

/* Starts on bytes that outlive the stream, as they are: compression is not looked for. */
void stream_open_memory(struct stream *stream, const uint8_t *bytes, size_t n_bytes);

static inline size_t stream_left(const struct stream *stream)
{
    return (size_t)(stream->end - stream->at);
}

/* Position of the next byte in the decompressed bytes. */
static inline uint64_t stream_off(const struct stream *stream)
{
    return stream->end_off - stream_left(stream);
}

/* `n_bytes` (<= STREAM_MAX_PEEK_BYTES) in place, not consumed, or NULL when fewer are left:
 * `state` says why, stream_left() how many there are. Valid until the next peek or skip. */
const uint8_t *stream_refill(struct stream *stream, size_t n_bytes);

static inline const uint8_t *stream_peek(struct stream *stream, size_t n_bytes)
{
    return n_bytes <= stream_left(stream) ? stream->at : stream_refill(stream, n_bytes);
}

/* Steps over bytes that a peek has shown. Keeps pointers from peeks alive. */
static inline void stream_consume(struct stream *stream, size_t n_bytes)
{
    stream->at += n_bytes;
}

/* Steps over any number of bytes; false when the stream ends before. */
bool stream_skip(struct stream *stream, uint64_t n_bytes);

void stream_close(struct stream *stream);

#endif
