/* SPDX-License-Identifier: BSD-2-Clause */
/* See http_address.h. */
#include "app/http_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *text, struct err *err)
{
    return err_set(err, -EINVAL, "--metrics wants ADDR:PORT such as 127.0.0.1:9817, not \"%s\"",
                   text);
}

/* 0 where it is none. */
static uint16_t parse_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    return *text < '0' || *text > '9' || *end || port > UINT16_MAX ? 0 : (uint16_t)port;
}

static void set_v4(struct http_address *address, struct in_addr addr, uint16_t port)
{
    const struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = addr};

    memcpy(&address->addr, &v4, sizeof(v4));
    address->addr_bytes = sizeof(v4);
}

static void set_v6(struct http_address *address, const struct in6_addr *addr, uint16_t port)
{
    const struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = *addr};

    memcpy(&address->addr, &v6, sizeof(v6));
    address->addr_bytes = sizeof(v6);
}

int http_address_parse(struct http_address *address, const char *text, struct err *err)
{
    const char *colon = strrchr(text, ':');
    uint16_t port = parse_port(colon ? colon + 1 : text);
    size_t host_bytes = colon ? (size_t)(colon - text) : 0;
    struct in_addr v4 = {.s_addr = htonl(INADDR_LOOPBACK)};
    char host[INET6_ADDRSTRLEN + 2];
    struct in6_addr v6;

    *address = (struct http_address){0};
    if (!port || host_bytes >= sizeof(host) || (colon && host_bytes == 0))
        return refuse(text, err);
    memcpy(host, text, host_bytes);
    host[host_bytes] = '\0';
    if (!colon || strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &v4) == 1) {
        set_v4(address, v4, port);
        return 0;
    }
    if (host_bytes < 2 || host[0] != '[' || host[host_bytes - 1] != ']')
        return refuse(text, err);
    host[host_bytes - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &v6) != 1)
        return refuse(text, err);
    set_v6(address, &v6, port);
    return 0;
}
