/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes every conclusion of a flow less sure. Private to verdict/. */
#ifndef VERDICT_DOUBTS_H
#define VERDICT_DOUBTS_H

#include "verdict/case.h"

/* Adds them to doubts->against; returns how many: a grade each. */
unsigned doubts_count(const struct verdict_case *c, struct ruling *doubts);

#endif
