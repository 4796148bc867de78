/* SPDX-License-Identifier: BSD-2-Clause */
/* See stream.h. */
#include "capture/stream.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#define MAGIC_BYTES 4

/* zlib: the largest window, and a gzip header is expected (inflateInit2 in zlib.h). */
#define GZIP_WINDOW_BITS (15 + 16)

/* RFC 1952 section 2.3.1: ID1, ID2, and deflate, the only method there is. */
static const uint8_t gzip_magic[] = {0x1f, 0x8b, 0x08};
/* RFC 8878 section 3.1.1, little-endian 0xFD2FB528. */
static const uint8_t zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

enum stream_coding stream_coding_of(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes >= sizeof(gzip_magic) && memcmp(bytes, gzip_magic, sizeof(gzip_magic)) == 0)
        return STREAM_GZIP;
    if (n_bytes >= sizeof(zstd_magic) && memcmp(bytes, zstd_magic, sizeof(zstd_magic)) == 0)
        return STREAM_ZSTD;
    return STREAM_PLAIN;
}

/* False when the wait was broken off. */
static bool wait_for_pipe(struct stream *stream)
{
    struct pollfd fds[] = {
        {.fd = stream->io.fd, .events = POLLIN},
        {.fd = stream->io.stop_fd, .events = POLLIN},
    };

    while (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno == EINTR)
        ;
    if (fds[1].revents) {
        stream->state = STREAM_STOPPED;
        return false;
    }
    return true;
}

/* Returns the number of bytes read, 0 at the end or after trouble. */
static size_t read_some(struct stream *stream, uint8_t *to, size_t room_bytes)
{
    ssize_t n;

    if (stream->io.fd < 0)
        return 0;
    if (stream->io.before_read)
        stream->io.before_read(stream->io.before_read_ctx);
    do {
        if (stream->is_pipe && !wait_for_pipe(stream))
            return 0;
        n = read(stream->io.fd, to, room_bytes);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0) {
        stream->error_number = errno;
        stream->state = STREAM_FAILED;
        return 0;
    }
    if (stream->io.input_bytes)
        counter_add(stream->io.input_bytes, (uint64_t)n);
    return (size_t)n;
}

static void add_filled(struct stream *stream, size_t n_bytes)
{
    stream->end += n_bytes;
    stream->end_off += n_bytes;
}

static void fill_plain(struct stream *stream, uint8_t *to, size_t room_bytes)
{
    size_t n =
        read_some(stream, to, room_bytes < STREAM_READ_BYTES ? room_bytes : STREAM_READ_BYTES);

    add_filled(stream, n);
    if (n == 0 && stream->state == STREAM_OPEN)
        stream->state = STREAM_AT_END;
}

/* Both decompressors: takes from packed[], writes up to `room_bytes`, returns what it wrote. */
static size_t unpack_gzip(struct stream *stream, uint8_t *to, size_t room_bytes)
{
    z_stream *gzip = &stream->gzip;
    int rc;

    if (stream->is_between_members) {
        size_t n_left = stream->packed_bytes - stream->packed_at;

        /* gzip(1) ignores what follows the last member, so that padding does no harm. */
        if (stream->packed[stream->packed_at] != gzip_magic[0] ||
            (n_left > 1 && stream->packed[stream->packed_at + 1] != gzip_magic[1])) {
            stream->state = STREAM_AT_END;
            return 0;
        }
        if (inflateReset(gzip) != Z_OK) {
            stream->state = STREAM_CORRUPT;
            return 0;
        }
        stream->is_between_members = false;
    }
    gzip->next_in = stream->packed + stream->packed_at;
    gzip->avail_in = (uInt)(stream->packed_bytes - stream->packed_at);
    gzip->next_out = to;
    gzip->avail_out = (uInt)room_bytes;
    rc = inflate(gzip, Z_NO_FLUSH);
    stream->packed_at = stream->packed_bytes - gzip->avail_in;
    if (rc == Z_STREAM_END)
        stream->is_between_members = true;
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        stream->state = STREAM_CORRUPT;
    return room_bytes - gzip->avail_out;
}

static size_t unpack_zstd(struct stream *stream, uint8_t *to, size_t room_bytes)
{
    ZSTD_inBuffer in = {stream->packed, stream->packed_bytes, stream->packed_at};
    ZSTD_outBuffer out = {to, room_bytes, 0};
    size_t rc = ZSTD_decompressStream(stream->zstd, &out, &in);

    stream->packed_at = in.pos;
    if (ZSTD_isError(rc))
        stream->state = STREAM_CORRUPT;
    else
        stream->is_between_members = rc == 0;
    return out.pos;
}

