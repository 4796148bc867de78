/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "sink/utf8.h"

#define FFFD "\xef\xbf\xbd"

static void only_valid_utf8_passes(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"a\x80z", "a" FFFD "z"},
        {"\xc0\xaf", FFFD FFFD},                   /* overlong slash */
        {"\xe0\x9f\xbf", FFFD FFFD FFFD},          /* overlong */
        {"\xed\xa0\x80", FFFD FFFD FFFD},          /* surrogate */
        {"\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD}, /* above U+10FFFF */
        {"\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD}, /* overlong */
        {"\xff\xfe", FFFD FFFD},
        {"\xe2\x82", FFFD FFFD}, /* cut */
        {"\xe2\x82\xc3\xbc", FFFD FFFD "\xc3\xbc"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n_bytes = strlen(cases[i].in);
        uint8_t *exact = malloc(n_bytes); /* so that a sanitizer sees a read past the end */
        char out[64];

        assert_non_null(exact);
        memcpy(exact, cases[i].in, n_bytes);
        assert_int_equal(utf8_clean(exact, n_bytes, out, sizeof(out)), strlen(cases[i].out));
        assert_string_equal(out, cases[i].out);
        free(exact);
    }
}

static void a_character_is_never_cut(void **state)
{
    char out[5];

    (void)state;
    assert_int_equal(utf8_clean((const uint8_t *)"abc\xc3\xbc", 5, out, sizeof(out)), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(utf8_clean((const uint8_t *)"ab\xc3\xbcz", 5, out, sizeof(out)), 4);
    assert_string_equal(out, "ab\xc3\xbc");
}

/* Eight bytes of ASCII are taken at a time. */
static void a_stranger_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t n_bytes = 1; n_bytes <= 25; n_bytes++)
        for (size_t at = 0; at < n_bytes; at++) {
            uint8_t *exact = malloc(n_bytes);
            char out[64], wanted[64];

            assert_non_null(exact);
            memset(exact, 'a', n_bytes);
            exact[at] = 0x80;
            memset(wanted, 'a', sizeof(wanted));
            memcpy(wanted + at, FFFD, 3);
            wanted[n_bytes + 2] = '\0';
            assert_int_equal(utf8_clean(exact, n_bytes, out, sizeof(out)), n_bytes + 2);
            assert_string_equal(out, wanted);
            free(exact);
        }
}

static void ascii_is_cut_at_the_end_of_the_buffer(void **state)
{
    static const char ascii[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    (void)state;
    for (size_t size_bytes = 1; size_bytes < sizeof(ascii); size_bytes++) {
        char out[sizeof(ascii) + 1];

        out[size_bytes] = '#';
        assert_int_equal(utf8_clean((const uint8_t *)ascii, sizeof(ascii) - 1, out, size_bytes),
                         size_bytes - 1);
        assert_memory_equal(out, ascii, size_bytes - 1);
        assert_int_equal(out[size_bytes - 1], '\0');
        assert_int_equal(out[size_bytes], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_valid_utf8_passes),
        cmocka_unit_test(a_character_is_never_cut),
        cmocka_unit_test(a_stranger_is_found_wherever_it_stands),
        cmocka_unit_test(ascii_is_cut_at_the_end_of_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
