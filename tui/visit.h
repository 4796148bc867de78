/* SPDX-License-Identifier: BSD-2-Clause */
/* From the overview to an endpoint, from there to a flow, and back: what the model shows then. */
#ifndef TUI_VISIT_H
#define TUI_VISIT_H

#include "tui/detail.h"
#include "tui/model.h"

/* Opens the row under the cursor: an endpoint, or the flow of a failure. */
void visit_open(struct model *model);

/* One screen up; the overview has none above it. */
void visit_back(struct model *model);

/* The next (1) or previous (-1) endpoint or flow, in the order of the screen it was chosen on. */
void visit_step(struct model *model, int step);

/* Takes over what the journal has on the open endpoint by now; the cursor stays with its flow. */
void visit_refresh(struct model *model);

/* The flow in row `i` of PANE_FLOWS, or the newest one; NULL where none is kept. */
const struct journal_entry *visit_flow(const struct model *model, uint32_t i);
const struct journal_entry *visit_newest(const struct model *model);

/* What to do next, of the open flow or of the newest one of the endpoint; returns how many. */
unsigned visit_steps(const struct model *model, struct detail_command command[DETAIL_COMMANDS_MAX]);

/* The endpoint's row of the snapshot; NULL where the snapshot has none. */
const struct snapshot_endpoint *visit_endpoint(const struct model *model);

#endif
