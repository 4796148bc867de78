/* SPDX-License-Identifier: BSD-2-Clause */
/* See doubts.h. */
#include "verdict/doubts.h"

/* Whether nothing that is shed by choice could have changed it: SYN, SYN-ACK, RST, FIN and ICMP
 * errors are kept, and an attempt that ended by one of them, or by none, had no data. In a tunnel
 * they cannot be told from data, and an ACK is shed like data. */
static bool is_whole_without_data(const struct verdict_case *c)
{
    bool is_attempt = c->outcome == OUTCOME_REFUSED || c->outcome == OUTCOME_REJECTED ||
                      c->outcome == OUTCOME_TIMED_OUT;

    return is_attempt && c->key->tunnel_depth == 0 && !case_is_datagram(c);
}

unsigned doubts_count(const struct verdict_case *c, struct ruling *doubts)
{
    if (case_has(c, FACT_LOSS))
        against(doubts, "capture-loss", 0, "the capture lost packets while this flow was open");
    else if (case_has(c, FACT_SHED) && !is_whole_without_data(c))
        against(doubts, "data-shed", 0, "the capture left out data packets while it was busy");
    if ((c->client->bits | c->server->bits) & SIDE_ACKED_UNSEEN)
        against(doubts, "acked-unseen", 0,
                "bytes were acknowledged that the capture does not have");
    if (case_has(c, FACT_MIDSTREAM))
        against(doubts, "midstream-start", 0, "the capture begins inside the connection");
    if (case_has(c, FACT_TRUNCATED))
        against(doubts, "headers-cut", 0, "the snap length cut TCP headers");
    if (case_has(c, FACT_TIME_BACKWARDS))
        against(doubts, "clock-steps-back", 0, "the timestamps are not monotonic");
    if (case_has(c, FACT_AT_END) && case_is_silent(c) &&
        c->client->n_syn < c->limits->telling_syns &&
        ns_since(c->last_ns, c->now_ns) < c->limits->syn_silence_ns)
        against(doubts, "capture-ends", 0, "%.1f s after the last packet of this flow",
                case_seconds(ns_since(c->last_ns, c->now_ns)));
    return doubts->n_against;
}
