/* SPDX-License-Identifier: BSD-2-Clause */
/* See proxy.h. */
#include "decode/proxy.h"

#include <string.h>

#include "base/compiler.h"
#include "base/cursor.h"

/* Signature; version and command, family, length of the rest (section 2.2). */
#define BINARY_HEAD_BYTES 16
#define VERSION_2 0x20

static const uint8_t signature[] = {'\r', '\n', '\r', '\n', 0,   '\r',
                                    '\n', 'Q',  'U',  'I',  'T', '\n'};
static const char *const lines[] = {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"};

static struct proxy_header peek_line(const uint8_t *bytes, size_t n_bytes)
{
    size_t n_line = n_bytes < PROXY_LINE_MAX_BYTES ? n_bytes : PROXY_LINE_MAX_BYTES;
    const uint8_t *end = memchr(bytes, '\n', n_line);

    if (!end && n_line == PROXY_LINE_MAX_BYTES)
        return (struct proxy_header){0};
    return (struct proxy_header){PROXY_LINE, end ? (uint32_t)(end - bytes) + 1 : 0};
}

struct proxy_header proxy_peek(const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        size_t n_line = strlen(lines[i]);

        if (n_bytes >= n_line && memcmp(bytes, lines[i], n_line) == 0)
            return peek_line(bytes, n_bytes);
    }
    if (n_bytes >= BINARY_HEAD_BYTES && memcmp(bytes, signature, sizeof(signature)) == 0 &&
        (bytes[sizeof(signature)] & 0xf0) == VERSION_2)
        return (struct proxy_header){PROXY_BINARY,
                                     BINARY_HEAD_BYTES + (uint32_t)load_be16(bytes + 14)};
    return (struct proxy_header){0};
}

bool proxy_may_begin(const uint8_t *bytes, size_t n_bytes)
{
    size_t n_signature = n_bytes < sizeof(signature) ? n_bytes : sizeof(signature);

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (n_bytes < strlen(lines[i]) && memcmp(bytes, lines[i], n_bytes) == 0)
            return true;
    }
    return n_bytes < BINARY_HEAD_BYTES && memcmp(bytes, signature, n_signature) == 0;
}
