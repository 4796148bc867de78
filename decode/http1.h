/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/1 as it passes (RFC 9112): start lines, framing, and what a refusing response says of
 * itself. A push parser: each direction hands in its bytes in order, in pieces of any size.
 *
 * Bodies are skipped, however long; of a refusal's body the beginning is kept until the words of a
 * known proxy are found in it. Nothing is allocated, and a stream that is not HTTP/1, or whose
 * bytes are missing, is given up for good (`is_lost`): there is no resynchronising.
 */
#ifndef DECODE_HTTP1_H
#define DECODE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/http_refusal.h"
#include "decode/speech.h"

enum http1_from {
    HTTP1_CLIENT,
    HTTP1_SERVER,
    HTTP1_FROM_COUNT
};

enum http_switch {
    HTTP_SWITCH_NONE,
    HTTP_SWITCH_H2C_ASKED, /* a request offered Upgrade: h2c (RFC 7540 section 3.2) */
    HTTP_SWITCH_H2C,       /* 101 to h2c: HTTP/2 follows */
    HTTP_SWITCH_PREFACE,   /* the client began HTTP/2 with prior knowledge */
    HTTP_SWITCH_TUNNEL,    /* CONNECT was granted: another connection begins inside */
    HTTP_SWITCH_OTHER,     /* 101 to something else: opaque from here on */
    HTTP_SWITCH_COUNT
};

/* How far the message got that a side began last. */
enum http1_part {
    HTTP1_PART_WHOLE, /* all of it came, or only the close ends it */
    HTTP1_PART_HEAD,  /* it ends before the empty line behind its fields */
    HTTP1_PART_BODY,  /* it ends within what its framing announced */
    HTTP1_PART_CHUNKS /* it ends between two chunks: a stream may be left there by its reader */
};

struct http1_facts {
    struct speech_place request;      /* last request line */
    struct speech_place answered;     /* last response line but 1xx */
    struct http_refusal refusal;      /* first response that refuses */
    uint32_t n_requests, n_responses; /* start lines, without 1xx */
    uint16_t status;                  /* of the last response */
    uint8_t switched;                 /* enum http_switch */
    bool is_lost[HTTP1_FROM_COUNT];   /* not HTTP/1, or bytes of it are missing */
    uint8_t part[HTTP1_FROM_COUNT];   /* enum http1_part */
    bool is_unpaired;     /* which request a response answers is not sure: framing is doubtful */
    bool is_close_said;   /* the last response is the last that the server wants to give (RFC 9112
                             section 9.6) */
    uint64_t short_bytes; /* HTTP1_PART_BODY of the server: how many of the body, or of its chunk,
                             did not come */
};

#define HTTP1_TEXT_BYTES 384
#define HTTP1_OPEN_MAX 4 /* pipelined requests whose method is remembered */

/* One direction. */
struct http1_reader {
    uint64_t left_bytes; /* of a counted body or chunk */
    uint16_t n_text;
    uint8_t state;
    bool is_chunked, has_length, is_bodyless, is_refusal, is_interim, has_overflown;
    bool wants_h2c, is_last, is_endless;
    char text[HTTP1_TEXT_BYTES]; /* the line being read, or the beginning of a refusal's body */
};

struct http1_request {
    struct speech_place place;
    bool is_head, is_connect;
};

/* One connection; begin with zeroes. */
struct http1 {
    struct http1_reader reader[HTTP1_FROM_COUNT];
    struct http1_request open[HTTP1_OPEN_MAX]; /* oldest first */
    uint8_t n_open;
};

/*
 * Reads the next bytes of one direction; `place` is where they were seen. Returns how many belong
 * to HTTP/1: fewer than n_bytes where facts->switched says that another protocol begins (of the
 * client's HTTP/2 preface the first HTTP1_PREFACE_BYTES are read as its first line).
 */
size_t http1_read(struct http1 *http1, struct http1_facts *facts, enum http1_from from,
                  const uint8_t *bytes, size_t n_bytes, const struct speech_place *place);

#define HTTP1_PREFACE_BYTES 16

/* The next bytes of this direction are missing. True: they lie within a body, and reading goes on
 * behind them; else the direction is given up. */
bool http1_skip(struct http1 *http1, struct http1_facts *facts, enum http1_from from,
                uint64_t n_bytes);

/* http1_field.c: one header field of a message; no blanks before the value. */
void http1_field(struct http1_reader *reader, const char *name, size_t n_name, const char *value,
                 size_t n_value);

#endif
