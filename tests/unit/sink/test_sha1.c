/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "sink/sha1.h"

static void digests_are_those_of_others(void **state)
{
    /* FIPS 180-4 examples, and lengths around the padding's edges (from Python's hashlib). */
    static const struct {
        const char *letter;
        size_t n;
        const char *digest;
    } cases[] = {
        {"", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {"abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {"a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
        {"a", 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"},
        {"a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
        {"a", 130, "e1cd437ec3e8a60db34e1d150a4fc73882d83b41"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t message[200], digest[SHA1_BYTES];
        char hex[2 * SHA1_BYTES + 1];

        /* A single letter stands for a run of it. */
        memset(message, cases[i].letter[0], sizeof(message));
        if (strlen(cases[i].letter) == cases[i].n)
            memcpy(message, cases[i].letter, cases[i].n);
        sha1(message, cases[i].n, digest);
        for (size_t j = 0; j < SHA1_BYTES; j++)
            snprintf(hex + 2 * j, 3, "%02x", digest[j]);
        assert_string_equal(hex, cases[i].digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
