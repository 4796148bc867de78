/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as the judge sends them, made by hand after incident.pcap's frames: for tests of what
 * turns events into text. */
#ifndef SUPPORT_SAMPLE_H
#define SUPPORT_SAMPLE_H

#include "sink/sink.h"
#include "verdict/event.h"
#include "verdict/snapshot.h"

/* 2026-11-21T03:43:55Z */
#define SAMPLE_EPOCH_NS INT64_C(1795232635000000000)

struct ipaddr sample_addr(const char *text);
struct endpoint sample_endpoint(const char *addr, uint16_t port);

/* A live run on lo with a tag and two local addresses. */
void sample_run(struct run_info *run);

/* Frames 941 and 942: a SYN answered by ICMP 3/13 from the server itself. */
void sample_rejected(struct verdict_event *event);

/* Frames 2890 to 2949: an open connection cut by a RST with another TTL. */
void sample_forged(struct verdict_event *event);

/* IPv6, 5 SYNs over 4.1 s, nothing back; stands for 3 failures; of incident 1. */
void sample_timeout(struct verdict_event *event);

/* A connection that went well, as --all reports it. */
void sample_ok(struct verdict_event *event);

/* Incident 1 at the endpoint of sample_rejected(). */
void sample_incident(struct verdict_event *event, enum incident_phase phase);

/* Totals that fit one each of rejected, forged, timeout and ok. */
void sample_totals(struct run_totals *total);

#endif
