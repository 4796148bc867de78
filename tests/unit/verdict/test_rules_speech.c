/* SPDX-License-Identifier: BSD-2-Clause */
/* What HTTP/2 said before the close. */
#include "factscript.h"
#include "unit.h"

/* ---- changes ---- */

static void goaway(struct factscript *script, int64_t side)
{
    script->note.trail.speech[side].goaway_frame = 5;
    script->note.trail.speech[side].goaway_code = 1;
}

/* ---- tests ---- */

static void a_goaway_with_an_error_refuses(void **state)
{
    static const struct rule_case cases[] = {
        {"of the server", CERTAIN, factscript_closed, goaway, SIDE_SERVER, "goaway"},
        {"of the client", CERTAIN, factscript_closed, goaway, SIDE_CLIENT},
        {"none was said", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_h2_goaway, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_goaway_with_an_error_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
