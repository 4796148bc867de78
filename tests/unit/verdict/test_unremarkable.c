/* SPDX-License-Identifier: BSD-2-Clause */
/* A flow that is called unremarkable is one that all rules together find nothing in. */
#include "verdict/unremarkable.h"

#include <string.h>

#include "factscript.h"
#include "random.h"
#include "unit.h"

#define N_TRIES 40000
#define N_YES_LEAST 2000 /* or the property was hardly tried */

/* ---- one thing that is not as usual ---- */

static void open_closed(struct factscript *script)
{
    factscript_open(script);
    factscript_closed(script);
}

static bool says_yes(const struct factscript *script)
{
    return verdict_is_unremarkable(&script->note, verdict_limits_default());
}

static void test_an_ordinary_connection_is_unremarkable(void **state)
{
    struct factscript script;

    (void)state;
    open_closed(&script);
    assert_true(says_yes(&script));
    script.note.has_trail = false;
    assert_true(says_yes(&script));
    factscript_close(&script);
}

static void test_each_bit_that_a_rule_asks_for_is_remarkable(void **state)
{
    const uint32_t usual = FACT_TRAIL_LOST | FACT_AT_END | FACT_DUPLICATES | FACT_FRAGMENTED |
                           FACT_LOOPBACK | FACT_EGRESS_CLIENT | FACT_EGRESS_SERVER |
                           FACT_TUPLE_REUSED | FACT_REQUEST_OPEN | FACT_CLIENT_ACKED |
                           FACT_SERVER_ACKED | FACT_SYN_SEEN | FACT_SYNACK_SEEN | FACT_ESTABLISHED;
    struct factscript script;

    (void)state;
    open_closed(&script);
    for (uint32_t bit = 1; bit <= FACT_SERVER_ACKED; bit <<= 1) {
        uint32_t before = script.note.facts.bits;

        script.note.facts.bits |= bit;
        assert_int_equal(says_yes(&script), (usual & bit) != 0);
        script.note.facts.bits = before;
    }
    factscript_close(&script);
}

static void lack_synack(struct factscript *script)
{
    script->note.facts.bits &= ~(uint32_t)FACT_SYNACK_SEEN;
}

static void repeat_syn(struct factscript *script)
{
    script->note.facts.side[SIDE_CLIENT].n_syn = 2;
}

static void reset_unseen(struct factscript *script)
{
    script->note.facts.side[SIDE_SERVER].n_rst = 1;
}

static void repeat_data(struct factscript *script)
{
    script->note.facts.side[SIDE_SERVER].run_count = 1;
}

static void lack_last_byte(struct factscript *script)
{
    script->note.facts.side[SIDE_SERVER].acked--;
}

static void lack_fin(struct factscript *script)
{
    script->note.facts.side[SIDE_CLIENT].bits &= (uint16_t)~SIDE_FIN_SEEN;
}

static void quote_it(struct factscript *script)
{
    script->note.facts.n_icmp = 1;
}

static void be_sctp(struct factscript *script)
{
    script->note.key.proto = FLOW_PROTO_SCTP;
}

static void alert(struct factscript *script)
{
    script->note.trail.speech[SIDE_SERVER].first_kind = PAYLOAD_TLS_ALERT;
}

static void mix_http(struct factscript *script)
{
    script->note.trail.speech[SIDE_CLIENT].first_kind = PAYLOAD_HTTP2_PREFACE;
    script->note.trail.speech[SIDE_SERVER].first_kind = PAYLOAD_HTTP1_RESPONSE;
}

static void go_away(struct factscript *script)
{
    script->note.trail.speech[SIDE_SERVER].goaway_frame = 7;
}

static void refuse(struct factscript *script)
{
    script->note.has_speech = true;
    script->note.speech.kind = READER_BANNER;
    script->note.speech.told_frame = 6;
}

static void hang_up(struct factscript *script)
{
    script->note.facts.side[SIDE_SERVER].n_data = 0;
    script->note.trail.slot[TRAIL_CLIENT_FIN].frame =
        script->note.trail.slot[TRAIL_SERVER_FIN].frame + 1;
}

