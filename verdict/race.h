/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connects that a client's program abandoned because another one of it won: Happy Eyeballs (RFC
 * 8305), a choice of mirrors, QUIC against TCP. Such a SYN without an answer is no failure of its
 * own (VERDICTS.md 14, trap 30).
 */
#ifndef VERDICT_RACE_H
#define VERDICT_RACE_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/note.h"

#define RACE_CONNECTS 4

/* A client's newest connections, in no order. All zero: none yet. */
struct race_connects {
    struct {
        struct ipaddr server;
        uint16_t port;
        int64_t done_ns; /* when its handshake was complete; 0 = none */
    } made[RACE_CONNECTS];
    uint32_t n_made; /* all of them */
};

/* One more; `note` is its NOTE_ESTABLISHED. */
void race_add(struct race_connects *connects, const struct flow_note *note);

/* Whether the client connected to exactly one other address at that port in (from_ns, until_ns].
 * False where it makes so many connections that some of that time may be forgotten. */
bool race_has_winner(const struct race_connects *connects, const struct ipaddr *server,
                     uint16_t port, int64_t from_ns, int64_t until_ns);

/* Whether one of the newest connections is to that address and port, made in (from_ns, until_ns].
 */
bool race_has_made(const struct race_connects *connects, const struct ipaddr *server, uint16_t port,
                   int64_t from_ns, int64_t until_ns);

struct verdict_case;

/* The attempt lost a race: one SYN, never repeated, and the client was connected elsewhere before
 * its kernel would have repeated it. A listener that answers nobody fails all the same. */
bool race_is_lost(const struct verdict_case *c);

#endif
