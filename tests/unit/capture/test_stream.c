/* SPDX-License-Identifier: BSD-2-Clause */
/* The byte stream: files, pipes, memory, gzip and zstd, whole and cut. */
#include "capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <zstd.h>

#include "unit.h"

#define N_CONTENT_BYTES (STREAM_MAX_PEEK_BYTES * 3 + 12345)
#define PACKED_ROOM_BYTES (N_CONTENT_BYTES + 4096)

static uint8_t content[N_CONTENT_BYTES];
static uint8_t packed[PACKED_ROOM_BYTES];
static uint8_t memory[STREAM_MEMORY_BYTES];

/* Compresses to about a half, and no two places look alike. */
static int fill_content(void **state)
{
    uint32_t x = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(content); i++) {
        x = x * 1664525u + 1013904223u;
        content[i] = (uint8_t)(x >> 28);
    }
    return 0;
}

static size_t pack_gzip(const uint8_t *bytes, size_t n_bytes, uint8_t *to, size_t room_bytes)
{
    z_stream gzip = {0};

    assert_int_equal(deflateInit2(&gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    gzip.next_in = bytes;
    gzip.avail_in = (uInt)n_bytes;
    gzip.next_out = to;
    gzip.avail_out = (uInt)room_bytes;
    assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&gzip), Z_OK);
    return room_bytes - gzip.avail_out;
}

static size_t pack_zstd(const uint8_t *bytes, size_t n_bytes, uint8_t *to, size_t room_bytes)
{
    size_t packed_bytes = ZSTD_compress(to, room_bytes, bytes, n_bytes, 3);

    assert_false(ZSTD_isError(packed_bytes));
    return packed_bytes;
}

