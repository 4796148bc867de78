/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said of a connection of which only the ends were captured. Private to verdict/. */
#ifndef VERDICT_LIGHT_H
#define VERDICT_LIGHT_H

#include <stdbool.h>

#include "verdict/case.h"

/* What happened as far as it is known: c->outcome, of the packets as they are, or less. */
enum outcome light_outcome(const struct verdict_case *c);

/* Whether the verdict rests on packets that are left out and is not to be given at all. */
bool light_forbids(const struct verdict_case *c, enum verdict_id id);

/* How many grades the verdict is less sure. Both: without --light nothing. */
unsigned light_doubts(const struct verdict_case *c, enum verdict_id id);

#endif
