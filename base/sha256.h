/* SPDX-License-Identifier: BSD-2-Clause */
/* HMAC with SHA-256 (FIPS 180-4, RFC 2104), for keys that are no secret: not in constant time. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK_BYTES 64

void sha256(const uint8_t *bytes, size_t n_bytes, uint8_t digest[SHA256_BYTES]);

/* n_key_bytes: at most SHA256_BLOCK_BYTES. */
void hmac_sha256(const uint8_t *key, size_t n_key_bytes, const uint8_t *bytes, size_t n_bytes,
                 uint8_t digest[SHA256_BYTES]);

#endif
