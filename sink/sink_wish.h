/* SPDX-License-Identifier: BSD-2-Clause */
/* What a sink's user asks for that the sink cannot do itself, and what came of it. */
#ifndef SINK_SINK_WISH_H
#define SINK_SINK_WISH_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/event.h"
#include "verdict/snapshot.h"

enum sink_wish_kind {
    WISH_PACKETS, /* save the packets of the failures */
    WISH_REPORT,  /* write a report on the events; JSON Lines where the path ends in .json(l) */
    WISH_BYTES,   /* see one packet of the failure */
    SINK_WISH_KIND_COUNT
};

#define SINK_WANTED_MAX 320
#define SINK_WANTED_INCIDENTS_MAX 64
struct sink_wish {
    enum sink_wish_kind kind;
    const char *path; /* NULL for WISH_BYTES */
    bool may_replace; /* a file that is there */
    uint64_t frame;   /* of WISH_BYTES */
    uint32_t n_failures, n_incidents;
    const struct connection_event *failure[SINK_WANTED_MAX]; /* in the order of the report */
    int64_t ts_ns[SINK_WANTED_MAX];                          /* when they were judged */
    uint64_t n_alike[SINK_WANTED_MAX]; /* WISH_REPORT: that it stands for, beyond its count */
    const struct incident_event *incident[SINK_WANTED_INCIDENTS_MAX];
    const struct snapshot *snapshot; /* of WISH_REPORT: what it counts */
};

enum sink_answer_kind {
    ANSWER_DONE,
    ANSWER_FAILED,
    ANSWER_EXISTS, /* the file is there, and may_replace was not said */
    SINK_ANSWER_KIND_COUNT
};

/* What came of a wish. */
struct sink_answer {
    enum sink_wish_kind to;
    enum sink_answer_kind kind;
    const char *words;    /* for the user; "" with bytes */
    const uint8_t *bytes; /* of WISH_BYTES: captured_bytes of them; valid during the call */
    uint32_t captured_bytes, wire_bytes;
};

#endif
