/* SPDX-License-Identifier: BSD-2-Clause */
/* What the model keeps of the failures of one kind at one endpoint (struct report_group). */
#ifndef SINK_REPORT_GROUP_H
#define SINK_REPORT_GROUP_H

#include "sink/report_model.h"

/* NULL where there is no memory. */
struct report_group *report_group_new(void);
void report_group_free(struct report_group *group);

void report_group_add(struct report_group *group, const struct verdict_event *event);

/* Adds the figures of `from`, and its samples where `into` has none. */
void report_group_merge(struct report_group *into, const struct report_group *from);

#endif
