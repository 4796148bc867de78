/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 and HMAC against the vectors of FIPS 180-2 (appendix B) and RFC 4231. */
#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "unit.h"

static void assert_digest(const uint8_t digest[SHA256_BYTES], const char *hex)
{
    char text[2 * SHA256_BYTES + 1];

    for (size_t i = 0; i < SHA256_BYTES; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, hex);
}

static void digests_are_those_of_the_standard(void **state)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t digest[SHA256_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        sha256((const uint8_t *)rows[i].text, strlen(rows[i].text), digest);
        assert_digest(digest, rows[i].hex);
    }
}

static void a_million_letters_are_many_blocks(void **state)
{
    static uint8_t letters[1000000];
    uint8_t digest[SHA256_BYTES];

    (void)state;
    memset(letters, 'a', sizeof(letters));
    sha256(letters, sizeof(letters), digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void codes_are_those_of_rfc_4231(void **state)
{
    static const uint8_t key[20] = {0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                    0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b};
    uint8_t digest[SHA256_BYTES];

    (void)state;
    hmac_sha256(key, sizeof(key), (const uint8_t *)"Hi There", 8, digest);
    assert_digest(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256((const uint8_t *)"Jefe", 4, (const uint8_t *)"what do ya want for nothing?", 28,
                digest);
    assert_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(a_million_letters_are_many_blocks),
        cmocka_unit_test(codes_are_those_of_rfc_4231),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
