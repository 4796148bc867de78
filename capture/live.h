/* SPDX-License-Identifier: BSD-2-Clause */
/* Network interfaces through libpcap: an input that waits for no consumer longer than the
 * kernel's buffer lasts. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "capture/shed.h"

struct capture;

/* How long the kernel may keep a packet back to fill its block (TPACKET_V3 retire timeout).
 * Immediate mode would cost 20 times the CPU at full rate. */
#define LIVE_BUFFER_TIMEOUT_MS 100

struct live_interface {
    pcap_t *pcap; /* NULL when the interface is gone */
    int fd;       /* borrowed from pcap */
    int number;   /* of the interface that fd is bound to; 0 = "any" */
    bool is_away; /* down or gone */
    bool is_nanosecond;
    uint8_t source;
    uint16_t linktype;
    uint16_t fanout_group; /* of the leader, with live.is_shared */
    struct shed shed;
    uint32_t kernel_dropped_seen; /* by pcap_stats, where it had to be asked; in 32 bits */
    int card_fds[2];              /* the card's own drop counts in sysfs; -1 = not known */
    uint64_t card_dropped_seen;
};

struct live {
    struct live_interface *interfaces; /* config.n_interfaces */
    size_t n_alive;
    int ask_fd;             /* a socket to ask the kernel about interfaces with */
    int64_t last_stats_ns;  /* CLOCK_MONOTONIC */
    int64_t held_ns;        /* the same, when packets were last left in the kernel; 0 = never */
    int64_t looked_ns;      /* whether interfaces are there; CLOCK_MONOTONIC */
    int64_t drain_until_ns; /* CLOCK_MONOTONIC; 0 = not stopping */
    bool is_shared;         /* with other members, and the kernel can do it */
    int64_t shared_ns;      /* CLOCK_REALTIME: what came before may be another member's; 0 = no */
};

size_t live_memory_bytes(size_t n_interfaces);

/* Fills capture->input.live and ops, as capture_open says. */
MUST_CHECK int live_open(struct capture *capture, struct arena *arena, struct err *err);

/* All members are open: from now on each connection has its place. After feed_init. */
void live_share(struct capture *capture);

#endif