static int file_of(const uint8_t *bytes, size_t n_bytes)
{
    FILE *file = tmpfile();
    int fd;

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    assert_int_equal(fflush(file), 0);
    fd = dup(fileno(file));
    assert_true(fd >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void open_fd(struct stream *stream, int fd, int stop_fd)
{
    const struct stream_io io = {.fd = fd, .stop_fd = stop_fd};

    assert_int_equal(stream_open(stream, &io, memory, NULL), 0);
}

/* Takes pieces of many sizes until the end; returns how many bytes came, all of them right. */
static size_t take_all(struct stream *stream)
{
    size_t n_taken = 0;
    size_t want_bytes = 1;
    const uint8_t *bytes;

    while ((bytes = stream_peek(stream, want_bytes)) != NULL) {
        assert_memory_equal(bytes, content + n_taken, want_bytes);
        stream_consume(stream, want_bytes);
        n_taken += want_bytes;
        assert_int_equal(stream_off(stream), n_taken);
        want_bytes = want_bytes * 7 % STREAM_MAX_PEEK_BYTES + 1;
        if (stream->state != STREAM_OPEN && want_bytes > stream_left(stream))
            want_bytes = stream_left(stream);
        if (want_bytes == 0)
            break;
    }
    assert_memory_equal(stream->at, content + n_taken, stream_left(stream));
    return n_taken + stream_left(stream);
}

static size_t read_file(const uint8_t *bytes, size_t n_bytes, enum stream_state *end,
                        enum stream_coding *coding)
{
    int fd = file_of(bytes, n_bytes);
    struct stream stream;
    size_t n_taken;

    open_fd(&stream, fd, -1);
    *coding = stream.coding;
    n_taken = take_all(&stream);
    *end = stream.state;
    stream_close(&stream);
    assert_int_equal(close(fd), 0);
    return n_taken;
}

static void a_plain_file_comes_through(void **state)
{
    enum stream_coding coding;
    enum stream_state end;

    (void)state;
    assert_int_equal(read_file(content, sizeof(content), &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
    assert_int_equal(coding, STREAM_PLAIN);
}

static void memory_comes_through(void **state)
{
    struct stream stream;

    (void)state;
    stream_open_memory(&stream, content, sizeof(content));
    assert_int_equal(take_all(&stream), sizeof(content));
    stream_close(&stream);
}

static void both_compressions_come_through(void **state)
{
    enum stream_coding coding;
    enum stream_state end;
    size_t n_bytes;

    (void)state;
    n_bytes = pack_gzip(content, sizeof(content), packed, sizeof(packed));
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
    assert_int_equal(coding, STREAM_GZIP);
    n_bytes = pack_zstd(content, sizeof(content), packed, sizeof(packed));
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
    assert_int_equal(coding, STREAM_ZSTD);
}

/* `cat a.gz b.gz` and what pigz, bgzip and zstd's long mode make. */
static void members_that_follow_each_other_are_one_stream(void **state)
{
    size_t half = sizeof(content) / 2;
    enum stream_coding coding;
    enum stream_state end;
    size_t n_bytes;

    (void)state;
    n_bytes = pack_gzip(content, half, packed, sizeof(packed));
    n_bytes += pack_gzip(content + half, sizeof(content) - half, packed + n_bytes,
                         sizeof(packed) - n_bytes);
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
    memset(packed + n_bytes, 0, 512); /* a tape's padding */
    assert_int_equal(read_file(packed, n_bytes + 512, &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
    n_bytes = pack_zstd(content, half, packed, sizeof(packed));
    n_bytes += pack_zstd(content + half, sizeof(content) - half, packed + n_bytes,
                         sizeof(packed) - n_bytes);
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), sizeof(content));
    assert_int_equal(end, STREAM_AT_END);
}

static void compressed_bytes_cut_anywhere_say_so(void **state)
{
    size_t (*const packers[])(const uint8_t *, size_t, uint8_t *, size_t) = {pack_gzip, pack_zstd};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
        size_t whole_bytes = packers[i](content, 600, packed, sizeof(packed));
        size_t n_last = 0;

        /* Below four bytes no magic is looked for. */
        for (size_t n_bytes = 4; n_bytes < whole_bytes; n_bytes++) {
            enum stream_coding coding;
            enum stream_state end;
            size_t n_taken = read_file(packed, n_bytes, &end, &coding);

            assert_int_equal(end, STREAM_CUT);
            assert_in_range(n_taken, n_last, 600);
            n_last = n_taken;
        }
    }
}

static void compressed_nonsense_is_told_from_a_cut(void **state)
{
    enum stream_coding coding;
    enum stream_state end;
    size_t n_bytes;

    (void)state;
    n_bytes = pack_gzip(content, sizeof(content), packed, sizeof(packed));
    packed[n_bytes - 8] ^= 0xff; /* the checksum */
    assert_in_range(read_file(packed, n_bytes, &end, &coding), 1, sizeof(content));
    assert_int_equal(end, STREAM_CORRUPT);
    n_bytes = pack_gzip(content, sizeof(content), packed, sizeof(packed));
    packed[3] |= 0xe0; /* reserved flags, RFC 1952 section 2.3.1.2 */
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), 0);
    assert_int_equal(end, STREAM_CORRUPT);
    n_bytes = pack_zstd(content, sizeof(content), packed, sizeof(packed));
    packed[4] |= 0x08; /* the reserved bit, RFC 8878 section 3.1.1.1.1.4 */
    assert_int_equal(read_file(packed, n_bytes, &end, &coding), 0);
    assert_int_equal(end, STREAM_CORRUPT);
}

struct slow_writer {
    int fd;
    size_t n_bytes;
    const uint8_t *bytes;
};

/* The first bytes one by one, so that the magic itself comes in pieces. */
static void *write_slowly(void *ctx)
{
    struct slow_writer *writer = ctx;
    size_t n_done = 0;

    while (n_done < writer->n_bytes) {
        size_t n = n_done < 10 ? 1 : writer->n_bytes - n_done;
        ssize_t n_written;

        if (n > 5000)
            n = 5000;
        n_written = write(writer->fd, writer->bytes + n_done, n);
        if (n_written <= 0)
            break;
        n_done += (size_t)n_written;
    }
    (void)close(writer->fd);
    return NULL;
}

static void a_pipe_comes_through_in_pieces(void **state)
{
    size_t packed_bytes = pack_gzip(content, sizeof(content), packed, sizeof(packed));
    struct slow_writer writers[] = {
        {.bytes = content, .n_bytes = sizeof(content)},
        {.bytes = packed, .n_bytes = packed_bytes},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
        struct stream stream;
        pthread_t thread;
        int fds[2];

        assert_int_equal(pipe(fds), 0);
        writers[i].fd = fds[1];
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &writers[i]), 0);
        open_fd(&stream, fds[0], -1);
        assert_true(stream.is_pipe);
        assert_int_equal(take_all(&stream), sizeof(content));
        assert_int_equal(stream.state, STREAM_AT_END);
        stream_close(&stream);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(close(fds[0]), 0);
    }
}

