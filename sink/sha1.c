/* SPDX-License-Identifier: BSD-2-Clause */
/* See sha1.h. Names of variables are those of FIPS 180-4. */
#include "sink/sha1.h"

#include <stdbool.h>
#include <string.h>

#define BLOCK_BYTES 64
#define LENGTH_OFF 56 /* of the bit count in the last block */

static uint32_t rotate_left(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static void expand(const uint8_t *block, uint32_t w[80])
{
    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (unsigned t = 16; t < 80; t++)
        w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
}

static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    switch (t / 20) {
    case 0:
        return ((b & c) | (~b & d)) + 0x5a827999u;
    case 1:
        return (b ^ c ^ d) + 0x6ed9eba1u;
    case 2:
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    default:
        return (b ^ c ^ d) + 0xca62c1d6u;
    }
}

static void digest_block(uint32_t hash[5], const uint8_t *block)
{
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
    uint32_t w[80];

    expand(block, w);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t next = rotate_left(a, 5) + mix(t, b, c, d) + e + w[t];

        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
}

/* The rest of the message, a one bit, zeros, and the length in bits: one block or two. */
static void digest_tail(uint32_t hash[5], const uint8_t *rest, size_t n_rest, uint64_t n_bits)
{
    uint8_t block[BLOCK_BYTES] = {0};
    bool is_room_for_length = n_rest < LENGTH_OFF;

    memcpy(block, rest, n_rest);
    block[n_rest] = 0x80;
    if (!is_room_for_length) {
        digest_block(hash, block);
        memset(block, 0, sizeof(block));
    }
    for (unsigned i = 0; i < 8; i++)
        block[LENGTH_OFF + i] = (uint8_t)(n_bits >> (56 - 8 * i));
    digest_block(hash, block);
}

void sha1(const uint8_t *message, size_t n_bytes, uint8_t out[SHA1_BYTES])
{
    uint32_t hash[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    size_t n_whole = n_bytes / BLOCK_BYTES * BLOCK_BYTES;

    for (size_t off = 0; off < n_whole; off += BLOCK_BYTES)
        digest_block(hash, message + off);
    digest_tail(hash, message + n_whole, n_bytes - n_whole, (uint64_t)n_bytes * 8);
    for (unsigned i = 0; i < SHA1_BYTES; i++)
        out[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
}
