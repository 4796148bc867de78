/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who refused: header fields and phrases of the proxies' own error pages (VERDICTS.md 9.3 and
 * 13.7; the phrases are from each proxy's source, named in the table).
 */
#include <string.h>
#include <strings.h>

#include "base/compiler.h"
#include "decode/http_refusal.h"

struct product {
    const char *field, *word; /* lower case; the value begins with the word or has it after " " */
    enum http_author author;
};

static const struct product products[] = {
    {"server", "nginx", HTTP_AUTHOR_NGINX},       {"server", "openresty", HTTP_AUTHOR_NGINX},
    {"server", "envoy", HTTP_AUTHOR_ENVOY},       {"server", "istio-envoy", HTTP_AUTHOR_ENVOY},
    {"server", "awselb", HTTP_AUTHOR_AWS_ELB},    {"server", "apache", HTTP_AUTHOR_APACHE},
    {"server", "varnish", HTTP_AUTHOR_VARNISH},   {"server", "squid", HTTP_AUTHOR_SQUID},
    {"server", "caddy", HTTP_AUTHOR_CADDY},       {"server", "cloudflare", HTTP_AUTHOR_CLOUDFLARE},
    {"server", "haproxy", HTTP_AUTHOR_HAPROXY},   {"via", "varnish", HTTP_AUTHOR_VARNISH},
    {"x-squid-error", "err_", HTTP_AUTHOR_SQUID},
};

struct phrase {
    const char *words;
    enum http_author author;
    enum http_upstream upstream;
};

/* The more telling first: of those in the text so far the first counts. */
static const struct phrase phrases[] = {
    /* Envoy: source/common/router/router.cc, "reset reason:" from stream_reset_reason strings */
    {"reset reason: connection timeout", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_TIMED_OUT},
    {"reset reason: connection failure", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_REFUSED},
    {"reset reason: remote connection failure", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_REFUSED},
    {"reset reason: connection termination", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_BROKE_OFF},
    {"reset reason: remote reset", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_BROKE_OFF},
    {"reset reason: protocol error", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_BROKE_OFF},
    {"upstream connect error or disconnect/reset before headers", HTTP_AUTHOR_ENVOY,
     HTTP_UPSTREAM_BROKE_OFF},
    {"no healthy upstream", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_ABSENT},
    {"upstream request timeout", HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_TIMED_OUT},
    /* HAProxy: http_err_msgs of src/http.c */
    {"No server is available to handle this request", HTTP_AUTHOR_HAPROXY, HTTP_UPSTREAM_ABSENT},
    {"The server returned an invalid or incomplete response", HTTP_AUTHOR_HAPROXY,
     HTTP_UPSTREAM_BROKE_OFF},
    {"The server didn't respond in time", HTTP_AUTHOR_HAPROXY, HTTP_UPSTREAM_TIMED_OUT},
    /* Apache: modules/http/http_protocol.c */
    {"The proxy server received an invalid", HTTP_AUTHOR_APACHE, HTTP_UPSTREAM_BROKE_OFF},
    {"The gateway did not receive a timely response", HTTP_AUTHOR_APACHE, HTTP_UPSTREAM_TIMED_OUT},
    {"due to maintenance downtime or capacity", HTTP_AUTHOR_APACHE, HTTP_UPSTREAM_REFUSED},
    /* Varnish: builtin.vcl and cache_fetch.c */
    {"Backend fetch failed", HTTP_AUTHOR_VARNISH, HTTP_UPSTREAM_REFUSED},
    {"Guru Meditation", HTTP_AUTHOR_VARNISH, HTTP_UPSTREAM_UNSAID},
    /* Squid: errors/templates */
    {"ERR_CONNECT_FAIL", HTTP_AUTHOR_SQUID, HTTP_UPSTREAM_REFUSED},
    {"ERR_READ_TIMEOUT", HTTP_AUTHOR_SQUID, HTTP_UPSTREAM_TIMED_OUT},
    {"ERR_ZERO_SIZE_OBJECT", HTTP_AUTHOR_SQUID, HTTP_UPSTREAM_BROKE_OFF},
    /* Traefik: pkg/server/service/loadbalancer */
    {"no available server", HTTP_AUTHOR_TRAEFIK, HTTP_UPSTREAM_ABSENT},
    /* nginx: ngx_http_special_response.c ends every page so */
    {"<hr><center>nginx", HTTP_AUTHOR_NGINX, HTTP_UPSTREAM_UNSAID},
    {"<hr><center>openresty", HTTP_AUTHOR_NGINX, HTTP_UPSTREAM_UNSAID},
};

static bool begins_with(const char *value, size_t n_value, const char *word)
{
    size_t n_word = strlen(word);

    return n_value >= n_word && strncasecmp(value, word, n_word) == 0;
}

/* The word opens the value or a later part of it: "1.1 varnish", "HIT, 1.1 varnish (7.2)". */
static bool names(const char *value, size_t n_value, const char *word)
{
    for (size_t i = 0; i < n_value; i++) {
        if ((i == 0 || value[i - 1] == ' ') && begins_with(value + i, n_value - i, word))
            return true;
    }
    return false;
}

static void learn_phrase(struct http_refusal *refusal, const struct phrase *phrase,
                         const char *found, size_t n_left)
{
    static const char reason[] = "reset reason: ";
    size_t n_words = strlen(phrase->words);

    refusal->author = (uint8_t)phrase->author;
    if (phrase->upstream == HTTP_UPSTREAM_UNSAID)
        return;
    refusal->upstream = (uint8_t)phrase->upstream;
    if (begins_with(found, n_left, reason)) {
        found += sizeof(reason) - 1;
        n_words -= sizeof(reason) - 1;
    }
    speech_keep(refusal->words, sizeof(refusal->words), found, n_words);
}

void http_author_field(struct http_refusal *refusal, const char *name, size_t n_name,
                       const char *value, size_t n_value)
{
    for (size_t i = 0; i < ARRAY_LEN(products); i++) {
        const struct product *product = &products[i];

        if (strlen(product->field) == n_name && strncasecmp(name, product->field, n_name) == 0 &&
            names(value, n_value, product->word)) {
            refusal->author = (uint8_t)product->author;
            break;
        }
    }
    if (n_name == sizeof("x-squid-error") - 1 && strncasecmp(name, "x-squid-error", n_name) == 0)
        http_author_body(refusal, value, n_value);
}

/* nginx: NGX_HTTP_TO_HTTPS; Go: net/http/server.go; Apache: ssl_engine_io.c. */
static bool wants_tls(const char *body, size_t n_body)
{
    static const char *const words[] = {"plain HTTP request was sent to HTTPS port",
                                        "sent an HTTP request to an HTTPS server",
                                        "speaking plain HTTP to an SSL-enabled server port"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (memmem(body, n_body, words[i], strlen(words[i])))
            return true;
    }
    return false;
}

void http_author_body(struct http_refusal *refusal, const char *body, size_t n_body)
{
    refusal->is_tls_wanted |= wants_tls(body, n_body);
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
        size_t n_words = strlen(phrases[i].words);
        const char *found = memmem(body, n_body, phrases[i].words, n_words);

        if (found) {
            learn_phrase(refusal, &phrases[i], found, n_body - (size_t)(found - body));
            return;
        }
    }
}

bool http_refuses(unsigned status)
{
    static const uint16_t refusals[] = {400, 407, 408, 413, 414, 421, 426, 429, 431, 502,
                                        503, 504, 520, 521, 522, 523, 524, 525, 526};

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i] == status)
            return true;
    }
    return false;
}
