/* SPDX-License-Identifier: BSD-2-Clause */
/* See failed_live.h. */
#include "app/failed_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/failed_connection.h"
#include "app/failed_writer.h"
#include "sink/output.h"

#define FILE_COMMENT "packets of failed connections, one connection after the other"

struct failed_live {
    struct failed_live_config config;
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
    code = failed_writer_open(&opened->writer, config->path, FILE_COMMENT, err);
    if (code) {
        free(opened);
        return code;
    }
    *live = opened;
    return 0;
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

    if (live->err.code || !failed_connection_fill(&connection, event))
        return;
    packet_keeper_drain(live->config.keeper);
    live->n_incomplete += packet_keeper_is_incomplete(live->config.keeper, &connection);
    if (!failed_writer_kept(&live->writer, live->config.keeper, &connection, &live->err))
        keep_short(live); /* an error is told when it is closed */
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
    free(live);
    return code;
}
