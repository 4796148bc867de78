/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/calendar.h"
#include "base/nanotime.h"

static void stamps_have_nine_digits_and_z(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {INT64_C(1795232635801994213), "2026-11-21T03:43:55.801994213Z"},
        {INT64_C(1709164800000000000), "2024-02-29T00:00:00.000000000Z"},
        {0, "1970-01-01T00:00:00.000000000Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {-NS_PER_S, "1969-12-31T23:59:59.000000000Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN + 1, "1677-09-21T00:12:43.145224193Z"},
        {NS_NEVER, "1970-01-01T00:00:00.000000000Z"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[CALENDAR_RFC3339_BYTES];
        struct text text = TEXT_OF(buffer);

        calendar_add_rfc3339(&text, cases[i].ns);
        assert_string_equal(buffer, cases[i].text);
        assert_false(text.is_cut);
    }
}

static void a_clock_is_cut_not_rounded(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    calendar_add_clock(&text, INT64_C(1795232635899999999), 0);
    text_add(&text, " ");
    calendar_add_clock(&text, INT64_C(1795232635899999999), 1);
    text_add(&text, " ");
    calendar_add_clock(&text, INT64_C(1795232635000999999), 3);
    assert_string_equal(buffer, "03:43:55 03:43:55.8 03:43:55.000");
}

static void a_date_stands_alone(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    calendar_add_date(&text, INT64_C(1795232635899999999));
    assert_string_equal(buffer, "2026-11-21");
}

static void durations_choose_their_unit(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0.00 ms"},
        {11000, "0.01 ms"},
        {1234567, "1.23 ms"},
        {15200000, "15.2 ms"},
        {150 * NS_PER_MS, "150 ms"},
        {998999999, "999 ms"},
        {999600000, "1.0 s"},
        {INT64_C(10294372000), "10.3 s"},
        {36 * NS_PER_S, "36 s"},
        {350 * NS_PER_S, "350 s"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        calendar_add_duration(&text, cases[i].ns);
        assert_string_equal(buffer, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_have_nine_digits_and_z),
        cmocka_unit_test(a_clock_is_cut_not_rounded),
        cmocka_unit_test(a_date_stands_alone),
        cmocka_unit_test(durations_choose_their_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
