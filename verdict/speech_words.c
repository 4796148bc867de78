/* SPDX-License-Identifier: BSD-2-Clause */
/* See speech_words.h. */
#include "verdict/speech_words.h"

#include "verdict/speech_name.h"

static const struct http2_facts *http2_of(const struct flow_speech *speech)
{
    static const struct http2_facts none;

    return speech->kind == READER_HTTP ? &speech->http.http2 : &none;
}

static uint64_t error_frame(const struct http2_side_facts *side)
{
    return side->goaway_code != HTTP2_NO_ERROR ? side->goaway.frame : 0;
}

static bool read_goaway(const struct http2_facts *http2, struct speech_words *words)
{
    const struct http2_side_facts *sides = http2->side;
    enum flow_side side =
        speech_first(error_frame(&sides[SIDE_CLIENT]), error_frame(&sides[SIDE_SERVER]));

    if (side == SIDE_COUNT)
        return false;
    *words = (struct speech_words){.frame = sides[side].goaway.frame,
                                   .code = sides[side].goaway_code,
                                   .stream = sides[side].goaway_last_stream,
                                   .side = (uint8_t)side,
                                   .text = sides[side].goaway_debug};
    return true;
}

bool speech_goaway(const struct flow_speech *speech, const struct speech_facts *peeked,
                   struct speech_words *words)
{
    enum flow_side side;

    if (read_goaway(http2_of(speech), words))
        return true;
    side = speech_first(peeked[SIDE_CLIENT].goaway_frame, peeked[SIDE_SERVER].goaway_frame);
    if (side == SIDE_COUNT)
        return false;
    *words = (struct speech_words){.frame = peeked[side].goaway_frame,
                                   .code = peeked[side].goaway_code,
                                   .stream = peeked[side].goaway_last_stream,
                                   .side = (uint8_t)side,
                                   .text = ""};
    return true;
}

bool speech_reset(const struct flow_speech *speech, struct speech_words *words)
{
    const struct http2_side_facts *sides = http2_of(speech)->side;
    enum flow_side side =
        speech_first(sides[SIDE_CLIENT].reset.frame, sides[SIDE_SERVER].reset.frame);

    if (side == SIDE_COUNT)
        return false;
    *words = (struct speech_words){.frame = sides[side].reset.frame,
                                   .code = sides[side].reset_code,
                                   .stream = sides[side].reset_stream,
                                   .side = (uint8_t)side,
                                   .text = ""};
    return true;
}

/* Of a gRPC client that gets no gRPC back. */
static uint16_t grpc_status_of_http(uint16_t status)
{
    switch (status) {
    case 400:
        return 13; /* INTERNAL */
    case 429:
    case 502:
    case 503:
    case 504:
        return 14; /* UNAVAILABLE */
    default:
        return 2; /* UNKNOWN */
    }
}

bool speech_grpc(const struct flow_speech *speech, struct grpc_words *words)
{
    const struct http2_facts *http2 = http2_of(speech);

    if (http2->grpc.frame) {
        *words = (struct grpc_words){.frame = http2->grpc.frame,
                                     .status = http2->grpc_status,
                                     .message = http2->grpc_message,
                                     .method = http2->grpc_method};
        return true;
    }
    if (!http2->is_refusal_grpc)
        return false;
    *words = (struct grpc_words){.frame = http2->refusal.place.frame,
                                 .status = grpc_status_of_http(http2->refusal.status),
                                 .http_status = http2->refusal.status,
                                 .message = "",
                                 .method = http2->grpc_method};
    return true;
}

const struct http_refusal *speech_refusal(const struct flow_speech *speech)
{
    if (speech->kind != READER_HTTP)
        return NULL;
    if (speech->http.http1.refusal.status)
        return &speech->http.http1.refusal;
    return speech->http.http2.refusal.status && !speech->http.http2.is_refusal_grpc
               ? &speech->http.http2.refusal
               : NULL;
}
