/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host evidence: what this host's kernel said of its listeners and its dropped connections, about
 * the time at which a connection to one of its addresses failed.
 *
 * It asks once a second, whatever fails, so that there is a look before each attempt and one after
 * it; and at once, at most five times a second, where a failure is newer than the newest look. It
 * takes at most a fiftieth of one core: where the kernel's answer takes long, looks become rare.
 *
 * Judge thread, but for open and close. No packet is sent, no privilege needed.
 */
#ifndef APP_HOSTWATCH_H
#define APP_HOSTWATCH_H

#include <stdint.h>

#include "app/sockdiag.h"
#include "base/arena.h"
#include "base/clockline.h"
#include "base/err.h"
#include "verdict/endpoint.h"
#include "verdict/host_evidence.h"

struct hostwatch;

size_t hostwatch_cost_bytes(void);

/* Opens what the kernel is asked through; before privileges are dropped. NULL with a reason where
 * the kernel does not tell, or the arena is too small. */
struct hostwatch *hostwatch_open(struct arena *arena, const struct clockline *clock,
                                 struct err *err);
/* NULL is fine. */
void hostwatch_close(struct hostwatch *watch);

/* Asks the kernel if it is time to. Call it some ten times a second. */
void hostwatch_tick(struct hostwatch *watch);

/* What is known of this endpoint, which is one of this host's, about an attempt whose packets came
 * from `from_ns` to `until_ns` by the clock of the capture. */
void hostwatch_tell(struct hostwatch *watch, const struct endpoint *server, int64_t from_ns,
                    int64_t until_ns, struct host_evidence *evidence);

/* ---- for tests: a look with what the kernel is supposed to have said ---- */

/* Without a kernel behind it; NULL where the arena is too small. */
struct hostwatch *hostwatch_create(struct arena *arena);
void hostwatch_look(struct hostwatch *watch, int64_t now_ns, const struct listening_socket *socket,
                    uint32_t n_sockets, const uint64_t *counters);

#endif
