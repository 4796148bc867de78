/* SPDX-License-Identifier: BSD-2-Clause */
/* See judge.h. */
#include "verdict/judge.h"

#include <string.h>

#include "base/tcpflag.h"
#include "verdict/case.h"
#include "verdict/doubts.h"
#include "verdict/light.h"
#include "verdict/story.h"
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

/* What is told of a listener's cookies is told with one of its connections. */
static bool tells_of_cookies(const struct judge_context *context, const struct flow_note *note)
{
    unsigned server_end = 1u - note->client_end;
    const struct pressure *pressure =
        &hosts_listener(context->hosts, &note->key.addr[server_end], note->key.port[server_end])
             ->pressure;

    return pressure->told_ns && pressure->told_frame == note->facts.first_frame;
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
        story_fill_unremarkable(note, event);
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
        story_clear(event);
    story_fill_outcome(&c, &choice, note, event);
    if (is_fine && context->skips_fine)
        return;
    state_reasons(&c, &choice);
    story_fill(&c, &choice, note, &event->connection);
    story_fill_reasons(&choice, &doubts, &event->connection);
    case_evidence(&c, &choice.ruling, &event->connection);
}

bool verdict_judge_counted(const struct judge_context *context, const struct flow_note *note,
                           enum verdict_id expected, struct verdict_event *event)
{
    struct ruling doubts;
    struct verdict_case c;
    struct choice choice;

    ruling_begin(&doubts, true);
    case_open(&c, context, note);
    choose(&c, &choice, doubts_count(&c, &doubts));
    if (choice.id != expected)
        return false;
    story_fill_outcome(&c, &choice, note, event);
    story_fill_counted(&c, &choice, &event->connection);
    return event->connection.is_failure;
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
