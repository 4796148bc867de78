/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS that was refused: every alert has one verdict, whoever sends it; what lengths prove. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static struct tls_facts *tls(struct factscript *script)
{
    script->note.has_speech = true;
    script->note.speech.kind = READER_TLS;
    return &script->note.speech.tls;
}

static struct speech_place at(const struct factscript *script, uint64_t frame, double at_ms)
{
    return (struct speech_place){.frame = frame, .ts_ns = factscript_ns(script, at_ms)};
}

/* ---- situations ---- */

/* Both hellos and nothing else; the facts of TCP are those of an exchange. */
static void hellos(struct factscript *script, uint16_t version)
{
    struct tls_facts *facts = tls(script);

    facts->side[TLS_CLIENT].hello = at(script, 4, RTT + 1);
    facts->side[TLS_CLIENT].n_records = 1;
    facts->version_min = TLS_VERSION_1_2;
    facts->version_max = TLS_VERSION_1_3;
    facts->version = version;
    if (version)
        facts->side[TLS_SERVER].hello = at(script, 6, 2 * RTT + 5);
    script->note.trail.speech[SIDE_CLIENT].first_kind = PAYLOAD_TLS_CLIENT_HELLO;
}

static void refused_hello(struct factscript *script)
{
    factscript_closed(script);
    hellos(script, 0);
}

/* TLS 1.2 up to the client's answer to the server's certificate. */
static void shown_12(struct factscript *script)
{
    factscript_closed(script);
    hellos(script, TLS_VERSION_1_2);
    tls(script)->side[TLS_SERVER].bits |= TLS_CERTIFICATE;
}

static void shown_13(struct factscript *script)
{
    factscript_closed(script);
    hellos(script, TLS_VERSION_1_3);
    tls(script)->side[TLS_SERVER].n_sealed = 4;
}

/* Behind a PROXY header. */
static void refused_behind_header(struct factscript *script)
{
    refused_hello(script);
    script->note.trail.speech[SIDE_CLIENT].proxy_form = 1;
}

/* The server wants a certificate, the client says that it has none. */
static void asked_12(struct factscript *script)
{
    factscript_answered(script);
    hellos(script, TLS_VERSION_1_2);
    tls(script)->side[TLS_SERVER].bits |= TLS_CERTIFICATE | TLS_WANTS_CLIENT;
    tls(script)->side[TLS_CLIENT].bits |= TLS_CERTIFICATE | TLS_NO_CERTIFICATE;
    factscript_packet(script, "S FA", 2 * RTT + 20);
}

/* The client's flight in TLS 1.3, then a record as short as an alert, and the server's FIN. */
static void finished_13(struct factscript *script)
{
    factscript_answered(script);
    hellos(script, TLS_VERSION_1_3);
    tls(script)->side[TLS_CLIENT].bits |= TLS_FINISHED | TLS_NO_CERTIFICATE;
    tls(script)->side[TLS_SERVER].n_sealed = 6;
    tls(script)->side[TLS_SERVER].sealed_alert = at(script, 9, 100);
    factscript_packet(script, "S PA +24", 100);
    factscript_packet(script, "S FA", 101);
}

/* ---- changes; an alert is its code, with FROM_CLIENT as it applies ---- */

#define FROM_CLIENT 0x100

static void alert(struct factscript *script, int64_t value)
{
    struct tls_side *side = &tls(script)->side[value & FROM_CLIENT ? TLS_CLIENT : TLS_SERVER];

    side->alert = at(script, 7, 2 * RTT + 5.2);
    side->alert_code = (uint8_t)value;
}

static void first_alert(struct factscript *script, int64_t value)
{
    alert(script, value);
    tls(script)->side[TLS_SERVER].bits |= TLS_ALERT_FIRST;
}

static void alert_and_certificate(struct factscript *script, int64_t value)
{
    alert(script, value);
    tls(script)->side[TLS_CLIENT].bits |= TLS_CERTIFICATE;
}

