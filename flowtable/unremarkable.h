/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a connection went as connections do: opened at the first SYN, closed from both sides, and
 * every byte of it acknowledged. Most are so, and none of them needs a rule.
 *
 * What is promised, of a TCP flow at its end: where facts and trail are unremarkable and no
 * protocol reader has read any of it (no struct flow_speech), the judge calls it OUTCOME_OK,
 * whatever is known of its hosts and was left out by the capture; and its verdict is VERDICT_OK,
 * but for the one in a minute that tells of its listener's SYN cookies. With words that were read,
 * verdict/unremarkable.h has the rest of the question. No is never wrong: somebody has to look.
 *
 * What is not promised: the hosts learn from the trail of such a flow too (flowtable/lesson.h), and
 * with --all its packets are shown.
 */
#ifndef FLOWTABLE_UNREMARKABLE_H
#define FLOWTABLE_UNREMARKABLE_H

#include <stdbool.h>

#include "decode/payload.h"
#include "flowtable/facts.h"

/* Something that a rule, or the question what happened at all, looks at. */
#define FACTS_REMARKABLE                                                                           \
    (FACT_MIDSTREAM | FACT_ROLES_GUESSED | FACT_SYN_REFUSED | FACT_SYN_ICMP |                      \
     FACT_CLIENT_RST_SYNACK | FACT_STALE_ACK | FACT_BAD_SYNACK | FACT_SIMULTANEOUS_OPEN |          \
     FACT_LOSS | FACT_TRUNCATED | FACT_TIME_BACKWARDS | FACT_EVICTED | FACT_SHED |                 \
     FACT_CHALLENGED | FACT_ALIVE_AFTER_RST | FACT_SYN_IN_CONNECTION)

#define SIDE_REMARKABLE                                                                            \
    (SIDE_OPTIONS_UNKNOWN | SIDE_ZERO_WINDOW | SIDE_ACKED_UNSEEN | SIDE_SEQ_GAP |                  \
     SIDE_WINDOW_ZERO_NOW | SIDE_KEEPALIVE)

/* One SYN of its own, a FIN, and the other side has all that is between. */
static inline bool side_is_unremarkable(const struct side_facts *side,
                                        const struct side_facts *other)
{
    const uint16_t whole = SIDE_ISN_KNOWN | SIDE_FIN_SEEN | SIDE_FIN_ACKED;

    return (side->bits & (whole | SIDE_REMARKABLE)) == whole && other->acked == side->nxt &&
           side->n_syn == 1 && side->n_syn_late == 0 && side->n_rst == 0 && side->run_count == 0;
}

/* TCP only: of datagrams nothing is said. */
static inline bool facts_are_unremarkable(const struct flow_facts *facts)
{
    const uint32_t whole = FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED;
    const struct side_facts *client = &facts->side[SIDE_CLIENT];
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    return (facts->bits & (whole | FACTS_REMARKABLE)) == whole && facts->n_icmp == 0 &&
           side_is_unremarkable(client, server) && side_is_unremarkable(server, client);
}

/* A server that hangs up on a client that it has told nothing is none of the usual. */
static inline bool trail_is_hung_up(const struct flow_trail *trail, const struct flow_facts *facts)
{
    uint64_t client_fin = trail->slot[TRAIL_CLIENT_FIN].frame;

    return facts->side[SIDE_SERVER].n_data == 0 &&
           (client_fin == 0 || client_fin >= trail->slot[TRAIL_SERVER_FIN].frame);
}

/* With unremarkable facts: nothing in the trail says otherwise, and no words are in it that are
 * said where something went wrong. */
static inline bool trail_is_unremarkable(const struct flow_trail *trail,
                                         const struct flow_facts *facts)
{
    const struct speech_facts *client = &trail->speech[SIDE_CLIENT];
    const struct speech_facts *server = &trail->speech[SIDE_SERVER];
    bool is_mixed =
        (client->first_kind == PAYLOAD_HTTP2_PREFACE &&
         server->first_kind == PAYLOAD_HTTP1_RESPONSE) ||
        (client->first_kind == PAYLOAD_HTTP1_REQUEST && server->first_kind == PAYLOAD_HTTP2_FRAMES);

    return trail->n_rst == 0 && trail->icmp.frame == 0 && !client->goaway_frame &&
           !server->goaway_frame && server->first_kind != PAYLOAD_TLS_ALERT && !is_mixed &&
           !trail_is_hung_up(trail, facts);
}

#endif
