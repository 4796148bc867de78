/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small HTTP server for figures, on a thread of its own: GET of a few paths, one request a
 * connection, few connections, none for long. Nothing that a client does reaches the capture.
 *
 * Bounds: HTTP_CONNECTIONS at a time, others wait in the kernel's queue; HTTP_IDLE_S without a byte
 * and HTTP_LIFE_NS in all; HTTP_REQUEST_BYTES of request.
 */
#ifndef APP_HTTP_SERVER_H
#define APP_HTTP_SERVER_H

#include <stddef.h>

#include "app/http_address.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/text.h"

#define HTTP_CONNECTIONS 4
#define HTTP_IDLE_S 2
#define HTTP_LIFE_NS (10 * NS_PER_S)
#define HTTP_REQUEST_BYTES 4096

struct http_server;

/* Appends the answer's body and returns its status, 200 or 503. The server's thread. */
typedef unsigned (*http_page_fn)(void *ctx, struct text *body);

struct http_page {
    const char *path;
    const char *content_type;
    size_t max_bytes; /* of the body */
    http_page_fn write;
};

struct http_config {
    const struct http_address *address;
    const struct http_page *pages; /* live as long as the server */
    size_t n_pages;
    void *ctx; /* of their functions */
};

/* Binds and listens: before rights are given up. -ENOSYS: this build has no server. */
int http_server_open(struct http_server **server, const struct http_config *config,
                     struct err *err) MUST_CHECK;

/* Starts the thread: after rights were given up. */
int http_server_start(struct http_server *server, struct err *err) MUST_CHECK;

/* Ends the thread and all connections. NULL is fine. */
void http_server_close(struct http_server *server);

#endif
