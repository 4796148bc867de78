/* SPDX-License-Identifier: BSD-2-Clause */
/* See hosts_learn.h. */
#include "verdict/hosts_learn.h"

/* Refusals and answers of one busy second: some get in and some do not. */
void listener_crowd(const struct verdict_limits *limits, struct listener_state *at, int64_t now_ns)
{
    if (at->n_refused_second > 0 && at->n_complete_second > 0 &&
        at->n_syn_second >= limits->crowded_syns)
        at->crowded_ns = now_ns;
}

void listener_refused(const struct verdict_limits *limits, struct listener_state *at,
                      int64_t refused_ns)
{
    bool is_first = at->refused_last_ns == NS_NEVER;

    at->n_refused_second++;
    listener_crowd(limits, at, refused_ns);
    if (!is_first && at->accepted_after_refusal_ns == NS_NEVER) {
        at->n_refused_between++;
        later(&at->refused_last_ns, refused_ns);
        return;
    }
    if (!is_first && ns_since(at->refused_last_ns, refused_ns) <= limits->interleaved_ns)
        at->interleaved_ns = refused_ns;
    at->refused_first_ns = at->refused_last_ns = refused_ns;
    at->accepted_before_refusal_ns = at->accept_ns;
    at->accepted_after_refusal_ns = NS_NEVER;
    at->n_refused_between = 1;
}

/* The server's socket aborts, or closes after a silence and before the client does: what a program
 * does that ends, and what it seldom does otherwise. */
void listener_quit(const struct verdict_limits *limits, struct listener_state *at,
                   const struct flow_note *note, const struct flow_lesson *lesson)
{
    const struct rst_facts *rst = &note->trail.rst[0];

    if (!(note->facts.bits & (FACT_ESTABLISHED | FACT_MIDSTREAM)))
        return;
    if (note->has_trail && note->trail.n_rst && rst->mark.side == SIDE_SERVER &&
        rst->family == RST_FAMILY_A && !rst->peer_had_fin)
        later(&at->quit_ns, rst->mark.ts_ns);
    if (lesson->server_fin_ns != NS_NEVER && lesson->quiet_before_fin_ns >= limits->pooled_idle_ns)
        later(&at->quit_ns, lesson->server_fin_ns);
}

void host_syn_kind(struct host_state *server, const struct flow_note *note,
                   const struct flow_lesson *lesson)
{
    if (!(note->facts.bits & FACT_ESTABLISHED))
        return;
    server->n_syn_fallbacks += (lesson->bits & LESSON_SYN_FALLBACK) != 0;
    server->n_extended_syns_taken += (lesson->bits & LESSON_SYN_EXTENDED) != 0;
}

void listener_overflow_rst(const struct verdict_limits *limits, struct listener_state *at,
                           const struct flow_note *note)
{
    const struct flow_facts *facts = &note->facts;
    const struct rst_facts *rst = &note->trail.rst[0];
    int64_t ack_ns = facts->first_ns + (int64_t)facts->ack_after_us * NS_PER_US;

    if (note->has_trail && note->trail.n_rst && facts->bits & FACT_ESTABLISHED &&
        facts->side[SIDE_SERVER].n_data == 0 && rst->mark.side == SIDE_SERVER &&
        rst->family == RST_FAMILY_B2 && rst->mark.seq == facts->side[SIDE_SERVER].isn + 1 &&
        ns_since(ack_ns, rst->mark.ts_ns) <= limits->overflow_rst_ns)
        later(&at->overflow_rst_ns, rst->mark.ts_ns);
}

void host_asked(struct host_state *server, const struct listener_state *at, int64_t syn_ns)
{
    later(&server->asked_ns, syn_ns);
    if (at->accept_ns != NS_NEVER)
        later(&server->asked_known_ns, syn_ns);
}
