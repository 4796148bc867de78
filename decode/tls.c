/* SPDX-License-Identifier: BSD-2-Clause */
/* See tls.h. */
#include "decode/tls.h"

#include <string.h>

/* RFC 8446 section 5.1: type, version 03 00..04, length up to 2^14 + 256. */
#define RECORD_MAX_BYTES (16384 + 256)
#define TYPE_MIN 20
#define TYPE_ALERT 21
#define TYPE_MAX 24

#define ALERT_FATAL 2

void tls_open(struct tls_state *state)
{
    memset(state, 0, sizeof(*state));
}

static uint32_t content_bytes(const uint8_t *header)
{
    return (uint32_t)header[3] << 8 | header[4];
}

static bool is_record(const uint8_t *header)
{
    return header[0] >= TYPE_MIN && header[0] <= TYPE_MAX && header[1] == 3 && header[2] <= 4 &&
           content_bytes(header) <= RECORD_MAX_BYTES;
}

static void end_record(const struct tls_side_state *state, struct tls_side *facts, uint64_t frame)
{
    facts->n_records++;
    /* An alert of two bytes is plain text; an encrypted one is longer (VERDICTS.md 9.1). */
    if (state->header[0] != TYPE_ALERT || state->content_bytes != 2 ||
        state->head[0] != ALERT_FATAL || facts->alert_frame)
        return;
    facts->alert_frame = frame;
    facts->alert_code = state->head[1];
    facts->is_alert_first = facts->n_records == 1;
}

static size_t take_header(struct tls_side_state *state, const uint8_t *bytes, size_t n_bytes)
{
    size_t n = TLS_HEADER_BYTES - state->n_header;

    if (n > n_bytes)
        n = n_bytes;
    memcpy(state->header + state->n_header, bytes, n);
    state->n_header += (uint8_t)n;
    if (state->n_header == TLS_HEADER_BYTES) {
        state->content_bytes = content_bytes(state->header);
        state->n_content = 0;
    }
    return n;
}

static size_t take_content(struct tls_side_state *state, const uint8_t *bytes, size_t n_bytes)
{
    size_t n = state->content_bytes - state->n_content;

    if (n > n_bytes)
        n = n_bytes;
    for (size_t i = 0; i < n && state->n_content + i < sizeof(state->head); i++)
        state->head[state->n_content + i] = bytes[i];
    state->n_content += (uint32_t)n;
    return n;
}

bool tls_feed(struct tls_state *state, struct tls_facts *facts, unsigned side, const uint8_t *bytes,
              size_t n_bytes, uint64_t frame)
{
    struct tls_side_state *from = &state->side[side];
    struct tls_side *said = &facts->side[side];
    size_t n;

    while (n_bytes > 0 && !said->is_not_tls) {
        if (from->n_header < TLS_HEADER_BYTES) {
            n = take_header(from, bytes, n_bytes);
            said->is_not_tls = from->n_header == TLS_HEADER_BYTES && !is_record(from->header);
        } else {
            n = take_content(from, bytes, n_bytes);
        }
        bytes += n;
        n_bytes -= n;
        if (from->n_header == TLS_HEADER_BYTES && from->n_content == from->content_bytes &&
            !said->is_not_tls) {
            end_record(from, said, frame);
            from->n_header = 0;
        }
    }
    return !(facts->side[TLS_CLIENT].is_not_tls && facts->side[TLS_SERVER].is_not_tls);
}
