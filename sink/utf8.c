/* SPDX-License-Identifier: BSD-2-Clause */
/* See utf8.h. */
#include "sink/utf8.h"

#include <stdbool.h>
#include <string.h>

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The second byte narrows what the first allows: RFC 3629 section 4. */
static bool is_second_valid(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

static size_t wanted_bytes(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

/* Length of the character that begins at `bytes`; 0 where there is no valid one. */
static size_t character_bytes(const uint8_t *bytes, size_t n_bytes)
{
    size_t n_wanted = wanted_bytes(bytes[0]);

    if (n_wanted > n_bytes)
        return 0;
    for (size_t i = 1; i < n_wanted; i++)
        if (!is_continuation(bytes[i]))
            return 0;
    return n_wanted > 1 && !is_second_valid(bytes[0], bytes[1]) ? 0 : n_wanted;
}

/* Bytes of ASCII that `bytes` begins with, but for a rest below eight: most strings are nothing
 * else. */
static size_t ascii_bytes(const uint8_t *bytes, size_t n_bytes)
{
    size_t off = 0;
    uint64_t eight;

    for (; n_bytes - off >= sizeof(eight); off += sizeof(eight)) {
        memcpy(&eight, bytes + off, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return off;
}

size_t utf8_clean(const uint8_t *bytes, size_t n_bytes, char *out, size_t size_bytes)
{
    size_t n_out = ascii_bytes(bytes, n_bytes < size_bytes ? n_bytes : size_bytes - 1);
    size_t off = n_out;

    memcpy(out, bytes, n_out);
    while (off < n_bytes) {
        size_t n_valid = character_bytes(bytes + off, n_bytes - off);
        const uint8_t *from = n_valid > 0 ? bytes + off : replacement;
        size_t n_from = n_valid > 0 ? n_valid : sizeof(replacement);

        if (n_out + n_from + 1 > size_bytes)
            break;
        memcpy(out + n_out, from, n_from);
        n_out += n_from;
        off += n_valid > 0 ? n_valid : 1;
    }
    out[n_out] = '\0';
    return n_out;
}
