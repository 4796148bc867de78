/* SPDX-License-Identifier: BSD-2-Clause */
/* Terms about what was said above TCP: HTTP, gRPC, first words. See explain_words.h. */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "verdict/explain_words.h"
#include "verdict/speech_name.h"
#include "verdict/speech_words.h"

/* INTERFACE.md 1.6: texts of strangers on a screen. */
#define SAID_CELLS_MAX 64

static const char *side_noun(unsigned side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

static void add_said(struct text *text, const char *said)
{
    text_add_untrusted(text, (const uint8_t *)said, strlen(said), SAID_CELLS_MAX);
}

/* What is said is a stranger's: quoted, and made visible. */
static void add_quoted(struct text *text, const char *said)
{
    if (!said[0])
        return;
    text_add(text, " \"");
    add_said(text, said);
    text_add(text, "\"");
}

/* A GOAWAY, else a RST_STREAM. */
static bool find_end(const struct connection_event *event, struct speech_words *words,
                     const char **frame)
{
    *frame = "GOAWAY";
    if (speech_goaway(&event->said, event->speech, words))
        return true;
    *frame = "RST_STREAM";
    return speech_reset(&event->said, words);
}

/* "GOAWAY 11 ENHANCE_YOUR_CALM "too_many_pings"" */
static void goaway(const struct connection_event *event, struct text *text)
{
    struct speech_words words;
    const char *frame;

    if (!find_end(event, &words, &frame)) {
        text_add(text, "GOAWAY");
        return;
    }
    text_addf(text, "%s %" PRIu32 " %s", frame, words.code, http2_error_name(words.code));
    add_quoted(text, words.text);
}

static void goaway_by(const struct connection_event *event, struct text *text)
{
    struct speech_words words;
    const char *frame;

    text_add(text, find_end(event, &words, &frame) ? side_noun(words.side) : "other side");
}

/* ---- HTTP/1 left without its answer ---- */

static const struct http1_facts *http1_of(const struct connection_event *event)
{
    static const struct http1_facts none;

    return event->said.kind == READER_HTTP ? &event->said.http.http1 : &none;
}

/* Of HTTP/2: the stream; 0 = it is not that. */
static uint32_t unanswered_stream(const struct connection_event *event)
{
    return event->said.kind == READER_HTTP && event->said.http.http2.has_preface
               ? event->said.http.http2.last_client_stream
               : 0;
}

static bool is_answer_cut(const struct connection_event *event)
{
    return http1_of(event)->part[HTTP1_SERVER] != HTTP1_PART_WHOLE;
}

static void unsaid(const struct connection_event *event, struct text *text)
{
    if (event->facts.payload_bytes[SIDE_SERVER] == 0)
        text_add(text, "without sending a byte");
    else if (is_answer_cut(event))
        text_add(text, "in the middle of an answer");
    else if (unanswered_stream(event))
        text_addf(text, "without answering stream %" PRIu32, unanswered_stream(event));
    else
        text_addf(text, "without answering request %" PRIu32, http1_of(event)->n_responses + 1);
}

static void unsaid_brief(const struct connection_event *event, struct text *text)
{
    if (event->facts.payload_bytes[SIDE_SERVER] == 0)
        text_add(text, "0 bytes sent");
    else if (is_answer_cut(event))
        text_add(text, "answer cut");
    else if (unanswered_stream(event))
        text_addf(text, "no answer on %" PRIu32, unanswered_stream(event));
    else
        text_addf(text, "no answer %" PRIu32, http1_of(event)->n_responses + 1);
}

static void closed_answer(const struct connection_event *event, struct text *text)
{
    bool is_told = event->outcome != OUTCOME_CLOSED_EARLY && event->ended_by != ENDED_BY_CLIENT;

    text_add(text, is_told ? "a RST" : "no answer");
}

static bool is_http1_client(const struct connection_event *event)
{
    return event->speech[SIDE_CLIENT].first_kind == PAYLOAD_HTTP1_REQUEST;
}

static void client_http(const struct connection_event *event, struct text *text)
{
    text_add(text, is_http1_client(event) ? "HTTP/1" : "HTTP/2");
}

static void server_http(const struct connection_event *event, struct text *text)
{
    text_add(text, is_http1_client(event) ? "HTTP/2" : "HTTP/1");
}

static void refused_by(const struct connection_event *event, struct text *text)
{
    const struct http2_side_facts *server = &event->said.http.http2.side[SIDE_SERVER];

    if (event->said.kind == READER_HTTP && server->goaway.frame && !server->reset.frame)
        text_addf(text, "GOAWAY with last stream %" PRIu32, server->goaway_last_stream);
    else
        goaway(event, text);
}

/* "14 UNAVAILABLE" */
static void grpc(const struct connection_event *event, struct text *text)
{
    struct grpc_words words;

    if (!speech_grpc(&event->said, &words)) {
        text_add(text, "an error");
        return;
    }
    text_addf(text, "%u %s", words.status, grpc_status_name(words.status));
    if (words.http_status)
        text_addf(text, " (HTTP %u)", words.http_status);
    add_quoted(text, words.message);
}

static void grpc_method(const struct connection_event *event, struct text *text)
{
    struct grpc_words words;

    if (speech_grpc(&event->said, &words) && words.method[0])
        add_said(text, words.method);
    else
        text_add(text, "the call");
}

/* "502 Bad Gateway" */
static void http_status(const struct connection_event *event, struct text *text)
{
    const struct http_refusal *refusal = speech_refusal(&event->said);

    if (!refusal) {
        text_add(text, "an error");
        return;
    }
    text_addf(text, "HTTP %u", refusal->status);
    add_quoted(text, refusal->words);
}

static void author(const struct connection_event *event, struct text *text)
{
    const struct http_refusal *refusal = speech_refusal(&event->said);

    text_add(text, refusal && refusal->author != HTTP_AUTHOR_UNKNOWN
                       ? http_author_name(refusal->author)
                       : "the proxy");
}

static void upstream(const struct connection_event *event, struct text *text)
{
    static const char *const words[] = {
        [HTTP_UPSTREAM_UNSAID] = "gave it no usable answer",
        [HTTP_UPSTREAM_REFUSED] = "could not be connected to",
        [HTTP_UPSTREAM_TIMED_OUT] = "did not answer in time",
        [HTTP_UPSTREAM_BROKE_OFF] = "closed or answered what is no HTTP",
        [HTTP_UPSTREAM_ABSENT] = "is missing: none is configured or healthy",
    };
    const struct http_refusal *refusal = speech_refusal(&event->said);

    _Static_assert(ARRAY_LEN(words) == HTTP_UPSTREAM_COUNT, "words for each");
    text_add(text, words[refusal ? refusal->upstream : HTTP_UPSTREAM_UNSAID]);
}

/* "SSH refusal MaxStartups" */
static void banner(const struct connection_event *event, struct text *text)
{
    const struct banner_facts *facts = &event->said.banner;

    if (event->said.kind != READER_BANNER) {
        text_add(text, "a refusal");
        return;
    }
    text_addf(text, "%s ", banner_protocol_name(facts->protocol));
    add_said(text, facts->code);
}

static void banner_text(const struct connection_event *event, struct text *text)
{
    if (event->said.kind == READER_BANNER)
        add_quoted(text, event->said.banner.text);
}

static const struct explain_term terms[] = {
    {"unsaid", NULL, unsaid},
    {"unsaid_brief", NULL, unsaid_brief},
    {"closed_answer", NULL, closed_answer},
    {"goaway", NULL, goaway},
    {"goaway_by", NULL, goaway_by},
    {"client_http", NULL, client_http},
    {"server_http", NULL, server_http},
    {"refused_by", NULL, refused_by},
    {"grpc", NULL, grpc},
    {"grpc_method", NULL, grpc_method},
    {"http_status", NULL, http_status},
    {"author", NULL, author},
    {"upstream", NULL, upstream},
    {"banner", NULL, banner},
    {"banner_text", NULL, banner_text},
};

const struct explain_term *explain_speech_term_find(const char *name, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(terms); i++)
        if (strlen(terms[i].name) == n_bytes && memcmp(terms[i].name, name, n_bytes) == 0)
            return &terms[i];
    return NULL;
}