static void client_bits(struct factscript *script, int64_t bits)
{
    tls(script)->side[TLS_CLIENT].bits = (uint16_t)bits;
}

static void server_bits(struct factscript *script, int64_t bits)
{
    tls(script)->side[TLS_SERVER].bits |= (uint16_t)bits;
}

static void large_flight(struct factscript *script, int64_t bits)
{
    client_bits(script, TLS_FINISHED | TLS_LARGE_RECORDS);
    server_bits(script, bits);
}

static void retry(struct factscript *script, int64_t code)
{
    hellos(script, TLS_VERSION_1_3);
    tls(script)->has_retry = true;
    alert(script, code);
}

static void old_choice(struct factscript *script, int64_t version)
{
    hellos(script, (uint16_t)version);
    alert(script, 47 | FROM_CLIENT);
}

/* At the given time; the client's FIN comes after 46 ms. */
static void withheld(struct factscript *script, int64_t at_ms)
{
    tls(script)->side[TLS_CLIENT].sealed_alert = at(script, 8, (double)at_ms);
    tls(script)->side[TLS_CLIENT].n_sealed = 1;
}

static void withheld_after_data(struct factscript *script, int64_t n_sealed)
{
    withheld(script, 45);
    tls(script)->side[TLS_CLIENT].n_sealed = (uint32_t)n_sealed;
}

/* The client says goodbye before the server does. */
static void client_goodbye(struct factscript *script, int64_t bits)
{
    if (bits)
        client_bits(script, bits);
    tls(script)->side[TLS_CLIENT].sealed_alert = at(script, 8, 60);
}

static void early_alert(struct factscript *script, int64_t value)
{
    (void)value;
    tls(script)->side[TLS_SERVER].sealed_alert.ts_ns -= 1100 * NS_PER_MS;
}

static void went_on(struct factscript *script, int64_t bits)
{
    tls(script)->side[TLS_CLIENT].n_sealed = 1;
    client_bits(script, bits);
}

static void sealed(struct factscript *script, int64_t side)
{
    tls(script)->side[side].sealed_alert = at(script, 8, 44);
}

static void sealed_when_done(struct factscript *script, int64_t side)
{
    sealed(script, side);
    client_bits(script, TLS_CHANGED_CIPHER);
    server_bits(script, TLS_CHANGED_CIPHER);
}

static void sealed_with_data(struct factscript *script, int64_t side)
{
    sealed(script, side);
    tls(script)->side[side].n_sealed = 1;
}

static void first_short(struct factscript *script, int64_t value)
{
    (void)value;
    sealed(script, TLS_SERVER);
    server_bits(script, TLS_ALERT_FIRST);
}

/* The capture lacks bytes of this side. */
static void gap(struct factscript *script, int64_t side)
{
    script->note.speech.bits[side] |= SPEECH_GAP;
}

/* ---- tests ---- */

struct alert_row {
    factscript_rule rule;
    const char *name;
    void (*base)(struct factscript *script);
    int64_t alert[9]; /* that give the verdict; ends with 0 */
    int64_t near[8];  /* that do not */
};

