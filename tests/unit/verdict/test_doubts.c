/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes every conclusion less sure, and what does not touch it. */
#include "factscript.h"
#include "unit.h"

struct row {
    const char *name;
    void (*tell)(struct factscript *script);
    uint32_t bits; /* of enum flow_bit, added */
    uint8_t tunnel_depth;
    const char *doubt; /* NULL: none of a loss */
};

static enum confidence judged(const struct row *row, uint32_t bits, uint8_t tunnel_depth,
                              struct connection_event *event)
{
    struct factscript script;

    factscript_open(&script);
    row->tell(&script);
    script.note.facts.bits |= bits;
    script.note.key.tunnel_depth = tunnel_depth;
    factscript_judge(&script, event);
    factscript_close(&script);
    return event->confidence;
}

static void what_was_shed_by_choice_leaves_handshakes_whole(void **state)
{
    static const struct row rows[] = {
        {"refused, data shed", factscript_refused, FACT_SHED, 0, NULL},
        {"rejected, data shed", factscript_rejected, FACT_SHED, 0, NULL},
        {"silent, data shed", factscript_silent, FACT_SHED, 0, NULL},
        {"silent, anything lost", factscript_silent, FACT_LOSS, 0, "capture-loss"},
        {"silent, both", factscript_silent, FACT_LOSS | FACT_SHED, 0, "capture-loss"},
        {"silent in a tunnel, where all looks like data", factscript_silent, FACT_SHED, 1,
         "data-shed"},
        {"aborted, data shed", factscript_aborted, FACT_SHED, 0, "data-shed"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct connection_event event;
        enum confidence before = judged(row, 0, row->tunnel_depth, &event);
        enum verdict_id verdict = event.verdict;
        enum confidence after = judged(row, row->bits, row->tunnel_depth, &event);
        bool has_loss = factscript_has_reason(event.against, event.n_against, "capture-loss");
        bool has_shed = factscript_has_reason(event.against, event.n_against, "data-shed");

        /* Doubt may also give the word to another verdict, one as sure as before. */
        if (!event.is_failure || has_loss != (row->doubt && (row->bits & FACT_LOSS)) ||
            has_shed != (row->doubt && !(row->bits & FACT_LOSS)) ||
            (event.verdict == verdict && after != before - (row->doubt != NULL)))
            fail_msg("%s: %d, then %d", row->name, before, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_shed_by_choice_leaves_handshakes_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
