/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes written as hexadecimal digits. */
#ifndef SUPPORT_HEX_H
#define SUPPORT_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t hex_digit(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Digits 0-9 and a-f, in pairs; returns how many bytes they are. */
static inline size_t hex_bytes(const char *hex, uint8_t *bytes, size_t room_bytes)
{
    size_t n_bytes = strlen(hex) / 2;

    assert(n_bytes <= room_bytes);
    (void)room_bytes;
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return n_bytes;
}

#endif
