/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What HTTP, gRPC and servers' first words refuse in clear (VERDICTS.md 9.3 to 9.5, 13.7). The
 * close that follows a refusal is its clean-up, not a second failure.
 */
#include <string.h>

#include "base/text.h"
#include "verdict/case.h"
#include "verdict/speech_name.h"

/* ---- what was read ---- */

static const struct http_facts *http_of(const struct verdict_case *c)
{
    static const struct http_facts none;

    return c->speech->kind == READER_HTTP ? &c->speech->http : &none;
}

static const char *side_name(unsigned side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

/* Words of a stranger, made visible. */
static void because_said(struct ruling *ruling, const char *code, uint64_t frame, const char *said)
{
    char buffer[sizeof(ruling->because[0].value)];
    struct text text = TEXT_OF(buffer);

    if (!said[0])
        return;
    text_add_untrusted(&text, (const uint8_t *)said, strlen(said), sizeof(buffer) - 4);
    because(ruling, code, frame, "%s", buffer);
}

/* ---- HTTP/2 beside HTTP/1 ---- */

enum confidence rule_h2_preface_mismatch(const struct verdict_case *c, struct ruling *ruling)
{
    uint8_t client = c->trail->speech[SIDE_CLIENT].first_kind;
    uint8_t server = c->trail->speech[SIDE_SERVER].first_kind;
    bool is_switched = http_of(c)->http1.switched == HTTP_SWITCH_H2C;
    uint64_t client_frame = case_slot(c, TRAIL_CLIENT_DATA)->frame;
    uint64_t server_frame = case_slot(c, TRAIL_SERVER_DATA)->frame;

    if (client == PAYLOAD_HTTP2_PREFACE && server == PAYLOAD_HTTP1_RESPONSE) {
        because(ruling, "client-speaks-http2", client_frame, "the preface of HTTP/2");
        because(ruling, "server-speaks-http1", server_frame, "HTTP/1 in answer");
        return CONFIDENCE_CERTAIN;
    }
    if (client == PAYLOAD_HTTP1_REQUEST && server == PAYLOAD_HTTP2_FRAMES && !is_switched) {
        because(ruling, "client-speaks-http1", client_frame, "a request of HTTP/1");
        because(ruling, "server-speaks-http2", server_frame, "frames of HTTP/2 in answer");
        return CONFIDENCE_CERTAIN;
    }
    return CONFIDENCE_NONE;
}

/* ---- GOAWAY and RST_STREAM ---- */

/* An error that has a verdict of its own. */
static bool has_own_verdict(uint32_t code)
{
    return code == HTTP2_REFUSED_STREAM ||
           (code >= HTTP2_ENHANCE_YOUR_CALM && code <= HTTP2_HTTP_1_1_REQUIRED);
}

static void say_goaway(const struct speech_words *words, struct ruling *ruling)
{
    because(ruling, "goaway", words->frame, "GOAWAY %u from the %s, last stream %u", words->code,
            side_name(words->side), words->stream);
    because_said(ruling, "goaway-text", words->frame, words->text);
}

/* One side ended the connection, or a stream of it, with this code. */
static enum confidence by_code(const struct verdict_case *c, struct ruling *ruling, uint32_t code)
{
    struct speech_words words;

    if (speech_goaway(c->speech, c->trail->speech, &words) && words.code == code) {
        say_goaway(&words, ruling);
        return CONFIDENCE_CERTAIN;
    }
    if (speech_reset(c->speech, &words) && words.code == code) {
        because(ruling, "rst-stream", words.frame, "RST_STREAM %u from the %s, stream %u",
                words.code, side_name(words.side), words.stream);
        return CONFIDENCE_CERTAIN;
    }
    return CONFIDENCE_NONE;
}

enum confidence rule_h2_enhance_your_calm(const struct verdict_case *c, struct ruling *ruling)
{
    return by_code(c, ruling, HTTP2_ENHANCE_YOUR_CALM);
}

enum confidence rule_h2_inadequate_security(const struct verdict_case *c, struct ruling *ruling)
{
    return by_code(c, ruling, HTTP2_INADEQUATE_SECURITY);
}

enum confidence rule_h2_http11_required(const struct verdict_case *c, struct ruling *ruling)
{
    return by_code(c, ruling, HTTP2_HTTP_1_1_REQUIRED);
}

/* The error that by_code() would tell is the client's. */
static bool is_said_by_client(const struct verdict_case *c, uint32_t code)
{
    struct speech_words words;

    if (speech_goaway(c->speech, c->trail->speech, &words) && words.code == code)
        return words.side == SIDE_CLIENT;
    return speech_reset(c->speech, &words) && words.code == code && words.side == SIDE_CLIENT;
}

/* The server's last word on which streams it took; a client's later ones it did not. */
static bool is_left_out(const struct http2_facts *http2)
{
    const struct http2_side_facts *server = &http2->side[HTTP2_SERVER];

    return server->goaway.frame && server->goaway_last_stream < http2->last_client_stream;
}

enum confidence rule_h2_stream_refused(const struct verdict_case *c, struct ruling *ruling)
{
    const struct http2_facts *http2 = &http_of(c)->http2;
    const struct http2_side_facts *server = &http2->side[HTTP2_SERVER];

    /* Of a client it is about a push, or its library's way to say that the connection is gone. */
    if (!is_said_by_client(c, HTTP2_REFUSED_STREAM) &&
        by_code(c, ruling, HTTP2_REFUSED_STREAM) != CONFIDENCE_NONE)
        return CONFIDENCE_CERTAIN;
    if (!is_left_out(http2) || server->goaway_code != HTTP2_NO_ERROR)
        return CONFIDENCE_NONE;
    because(ruling, "stream-left-out", server->goaway.frame,
            "GOAWAY takes streams up to %u, the client opened %u", server->goaway_last_stream,
            http2->last_client_stream);
    return CONFIDENCE_CERTAIN;
}

enum confidence rule_h2_goaway(const struct verdict_case *c, struct ruling *ruling)
{
    struct speech_words words;

    if (!speech_goaway(c->speech, c->trail->speech, &words) || has_own_verdict(words.code))
        return CONFIDENCE_NONE;
    say_goaway(&words, ruling);
    return CONFIDENCE_CERTAIN;
}

/* ---- gRPC ---- */

enum confidence rule_grpc_error(const struct verdict_case *c, struct ruling *ruling)
{
    struct grpc_words words;

    if (!speech_grpc(c->speech, &words))
        return CONFIDENCE_NONE;
    if (words.http_status)
        because(ruling, "http-status", words.frame, "HTTP status %u to a gRPC request",
                words.http_status);
    else
        because(ruling, "grpc-status", words.frame, "grpc-status %u %s", words.status,
                grpc_status_name(words.status));
    because_said(ruling, "grpc-message", words.frame, words.message);
    return CONFIDENCE_CERTAIN;
}

/* ---- responses ---- */

/* 503 means that whoever answers cannot: only of those who say so is it one behind them. */
static bool is_of_upstream(const struct http_refusal *refusal)
{
    switch (refusal->status) {
    case 502:
    case 504:
        return true; /* RFC 9110 sections 15.6.3 and 15.6.5: only gateways say it */
    case 503:
        return refusal->upstream != HTTP_UPSTREAM_UNSAID ||
               refusal->author == HTTP_AUTHOR_AWS_ELB || refusal->author == HTTP_AUTHOR_ENVOY;
    default:
        return refusal->status >= 520 && refusal->author == HTTP_AUTHOR_CLOUDFLARE;
    }
}

static int64_t answered_after_ns(const struct http_refusal *refusal)
{
    return refusal->asked.frame ? ns_since(refusal->asked.ts_ns, refusal->place.ts_ns) : 0;
}

static void say_refusal(const struct http_refusal *refusal, struct ruling *ruling)
{
    because(ruling, "http-status", refusal->place.frame, "%u after %.1f ms", refusal->status,
            case_ms(answered_after_ns(refusal)));
    if (refusal->author != HTTP_AUTHOR_UNKNOWN)
        because(ruling, "written-by", refusal->place.frame, "%s",
                http_author_name(refusal->author));
    because_said(ruling, "in-words", refusal->place.frame, refusal->words);
}

/* Requests were answered after it, and the connection came to another end. */
static bool is_outlived(const struct verdict_case *c, const struct http_refusal *refusal)
{
    return c->outcome != OUTCOME_OK && c->outcome != OUTCOME_OK_DEGRADED &&
           http_of(c)->http1.answered.frame > refusal->place.frame;
}

enum confidence rule_proxy_upstream_refused(const struct verdict_case *c, struct ruling *ruling)
{
    const struct http_refusal *refusal = speech_refusal(c->speech);
    char to[IPADDR_TEXT_BYTES];

    if (!refusal || !is_of_upstream(refusal))
        return CONFIDENCE_NONE;
    say_refusal(refusal, ruling);
    if (is_outlived(c, refusal))
        return CONFIDENCE_POSSIBLE;
    if (!c->leg)
        return CONFIDENCE_LIKELY;
    /* Of another connection: its frame is no evidence to show in this one's. */
    because(ruling, "backend-leg", 0, "%s:%u %s", ipaddr_format(&c->leg->server.addr, to),
            c->leg->server.port, leg_end_name(c->leg->end));
    return CONFIDENCE_CERTAIN;
}

/* It ends an idle connection: nobody asked, or the request crossed it, for no answer comes within a
 * round trip. */
static bool is_idle_end(const struct verdict_case *c, const struct http_refusal *refusal)
{
    return !refusal->asked.frame ||
           (refusal->status == 408 && answered_after_ns(refusal) < c->rtt_ns);
}

enum confidence rule_http_refused(const struct verdict_case *c, struct ruling *ruling)
{
    const struct http_refusal *refusal = speech_refusal(c->speech);

    if (!refusal || is_of_upstream(refusal) || is_idle_end(c, refusal) || refusal->is_tls_wanted)
        return CONFIDENCE_NONE;
    say_refusal(refusal, ruling);
    return is_outlived(c, refusal) ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
}

/* ---- first words ---- */

enum confidence rule_app_banner_refusal(const struct verdict_case *c, struct ruling *ruling)
{
    const struct banner_facts *banner = &c->speech->banner;

    if (c->speech->kind != READER_BANNER || !banner->refusal.frame)
        return CONFIDENCE_NONE;
    because(ruling, "refused-by", banner->refusal.frame, "%s",
            banner_protocol_name(banner->protocol));
    because_said(ruling, "refusal-code", banner->refusal.frame, banner->code);
    because_said(ruling, "in-words", banner->refusal.frame, banner->text);
    return CONFIDENCE_CERTAIN;
}
