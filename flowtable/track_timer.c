/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's timers: when a flow is over, or is to be judged as it stands. */
#include "flowtable/arrival.h"

int64_t track_rtt_ns(const struct flow_facts *facts)
{
    int64_t rtt_ns;

    if (facts->synack_ns == NS_NEVER || facts->side[SIDE_CLIENT].n_syn != 1)
        return TRACK_RTT_UNKNOWN_NS;
    rtt_ns = ns_since(facts->first_ns, facts->synack_ns);
    return rtt_ns < TRACK_RTT_MAX_NS ? rtt_ns : TRACK_RTT_MAX_NS;
}

/* A client that will try again does so within 2.2 times its last step: every stack's schedule at
 * most doubles. After a single SYN the step is not known. */
static int64_t syn_deadline_ns(const struct flow_facts *facts)
{
    int64_t gap_ns = (int64_t)facts->syn_last_gap_us * NS_PER_US;
    bool is_answered = facts->bits & (FACT_SYN_REFUSED | FACT_SYN_ICMP);
    int64_t least_ns = is_answered || gap_ns > 0 ? TRACK_ANSWERED_NS : TRACK_SYN_SILENCE_NS;
    int64_t wait_ns = gap_ns / 5 * 11;

    if (wait_ns < least_ns)
        wait_ns = least_ns;
    if (wait_ns > TRACK_SYN_SILENCE_MAX_NS)
        wait_ns = TRACK_SYN_SILENCE_MAX_NS;
    return facts_last_ns(facts) + wait_ns;
}

/* The run is of keep-alives: nothing is outstanding, the next probe or the RST of a socket that has
 * sent enough of them may take a while. */
static bool is_probing(const struct side_facts *side, const struct side_facts *peer)
{
    return side->run_seq + 1 == side->nxt && peer->acked == side->nxt;
}

/* When something that is sent again and again into silence ends the wait for more. The silence
 * counts from the other side's last packet, or, where both had been idle before, from the end of
 * that. */
static int64_t run_deadline_ns(const struct flow_facts *facts, enum flow_side from)
{
    int64_t last_ns = facts->last_ns[from];
    int64_t peer_ns = facts->last_ns[side_other(from)];
    int64_t silent_ns = peer_ns == NS_NEVER ? facts->first_ns : peer_ns;

    if (is_probing(&facts->side[from], &facts->side[side_other(from)]))
        return last_ns + TRACK_PROBE_NS;
    silent_ns += (int64_t)facts->quiet_before_ms * NS_PER_MS;
    return (silent_ns < last_ns ? silent_ns : last_ns) + TRACK_BLACKHOLE_NS;
}

static int64_t open_deadline_ns(const struct flow_facts *facts)
{
    int64_t deadline_ns = facts_last_ns(facts) + TRACK_IDLE_NS;

    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        int64_t run_ns;

        if (facts->side[s].run_count < TRACK_BLACKHOLE_COPIES)
            continue;
        run_ns = run_deadline_ns(facts, (enum flow_side)s);
        if (run_ns < deadline_ns)
            deadline_ns = run_ns;
    }
    return deadline_ns;
}

static int64_t closing_deadline_ns(const struct flow_facts *facts)
{
    int64_t hold_ns = 4 * track_rtt_ns(facts);

    if (facts->bits & FACT_SYN_REFUSED && !(facts->bits & FACT_SYNACK_SEEN))
        return syn_deadline_ns(facts);
    if (!facts->side[SIDE_CLIENT].n_rst && !facts->side[SIDE_SERVER].n_rst)
        return facts_last_ns(facts) + TRACK_CLOSED_NS;
    return facts_last_ns(facts) + (hold_ns > TRACK_RESET_NS ? hold_ns : TRACK_RESET_NS);
}

static int64_t deadline_ns(const struct flow *flow)
{
    switch ((enum flow_state)flow->state) {
    case FLOW_SYN_SENT:
        return syn_deadline_ns(&flow->facts);
    case FLOW_SYN_RECEIVED:
        return facts_last_ns(&flow->facts) + TRACK_HALF_OPEN_NS;
    case FLOW_CLOSING:
        return closing_deadline_ns(&flow->facts);
    case FLOW_ESTABLISHED:
    case FLOW_FREE:
    case FLOW_LONES:
    case FLOW_STATE_COUNT:
        break;
    }
    return open_deadline_ns(&flow->facts);
}

