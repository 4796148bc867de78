/* SPDX-License-Identifier: BSD-2-Clause */
/* See payload.h. */
#include "decode/payload.h"

#include <string.h>

#include "base/compiler.h"

/* RFC 8446 section 5.1: type, version 03 00..04, length up to 2^14 + 256. */
#define TLS_HEADER_BYTES 5
#define TLS_RECORD_MAX_BYTES (16384 + 256)
#define TLS_TYPE_MIN 20
#define TLS_TYPE_MAX 24
#define TLS_ALERT 21
#define TLS_HANDSHAKE PAYLOAD_HANDSHAKE_BYTE

/* RFC 9113 section 4.1: length 24, type 8, flags 8, stream 31. */
#define H2_HEADER_BYTES 9
#define H2_SETTINGS 4
#define H2_GOAWAY 7
#define H2_FRAME_MAX_BYTES 16384 /* until a SETTINGS says otherwise */

static const char h2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static bool is_tls_record(const uint8_t *bytes, size_t n_bytes)
{
    return n_bytes >= TLS_HEADER_BYTES && bytes[0] >= TLS_TYPE_MIN && bytes[0] <= TLS_TYPE_MAX &&
           bytes[1] == 3 && bytes[2] <= 4 && (bytes[3] << 8 | bytes[4]) <= TLS_RECORD_MAX_BYTES;
}

static uint8_t tls_kind(const uint8_t *record, size_t n_bytes)
{
    if (record[0] == TLS_ALERT)
        return PAYLOAD_TLS_ALERT;
    if (record[0] != TLS_HANDSHAKE || n_bytes <= TLS_HEADER_BYTES)
        return PAYLOAD_TLS_OTHER;
    if (record[TLS_HEADER_BYTES] == 1)
        return PAYLOAD_TLS_CLIENT_HELLO;
    return record[TLS_HEADER_BYTES] == 2 ? PAYLOAD_TLS_SERVER_HELLO : PAYLOAD_TLS_OTHER;
}

static uint32_t u32_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void peek_h2_frames(const uint8_t *bytes, size_t n_bytes, struct payload_facts *facts)
{
    while (n_bytes >= H2_HEADER_BYTES) {
        size_t length = u32_at(bytes) >> 8;

        if (length > H2_FRAME_MAX_BYTES)
            return;
        if (bytes[3] == H2_GOAWAY && n_bytes >= H2_HEADER_BYTES + 8 && length >= 8) {
            facts->has_goaway = 1;
            facts->goaway_last_stream = u32_at(bytes + H2_HEADER_BYTES) & 0x7fffffff;
            facts->goaway_code = u32_at(bytes + H2_HEADER_BYTES + 4);
        }
        if (H2_HEADER_BYTES + length >= n_bytes)
            return;
        bytes += H2_HEADER_BYTES + length;
        n_bytes -= H2_HEADER_BYTES + length;
    }
}

/* SETTINGS on stream 0 whose length is a multiple of 6, or GOAWAY on stream 0. */
static bool is_h2_control(const uint8_t *bytes, size_t n_bytes)
{
    size_t length;

    if (n_bytes < H2_HEADER_BYTES || u32_at(bytes + 5) != 0)
        return false;
    length = u32_at(bytes) >> 8;
    return (bytes[3] == H2_SETTINGS && length % 6 == 0 && length <= H2_FRAME_MAX_BYTES) ||
           (bytes[3] == H2_GOAWAY && length >= 8 && length <= H2_FRAME_MAX_BYTES);
}

static bool begins_with(const uint8_t *bytes, size_t n_bytes, const char *word)
{
    size_t n_word = strlen(word);

    return n_bytes >= n_word && memcmp(bytes, word, n_word) == 0;
}

static const char http1_response[] = "HTTP/1.";
static const char *const methods[] = {"GET ",     "POST ",    "PUT ",   "HEAD ", "DELETE ",
                                      "OPTIONS ", "CONNECT ", "PATCH ", "TRACE "};

static bool is_http1_request(const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (begins_with(bytes, n_bytes, methods[i]))
            return true;
    }
    return false;
}

/* All that is there of the word is right. */
static bool is_cut_short(const uint8_t *bytes, size_t n_bytes, const char *word)
{
    return n_bytes < strlen(word) && memcmp(bytes, word, n_bytes) == 0;
}

