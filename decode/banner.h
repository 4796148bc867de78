/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refusals in a server's first words, where it speaks a protocol that says so in clear
 * (VERDICTS.md 9.5): SSH, SMTP, FTP, POP3, IMAP, MySQL, PostgreSQL, Redis. A push parser of the
 * beginning of each direction: what comes after the server's first BANNER_BYTES is not read.
 *
 * The protocol is known by its words, not by its port; FTP and SMTP share a code and are told
 * apart by their text, else by the port.
 */
#ifndef DECODE_BANNER_H
#define DECODE_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/speech.h"

enum banner_protocol {
    BANNER_UNKNOWN,
    BANNER_SSH,
    BANNER_SMTP,
    BANNER_FTP,
    BANNER_POP3,
    BANNER_IMAP,
    BANNER_MYSQL,
    BANNER_POSTGRESQL,
    BANNER_REDIS,
    BANNER_PROTOCOL_COUNT
};

#define BANNER_BYTES 256
#define BANNER_TEXT_BYTES 64
#define BANNER_CODE_BYTES 12

struct banner_facts {
    struct speech_place refusal;  /* frame 0 = none */
    uint8_t protocol;             /* enum banner_protocol, of the refusal */
    bool is_tls_refused;          /* it is PostgreSQL's N to an SSLRequest, and the client has not
                                     gone on in clear yet */
    char code[BANNER_CODE_BYTES]; /* as the protocol writes it: "421", "1040", "53300", "NOAUTH" */
    char text[BANNER_TEXT_BYTES]; /* any byte but 0, which ends it */
};

/* One connection; begin with zeroes. */
struct banner {
    uint16_t n_text;
    bool is_done;       /* nothing more to look for */
    bool asked_for_tls; /* the client's first bytes are PostgreSQL's SSLRequest */
    bool is_mysql;      /* the server greeted as MySQL does: an answer to the login follows */
    uint8_t n_asked;
    uint8_t asked[8]; /* the client's first bytes */
    char text[BANNER_BYTES];
};

/* The next bytes of the server; `port` is its own. */
void banner_read(struct banner *banner, struct banner_facts *facts, uint16_t port,
                 const uint8_t *bytes, size_t n_bytes, const struct speech_place *place);

/* The next bytes of the client. */
void banner_read_client(struct banner *banner, struct banner_facts *facts, const uint8_t *bytes,
                        size_t n_bytes);

#endif
