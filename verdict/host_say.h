/* SPDX-License-Identifier: BSD-2-Clause */
/* What the capturing host's kernel says to the rules. Private to verdict/. */
#ifndef VERDICT_HOST_SAY_H
#define VERDICT_HOST_SAY_H

#include "verdict/case.h"

/* As reasons, whose codes begin with "host-". Nothing where nobody asked. */
void say_listener(const struct verdict_case *c, struct ruling *ruling);
void say_queue(const struct verdict_case *c, struct ruling *ruling);
/* The server's packets begin on the capturing host: no machine or container behind it answers. */
bool case_is_answered_here(const struct verdict_case *c);
/* Its listener was there, had room, and threw nothing away: what is missing died before it. */
bool case_is_lost_before_listener(const struct verdict_case *c);

#endif
