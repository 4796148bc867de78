/* SPDX-License-Identifier: BSD-2-Clause */
/* See hosts.h: what a note teaches of its hosts and of its listener. */
#include "base/nanotime.h"
#include "base/seqnum.h"
#include "verdict/event.h"
#include "verdict/hosts.h"
#include "verdict/hosts_learn.h"

static void learn_ttl(struct host_state *host, const struct side_facts *side)
{
    uint8_t ttl = side->ttl_min ? side->ttl_min : side->ttl_syn;
    bool is_first = host->init_ttl == 0;
    uint8_t init = hosts_init_ttl(ttl);
    uint8_t hops = hosts_hops(ttl);

    if (ttl == 0)
        return;
    if (!is_first && init != host->init_ttl)
        host->has_several_inits = true;
    host->init_ttl = init;
    if (is_first || hops < host->hops_min)
        host->hops_min = hops;
    if (is_first || hops > host->hops_max)
        host->hops_max = hops;
}

static void learn_host(struct hosts *hosts, const struct flow_note *note,
                       const struct flow_lesson *lesson, enum flow_side side)
{
    const struct flow_facts *facts = &note->facts;
    unsigned end = side == SIDE_CLIENT ? note->client_end : 1u - note->client_end;
    struct host_state *host;

    if (facts->last_ns[side] == NS_NEVER) {
        if (side == SIDE_SERVER && facts->bits & FACT_ESTABLISHED) {
            host_for(hosts, &note->key.addr[end])->n_unanswered_talk++;
            hosts->n_unanswered_talk++;
        }
        hosts->n_answered += side == SIDE_SERVER && facts->bits & FACT_SYN_ICMP;
        return;
    }
    hosts->n_answered += side == SIDE_SERVER;
    host = host_for(hosts, &note->key.addr[end]);
    later(&host->last_ns, facts->last_ns[side]);
    if (note->kind == NOTE_ENDED || note->kind == NOTE_ESTABLISHED)
        learn_ttl(host, &facts->side[side]);
    if (note->kind == NOTE_ENDED && (facts->side[side].ttl_min || facts->side[side].ttl_syn))
        host->n_ttl_flows++;
    host->has_flow_labels |=
        (lesson->bits & (side == SIDE_CLIENT ? LESSON_CLIENT_LABELS : LESSON_SERVER_LABELS)) != 0;
}

/* Closes the second that is over and judges it: many SYNs and few completed handshakes. */
static void roll_second(const struct verdict_limits *limits, struct listener_state *at,
                        int64_t now_ns)
{
    int64_t second = now_ns / NS_PER_S;
    uint32_t usual = at->syn_rate_x16 / 16;

    if (second <= at->second)
        return;
    if (at->n_syn_second >= limits->flood_syns_per_s &&
        at->n_syn_second >= limits->flood_growth * usual &&
        at->n_complete_second * 100 < at->n_syn_second * limits->flood_completed_percent) {
        int64_t from_ns = at->second * NS_PER_S;

        if (at->flood_until_ns == NS_NEVER || from_ns > at->flood_until_ns + 5 * NS_PER_S)
            at->flood_from_ns = from_ns;
        at->flood_until_ns = from_ns + NS_PER_S;
    } else {
        at->syn_rate_x16 += at->n_syn_second - usual;
    }
    at->second = second;
    at->n_syn_second = 0;
    at->n_complete_second = 0;
    at->n_refused_second = 0;
}

static void learn_answer(struct listener_state *at, int64_t answer_ns)
{
    later(&at->answer_ns, answer_ns);
    if (at->silent_from_ns != NS_NEVER && answer_ns > at->silent_from_ns) {
        at->silent_from_ns = NS_NEVER;
        at->n_silent_run = 0;
    }
}

/* A SYN-ACK: there is a listener. */
static void learn_accept(struct listener_state *at, int64_t synack_ns)
{
    learn_answer(at, synack_ns);
    later(&at->accept_ns, synack_ns);
    if (at->accepted_after_refusal_ns == NS_NEVER && at->refused_last_ns != NS_NEVER &&
        synack_ns > at->refused_last_ns)
        at->accepted_after_refusal_ns = synack_ns;
}

/* Whether the SYN-ACK answered another SYN than the first. */
static bool is_recovered(const struct flow_facts *facts)
{
    int64_t last_gap_ns = (int64_t)facts->syn_last_gap_us * NS_PER_US;

    return facts->side[SIDE_CLIENT].n_syn > 1 && facts->synack_ns - facts->first_ns >= last_gap_ns;
}

static void learn_established(const struct verdict_limits *limits, struct listener_state *at,
                              const struct flow_facts *facts)
{
    int64_t rtt_ns = facts->synack_ns - facts->first_ns;

    learn_accept(at, facts->synack_ns);
    at->n_complete_second++;
    listener_crowd(limits, at, facts->synack_ns);
    at->n_refused_run = 0;
    if (facts->side[SIDE_CLIENT].n_syn == 1 && rtt_ns > 0 &&
        (!at->rtt_min_ns || rtt_ns < at->rtt_min_ns))
        at->rtt_min_ns = rtt_ns;
    at->recovered_share_x256 -= at->recovered_share_x256 / 16;
    if (is_recovered(facts)) {
        at->recovered_share_x256 += 256 / 16;
        later(&at->recovered_ns, facts->synack_ns);
    }
}

