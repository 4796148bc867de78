/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows that no rule need be asked of: most of them. Private to verdict/ and its tests. */
#ifndef VERDICT_UNREMARKABLE_H
#define VERDICT_UNREMARKABLE_H

#include <stdbool.h>

#include "flowtable/note.h"
#include "verdict/case.h"

/* Something was said above TCP, or left unsaid, that a rule may want to know. */
bool case_has_words(const struct verdict_case *c);

/* A NOTE_ENDED whose outcome is OUTCOME_OK whatever is known of its hosts, and its verdict
 * VERDICT_OK, but for one that tells of its listener's SYN cookies. The part of it that needs no
 * words is flowtable/unremarkable.h. */
bool verdict_is_unremarkable(const struct flow_note *note, const struct verdict_limits *limits);

#endif
