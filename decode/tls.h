/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS 1.0 to 1.3 as far as it stays readable: records, hellos, certificate messages up to TLS 1.2,
 * alerts; and what the lengths of encrypted records prove in TLS 1.3 (VERDICTS.md 9.1). A push
 * parser: bytes of each direction in order, in pieces of any size. Pure; it never allocates.
 */
#ifndef DECODE_TLS_H
#define DECODE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/speech.h"

enum {
    TLS_CLIENT,
    TLS_SERVER,
    TLS_SIDE_COUNT
};

#define TLS_HEADER_BYTES 5
#define TLS_VERSION_1_2 0x0303
#define TLS_VERSION_1_3 0x0304

/* RFC 1035 section 3.1: the longest name, as text. */
#define TLS_NAME_MAX_BYTES 253
#define TLS_ALPN_MAX_BYTES 64

enum tls_bit {
    TLS_NOT_TLS = 0x0001,        /* bytes that are no record: nothing was read behind them */
    TLS_ALERT_FIRST = 0x0002,    /* its first record was the fatal alert, or hides one */
    TLS_CHANGED_CIPHER = 0x0004, /* ChangeCipherSpec: up to 1.2 all behind it is encrypted */
    TLS_CERTIFICATE = 0x0008,    /* a Certificate message in plain text */
    TLS_NO_CERTIFICATE = 0x0010, /* with an empty list; in 1.3 a record of that length */
    TLS_VERIFIES = 0x0020,       /* CertificateVerify in plain text */
    TLS_WANTS_CLIENT = 0x0040,   /* CertificateRequest in plain text */
    TLS_LARGE_RECORDS = 0x0080,  /* 1.3 client: two records before its Finished that are larger
                                    than an empty Certificate or a Finished */
    TLS_FINISHED = 0x0100,       /* 1.3 client: a record of a Finished's length */
    TLS_EARLY_DATA = 0x0200,     /* offered: lengths of its encrypted records prove nothing */
    TLS_SETTLED = 0x0400         /* 1.3 server: went on after the client's Finished; up to 1.2:
                                    sent application data. The handshake is behind it */
};

/* What one side said. */
struct tls_side {
    struct speech_place hello;        /* first ClientHello or ServerHello, its first byte */
    struct speech_place alert;        /* first fatal alert in plain text */
    struct speech_place sealed_alert; /* first record that can only be an encrypted alert; a
                                     server's behind the client's Finished may be a close_notify */
    uint32_t n_records;
    uint32_t n_sealed; /* 1.3: encrypted records */
    uint32_t n_said;   /* records of application data: up to 1.2 n_sealed; 1.3, client: behind its
                          Finished and longer than an alert; 1.3, server: the same, behind the
                          client's Finished */
    /* Server: their lengths on the wire; how many are not as long as the first. Tickets of one
     * handshake have one length. */
    uint16_t first_said_bytes, last_said_bytes, n_unlike;
    uint16_t bits;      /* enum tls_bit */
    uint8_t alert_code; /* RFC 8446 section 6 */
};

struct tls_facts {
    struct tls_side side[TLS_SIDE_COUNT];
    uint16_t version_min, version_max;        /* offered by the client; 0 = no ClientHello */
    uint16_t version;                         /* the server's choice; 0 = no ServerHello */
    uint16_t cipher;                          /* the server's choice */
    uint16_t n_ciphers, n_groups;             /* offered */
    uint16_t hello_bytes;                     /* of the ClientHello message; saturates */
    bool has_retry;                           /* HelloRetryRequest */
    char server_name[TLS_NAME_MAX_BYTES + 1]; /* SNI, as sent: hostile text; "" = none */
    /* What the client offers, up to the first that does not fit; length before each. */
    uint8_t alpn[TLS_ALPN_MAX_BYTES];
    uint8_t n_alpn_bytes;
};

/* What is read out of a hello: a field at a time, whole or its beginning. */
#define TLS_FIELD_MAX_BYTES (TLS_NAME_MAX_BYTES + 5)

struct tls_hello_state {
    uint8_t step;        /* private to tls_hello.c */
    uint16_t extension;  /* whose content is the field */
    uint16_t need_bytes; /* of the field */
    uint16_t n_field;
    uint16_t rest_bytes; /* of an extension's content, behind the field */
    uint32_t skip_bytes; /* before the field */
    uint8_t field[TLS_FIELD_MAX_BYTES];
};

struct tls_side_state {
    uint8_t header[TLS_HEADER_BYTES];
    uint8_t n_header;
    uint32_t content_bytes, n_content; /* of the record; how many came */
    uint8_t message[4];                /* header of the handshake message: type, length */
    uint8_t n_message;
    uint32_t body_bytes, n_body;
    uint8_t head[3]; /* first bytes of an alert, or of a Certificate's body */
    bool is_sealed;  /* handshake messages cannot be read any more */
    uint8_t n_large; /* see TLS_LARGE_RECORDS */
};

struct tls_state {
    struct tls_side_state side[TLS_SIDE_COUNT];
    struct tls_hello_state hello[TLS_SIDE_COUNT];
};

/* The next bytes of a side. */
struct tls_input {
    unsigned side; /* TLS_CLIENT, TLS_SERVER */
    const uint8_t *bytes;
    size_t n_bytes;
    struct speech_place place; /* the frame that brought them */
};

void tls_open(struct tls_state *state);

/* False: the handshake is behind both sides, or neither speaks TLS; no more is wanted. */
bool tls_feed(struct tls_state *state, struct tls_facts *facts, const struct tls_input *input);

/* The next bytes of a side are missing (`bytes` is not looked at). True: they lie where nothing is
 * read, and reading goes on behind them; else no more can be read of the side. */
bool tls_skip(struct tls_state *state, struct tls_facts *facts, const struct tls_input *missing);

/* ---- tls_hello.c ---- */

void tls_hello_open(struct tls_hello_state *state);

/* The next bytes of a ClientHello's or ServerHello's body. */
void tls_hello_feed(struct tls_hello_state *state, struct tls_facts *facts, unsigned side,
                    const uint8_t *bytes, size_t n_bytes);

#endif
