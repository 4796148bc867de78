/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bytes of one segment say above TCP, as far as a single segment tells: the first
 * words of TLS and HTTP/1, HTTP/2 frames with a GOAWAY. No state, no
 * reassembly: what is split over segments is not seen.
 */
#ifndef DECODE_PAYLOAD_H
#define DECODE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/proxy.h"

enum payload_kind {
    PAYLOAD_UNKNOWN,
    PAYLOAD_TLS_CLIENT_HELLO,
    PAYLOAD_TLS_SERVER_HELLO,
    PAYLOAD_TLS_OTHER, /* another TLS record comes first */
    PAYLOAD_TLS_ALERT, /* an alert in plain text comes first */
    PAYLOAD_HTTP1_REQUEST,
    PAYLOAD_HTTP1_RESPONSE,
    PAYLOAD_HTTP2_PREFACE, /* RFC 9113 section 3.4, client */
    PAYLOAD_HTTP2_FRAMES,  /* SETTINGS comes first, as a server's preface must */
    PAYLOAD_GREETING,      /* a server's words, in a protocol that banner.h reads */
    PAYLOAD_LOGIN,         /* a client's first words in one of those */
    PAYLOAD_PLAIN_TEXT,    /* a server's words, of HTML or of a protocol that greets */
    PAYLOAD_PROXY,         /* a PROXY header (proxy.h): the first words come behind it */
    PAYLOAD_KIND_COUNT
};

struct payload_facts {
    uint8_t kind; /* enum payload_kind: how the segment begins */
    uint8_t has_goaway;
    uint32_t goaway_code; /* RFC 9113 section 7 */
    uint32_t goaway_last_stream;
};

/* No kind needs more bytes than these to be told. */
#define PAYLOAD_OPENING_BYTES 24

/* A TLS handshake record begins with it, and no text does. */
#define PAYLOAD_HANDSHAKE_BYTE 0x16

/* Whether more bytes could yet make PAYLOAD_UNKNOWN one of the others: `bytes`, of which there are
 * some but too few, begin as one of them does. */
bool payload_may_become_known(const uint8_t *bytes, size_t n_bytes);

/* False: payload_peek() will find no GOAWAY. Looks at a few bytes only. */
bool payload_may_have_goaway(const uint8_t *bytes, size_t n_bytes);

/* Pure; `bytes` may end anywhere. */
void payload_peek(const uint8_t *bytes, size_t n_bytes, struct payload_facts *facts);

#endif
