/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who tries many targets and gets nowhere (VERDICTS.md 13.4, port-scan), and who gets answers to
 * SYNs that it never sent (backscatter: somebody forges its address). Bounded: a few targets or
 * peers of a minute are told apart, the rest is counted.
 */
#ifndef VERDICT_SCAN_H
#define VERDICT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/note.h"

#define SCAN_TARGETS 15 /* that make a scan */
#define SCAN_SWEEP 10   /* of them ports of one host, or hosts that refuse one port */
#define SCAN_WINDOW_NS (60 * NS_PER_S)
#define SCATTER_PEERS 5 /* that make backscatter */

struct scan_target {
    uint32_t addr; /* folded */
    uint16_t port;
    bool is_refused;
};

/* Of one client in a minute from its first failure on. All zero: none yet. */
struct scan_targets {
    int64_t from_ns; /* valid with n_failed */
    uint32_t n_failed, n_made;
    uint32_t n; /* entries of target[], all different */
    struct scan_target target[SCAN_TARGETS];
};

/* The attempt of the note got nowhere, or was made a connection. */
void scan_failed(struct scan_targets *targets, const struct flow_note *note, bool is_refused);
void scan_made(struct scan_targets *targets, const struct flow_note *note);

/* Many targets, and four of five attempts in vain. */
bool scan_is_active(const struct scan_targets *targets, int64_t now_ns);

/* It goes through the ports of a host, or through hosts that are there: not a client without a
 * network, nor one with many peers that are down. */
bool scan_is_sweep(const struct scan_targets *targets);

/* Of one address in a minute. All zero: none yet. */
struct scatter_peers {
    int64_t from_ns; /* valid with n */
    uint32_t n;      /* entries of peer[], all different */
    uint32_t peer[SCATTER_PEERS];
};

/* Only answers to a SYN, of which this capture has none: SYN-ACKs, or the RST of a closed port. */
bool scatter_is_answer(const struct flow_facts *facts, const struct flow_trail *trail);

void scatter_add(struct scatter_peers *peers, const struct flow_note *note);

#endif
