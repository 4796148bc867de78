/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AES-128 and its Galois/Counter mode (FIPS 197, NIST SP 800-38D), for keys that are no secret:
 * tables, not constant time.
 */
#ifndef BASE_AES128_H
#define BASE_AES128_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK_BYTES 16
#define AES_ROUNDS 10
#define GCM_NONCE_BYTES 12
#define GCM_TAG_BYTES 16

struct aes128 {
    uint32_t round_key[4 * (AES_ROUNDS + 1)];
};

void aes128_open(struct aes128 *aes, const uint8_t key[AES_BLOCK_BYTES]);
void aes128_encrypt(const struct aes128 *aes, const uint8_t block[AES_BLOCK_BYTES],
                    uint8_t out[AES_BLOCK_BYTES]);

struct gcm_sealed {
    const uint8_t *aad; /* authenticated only */
    size_t n_aad_bytes;
    const uint8_t *bytes; /* ciphertext, the tag behind it */
    size_t n_bytes;       /* with the tag */
};

/* `plain` has room for n_bytes - GCM_TAG_BYTES. False, and nothing to be read in `plain`, where the
 * tag does not fit: wrong key or changed bytes. */
bool aes128_gcm_decrypt(const struct aes128 *aes, const uint8_t nonce[GCM_NONCE_BYTES],
                        const struct gcm_sealed *sealed, uint8_t *plain);

#endif
