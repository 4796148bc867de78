/* SPDX-License-Identifier: BSD-2-Clause */
/* Which packets a tape keeps, and in which order. */
#include "unit.h"

#include "flowtable/tape.h"

static void record(struct flow_tape *tape, uint32_t n)
{
    tape->n_pkts = 0;
    for (uint32_t i = 0; i < n; i++)
        *tape_next(tape) = (struct tape_row){.frame_off = i};
}

static void few_packets_are_all_kept(void **state)
{
    struct flow_tape tape;

    (void)state;
    for (uint32_t n = 0; n <= TAPE_ROWS; n++) {
        record(&tape, n);
        assert_int_equal(tape_count(&tape), n);
        assert_int_equal(tape_left_out(&tape), 0);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(tape_at(&tape, i)->frame_off, i);
    }
}

static void of_many_packets_the_first_and_the_last_are_kept(void **state)
{
    struct flow_tape tape;

    (void)state;
    for (uint32_t n = TAPE_ROWS + 1; n < 4 * TAPE_ROWS; n++) {
        record(&tape, n);
        assert_int_equal(tape_count(&tape), TAPE_ROWS);
        assert_int_equal(tape_left_out(&tape), n - TAPE_ROWS);
        for (uint32_t i = 0; i < TAPE_HEAD; i++)
            assert_int_equal(tape_at(&tape, i)->frame_off, i);
        for (uint32_t i = 0; i < TAPE_TAIL; i++)
            assert_int_equal(tape_at(&tape, TAPE_HEAD + i)->frame_off, n - TAPE_TAIL + i);
    }
}

static void a_copy_says_the_same(void **state)
{
    struct flow_tape tape, copy;

    (void)state;
    record(&tape, 3 * TAPE_ROWS + 5);
    tape_copy(&copy, &tape);
    for (uint32_t i = 0; i < TAPE_ROWS; i++)
        assert_int_equal(tape_at(&copy, i)->frame_off, tape_at(&tape, i)->frame_off);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_packets_are_all_kept),
        cmocka_unit_test(of_many_packets_the_first_and_the_last_are_kept),
        cmocka_unit_test(a_copy_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
