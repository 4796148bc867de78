/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -w where the input cannot be read again, an interface or a pipe: the newest packets are kept in
 * memory, and a connection's are written when it is found failed, one connection after the other.
 *
 * What is pushed out of memory before its connection fails is not written; connections that miss
 * packets so are counted. Main thread.
 */
#ifndef APP_FAILED_LIVE_H
#define APP_FAILED_LIVE_H

#include <stdint.h>

#include "base/err.h"
#include "base/ring.h"
#include "capture/capture.h"
#include "verdict/event.h"

struct failed_live;

/* Keeps up to `memory_bytes` of packets (at least 1 MiB). Creates the file, replacing what was
 * there. */
int failed_live_open(struct failed_live **live, const char *path, uint64_t memory_bytes,
                     struct err *err) MUST_CHECK;

/* Takes what the capture has delivered: `tap` is its tap, `capture` tells names of interfaces. Call
 * it often, and before events are taken; both outlive `live`. */
void failed_live_attach(struct failed_live *live, struct ring *tap, const struct capture *capture);
void failed_live_drain(struct failed_live *live);

/* Writes the packets of the connection if it failed. */
void failed_live_event(struct failed_live *live, const struct verdict_event *event);

/* What was written can be read by others after it. */
void failed_live_flush(struct failed_live *live);

/* Connections whose packets were no longer all in memory. */
uint64_t failed_live_incomplete(const struct failed_live *live);

/* Writes out and closes; tells the first error since the opening. Once; frees. */
int failed_live_close(struct failed_live *live, struct err *err) MUST_CHECK;

#endif
