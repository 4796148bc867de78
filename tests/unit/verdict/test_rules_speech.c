/* SPDX-License-Identifier: BSD-2-Clause */
/* What was said above TCP before the close: every alert has one verdict, whoever sends it. */
#include "factscript.h"
#include "unit.h"

/* ---- changes; an alert is its code, with FROM_CLIENT or LATER as they apply ---- */

#define FROM_CLIENT 0x100
#define LATER 0x200 /* after other words of its sender */

static void alert(struct factscript *script, int64_t value)
{
    struct speech_facts *speech =
        &script->note.trail.speech[value & FROM_CLIENT ? SIDE_CLIENT : SIDE_SERVER];

    speech->alert_frame = 5;
    speech->alert_code = (uint8_t)value;
    speech->is_alert_first = !(value & LATER);
}

static void goaway(struct factscript *script, int64_t side)
{
    script->note.trail.speech[side].goaway_frame = 5;
    script->note.trail.speech[side].goaway_code = 1;
}

/* ---- tests ---- */

struct alert_row {
    factscript_rule rule;
    const char *name;
    int64_t alert[9]; /* that give the verdict; ends with 0 */
    int64_t near[6];  /* that do not */
};

static void each_alert_has_its_verdict(void **state)
{
    static const struct alert_row rows[] = {
        {rule_tls_version_mismatch, "tls-version-mismatch", {70, 70 | FROM_CLIENT}, {40, 71, 86}},
        {rule_tls_unknown_sni,
         "tls-unknown-sni",
         {112},
         {112 | LATER, 112 | FROM_CLIENT, 111, 113}},
        {rule_tls_alpn_mismatch, "tls-alpn-mismatch", {120}, {120 | LATER, 120 | FROM_CLIENT, 116}},
        {rule_tls_no_common_params,
         "tls-no-common-params",
         {40, 47, 71},
         {40 | LATER, 47 | LATER, 71 | LATER, 70, 50}},
        {rule_tls_server_cert_rejected,
         "tls-server-cert-rejected",
         {42 | FROM_CLIENT, 43 | FROM_CLIENT, 44 | FROM_CLIENT, 45 | FROM_CLIENT, 46 | FROM_CLIENT,
          48 | FROM_CLIENT, 113 | FROM_CLIENT},
         {42, 48, 49 | FROM_CLIENT, 47 | FROM_CLIENT, 40 | FROM_CLIENT}},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        for (size_t i = 0; rows[r].alert[i]; i++) {
            const struct rule_case hit = {rows[r].name, CERTAIN,          factscript_closed,
                                          alert,        rows[r].alert[i], "fatal-alert"};

            factscript_check(rows[r].rule, &hit, 1);
        }
        for (size_t i = 0; rows[r].near[i]; i++) {
            const struct rule_case near = {rows[r].name,    NONE, factscript_closed, alert,
                                           rows[r].near[i], NULL};

            factscript_check(rows[r].rule, &near, 1);
        }
    }
}

static void any_fatal_alert_ends_a_handshake(void **state)
{
    static const struct rule_case cases[] = {
        {"of a code that no rule knows", CERTAIN, factscript_closed, alert, 80, "fatal-alert"},
        {"from the client", CERTAIN, factscript_closed, alert, 80 | FROM_CLIENT},
        {"after other words", CERTAIN, factscript_closed, alert, 80 | LATER},
        {"none was said", NONE, factscript_closed},
        {"a GOAWAY", NONE, factscript_closed, goaway},
    };

    (void)state;
    factscript_check(rule_tls_alert_other, cases, ARRAY_LEN(cases));
}

static void a_goaway_with_an_error_refuses(void **state)
{
    static const struct rule_case cases[] = {
        {"of the server", CERTAIN, factscript_closed, goaway, SIDE_SERVER, "goaway"},
        {"of the client", CERTAIN, factscript_closed, goaway, SIDE_CLIENT},
        {"none was said", NONE, factscript_closed},
        {"an alert", NONE, factscript_closed, alert, 80},
    };

    (void)state;
    factscript_check(rule_h2_goaway, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alert_has_its_verdict),
        cmocka_unit_test(any_fatal_alert_ends_a_handshake),
        cmocka_unit_test(a_goaway_with_an_error_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