static void learn_silent(struct listener_state *at, const struct flow_note *note)
{
    if (at->silent_from_ns == NS_NEVER) {
        at->silent_from_ns = note->facts.first_ns;
        at->answered_before_silence_ns = at->answer_ns;
    }
    at->n_silent_run++;
}

/* P2 or P4 of the accept queue: the client has the SYN-ACK, the server behaves as if the client's
 * answer had not come (VERDICTS.md 7.5). */
static bool shows_overflow(const struct verdict_limits *limits, const struct flow_facts *facts)
{
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    return facts->bits & FACT_ESTABLISHED && facts->bits & FACT_SYNACK_SEEN &&
           server->n_data == 0 && server->n_syn_late >= limits->overflow_synacks;
}

static void learn_unanswered(struct listener_state *at, const struct flow_note *note,
                             const struct flow_lesson *lesson)
{
    if (note->facts.side[SIDE_SERVER].n_data > 0 || lesson->unanswered_ns == NS_NEVER)
        return;
    at->unanswered_wait_before_ns = at->unanswered_wait_ns;
    at->unanswered_wait_ns = lesson->unanswered_ns;
}

static void learn_tls(struct listener_state *at, const struct flow_note *note)
{
    const struct tls_side *server = &note->speech.tls.side[TLS_SERVER];

    if (note->has_speech && note->speech.kind == READER_TLS && server->hello.frame)
        later(&at->tls_ns, server->hello.ts_ns);
}

static void learn_ended(struct hosts *hosts, struct listener_state *at,
                        const struct flow_note *note, const struct flow_lesson *lesson)
{
    const struct flow_facts *facts = &note->facts;

    if (facts->bits & FACT_SYNACK_SEEN) {
        learn_accept(at, facts->synack_ns);
        learn_unanswered(at, note, lesson);
        if (shows_overflow(hosts->limits, facts)) {
            at->overflow_before_ns = at->overflow_ns;
            later(&at->overflow_ns, facts_last_ns(facts));
        }
        listener_overflow_rst(hosts->limits, at, note);
        if (facts->bits & FACT_CLIENT_RST_SYNACK)
            host_for(hosts, &note->key.addr[note->client_end])->n_synack_resets++;
        if (facts->side[SIDE_SERVER].n_data > 0) {
            at->n_early_rst_run = 0;
        } else if (facts->side[SIDE_SERVER].n_rst) {
            at->n_early_rst_run++;
        }
    } else if (facts->bits & FACT_SYN_REFUSED) {
        struct host_state *host = host_for(hosts, &note->key.addr[1 - note->client_end]);

        later(&host->refused_ns, facts->last_ns[SIDE_SERVER]);
        host->refused_port = at->port;
        at->n_refused_run++;
    } else if (facts->bits & FACT_SYN_SEEN && facts->last_ns[SIDE_SERVER] == NS_NEVER &&
               !(facts->bits & (FACT_SYN_ICMP | FACT_ESTABLISHED | FACT_EVICTED))) {
        learn_silent(at, note);
    }
}

/* Data of the server, or an acknowledgment past the SYN: the program has the connection. The
 * client's own ACK proves nothing (7.5, P2). */
static void learn_taken(struct listener_state *at, const struct flow_note *note)
{
    const struct flow_facts *facts = &note->facts;
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    if (server->n_data == 0 && !(facts->bits & FACT_SYNACK_SEEN &&
                                 seq_after(server->acked, facts->side[SIDE_CLIENT].isn + 1)))
        return;
    learn_answer(at, facts->last_ns[SIDE_SERVER]);
    if (facts->last_ns[SIDE_SERVER] >= at->taken_ns)
        at->taken_client = note->key.addr[note->client_end];
    later(&at->taken_ns, facts->last_ns[SIDE_SERVER]);
}

/* A handshake that was not answered by a RST before anything was said: once the flow tells, or when
 * one is old enough that a RST would have been told of. */
static void learn_kept(const struct verdict_limits *limits, struct listener_state *at,
                       const struct flow_note *note)
{
    const struct flow_facts *facts = &note->facts;
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    if (note->kind == NOTE_ENDED && at->open_frame == facts->first_frame)
        at->open_ns = NS_NEVER;
    if (at->open_ns != NS_NEVER && note->now_ns - at->open_ns >= limits->kept_ns) {
        later(&at->kept_ns, at->open_ns);
        at->open_ns = NS_NEVER;
    }
    if (note->kind == NOTE_ESTABLISHED && at->open_ns == NS_NEVER) {
        at->open_ns = note->now_ns;
        at->open_frame = facts->first_frame;
    }
    if (note->kind != NOTE_ESTABLISHED && facts->bits & FACT_ESTABLISHED &&
        facts->bits & FACT_SYNACK_SEEN && (server->n_rst == 0 || server->n_data > 0))
        later(&at->kept_ns, facts_last_ns(facts));
}

