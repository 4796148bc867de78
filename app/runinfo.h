/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sinks are told of the run: host, sources, limits. */
#ifndef APP_RUNINFO_H
#define APP_RUNINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "app/options.h"
#include "app/pipeline.h"
#include "sink/sink.h"

/* Holds the texts that struct run_info points at. */
struct run_texts {
    char host[256], kernel[128], boot_id[64];
    char tag[SINK_TAGS_MAX][256];
};

/* What is known before the inputs are open. In replay nothing depends on the machine, the process
 * or the time: the run id is a hash of the inputs' names, sizes and times of change. */
void runinfo_fill(struct run_info *run, struct run_texts *texts, const struct options *options,
                  bool is_live);

/* Once the pipeline is open; the sources again when more have become known. */
void runinfo_fill_pipeline(struct run_info *run, const struct pipeline *pipeline);

/* Addresses of this host; returns how many of at most `max`. */
uint32_t runinfo_local_addresses(struct ipaddr *local, uint32_t max);

#endif
