/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections of which ACKs and data were left out on purpose. */
#include "flowscript.h"

static void play(struct flowscript *script, bool is_light, const struct flowstep *steps,
                 size_t n_steps)
{
    struct script_conn conn = flowscript_conn(0);

    flowscript_open(script, &(struct tracker_config){.is_light = is_light});
    flowscript_steps(script, &conn, steps, n_steps);
}

static void a_synack_is_taken_for_accepted(void **state)
{
    static const struct flowstep steps[] = {{0, '>', "S"}, {20, '<', "S.", 0, 1}};

    (void)state;
    for (int is_light = 0; is_light < 2; is_light++) {
        struct flowscript script;

        play(&script, is_light, steps, ARRAY_LEN(steps));
        assert_int_equal(flowscript_flow(&script)->state,
                         is_light ? FLOW_ESTABLISHED : FLOW_SYN_RECEIVED);
        assert_int_equal(flowscript_count_notes(&script, NOTE_ESTABLISHED), is_light);
        if (is_light) {
            const struct flow_note *note = flowscript_note(&script, NOTE_ESTABLISHED, 0);

            assert_int_equal(note->facts.ack_after_us, 20000);
            /* Who takes note of it knows that the server is there. */
            assert_true(note->facts.last_ns[SIDE_SERVER] == note->facts.synack_ns);
        }
        flowscript_close(&script);
    }
}

static void a_synack_without_its_syn_proves_nothing(void **state)
{
    static const struct flowstep synack = {0, '<', "S.", 0, 1};
    struct flowscript script;

    (void)state;
    play(&script, true, &synack, 1);
    assert_no_bits(flowscript_facts(&script)->bits, FACT_ESTABLISHED);
    flowscript_close(&script);
}

static void a_rst_far_ahead_fits_behind_what_was_left_out(void **state)
{
    static const struct flowstep steps[] = {
        {0, '>', "S"}, {20, '<', "S.", 0, 1}, {900, '<', "R.", 10000001, 501}};

    (void)state;
    for (int is_light = 0; is_light < 2; is_light++) {
        struct flowscript script;

        play(&script, is_light, steps, ARRAY_LEN(steps));
        assert_int_equal(flowscript_trail(&script)->rst[0].fit,
                         is_light ? RST_FIT_EXACT : RST_FIT_AHEAD);
        flowscript_close(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_synack_is_taken_for_accepted),
        cmocka_unit_test(a_synack_without_its_syn_proves_nothing),
        cmocka_unit_test(a_rst_far_ahead_fits_behind_what_was_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
