/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/compiler.h"
#include "base/nanotime.h"
#include "sample.h"
#include "tui/figures.h"

static void counts_get_a_unit_beyond_seven_digits(void **state)
{
    static const struct {
        uint64_t count;
        const char *words;
    } cases[] = {
        {0, "0"},
        {999, "999"},
        {9999999, "9,999,999"},
        {10000000, "10.00M"},
        {12345678, "12.35M"},
        {99999999, "100.0M"},
        {9999499999, "9999M"},
        {9999500000, "10.00G"},
        {UINT64_MAX, "18.45E"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        figure_count(&text, cases[i].count);
        assert_string_equal(buffer, cases[i].words);
    }
}

static void rates_are_short_at_every_size(void **state)
{
    static const struct {
        uint64_t count;
        int64_t window_ns;
        const char *words;
    } cases[] = {
        {0, 0, "0.0"},
        {5, 0, "0.0"}, /* nothing of the window has passed: no rate yet */
        {5, 10 * NS_PER_S, "0.5"},
        {5, NS_PER_S / 2, "10.0"},
        {9999, 10 * NS_PER_S, "999.9"},
        {99995, 100 * NS_PER_S, "1,000"},
        {99994, 10 * NS_PER_S, "9,999"},
        {99995, 10 * NS_PER_S, "10.00k"},
        {148800000, 10 * NS_PER_S, "14.88M"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        figure_rate(&text, cases[i].count, cases[i].window_ns);
        assert_string_equal(buffer, cases[i].words);
    }
}

static void bytes_become_bits_with_their_unit(void **state)
{
    static const struct {
        uint64_t n_bytes;
        const char *words;
    } cases[] = {
        {0, "0 b/s"},          {1000, "800 b/s"},
        {1249, "999 b/s"},     {1250, "1.0 kb/s"},
        {72500, "58 kb/s"},    {UINT64_C(12500000000), "10 Gb/s"},
        {2500000, "2.0 Mb/s"}, {UINT64_C(1249999999999), "1.0 Tb/s"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        figure_bit_rate(&text, cases[i].n_bytes, 10 * NS_PER_S);
        assert_string_equal(buffer, cases[i].words);
    }
}

static void none_and_all_are_said_only_of_none_and_all(void **state)
{
    static const struct {
        uint64_t part, whole;
        unsigned n_decimals;
        const char *words;
    } cases[] = {
        {0, 0, 1, "0"},         {0, 9, 1, "0"},       {9, 9, 1, "100"},
        {11, 9, 0, "100"},      {60, 161, 1, "37.3"}, {60, 161, 0, "37"},
        {1, 10000, 1, "<0.1"},  {1, 10000, 0, "<1"},  {9999, 10000, 1, "99.9"},
        {9999, 10000, 0, "99"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        figure_percent(&text, cases[i].part, cases[i].whole, cases[i].n_decimals);
        assert_string_equal(buffer, cases[i].words);
    }
}

static void spans_count_days_from_the_first(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    figure_span(&text, -NS_PER_S);
    text_add(&text, "|");
    figure_span(&text, 52 * NS_PER_S + 999 * NS_PER_MS);
    text_add(&text, "|");
    figure_span(&text, (3 * INT64_C(86400) + 14706) * NS_PER_S);
    assert_string_equal(buffer, "00:00:00|00:00:52|3d 04:05:06");
}

static void offsets_keep_their_sign_and_about_three_digits(void **state)
{
    static const struct {
        int64_t from_ns, to_ns;
        const char *words;
    } cases[] = {
        {0, 600 * NS_PER_MS, "+0.60"},    {600 * NS_PER_MS, 0, "-0.60"},
        {0, 9994 * NS_PER_MS, "+9.99"},   {0, 9996 * NS_PER_MS, "+10.0"},
        {0, 3600 * NS_PER_S, "+3600"},    {3600 * NS_PER_S, 0, "-3600"},
        {NS_NEVER, 3600 * NS_PER_S, "-"}, {0, NS_NEVER, "-"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char buffer[32];
        struct text text = TEXT_OF(buffer);

        figure_offset(&text, cases[i].from_ns, cases[i].to_ns);
        assert_string_equal(buffer, cases[i].words);
    }
}

static void endpoints_are_written_as_one_types_them(void **state)
{
    static const struct {
        const char *addr;
        uint16_t port;
        const char *words;
    } cases[] = {
        {"10.20.0.22", 6379, "10.20.0.22:6379"},
        {"10.20.0.0", 0, "10.20.0.0"},
        {"2001:db8::1", 443, "[2001:db8::1]:443"},
        {"2001:db8::", 0, "2001:db8::"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct endpoint endpoint = sample_endpoint(cases[i].addr, cases[i].port);
        char buffer[FIGURE_ENDPOINT_BYTES];
        struct text text = TEXT_OF(buffer);

        figure_endpoint(&text, &endpoint);
        assert_string_equal(buffer, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_get_a_unit_beyond_seven_digits),
        cmocka_unit_test(rates_are_short_at_every_size),
        cmocka_unit_test(bytes_become_bits_with_their_unit),
        cmocka_unit_test(none_and_all_are_said_only_of_none_and_all),
        cmocka_unit_test(spans_count_days_from_the_first),
        cmocka_unit_test(offsets_keep_their_sign_and_about_three_digits),
        cmocka_unit_test(endpoints_are_written_as_one_types_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
