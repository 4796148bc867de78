/* SPDX-License-Identifier: BSD-2-Clause */
/* See judge.h. */
#include "verdict/judge.h"

#include <stddef.h>
#include <string.h>

#include "base/tcpflag.h"
#include "verdict/case.h"
#include "verdict/doubts.h"
#include "verdict/light.h"
#include "verdict/tamper.h"
#include "verdict/unremarkable.h"
#include "verdict/wants.h"

typedef enum confidence (*rule_fn)(const struct verdict_case *c, struct ruling *ruling);

static const rule_fn rules[VERDICT_COUNT] = {
#define ROW(id, suffix, kind, family, blame, outcome, slug, title) rule_##suffix,
    VERDICT_TABLE(ROW)
#undef ROW
};

/* ---- the case ---- */

static int64_t rtt_of(const struct verdict_case *c)
{
    if (c->facts->synack_ns != NS_NEVER && c->client->n_syn == 1)
        return ns_since(c->facts->first_ns, c->facts->synack_ns);
    return c->listener->rtt_min_ns ? c->listener->rtt_min_ns : c->limits->rtt_unknown_ns;
}

/* Nothing of the server was captured in any flow, though its clients go on as if it answered:
 * silence proves nothing here (VERDICTS.md 14, trap 3). Where that is so of all servers, only a
 * client that repeats its SYN has got no answer. */
static bool is_blind(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_TIMED_OUT && c->server_host->last_ns == NS_NEVER &&
           (c->server_host->n_unanswered_talk > 0 ||
            (c->hosts->n_answered == 0 && c->hosts->n_unanswered_talk > 0 &&
             !case_is_syn_repeated(c)));
}

/* What the server, as a proxy, had tried in vain while the refused request waited. */
static const struct leg *leg_of(const struct verdict_case *c, const struct hosts *hosts)
{
    const struct http_refusal *refusal = speech_refusal(c->speech);

    if (!refusal || !refusal->asked.frame)
        return NULL;
    return legs_failed(&hosts->legs, &c->key->addr[1 - c->client_end], refusal->asked.ts_ns,
                       refusal->place.ts_ns);
}

void case_open(struct verdict_case *c, const struct judge_context *context,
               const struct flow_note *note)
{
    static const struct flow_trail no_trail;
    static const struct flow_speech no_speech;
    static const struct tls_facts no_tls;
    static const struct host_evidence no_host;
    unsigned server_end = 1u - note->client_end;

    *c = (struct verdict_case){
        .facts = &note->facts,
        .trail = note->has_trail ? &note->trail : &no_trail,
        .speech = note->has_speech ? &note->speech : &no_speech,
        .key = &note->key,
        .client = &note->facts.side[SIDE_CLIENT],
        .server = &note->facts.side[SIDE_SERVER],
        .client_host = hosts_host(context->hosts, &note->key.addr[note->client_end]),
        .server_host = hosts_host(context->hosts, &note->key.addr[server_end]),
        .listener =
            hosts_listener(context->hosts, &note->key.addr[server_end], note->key.port[server_end]),
        .hosts = context->hosts,
        .limits = context->limits,
        .host = context->host ? context->host : &no_host,
        .client_end = note->client_end,
        .now_ns = note->now_ns,
        .last_ns = facts_last_ns(&note->facts),
    };
    c->tls = c->speech->kind == READER_TLS ? &c->speech->tls : &no_tls;
    c->leg = leg_of(c, context->hosts);
    c->rtt_ns = rtt_of(c);
    c->rst = case_deciding_rst(c->facts, c->trail);
    if (c->rst)
        c->stray = strays_find(&context->hosts->strays, note, (enum flow_side)c->rst->mark.side,
                               context->limits->stray_span_bytes);
    c->answer = case_answer(c);
    c->is_refused_inside = case_is_refused_inside(c);
    c->vantage = case_vantage(note, context->local, context->n_local);
    c->outcome = case_outcome(c);
    if (is_blind(c) || strays_is_part(&context->hosts->strays, note))
        c->outcome = OUTCOME_UNKNOWN;
    c->is_light = context->is_light;
    if (c->is_light)
        c->outcome = light_outcome(c);
}

/* ---- lowering ---- */

static enum confidence lower(enum confidence confidence, unsigned n_grades)
{
    while (n_grades-- > 0 && confidence > CONFIDENCE_POSSIBLE)
        confidence--;
    return confidence;
}

/* What puts the failure in another light and leaves its cause as sure as it is. */
static void say_context(const struct verdict_case *c, struct ruling *context)
{
    if (race_is_lost(c))
        against(context, "race-lost", 0, "the client connected elsewhere within %.1f s",
                case_seconds(c->limits->race_ns));
    if (case_slot(c, TRAIL_SYN)->bits & MARK_MPTCP_JOIN)
        against(context, "mptcp-subflow", case_slot(c, TRAIL_SYN)->frame,
                "it was to join a connection that may live on");
    if (c->trail->speech[SIDE_CLIENT].proxy_form != PROXY_NONE)
        against(context, "proxy-header", case_slot(c, TRAIL_CLIENT_DATA)->frame,
                "PROXY v%u sent first: does the server expect one?",
                c->trail->speech[SIDE_CLIENT].proxy_form);
}

/* ---- the choice ---- */

struct held_rule {
    enum verdict_id id;
    enum confidence confidence;
};

struct choice {
    enum verdict_id id; /* VERDICT_COUNT = none yet */
    enum confidence confidence;
    struct ruling ruling; /* of id */
    /* Every rule that holds, in the order of the table. */
    unsigned n_held;
    struct held_rule held[VERDICT_COUNT];
};

