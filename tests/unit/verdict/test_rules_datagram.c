/* SPDX-License-Identifier: BSD-2-Clause */
/* QUIC and SCTP: what is a refusal, and what only looks like one. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

/* ---- SCTP ---- */

/* The INIT and the ABORT, 20 ms later. */
static void aborted(struct factscript *script)
{
    script->note.key.proto = FLOW_PROTO_SCTP;
    script->note.has_speech = true;
    script->note.speech.kind = READER_SCTP;
    script->note.speech.sctp = (struct sctp_facts){.abort_frame = 2, .n_inits = 1};
    script->note.facts.last_ns[SIDE_CLIENT] = script->note.facts.first_ns;
    script->note.facts.last_ns[SIDE_SERVER] = factscript_ns(script, FACTSCRIPT_RTT_MS);
    script->note.facts.side[SIDE_CLIENT].n_pkts = script->note.facts.side[SIDE_SERVER].n_pkts = 1;
}

static void cause(struct factscript *script, int64_t value)
{
    script->note.speech.sctp.cause = (uint16_t)value;
}

static void n_inits(struct factscript *script, int64_t n)
{
    script->note.speech.sctp.n_inits = (uint8_t)n;
}

static void after_init_ack(struct factscript *script, int64_t unused)
{
    script->note.speech.sctp.had_init_ack = true;
}

static void no_abort(struct factscript *script, int64_t unused)
{
    script->note.speech.sctp.abort_frame = 0;
}

static void said_by(struct factscript *script, int64_t kind)
{
    script->note.speech.kind = (uint8_t)kind;
}

static void an_abort_that_the_client_believes_is_a_refusal(void **state)
{
    static const struct rule_case cases[] = {
        {"of the INIT", CERTAIN, aborted, .reason = "abort-answers-init"},
        {"without a cause", CERTAIN, aborted, .reason = "abort-without-cause"},
        {"with one", CERTAIN, aborted, cause, 4, "abort-cause"},
        {"with one that has no name", CERTAIN, aborted, cause, 0xffff, "abort-cause"},
        {"of the cookie", CERTAIN, aborted, after_init_ack, 0, "abort-answers-cookie"},
        {"of the second INIT", CERTAIN, aborted, n_inits, 2, "init-repeated"},
        {"no ABORT", NONE, aborted, no_abort},
        {"something else was said", NONE, aborted, said_by, READER_TLS},
        {"TCP", NONE, factscript_refused},
    };

    (void)state;
    factscript_check(rule_sctp_abort, cases, ARRAY_LEN(cases));
}

static void an_aborted_association_is_refused_by_its_server(void **state)
{
    struct factscript script;
    struct connection_event event;

    (void)state;
    factscript_open(&script);
    aborted(&script);
    factscript_judge(&script, &event);
    assert_int_equal(event.verdict, VERDICT_SCTP_ABORT);
    assert_int_equal(event.outcome, OUTCOME_REFUSED);
    assert_int_equal(event.family, FAMILY_APP_REFUSED);
    assert_int_equal(event.ended_by, ENDED_BY_SERVER);
    assert_int_equal(event.n_alternatives, 0);
    assert_true(event.is_failure);
    script.note.facts.bits |= FACT_LOSS;
    factscript_judge(&script, &event);
    assert_int_equal(event.confidence, CONFIDENCE_LIKELY);
    factscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abort_that_the_client_believes_is_a_refusal),
        cmocka_unit_test(an_aborted_association_is_refused_by_its_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
