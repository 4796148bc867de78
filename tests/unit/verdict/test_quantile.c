/* SPDX-License-Identifier: BSD-2-Clause */
/* Quantiles from the histogram against those of the sorted values. */
#include "verdict/quantile.h"

#include "base/compiler.h"
#include "unit.h"

/* Buckets are an eighth of an octave: the middle of one is within 1/16 of all its values. */
static void assert_near(int64_t got, int64_t expected)
{
    int64_t slack = expected / 16 + 1;

    assert_true(got >= expected - slack && got - slack <= expected);
}

static void nothing_added_reads_as_zero(void **state)
{
    struct quantile quantile = {0};

    (void)state;
    assert_int_equal(quantile_read(&quantile, 50), 0);
}

static void one_value_is_every_quantile(void **state)
{
    static const int64_t values[] = {0,  1,    7,     8,         15,        16,
                                     17, 1000, 20000, 123456789, INT32_MAX, INT64_MAX};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(values); i++) {
        struct quantile quantile = {0};

        quantile_add(&quantile, values[i]);
        assert_near(quantile_read(&quantile, 1), values[i]);
        assert_near(quantile_read(&quantile, 100), values[i]);
    }
}

static void quantiles_of_many_values_are_near_the_true_ones(void **state)
{
    struct quantile quantile = {0};

    (void)state;
    for (int64_t i = 1; i <= 10000; i++)
        quantile_add(&quantile, i * 1000);
    for (unsigned per_cent = 1; per_cent <= 100; per_cent++)
        assert_near(quantile_read(&quantile, per_cent), per_cent * 100000);
}

static void one_outlier_in_a_hundred_is_above_p99(void **state)
{
    struct quantile quantile = {0};

    (void)state;
    for (unsigned i = 0; i < 99; i++)
        quantile_add(&quantile, 20000);
    quantile_add(&quantile, 3000000000);
    assert_near(quantile_read(&quantile, 99), 20000);
    assert_near(quantile_read(&quantile, 100), 3000000000);
}

static void negative_durations_count_as_none(void **state)
{
    struct quantile quantile = {0};

    (void)state;
    quantile_add(&quantile, -5);
    assert_int_equal(quantile.n, 1);
    assert_int_equal(quantile_read(&quantile, 50), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_added_reads_as_zero),
        cmocka_unit_test(one_value_is_every_quantile),
        cmocka_unit_test(quantiles_of_many_values_are_near_the_true_ones),
        cmocka_unit_test(one_outlier_in_a_hundred_is_above_p99),
        cmocka_unit_test(negative_durations_count_as_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