static void each_alert_has_its_verdict(void **state)
{
    static const struct alert_row rows[] = {
        {rule_tls_version_mismatch,
         "tls-version-mismatch",
         refused_hello,
         {70, 70 | FROM_CLIENT},
         {40, 71, 86}},
        {rule_tls_unknown_sni,
         "tls-unknown-sni",
         refused_hello,
         {112},
         {112 | FROM_CLIENT, 111, 113}},
        {rule_tls_alpn_mismatch,
         "tls-alpn-mismatch",
         refused_hello,
         {120},
         {120 | FROM_CLIENT, 116}},
        {rule_tls_no_common_params,
         "tls-no-common-params",
         refused_hello,
         {40, 47, 71},
         {40 | FROM_CLIENT, 70, 50}},
        {rule_tls_no_common_params, "after the ServerHello", shown_12, {0}, {40, 47, 71}},
        {rule_tls_unknown_sni, "after the ServerHello", shown_12, {0}, {112}},
        {rule_tls_server_cert_rejected,
         "tls-server-cert-rejected",
         shown_12,
         {42 | FROM_CLIENT, 43 | FROM_CLIENT, 44 | FROM_CLIENT, 45 | FROM_CLIENT, 46 | FROM_CLIENT,
          48 | FROM_CLIENT, 113 | FROM_CLIENT},
         {42, 48, 49 | FROM_CLIENT, 47 | FROM_CLIENT, 40 | FROM_CLIENT}},
        {rule_tls_server_cert_rejected,
         "in plain text in TLS 1.3",
         shown_13,
         {48 | FROM_CLIENT},
         {48}},
        {rule_tls_server_cert_rejected,
         "no certificate was there",
         refused_hello,
         {0},
         {42 | FROM_CLIENT, 48 | FROM_CLIENT}},
        {rule_mtls_client_cert_missing,
         "mtls-client-cert-missing",
         asked_12,
         {40, 41, 42, 116},
         {48, 80, 46}},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        for (size_t i = 0; rows[r].alert[i]; i++) {
            const struct rule_case hit = {rows[r].name, CERTAIN,          rows[r].base,
                                          alert,        rows[r].alert[i], "fatal-alert"};

            factscript_check(rows[r].rule, &hit, 1);
        }
        for (size_t i = 0; rows[r].near[i]; i++) {
            const struct rule_case near = {rows[r].name,    NONE, rows[r].base, alert,
                                           rows[r].near[i], NULL};

            factscript_check(rows[r].rule, &near, 1);
        }
    }
}

