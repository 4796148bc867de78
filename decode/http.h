/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that speaks HTTP in clear: HTTP/1, HTTP/2, or one after the other. A push parser. */
#ifndef DECODE_HTTP_H
#define DECODE_HTTP_H

#include "decode/http1.h"
#include "decode/http2.h"

enum http_from {
    HTTP_CLIENT,
    HTTP_SERVER
};

struct http_facts {
    struct http1_facts http1;
    struct http2_facts http2; /* all zero where neither side began it */
};

/* Begin with zeroes, end with http_end(). */
struct http {
    struct http2_pool *pool; /* set by who begins */
    bool is_http2;
    union {
        struct http1 http1;
        struct http2 http2;
    };
};

/* The next bytes of a side. False: no more is wanted of either side. */
bool http_read(struct http *http, struct http_facts *facts, enum http_from from,
               const uint8_t *bytes, size_t n_bytes, const struct speech_place *place);

/* The next bytes of a side are missing. False: no more can be read of it. */
bool http_skip(struct http *http, struct http_facts *facts, enum http_from from, uint32_t n_bytes);

void http_end(struct http *http);

#endif
