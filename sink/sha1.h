/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 (FIPS 180-4 section 6.1) of a short message: for names that others compute too (Community
 * ID, syn_key), never for security. */
#ifndef SINK_SHA1_H
#define SINK_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20

void sha1(const uint8_t *message, size_t n_bytes, uint8_t out[SHA1_BYTES]);

#endif
