/* SPDX-License-Identifier: BSD-2-Clause */
/* See ipaddr.h. */
#include "base/ipaddr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_PREFIX_BYTES 12

static const uint8_t mapped_prefix[MAPPED_PREFIX_BYTES] = {[10] = 0xff, [11] = 0xff};

bool ipaddr_is_v4(const struct ipaddr *addr)
{
    return memcmp(addr->bytes, mapped_prefix, MAPPED_PREFIX_BYTES) == 0;
}

bool ipaddr_is_loopback(const struct ipaddr *addr)
{
    static const uint8_t v6_loopback[16] = {[15] = 1};

    if (ipaddr_is_v4(addr))
        return addr->bytes[MAPPED_PREFIX_BYTES] == 127;
    return memcmp(addr->bytes, v6_loopback, sizeof(v6_loopback)) == 0;
}

/* inet_ntop() for four bytes is printf(). */
static void format_v4(const uint8_t bytes[4], char *out)
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte = bytes[i];

        if (byte >= 100)
            *out++ = (char)('0' + byte / 100);
        if (byte >= 10)
            *out++ = (char)('0' + byte / 10 % 10);
        *out++ = (char)('0' + byte % 10);
        *out++ = '.';
    }
    out[-1] = '\0';
}

char *ipaddr_format(const struct ipaddr *addr, char *out)
{
    if (ipaddr_is_v4(addr))
        format_v4(addr->bytes + MAPPED_PREFIX_BYTES, out);
    else if (!inet_ntop(AF_INET6, addr->bytes, out, IPADDR_TEXT_BYTES))
        abort(); /* both the family and the size are right by construction */
    return out;
}

bool ipaddr_parse(const char *text, struct ipaddr *out)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        *out = ipaddr_from_v4(bytes);
    else if (inet_pton(AF_INET6, text, bytes) == 1)
        *out = ipaddr_from_v6(bytes);
    else
        return false;
    return true;
}
