/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts per slot of time: in order, late, after gaps, after the clock was set back. */
#include "verdict/window.h"

#include <stdbool.h>

#include "base/compiler.h"
#include "unit.h"

#define N_SLOTS 4

static void times_before_1970_round_down_too(void **state)
{
    (void)state;
    assert_int_equal(window_slot(0, 10), 0);
    assert_int_equal(window_slot(9, 10), 0);
    assert_int_equal(window_slot(10, 10), 1);
    assert_int_equal(window_slot(-1, 10), -1);
    assert_int_equal(window_slot(-10, 10), -1);
    assert_int_equal(window_slot(-11, 10), -2);
}

static void counts_go_where_they_belong(void **state)
{
    static const struct {
        int64_t slot[6]; /* counted in this order; 0 = end */
        int64_t first, last;
        uint64_t n;
        bool is_late; /* the last one */
    } cases[] = {
        {{10, 10, 10}, 10, 10, 3, false},
        {{10, 11, 12, 13}, 10, 13, 4, false},
        {{10, 11, 12, 13, 14}, 10, 10, 0, false}, /* pushed out */
        {{10, 11, 12, 13, 14}, 11, 14, 4, false},
        {{13, 10}, 10, 10, 1, false},       /* late, but in the ring */
        {{13, 9}, 9, 13, 1, true},          /* too late */
        {{13, 5}, 5, 13, 1, true},          /* by just two rings */
        {{13, 4}, 4, 13, 1, false},         /* the clock was set back: only slot 4 is there */
        {{10, 11, 100}, 97, 100, 1, false}, /* a gap empties the ring */
        {{10, 12, 13}, 11, 11, 0, false},   /* a skipped slot is empty */
        {{1000000, 14}, 14, 14, 1, false},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t newest = 0;
        uint32_t count[N_SLOTS] = {0};
        bool is_late = false;

        for (unsigned s = 0; s < ARRAY_LEN(cases[i].slot) && cases[i].slot[s]; s++) {
            unsigned at = window_enter(&newest, count, N_SLOTS, cases[i].slot[s]);

            is_late = at == WINDOW_LATE;
            if (!is_late)
                count[at]++;
        }
        if (is_late != cases[i].is_late ||
            window_sum(newest, count, N_SLOTS, cases[i].first, cases[i].last) != cases[i].n)
            fail_msg("case %u", i);
    }
}

static void only_slots_of_the_ring_have_an_index(void **state)
{
    (void)state;
    assert_int_equal(window_index(10, N_SLOTS, 11), WINDOW_LATE);
    assert_int_equal(window_index(10, N_SLOTS, 10), 2);
    assert_int_equal(window_index(10, N_SLOTS, 7), 3);
    assert_int_equal(window_index(10, N_SLOTS, 6), WINDOW_LATE);
    assert_int_equal(window_index(-1, N_SLOTS, -1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_before_1970_round_down_too),
        cmocka_unit_test(counts_go_where_they_belong),
        cmocka_unit_test(only_slots_of_the_ring_have_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
