/* SPDX-License-Identifier: BSD-2-Clause */
/* What records of TLS show of answers: none was due, or a short one that may refuse. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

static void bits_of_server(struct factscript *script, int64_t bits)
{
    script->note.speech.bits[SIDE_SERVER] = (uint8_t)bits;
}

static void bits_of_client(struct factscript *script, int64_t bits)
{
    script->note.speech.bits[SIDE_CLIENT] = (uint8_t)bits;
}

/* ---- TLS that nothing was said in ---- */

/* The client's last flight, and its RST before the session tickets are acknowledged. */
static void checked_tls(struct factscript *script)
{
    struct flow_speech *speech = &script->note.speech;

    factscript_answered(script);
    factscript_packet(script, "C PA +80", 100);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 101);
    script->note.has_speech = true;
    speech->kind = READER_TLS;
    for (unsigned s = 0; s < SIDE_COUNT; s++)
        speech->next_seq[s] = script->note.facts.side[s].nxt;
    speech->tls.version = TLS_VERSION_1_3;
    speech->tls.side[TLS_SERVER].hello.frame = 5;
    speech->tls.side[TLS_CLIENT].bits = TLS_FINISHED;
}

static void tls_client_bits(struct factscript *script, int64_t bits)
{
    script->note.speech.tls.side[TLS_CLIENT].bits = (uint16_t)bits;
}

static void tls_12(struct factscript *script, int64_t server_bits)
{
    script->note.speech.tls.version = TLS_VERSION_1_2;
    tls_client_bits(script, TLS_CHANGED_CIPHER);
    script->note.speech.tls.side[TLS_SERVER].bits = (uint16_t)server_bits;
}

static void tls_said(struct factscript *script, int64_t n)
{
    script->note.speech.tls.side[TLS_CLIENT].n_said = (uint32_t)n;
}

/* So much more than a close_notify came behind what was read. */
static void tls_unread(struct factscript *script, int64_t n_bytes)
{
    script->note.speech.next_seq[SIDE_CLIENT] -= limits()->close_noise_bytes + (uint32_t)n_bytes;
}

static void tls_alert(struct factscript *script, int64_t side)
{
    script->note.speech.tls.side[side].alert.frame = 7;
}

static void a_client_that_only_checks_for_tls_may_reset_it(void **state)
{
    static const struct rule_case cases[] = {
        {"its Finished, and a RST", CERTAIN, checked_tls, .reason = "nothing-outstanding"},
        {"TLS 1.2", CERTAIN, checked_tls, tls_12, TLS_CHANGED_CIPHER},
        {"TLS 1.2, and the server is not there yet", NONE, checked_tls, tls_12},
        {"a close_notify that was not read", CERTAIN, checked_tls, tls_unread},
        {"more that was not read", NONE, checked_tls, tls_unread, 1},
        {"a request", NONE, checked_tls, tls_said, 1},
        {"no Finished", NONE, checked_tls, tls_client_bits},
        {"early data", NONE, checked_tls, tls_client_bits, TLS_FINISHED | TLS_EARLY_DATA},
        {"an alert of the client", NONE, checked_tls, tls_alert, TLS_CLIENT},
        {"the capture lacks bytes of the client", NONE, checked_tls, bits_of_client, SPEECH_GAP},
    };
    static const struct rule_case aborts[] = {
        {"a check", NONE, checked_tls},
        {"a request", LIKELY, checked_tls, tls_said, 1},
    };

    (void)state;
    factscript_check(rule_ok_rst_close, cases, ARRAY_LEN(cases));
    factscript_check(rule_client_abort, aborts, ARRAY_LEN(aborts));
}

/* ---- TLS in which one short answer came ---- */

/* The client had no certificate, asked once, and the server closes behind its goodbye. */
static void answered_inside(struct factscript *script)
{
    struct tls_side *server = &script->note.speech.tls.side[TLS_SERVER];

    factscript_answered(script);
    factscript_packet(script, "S FA", 100);
    factscript_packet(script, "C FA", 101);
    factscript_packet(script, "S A", 121);
    script->note.has_speech = true;
    script->note.speech.kind = READER_TLS;
    script->note.speech.tls.version = TLS_VERSION_1_3;
    script->note.speech.tls.side[TLS_CLIENT].bits = TLS_FINISHED | TLS_NO_CERTIFICATE;
    script->note.speech.tls.side[TLS_CLIENT].n_said = 1;
    server->bits = TLS_SETTLED;
    server->hello.frame = 5;
    server->n_said = 3;
    server->n_unlike = 1;
    server->first_said_bytes = 250;
    server->last_said_bytes = limits()->refusal_least_bytes;
    server->sealed_alert =
        (struct speech_place){.frame = 9, .ts_ns = script->note.trail.slot[TRAIL_SERVER_FIN].ts_ns};
}