static void fill_packed(struct stream *stream, uint8_t *to, size_t room_bytes)
{
    size_t n = 0;

    while (n == 0 && stream->state == STREAM_OPEN) {
        if (stream->packed_at == stream->packed_bytes && !stream->is_packed_end) {
            stream->packed_at = 0;
            stream->packed_bytes = read_some(stream, stream->packed, STREAM_READ_BYTES);
            stream->is_packed_end = stream->packed_bytes == 0;
            if (stream->state != STREAM_OPEN)
                return;
        }
        if (stream->packed_at == stream->packed_bytes && stream->is_between_members) {
            stream->state = STREAM_AT_END;
            return;
        }
        /* Without input it may still have output in store. */
        n = stream->coding == STREAM_GZIP ? unpack_gzip(stream, to, room_bytes)
                                          : unpack_zstd(stream, to, room_bytes);
        if (n == 0 && stream->is_packed_end && stream->state == STREAM_OPEN)
            stream->state = STREAM_CUT;
    }
    add_filled(stream, n);
}

const uint8_t *stream_refill(struct stream *stream, size_t n_bytes)
{
    size_t left_bytes = stream_left(stream);

    assert(n_bytes <= STREAM_MAX_PEEK_BYTES);
    if (stream->state != STREAM_OPEN)
        return NULL;
    memmove(stream->buffer, stream->at, left_bytes);
    stream->at = stream->buffer;
    stream->end = stream->buffer + left_bytes;
    while (stream_left(stream) < n_bytes && stream->state == STREAM_OPEN) {
        uint8_t *to = stream->buffer + stream_left(stream);
        size_t room_bytes = STREAM_BUFFER_BYTES - stream_left(stream);

        if (stream->coding == STREAM_PLAIN)
            fill_plain(stream, to, room_bytes);
        else
            fill_packed(stream, to, room_bytes);
    }
    return stream_left(stream) >= n_bytes ? stream->at : NULL;
}

bool stream_skip(struct stream *stream, uint64_t n_bytes)
{
    while (n_bytes > stream_left(stream)) {
        n_bytes -= stream_left(stream);
        stream_consume(stream, stream_left(stream));
        if (!stream_peek(stream, 1))
            return false;
    }
    stream_consume(stream, (size_t)n_bytes);
    return true;
}

/* The bytes that were read to see the magic become the first compressed input. */
static int start_unpacking(struct stream *stream, enum stream_coding coding, struct err *err)
{
    if (coding == STREAM_GZIP) {
        stream->gzip = (z_stream){0};
        if (inflateInit2(&stream->gzip, GZIP_WINDOW_BITS) != Z_OK)
            return err_set(err, -ENOMEM, "cannot start gzip decompression: out of memory");
    } else {
        stream->zstd = ZSTD_createDCtx();
        if (!stream->zstd)
            return err_set(err, -ENOMEM, "cannot start zstd decompression: out of memory");
    }
    stream->packed_bytes = stream_left(stream);
    memcpy(stream->packed, stream->at, stream->packed_bytes);
    stream->end = stream->at;
    stream->end_off = 0;
    stream->coding = coding;
    if (stream->state == STREAM_AT_END) {
        stream->state = STREAM_OPEN;
        stream->is_packed_end = true;
    }
    return 0;
}

int stream_open(struct stream *stream, const struct stream_io *io, uint8_t *memory, struct err *err)
{
    enum stream_coding coding;
    struct stat status;

    *stream = (struct stream){
        .io = *io,
        .is_pipe = fstat(io->fd, &status) != 0 || !S_ISREG(status.st_mode),
        .at = memory,
        .end = memory,
        .buffer = memory,
        .packed = memory + STREAM_BUFFER_BYTES,
    };
    (void)stream_peek(stream, MAGIC_BYTES);
    coding = stream_coding_of(stream->at, stream_left(stream));
    return coding == STREAM_PLAIN ? 0 : start_unpacking(stream, coding, err);
}

void stream_open_memory(struct stream *stream, const uint8_t *bytes, size_t n_bytes)
{
    *stream = (struct stream){
        .io = {.fd = -1, .stop_fd = -1},
        .state = STREAM_AT_END,
        .at = bytes,
        .end = bytes + n_bytes,
        .end_off = n_bytes,
    };
}

void stream_close(struct stream *stream)
{
    if (stream->coding == STREAM_GZIP)
        (void)inflateEnd(&stream->gzip);
    if (stream->zstd)
        (void)ZSTD_freeDCtx(stream->zstd);
    *stream = (struct stream){.io = {.fd = -1, .stop_fd = -1}, .state = STREAM_AT_END};
}
