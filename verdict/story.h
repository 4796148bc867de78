/* SPDX-License-Identifier: BSD-2-Clause */
/* From the verdict that was chosen to the event that tells of it. Private to verdict/. */
#ifndef VERDICT_STORY_H
#define VERDICT_STORY_H

#include "flowtable/note.h"
#include "verdict/case.h"
#include "verdict/event.h"

struct held_rule {
    enum verdict_id id;
    enum confidence confidence;
};

struct choice {
    enum verdict_id id; /* VERDICT_COUNT = none yet */
    enum confidence confidence;
    struct ruling ruling; /* of id */
    /* Every rule that holds, in the order of the table. */
    unsigned n_held;
    struct held_rule held[VERDICT_COUNT];
};

/* Not all is cleared: of what only some events have, a count or kind says that it is not there. */
void story_clear(struct verdict_event *event);

/* Of a flow that no rule was asked of: OUTCOME_OK, VERDICT_OK. */
void story_fill_unremarkable(const struct flow_note *note, struct verdict_event *event);

/* What every event has. */
void story_fill_outcome(const struct verdict_case *c, const struct choice *choice,
                        const struct flow_note *note, struct verdict_event *event);

/* The rest of a told one's, but its evidence and reasons; then those. `doubts`: what speaks against
 * any verdict. */
void story_fill(const struct verdict_case *c, const struct choice *choice,
                const struct flow_note *note, struct connection_event *to);
void story_fill_reasons(const struct choice *choice, const struct ruling *doubts,
                        struct connection_event *to);

/* What is counted of one that is not told: family, confidence, and its SYN for evidence. */
void story_fill_counted(const struct verdict_case *c, const struct choice *choice,
                        struct connection_event *to);

#endif