static void answer_bytes(struct factscript *script, int64_t n_bytes)
{
    script->note.speech.tls.side[TLS_SERVER].last_said_bytes = (uint16_t)n_bytes;
}

static void answers(struct factscript *script, int64_t n_unlike)
{
    script->note.speech.tls.side[TLS_SERVER].n_unlike = (uint16_t)n_unlike;
}

static void alone(struct factscript *script, int64_t n_said)
{
    answers(script, 0);
    script->note.speech.tls.side[TLS_SERVER].n_said = (uint32_t)n_said;
}

static void no_goodbye(struct factscript *script, int64_t unused)
{
    script->note.speech.tls.side[TLS_SERVER].sealed_alert.frame = 0;
}

static void client_closes_first(struct factscript *script, int64_t unused)
{
    script->note.trail.slot[TRAIL_CLIENT_FIN].frame =
        script->note.trail.slot[TRAIL_SERVER_FIN].frame - 1;
}

static void a_page_within_tls_may_refuse(void **state)
{
    const uint16_t most = limits()->refusal_most_bytes, least = limits()->refusal_least_bytes;
    const struct rule_case cases[] = {
        {"tickets, a short answer, goodbye", POSSIBLE, answered_inside,
         .reason = "one-short-answer"},
        {"as long as that may be", POSSIBLE, answered_inside, answer_bytes, most},
        {"longer", NONE, answered_inside, answer_bytes, most + 1},
        {"shorter than that may be", NONE, answered_inside, answer_bytes, least - 1},
        {"the answer alone", POSSIBLE, answered_inside, alone, 1},
        {"records of one length alone", NONE, answered_inside, alone, 2},
        {"answers of several lengths", NONE, answered_inside, answers, 2},
        {"two requests", NONE, answered_inside, tls_said, 2},
        {"a client that was not asked", NONE, answered_inside, tls_client_bits, TLS_FINISHED},
        {"no goodbye", NONE, answered_inside, no_goodbye},
        {"the client closes first", NONE, answered_inside, client_closes_first},
        {"the capture lacks bytes of the server", NONE, answered_inside, bits_of_server,
         SPEECH_GAP},
    };
    const struct rule_case fine[] = {
        {"a short answer", NONE, answered_inside},
        {"a longer one", CERTAIN, answered_inside, answer_bytes, most + 1},
    };

    (void)state;
    factscript_check(rule_mtls_client_cert_missing, cases, ARRAY_LEN(cases));
    factscript_check(rule_ok, fine, ARRAY_LEN(fine));
}

/* ---- TLS that the server hangs up on ---- */

/* The client's flight without a certificate, and FIN. */
static void hung_up_on_flight(struct factscript *script)
{
    answered_inside(script);
    memset(&script->note.speech.tls.side[TLS_SERVER], 0, sizeof(struct tls_side));
    script->note.speech.tls.side[TLS_CLIENT].n_said = 0;
    script->note.speech.tls.side[TLS_SERVER].hello =
        (struct speech_place){.frame = 5, .ts_ns = factscript_ns(script, 40)};
}

static void hello_before(struct factscript *script, int64_t more_ns)
{
    const struct packet_mark *fin = &script->note.trail.slot[TRAIL_SERVER_FIN];

    script->note.speech.tls.side[TLS_SERVER].hello.ts_ns =
        fin->ts_ns - limits()->tls_close_ns - FACTSCRIPT_RTT_MS * NS_PER_MS - more_ns;
}

static void server_said(struct factscript *script, int64_t n)
{
    script->note.speech.tls.side[TLS_SERVER].n_said = (uint32_t)n;
    script->note.speech.tls.side[TLS_SERVER].bits = TLS_SETTLED;
}

static void a_server_may_hang_up_for_want_of_a_certificate(void **state)
{
    static const struct rule_case cases[] = {
        {"at once", LIKELY, hung_up_on_flight, .reason = "hung-up-on-flight"},
        {"as late as that may be", LIKELY, hung_up_on_flight, hello_before},
        {"later", NONE, hung_up_on_flight, hello_before, 1},
        {"after session tickets", NONE, hung_up_on_flight, server_said, 2},
        {"the client was not asked", NONE, hung_up_on_flight, tls_client_bits, TLS_FINISHED},
        {"the client's flight is not whole", NONE, hung_up_on_flight, tls_client_bits,
         TLS_NO_CERTIFICATE},
        {"the client closes first", NONE, hung_up_on_flight, client_closes_first},
    };

    (void)state;
    factscript_check(rule_mtls_client_cert_missing, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_only_checks_for_tls_may_reset_it),
        cmocka_unit_test(a_page_within_tls_may_refuse),
        cmocka_unit_test(a_server_may_hang_up_for_want_of_a_certificate),
    };

    return cmocka_run_group_tests_name("answer_tls", tests, NULL, NULL);
}
