/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's answer about its listeners: whole, cut anywhere, and asked for. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/sockdiag.h"

#define SEQ 42
#define SOCKETS_MAX 4096

struct found {
    uint32_t n;
    struct listening_socket socket[SOCKETS_MAX];
};

static void keep(void *ctx, const struct listening_socket *socket)
{
    struct found *found = ctx;

    if (found->n < SOCKETS_MAX)
        found->socket[found->n++] = *socket;
}

/* One message of the kernel: a listener on [::]:8080 that leaves IPv4 alone. */
struct answer {
    struct nlmsghdr header;
    struct inet_diag_msg body;
    struct rtattr first; /* of a kind that nobody asked for */
    uint8_t first_value[4];
    struct rtattr attribute;
    uint8_t v6_only;
    uint8_t pad[3];
    struct nlmsghdr done;
};

static struct answer answer(void)
{
    struct answer answer = {
        .header = {.nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_seq = SEQ},
        .body = {.idiag_family = AF_INET6,
                 .idiag_state = TCP_LISTEN,
                 .id = {.idiag_sport = htons(8080), .idiag_if = 3, .idiag_cookie = {5, 1}},
                 .idiag_rqueue = 6,
                 .idiag_wqueue = 5},
        .first = {.rta_len = sizeof(struct rtattr) + 4, .rta_type = INET_DIAG_SHUTDOWN},
        .attribute = {.rta_len = sizeof(struct rtattr) + 1, .rta_type = INET_DIAG_SKV6ONLY},
        .v6_only = 1,
        .done = {.nlmsg_len = sizeof(struct nlmsghdr), .nlmsg_type = NLMSG_DONE, .nlmsg_seq = SEQ},
    };

    answer.header.nlmsg_len = offsetof(struct answer, pad);
    return answer;
}

static void a_listener_is_read_with_its_queue_and_its_family(void **state)
{
    static struct found found;
    const struct answer whole = answer();
    const struct listening_socket *socket = &found.socket[0];

    (void)state;
    found.n = 0;
    assert_int_equal(sockdiag_parse(&whole, sizeof(whole), SEQ, keep, &found), 0);
    assert_int_equal(found.n, 1);
    assert_int_equal(socket->port, 8080);
    assert_true(socket->is_v6 && socket->is_v6_only);
    assert_int_equal(socket->if_idx, 3);
    assert_true(socket->cookie == (UINT64_C(1) << 32 | 5));
    assert_int_equal(socket->recv_q, 6);
    assert_int_equal(socket->backlog, 5);
}

static void what_was_not_asked_for_is_passed_over(void **state)
{
    static struct found found;
    struct answer other = answer();

    (void)state;
    found.n = 0;
    other.header.nlmsg_seq = SEQ + 1;
    assert_int_equal(sockdiag_parse(&other, sizeof(other), SEQ, keep, &found), 0);
    other = answer();
    other.body.idiag_state = TCP_ESTABLISHED;
    assert_int_equal(sockdiag_parse(&other, sizeof(other), SEQ, keep, &found), 0);
    other = answer();
    other.body.idiag_family = AF_UNIX;
    assert_int_equal(sockdiag_parse(&other, sizeof(other), SEQ, keep, &found), 0);
    assert_int_equal(found.n, 0);
}

static void an_answer_cut_anywhere_is_read_up_to_there(void **state)
{
    static struct found found;
    const struct answer whole = answer();

    (void)state;
    for (size_t n_bytes = 0; n_bytes < sizeof(whole); n_bytes++) {
        uint8_t *cut = malloc(n_bytes ? n_bytes : 1);

        assert_non_null(cut);
        memcpy(cut, &whole, n_bytes);
        found.n = 0;
        assert_int_not_equal(sockdiag_parse(cut, n_bytes, SEQ, keep, &found), 0);
        assert_int_equal(found.n, n_bytes >= whole.header.nlmsg_len);
        free(cut);
    }
}

static void lengths_that_cannot_be_end_it(void **state)
{
    static struct found found;
    struct answer bad = answer();

    (void)state;
    found.n = 0;
    bad.header.nlmsg_len = sizeof(struct nlmsghdr) - 1;
    assert_int_equal(sockdiag_parse(&bad, sizeof(bad), SEQ, keep, &found), -EBADMSG);
    bad.header.nlmsg_len = UINT32_MAX;
    assert_int_equal(sockdiag_parse(&bad, sizeof(bad), SEQ, keep, &found), -EBADMSG);
    bad = answer();
    bad.first.rta_len = UINT16_MAX;
    assert_int_equal(sockdiag_parse(&bad, sizeof(bad), SEQ, keep, &found), 0);
    assert_int_equal(found.n, 1);
    assert_false(found.socket[0].is_v6_only);
    bad.first.rta_len = 0;
    assert_int_equal(sockdiag_parse(&bad, sizeof(bad), SEQ, keep, &found), 0);
}

static void an_error_is_passed_on(void **state)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } refused = {
        .header = {.nlmsg_len = sizeof(refused), .nlmsg_type = NLMSG_ERROR, .nlmsg_seq = SEQ},
        .error = {.error = -ENOENT}};

    (void)state;
    assert_int_equal(sockdiag_parse(&refused, sizeof(refused), SEQ, keep, NULL), -ENOENT);
    refused.error.error = 0;
    assert_int_equal(sockdiag_parse(&refused, sizeof(refused), SEQ, keep, NULL), -EBADMSG);
}

static void this_kernel_tells_of_a_socket_that_listens(void **state)
{
    static struct found found;
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t addr_bytes = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint32_t n_mine = 0;
    struct err err;
    int fd = -1;

    (void)state;
    if (sockdiag_open(&fd, &err))
        skip();
    assert_int_equal(bind(listener, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(listener, 7), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &addr_bytes), 0);
    found.n = 0;
    assert_int_equal(sockdiag_list(fd, keep, &found), 0);
    for (uint32_t i = 0; i < found.n; i++) {
        if (found.socket[i].port != ntohs(addr.sin_port) || found.socket[i].is_v6)
            continue;
        n_mine++;
        assert_true(ipaddr_is_loopback(&found.socket[i].addr));
        assert_int_equal(found.socket[i].recv_q, 0);
        assert_int_equal(found.socket[i].backlog, 7);
    }
    assert_int_equal(n_mine, 1);
    close(listener);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_is_read_with_its_queue_and_its_family),
        cmocka_unit_test(what_was_not_asked_for_is_passed_over),
        cmocka_unit_test(an_answer_cut_anywhere_is_read_up_to_there),
        cmocka_unit_test(lengths_that_cannot_be_end_it),
        cmocka_unit_test(an_error_is_passed_on),
        cmocka_unit_test(this_kernel_tells_of_a_socket_that_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
