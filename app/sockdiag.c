/* SPDX-License-Identifier: BSD-2-Clause */
/* See sockdiag.h. */
#include "app/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES 16384

struct request {
    struct nlmsghdr header;
    struct inet_diag_req_v2 wanted;
};

int sockdiag_open(int *fd, struct err *err)
{
    int opened = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);

    if (opened < 0)
        return err_set(err, -errno, "cannot ask the kernel for its sockets: %s", strerror(errno));
    *fd = opened;
    return 0;
}

static int ask(int fd, uint8_t family)
{
    struct request request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = family},
        .wanted = {.sdiag_family = family,
                   .sdiag_protocol = IPPROTO_TCP,
                   .idiag_states = UINT32_C(1) << TCP_LISTEN},
    };
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

    if (sendto(fd, &request, sizeof(request), 0, (const struct sockaddr *)&kernel,
               sizeof(kernel)) != (ssize_t)sizeof(request))
        return -errno;
    return 0;
}

/* Whether an IPv6 socket leaves IPv4 alone stands in an attribute behind the fixed part. */
static bool is_v6_only(const uint8_t *at, size_t left_bytes)
{
    struct rtattr attribute;

    while (left_bytes >= sizeof(attribute)) {
        size_t step;

        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > left_bytes)
            return false;
        if (attribute.rta_type == INET_DIAG_SKV6ONLY && attribute.rta_len > sizeof(attribute))
            return at[sizeof(attribute)] != 0;
        step = RTA_ALIGN(attribute.rta_len);
        if (step > left_bytes)
            return false;
        at += step;
        left_bytes -= step;
    }
    return false;
}

static void tell(const uint8_t *body, size_t n_bytes, sockdiag_fn each, void *ctx)
{
    struct inet_diag_msg message;
    struct listening_socket socket;
    bool is_v6;

    if (n_bytes < sizeof(message))
        return;
    memcpy(&message, body, sizeof(message));
    is_v6 = message.idiag_family == AF_INET6;
    if (message.idiag_state != TCP_LISTEN || (!is_v6 && message.idiag_family != AF_INET))
        return;
    socket = (struct listening_socket){
        .addr = is_v6 ? ipaddr_from_v6((const uint8_t *)message.id.idiag_src)
                      : ipaddr_from_v4((const uint8_t *)message.id.idiag_src),
        .port = ntohs(message.id.idiag_sport),
        .is_v6 = is_v6,
        .is_v6_only = is_v6 && is_v6_only(body + sizeof(message), n_bytes - sizeof(message)),
        .if_idx = message.id.idiag_if,
        .cookie = (uint64_t)message.id.idiag_cookie[1] << 32 | message.id.idiag_cookie[0],
        .recv_q = message.idiag_rqueue,
        .backlog = message.idiag_wqueue,
    };
    each(ctx, &socket);
}

static int error_of(const uint8_t *body, size_t n_bytes)
{
    struct nlmsgerr error;

    if (n_bytes < sizeof(error))
        return -EBADMSG;
    memcpy(&error, body, sizeof(error));
    return error.error < 0 ? error.error : -EBADMSG;
}

int sockdiag_parse(const void *bytes, size_t n_bytes, uint32_t seq, sockdiag_fn each, void *ctx)
{
    const uint8_t *at = bytes;
    struct nlmsghdr header;

    while (n_bytes >= sizeof(header)) {
        size_t step;

        memcpy(&header, at, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > n_bytes)
            return -EBADMSG;
        if (header.nlmsg_seq == seq && header.nlmsg_type == NLMSG_DONE)
            return 0;
        if (header.nlmsg_seq == seq && header.nlmsg_type == NLMSG_ERROR)
            return error_of(at + sizeof(header), header.nlmsg_len - sizeof(header));
        if (header.nlmsg_seq == seq && header.nlmsg_type == SOCK_DIAG_BY_FAMILY)
            tell(at + sizeof(header), header.nlmsg_len - sizeof(header), each, ctx);
        step = NLMSG_ALIGN((size_t)header.nlmsg_len);
        if (step > n_bytes)
            break;
        at += step;
        n_bytes -= step;
    }
    return 1;
}

static int list_family(int fd, uint8_t family, sockdiag_fn each, void *ctx)
{
    alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
    int code = ask(fd, family);

    if (code)
        return code;
    do {
        ssize_t n_bytes = recv(fd, answer, sizeof(answer), 0);

        if (n_bytes < 0 && errno == EINTR)
            continue;
        if (n_bytes < 0)
            return -errno;
        code = sockdiag_parse(answer, (size_t)n_bytes, family, each, ctx);
    } while (code == 1);
    return code;
}

int sockdiag_list(int fd, sockdiag_fn each, void *ctx)
{
    int code = list_family(fd, AF_INET, each, ctx);

    return code ? code : list_family(fd, AF_INET6, each, ctx);
}
