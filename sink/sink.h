/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sink turns events and snapshots into something outside the program. All run on the main
 * thread and may block without harm to the capture. State is per sink: two of one kind can run.
 * A sink never touches the flow table and never calls another sink.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clockline.h"
#include "base/err.h"
#include "base/nanotime.h"
#include "sink/sink_wish.h"
#include "verdict/event.h"
#include "verdict/snapshot.h"

#define SINK_SOURCES_MAX 16
#define SINK_ADDRESSES_MAX 32
#define SINK_TAGS_MAX 16

/* Where packets come from. */
struct sink_source {
    const char *kind;      /* "interface", "file", "pipe", "synthetic" */
    const char *name;      /* of the interface, where one is known, else of the file */
    const char *input;     /* as named on the command line: interface, file, "-" */
    const char *link_type; /* "EN10MB", "LINUX_SLL2" ... */
    uint32_t snaplen_bytes;
    uint64_t ring_bytes;
    bool is_promiscuous;
    const char *tstamp_source;    /* "host", "adapter", "file" */
    const char *tstamp_precision; /* "us", "ns" */
};

/* The thresholds of incidents, in the units of `start.incident_rules` (docs/json.md). */
struct run_incident_rules {
    uint32_t bucket_s, bad_failures;
    uint32_t sustained_buckets, window_buckets;
    uint32_t burst_failures, burst_window_s, burst_span_s;
    uint32_t persistent_failures, persistent_span_s;
    uint32_t forged_failures;
    uint32_t update_s, close_quiet_s, reopen_s;
    double bad_ratio, burst_ratio;
};

/* What is known about the run before the first event; lives as long as the sinks. */
struct run_info {
    const char *version, *build;
    char run_id[13]; /* 12 hex digits */
    const char *sensor;
    const char *host, *boot_id, *kernel; /* NULL in replay */
    int32_t pid; /* 0 in replay: a replay's lines depend on nothing but its input */
    bool is_live;
    bool report_all;    /* --all: also connections that did not fail */
    bool is_light;      /* --light: most packets of open connections were left out */
    bool is_ascii;      /* --ascii, or the locale's characters are not UTF-8 */
    const char *filter; /* BPF text, "" = none */
    uint32_t n_sources;
    struct sink_source source[SINK_SOURCES_MAX];
    uint64_t limit_flows, limit_endpoints, limit_incidents;
    struct run_incident_rules incident_rules;
    uint32_t failure_lines_per_s; /* 0 = no limit (replay) */
    int64_t stats_interval_ns;
    uint16_t community_id_seed;
    uint32_t n_local;
    struct ipaddr local[SINK_ADDRESSES_MAX];
    uint32_t n_tags;
    struct {
        const char *key, *value;
    } tag[SINK_TAGS_MAX];
    int32_t uid;
    bool has_net_raw, has_seccomp, has_landlock;
    uint64_t rotate_bytes;         /* -C: a file is not to grow beyond; 0 = not by size */
    uint32_t rotate_files;         /* -W: files kept; 0 = no rotation */
    const struct clockline *clock; /* of the capture; NULL: its times are the wall clock's */
    int64_t wall_ns;               /* start time; live only */
    int64_t first_packet_ns;       /* replay only, set before sink_start(); NS_NEVER: none came */
};

/* A time of the capture as the packets were dated, for people: the wall clock may have been set. */
static inline int64_t run_wall_ns(const struct run_info *run, int64_t ns)
{
    return run->clock && ns != NS_NEVER ? clockline_wall(run->clock, ns) : ns;
}

enum stop_reason {
    STOP_END_OF_INPUT,
    STOP_SIGNAL,
    STOP_LIMIT,
    STOP_ERROR,
    STOP_REASON_COUNT
};

