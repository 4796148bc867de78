/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sink/report_format.h"

static void durations_have_at_most_three_digits_and_a_unit(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {14 * NS_PER_US, "14 us"},
        {1500, "1.5 us"},
        {9996, "10 us"},
        {41465 * NS_PER_US, "41.5 ms"},
        {99960 * NS_PER_US, "100 ms"},
        {1234 * NS_PER_US, "1.23 ms"},
        {150 * NS_PER_MS, "150 ms"},
        {999999999, "999 ms"},
        {NS_PER_S, "1 s"},
        {4078 * NS_PER_MS, "4.08 s"},
        {68144 * NS_PER_MS, "68.1 s"},
        {119400 * NS_PER_MS, "119 s"},
        {120 * NS_PER_S, "2 min"},
        {200 * NS_PER_S, "3 min 20 s"},
        {7500 * NS_PER_S, "2 h 5 min"},
        {76 * 3600 * NS_PER_S, "3 d 4 h"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[40];
        struct text text = TEXT_OF(buffer);

        format_duration(&text, cases[i].ns);
        assert_string_equal(buffer, cases[i].text);
    }
}

static void clocks_have_the_form_asked_for(void **state)
{
    static const struct {
        enum clock_form form;
        const char *text;
    } cases[] = {
        {CLOCK_SECONDS, "03:43:55"},        {CLOCK_MILLIS, "03:43:55.801"},
        {CLOCK_DAY_MINUTES, "11-21 03:43"}, {CLOCK_FULL, "2026-11-21 03:43:55.801"},
        {CLOCK_DATE, "2026-11-21"},
    };
    char buffer[CLOCK_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(format_clock(buffer, INT64_C(1795232635801994213), cases[i].form),
                            cases[i].text);
    assert_string_equal(format_clock(buffer, NS_NEVER, CLOCK_FULL), "-");
}

static void shares_are_never_rounded_to_none_or_all(void **state)
{
    static const struct {
        uint64_t part, whole;
        const char *text;
    } cases[] = {
        {182, 629, "28.9 %"}, {0, 5, "0 %"},           {5, 5, "100 %"},
        {1, 9999, "<0.1 %"},  {9998, 9999, ">99.9 %"}, {1, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[40];
        struct text text = TEXT_OF(buffer);

        format_percent(&text, cases[i].part, cases[i].whole);
        assert_string_equal(buffer, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_at_most_three_digits_and_a_unit),
        cmocka_unit_test(clocks_have_the_form_asked_for),
        cmocka_unit_test(shares_are_never_rounded_to_none_or_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
