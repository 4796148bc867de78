/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_series.h"

static uint64_t sum(const uint64_t *column, unsigned n_columns)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < n_columns; i++)
        total += column[i];
    return total;
}

static void few_instants_keep_their_exact_column(void **state)
{
    struct report_series series = {0};
    uint64_t column[4] = {0};

    (void)state;
    report_series_add(&series, 1999 * NS_PER_MS, 1);
    report_series_add(&series, 2000 * NS_PER_MS, 2);
    report_series_add(&series, 1000 * NS_PER_MS, 1);
    report_series_columns(&series, 1000 * NS_PER_MS, NS_PER_S, column, 4);
    assert_int_equal(column[0], 2);
    assert_int_equal(column[1], 2);
    assert_int_equal(series.first_ns, 1000 * NS_PER_MS);
    assert_int_equal(series.last_ns, 2000 * NS_PER_MS);
}

static void many_instants_lose_no_count_in_any_order(void **state)
{
    static const int64_t step_ns[] = {1, NS_PER_MS, 17 * NS_PER_S, -3 * NS_PER_S};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(step_ns); k++) {
        struct report_series series = {0};
        uint64_t column[10] = {0};
        int64_t span_ns;

        for (int64_t i = 0; i < 10000; i++)
            report_series_add(&series, i * step_ns[k], 1);
        span_ns = report_span_ns(series.first_ns, series.last_ns);
        report_series_columns(&series, series.first_ns, span_ns / 10 + 1, column, 10);
        assert_int_equal(sum(column, 10), 10000);
        assert_int_equal(series.n, 10000);
        /* Evenly spread, and a bucket is at most a hundredth of the span wide. */
        for (unsigned i = 0; span_ns > NS_PER_S && i < 10; i++)
            assert_in_range(column[i], 880, 1120);
    }
}

static void hostile_stamps_are_counted(void **state)
{
    struct report_series series = {0};
    uint64_t column[3] = {0};

    (void)state;
    for (int i = 0; i < 200; i++)
        report_series_add(&series, i % 2 ? INT64_MAX : INT64_MIN, 1);
    report_series_columns(&series, 0, 1, column, 3);
    assert_int_equal(column[0], 100);
    assert_int_equal(column[2], 100);
}

static void a_steady_cadence_is_told_from_an_irregular_one(void **state)
{
    struct report_series steady = {0}, irregular = {0};
    bool is_steady;

    (void)state;
    for (int64_t i = 0; i < 12; i++) {
        report_series_add(&steady, i * 5 * NS_PER_S + i % 3 * 10 * NS_PER_MS, 1);
        report_series_add(&irregular, i * i * NS_PER_S, 1);
    }
    assert_in_range(report_series_cadence_ns(&steady, &is_steady), 4900 * NS_PER_MS,
                    5100 * NS_PER_MS);
    assert_true(is_steady);
    assert_int_equal(report_series_cadence_ns(&irregular, &is_steady), 11 * NS_PER_S);
    assert_false(is_steady);
}

static void three_are_no_cadence(void **state)
{
    struct report_series series = {0};
    bool is_steady;

    (void)state;
    for (int64_t i = 0; i < 3; i++)
        report_series_add(&series, i * NS_PER_S, 1);
    assert_int_equal(report_series_cadence_ns(&series, &is_steady), 0);
    assert_false(is_steady);
}

static void merging_adds_counts_and_ends(void **state)
{
    struct report_series a = {0}, b = {0};

    (void)state;
    for (int64_t i = 0; i < 300; i++)
        report_series_add(&a, i * NS_PER_S, 1);
    report_series_add(&b, -5 * NS_PER_S, 7);
    report_series_merge(&b, &a);
    assert_int_equal(b.n, 307);
    assert_int_equal(b.first_ns, -5 * NS_PER_S);
    assert_in_range(b.last_ns, 297 * NS_PER_S, 299 * NS_PER_S);
}

static void a_median_stays_near_when_values_are_thinned(void **state)
{
    struct report_spread spread = {0};

    (void)state;
    for (int64_t i = 1; i <= 63; i++)
        report_spread_add(&spread, i);
    assert_int_equal(report_spread_median(&spread), 32);
    for (int64_t i = 64; i <= 10001; i++)
        report_spread_add(&spread, i);
    assert_in_range(report_spread_median(&spread), 4700, 5300);
    assert_int_equal(spread.min, 1);
    assert_int_equal(spread.max, 10001);
}

static void spans_are_never_negative_and_never_overflow(void **state)
{
    (void)state;
    assert_int_equal(report_span_ns(5, 3), 0);
    assert_int_equal(report_span_ns(3, 5), 2);
    assert_int_equal(report_span_ns(INT64_MIN, INT64_MAX), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_instants_keep_their_exact_column),
        cmocka_unit_test(many_instants_lose_no_count_in_any_order),
        cmocka_unit_test(hostile_stamps_are_counted),
        cmocka_unit_test(a_steady_cadence_is_told_from_an_irregular_one),
        cmocka_unit_test(three_are_no_cadence),
        cmocka_unit_test(merging_adds_counts_and_ends),
        cmocka_unit_test(a_median_stays_near_when_values_are_thinned),
        cmocka_unit_test(spans_are_never_negative_and_never_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
