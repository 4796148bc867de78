/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's list of listening TCP sockets, over netlink (sock_diag(7)): no packet, no privilege.
 * Any thread, one at a time.
 */
#ifndef APP_SOCKDIAG_H
#define APP_SOCKDIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipaddr.h"

/* One listening socket. */
struct listening_socket {
    struct ipaddr addr; /* all zero or IPv4's 0.0.0.0: any address */
    uint16_t port;
    bool is_v6;       /* of family AF_INET6 */
    bool is_v6_only;  /* does not take IPv4 */
    uint32_t if_idx;  /* bound to this interface; 0 = to none */
    uint64_t cookie;  /* the kernel's, unique until it restarts */
    uint32_t recv_q;  /* connections that wait for accept() */
    uint32_t backlog; /* how many may: it is full above this */
};

typedef void (*sockdiag_fn)(void *ctx, const struct listening_socket *socket);

/* The netlink socket, kept for later: a sandbox need not allow another. -errno with a reason. */
int sockdiag_open(int *fd, struct err *err) MUST_CHECK;

/* Calls `each` for every TCP socket that listens in the network namespace that `fd` was opened in.
 * Does not wait: the kernel answers within the call. 0, or -errno where the list is not complete.
 */
int sockdiag_list(int fd, sockdiag_fn each, void *ctx) MUST_CHECK;

/* One netlink datagram of the answer. 1: more is to come, 0: that was the end, else -errno. */
int sockdiag_parse(const void *bytes, size_t n_bytes, uint32_t seq, sockdiag_fn each,
                   void *ctx) MUST_CHECK;

#endif