static void any_fatal_alert_ends_a_handshake(void **state)
{
    static const struct rule_case cases[] = {
        {"of a code that no rule knows", CERTAIN, refused_hello, alert, 80, "fatal-alert"},
        {"from the client", CERTAIN, refused_hello, alert, 80 | FROM_CLIENT},
        {"after other words", CERTAIN, shown_12, alert, 80},
        {"none was said", NONE, shown_12},
        {"no TLS at all", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_tls_alert_other, cases, ARRAY_LEN(cases));
}

static void versions_do_not_overlap(void **state)
{
    static const struct rule_case cases[] = {
        {"behind a PROXY header", POSSIBLE, refused_behind_header, first_alert, 70, "fatal-alert"},
        {"the server chose what was not offered", CERTAIN, refused_hello, old_choice, 0x0301,
         "versions-offered"},
        {"it chose what was offered", NONE, refused_hello, old_choice, TLS_VERSION_1_2},
    };

    (void)state;
    factscript_check(rule_tls_version_mismatch, cases, ARRAY_LEN(cases));
}

static void a_refusal_of_the_second_hello_is_one_of_the_hello(void **state)
{
    static const struct rule_case cases[] = {
        {"after a retry", CERTAIN, refused_hello, retry, 40, "fatal-alert"},
        {"behind a PROXY header", POSSIBLE, refused_behind_header, first_alert, 40, "fatal-alert"},
    };

    (void)state;
    factscript_check(rule_tls_no_common_params, cases, ARRAY_LEN(cases));
}

static void a_client_refuses_the_certificate(void **state)
{
    static const struct rule_case cases[] = {
        {"an alert for its Finished", LIKELY, shown_13, withheld, 45, "alert-for-finished"},
        {"not the only one of its records", NONE, shown_13, withheld_after_data, 2, NULL},
        {"it goes on for over a second", NONE, shown_13, withheld, -1000, NULL},
        {"it says nothing and leaves", POSSIBLE, shown_12, NULL, 0, "left-at-certificate"},
        {"the same in TLS 1.3", POSSIBLE, shown_13, NULL, 0, "left-at-certificate"},
        {"who knows what it said", NONE, shown_12, gap, SIDE_CLIENT, NULL},
        {"it leaves when it went on", NONE, shown_12, client_bits, TLS_CHANGED_CIPHER, NULL},
        {"it leaves after its Finished", NONE, shown_13, went_on, TLS_FINISHED, NULL},
        {"no TLS at all", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_tls_server_cert_rejected, cases, ARRAY_LEN(cases));
}

static void a_client_certificate_is_missing(void **state)
{
    static const struct rule_case cases[] = {
        {"the close says it", CERTAIN, asked_12, NULL, 0, "certificate-empty"},
        {"the server goes on", NONE, asked_12, server_bits, TLS_CHANGED_CIPHER, NULL},
        {"who knows what the server said", NONE, asked_12, gap, SIDE_SERVER, NULL},
        {"who knows in 1.3", NONE, finished_13, gap, SIDE_SERVER, NULL},
        {"the list is not empty", NONE, asked_12, client_bits, TLS_CERTIFICATE, NULL},
        {"the lengths say it", LIKELY, finished_13, NULL, 0, "empty-certificate-length"},
        {"the server goes on in 1.3", NONE, finished_13, server_bits, TLS_SETTLED, NULL},
        {"no such length", NONE, finished_13, client_bits, TLS_FINISHED, NULL},
        {"the client leaves as well", LIKELY, finished_13, client_goodbye, 0, NULL},
        {"the server stays", NONE, finished_13, early_alert, 0, NULL},
    };

    (void)state;
    factscript_check(rule_mtls_client_cert_missing, cases, ARRAY_LEN(cases));
}

static void a_client_certificate_is_refused(void **state)
{
    static const struct rule_case cases[] = {
        {"an alert about it", CERTAIN, shown_12, alert_and_certificate, 48, "fatal-alert"},
        {"another alert", NONE, shown_12, alert_and_certificate, 40, NULL},
        {"the client showed none", NONE, asked_12, alert, 48, NULL},
        {"the lengths say it", POSSIBLE, finished_13, large_flight, 0, "alert-length"},
        {"the server goes on", NONE, finished_13, large_flight, TLS_SETTLED, NULL},
        {"no such flight", NONE, finished_13, NULL, 0, NULL},
    };

    (void)state;
    factscript_check(rule_mtls_client_cert_rejected, cases, ARRAY_LEN(cases));
}

static void an_alert_that_is_encrypted_is_seen(void **state)
{
    static const struct rule_case cases[] = {
        {"of the client in TLS 1.2", CERTAIN, shown_12, sealed, TLS_CLIENT, "encrypted-alert"},
        {"of the server", CERTAIN, shown_12, sealed, TLS_SERVER, "encrypted-alert"},
        {"when the handshake is over", NONE, shown_12, sealed_when_done, TLS_SERVER, NULL},
        {"after data", NONE, shown_12, sealed_with_data, TLS_CLIENT, NULL},
        {"the server's first in 1.3", CERTAIN, shown_13, first_short, 0, "first-record-short"},
        {"after a client's certificate", LIKELY, finished_13, large_flight, 0, "alert-length"},
        {"nothing was asked for", POSSIBLE, finished_13, client_bits, TLS_FINISHED, "alert-length"},
        {"the client leaves first", NONE, finished_13, client_goodbye, TLS_FINISHED, NULL},
        {"the client leaves as well", LIKELY, finished_13, client_goodbye,
         TLS_FINISHED | TLS_NO_CERTIFICATE, NULL},
        {"an alert in plain text", NONE, shown_12, alert, 80, NULL},
    };

    (void)state;
    factscript_check(rule_tls_encrypted_alert, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alert_has_its_verdict),
        cmocka_unit_test(any_fatal_alert_ends_a_handshake),
        cmocka_unit_test(versions_do_not_overlap),
        cmocka_unit_test(a_refusal_of_the_second_hello_is_one_of_the_hello),
        cmocka_unit_test(a_client_refuses_the_certificate),
        cmocka_unit_test(a_client_certificate_is_missing),
        cmocka_unit_test(a_client_certificate_is_refused),
        cmocka_unit_test(an_alert_that_is_encrypted_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
