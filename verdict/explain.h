/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for a verdict: one sentence, what it means, what else to think of, what to run next. */
#ifndef VERDICT_EXPLAIN_H
#define VERDICT_EXPLAIN_H

#include "base/text.h"
#include "verdict/event.h"

/* A command that would confirm the verdict: complete and read-only. FILE in it stands for the
 * capture file, which only the sink knows. */
struct next_step {
    /* The machine it is meant for: "server", "client", "here" (where the capture ran), "router"
     * (the sender of the ICMP error), "server_side" (in front of the server: balancer, proxy). */
    const char *where; /* static storage */
    char cmd[160];
    char why[96];
};

#define NEXT_STEPS_MAX 4

/* The event as one English sentence of at most 256 bytes: `msg` in JSON, a line in `lines`. A
 * confidence below certain stands behind it in parentheses. */
void explain_message(const struct connection_event *event, struct text *text);
void explain_incident_message(const struct incident_event *event, struct text *text);

/* The short reason of "Latest" in the dashboard: "RST 0.01 ms after SYN". */
void explain_short(const struct connection_event *event, struct text *text);

/* What the packets say and what it means: two to four sentences for the report. */
void explain_meaning(const struct connection_event *event, struct text *text);

/* What the server's own kernel said, where it was asked: "nothing listens on port 80". */
void explain_host(const struct connection_event *event, struct text *text);

/* Fills at most NEXT_STEPS_MAX steps with the event's real address and port; returns how many. */
unsigned explain_next_steps(const struct connection_event *event, struct next_step *steps);

/* A Wireshark display filter that shows the packets of this kind of failure at this endpoint. */
void explain_wireshark_filter(const struct connection_event *event, struct text *text);

/* For the docs: what is on the wire and what else it could be, without numbers. Static string. */
const char *explain_doc(enum verdict_id id);

/* For the docs: the steps with ADDR, PORT, CLIENT in the place of values; returns how many. */
unsigned explain_doc_steps(enum verdict_id id, struct next_step *steps);

#endif
