/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of connections of which --light left out ACKs and most data. */
#include "factscript.h"
#include "unit.h"

/* As above, with the packets that --light leaves out taken away before the RST. */
static void reset_by_client_after_synack(struct factscript *script)
{
    factscript_connected(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 60);
}

static void reset_by_client_after_an_answer(struct factscript *script)
{
    factscript_answered(script);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, 200);
}

/* The client resets something that is not in here, and tries again in vain. */
static void silent_with_a_reset(struct factscript *script)
{
    factscript_silent(script);
    script->note.facts.side[SIDE_CLIENT].n_rst = 1;
}

static void silence_and_rst_prove_less(void **state)
{
    static const struct {
        const char *name;
        void (*tell)(struct factscript *script);
        enum outcome outcome;
        enum confidence most;
        bool is_failure, has_doubt;
    } rows[] = {
        {"refused", factscript_refused, OUTCOME_REFUSED, CONFIDENCE_CERTAIN, true, false},
        {"rejected", factscript_rejected, OUTCOME_REJECTED, CONFIDENCE_CERTAIN, true, false},
        {"silent", factscript_silent, OUTCOME_TIMED_OUT, CONFIDENCE_CERTAIN, true, false},
        {"what the client reset was left out", silent_with_a_reset, OUTCOME_UNKNOWN,
         CONFIDENCE_POSSIBLE, false, true},
        {"closed", factscript_closed, OUTCOME_OK, CONFIDENCE_POSSIBLE, false, true},
        {"no ACK in sight", factscript_blackholed, OUTCOME_UNKNOWN, CONFIDENCE_POSSIBLE, false,
         true},
        {"reset by the server", factscript_aborted, OUTCOME_RESET, CONFIDENCE_POSSIBLE, true, true},
        {"a check of the port", reset_by_client_after_synack, OUTCOME_OK, CONFIDENCE_POSSIBLE,
         false, true},
        {"a client that had an answer", reset_by_client_after_an_answer, OUTCOME_UNKNOWN,
         CONFIDENCE_POSSIBLE, false, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct factscript script;
        struct connection_event event;

        factscript_open(&script);
        script.context.is_light = true;
        rows[i].tell(&script);
        factscript_judge(&script, &event);
        if (event.outcome != rows[i].outcome || event.confidence > rows[i].most ||
            event.is_failure != rows[i].is_failure ||
            factscript_has_reason(event.against, event.n_against, "data-left-out") !=
                rows[i].has_doubt)
            fail_msg("%s: outcome %d, confidence %d, failure %d", rows[i].name, event.outcome,
                     event.confidence, event.is_failure);
        factscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_and_rst_prove_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