static void add_to_burst(struct reset_burst *burst, int64_t gap_ns, const struct flow_note *note)
{
    if (burst->last_ns == NS_NEVER || ns_since(burst->last_ns, note->now_ns) > gap_ns)
        *burst = (struct reset_burst){.first_ns = note->now_ns};
    burst->last_ns = note->now_ns;
    burst->n++;
    burst->n_served += note->facts.side[SIDE_SERVER].n_data > 0;
    burst->n_unasked += note->facts.side[SIDE_CLIENT].n_data == 0;
}

static void learn_reset(const struct verdict_limits *limits, struct listener_state *at,
                        const struct flow_note *note)
{
    if (note->rst_side != SIDE_SERVER)
        return;
    if (note->rst_family == RST_FAMILY_A)
        add_to_burst(&at->aborts, limits->abort_burst_ns, note);
    else if (note->rst_family == RST_FAMILY_B2)
        add_to_burst(&at->unknowns, limits->unknown_burst_ns, note);
}

static void learn_unresolved(struct hosts *hosts, const struct flow_note *note)
{
    struct host_state *host = host_for(hosts, &note->key.addr[1 - note->client_end]);

    host->unresolved_from_ns = note->facts.first_ns;
    host->unresolved_ns = note->facts.last_ns[SIDE_CLIENT];
    host->unresolved_by = note->key.addr[note->client_end];
}

/* Targets that are not known to accept anybody: one that fell silent is no scan's. */
static void learn_targets(struct hosts *hosts, const struct listener_state *at,
                          const struct flow_note *note)
{
    const struct flow_facts *facts = &note->facts;
    struct host_state *client = host_for(hosts, &note->key.addr[note->client_end]);
    bool is_silent = facts->bits & FACT_SYN_SEEN && facts->last_ns[SIDE_SERVER] == NS_NEVER &&
                     !(facts->bits & (FACT_ESTABLISHED | FACT_EVICTED | FACT_AT_END));

    if (note->kind == NOTE_ESTABLISHED)
        scan_made(&client->targets, note);
    else if (at->accept_ns == NS_NEVER && (note->kind == NOTE_REFUSED || is_silent))
        scan_failed(&client->targets, note, note->kind == NOTE_REFUSED);
    if (note->kind == NOTE_ENDED && note->has_trail && scatter_is_answer(facts, &note->trail) &&
        facts->first_ns - hosts->start_ns >= SCAN_WINDOW_NS)
        scatter_add(&client->scatter, note);
}

void hosts_note(struct hosts *hosts, const struct flow_note *note)
{
    unsigned server_end = 1u - note->client_end;
    struct flow_lesson lesson;
    struct listener_state *at;

    if (note->kind == NOTE_TICK || note->kind == NOTE_END || note->key.proto == FLOW_PROTO_UDP ||
        note->key.proto == FLOW_PROTO_SCTP)
        return;
    if (note->kind == NOTE_NEIGHBOUR) {
        learn_unresolved(hosts, note);
        return;
    }
    if (!hosts->start_ns)
        hosts->start_ns = note->facts.first_ns;
    legs_note(&hosts->legs, note);
    at = listener_for(hosts, &note->key.addr[server_end], note->key.port[server_end]);
    roll_second(hosts->limits, at, note->now_ns);
    if (note->kind == NOTE_ATTEMPT) {
        at->n_syn_second++;
        host_asked(host_for(hosts, &note->key.addr[server_end]), at, note->facts.first_ns);
        return; /* the client may be forged: nothing else is learned from a bare SYN */
    }
    if (note->kind == NOTE_RESET) {
        learn_reset(hosts->limits, at, note);
        strays_note(&hosts->strays, note, hosts->limits->stray_span_bytes);
        return; /* the RST may be: it says nothing of who is alive */
    }
    lesson = note->has_trail ? lesson_of(&note->facts, &note->trail) : lesson_none();
    learn_host(hosts, note, &lesson, SIDE_CLIENT);
    learn_host(hosts, note, &lesson, SIDE_SERVER);
    if (note->kind == NOTE_ESTABLISHED) {
        learn_established(hosts->limits, at, &note->facts);
        race_add(&host_for(hosts, &note->key.addr[note->client_end])->connects, note);
    } else if (note->kind == NOTE_REFUSED) {
        listener_refused(hosts->limits, at, note->now_ns);
    } else if (note->kind == NOTE_HALF_OPEN) {
        pressure_repeated(&at->pressure, note);
    } else if (note->kind == NOTE_ENDED) {
        learn_ended(hosts, at, note, &lesson);
        pressure_ended(&at->pressure, note, &lesson);
        listener_quit(hosts->limits, at, note, &lesson);
        learn_tls(at, note);
        host_syn_kind(host_for(hosts, &note->key.addr[server_end]), note, &lesson);
    }
    if (note->kind != NOTE_ALIVE)
        learn_targets(hosts, at, note);
    learn_taken(at, note);
    learn_kept(hosts->limits, at, note);
}
