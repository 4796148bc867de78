/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stage for incidents: attempts at given times go in, the lines that come out are kept.
 *
 * Times are milliseconds after SCRIPT_START_NS, which begins a bucket of 10 s.
 */
#ifndef SUPPORT_OUTBREAK_SCRIPT_H
#define SUPPORT_OUTBREAK_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/nanotime.h"
#include "verdict/incident.h"

#define SCRIPT_START_NS (INT64_C(1700000000) * NS_PER_S)
#define SCRIPT_LINES_MAX 2048

/* One attempt; all zero but at_ms: a refused connection of client 1 to server 1. */
struct attempt {
    int64_t at_ms;
    int64_t late_ms;        /* the judge learns of it so much later */
    bool is_ok;             /* established and working */
    bool is_open;           /* established, nothing else is known of it yet */
    bool is_alive;          /* established then, and now it is known to work */
    int64_t established_ms; /* of a failure: when it was established; 0 = never */
    enum family family;
    enum verdict_id verdict;    /* 0: refused-closed-port */
    enum confidence confidence; /* 0: certain */
    uint32_t client, server;    /* last three bytes of 10.x.x.x and 192.x.x.x */
    uint16_t port;              /* 0: 80 */
};

struct outbreak_stage {
    struct arena arena;
    struct incidents *incidents;
    struct emitter emitter;
    uint64_t n_failures; /* that went in */
    uint32_t n_lines;
    struct verdict_event *line;
    struct connection_event event; /* the last failure, as incident_add left it */
};

/* `config` may be NULL: the default one. */
void stage_open(struct outbreak_stage *stage, const struct incident_config *config);
void stage_close(struct outbreak_stage *stage);

static inline int64_t script_ns(int64_t at_ms)
{
    return SCRIPT_START_NS + at_ms * NS_PER_MS;
}

/* The judge's clock goes to at_ms + late_ms, then the attempt is added. */
void stage_attempt(struct outbreak_stage *stage, const struct attempt *attempt);
void stage_tick(struct outbreak_stage *stage, int64_t at_ms);
void stage_finish(struct outbreak_stage *stage, int64_t at_ms);

/* The n-th line (from 0) of a phase; NULL where there are not so many. */
const struct incident_event *stage_line(const struct outbreak_stage *stage,
                                        enum incident_phase phase, uint32_t n);

uint32_t stage_count(const struct outbreak_stage *stage, enum incident_phase phase,
                     enum incident_scope scope);

/* Fails the test unless what INTERFACE.md 3.5 says of incidents holds for all lines so far. */
void stage_check_lines(const struct outbreak_stage *stage);

#endif
