/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -w where the input cannot be read again, an interface or a pipe: a connection's packets are
 * written when it is found failed, one connection after the other, as far as they are kept.
 * Connections that miss packets are counted. Main thread.
 */
#ifndef APP_FAILED_LIVE_H
#define APP_FAILED_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/packet_keeper.h"
#include "base/err.h"
#include "verdict/event.h"

struct failed_live;

struct failed_live_config {
    const char *path;             /* "-" = standard output, which is not rotated; outlives it */
    struct packet_keeper *keeper; /* outlives it too */
    uint64_t max_bytes; /* a file that is so long is followed by a new one; 0 = any length */
    uint32_t n_files;   /* kept then, as output_rename_old() has it */
};

/* Creates the file, replacing what was there. */
int failed_live_open(struct failed_live **live, const struct failed_live_config *config,
                     struct err *err) MUST_CHECK;

/* Writes the packets of the connection if it failed. */
void failed_live_event(struct failed_live *live, const struct verdict_event *event);

/* What was written can be read by others after it. */
void failed_live_flush(struct failed_live *live);

/* Begins a new file: with `rotates` after renaming this one, else only if the path names another or
 * none by now. */
void failed_live_reopen(struct failed_live *live, bool rotates);

/* Connections whose packets were no longer all in memory. */
uint64_t failed_live_incomplete(const struct failed_live *live);

/* Writes out and closes; tells the first error since the opening. Once; frees. */
int failed_live_close(struct failed_live *live, struct err *err) MUST_CHECK;

#endif
