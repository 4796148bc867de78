/* SPDX-License-Identifier: BSD-2-Clause */
/* See output.h. */
#include "sink/output.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/sink.h"

/* ---- opening ---- */

static int open_path(const char *path, int flags)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0644);
}

static void take_fd(struct output *output, int fd)
{
    struct stat stat_of = {0};

    output->fd = fd;
    output->is_stream = fstat(fd, &stat_of) != 0 || !S_ISREG(stat_of.st_mode);
    output->file_bytes = output->is_stream ? 0 : (uint64_t)stat_of.st_size;
}

int output_open(struct output *output, const char *path, struct err *err)
{
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    char *queue = malloc(OUTPUT_QUEUE_BYTES);
    int fd;

    if (queue == NULL)
        return err_set(err, -ENOMEM, "no memory for lines to write");
    fd = is_stdout ? STDOUT_FILENO : open_path(path, 0);
    if (fd < 0) {
        int code = -errno;

        free(queue);
        return err_set(err, code, "cannot write to %s: %s", path, strerror(-code));
    }
    *output = (struct output){.name = is_stdout ? "standard output" : path,
                              .path = is_stdout ? NULL : path,
                              .queue = queue};
    take_fd(output, fd);
    return 0;
}

void output_follow(struct output *output, const struct run_info *run)
{
    output->waits = !run->is_live;
    output->rotation =
        (struct output_rotation){.max_bytes = run->rotate_bytes, .n_files = run->rotate_files};
}

/* ---- the queue ---- */