/* Higher wins; equal keeps the earlier row. Of causes that are only possible, one that nothing
 * speaks against. */
static unsigned rank(enum verdict_id id, enum confidence confidence, const struct ruling *ruling)
{
    switch (verdict_row(id)->kind) {
    case KIND_SPECIFIC:
        if (confidence >= CONFIDENCE_LIKELY)
            return 4u + confidence;
        return ruling->n_against ? 1 : 2;
    case KIND_GENERIC:
        return 4;
    case KIND_FINE:
        return 3;
    }
    return 0;
}

/* Nothing happened to it that a cause could be sought for: most connections, and those that went
 * for want of memory. Only the rules for what is fine or unknown are asked, and the flood's, which
 * is what memory mostly wants for. */
static bool is_plain(const struct verdict_case *c)
{
    return (c->outcome == OUTCOME_OK || c->outcome == OUTCOME_UNKNOWN) && !c->trail->n_rst &&
           !case_has_words(c) && !case_has(c, FACT_STALE_ACK);
}

static enum confidence ask(const struct verdict_case *c, enum verdict_id id, struct ruling *ruling)
{
    return light_forbids(c, id) ? CONFIDENCE_NONE : rules[id](c, ruling);
}

static void choose(const struct verdict_case *c, struct choice *choice, unsigned n_doubts)
{
    const struct rule_offer offer = rule_offer_of(c);
    bool is_case_plain = is_plain(c);
    struct ruling draft;
    unsigned best = 0;

    choice->id = VERDICT_COUNT;
    choice->confidence = CONFIDENCE_NONE;
    choice->n_held = 0;
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        enum verdict_id id = (enum verdict_id)i;
        enum confidence confidence;

        if (!rule_may_hold(id, offer) ||
            (is_case_plain && i < VERDICT_FIRST_FINE && id != VERDICT_SYN_FLOOD))
            continue;
        ruling_begin(&draft, true);
        confidence = ask(c, id, &draft);
        if (confidence == CONFIDENCE_NONE)
            continue;
        if (verdict_row(id)->kind != KIND_FINE)
            confidence = lower(confidence, n_doubts);
        confidence = lower(confidence, light_doubts(c, id));
        choice->held[choice->n_held++] = (struct held_rule){id, confidence};
        if (rank(id, confidence, &draft) > best) {
            best = rank(id, confidence, &draft);
            choice->id = id;
            choice->confidence = confidence;
        }
    }
}

/* The reasons of the rule that was chosen. */
static void state_reasons(const struct verdict_case *c, struct choice *choice)
{
    ruling_begin(&choice->ruling, false);
    (void)ask(c, choice->id, &choice->ruling);
}

/* ---- the event ---- */

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

static void fill_outcome(const struct verdict_case *c, const struct choice *choice,
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

static void fill_story(const struct verdict_case *c, const struct choice *choice,
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

static void fill_reasons(const struct choice *choice, const struct ruling *doubts,
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

/* What is told of a listener's cookies is told with one of its connections. */
static bool tells_of_cookies(const struct judge_context *context, const struct flow_note *note)
{
    unsigned server_end = 1u - note->client_end;
    const struct pressure *pressure =
        &hosts_listener(context->hosts, &note->key.addr[server_end], note->key.port[server_end])
             ->pressure;

    return pressure->told_ns && pressure->told_frame == note->facts.first_frame;
}

static void fill_unremarkable(const struct flow_note *note, struct verdict_event *event)
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
static void clear_event(struct verdict_event *event)
{
    struct connection_event *to = &event->connection;

    memset(event, 0, offsetof(struct verdict_event, connection.said.tls));
    to->tape.n_pkts = 0;
    to->n_alternatives = 0;
}

void verdict_judge(const struct judge_context *context, const struct flow_note *note,
                   struct verdict_event *event)
{
    struct ruling doubts;
    struct verdict_case c;
    struct choice choice;
    bool is_fine;

    if (context->skips_fine && verdict_is_unremarkable(note, context->limits) &&
        !tells_of_cookies(context, note)) {
        fill_unremarkable(note, event);
        return;
    }
    ruling_begin(&doubts, false);
    case_open(&c, context, note);
    choose(&c, &choice, doubts_count(&c, &doubts));
    if (choice.id != VERDICT_COUNT && light_doubts(&c, choice.id))
        against(&doubts, "data-left-out", 0, "--light leaves out ACKs and most data");
    if (choice.id == VERDICT_COUNT) /* no rule at all: say so, do not guess */
        choice.id = VERDICT_UNKNOWN_CAPTURE_LOSS;
    is_fine = verdict_row(choice.id)->kind == KIND_FINE;
    if (!is_fine)
        say_context(&c, &doubts);
    if (!is_fine || !context->skips_fine)
        clear_event(event);
    fill_outcome(&c, &choice, note, event);
    if (is_fine && context->skips_fine)
        return;
    state_reasons(&c, &choice);
    fill_story(&c, &choice, note, &event->connection);
    fill_reasons(&choice, &doubts, &event->connection);
    case_evidence(&c, &choice.ruling, &event->connection);
}

void verdict_matrix(const struct judge_context *context, const struct flow_note *note,
                    enum confidence confidence[VERDICT_COUNT])
{
    struct rule_offer offer;
    struct verdict_case c;

    case_open(&c, context, note);
    offer = rule_offer_of(&c);
    for (unsigned i = 0; i < VERDICT_COUNT; i++) {
        enum verdict_id id = (enum verdict_id)i;
        struct ruling ruling;

        ruling_begin(&ruling, true);
        confidence[i] = rule_is_of_proto(id, offer) ? ask(&c, id, &ruling) : CONFIDENCE_NONE;
    }
}
