/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a sink writes its lines: standard output or a file that is appended to.
 *
 * Theory of operation: lines go into a queue and leave it as soon as the other side takes them: a
 * stream (pipe, socket, terminal) gets each line at once, a file a batch of lines with one
 * write(2). What is not taken, because the reader is slow or the disk is full, stays and is tried
 * again; only when the queue is full are lines left out, and counted. Whatever happens, a reader
 * finds whole lines: the rest of a line that was taken in part is the next thing that goes out, and
 * a file that is let go of with part of a line at its end loses that part.
 */
#ifndef SINK_OUTPUT_H
#define SINK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Some thousand lines, half a minute of them at the rate that failures are told at. */
#define OUTPUT_QUEUE_BYTES (UINT32_C(2) << 20)

/* The last part of the queue is for lines that say what went missing (OUTPUT_KEPT). */
#define OUTPUT_RESERVE_BYTES (OUTPUT_QUEUE_BYTES / 4)

/* A file is not written to more often than this asks for, nor at the end of each batch. */
#define OUTPUT_BATCH_BYTES (UINT32_C(64) << 10)

#define OUTPUT_PATH_BYTES 4096

enum output_rank {
    OUTPUT_COMMON, /* one of many */
    OUTPUT_KEPT,   /* may use the reserve */
    OUTPUT_RANK_COUNT
};

/* Of files: FILE becomes FILE.1, that FILE.2 and so on, before a new FILE is begun. */
struct output_rotation {
    uint64_t max_bytes; /* of one file; 0 = not by size */
    uint32_t n_files;   /* kept, FILE included; 0 = no rotation, also not when asked for */
};

struct run_info;

struct output {
    int fd;           /* -1 = closed */
    const char *name; /* as given, for messages; the caller's, lives as long as this */
    const char *path; /* NULL = standard output; the caller's too */
    bool is_stream;   /* else a file: lines go out in batches, what is torn can be taken back */
    bool waits;       /* for a slow reader instead of leaving lines out (replay) */
    bool is_failing;  /* the last try to write was refused */
    bool is_told;     /* that lines cannot be written, on standard error: once */
    struct output_rotation rotation;
    uint64_t file_bytes; /* size of the file, as far as this writer knows */
    uint64_t n_lines;    /* that went out whole */
    uint64_t n_errors;   /* lines that did not */

    char *queue;         /* of OUTPUT_QUEUE_BYTES */
    uint32_t begin, end; /* what waits: from the beginning of a line to the end of one */
    uint32_t out_bytes;  /* of the line at begin that went out already */
};

/* `path`: NULL or "-" = standard output. A file is created with mode 0644 and appended to, never
 * cut, so that several runs and a rotation by rename can share it. */
int output_open(struct output *output, const char *path, struct err *err) MUST_CHECK;

/* As the run wants it: a replay waits for its reader; rotation. */
void output_follow(struct output *output, const struct run_info *run);

/* Takes whole lines, each ending in LF, together at most OUTPUT_BATCH_BYTES. False where there was
 * no room for them: counted, never fatal. */
bool output_write(struct output *output, const char *lines, size_t n_bytes, enum output_rank rank);

/* Writes what waits, as far as it is taken; for the first of it waits up to `wait_ms`, and with
 * output.waits, unless that is 0, until all of it is taken or refused. Returns whether nothing is
 * left. */
bool output_flush(struct output *output, int wait_ms);

/* How many lines wait. */
uint64_t output_waiting(const struct output *output);

/* Whether `n_bytes` more would make the file longer than its rotation allows. */
bool output_is_full(const struct output *output, size_t n_bytes);

/* Opens the file of that name again: what it was is renamed or gone. False where that was not
 * possible (told on standard error): the old one goes on. Standard output: nothing to do, false. */
bool output_reopen(struct output *output);

/* Renames as the rotation says and begins a new file. False as above. */
bool output_rotate(struct output *output);

/* FILE becomes FILE.1, that FILE.2 and so on, until there are n_files (at least 1) with the FILE to
 * come. 0 or a negative errno. */
int output_rename_old(const char *path, uint32_t n_files) MUST_CHECK;

/* Gives up what still waits (counted) and closes what output_open() opened; standard output stays
 * open. A second time: nothing to do. */
void output_close(struct output *output);

#endif
