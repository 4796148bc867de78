/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>

#include "base/nanotime.h"
#include "mockup.h"
#include "tui/zero.h"

#define NEWEST (SNAPSHOT_COLUMNS - 1)

struct fixture {
    struct zero zero;
    struct snapshot later;
};

/* Zeroed at the mock-up's moment; what came later is the test's. */
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    if (!fixture)
        return -1;
    mockup_snapshot(&fixture->zero.from);
    fixture->zero.is_set = true;
    fixture->later = fixture->zero.from;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void right_after_it_all_rates_are_nothing_and_totals_are_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    const struct snapshot *from = &fixture->zero.from;

    zero_apply(&fixture->zero, &fixture->later);
    assert_int_equal(fixture->later.n_failed_10s, 0);
    assert_int_equal(fixture->later.n_pkts_10s, 0);
    assert_int_equal(fixture->later.window_10s_ns, 0);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        assert_int_equal(fixture->later.family[i].n_last_10s, 0);
        assert_int_equal(fixture->later.family[i].n_total, from->family[i].n_total);
        for (unsigned k = 0; k < SNAPSHOT_COLUMNS; k++)
            assert_int_equal(fixture->later.family[i].column[k], 0);
    }
    assert_int_equal(fixture->later.endpoint[0].n_last_10s, 0);
    assert_int_equal(fixture->later.endpoint[0].n_failures, from->endpoint[0].n_failures);
}

static void what_comes_later_counts_from_that_moment_on(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *later = &fixture->later;

    later->now_ns += 4 * NS_PER_S;
    later->total.n_failed += 7;
    later->family[FAMILY_REFUSED].n_total += 7;
    later->family[FAMILY_REFUSED].column[NEWEST] = 5;
    later->family[FAMILY_REFUSED].column[NEWEST - 2] =
        fixture->zero.from.family[FAMILY_REFUSED].column[NEWEST] + 2; /* the moment's own */
    later->endpoint[0].n_failures += 2;
    later->endpoint[0].n_last_10s += 2;
    zero_apply(&fixture->zero, later);
    assert_int_equal(later->n_failed_10s, 7);
    assert_int_equal(later->window_10s_ns, 4 * NS_PER_S);
    assert_int_equal(later->family[FAMILY_REFUSED].n_last_10s, 7);
    assert_int_equal(later->family[FAMILY_REFUSED].column[NEWEST], 5);
    assert_int_equal(later->family[FAMILY_REFUSED].column[NEWEST - 2], 2);
    assert_int_equal(later->family[FAMILY_REFUSED].column[NEWEST - 3], 0);
    assert_int_equal(later->endpoint[0].n_last_10s, 2);
}

static void once_it_is_out_of_the_window_nothing_is_taken_away(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *later = &fixture->later;

    later->now_ns += 62 * NS_PER_S;
    later->n_failed_10s = 40;
    later->family[FAMILY_TIMEOUT].column[0] = 9;
    zero_apply(&fixture->zero, later);
    assert_int_equal(later->n_failed_10s, 40);
    assert_int_equal(later->family[FAMILY_TIMEOUT].column[0], 9);
}

static void without_it_figures_stay(void **state)
{
    struct fixture *fixture = *state;

    fixture->zero.is_set = false;
    zero_apply(&fixture->zero, &fixture->later);
    assert_int_equal(fixture->later.n_failed_10s, fixture->zero.from.n_failed_10s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            right_after_it_all_rates_are_nothing_and_totals_are_as_they_were, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_later_counts_from_that_moment_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(once_it_is_out_of_the_window_nothing_is_taken_away, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_it_figures_stay, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
