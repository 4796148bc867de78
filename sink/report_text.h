/* SPDX-License-Identifier: BSD-2-Clause */
/* The model as text of 100 columns. Each part of the report is a function; report_text.c orders
 * them. Main thread. */
#ifndef SINK_REPORT_TEXT_H
#define SINK_REPORT_TEXT_H

#include <stdio.h>

#include "sink/report_format.h"
#include "sink/report_input.h"
#include "sink/report_model.h"
#include "sink/report_page.h"
#include "sink/sink.h"

/* Writes the whole report of a finished model; write errors stay in the stream. */
void report_text_write(FILE *out, const struct report_model *model, const struct run_info *run,
                       const struct stop_info *stop);

/* What the parts share. */
struct report {
    struct page page;
    const struct report_model *model;
    const struct run_info *run;
    const struct stop_info *stop;
    const struct run_totals *total;
    enum clock_form clock; /* of the columns "first" and "last" */
};

/* The first lines: is something wrong, how much, when, and what is not. */
void report_headline(struct report *report);

/* Where and when, side by side. */
void report_table(struct report *report);

/* One failure of many, in full. */
void report_section(struct report *report, const struct report_group *group);

/* The packets that a verdict rests on, from column `indent` on; the first line goes on where the
 * page stands. `is_brief`: of the packets only the first and those that the verdict rests on. */
void report_proof(struct report *report, unsigned indent, const struct report_group *group,
                  const struct connection_event *event, bool is_brief);

/* Can this report be trusted? */
void report_trust(struct report *report);

/* "#5", or "-" for what is no incident. */
void report_add_number(struct text *text, const struct report_group *group);

/* "10.20.0.21:7000", "client 10.0.0.5", "10.1.2.0/24". */
#define REPORT_PLACE_BYTES 72
void report_add_place(struct text *text, const struct report_group *group);

/* Columns that the places of the first `n_entries` entries and a blank take, of those that are not
 * too long to stand in a column. */
unsigned report_place_cells(const struct report *report, uint32_t n_entries);

/* "60 of 60"; only the failures where the attempts are not known. */
void report_add_ratio(struct text *text, const struct report_group *group);

/* One line: what the packets say, with the ratio, at most about 60 characters. */
void report_add_summary(struct text *text, const struct report_group *group);

/* An incident that began within 2 s of this one on the same server; *after_ns is how much later
 * (or, negative, earlier). NULL: none after `previous`. */
const struct report_group *report_related(const struct report *report,
                                          const struct report_group *group,
                                          const struct report_group *previous, int64_t *after_ns);

#endif