static void test_each_sign_of_trouble_is_remarkable(void **state)
{
    static void (*const changes[])(struct factscript * script) = {
        lack_synack, repeat_syn, reset_unseen, repeat_data, lack_last_byte, lack_fin, quote_it,
        be_sctp,     alert,      mix_http,     go_away,     refuse,         hang_up};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        struct factscript script;

        open_closed(&script);
        changes[i](&script);
        if (says_yes(&script))
            print_error("change %zu\n", i);
        assert_false(says_yes(&script));
        factscript_close(&script);
    }
}

/* ---- whatever else is known ---- */

/* One in `n`. */
static bool seldom(struct random *random, uint32_t n)
{
    return random_below(random, n) == 0;
}

static void vary_side(struct random *random, struct side_facts *side)
{
    if (seldom(random, 4))
        side->bits ^= (uint16_t)(1u << random_below(random, 16));
    if (seldom(random, 8))
        side->n_syn = (uint8_t)random_below(random, 4);
    if (seldom(random, 16))
        side->n_syn_late = (uint8_t)random_below(random, 4);
    if (seldom(random, 16))
        side->n_rst = (uint8_t)random_below(random, 3);
    if (seldom(random, 2))
        side->n_data = (uint8_t)random_below(random, 4);
    if (seldom(random, 2))
        side->n_retransmit = (uint8_t)random_below(random, 4);
    if (seldom(random, 16))
        side->run_count = (uint8_t)random_below(random, 9);
    if (seldom(random, 16))
        side->acked += random_below(random, 3) - 1;
    side->ttl_syn = (uint8_t)random_u32(random);
}

/* What a tracker can write: no stall without a window of 0, no gap behind what was sent. */
static void vary_trail(struct random *random, struct flow_note *note)
{
    struct flow_trail *trail = &note->trail;

    for (unsigned i = 0; i < TRAIL_SLOT_COUNT; i++) {
        if (seldom(random, 8))
            trail->slot[i].frame = random_below(random, 12);
        if (seldom(random, 8))
            trail->slot[i].ts_ns += (int64_t)random_below(random, 20000) * NS_PER_MS;
    }
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        trail->acked_run[s].n_copies = (uint8_t)random_below(random, 9);
        if (note->facts.side[s].bits & SIDE_ZERO_WINDOW)
            trail->stall[s].n_pkts = (uint8_t)random_below(random, 9);
        trail->size[s].behind_gap.frame = random_below(random, 2);
        trail->size[s].behind_gap.seq = note->facts.side[s].nxt - random_below(random, 4000);
        trail->size[s].full_frame = random_below(random, 2);
        trail->quiet_before_fin_ns[s] = (int64_t)random_below(random, 100) * NS_PER_S;
        if (seldom(random, 4))
            trail->speech[s].first_kind = (uint8_t)random_below(random, PAYLOAD_KIND_COUNT);
        if (seldom(random, 16))
            trail->speech[s].goaway_frame = 9;
    }
    trail->n_rst = seldom(random, 16);
}

static void vary_http(struct random *random, struct flow_note *note)
{
    struct http1_facts *http1 = &note->speech.http.http1;

    http1->n_requests = random_below(random, 3);
    http1->n_responses = random_below(random, 3);
    http1->is_close_said = seldom(random, 2);
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        note->speech.next_seq[s] = note->facts.side[s].nxt - random_below(random, 2);
        http1->part[s] = (uint8_t)random_below(random, 4);
    }
    note->speech.request_end_seq = note->facts.side[SIDE_CLIENT].nxt - random_below(random, 500);
}

static void vary_tls(struct random *random, struct flow_note *note)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        struct tls_side *side = &note->speech.tls.side[s];

        side->bits = (uint16_t)random_u32(random);
        side->hello.frame = random_below(random, 2);
        side->sealed_alert.frame = random_below(random, 2);
        side->n_said = (uint8_t)random_below(random, 3);
        side->last_said_bytes = (uint16_t)random_below(random, 1000);
    }
    note->speech.tls.version = (uint16_t)(0x0303 + random_below(random, 2));
}

