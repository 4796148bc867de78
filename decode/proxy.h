/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HAProxy's PROXY protocol (proxy-protocol.txt, sections 2.1 and 2.2): what a proxy or balancer
 * says of the real client before the connection's own first words, as a line or in binary. Pure.
 */
#ifndef DECODE_PROXY_H
#define DECODE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Section 2.1: the longest line. */
#define PROXY_LINE_MAX_BYTES 107

enum proxy_form {
    PROXY_NONE,
    PROXY_LINE = 1,  /* version 1: up to its line feed */
    PROXY_BINARY = 2 /* version 2 */
};

struct proxy_header {
    uint8_t form;     /* enum proxy_form */
    uint32_t n_bytes; /* of the whole header; 0 = a line whose end is not there */
};

/* What the bytes begin with; PROXY_NONE also where there are too few to tell. */
struct proxy_header proxy_peek(const uint8_t *bytes, size_t n_bytes);

/* More bytes could yet make PROXY_NONE a header. */
bool proxy_may_begin(const uint8_t *bytes, size_t n_bytes);

#endif
