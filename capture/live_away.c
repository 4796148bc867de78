/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interfaces that go away and come back.
 *
 * Theory of operation: an interface that is taken down keeps its packet socket, and the kernel goes
 * on with it when it is up again. One that is removed (a driver loaded anew, a tunnel, a
 * container's end of a veth) leaves a socket that is bound to nothing; when an interface of that
 * name is there again, the same socket is bound to it, for which no right is needed. Once a second,
 * by name and number; while one is away nothing is known of its packets, which is told as a loss.
 * A socket that shares its packets with others cannot be bound again: packet_do_bind() refuses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/live_private.h"

int live_away_open(struct live *live, struct err *err)
{
    live->ask_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (live->ask_fd < 0)
        return err_set(err, -errno, "cannot ask for interfaces: %s", strerror(errno));
    return 0;
}

void live_away_close(struct live *live)
{
    if (live->ask_fd >= 0)
        (void)close(live->ask_fd);
    live->ask_fd = -1;
}

int live_number_of(const struct live *live, const char *name)
{
    struct ifreq request = {0};

    (void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    return ioctl(live->ask_fd, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

/* By its number: it may have another name by now. */
static bool is_there(const struct live *live, int number, struct ifreq *request)
{
    *request = (struct ifreq){.ifr_ifindex = number};
    return ioctl(live->ask_fd, SIOCGIFNAME, request) == 0;
}

static bool is_up(const struct live *live, struct ifreq *request)
{
    return ioctl(live->ask_fd, SIOCGIFFLAGS, request) == 0 && request->ifr_flags & IFF_UP;
}

/* To the interface that has the name now. */
static bool bind_again(const struct live *live, struct live_interface *interface, const char *name,
                       bool is_promiscuous)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETH_P_ALL),
                                  .sll_ifindex = live_number_of(live, name)};
    socklen_t code_bytes = sizeof(int);
    int code;
    struct packet_mreq wish = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};

    if (address.sll_ifindex == 0 ||
        bind(interface->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        return false;
    if (is_promiscuous)
        (void)setsockopt(interface->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wish, sizeof(wish));
    /* What was said of the socket while it was bound to nothing is history. */
    (void)getsockopt(interface->fd, SOL_SOCKET, SO_ERROR, &code, &code_bytes);
    interface->number = address.sll_ifindex;
    live_open_card_counts(interface, name);
    return true;
}

bool live_is_gone(const struct live *live, const struct live_interface *interface)
{
    struct ifreq request;

    return interface->number != 0 && !is_there(live, interface->number, &request);
}

bool live_is_away(struct capture *capture, struct live_interface *interface)
{
    const struct live *live = &capture->input.live;
    const char *name = capture->sources[interface->source].input;
    struct ifreq request;

    if (interface->number == 0) /* "any" is always there */
        return false;
    if (!is_there(live, interface->number, &request)) {
        if (!bind_again(live, interface, name, capture->config.is_promiscuous))
            return true;
        (void)is_there(live, interface->number, &request);
    }
    return !is_up(live, &request);
}
