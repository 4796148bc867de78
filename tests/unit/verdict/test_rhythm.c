/* SPDX-License-Identifier: BSD-2-Clause */
/* Times in step: hits, near misses, out of order. */
#include "verdict/rhythm.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "unit.h"

struct row {
    const char *name;
    int64_t period_ms;
    uint32_t n;
    int64_t at_ms[12];
};

static const struct row rows[] = {
    {"five a second apart", 1000, 5, {0, 1000, 2000, 3000, 4000}},
    {"four are too few", 0, 4, {0, 1000, 2000, 3000}},
    {"faster than a timer of seconds", 0, 5, {0, 999, 1998, 2997, 3996}},
    {"a fifth off", 5000, 5, {0, 5000, 9000, 15000, 20000}},
    {"more than a fifth off", 0, 5, {0, 5000, 8999, 15000, 20000}},
    {"one was left out", 0, 6, {0, 5000, 10000, 20000, 25000, 30000}},
    {"out of order", 5000, 5, {10000, 0, 20000, 5000, 15000}},
    {"only the newest eight count",
     2000,
     10,
     {0, 500, 10000, 12000, 14000, 16000, 18000, 20000, 22000, 24000}},
    {"an older one that comes late is not missed",
     2000,
     9,
     {10000, 12000, 14000, 16000, 18000, 20000, 22000, 24000, 500}},
    {"all at once", 0, 5, {7, 7, 7, 7, 7}},
};

static void a_period_shows_in_five_times_of_like_distance(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rhythm rhythm = {0}, copy = {0};

        print_message("  %s\n", rows[i].name);
        for (uint32_t k = 0; k < rows[i].n; k++)
            rhythm_add(&rhythm, rows[i].at_ms[k] * NS_PER_MS);
        rhythm_add_all(&copy, &rhythm);
        assert_int_equal(rhythm_period_ns(&rhythm), rows[i].period_ms * NS_PER_MS);
        assert_memory_equal(&copy, &rhythm, sizeof(copy));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_shows_in_five_times_of_like_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
