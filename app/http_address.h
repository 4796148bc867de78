/* SPDX-License-Identifier: BSD-2-Clause */
/* ADDR:PORT of --metrics. */
#ifndef APP_HTTP_ADDRESS_H
#define APP_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "base/compiler.h"
#include "base/err.h"

struct http_address {
    struct sockaddr_storage addr;
    socklen_t addr_bytes; /* 0 = none */
};

/* "127.0.0.1:9817", "[::1]:9817", "localhost:9817"; a bare port is one of 127.0.0.1. Asks no name
 * server. -EINVAL where it is something else. */
int http_address_parse(struct http_address *address, const char *text, struct err *err) MUST_CHECK;

#endif
