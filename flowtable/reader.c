/* SPDX-License-Identifier: BSD-2-Clause */
/* See reader.h. */
#include "flowtable/reader.h"

#include <assert.h>

#include "base/compiler.h"

static void open_tls(union reader_state *state, struct flow_speech *speech)
{
    (void)speech;
    tls_open(&state->tls);
}

static bool feed_tls(union reader_state *state, struct flow_speech *speech,
                     const struct reader_input *input)
{
    return tls_feed(&state->tls, &speech->tls, input->side, input->bytes, input->n_bytes,
                    input->frame);
}

static const struct reader readers[] = {
    [READER_TLS] = {.limit_bytes = 64 << 10, .open = open_tls, .feed = feed_tls},
};

_Static_assert(ARRAY_LEN(readers) == READER_KIND_COUNT, "a row for each reader");

static const uint8_t reader_of[] = {
    [PAYLOAD_TLS_CLIENT_HELLO] = READER_TLS, [PAYLOAD_TLS_SERVER_HELLO] = READER_TLS,
    [PAYLOAD_TLS_OTHER] = READER_TLS,        [PAYLOAD_TLS_ALERT] = READER_TLS,
    [PAYLOAD_HTTP1_REQUEST] = READER_NONE,   [PAYLOAD_HTTP1_RESPONSE] = READER_NONE,
    [PAYLOAD_HTTP2_PREFACE] = READER_NONE,   [PAYLOAD_HTTP2_FRAMES] = READER_NONE,
};

_Static_assert(ARRAY_LEN(reader_of) == PAYLOAD_KIND_COUNT, "a row for each kind of first words");

enum reader_kind reader_of_payload(enum payload_kind kind)
{
    return reader_of[kind];
}

const struct reader *reader_of_kind(enum reader_kind kind)
{
    assert(kind != READER_NONE);
    return &readers[kind];
}
