/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_packets.h. */
#include "app/failed_packets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/failed_connection.h"
#include "app/failed_writer.h"
#include "app/frame_key.h"
#include "app/reread.h"

/* Enough for any capture that a person will open; a gigabyte and a half at most. */
#define CONNECTIONS_MAX (UINT32_C(1) << 20)
#define NONE UINT32_MAX

struct failed_packets {
    const char *path;
    struct failed_connection *connection;
    uint32_t n, n_room;
    uint64_t n_forgotten;
    uint32_t *bucket; /* heads of the hash chains; a power of two */
    uint32_t n_buckets;
    struct failed_writer writer;
};

int failed_packets_open(struct failed_packets **failed, const char *path, struct err *err)
{
    struct failed_packets *opened = calloc(1, sizeof(*opened));
    FILE *file;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (!file) {
        free(opened);
        return err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
    }
    if (file != stdout)
        (void)fclose(file);
    opened->path = path;
    *failed = opened;
    return 0;
}

void failed_packets_close(struct failed_packets *failed)
{
    if (!failed)
        return;
    free(failed->connection);
    free(failed->bucket);
    free(failed);
}

uint64_t failed_packets_forgotten(const struct failed_packets *failed)
{
    return failed->n_forgotten;
}

/* ---- first pass: names ---- */

static struct failed_connection *take_room(struct failed_packets *failed)
{
    if (failed->n == failed->n_room) {
        uint32_t n_room = failed->n_room ? 2 * failed->n_room : 256;
        struct failed_connection *grown;

        if (n_room > CONNECTIONS_MAX)
            return NULL;
        grown = realloc(failed->connection, n_room * sizeof(*grown));
        if (!grown)
            return NULL;
        failed->connection = grown;
        failed->n_room = n_room;
    }
    return &failed->connection[failed->n++];
}

void failed_packets_event(struct failed_packets *failed, const struct verdict_event *event)
{
    struct failed_connection connection;
    struct failed_connection *to;

    if (!failed_connection_fill(&connection, event))
        return;
    to = take_room(failed);
    if (to)
        *to = connection;
    else
        failed->n_forgotten += event->connection.count;
}

/* ---- second pass: packets ---- */

static uint32_t bucket_of(const struct failed_packets *failed, const struct flow_key *key)
{
    return (uint32_t)failed_connection_hash(key) & (failed->n_buckets - 1);
}

static int build_index(struct failed_packets *failed, struct err *err)
{
    failed->n_buckets = 16;
    while (failed->n_buckets < 2 * failed->n)
        failed->n_buckets *= 2;
    failed->bucket = malloc(failed->n_buckets * sizeof(*failed->bucket));
    if (!failed->bucket)
        return err_set(err, -ENOMEM, "out of memory");
    memset(failed->bucket, 0xff, failed->n_buckets * sizeof(*failed->bucket));
    for (uint32_t i = 0; i < failed->n; i++) {
        uint32_t *head = &failed->bucket[bucket_of(failed, &failed->connection[i].key)];

        failed->connection[i].next = *head;
        *head = i;
    }
    return 0;
}

/* The failed connection with that key at that time; NULL = none. */
static const struct failed_connection *find(const struct failed_packets *failed,
                                            const struct flow_key *key, uint64_t ordinal)
{
    for (uint32_t i = failed->bucket[bucket_of(failed, key)]; i != NONE;
         i = failed->connection[i].next) {
        const struct failed_connection *at = &failed->connection[i];

        if (ordinal >= at->first && ordinal <= at->last && flow_key_equal(&at->key, key))
            return at;
    }
    return NULL;
}

static int copy_frame(void *ctx, const struct capture *capture, const struct frame *frame,
                      struct err *err)
{
    struct failed_packets *failed = ctx;
    const struct failed_connection *connection;
    struct flow_key key;

    if (!frame_key(frame, frame->bytes, &key))
        return 0;
    connection = find(failed, &key, frame->ordinal);
    return connection ? failed_writer_frame(&failed->writer, capture, connection, frame, err) : 0;
}

int failed_packets_write(struct failed_packets *failed, const struct capture_config *config,
                         const char *summary, struct err *err)
{
    int code = build_index(failed, err);
    struct err close_err;

    if (!code)
        code = failed_writer_open(&failed->writer, failed->path, summary, err);
    if (code)
        return code;
    code = reread(config, copy_frame, failed, err);
    if (pcapng_writer_close(&failed->writer.pcapng, &close_err) && !code)
        code = err_set(err, close_err.code, "%s", close_err.text);
    return code;
}