static void vary(struct random *random, struct factscript *script)
{
    struct flow_note *note = &script->note;

    for (unsigned s = 0; s < SIDE_COUNT; s++)
        vary_side(random, &note->facts.side[s]);
    if (seldom(random, 2))
        note->facts.bits ^= UINT32_C(1) << random_below(random, 30);
    note->has_trail = !seldom(random, 8);
    vary_trail(random, note);
    note->has_speech = note->has_trail && seldom(random, 2);
    note->speech.kind = (uint8_t)random_below(random, READER_STREAM_COUNT);
    note->speech.told_frame = seldom(random, 8) ? 5 : 0;
    if (note->speech.kind == READER_HTTP)
        vary_http(random, note);
    if (note->speech.kind == READER_TLS)
        vary_tls(random, note);
    script->context.is_light = seldom(random, 4);
    factscript_listener(script)->n_silent_run = random_below(random, 9);
    factscript_listener(script)->accept_ns = seldom(random, 2) ? NS_NEVER : note->now_ns;
    factscript_host(script, SIDE_CLIENT)->n_unanswered_talk = random_below(random, 2);
}

static void test_all_rules_agree_that_it_is_ok(void **state)
{
    static void (*const bases[])(struct factscript * script) = {
        factscript_closed, factscript_closed_unasked, factscript_answered, factscript_connected};
    struct random random = {.state = 20231114};
    unsigned n_yes = 0;
    (void)state;

    for (unsigned i = 0; i < N_TRIES; i++) {
        struct verdict_event whole, brief;
        struct factscript script;

        factscript_open(&script);
        bases[seldom(&random, 4) ? random_below(&random, ARRAY_LEN(bases)) : 0](&script);
        vary(&random, &script);
        if (says_yes(&script)) {
            n_yes++;
            verdict_judge(&script.context, &script.note, &whole);
            assert_int_equal(whole.connection.outcome, OUTCOME_OK);
            assert_int_equal(whole.connection.verdict, VERDICT_OK);
            assert_false(whole.connection.is_failure);
            script.context.skips_fine = true;
            verdict_judge(&script.context, &script.note, &brief);
            assert_int_equal(brief.kind, EVENT_CONNECTION);
            assert_int_equal(brief.ts_ns, whole.ts_ns);
            assert_int_equal(brief.connection.outcome, OUTCOME_OK);
            assert_int_equal(brief.connection.verdict, VERDICT_OK);
            assert_false(brief.connection.is_failure);
            assert_memory_equal(&brief.connection.server, &whole.connection.server,
                                sizeof(whole.connection.server));
            assert_memory_equal(&brief.connection.client, &whole.connection.client,
                                sizeof(whole.connection.client));
            assert_memory_equal(&brief.connection.facts, &whole.connection.facts,
                                sizeof(whole.connection.facts));
        }
        factscript_close(&script);
    }
    assert_true(n_yes >= N_YES_LEAST);
}

static void test_cookies_are_told_with_an_ordinary_connection(void **state)
{
    struct factscript script;
    struct verdict_event event;

    (void)state;
    open_closed(&script);
    script.context.skips_fine = true;
    factscript_listener(&script)->pressure = (struct pressure){
        .told_ns = script.start_ns, .told_frame = script.note.facts.first_frame, .n_lags = 5};
    assert_true(says_yes(&script));
    verdict_judge(&script.context, &script.note, &event);
    assert_int_equal(event.connection.verdict, VERDICT_SYN_COOKIES_ACTIVE);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_ordinary_connection_is_unremarkable),
        cmocka_unit_test(test_each_bit_that_a_rule_asks_for_is_remarkable),
        cmocka_unit_test(test_each_sign_of_trouble_is_remarkable),
        cmocka_unit_test(test_all_rules_agree_that_it_is_ok),
        cmocka_unit_test(test_cookies_are_told_with_an_ordinary_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
