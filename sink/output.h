/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a sink writes its lines: standard output or a file that is appended to. */
#ifndef SINK_OUTPUT_H
#define SINK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct output {
    int fd;           /* -1 = closed */
    const char *name; /* as given, for messages; the caller's, lives as long as this */
    bool is_torn;     /* a failed write left half a line behind */
    uint64_t n_lines;
    uint64_t n_errors; /* lines that did not get out; the first is told on standard error */
};

/* `path`: NULL or "-" = standard output. A file is created with mode 0644 and appended to, never
 * cut, so that several runs and a rotation by rename can share it. */
int output_open(struct output *output, const char *path, struct err *err) MUST_CHECK;

/* Writes whole lines, each ending in LF, with one write(2), so that readers and other writers of
 * the file see all of them or nothing. False where they did not get out: counted, never fatal. */
bool output_write(struct output *output, const char *lines, size_t n_bytes);

/* Closes what output_open() opened; standard output stays open. */
void output_close(struct output *output);

#endif
