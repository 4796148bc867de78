/* SPDX-License-Identifier: BSD-2-Clause */
/* Hops 8 and 9: the events of the run -> every open sink. Main thread. */
#ifndef APP_OUTPUTS_H
#define APP_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/failed_live.h"
#include "app/failed_packets.h"
#include "app/options.h"
#include "app/pipeline.h"
#include "app/rates.h"
#include "app/service.h"
#include "sink/sink.h"

#define OUTPUTS_SINKS_MAX 3

struct outputs {
    struct run_info *run;
    struct pipeline *pipeline;
    struct sink sink[OUTPUTS_SINKS_MAX];
    uint32_t n_sinks;
    bool has_started;
    bool wants_quit; /* a sink's user said so */
    const struct options *options;
    struct failed_packets *failed; /* -w of files; NULL = not asked for */
    struct packet_keeper *keeper;  /* for -w and the screen, where the input can be read once */
    struct failed_live *live;      /* -w of such an input; NULL = not asked for */
    int64_t drained_ns;            /* when the keeper last was */
    struct service *service;       /* metrics, the service manager; NULL = neither */
    bool is_failed_on;             /* --fail-on matched */
    const struct capture_config *input; /* to read it again; set before outputs_run() */
    struct rates rates;
    struct run_totals before; /* at the previous stats event */
    struct snapshot figures;  /* of a replay's stats event */
    int64_t stats_due_ns, stats_last_ns, start_ns;
    int64_t rotate_due_ns;                /* CLOCK_MONOTONIC */
    bool is_away[CAPTURE_MAX_INTERFACES]; /* interfaces that were told to be */
};

/* Opens the face and the extra log. `kept_bytes` of packets are kept; 0 where the input can be read
 * again. */
int outputs_open(struct outputs *outputs, struct run_info *run, const struct options *options,
                 enum face face, uint64_t kept_bytes, struct err *err) MUST_CHECK;

/* Until the run is over and, with a screen, the user has seen enough. */
void outputs_run(struct outputs *outputs, struct pipeline *pipeline);

/* -w: writes what is to be written at the end and says on stderr what it lacks. Returns an error of
 * writing. After outputs_stop. */
int outputs_write_packets(struct outputs *outputs, const struct capture_config *config,
                          struct err *err) MUST_CHECK;

/* The last words: stop_info's final snapshot and times are filled in here. */
void outputs_stop(struct outputs *outputs, struct stop_info *stop);

/* Gives slow readers a last chance. Returns how many lines could not be written in all. */
uint64_t outputs_finish(struct outputs *outputs);

/* The same so far, over all sinks. */
uint64_t outputs_write_errors(const struct outputs *outputs);

void outputs_close(struct outputs *outputs);

#endif