/* What refuses, in the words that banner.c knows; their ends are its affair. */
static bool is_greeting(const uint8_t *bytes, size_t n_bytes)
{
    static const char *const words[] = {"Exceeded MaxStartups",
                                        "Not allowed at this",
                                        "421",
                                        "554",
                                        "530",
                                        "-ERR",
                                        "-NOAUTH",
                                        "-WRONGPASS",
                                        "-LOADING",
                                        "-MASTERDOWN",
                                        "-DENIED",
                                        "* BYE"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (begins_with(bytes, n_bytes, words[i]))
            return true;
    }
    /* MySQL: a first packet that is a greeting or an error; PostgreSQL: an error that has fields.
     */
    if (n_bytes >= 7 && bytes[2] == 0 && bytes[3] == 0)
        return bytes[1] < 4 && (bytes[4] == 10 || bytes[4] == 0xff);
    return n_bytes >= 6 && bytes[0] == 'E' && bytes[1] == 0 && bytes[2] == 0 && bytes[5] == 'S';
}

/* VERDICTS.md 13.6, tls-on-plain-port: what servers say to a ClientHello that they take for a
 * command, or before it comes. */
static bool is_plain_text(const uint8_t *bytes, size_t n_bytes)
{
    static const char *const words[] = {"<!DOCTYPE", "<!doctype", "<html", "<HTML", "SSH-",
                                        "220 ",      "220-",      "+OK",   "* OK"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (begins_with(bytes, n_bytes, words[i]))
            return true;
    }
    return false;
}

/* PostgreSQL's SSLRequest (80877103) and StartupMessage (version 3). */
static bool is_login(const uint8_t *bytes, size_t n_bytes)
{
    return n_bytes >= 8 && bytes[0] == 0 && bytes[1] == 0 &&
           (u32_at(bytes + 4) == 80877103 || u32_at(bytes + 4) == 196608);
}

bool payload_may_have_goaway(const uint8_t *bytes, size_t n_bytes)
{
    return is_h2_control(bytes, n_bytes) || begins_with(bytes, n_bytes, h2_preface);
}

bool payload_may_become_known(const uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (is_cut_short(bytes, n_bytes, methods[i]))
            return true;
    }
    if (bytes[0] >= TLS_TYPE_MIN && bytes[0] <= TLS_TYPE_MAX && n_bytes <= TLS_HEADER_BYTES)
        return n_bytes < 2 || bytes[1] == 3;
    return is_cut_short(bytes, n_bytes, h2_preface) ||
           is_cut_short(bytes, n_bytes, http1_response) || proxy_may_begin(bytes, n_bytes);
}

void payload_peek(const uint8_t *bytes, size_t n_bytes, struct payload_facts *facts)
{
    *facts = (struct payload_facts){.kind = PAYLOAD_UNKNOWN};
    if (is_tls_record(bytes, n_bytes)) {
        facts->kind = tls_kind(bytes, n_bytes);
    } else if (is_h2_control(bytes, n_bytes)) {
        facts->kind = PAYLOAD_HTTP2_FRAMES;
        peek_h2_frames(bytes, n_bytes, facts);
    } else if (begins_with(bytes, n_bytes, h2_preface)) {
        facts->kind = PAYLOAD_HTTP2_PREFACE;
        peek_h2_frames(bytes + sizeof(h2_preface) - 1, n_bytes - (sizeof(h2_preface) - 1), facts);
    } else if (begins_with(bytes, n_bytes, http1_response)) {
        facts->kind = PAYLOAD_HTTP1_RESPONSE;
    } else if (is_http1_request(bytes, n_bytes)) {
        facts->kind = PAYLOAD_HTTP1_REQUEST;
    } else if (proxy_peek(bytes, n_bytes).form != PROXY_NONE) {
        facts->kind = PAYLOAD_PROXY;
    } else if (is_login(bytes, n_bytes)) {
        facts->kind = PAYLOAD_LOGIN;
    } else if (is_greeting(bytes, n_bytes)) {
        facts->kind = PAYLOAD_GREETING;
    } else if (is_plain_text(bytes, n_bytes)) {
        facts->kind = PAYLOAD_PLAIN_TEXT;
    }
}
