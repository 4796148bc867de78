/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-128 against FIPS 197 appendix C.1, its Galois/Counter mode against the test cases of
 * McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B. */
#include "base/aes128.h"

#include <string.h>

#include "base/compiler.h"
#include "hex.h"
#include "unit.h"

#define ROOM_BYTES 96

static size_t unhex(const char *hex, uint8_t bytes[ROOM_BYTES])
{
    return hex_bytes(hex, bytes, ROOM_BYTES);
}

static void a_block_is_that_of_the_standard(void **state)
{
    uint8_t key[ROOM_BYTES], block[ROOM_BYTES], wanted[ROOM_BYTES], out[AES_BLOCK_BYTES];
    struct aes128 aes;

    (void)state;
    (void)unhex("000102030405060708090a0b0c0d0e0f", key);
    (void)unhex("00112233445566778899aabbccddeeff", block);
    (void)unhex("69c4e0d86a7b0430d8cdb78070b4c55a", wanted);
    aes128_open(&aes, key);
    aes128_encrypt(&aes, block, out);
    assert_memory_equal(out, wanted, sizeof(out));
}

struct gcm_row {
    const char *key, *nonce, *aad, *sealed, *plain;
};

static const struct gcm_row rows[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "",
     "58e2fccefa7e3061367f1d57a4e7455a", ""},
    {"00000000000000000000000000000000", "000000000000000000000000", "",
     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
     "00000000000000000000000000000000"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
     "4d5c2af327cd64a62cf35abd2ba6fab4",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc"
     "3221a5db94fae95ae7121a47",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"},
};

static void open_row(const struct gcm_row *row, size_t flip_off, bool is_right)
{
    uint8_t key[ROOM_BYTES], nonce[ROOM_BYTES], aad[ROOM_BYTES], bytes[ROOM_BYTES];
    uint8_t plain[ROOM_BYTES], wanted[ROOM_BYTES];
    struct gcm_sealed sealed = {.aad = aad, .bytes = bytes};
    size_t n_wanted = unhex(row->plain, wanted);
    struct aes128 aes;

    (void)unhex(row->key, key);
    (void)unhex(row->nonce, nonce);
    sealed.n_aad_bytes = unhex(row->aad, aad);
    sealed.n_bytes = unhex(row->sealed, bytes);
    if (!is_right)
        bytes[flip_off] ^= 1;
    aes128_open(&aes, key);
    assert_int_equal(aes128_gcm_decrypt(&aes, nonce, &sealed, plain), is_right);
    if (is_right)
        assert_memory_equal(plain, wanted, n_wanted);
}

static void sealed_bytes_open_with_their_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        open_row(&rows[i], 0, true);
}

static void a_changed_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t off = 0; off < strlen(rows[i].sealed) / 2; off++)
            open_row(&rows[i], off, false);
    }
}

static void less_than_a_tag_opens_nothing(void **state)
{
    static const uint8_t zeros[GCM_TAG_BYTES];
    const struct gcm_sealed sealed = {.bytes = zeros, .n_bytes = GCM_TAG_BYTES - 1};
    struct aes128 aes;

    (void)state;
    aes128_open(&aes, zeros);
    assert_false(aes128_gcm_decrypt(&aes, zeros, &sealed, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_that_of_the_standard),
        cmocka_unit_test(sealed_bytes_open_with_their_key),
        cmocka_unit_test(a_changed_bit_is_noticed),
        cmocka_unit_test(less_than_a_tag_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
