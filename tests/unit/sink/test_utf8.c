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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_valid_utf8_passes),
        cmocka_unit_test(a_character_is_never_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
