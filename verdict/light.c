/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judging with --light: the handshake, its refusals and every end are captured, and what a segment
 * begins with where that is of interest; no ACK, and little of the data in between.
 *
 * So an attempt that no SYN-ACK answered is judged as always. Behind a SYN-ACK silence proves
 * nothing, sequence numbers still say how much was sent, and words prove what they prove.
 */
#include "verdict/light.h"

#define ANSWERED (FACT_SYNACK_SEEN | FACT_ESTABLISHED | FACT_MIDSTREAM)

/* A client resets what answers something else: an ACK of an old connection was left out. */
static bool was_answered_unseen(const struct verdict_case *c)
{
    const struct packet_mark *synack = case_slot(c, TRAIL_SYNACK);

    if (!c->client->n_rst || case_has(c, FACT_BAD_SYNACK | FACT_MIDSTREAM))
        return false;
    return !case_has(c, FACT_SYNACK_SEEN) || c->trail->n_rst == 0 ||
           (c->trail->rst[0].mark.side == SIDE_CLIENT &&
            c->trail->rst[0].mark.frame < synack->frame);
}

/* Many programs close by RST when they have what they wanted, and checks when they know that
 * somebody listens. */
static enum outcome outcome_of_rst(const struct verdict_case *c)
{
    bool has_spoken = case_has_server_spoken(c);

    if (case_reset_by(c, SIDE_CLIENT) && c->rst->mark.seq == c->client->isn + 1 && !has_spoken)
        return OUTCOME_OK;
    if (c->outcome == OUTCOME_RESET && (case_reset_by(c, SIDE_SERVER) || !has_spoken))
        return OUTCOME_RESET;
    return OUTCOME_UNKNOWN;
}

enum outcome light_outcome(const struct verdict_case *c)
{
    if (case_is_datagram(c))
        return c->outcome;
    if (was_answered_unseen(c))
        return OUTCOME_UNKNOWN;
    if (!case_has(c, ANSWERED))
        return c->outcome;
    if (c->outcome == OUTCOME_BLACKHOLED ||
        (c->outcome == OUTCOME_CLOSED_EARLY && case_has_server_spoken(c)))
        return OUTCOME_UNKNOWN;
    if (c->rst && (c->outcome == OUTCOME_RESET || c->outcome == OUTCOME_OK))
        return outcome_of_rst(c);
    return c->outcome;
}

/* By how an encrypted record lies among others, of which most were left out. */
bool light_forbids(const struct verdict_case *c, enum verdict_id id)
{
    if (!c->is_light)
        return false;
    return id == VERDICT_TLS_ENCRYPTED_ALERT || id == VERDICT_TLS_HELLO_BLACKHOLE ||
           (verdict_row(id)->family == FAMILY_TLS_REFUSED &&
            c->tls->side[TLS_SERVER].sealed_alert.frame);
}

/* What it says stands in a packet: an alert, a status line, a farewell. */
static bool is_told_by_words(enum verdict_id id)
{
    enum family family = verdict_row(id)->family;

    return id != VERDICT_TLS_RESET_ON_HELLO &&
           (family == FAMILY_TLS_REFUSED || family == FAMILY_HTTP_REFUSED ||
            family == FAMILY_GRPC_REFUSED || family == FAMILY_APP_REFUSED);
}

unsigned light_doubts(const struct verdict_case *c, enum verdict_id id)
{
    if (!c->is_light)
        return 0;
    if (id == VERDICT_QUIC_BLOCKED) /* an answer without a long header was left out */
        return 1;
    if (case_is_datagram(c) || is_told_by_words(id))
        return 0;
    return case_has(c, ANSWERED) || c->outcome == OUTCOME_UNKNOWN ? 2 : 0;
}
