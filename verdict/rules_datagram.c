/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong without TCP: QUIC and SCTP (VERDICTS.md 10, 12.7). */
#include "verdict/case.h"
#include "verdict/speech_name.h"

/* The tracker has held the ABORT's verification tag against the INIT's (RFC 9260 section 8.5.1). */
enum confidence rule_sctp_abort(const struct verdict_case *c, struct ruling *ruling)
{
    const struct sctp_facts *sctp = &c->speech->sctp;

    if (c->speech->kind != READER_SCTP || !sctp->abort_frame)
        return CONFIDENCE_NONE;
    if (sctp->had_init_ack)
        because(ruling, "abort-answers-cookie", sctp->abort_frame, "its verification tag is right");
    else
        because(ruling, "abort-answers-init", sctp->abort_frame, "its verification tag is right");
    if (sctp->cause)
        because(ruling, "abort-cause", sctp->abort_frame, "%u %s", sctp->cause,
                sctp_cause_name(sctp->cause));
    else
        because(ruling, "abort-without-cause", sctp->abort_frame, "as for a closed port");
    if (sctp->n_inits > 1)
        because(ruling, "init-repeated", 0, "%u times", sctp->n_inits);
    return CONFIDENCE_CERTAIN;
}
