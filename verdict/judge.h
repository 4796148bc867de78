/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of an ended flow and knowledge of the hosts -> verdict, confidence, evidence. Pure. */
#ifndef VERDICT_JUDGE_H
#define VERDICT_JUDGE_H

#include <stdbool.h>

#include "flowtable/note.h"
#include "verdict/event.h"
#include "verdict/host_evidence.h"
#include "verdict/hosts.h"
#include "verdict/limits.h"

struct judge_context {
    const struct hosts *hosts;
    const struct verdict_limits *limits;
    const struct ipaddr *local; /* addresses of the capturing host; NULL in replay */
    uint32_t n_local;
    const struct host_evidence *host; /* of the server of the note to be judged; NULL: not asked */
    bool is_light;                    /* the capture left out ACKs and most data */
    bool skips_fine;                  /* what is fine is counted and not told */
};

/*
 * Judges the flow of a NOTE_ENDED. All rules run that can hold; the surest specific one that is at
 * least likely wins, else the generic one, else the surest that is left; table order breaks ties.
 * Loss in the capture, a start in the middle and the like lower every rule by one grade, here and
 * nowhere else. Fills *event but for incident, and sets count to 1.
 *
 * With skips_fine, of an event whose verdict is of KIND_FINE only kind, ts_ns, and the
 * connection's outcome, verdict, is_failure, client, server and facts are set.
 */
void verdict_judge(const struct judge_context *context, const struct flow_note *note,
                   struct verdict_event *event);

/*
 * The same for one that is counted with others of its kind and not told: where its verdict is the
 * `expected` one, a failure, sets of the event kind and ts_ns, and of the connection outcome,
 * verdict, family, confidence, stage, blame, is_failure, count, flow_id, client, server and facts;
 * incident is 0, the SYN is the evidence, and there are no words. False where it is not:
 * verdict_judge() has to be asked.
 */
bool verdict_judge_counted(const struct judge_context *context, const struct flow_note *note,
                           enum verdict_id expected, struct verdict_event *event);

/*
 * Judges a NOTE_NEIGHBOUR: an attempt that ended before its SYN. `ends` is what is known of the
 * capturing host's Ethernet address. False where there is nothing to tell: somebody else asked, of
 * whom only the requests are captured here, or the SYNs are, whose flow will be judged.
 */
bool verdict_judge_neighbour(const struct judge_context *context, const struct flow_note *note,
                             const struct linkends *ends, struct verdict_event *event);

/* Confidence of each rule for the note before anything is lowered: the golden matrix. */
void verdict_matrix(const struct judge_context *context, const struct flow_note *note,
                    enum confidence confidence[VERDICT_COUNT]);

#endif
