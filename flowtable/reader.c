/* SPDX-License-Identifier: BSD-2-Clause */
/* See reader.h. */
#include "flowtable/reader.h"

#include <assert.h>

#include "base/compiler.h"

static void open_tls(union reader_state *state, struct flow_speech *speech,
                     struct reader_memory *memory)
{
    (void)speech;
    (void)memory;
    tls_open(&state->tls);
}

/* Changes with each alert that is told for the first time. */
static uint64_t count_told(const struct tls_facts *facts)
{
    uint64_t sum = 0;

    for (unsigned side = 0; side < TLS_SIDE_COUNT; side++)
        sum += facts->side[side].alert.frame + facts->side[side].sealed_alert.frame;
    return sum;
}

static bool feed_tls(union reader_state *state, struct flow_speech *speech,
                     const struct reader_input *input)
{
    const struct tls_input said = {
        .side = input->side,
        .bytes = input->bytes,
        .n_bytes = input->n_bytes,
        .place = {.frame = input->frame, .ts_ns = input->ts_ns},
    };

    uint64_t before = count_told(&speech->tls);
    bool goes_on = tls_feed(&state->tls, &speech->tls, &said);

    if (count_told(&speech->tls) != before)
        speech->told_frame = input->frame;
    return goes_on;
}

static bool skip_tls(union reader_state *state, struct flow_speech *speech,
                     const struct reader_input *missing)
{
    const struct tls_input said = {
        .side = missing->side,
        .n_bytes = missing->n_bytes,
        .place = {.frame = missing->frame, .ts_ns = missing->ts_ns},
    };

    return tls_skip(&state->tls, &speech->tls, &said);
}

/* ---- HTTP ---- */

static void open_http(union reader_state *state, struct flow_speech *speech,
                      struct reader_memory *memory)
{
    (void)speech;
    state->http.pool = &memory->http2;
}

/* Words of refusal came in that frame. */
static bool is_told(const struct http_facts *facts, uint64_t frame)
{
    for (unsigned s = 0; s < HTTP2_FROM_COUNT; s++) {
        const struct http2_side_facts *side = &facts->http2.side[s];

        if (side->reset.frame == frame ||
            (side->goaway.frame == frame && side->goaway_code != HTTP2_NO_ERROR))
            return true;
    }
    return facts->http1.refusal.place.frame == frame || facts->http2.refusal.place.frame == frame ||
           facts->http2.grpc.frame == frame;
}

static bool feed_http(union reader_state *state, struct flow_speech *speech,
                      const struct reader_input *input)
{
    struct speech_place place = {.frame = input->frame, .ts_ns = input->ts_ns};
    uint32_t n_requests = speech->http.http1.n_requests;
    uint32_t stream = speech->http.http2.last_client_stream;
    bool wants_more = http_read(&state->http, &speech->http,
                                input->side == SIDE_CLIENT ? HTTP_CLIENT : HTTP_SERVER,
                                input->bytes, input->n_bytes, &place);

    if (speech->http.http1.n_requests != n_requests ||
        speech->http.http2.last_client_stream != stream)
        speech->request_end_seq = input->end_seq;
    if (is_told(&speech->http, input->frame))
        speech->told_frame = input->frame;
    return wants_more;
}

static bool skip_http(union reader_state *state, struct flow_speech *speech,
                      const struct reader_input *missing)
{
    return http_skip(&state->http, &speech->http,
                     missing->side == SIDE_CLIENT ? HTTP_CLIENT : HTTP_SERVER,
                     (uint32_t)missing->n_bytes);
}

static void close_http(union reader_state *state, struct flow_speech *speech)
{
    (void)speech;
    http_end(&state->http);
}

/* ---- first words ---- */

static void open_banner(union reader_state *state, struct flow_speech *speech,
                        struct reader_memory *memory)
{
    (void)state;
    (void)speech;
    (void)memory;
}

static bool feed_banner(union reader_state *state, struct flow_speech *speech,
                        const struct reader_input *input)
{
    struct speech_place place = {.frame = input->frame, .ts_ns = input->ts_ns};

    if (input->side == SIDE_CLIENT)
        banner_read_client(&state->banner, &speech->banner, input->bytes, input->n_bytes);
    else
        banner_read(&state->banner, &speech->banner, input->server_port, input->bytes,
                    input->n_bytes, &place);
    if (speech->banner.refusal.frame == input->frame)
        speech->told_frame = input->frame;
    return !state->banner.is_done;
}

static const struct reader readers[] = {
    [READER_TLS] = {.limit_bytes = 64 << 10, .open = open_tls, .feed = feed_tls, .skip = skip_tls},
    [READER_HTTP] = {.limit_bytes = UINT32_MAX,
                     .open = open_http,
                     .feed = feed_http,
                     .skip = skip_http,
                     .close = close_http},
    [READER_BANNER] = {.limit_bytes = 4096, .open = open_banner, .feed = feed_banner},
};

_Static_assert(ARRAY_LEN(readers) == READER_STREAM_COUNT, "a row for each reader");

static const uint8_t reader_of[] = {
    [PAYLOAD_TLS_CLIENT_HELLO] = READER_TLS, [PAYLOAD_TLS_SERVER_HELLO] = READER_TLS,
    [PAYLOAD_TLS_OTHER] = READER_TLS,        [PAYLOAD_TLS_ALERT] = READER_TLS,
    [PAYLOAD_HTTP1_REQUEST] = READER_HTTP,   [PAYLOAD_HTTP1_RESPONSE] = READER_HTTP,
    [PAYLOAD_HTTP2_PREFACE] = READER_HTTP,   [PAYLOAD_HTTP2_FRAMES] = READER_HTTP,
    [PAYLOAD_GREETING] = READER_BANNER,      [PAYLOAD_LOGIN] = READER_BANNER,
    [PAYLOAD_PLAIN_TEXT] = READER_NONE,      [PAYLOAD_PROXY] = READER_NONE,
};

_Static_assert(ARRAY_LEN(reader_of) == PAYLOAD_KIND_COUNT, "a row for each kind of first words");

enum reader_kind reader_of_payload(enum payload_kind kind)
{
    return reader_of[kind];
}

const struct reader *reader_of_kind(enum reader_kind kind)
{
    assert(kind != READER_NONE && kind < READER_STREAM_COUNT);
    return &readers[kind];
}
