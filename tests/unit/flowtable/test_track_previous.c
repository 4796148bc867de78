/* SPDX-License-Identifier: BSD-2-Clause */
/* What a connection gets to know of the one that had its tuple before. */
#include "flowscript.h"

static const struct previous_facts *previous_of(const struct flowscript *script)
{
    return &flowscript_trail(script)->previous;
}

static void a_connection_that_the_server_closed_is_in_time_wait(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},           {20, '<', "S.", 0, 1},    {20.5, '>', ".", 1, 1},
        {100, '<', "F.", 1, 1},  {100.5, '>', "F.", 1, 2}, {120, '<', ".", 2, 2},
        {9000, '>', "S", 70000},
    };
    const struct previous_facts *previous;
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    previous = previous_of(&script);
    assert_true(previous->is_known && previous->is_closed_by_server);
    assert_false(previous->had_rst);
    assert_int_equal(previous->client_nxt - previous->client_isn, 2);
    assert_int_equal(previous->ended_ns, FLOWSCRIPT_START_NS + 120 * NS_PER_MS);
    assert_int_equal(previous->ttl_syn, 64);
    assert_true(previous->has_tsval);
    flowscript_close(&script);
}

static void one_that_the_client_closed_is_not(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},           {20, '<', "S.", 0, 1},  {20.5, '>', ".", 1, 1},
        {100, '>', "F.", 1, 1},  {120, '<', "F.", 1, 2}, {120.5, '>', ".", 2, 2},
        {9000, '>', "S", 70000},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_true(previous_of(&script)->is_known);
    assert_false(previous_of(&script)->is_closed_by_server);
    flowscript_close(&script);
}

static void one_that_is_still_open_is_known_too(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "S.", 0, 1},
        {20.5, '>', ".", 1, 1},
        {9000, '>', "S", 70000},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_true(previous_of(&script)->is_known);
    assert_false(previous_of(&script)->is_closed_by_server || previous_of(&script)->had_rst);
    flowscript_close(&script);
}

static void a_reset_is_remembered(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"},
        {20, '<', "R.", 0, 1, .how = STEP_NO_SOCKET | STEP_ZERO_SEQ},
        {9000, '>', "S", 70000},
    };
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_true(previous_of(&script)->is_known && previous_of(&script)->had_rst);
    flowscript_close(&script);
}

static void a_fresh_tuple_has_none(void **state)
{
    static const struct flowstep steps[] = {{0, '>', "S"}};
    struct flowscript script;

    (void)state;
    flowscript_play(&script, STEPS(steps));
    assert_false(previous_of(&script)->is_known);
    flowscript_close(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_the_server_closed_is_in_time_wait),
        cmocka_unit_test(one_that_the_client_closed_is_not),
        cmocka_unit_test(one_that_is_still_open_is_known_too),
        cmocka_unit_test(a_reset_is_remembered),
        cmocka_unit_test(a_fresh_tuple_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
