/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zeek's conn_state, so that people can join our events with their conn.log (VERDICTS.md 1.1 and
 * 1.2: each endpoint's state, then a table in order).
 */
#include <string.h>

#include "flowtable/history.h"
#include "verdict/case.h"

enum end_state {
    INACTIVE,
    PARTIAL,
    SYN_SENT,
    ESTABLISHED,
    CLOSED,
    RESET
};

static bool is_inactive(enum end_state state)
{
    return state == INACTIVE || state == PARTIAL;
}

static enum end_state state_of(const struct flow_facts *facts, enum flow_side side)
{
    const struct side_facts *mine = &facts->side[side];
    const struct side_facts *peer = &facts->side[side_other(side)];
    bool has_fin = mine->bits & SIDE_FIN_SEEN;

    /* A RST after both FINs changes nothing; after the sender's own FIN it counts unless the
     * other side closes in order too. */
    if (mine->n_rst && !(has_fin && peer->bits & SIDE_FIN_SEEN))
        return RESET;
    if (has_fin)
        return CLOSED;
    if (facts->bits & FACT_SYNACK_SEEN)
        return ESTABLISHED; /* both ends, on the SYN-ACK alone */
    if (side == SIDE_CLIENT && mine->bits & SIDE_ISN_KNOWN)
        return SYN_SENT;
    return mine->n_pkts ? PARTIAL : INACTIVE;
}

/* History like ^?S[^HAFGIQ]*R: a SYN, and a RST with no answer between. */
static bool is_syn_then_rst(const struct flow_facts *facts)
{
    char history[HISTORY_LETTERS_MAX + 1];
    const char *at = history;

    history_format(facts->history, history);
    if (*at == '^')
        at++;
    if (*at++ != 'S')
        return false;
    at += strcspn(at, "HAFGIQR");
    return *at == 'R';
}

static const char *state_with_reset(const struct flow_facts *facts, enum end_state client,
                                    enum end_state server)
{
    bool has_no_payload =
        facts->payload_bytes[SIDE_CLIENT] == 0 && facts->payload_bytes[SIDE_SERVER] == 0;

    if (server == RESET) {
        if (client == SYN_SENT || (client == RESET && has_no_payload))
            return "REJ";
        return is_inactive(client) ? "RSTRH" : "RSTR";
    }
    if (is_inactive(server))
        return is_syn_then_rst(facts) ? "RSTOS0" : "OTH";
    return "RSTO";
}

const char *case_conn_state(const struct flow_facts *facts)
{
    enum end_state client = state_of(facts, SIDE_CLIENT);
    enum end_state server = state_of(facts, SIDE_SERVER);

    if (client == RESET || server == RESET)
        return state_with_reset(facts, client, server);
    if (client == CLOSED && server == CLOSED)
        return "SF";
    if (client == CLOSED)
        return is_inactive(server) ? "SH" : "S2";
    if (server == CLOSED)
        return is_inactive(client) ? "SHR" : "S3";
    if (client == SYN_SENT && server == INACTIVE)
        return "S0";
    if (client == ESTABLISHED && server == ESTABLISHED)
        return "S1";
    return "OTH";
}
