/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QUIC packets as far as they are not encrypted: the invariants of all versions (RFC 8999), the
 * long headers of versions 1 (RFC 9000) and 2 (RFC 9369) and of the drafts from 23 on.
 */
#ifndef DECODE_QUIC_H
#define DECODE_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"

#define QUIC_ID_MAX_BYTES 20 /* RFC 9000 section 17.2 */

#define QUIC_VERSION_1 0x00000001u
#define QUIC_VERSION_2 0x6b3343cfu
#define QUIC_DRAFT 0xff000000u /* plus its number */
#define QUIC_DRAFT_FIRST (QUIC_DRAFT + 23)
#define QUIC_DRAFT_LAST (QUIC_DRAFT + 34)

struct quic_id { /* a connection ID */
    uint8_t n_bytes;
    uint8_t bytes[QUIC_ID_MAX_BYTES];
};

#define QUIC_LONG_HEADER 0x80 /* in the first byte (RFC 8999 section 5.1) */

enum quic_form {
    QUIC_NONE,  /* not QUIC, or cut before it can be told */
    QUIC_SHORT, /* or any other bytes that do not begin like a long header, nor with a zero */
    QUIC_INITIAL,
    QUIC_ZERO_RTT,
    QUIC_HANDSHAKE,
    QUIC_RETRY,
    QUIC_NEGOTIATION, /* the server's list of versions */
    QUIC_UNKNOWN      /* long header of a version that is not known: version and IDs only */
};

struct quic_packet {
    enum quic_form form;
    uint32_t version; /* long header */
    struct quic_id dcid, scid;
    const uint8_t *bytes;    /* from its first byte on */
    size_t captured_bytes;   /* of it */
    size_t wire_bytes;       /* of it; more than captured_bytes where the snap length cut it */
    size_t number_off;       /* Initial: where its protected packet number stands */
    const uint8_t *versions; /* negotiation: 4 bytes each */
    size_t n_versions;
};

static inline bool quic_id_equal(const struct quic_id *a, const struct quic_id *b)
{
    return a->n_bytes == b->n_bytes && memcmp(a->bytes, b->bytes, a->n_bytes) == 0;
}

/* RFC 9000 section 15: a version of this shape is none; it asks for the server's list. */
static inline bool quic_is_reserved(uint32_t version)
{
    return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* Whether the form of its packets is known. */
bool quic_is_known(uint32_t version);

/* The next packet of a datagram, of which cut_bytes more were on the wire behind the cursor's end.
 * False: there is none, or what is left is not QUIC. */
bool quic_next(struct cursor *cursor, size_t cut_bytes, struct quic_packet *packet);

/* RFC 9000 section 16. 0 where it is cut; the cursor is short then. */
uint64_t quic_varint(struct cursor *cursor);

/* A CONNECTION_CLOSE. */
#define QUIC_REASON_BYTES 64
struct quic_close {
    uint64_t code;                  /* RFC 9000 section 20.1; 0x100 to 0x1ff: a TLS alert */
    char reason[QUIC_REASON_BYTES]; /* as sent, what fits; ends with a NUL */
};

enum quic_end {
    QUIC_SILENT,     /* nothing came back from the server */
    QUIC_NEGOTIATED, /* a list of versions, without the client's */
    QUIC_CLOSED,     /* CONNECTION_CLOSE in an Initial of the server */
    QUIC_RESET       /* what a stateless reset looks like */
};

/* What a connection of QUIC came to, for the judge. */
#define QUIC_OFFERED_MAX 8
struct quic_facts {
    uint8_t end;       /* enum quic_end */
    uint8_t n_tries;   /* datagrams with an Initial that the client sent, one soon after another
                          counted once; saturates */
    uint8_t n_offered; /* of offered[] */
    uint32_t version;  /* the client's */
    uint32_t offered[QUIC_OFFERED_MAX]; /* the first versions of the server's list */
    uint64_t told_frame;                /* the packet that ended it; 0 = none */
    uint32_t asked_bytes; /* QUIC_RESET: the greatest packet that it can be the answer to */
    struct quic_close close;
};

#endif
