/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files, one after the other, and generated packets: inputs that wait for the consumer. */
#ifndef CAPTURE_OFFLINE_H
#define CAPTURE_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "capture/filter.h"
#include "capture/raw_packet.h"
#include "capture/reader.h"
#include "capture/stream.h"
#include "capture/synthetic.h"

struct capture;
struct capture_config;
struct capture_ops;

/* One program for each link type met; a file with more of them than this is refused. */
#define OFFLINE_MAX_LINKTYPES 16

/* More files than this are not kept open from the start, but opened again in their turn. */
#define OFFLINE_MAX_OPEN 256

struct offline_filter {
    struct filter filter;
    uint16_t linktype;
};

struct offline {
    /* constant after offline_open */
    uint8_t *stream_memory;

    /* capture thread */
    int *fds;        /* n_files; -1 when not open */
    size_t file_idx; /* of the current or next file */
    bool is_file_open;
    bool has_failed; /* a file could not be read at all */
    struct stream stream;
    struct reader *reader;
    struct err
        why; /* what the reader said last; here, for a buffer on the stack costs each packet */
    struct synthetic *synthetic; /* instead of files */

    bool has_packet; /* read and not yet taken by the feed */
    bool is_kept;    /* what the filter said of it */
    struct raw_packet packet;

    struct offline_filter filters[OFFLINE_MAX_LINKTYPES];
    size_t n_filters;
};

size_t offline_memory_bytes(const struct capture_config *config);

/* Fills capture->input.offline and ops, as capture_open says. */
MUST_CHECK int offline_open(struct capture *capture, struct arena *arena, struct err *err);

#endif
