/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "base/text.h"

static void text_is_cut_at_the_end_of_its_buffer(void **state)
{
    char buffer[8];
    struct text text = TEXT_OF(buffer);

    (void)state;
    text_add(&text, "12345");
    text_addf(&text, "%d", 6789);
    assert_string_equal(buffer, "1234567");
    assert_true(text.is_cut);
}

static void bytes_of_strangers_are_made_visible(void **state)
{
    static const uint8_t bytes[] = {'a', 0x1b, '[', '2', 'J', 0xe2, '\\', 'z'};
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    text_add_untrusted(&text, bytes, sizeof(bytes), 60);
    assert_string_equal(buffer, "a\\x1b[2J\\xe2\\x5cz");
}

static void long_bytes_of_strangers_end_in_dots(void **state)
{
    static const uint8_t bytes[] = {'a', 'b', 'c', 'd', 0x00};
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    text_add_untrusted(&text, bytes, sizeof(bytes), 4);
    assert_string_equal(buffer, "abcd...");
}

static void counts_have_thousands_separators(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    text_add_count(&text, 0);
    text_add(&text, " ");
    text_add_count(&text, 999);
    text_add(&text, " ");
    text_add_count(&text, 1000);
    text_add(&text, " ");
    text_add_count(&text, UINT64_MAX);
    assert_string_equal(buffer, "0 999 1,000 18,446,744,073,709,551,615");
}

static void a_noun_stands_in_the_plural_but_for_1(void **state)
{
    char buffer[64];
    struct text text = TEXT_OF(buffer);

    (void)state;
    text_add_number_of(&text, 0, "SYN");
    text_add(&text, ", ");
    text_add_number_of(&text, 1, "SYN");
    text_add(&text, ", ");
    text_add_number_of(&text, 1200, "attempt");
    assert_string_equal(buffer, "0 SYNs, 1 SYN, 1,200 attempts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_at_the_end_of_its_buffer),
        cmocka_unit_test(bytes_of_strangers_are_made_visible),
        cmocka_unit_test(long_bytes_of_strangers_end_in_dots),
        cmocka_unit_test(counts_have_thousands_separators),
        cmocka_unit_test(a_noun_stands_in_the_plural_but_for_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
