/* SPDX-License-Identifier: BSD-2-Clause */
/* See unremarkable.h. */
#include "verdict/unremarkable.h"

#include "flowtable/unremarkable.h"

/* A handshake that did not come to its end; and TLS on one side only. */
static bool is_tls_in_doubt(const struct verdict_case *c)
{
    const struct tls_side *client = &c->tls->side[TLS_CLIENT];
    const struct tls_side *server = &c->tls->side[TLS_SERVER];

    return (client->hello.frame && !(server->bits & TLS_SETTLED)) ||
           c->trail->speech[SIDE_SERVER].first_kind == PAYLOAD_TLS_ALERT;
}

/* One side speaks HTTP/1 and the other HTTP/2, or one of them something else. */
static bool has_foreign_words(const struct verdict_case *c)
{
    uint8_t client = c->trail->speech[SIDE_CLIENT].first_kind;
    uint8_t server = c->trail->speech[SIDE_SERVER].first_kind;

    return (client == PAYLOAD_HTTP2_PREFACE && server == PAYLOAD_HTTP1_RESPONSE) ||
           (client == PAYLOAD_HTTP1_REQUEST && server == PAYLOAD_HTTP2_FRAMES);
}

/* A stream that the server left out of an orderly GOAWAY. */
static bool has_left_out(const struct verdict_case *c)
{
    const struct http2_facts *http2 = &c->speech->http.http2;

    return c->speech->kind == READER_HTTP && http2->side[SIDE_SERVER].goaway.frame &&
           http2->side[SIDE_SERVER].goaway_last_stream < http2->last_client_stream;
}

bool case_has_words(const struct verdict_case *c)
{
    return c->speech->told_frame || is_tls_in_doubt(c) || has_foreign_words(c) || has_left_out(c) ||
           c->is_refused_inside || c->trail->speech[SIDE_CLIENT].goaway_frame ||
           c->trail->speech[SIDE_SERVER].goaway_frame;
}

/* What a protocol's reader made out says nothing, and no request was left without its answer. */
static bool is_talk_unremarkable(const struct flow_note *note, const struct verdict_limits *limits)
{
    static const struct tls_facts no_tls;
    struct verdict_case c = {
        .facts = &note->facts,
        .trail = &note->trail,
        .speech = &note->speech,
        .tls = note->speech.kind == READER_TLS ? &note->speech.tls : &no_tls,
        .key = &note->key,
        .client = &note->facts.side[SIDE_CLIENT],
        .server = &note->facts.side[SIDE_SERVER],
        .limits = limits,
    };

    c.is_refused_inside = case_is_refused_inside(&c);
    return !case_has_words(&c) && case_answer(&c) == ANSWER_DONE;
}

bool verdict_is_unremarkable(const struct flow_note *note, const struct verdict_limits *limits)
{
    return note->kind == NOTE_ENDED && note->key.proto == FLOW_PROTO_TCP &&
           facts_are_unremarkable(&note->facts) &&
           (!note->has_trail || trail_is_unremarkable(&note->trail, &note->facts)) &&
           (!note->has_speech || is_talk_unremarkable(note, limits));
}
