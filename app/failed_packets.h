/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -w: the packets of the failed connections, and no others, as pcapng with comments.
 *
 * While the run goes on, only the names of the failed connections are collected; then the input is
 * read a second time and their packets are copied. So nothing is lost however long before its
 * verdict a connection began, and the run itself pays nothing. It takes an input that can be read
 * twice: files, not pipes or interfaces.
 */
#ifndef APP_FAILED_PACKETS_H
#define APP_FAILED_PACKETS_H

#include "base/err.h"
#include "capture/capture.h"
#include "verdict/event.h"

struct failed_packets;

/* -ENOMEM or what opening `path` says. Creates the file, so that a wrong path is told at once. */
int failed_packets_open(struct failed_packets **failed, const char *path,
                        struct err *err) MUST_CHECK;

/* Remembers the connection if it failed. What does not fit in memory any more is counted. */
void failed_packets_event(struct failed_packets *failed, const struct verdict_event *event);

/* Reads the input again and writes. `summary` goes into the section header. */
int failed_packets_write(struct failed_packets *failed, const struct capture_config *config,
                         const char *summary, struct err *err) MUST_CHECK;

/* Connections that were not remembered. */
uint64_t failed_packets_forgotten(const struct failed_packets *failed);

/* NULL is fine. */
void failed_packets_close(struct failed_packets *failed);

#endif
