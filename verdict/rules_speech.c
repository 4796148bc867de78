/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was said in plain sight before the close: HTTP/2 GOAWAY (VERDICTS.md 13.7). The close that
 * follows is its clean-up, not a second failure.
 */
#include "verdict/case.h"

static const struct speech_facts *speech_of(const struct verdict_case *c, enum flow_side side)
{
    return &c->trail->speech[side];
}

enum confidence rule_h2_goaway(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        const struct speech_facts *speech = speech_of(c, (enum flow_side)s);

        if (speech->goaway_frame) {
            because(ruling, "goaway", speech->goaway_frame, "GOAWAY error %u, last stream %u",
                    speech->goaway_code, speech->goaway_last_stream);
            return CONFIDENCE_CERTAIN;
        }
    }
    return CONFIDENCE_NONE;
}
