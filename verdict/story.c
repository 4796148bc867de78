/* SPDX-License-Identifier: BSD-2-Clause */
/* See story.h. */
#include "verdict/story.h"

#include <stddef.h>
#include <string.h>

#include "verdict/tamper.h"

static void fill_alternatives(const struct choice *choice, struct connection_event *event)
{
    if (verdict_row(choice->id)->kind == KIND_FINE)
        return;
    for (unsigned grade = CONFIDENCE_CERTAIN; grade >= CONFIDENCE_POSSIBLE; grade--) {
        for (unsigned i = 0; i < choice->n_held; i++) {
            const struct held_rule *held = &choice->held[i];

            /* Under a named cause the generic id is no alternative: it says the same, less. */
            if (held->id == choice->id || held->confidence != grade ||
                verdict_row(held->id)->kind != KIND_SPECIFIC ||
                event->n_alternatives == EVENT_ALTERNATIVES_MAX)
                continue;
            event->alternatives[event->n_alternatives++] = held->id;
        }
    }
}

static enum outcome final_outcome(const struct verdict_case *c, enum verdict_id id)
{
    enum outcome fixed = verdict_row(id)->outcome;

    if (fixed != OUTCOME_COUNT)
        return fixed;
    /* The server's kernel never had the connection that the client saw reset, or go dead. */
    if (id == VERDICT_ACCEPT_QUEUE_OVERFLOW &&
        (c->outcome == OUTCOME_RESET || c->outcome == OUTCOME_BLACKHOLED))
        return OUTCOME_HALF_OPEN;
    /* Half of a flood waits for nothing. */
    if (id == VERDICT_SYN_FLOOD &&
        (c->outcome == OUTCOME_IN_PROGRESS || c->outcome == OUTCOME_UNKNOWN))
        return case_has(c, FACT_SYNACK_SEEN) ? OUTCOME_HALF_OPEN : OUTCOME_TIMED_OUT;
    return c->outcome;
}

static enum family final_family(enum verdict_id id, enum outcome outcome)
{
    enum family family = verdict_row(id)->family;

    if (family != FAMILY_OF_OUTCOME)
        return family;
    if (outcome == OUTCOME_RESET)
        return FAMILY_RESET;
    if (outcome == OUTCOME_REFUSED)
        return FAMILY_REFUSED;
    if (outcome == OUTCOME_REJECTED)
        return FAMILY_FIREWALL_REJECT;
    return outcome == OUTCOME_HALF_OPEN ? FAMILY_HALF_OPEN : FAMILY_TIMEOUT;
}

static bool counts_as_failure(const struct verdict_case *c, enum verdict_id id,
                              enum outcome outcome)
{
    if (verdict_row(id)->kind == KIND_FINE || race_is_lost(c))
        return false;
    /* A forged RST is worth a line even where the connection survived it. */
    return id == VERDICT_RST_INJECTED || (outcome != OUTCOME_OK && outcome != OUTCOME_OK_DEGRADED);
}

static enum ended_by final_ended_by(const struct verdict_case *c, enum verdict_id id)
{
    bool has_client_fin = c->client->bits & SIDE_FIN_SEEN;
    bool has_server_fin = c->server->bits & SIDE_FIN_SEEN;

    if (id == VERDICT_RST_INJECTED || id == VERDICT_FIREWALL_MIDSTREAM_RST)
        return ENDED_BY_THIRD_PARTY;
    if (c->outcome == OUTCOME_REFUSED)
        return ENDED_BY_SERVER;
    if (c->outcome == OUTCOME_REJECTED)
        return ipaddr_equal(&c->trail->icmp.from, &c->key->addr[1 - c->client_end])
                   ? ENDED_BY_SERVER
                   : ENDED_BY_THIRD_PARTY;
    if (case_is_datagram(c))
        return c->facts->last_ns[SIDE_SERVER] == NS_NEVER ? ENDED_BY_NONE : ENDED_BY_SERVER;
    if (c->rst)
        return c->rst->mark.side == SIDE_CLIENT ? ENDED_BY_CLIENT : ENDED_BY_SERVER;
    if (case_has(c, FACT_CLIENT_RST_SYNACK))
        return ENDED_BY_CLIENT;
    if (has_client_fin && has_server_fin)
        return ENDED_BY_BOTH;
    if (has_client_fin || has_server_fin)
        return has_client_fin ? ENDED_BY_CLIENT : ENDED_BY_SERVER;
    return ENDED_BY_NONE;
}

static enum blame final_blame(const struct verdict_case *c, enum verdict_id id)
{
    enum blame blame = verdict_row(id)->blame;

    if (blame == BLAME_ENDER)
        return case_reset_by(c, SIDE_CLIENT) ? BLAME_CLIENT_HOST : BLAME_SERVER_HOST;
    if (blame == BLAME_STALLED)
        return case_stalled_side(c) == SIDE_CLIENT ? BLAME_CLIENT_HOST : BLAME_SERVER_HOST;
    if (blame == BLAME_REPORTER)
        return ipaddr_equal(&c->trail->icmp.from, &c->key->addr[1 - c->client_end])
                   ? BLAME_SERVER_HOST
                   : BLAME_PATH;
    return blame;
}

static bool speaks_http2(const struct verdict_case *c)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (c->trail->speech[s].goaway_frame)
            return true;
    }
    return c->speech->kind == READER_HTTP && c->speech->http.http2.side[SIDE_SERVER].settings.frame;
}

