/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts generated packets on an interface, for live benches: the frames of capture/synthetic.h at a
 * rate, or as fast as the kernel takes them.
 *
 *   blast INTERFACE mix|flows|flood PACKETS RATE [PAYLOAD [OPEN]]
 *
 * RATE packets a second, 0: no limit; OPEN flows at the same time.
 * mix: 97 of 100 connections are fine, 10,000 at once, and packets near IMIX. flows: a fifth of the
 * packets are of failures, PAYLOAD bytes in a data packet. flood: SYNs only.
 *
 * Prints the packets that the kernel took and their true rate. Needs CAP_NET_RAW.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "capture/synthetic.h"

#define BATCH_PKTS 64
#define FRAME_BYTES 1514
#define N_OPEN_FLOWS 20000
#define N_DATA_PKTS 16

/* Of the mix. */
#define MIX_OPEN_FLOWS 10000
#define MIX_DATA_PKTS 24
#define MIX_CLIENTS 60000
#define MIX_ATTEMPTS 1000000000u /* more than there are packets */

struct blaster {
    int fd;
    uint64_t rate_pkts;
    int64_t start_ns;
    uint64_t n_sent, n_wanted;
    struct mmsghdr message[BATCH_PKTS];
    struct iovec part[BATCH_PKTS];
    uint8_t bytes[BATCH_PKTS][FRAME_BYTES];
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int open_socket(const char *interface)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    int yes = 1;

    to.sll_ifindex = (int)if_nametoindex(interface);
    if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        fprintf(stderr, "blast: %s: %s\n", interface, strerror(errno));
        return -1;
    }
    /* No queueing discipline in between: what the socket takes is on the wire. */
    (void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
    return fd;
}

static unsigned fill(struct blaster *blaster, struct synthetic *synthetic)
{
    struct raw_packet packet;
    unsigned n = 0;

    while (n < BATCH_PKTS && blaster->n_sent + n < blaster->n_wanted &&
           synthetic_next(synthetic, &packet)) {
        memcpy(blaster->bytes[n], packet.bytes, packet.captured_bytes);
        blaster->part[n] = (struct iovec){blaster->bytes[n], packet.captured_bytes};
        blaster->message[n].msg_hdr =
            (struct msghdr){.msg_iov = &blaster->part[n], .msg_iovlen = 1};
        n++;
    }
    return n;
}

/* Sleeps until the packets sent so far are due. */
static void keep_rate(const struct blaster *blaster)
{
    int64_t due_ns, ahead_ns;

    if (blaster->rate_pkts == 0)
        return;
    due_ns = blaster->start_ns + (int64_t)(blaster->n_sent * NS_PER_S / blaster->rate_pkts);
    ahead_ns = due_ns - now_ns();
    if (ahead_ns > 0)
        (void)nanosleep(&(struct timespec){.tv_sec = (time_t)(ahead_ns / NS_PER_S),
                                           .tv_nsec = (long)(ahead_ns % NS_PER_S)},
                        NULL);
}

static int blast(struct blaster *blaster, struct synthetic *synthetic)
{
    unsigned n;

    while ((n = fill(blaster, synthetic)) > 0) {
        unsigned done = 0;

        while (done < n) {
            int n_taken = sendmmsg(blaster->fd, blaster->message + done, n - done, 0);

            if (n_taken < 0 && errno != ENOBUFS && errno != EINTR) {
                fprintf(stderr, "blast: %s\n", strerror(errno));
                return 1;
            }
            done += n_taken > 0 ? (unsigned)n_taken : 0;
        }
        blaster->n_sent += n;
        keep_rate(blaster);
    }
    return 0;
}

static enum synthetic_mode mode_of(const char *word)
{
    static const char *const words[SYNTHETIC_MODE_COUNT] = {
        [SYNTHETIC_FLOWS] = "flows", [SYNTHETIC_FLOOD] = "flood", [SYNTHETIC_MIX] = "mix"};
    unsigned mode = 0;

    while (mode < SYNTHETIC_MODE_COUNT && strcmp(word, words[mode]) != 0)
        mode++;
    return (enum synthetic_mode)mode;
}

int main(int argc, char **argv)
{
    static struct blaster blaster;
    static struct synthetic synthetic;
    enum synthetic_mode mode = argc > 2 ? mode_of(argv[2]) : SYNTHETIC_MODE_COUNT;
    bool is_mix = mode == SYNTHETIC_MIX;
    uint64_t n_pkts = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    int64_t took_ns;
    int code;

    if (argc < 5 || n_pkts == 0 || mode == SYNTHETIC_MODE_COUNT) {
        fprintf(stderr, "usage: blast INTERFACE mix|flows|flood PACKETS RATE [PAYLOAD [OPEN]]\n");
        return 2;
    }
    blaster.fd = open_socket(argv[1]);
    if (blaster.fd < 0)
        return 1;
    blaster.rate_pkts = strtoull(argv[4], NULL, 10);
    blaster.n_wanted = n_pkts;
    synthetic_init(&synthetic,
                   &(struct synthetic_config){
                       .mode = mode,
                       .seed = 1,
                       .n_pkts = n_pkts,
                       .n_open_flows = argc > 6 ? (uint32_t)strtoul(argv[6], NULL, 10)
                                       : is_mix ? MIX_OPEN_FLOWS
                                                : N_OPEN_FLOWS,
                       .n_data_pkts = is_mix ? MIX_DATA_PKTS : N_DATA_PKTS,
                       .n_attempts = MIX_ATTEMPTS,
                       .n_clients = MIX_CLIENTS,
                       .share = {[SYNTHETIC_CLOSED] = 97,
                                 [SYNTHETIC_REFUSED] = 1,
                                 [SYNTHETIC_RESET] = 1,
                                 [SYNTHETIC_TIMED_OUT] = 1},
                       .payload_bytes = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 64,
                       .n_sources = UINT32_MAX,
                   });
    blaster.start_ns = now_ns();
    code = blast(&blaster, &synthetic);
    took_ns = now_ns() - blaster.start_ns;
    printf("%" PRIu64 " packets sent, %.0f a second\n", blaster.n_sent,
           (double)blaster.n_sent * NS_PER_S / (double)took_ns);
    (void)close(blaster.fd);
    return code;
}
