/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run as Prometheus metrics (text format 0.0.4): names, units and labels of INTERFACE.md 4.1.
 *
 * The state is plain data, so that it can be handed from thread to thread; whoever formats it keeps
 * a book of its own (sink/metrics_book.h) between two pages.
 */
#ifndef SINK_METRICS_H
#define SINK_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sink/metrics_book.h"
#include "verdict/event.h"
#include "verdict/snapshot.h"

#define METRICS_IFACES_MAX 32
#define METRICS_SINKS_MAX 4
#define METRICS_INCIDENTS_MAX 256
#define METRICS_NAME_BYTES 64

/* Room for a page with all tables full. */
#define METRICS_PAGE_BYTES (160u << 10)

/* An interface, or one file. A count that is not known gets no line. */
struct metrics_iface {
    char name[METRICS_NAME_BYTES];
    uint64_t n_pkts, wire_bytes, n_truncated;
    uint64_t n_kernel_dropped, n_iface_dropped, n_ring_freezes;
    bool is_live;                /* the kernel's two counts are known */
    bool is_iface_dropped_known; /* the card's too */
    int64_t last_ns;             /* of the newest packet, capture clock; 0 = none yet */
};

struct metrics_sink {
    const char *name; /* static storage */
    uint64_t n_lines, n_errors;
};

/* An incident as its lines told it. */
struct metrics_incident {
    uint32_t number; /* 0 = free */
    bool is_open;
    enum incident_scope scope;
    enum family family;
    enum confidence confidence;
    struct endpoint server;
    uint8_t n_denied; /* snapshots in a row that know of no such incident */
    uint64_t told;    /* order of the lines: the oldest of the closed ones makes room */
};

/* All zero: none. */
struct metrics_incidents {
    uint64_t n_told;
    struct metrics_incident at[METRICS_INCIDENTS_MAX];
};

/* A line of an incident came by. */
void metrics_incidents_take(struct metrics_incidents *incidents,
                            const struct incident_event *event);

/* A newer snapshot. Lines can be lost where events come too fast: closes what the judge has had no
 * open incident for in METRICS_DENIALS of them; one alone may be older than the line. */
void metrics_incidents_mend(struct metrics_incidents *incidents, const struct snapshot *now);

#define METRICS_DENIALS 20

struct metrics_state {
    const char *version, *build; /* static storage */
    struct snapshot now;
    struct metrics_incidents incidents;
    uint32_t n_ifaces;
    struct metrics_iface iface[METRICS_IFACES_MAX]; /* each name once */
    uint32_t n_sinks;
    struct metrics_sink sink[METRICS_SINKS_MAX];
    int64_t process_cpu_ns, process_start_ns; /* start: wall clock */
    uint64_t process_rss_bytes, process_n_fds;
};

/* Brings the book up to date and appends the page. */
void metrics_format(const struct metrics_state *state, struct metrics_book *book,
                    struct text *page);

#endif
