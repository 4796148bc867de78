/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which failures `w` and `e` are about: on the flow screen its flow; on an endpoint's its marked
 * flows, else all; on the overview what is marked, else all rows of the pane (of Where, with Why
 * and Incidents). As far as failures are kept, oldest first, each once.
 */
#ifndef TUI_WANTED_H
#define TUI_WANTED_H

#include "tui/model.h"

/* Both fill in the wish but for its path; their pointers live until the next event. */

void wanted_packets(const struct model *model, struct sink_wish *wish);

/* The figures that the report counts go to `counts`. */
void wanted_report(const struct model *model, struct sink_wish *wish, struct snapshot *counts);

#endif
