/* SPDX-License-Identifier: BSD-2-Clause */
/* What the run's input is called, and how a command names it. */
#ifndef SINK_REPORT_INPUT_H
#define SINK_REPORT_INPUT_H

#include "base/text.h"
#include "sink/sink.h"

/* How many inputs the run had: a file can hold the packets of several interfaces. */
uint32_t report_n_inputs(const struct run_info *run);

/* "-r a.pcap -r b.pcap", or "-r FILE" where a name would need quotes or much room. */
#define REPORT_INPUTS_BYTES 52
void report_add_inputs(struct text *text, const struct run_info *run);

/* A command of verdict/explain.h with the run's input where it says "-r FILE", if that is one:
 * other programs read one file at a time. */
void report_add_command(struct text *text, const struct run_info *run, const char *cmd);

#endif