static void waiting_for_a_silent_pipe_can_be_stopped(void **state)
{
    int stop_fd = eventfd(1, 0);
    struct stream stream;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    open_fd(&stream, fds[0], stop_fd);
    assert_int_equal(stream.state, STREAM_STOPPED);
    assert_null(stream_peek(&stream, 1));
    stream_close(&stream);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(close(stop_fd), 0);
}

static void a_read_error_is_kept(void **state)
{
    int fd = open("/", O_RDONLY);
    struct stream stream;

    (void)state;
    open_fd(&stream, fd, -1);
    assert_int_equal(stream.state, STREAM_FAILED);
    assert_int_equal(stream.error_number, EISDIR);
    stream_close(&stream);
    assert_int_equal(close(fd), 0);
}

static void skipping_goes_further_than_the_buffer(void **state)
{
    int fd = file_of(content, sizeof(content));
    struct stream stream;
    const uint8_t *bytes;

    (void)state;
    open_fd(&stream, fd, -1);
    assert_true(stream_skip(&stream, sizeof(content) - 10));
    bytes = stream_peek(&stream, 10);
    assert_non_null(bytes);
    assert_memory_equal(bytes, content + sizeof(content) - 10, 10);
    assert_false(stream_skip(&stream, 11));
    stream_close(&stream);
    assert_int_equal(close(fd), 0);
}

static void count_call(void *ctx)
{
    (*(int *)ctx)++;
}

static void each_read_is_announced_and_counted(void **state)
{
    int fd = file_of(content, sizeof(content));
    struct counter input_bytes = {0};
    int n_calls = 0;
    const struct stream_io io = {
        .fd = fd,
        .stop_fd = -1,
        .before_read = count_call,
        .before_read_ctx = &n_calls,
        .input_bytes = &input_bytes,
    };
    struct stream stream;

    (void)state;
    assert_int_equal(stream_open(&stream, &io, memory, NULL), 0);
    assert_int_equal(n_calls, 1);
    assert_int_equal(take_all(&stream), sizeof(content));
    assert_in_range(n_calls, sizeof(content) / STREAM_READ_BYTES, 20);
    assert_int_equal(counter_read(&input_bytes), sizeof(content));
    stream_close(&stream);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_comes_through),
        cmocka_unit_test(memory_comes_through),
        cmocka_unit_test(both_compressions_come_through),
        cmocka_unit_test(members_that_follow_each_other_are_one_stream),
        cmocka_unit_test(compressed_bytes_cut_anywhere_say_so),
        cmocka_unit_test(compressed_nonsense_is_told_from_a_cut),
        cmocka_unit_test(a_pipe_comes_through_in_pieces),
        cmocka_unit_test(waiting_for_a_silent_pipe_can_be_stopped),
        cmocka_unit_test(a_read_error_is_kept),
        cmocka_unit_test(skipping_goes_further_than_the_buffer),
        cmocka_unit_test(each_read_is_announced_and_counted),
    };

    return cmocka_run_group_tests(tests, fill_content, NULL);
}
