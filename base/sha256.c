/* SPDX-License-Identifier: BSD-2-Clause */
/* See sha256.h. */
#include "base/sha256.h"

#include <assert.h>
#include <string.h>

#include "base/cursor.h"

#define ROUNDS 64
#define LENGTH_BYTES 8

struct hash {
    uint32_t state[8];
    uint8_t block[SHA256_BLOCK_BYTES];
    uint64_t n_bytes; /* so far */
};

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, unsigned n)
{
    return word >> n | word << (32 - n);
}

static void expand(const uint8_t block[SHA256_BLOCK_BYTES], uint32_t word[ROUNDS])
{
    for (unsigned i = 0; i < 16; i++)
        word[i] = load_be32(block + 4 * i);
    for (unsigned i = 16; i < ROUNDS; i++) {
        uint32_t far = word[i - 15];
        uint32_t near = word[i - 2];

        word[i] = word[i - 16] + (rotate(far, 7) ^ rotate(far, 18) ^ far >> 3) + word[i - 7] +
                  (rotate(near, 17) ^ rotate(near, 19) ^ near >> 10);
    }
}

static void compress(uint32_t state[8], const uint8_t block[SHA256_BLOCK_BYTES])
{
    uint32_t word[ROUNDS];
    uint32_t v[8]; /* a .. h of the standard */

    expand(block, word);
    memcpy(v, state, sizeof(v));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t one = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice +
                       round_constants[i] + word[i];
        uint32_t two = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += one;
        v[0] = one + two;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += v[i];
}

static struct hash hash_open(void)
{
    /* The same of the square roots of the first 8 primes. */
    return (struct hash){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                   0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static void hash_add(struct hash *hash, const uint8_t *bytes, size_t n_bytes)
{
    while (n_bytes) {
        size_t used = hash->n_bytes % SHA256_BLOCK_BYTES;
        size_t room = SHA256_BLOCK_BYTES - used;
        size_t n = n_bytes < room ? n_bytes : room;

        memcpy(hash->block + used, bytes, n);
        hash->n_bytes += n;
        bytes += n;
        n_bytes -= n;
        if (n == room)
            compress(hash->state, hash->block);
    }
}

static void hash_close(struct hash *hash, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
    uint64_t n_bits = hash->n_bytes * 8;
    size_t used = hash->n_bytes % SHA256_BLOCK_BYTES;
    size_t whole =
        used < SHA256_BLOCK_BYTES - LENGTH_BYTES ? SHA256_BLOCK_BYTES : 2 * SHA256_BLOCK_BYTES;
    uint8_t length[LENGTH_BYTES];

    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)(n_bits >> (56 - 8 * i));
    hash_add(hash, padding, 1);
    for (used++; used < whole - LENGTH_BYTES; used++)
        hash_add(hash, padding + 1, 1);
    hash_add(hash, length, sizeof(length));
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const uint8_t *bytes, size_t n_bytes, uint8_t digest[SHA256_BYTES])
{
    struct hash hash = hash_open();

    hash_add(&hash, bytes, n_bytes);
    hash_close(&hash, digest);
}

static void hmac_half(const uint8_t *key, size_t n_key_bytes, uint8_t pad, const uint8_t *bytes,
                      size_t n_bytes, uint8_t digest[SHA256_BYTES])
{
    struct hash hash = hash_open();
    uint8_t block[SHA256_BLOCK_BYTES];

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)((i < n_key_bytes ? key[i] : 0) ^ pad);
    hash_add(&hash, block, sizeof(block));
    hash_add(&hash, bytes, n_bytes);
    hash_close(&hash, digest);
}

void hmac_sha256(const uint8_t *key, size_t n_key_bytes, const uint8_t *bytes, size_t n_bytes,
                 uint8_t digest[SHA256_BYTES])
{
    uint8_t inner[SHA256_BYTES];

    assert(n_key_bytes <= SHA256_BLOCK_BYTES);
    hmac_half(key, n_key_bytes, 0x36, bytes, n_bytes, inner);
    hmac_half(key, n_key_bytes, 0x5c, inner, sizeof(inner), digest);
}
