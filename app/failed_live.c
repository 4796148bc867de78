/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_live.h. */
#include "app/failed_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/failed_connection.h"
#include "app/failed_writer.h"
#include "app/frame_key.h"
#include "app/packet_store.h"
#include "base/arena.h"
#include "sink/output.h"

#define FILE_COMMENT "packets of failed connections, one connection after the other"
#define RELEASE_PKTS 256 /* the capture gets its room back after so many */

struct failed_live {
    struct failed_live_config config;
    struct arena arena;
    struct packet_store store;
    struct ring *tap;
    const struct capture *capture;
    struct failed_writer writer;
    uint64_t n_incomplete;
    struct err err; /* the first that writing gave; code 0 = none */
};

int failed_live_open(struct failed_live **live, const struct failed_live_config *config,
                     struct err *err)
{
    struct failed_live *opened = calloc(1, sizeof(*opened));
    int code;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    opened->config = *config;
    code = arena_map(&opened->arena, arena_cost_bytes(config->memory_bytes), NULL, err);
    if (!code)
        code = failed_writer_open(&opened->writer, config->path, FILE_COMMENT, err);
    if (code) {
        arena_unmap(&opened->arena);
        free(opened);
        return code;
    }
    packet_store_init(&opened->store, arena_take(&opened->arena, config->memory_bytes),
                      config->memory_bytes);
    *live = opened;
    return 0;
}

void failed_live_attach(struct failed_live *live, struct ring *tap, const struct capture *capture)
{
    live->tap = tap;
    live->capture = capture;
}

/* ---- keeping ---- */

void failed_live_drain(struct failed_live *live)
{
    const struct frame *frame;
    unsigned n = 0;
    size_t n_bytes;

    while ((frame = ring_peek(live->tap, &n_bytes))) {
        struct flow_key key;

        if (frame_key(frame, frame->bytes, &key))
            packet_store_add(&live->store, frame, failed_connection_hash(&key));
        if (++n % RELEASE_PKTS == 0)
            ring_release(live->tap);
    }
    ring_release(live->tap);
}

void failed_live_flush(struct failed_live *live)
{
    if (!live->err.code && pcapng_writer_flush(&live->writer.pcapng, &live->err))
        return; /* told when it is closed */
}

/* ---- files ---- */

/* Whether the path still is that of the open file. */
static bool is_in_place(const struct failed_live *live)
{
    struct stat by_path, by_file;

    return stat(live->config.path, &by_path) == 0 &&
           fstat(fileno(live->writer.pcapng.file), &by_file) == 0 &&
           by_path.st_dev == by_file.st_dev && by_path.st_ino == by_file.st_ino;
}

void failed_live_reopen(struct failed_live *live, bool rotates)
{
    const char *path = live->config.path;
    struct err *err = &live->err;
    int code;

    if (err->code || strcmp(path, "-") == 0 || is_in_place(live) != rotates)
        return;
    code = rotates ? output_rename_old(path, live->config.n_files) : 0;
    if (code)
        code = err_set(err, code, "cannot rotate %s: %s", path, strerror(-code));
    if (!code)
        code = pcapng_writer_close(&live->writer.pcapng, err);
    if (!code && failed_writer_open(&live->writer, path, FILE_COMMENT, err))
        return; /* told when it is closed, and nothing is written until then */
}

static void keep_short(struct failed_live *live)
{
    if (live->config.max_bytes && live->writer.pcapng.n_bytes >= live->config.max_bytes)
        failed_live_reopen(live, true);
}

/* ---- writing ---- */

void failed_live_event(struct failed_live *live, const struct verdict_event *event)
{
    struct failed_connection connection;
    const struct stored_packet *stored;
    int code = live->err.code;

    if (code || !failed_connection_fill(&connection, event))
        return;
    failed_live_drain(live);
    live->n_incomplete += connection.first < live->store.oldest_ordinal;
    stored = packet_store_find(&live->store, failed_connection_hash(&connection.key),
                               connection.first, connection.last);
    for (; stored && !code; stored = stored->after) {
        const struct frame *frame = stored_frame(stored);
        struct flow_key key;

        if (frame_key(frame, frame->bytes, &key) && flow_key_equal(&key, &connection.key))
            code =
                failed_writer_frame(&live->writer, live->capture, &connection, frame, &live->err);
    }
    keep_short(live);
}

uint64_t failed_live_incomplete(const struct failed_live *live)
{
    return live->n_incomplete;
}

int failed_live_close(struct failed_live *live, struct err *err)
{
    struct err close_err = {0};
    int code = pcapng_writer_close(&live->writer.pcapng, &close_err);

    if (live->err.code)
        code = err_set(err, live->err.code, "%s", live->err.text);
    else if (code)
        code = err_set(err, code, "%s", close_err.text);
    arena_unmap(&live->arena);
    free(live);
    return code;
}
