/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture with one ring and a folder of files for it. */
#ifndef UNIT_CAPTURE_RUN_H
#define UNIT_CAPTURE_RUN_H

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanotime.h"
#include "build.h"
#include "capture/capture.h"
#include "packets.h"

#define PCAP_MICRO 0xa1b2c3d4u

/* One capture with one ring, drained in the same thread. */
struct run {
    struct arena arena;
    struct capture *capture;
    struct ring ring;
    struct err err;

    uint64_t n_frames[FRAME_KIND_COUNT];
    uint64_t last_ordinal;
    uint64_t n_captured_bytes;
    uint64_t digest; /* of every frame's header and bytes, in order */
};

static inline int open_run(struct run *run, const struct capture_config *config,
                           struct park *consumer, struct park *producer)
{
    struct capture_output output = {.ring = &run->ring};
    const struct capture_outputs outputs = {.outputs = &output, .n_outputs = 1};
    size_t size_bytes = capture_memory_bytes(config) + CAPTURE_MIN_RING_BYTES;
    int code;

    *run = (struct run){0};
    assert_int_equal(arena_map(&run->arena, size_bytes, NULL, NULL), 0);
    ring_init(&run->ring, arena_take(&run->arena, CAPTURE_MIN_RING_BYTES), CAPTURE_MIN_RING_BYTES,
              consumer, producer);
    code = capture_open(config, &run->arena, &run->capture, &run->err);
    if (code == 0)
        capture_attach(run->capture, &outputs);
    return code;
}

static inline void close_run(struct run *run)
{
    capture_close(run->capture);
    arena_unmap(&run->arena);
}

static inline void digest(struct run *run, const void *bytes, size_t n_bytes)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < n_bytes; i++)
        run->digest = (run->digest ^ at[i]) * UINT64_C(0x100000001b3);
}

/* Returns whether the end was seen. */
static inline bool drain(struct run *run)
{
    const struct frame *frame;
    bool is_end = false;
    size_t n_bytes;

    while ((frame = ring_peek(&run->ring, &n_bytes)) != NULL) {
        assert_false(is_end);
        assert_int_equal(n_bytes, frame_size_bytes(frame->captured_bytes));
        assert_true(frame->kind < FRAME_KIND_COUNT);
        assert_true(frame->ordinal >= run->last_ordinal);
        run->last_ordinal = frame->ordinal;
        run->n_frames[frame->kind]++;
        run->n_captured_bytes += frame->captured_bytes;
        digest(run, frame, n_bytes);
        is_end = frame->kind == FRAME_END;
    }
    ring_release(&run->ring);
    return is_end;
}

static inline void run_inline(struct run *run)
{
    bool is_end = false;

    while (!is_end) {
        (void)capture_step(run->capture, 0);
        is_end = drain(run);
    }
}

static inline void *run_thread(void *ctx)
{
    capture_run(ctx);
    return NULL;
}

static inline void run_threaded(struct run *run)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run_thread, run->capture), 0);
    while (!drain(run))
        (void)ring_wait_readable(&run->ring, NS_PER_S);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static inline uint64_t counted(const struct counter *counter)
{
    return counter_read(counter);
}

/* Files in a folder of their own. */
struct folder {
    char path[64];
};

static inline struct folder make_folder(void)
{
    struct folder folder = {"/tmp/test_capture.XXXXXX"};

    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static inline const char *path_in(const struct folder *folder, const char *name)
{
    static char paths[8][128];
    static size_t next;
    char *path = paths[next++ % ARRAY_LEN(paths)];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
    return path;
}

static inline const char *write_file(const struct folder *folder, const char *name,
                                     const void *bytes, size_t n_bytes)
{
    const char *path = path_in(folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n_bytes), (ssize_t)n_bytes);
    assert_int_equal(close(fd), 0);
    return path;
}

static inline void remove_folder(const struct folder *folder)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -r %s", folder->path);
    assert_int_equal(system(command), 0);
}

static struct build build;

/* SYNs and pure ACKs take turns, 30 ms apart. */
static inline const char *write_pcap(const struct folder *folder, const char *name,
                                     uint32_t start_s, uint32_t n_pkts)
{
    struct made_packet pkts[2] = {
        make_packet(&(struct packet_plan){.flags = FLAG_SYN}),
        make_packet(&(struct packet_plan){.flags = FLAG_ACK}),
    };

    build.n_bytes = 0;
    build_pcap_header(&build, PCAP_MICRO, 1);
    for (uint32_t i = 0; i < n_pkts; i++) {
        build_pcap_record(&build, start_s, i * 30000, pkts[i % 2].n_bytes, 1500, 0);
        build.n_bytes -= pkts[i % 2].n_bytes;
        build_raw(&build, pkts[i % 2].bytes, pkts[i % 2].n_bytes);
    }
    return write_file(folder, name, build.bytes, build.n_bytes);
}

#endif
