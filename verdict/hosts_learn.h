/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of hosts.h share. Private to them. */
#ifndef VERDICT_HOSTS_LEARN_H
#define VERDICT_HOSTS_LEARN_H

#include "base/nanotime.h"
#include "flowtable/lesson.h"
#include "verdict/hosts.h"

static inline void later(int64_t *at_ns, int64_t ns)
{
    if (ns > *at_ns)
        *at_ns = ns;
}

/* It refused a SYN at that time. */
void listener_refused(const struct verdict_limits *limits, struct listener_state *at,
                      int64_t refused_ns);

/* An attempt was refused or accepted: is the second one of a crowd? */
void listener_crowd(const struct verdict_limits *limits, struct listener_state *at, int64_t now_ns);

/* A NOTE_ENDED: did the server hang up as a program does that ends? */
void listener_quit(const struct verdict_limits *limits, struct listener_state *at,
                   const struct flow_note *note, const struct flow_lesson *lesson);

/* A NOTE_ENDED: was it reset straight after the client's ACK, as tcp_abort_on_overflow=1 has it? */
void listener_overflow_rst(const struct verdict_limits *limits, struct listener_state *at,
                           const struct flow_note *note);

/* A NOTE_ATTEMPT: a SYN went to this listener of it. */
void host_asked(struct host_state *server, const struct listener_state *at, int64_t syn_ns);

/* A NOTE_ENDED: which SYNs does the host answer? */
void host_syn_kind(struct host_state *server, const struct flow_note *note,
                   const struct flow_lesson *lesson);

/* The entry of the address, or of the listener: a new one where there is none. */
struct host_state *host_for(struct hosts *hosts, const struct ipaddr *addr);
struct listener_state *listener_for(struct hosts *hosts, const struct ipaddr *addr, uint16_t port);

#endif
