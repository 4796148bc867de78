/* SPDX-License-Identifier: BSD-2-Clause */
/* See http_server.h: for builds without libmicrohttpd. */
#include <errno.h>

#include "app/http_server.h"

int http_server_open(struct http_server **server, const struct http_config *config, struct err *err)
{
    (void)server, (void)config;
    return err_set(err, -ENOSYS, "--metrics: this tcpwhy was built without libmicrohttpd");
}

int http_server_start(struct http_server *server, struct err *err)
{
    (void)server;
    return err_set(err, -ENOSYS, "--metrics: this tcpwhy was built without libmicrohttpd");
}

void http_server_close(struct http_server *server)
{
    (void)server;
}
