/* SPDX-License-Identifier: BSD-2-Clause */
/* A response that refuses its request for reasons that are not the resource's, and who wrote it. */
#ifndef DECODE_HTTP_REFUSAL_H
#define DECODE_HTTP_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/speech.h"

/* Who wrote an error page, by its Server and Via fields and its words. */
enum http_author {
    HTTP_AUTHOR_UNKNOWN,
    HTTP_AUTHOR_NGINX,
    HTTP_AUTHOR_HAPROXY,
    HTTP_AUTHOR_ENVOY,
    HTTP_AUTHOR_AWS_ELB,
    HTTP_AUTHOR_APACHE,
    HTTP_AUTHOR_VARNISH,
    HTTP_AUTHOR_SQUID,
    HTTP_AUTHOR_TRAEFIK,
    HTTP_AUTHOR_CADDY,
    HTTP_AUTHOR_CLOUDFLARE,
    HTTP_AUTHOR_COUNT
};

/* What the author says of the server behind it. */
enum http_upstream {
    HTTP_UPSTREAM_UNSAID,
    HTTP_UPSTREAM_REFUSED,   /* no connection could be made */
    HTTP_UPSTREAM_TIMED_OUT, /* to connect or to answer */
    HTTP_UPSTREAM_BROKE_OFF, /* closed, reset, or answered nonsense */
    HTTP_UPSTREAM_ABSENT,    /* no server is configured or healthy */
    HTTP_UPSTREAM_COUNT
};

struct http_refusal {
    struct speech_place place; /* frame 0 = none */
    struct speech_place asked; /* the request that it answers; frame 0 = none was open */
    uint32_t stream;           /* HTTP/2 only */
    uint16_t status;           /* 0 = none */
    bool is_tls_wanted;        /* it says that its port speaks TLS */
    uint8_t author, upstream;  /* enum http_author, enum http_upstream */
    char words[48];            /* what it names as reason, else its reason phrase; any byte but 0,
                                  which ends it */
};

/* Whether a status refuses so: VERDICTS.md 9.3. */
bool http_refuses(unsigned status);

/* Adds what a header field, or the body's beginning, tells of the author. The texts are not
 * terminated. */
void http_author_field(struct http_refusal *refusal, const char *name, size_t n_name,
                       const char *value, size_t n_value);
void http_author_body(struct http_refusal *refusal, const char *body, size_t n_body);

#endif
