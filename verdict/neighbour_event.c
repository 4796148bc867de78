/* SPDX-License-Identifier: BSD-2-Clause */
/* An attempt that ended before its SYN: the address that it was for has no owner on the link
 * (VERDICTS.md 8.3). See verdict_judge_neighbour(). */
#include "verdict/case.h"
#include "verdict/judge.h"

static bool is_local(const struct judge_context *context, const struct ipaddr *addr)
{
    for (uint32_t i = 0; i < context->n_local; i++) {
        if (ipaddr_equal(addr, &context->local[i]))
            return true;
    }
    return false;
}

/* How sure it is that the capturing host asked: of others, the answers do not come by here. */
static enum confidence asked_here(const struct judge_context *context, const struct flow_note *note,
                                  const struct linkends *ends)
{
    bool is_one_of_two = ends->is_told && linkends_has(ends, note->mac);

    if (note->facts.bits & FACT_EGRESS_CLIENT || is_local(context, &note->key.addr[0]))
        return CONFIDENCE_CERTAIN;
    if (context->n_local > 0)
        return CONFIDENCE_NONE;
    if (is_one_of_two && ends->n == 1)
        return CONFIDENCE_CERTAIN;
    return is_one_of_two || !ends->is_told ? CONFIDENCE_LIKELY : CONFIDENCE_NONE;
}

static bool has_syns(const struct host_state *target, const struct flow_note *note,
                     const struct verdict_limits *limits)
{
    return target->asked_ns != NS_NEVER &&
           target->asked_ns + limits->alive_ns >= note->facts.first_ns;
}

bool verdict_judge_neighbour(const struct judge_context *context, const struct flow_note *note,
                             const struct linkends *ends, struct verdict_event *event)
{
    const struct host_state *target = hosts_host(context->hosts, &note->key.addr[1]);
    enum confidence confidence = asked_here(context, note, ends);
    struct connection_event *to = &event->connection;
    struct ruling ruling = {0};

    if (confidence == CONFIDENCE_NONE || has_syns(target, note, context->limits))
        return false;
    because(&ruling, "neighbour-silent", note->facts.first_frame, "%u requests within %.1f s",
            note->facts.side[SIDE_CLIENT].n_pkts,
            case_seconds(ns_since(note->facts.first_ns, note->facts.last_ns[SIDE_CLIENT])));
    *event = (struct verdict_event){.kind = EVENT_CONNECTION, .ts_ns = note->now_ns};
    to->is_failure = true;
    to->verdict = VERDICT_HOST_DOWN_ONLINK;
    to->outcome = verdict_row(to->verdict)->outcome;
    to->family = verdict_row(to->verdict)->family;
    to->blame = verdict_row(to->verdict)->blame;
    to->confidence = confidence;
    to->stage = STAGE_SYN;
    to->vantage = VANTAGE_CLIENT;
    to->count = 1;
    to->flow_id = note->facts.first_frame;
    to->client.addr = note->key.addr[0];
    to->server.addr = note->key.addr[1];
    to->key = note->key;
    to->facts = note->facts;
    to->conn_state = case_conn_state(&note->facts);
    to->n_because = ruling.n_because;
    to->because[0] = ruling.because[0];
    return true;
}
