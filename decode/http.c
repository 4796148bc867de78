/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See http.h. HTTP/2 begins with the client's preface (also behind a request that asked to
 * upgrade, or in a tunnel), with the server's 101, or with a first byte of the server that no
 * HTTP/1 response begins with.
 */
#include "decode/http.h"

static void begin_http2(struct http *http, size_t n_preface_bytes)
{
    http->is_http2 = true;
    http2_begin(&http->http2, http->pool, n_preface_bytes);
}

/* What was gathered of the client's next line may be the preface's beginning. Where it is
 * another's, what comes will not be a preface either. */
static size_t preface_bytes(const struct http *http)
{
    const struct http1_reader *client = &http->http1.reader[HTTP1_CLIENT];

    return http2_begins_preface(client->text, client->n_text) ? client->n_text : 0;
}

static void follow_switch(struct http *http, struct http_facts *facts)
{
    switch ((enum http_switch)facts->http1.switched) {
    case HTTP_SWITCH_PREFACE:
        begin_http2(http, HTTP1_PREFACE_BYTES);
        break;
    case HTTP_SWITCH_H2C:
        begin_http2(http, preface_bytes(http));
        break;
    case HTTP_SWITCH_TUNNEL:
        http->http1 = (struct http1){.n_open = 0};
        break;
    case HTTP_SWITCH_NONE:
    case HTTP_SWITCH_H2C_ASKED:
    case HTTP_SWITCH_OTHER:
    case HTTP_SWITCH_COUNT:
        break;
    }
}

/* A server's preface is a frame: a length of less than 2^22, not "HTT". */
static bool begins_frames(const struct http_facts *facts, enum http_from from, uint8_t first)
{
    return from == HTTP_SERVER && facts->http1.status == 0 && !facts->http1.is_lost[HTTP1_SERVER] &&
           first < 0x40;
}

static bool is_first(const struct http *http, enum http_from from)
{
    return http->http1.reader[from].n_text == 0 && http->http1.reader[from].state == 0;
}

static bool wants_more(const struct http *http, const struct http_facts *facts)
{
    if (http->is_http2)
        return !(facts->http2.side[HTTP2_CLIENT].is_lost &&
                 facts->http2.side[HTTP2_SERVER].is_lost);
    return facts->http1.switched != HTTP_SWITCH_OTHER &&
           !(facts->http1.is_lost[HTTP1_CLIENT] && facts->http1.is_lost[HTTP1_SERVER]);
}

bool http_read(struct http *http, struct http_facts *facts, enum http_from from,
               const uint8_t *bytes, size_t n_bytes, const struct speech_place *place)
{
    if (!http->is_http2 && is_first(http, from) && begins_frames(facts, from, bytes[0]))
        begin_http2(http, preface_bytes(http));
    while (n_bytes > 0 && !http->is_http2) {
        uint8_t switched = facts->http1.switched;
        size_t n_read =
            http1_read(&http->http1, &facts->http1, (enum http1_from)from, bytes, n_bytes, place);

        bytes += n_read;
        n_bytes -= n_read;
        if (facts->http1.switched != switched)
            follow_switch(http, facts);
        else if (n_read == 0)
            break;
    }
    if (http->is_http2 && n_bytes > 0)
        http2_read(&http->http2, &facts->http2, (enum http2_from)from, bytes, n_bytes, place);
    return wants_more(http, facts);
}

bool http_skip(struct http *http, struct http_facts *facts, enum http_from from, uint32_t n_bytes)
{
    return http->is_http2 ? http2_skip(&http->http2, &facts->http2, (enum http2_from)from, n_bytes)
                          : http1_skip(&http->http1, &facts->http1, (enum http1_from)from, n_bytes);
}

void http_end(struct http *http)
{
    if (http->is_http2)
        http2_end(&http->http2);
}
