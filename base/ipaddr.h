/* SPDX-License-Identifier: BSD-2-Clause */
/* An IPv4 or IPv6 address in 16 bytes; IPv4 is kept IPv4-mapped (RFC 4291 section 2.5.5.2). */
#ifndef BASE_IPADDR_H
#define BASE_IPADDR_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ipaddr {
    uint8_t bytes[16]; /* network order */
};

/* Room for any address as text with its terminating NUL (INET6_ADDRSTRLEN). */
#define IPADDR_TEXT_BYTES 46

/* `bytes` points at 4 (v4) or 16 (v6) bytes in network order. A v4-mapped IPv6 address from the
 * wire compares equal to the IPv4 address, as the kernel's dual-stack sockets do. Inline, because
 * each packet makes two. */
static inline struct ipaddr ipaddr_from_v4(const uint8_t *bytes)
{
    struct ipaddr addr = {.bytes = {[10] = 0xff, [11] = 0xff}};

    memcpy(addr.bytes + 12, bytes, 4);
    return addr;
}

static inline struct ipaddr ipaddr_from_v6(const uint8_t *bytes)
{
    struct ipaddr addr;

    memcpy(addr.bytes, bytes, sizeof(addr.bytes));
    return addr;
}

bool ipaddr_is_v4(const struct ipaddr *addr);

static inline bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
    uint64_t half[2][2];

    memcpy(half[0], a->bytes, sizeof(half[0]));
    memcpy(half[1], b->bytes, sizeof(half[1]));
    return ((half[0][0] ^ half[1][0]) | (half[0][1] ^ half[1][1])) == 0;
}

/* Byte order: <0, 0, >0 as memcmp. Inline, because each packet's key makes one. */
static inline int ipaddr_compare(const struct ipaddr *a, const struct ipaddr *b)
{
    uint64_t half[2][2];

    memcpy(half[0], a->bytes, sizeof(half[0]));
    memcpy(half[1], b->bytes, sizeof(half[1]));
    for (unsigned i = 0; i < 2; i++) {
        if (half[0][i] != half[1][i])
            return be64toh(half[0][i]) < be64toh(half[1][i]) ? -1 : 1;
    }
    return 0;
}

/* 127.0.0.0/8 or ::1. */
bool ipaddr_is_loopback(const struct ipaddr *addr);

/* Writes the shortest form (RFC 5952 for v6) and returns `out`; `out` holds IPADDR_TEXT_BYTES. */
char *ipaddr_format(const struct ipaddr *addr, char *out);

/* Parses text of either family. Returns false and leaves *out alone where it is not an address. */
bool ipaddr_parse(const char *text, struct ipaddr *out);

#endif