static size_t count_lines(const char *bytes, size_t n_bytes)
{
    const char *end = bytes + n_bytes;
    size_t n = 0;

    while (bytes < end && (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
        bytes++;
        n++;
    }
    return n;
}

uint64_t output_waiting(const struct output *output)
{
    return count_lines(output->queue + output->begin, output->end - output->begin);
}

/* `n_bytes` more went out. */
static void went_out(struct output *output, size_t n_bytes)
{
    const char *first = output->queue + output->begin;
    size_t n_out = output->out_bytes + n_bytes;
    const char *last_lf;
    size_t n_whole;

    assert(output->queue); /* what went out had waited there */
    last_lf = memrchr(first, '\n', n_out);
    n_whole = last_lf != NULL ? (size_t)(last_lf - first) + 1 : 0;
    output->n_lines += count_lines(first, n_whole);
    output->out_bytes = (uint32_t)(n_out - n_whole);
    output->begin += (uint32_t)n_whole;
    if (output->begin == output->end)
        output->begin = output->end = 0;
    output->file_bytes += output->is_stream ? 0 : n_bytes;
}

/* Nobody will read them any more. */
static void give_up(struct output *output)
{
    output->n_errors += output_waiting(output);
    output->begin = output->end = output->out_bytes = 0;
}

static void put(struct output *output, const char *lines, size_t n_bytes)
{
    if (output->end + n_bytes > OUTPUT_QUEUE_BYTES) {
        memmove(output->queue, output->queue + output->begin, output->end - output->begin);
        output->end -= output->begin;
        output->begin = 0;
    }
    memcpy(output->queue + output->end, lines, n_bytes);
    output->end += (uint32_t)n_bytes;
}

static bool has_room(const struct output *output, size_t n_bytes, enum output_rank rank)
{
    size_t n_reserved = rank == OUTPUT_KEPT ? 0 : OUTPUT_RESERVE_BYTES;

    return output->end - output->begin + n_bytes + n_reserved <= OUTPUT_QUEUE_BYTES;
}

/* ---- writing ---- */

/* A pipe that says it is ready takes PIPE_BUF bytes without blocking and in one piece: so many
 * whole lines, or so much of a long one. A file takes all there is. */
static size_t next_bytes(const struct output *output)
{
    size_t n_bytes = output->end - output->begin - output->out_bytes;
    const char *next = output->queue + output->begin + output->out_bytes;
    const char *last_lf;

    if (!output->is_stream || n_bytes <= PIPE_BUF)
        return n_bytes;
    last_lf = memrchr(next, '\n', PIPE_BUF);
    return last_lf != NULL ? (size_t)(last_lf - next) + 1 : PIPE_BUF;
}

static bool is_ready(const struct output *output, int wait_ms)
{
    struct pollfd poll_for = {.fd = output->fd, .events = POLLOUT};

    return !output->is_stream || poll(&poll_for, 1, wait_ms) > 0;
}

static void fail(struct output *output, int code)
{
    if (!output->is_told)
        fprintf(stderr, "tcpwhy: cannot write events to %s: %s\n", output->name, strerror(code));
    output->is_told = true;
    output->is_failing = true;
}

bool output_flush(struct output *output, int wait_ms)
{
    bool waits_on = output->waits && wait_ms != 0;

    while (output->begin < output->end) {
        ssize_t n;

        if (!is_ready(output, waits_on ? -1 : wait_ms)) {
            if (waits_on && errno == EINTR)
                continue;
            return false;
        }
        wait_ms = 0;
        n = write(output->fd, output->queue + output->begin + output->out_bytes,
                  next_bytes(output));
        if (n > 0) {
            went_out(output, (size_t)n);
            output->is_failing = false;
        } else if (n < 0 && errno == EPIPE) {
            fail(output, EPIPE);
            give_up(output); /* a reader who comes later begins with a line of its own */
        } else if (n == 0 || errno != EINTR) {
            if (n < 0 && errno != EAGAIN)
                fail(output, errno);
            return false;
        }
    }
    return true;
}

bool output_write(struct output *output, const char *lines, size_t n_bytes, enum output_rank rank)
{
    assert(n_bytes > 0 && n_bytes <= OUTPUT_BATCH_BYTES);
    if (!has_room(output, n_bytes, rank))
        (void)output_flush(output, output->waits ? -1 : 0);
    if (!has_room(output, n_bytes, rank)) {
        if (!output->is_told)
            fprintf(stderr, "tcpwhy: %s is not read fast enough: events are left out\n",
                    output->name);
        output->is_told = true;
        output->n_errors += count_lines(lines, n_bytes);
        return false;
    }
    put(output, lines, n_bytes);
    if (output->is_stream || output->end - output->begin >= OUTPUT_BATCH_BYTES)
        (void)output_flush(output, 0);
    return true;
}

/* ---- files that come and go ---- */

/* Takes back the part of a line at the file's end, unless somebody else wrote behind it. */
static void take_back(struct output *output)
{
    struct stat stat_of;
    off_t end;

    if (output->out_bytes == 0 || output->is_stream)
        return;
    end = lseek(output->fd, 0, SEEK_CUR); /* where the last write ended */
    if (end < 0 || fstat(output->fd, &stat_of) != 0 || stat_of.st_size != end ||
        ftruncate(output->fd, end - (off_t)output->out_bytes) != 0)
        return;
    output->file_bytes -= output->out_bytes;
    output->out_bytes = 0;
}

/* The whole lines that wait go to the new file. */
static bool change_file(struct output *output, int flags)
{
    int fd = open_path(output->path, flags);

    if (fd < 0) {
        fprintf(stderr, "tcpwhy: cannot open %s again, the old file goes on: %s\n", output->name,
                strerror(errno));
        return false;
    }
    take_back(output);
    (void)close(output->fd);
    output->out_bytes = 0;
    take_fd(output, fd);
    return true;
}

bool output_reopen(struct output *output)
{
    (void)output_flush(output, 0);
    /* A pipe with a name and nobody at its other end must not hold up the rest. */
    return output->path != NULL && change_file(output, O_NONBLOCK);
}

bool output_is_full(const struct output *output, size_t n_bytes)
{
    uint64_t waiting_bytes = output->end - output->begin - output->out_bytes;

    return output->rotation.n_files > 0 && output->rotation.max_bytes > 0 && !output->is_stream &&
           output->file_bytes + waiting_bytes + n_bytes > output->rotation.max_bytes;
}

/* FILE itself for age 0. */
static bool old_name(const char *path, uint32_t age, char name[OUTPUT_PATH_BYTES])
{
    char suffix[16] = "";
    int n_bytes;

    if (age > 0)
        (void)snprintf(suffix, sizeof(suffix), ".%" PRIu32, age);
    n_bytes = snprintf(name, OUTPUT_PATH_BYTES, "%s%s", path, suffix);
    return n_bytes > 0 && n_bytes < OUTPUT_PATH_BYTES;
}

int output_rename_old(const char *path, uint32_t n_files)
{
    char from[OUTPUT_PATH_BYTES], to[OUTPUT_PATH_BYTES];

    /* What is not there is no trouble but for FILE itself. */
    for (uint32_t i = n_files - 1; i > 0; i--) {
        if (!old_name(path, i, to) || !old_name(path, i - 1, from))
            return -ENAMETOOLONG;
        if (rename(from, to) != 0 && (i == 1 || errno != ENOENT))
            return -errno;
    }
    return n_files > 1 || unlink(path) == 0 ? 0 : -errno;
}

bool output_rotate(struct output *output)
{
    int code;

    if (output->path == NULL || output->is_stream || output->rotation.n_files == 0 ||
        !output_flush(output, 0))
        return false;
    code = output_rename_old(output->path, output->rotation.n_files);
    if (code == 0)
        return change_file(output, 0);
    fprintf(stderr, "tcpwhy: cannot rotate %s, it goes on: %s\n", output->name, strerror(-code));
    /* Not again for each line. */
    output->file_bytes = 0;
    return false;
}

void output_close(struct output *output)
{
    if (output->fd < 0)
        return;
    (void)output_flush(output, 0);
    take_back(output);
    give_up(output);
    if (output->path != NULL)
        (void)close(output->fd);
    free(output->queue);
    output->queue = NULL;
    output->fd = -1;
}
