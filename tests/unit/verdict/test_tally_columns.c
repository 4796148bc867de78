/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/nanotime.h"
#include "verdict/tally_columns.h"

#define NEWEST (SNAPSHOT_COLUMNS - 1)
#define AT(column) ((column)*SNAPSHOT_COLUMN_NS)

/* "2 1" are the last columns up to `newest`, all before them 0. */
static void assert_last(const struct tally_columns *columns, int64_t newest, uint16_t before_last,
                        uint16_t last)
{
    uint16_t out[SNAPSHOT_COLUMNS];

    tally_columns_read(columns, newest, out);
    for (int i = 0; i < SNAPSHOT_COLUMNS - 2; i++)
        assert_int_equal(out[i], 0);
    assert_int_equal(out[NEWEST - 1], before_last);
    assert_int_equal(out[NEWEST], last);
}

static void what_happens_in_two_seconds_is_one_column(void **state)
{
    struct tally_columns columns = {0};

    (void)state;
    tally_columns_add(&columns, AT(1000));
    tally_columns_add(&columns, AT(1001) - 1);
    tally_columns_add(&columns, AT(1001));
    assert_last(&columns, 1001, 2, 1);
    assert_last(&columns, 1000, 0, 2);
    assert_last(&columns, 1000 + 2 * SNAPSHOT_COLUMNS, 0, 0);
}

static void a_pause_longer_than_all_columns_leaves_none_of_them(void **state)
{
    struct tally_columns columns = {0};

    (void)state;
    for (int64_t column = 1000; column < 1000 + SNAPSHOT_COLUMNS; column++)
        tally_columns_add(&columns, AT(column));
    tally_columns_add(&columns, AT(2000));
    assert_last(&columns, 2000, 0, 1);
}

static void what_comes_late_finds_its_column_or_none(void **state)
{
    struct tally_columns columns = {0};

    (void)state;
    tally_columns_add(&columns, AT(1000));
    tally_columns_add(&columns, AT(999));
    tally_columns_add(&columns, AT(1000 - SNAPSHOT_COLUMNS));
    assert_last(&columns, 1000, 1, 1);
}

static void a_clock_set_back_begins_anew(void **state)
{
    struct tally_columns columns = {0};

    (void)state;
    tally_columns_add(&columns, AT(1000));
    tally_columns_add(&columns, AT(-5));
    assert_last(&columns, -5, 0, 1);
}

static void counts_stop_at_what_fits(void **state)
{
    struct tally_columns columns = {0};

    (void)state;
    for (unsigned i = 0; i < 70000; i++)
        tally_columns_add(&columns, AT(7));
    assert_last(&columns, 7, 0, UINT16_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_in_two_seconds_is_one_column),
        cmocka_unit_test(a_pause_longer_than_all_columns_leaves_none_of_them),
        cmocka_unit_test(what_comes_late_finds_its_column_or_none),
        cmocka_unit_test(a_clock_set_back_begins_anew),
        cmocka_unit_test(counts_stop_at_what_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
