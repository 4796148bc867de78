/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests for neighbours that nobody answers: ARP (RFC 826) and IPv6 neighbour solicitations
 * (RFC 4861). A host asks three times, a second apart, before it gives up (Linux: mcast_solicit and
 * retrans_time_ms); until it knows the neighbour it sends no SYN, so that these requests are all
 * that a capture has of the connection.
 *
 * A fixed table: when it is full, the resolution that was quiet longest is forgotten. Private to
 * flowtable/.
 */
#ifndef FLOWTABLE_NEIGHBOUR_H
#define FLOWTABLE_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/nanotime.h"

struct packet;

#define NEIGHBOURS_MAX 64

/* Requests that make a resolution; all are the same packet. */
#define NEIGHBOUR_REQUESTS 3
/* Requests closer together are one captured twice, on a bridge and its port. */
#define NEIGHBOUR_STEP_MIN_NS (200 * NS_PER_MS)
/* A longer pause begins another resolution; steps are 1 s. */
#define NEIGHBOUR_STEP_MAX_NS (2500 * NS_PER_MS)
/* The last request has had its time. */
#define NEIGHBOUR_WAIT_NS (1 * NS_PER_S)

/* A resolution under way. */
struct neighbour {
    struct ipaddr asker, target;
    int64_t first_ns, last_ns;        /* requests */
    uint64_t first_frame, last_frame; /* ordinals */
    uint8_t mac[6];                   /* the asker's */
    uint8_t n_requests;               /* 0 = the entry is free */
    bool is_egress;                   /* the link layer says that the asker is the capturing host */
};

struct neighbours {
    struct neighbour entry[NEIGHBOURS_MAX]; /* all zero: nobody asks */
};

/* A PACKET_NEIGHBOUR. Probes for an address of one's own (RFC 5227, RFC 4862) ask for nobody. True:
 * `failed` is a resolution that had all its requests when another began. */
bool neighbours_packet(struct neighbours *neighbours, const struct packet *packet,
                       struct neighbour *failed);

/* Takes out one that has had its time by now: that which began first. False: there is none. */
bool neighbours_expire(struct neighbours *neighbours, int64_t now_ns, struct neighbour *failed);

#endif