static enum stage final_stage(const struct verdict_case *c, enum family family)
{
    if (family == FAMILY_TLS_REFUSED)
        return STAGE_TLS;
    if (family == FAMILY_GRPC_REFUSED)
        return STAGE_GRPC;
    if (family == FAMILY_HTTP_REFUSED && speaks_http2(c))
        return STAGE_HTTP2;
    if (case_has(c, FACT_ESTABLISHED | FACT_MIDSTREAM) ||
        (case_is_datagram(c) && c->outcome == OUTCOME_RESET))
        return STAGE_ESTABLISHED;
    return case_has(c, FACT_SYNACK_SEEN) ? STAGE_SYNACK : STAGE_SYN;
}

static struct endpoint endpoint_of(const struct flow_key *key, unsigned end)
{
    return (struct endpoint){.addr = key->addr[end], .port = key->port[end]};
}

/* When the packets settled it: the deciding RST or ICMP error; else when silence was long enough.
 */
static int64_t decided_ns(const struct verdict_case *c, const struct flow_note *note)
{
    if (c->rst && c->outcome == OUTCOME_RESET)
        return c->rst->mark.ts_ns;
    if (c->outcome == OUTCOME_REFUSED && c->facts->last_ns[SIDE_SERVER] != NS_NEVER)
        return c->facts->last_ns[SIDE_SERVER];
    if (c->outcome == OUTCOME_REJECTED && c->trail->icmp.frame)
        return c->trail->icmp.ts_ns;
    if (c->outcome == OUTCOME_CLOSED_EARLY || c->outcome == OUTCOME_OK)
        return c->last_ns;
    if (note->slot_ns != NS_NEVER && note->slot_ns < NOTE_SLOT_QUIC)
        return note->slot_ns;
    return note->now_ns;
}

void story_fill_outcome(const struct verdict_case *c, const struct choice *choice,
                        const struct flow_note *note, struct verdict_event *event)
{
    struct connection_event *to = &event->connection;

    event->kind = EVENT_CONNECTION;
    event->ts_ns = decided_ns(c, note);
    to->outcome = final_outcome(c, choice->id);
    to->verdict = choice->id;
    to->is_failure = counts_as_failure(c, choice->id, to->outcome);
    to->client = endpoint_of(c->key, note->client_end);
    to->server = endpoint_of(c->key, 1u - note->client_end);
    to->facts = note->facts;
}

void story_fill(const struct verdict_case *c, const struct choice *choice,
                const struct flow_note *note, struct connection_event *to)
{
    to->family = final_family(choice->id, to->outcome);
    to->confidence = choice->confidence;
    to->stage = final_stage(c, to->family);
    to->blame = final_blame(c, choice->id);
    to->ended_by = final_ended_by(c, choice->id);
    to->vantage = c->vantage;
    to->count = 1;
    to->flow_id = c->facts->first_frame;
    to->key = note->key;
    to->both_directions = c->client->n_pkts > 0 && c->server->n_pkts > 0;
    to->tamper_signature = tamper_signature(c);
    to->conn_state = case_conn_state(c->facts);
    to->has_syn_mark = c->trail->slot[TRAIL_SYN].frame != 0;
    to->syn = c->trail->slot[TRAIL_SYN];
    to->synack = c->trail->slot[TRAIL_SYNACK];
    to->icmp = c->trail->icmp;
    to->speech[SIDE_CLIENT] = c->trail->speech[SIDE_CLIENT];
    to->speech[SIDE_SERVER] = c->trail->speech[SIDE_SERVER];
    if (c->speech->kind != READER_NONE)
        to->said = *c->speech;
    to->host = *c->host;
    if (to->is_failure && note->has_trail)
        tape_copy(&to->tape, &note->tape);
}

void story_fill_counted(const struct verdict_case *c, const struct choice *choice,
                        struct connection_event *to)
{
    to->family = final_family(choice->id, to->outcome);
    to->confidence = choice->confidence;
    to->stage = final_stage(c, to->family);
    to->blame = final_blame(c, choice->id);
    to->count = 1;
    to->flow_id = c->facts->first_frame;
    to->incident = 0;
    to->tape.n_pkts = 0;
    to->n_because = to->n_against = to->n_alternatives = 0;
    to->n_evidence = 1;
    to->evidence[0].mark = c->trail->slot[TRAIL_SYN];
    to->evidence[0].is_odd = false;
}

void story_fill_reasons(const struct choice *choice, const struct ruling *doubts,
                        struct connection_event *to)
{
    to->n_because = choice->ruling.n_because;
    to->n_against = choice->ruling.n_against;
    for (unsigned i = 0; i < to->n_because; i++)
        to->because[i] = choice->ruling.because[i];
    for (unsigned i = 0; i < to->n_against; i++)
        to->against[i] = choice->ruling.against[i];
    for (unsigned i = 0; i < doubts->n_against && to->n_against < EVENT_REASONS_MAX; i++)
        to->against[to->n_against++] = doubts->against[i];
    fill_alternatives(choice, to);
}

void story_fill_unremarkable(const struct flow_note *note, struct verdict_event *event)
{
    struct connection_event *to = &event->connection;

    event->kind = EVENT_CONNECTION;
    event->ts_ns = facts_last_ns(&note->facts);
    to->outcome = OUTCOME_OK;
    to->verdict = VERDICT_OK;
    to->is_failure = false;
    to->client = endpoint_of(&note->key, note->client_end);
    to->server = endpoint_of(&note->key, 1u - note->client_end);
    to->facts = note->facts;
}

/* What only some events have is not cleared: its count or kind says that it is not there. */
void story_clear(struct verdict_event *event)
{
    struct connection_event *to = &event->connection;

    memset(event, 0, offsetof(struct verdict_event, connection.said.tls));
    to->tape.n_pkts = 0;
    to->n_alternatives = 0;
}
