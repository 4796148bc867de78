/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's counters of dropped connections, from /proc/net/netstat. */
#ifndef APP_NETSTAT_H
#define APP_NETSTAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "verdict/host_evidence.h"

/* The open file, kept for later: a sandbox need not allow another. -errno with a reason. */
int netstat_open(int *fd, struct err *err) MUST_CHECK;

/* Reads it anew. -errno, with `value` untouched, where it cannot be read or lacks a counter. */
int netstat_read(int fd, uint64_t value[HOST_COUNTER_COUNT]) MUST_CHECK;

/* The file's text, NUL-terminated: pairs of lines, names above values. As netstat_read. */
int netstat_parse(const char *text, uint64_t value[HOST_COUNTER_COUNT]) MUST_CHECK;

#endif
