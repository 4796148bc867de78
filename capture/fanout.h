/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several capture sockets share one interface's packets, all of a connection on the same one.
 *
 * Theory of operation: packet(7) offers a hash of its own (PACKET_FANOUT_HASH), but that hashes an
 * ICMP error by the addresses of whoever sent it, and fragments without their ports; its key is
 * the kernel's secret, so nobody else can say where a connection went. Here a program of ours
 * chooses (PACKET_FANOUT_CBPF): by the two addresses and nothing else, of an ICMP error those that
 * it quotes. So both directions, all fragments, the errors and, where several interfaces are
 * captured, the copies on each of them go the same way. The price: two hosts that speak with
 * nobody else keep one socket busy and no more.
 *
 * What has no addresses (ARP, unknown link layers), and ICMP that is no error, goes to the first.
 */
#ifndef CAPTURE_FANOUT_H
#define CAPTURE_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* Makes a group of which the packet socket `fd`, bound and running, is the first member. Returns
 * false where the kernel has no such groups (before Linux 4.9). */
MUST_CHECK bool fanout_lead(int fd, uint16_t *group);

/* Adds one on the same interface. Members are counted from 0 in the order of joining. */
MUST_CHECK int fanout_join(int fd, uint16_t group, struct err *err);

#endif