void track_rearm(struct tracker *tracker, uint32_t flow_idx)
{
    wheel_arm(&tracker->wheel, flow_idx, deadline_ns(&tracker->table.pool[flow_idx]));
}

/* A flow's slot came up. */
static void time_out(struct tracker *tracker, uint32_t flow_idx)
{
    if (deadline_ns(&tracker->table.pool[flow_idx]) > tracker->slot_ns)
        track_rearm(tracker, flow_idx);
    else
        track_end_flow(tracker, flow_idx);
}

/* The oldest lone SYN came before the flow, or there is no flow. */
static bool is_lone_first(const struct tracker *tracker, uint32_t flow_idx)
{
    return flow_idx == FLOW_NONE ||
           track_lone_frame(tracker) < tracker->table.pool[flow_idx].facts.first_frame;
}

/* Flows, linked by `next`, and lone SYNs of the slot, in the order of their first frames. */
static void time_out_slot(struct tracker *tracker, uint32_t flow_idx)
{
    for (;;) {
        bool is_lone_due = track_lone_slot_ns(tracker) <= tracker->slot_ns;
        uint32_t next;

        if (is_lone_due && is_lone_first(tracker, flow_idx)) {
            track_end_lone(tracker, 0);
            continue;
        }
        if (flow_idx == FLOW_NONE)
            return;
        next = tracker->table.pool[flow_idx].next;
        time_out(tracker, flow_idx);
        flow_idx = next;
    }
}

void tracker_tick(struct tracker *tracker, uint64_t ordinal, int64_t now_ns)
{
    wheel_start(&tracker->wheel, now_ns);
    tracker->ordinal = ordinal;
    if (now_ns > tracker->now_ns)
        tracker->now_ns = now_ns;
    for (;;) {
        int64_t lone_ns = track_lone_slot_ns(tracker);
        int64_t until_ns = lone_ns < now_ns ? lone_ns : now_ns;
        uint32_t flow_idx = wheel_due(&tracker->wheel, until_ns, &tracker->slot_ns);

        if (flow_idx == FLOW_NONE && lone_ns > now_ns)
            break;
        if (flow_idx == FLOW_NONE)
            tracker->slot_ns = lone_ns;
        time_out_slot(tracker, flow_idx);
    }
    tracker->slot_ns = NOTE_SLOT_QUIC;
    track_quics_expire(tracker, now_ns, false);
    tracker->slot_ns = NOTE_SLOT_NEIGHBOUR;
    track_neighbours_expire(tracker, now_ns);
    tracker->slot_ns = NS_NEVER;
    track_note_gauges(tracker, NOTE_TICK);
}

/* The server's program talks to the client, and nobody hung up on it. */
static bool is_served(const struct flow_facts *facts)
{
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    return facts->bits & FACT_ESTABLISHED && facts->bits & FACT_SYNACK_SEEN && server->n_data > 0 &&
           server->n_rst == 0 && facts->side[SIDE_CLIENT].n_rst == 0;
}

void tracker_finish(struct tracker *tracker, uint64_t ordinal, int64_t now_ns)
{
    uint32_t flow_idx = wheel_drain(&tracker->wheel);

    tracker->ordinal = ordinal;
    if (now_ns > tracker->now_ns)
        tracker->now_ns = now_ns;
    tracker->slot_ns = NOTE_SLOT_QUIC;
    track_quics_expire(tracker, now_ns, true);
    tracker->slot_ns = NOTE_SLOT_NEIGHBOUR;
    track_neighbours_expire(tracker, now_ns);
    /* First who is served, so that every flow is judged with what is known in the end. */
    tracker->slot_ns = NOTE_SLOT_SERVED;
    for (uint32_t i = flow_idx; i != FLOW_NONE; i = tracker->table.pool[i].next) {
        if (is_served(&tracker->table.pool[i].facts))
            track_note(tracker, &tracker->table.pool[i], NOTE_ALIVE);
    }
    tracker->slot_ns = NOTE_SLOT_LAST;
    while (flow_idx != FLOW_NONE || tracker->table.lones.n > 0) {
        uint32_t next;

        if (is_lone_first(tracker, flow_idx)) {
            track_end_lone(tracker, FACT_AT_END);
            continue;
        }
        next = tracker->table.pool[flow_idx].next;
        tracker->table.pool[flow_idx].facts.bits |= FACT_AT_END;
        track_end_flow(tracker, flow_idx);
        flow_idx = next;
    }
    track_note_gauges(tracker, NOTE_END);
}
