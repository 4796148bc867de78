/* SPDX-License-Identifier: BSD-2-Clause */
/* The packets that a verdict rests on, as lines of a section. */
#ifndef SINK_REPORT_PROOF_H
#define SINK_REPORT_PROOF_H

#include "sink/report_model.h"
#include "sink/report_page.h"

/* Writes the lines from column `indent` on; the first goes on where the page stands. */
void report_proof(struct page *page, unsigned indent, const struct report_group *group,
                  const struct connection_event *event);

#endif
