/* SPDX-License-Identifier: BSD-2-Clause */
/* A run without packets, for tests of the report: events go in, text comes out. */
#ifndef UNIT_SINK_REPORT_RUN_H
#define UNIT_SINK_REPORT_RUN_H

#include "eventscript.h"
#include "sink/report_model.h"
#include "sink/sink.h"

#define US_PER_S 1000000

/* Events are fed one by one; run_finish() or run_expect() ends and frees it. */
struct report_run {
    struct report_model model;
    struct run_info run;
    struct stop_info stop;
    struct snapshot final;
    uint64_t next_frame;
};

/* A replay of one file of 68 s, without an event yet. */
struct report_run *run_begin(void);

/* Feeds the event; a failure is counted in the totals too. */
void run_feed(struct report_run *run, const struct verdict_event *event);

/* `n` attempts at the server, all fine. */
void run_add_ok(struct report_run *run, const char *server, uint64_t n);

/* A SYN and, 14 us later, a RST. */
void run_add_refused(struct report_run *run, const char *server, int64_t start_us);

/* A row of the last snapshot for the endpoint of a failure. */
void run_add_attempts(struct report_run *run, const struct verdict_event *failure,
                      uint64_t n_attempts);

/* The report, to be freed. Fails the test where a line is too long or holds a byte that is neither
 * printable ASCII nor a bar. */
char *run_finish(struct report_run *run);

/* Compares the report with the file of that name in tests/golden/report. */
void run_expect(struct report_run *run, const char *name);

#endif
