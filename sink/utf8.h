/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings of strangers as valid UTF-8 of bounded length. */
#ifndef SINK_UTF8_H
#define SINK_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copies `bytes`, with U+FFFD for each byte that is no part of valid UTF-8 (RFC 3629: no overlong
 * forms, no surrogates), until `size_bytes` - 1 bytes are full; never cuts inside a character.
 * Always ends `out` with NUL; returns its length. `size_bytes` is at least 1.
 */
size_t utf8_clean(const uint8_t *bytes, size_t n_bytes, char *out, size_t size_bytes);

#endif