struct stop_info {
    enum stop_reason reason;
    const char *signal_name; /* "SIGTERM", or NULL */
    int exit_code;
    int64_t uptime_ns;
    int64_t ts_ns;                           /* live: wall clock; replay: capture clock */
    int64_t first_packet_ns, last_packet_ns; /* NS_NEVER: none came */
    const struct snapshot *final;            /* the judge's last snapshot, totals complete */
    uint32_t n_incidents_open;
    const uint32_t *incidents_open; /* numbers */
};

/* Periodic figures beside the snapshot. */
struct stats_info {
    int64_t ts_ns, interval_ns, uptime_ns;
    int64_t cpu_ns;           /* of the process, 0 in replay */
    uint64_t rss_bytes;       /* 0 in replay */
    uint64_t n_events_queued; /* in the event ring, not yet given to a sink; 0 in replay */
    const struct snapshot *now;
    const struct run_totals *before; /* totals at the previous stats event */
};

struct sink;

struct sink_ops {
    const char *name; /* "json", "report", ... */
    const char *help; /* one line; --help prints it */
    /* `argument`: where to write; NULL or "-" = standard output. Called before the first event. */
    int (*open)(struct sink *sink, const char *argument, struct err *err);
    /* Called when the first packet was seen or the input ended without one. */
    void (*start)(struct sink *sink);
    void (*event)(struct sink *sink, const struct verdict_event *event);
    void (*stats)(struct sink *sink, const struct stats_info *stats);
    void (*snapshot)(struct sink *sink, const struct snapshot *snapshot);
    int (*input_fd)(const struct sink *sink); /* to poll for keys, -1 = none */
    bool (*input)(struct sink *sink); /* input_fd is readable; true = the user wants to quit */
    /* Fills in what the user asked for since the last call, valid until the next one; false:
     * nothing. `answer` says what came of it. */
    bool (*wish)(struct sink *sink, struct sink_wish *wish);
    void (*answer)(struct sink *sink, const struct sink_answer *answer);
    /* Shows something that else would go to standard error, which is the screen's. */
    void (*say)(struct sink *sink, const char *words);
    void (*stop)(struct sink *sink, const struct stop_info *stop);
    /* Writes what waits for a slow reader or room on the disk; for the first of it waits up to
     * `wait_ms`. Returns how many lines still wait. */
    uint64_t (*flush)(struct sink *sink, int wait_ms);
    /* Opens its file again, after renaming the old one where `rotates`. */
    void (*reopen)(struct sink *sink, bool rotates);
    void (*close)(struct sink *sink);
};

/* Members but `name` and `open` may be NULL; the wrappers below check that. */
struct sink {
    const struct sink_ops *ops;
    const struct run_info *run;
    void *state;             /* of the sink's own making, freed by close */
    uint64_t n_lines;        /* written */
    uint64_t n_write_errors; /* lines left out; the first is told on stderr, the rest counted */
};

/* NULL where no sink has the name. The registry is in sink.c; tui/ adds its own in app/. */
const struct sink_ops *sink_by_name(const char *name);

int sink_open(struct sink *sink, const struct sink_ops *ops, const struct run_info *run,
              const char *argument, struct err *err) MUST_CHECK;
void sink_start(struct sink *sink);
void sink_event(struct sink *sink, const struct verdict_event *event);
void sink_stats(struct sink *sink, const struct stats_info *stats);
void sink_snapshot(struct sink *sink, const struct snapshot *snapshot);
int sink_input_fd(const struct sink *sink);
bool sink_input(struct sink *sink);
bool sink_wish(struct sink *sink, struct sink_wish *wish);
void sink_answer(struct sink *sink, const struct sink_answer *answer);
bool sink_say(struct sink *sink, const char *words); /* false: it has no place for words */
void sink_stop(struct sink *sink, const struct stop_info *stop);
uint64_t sink_flush(struct sink *sink, int wait_ms);
void sink_reopen(struct sink *sink, bool rotates);
void sink_close(struct sink *sink);

extern const struct sink_ops sink_json, sink_report, sink_lines, sink_null;

#endif
