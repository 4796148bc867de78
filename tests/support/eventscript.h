/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events from a few words, for tests of what comes after the judge.
 *
 *     struct verdict_event event;
 *     eventscript_failure(&event, "10.0.0.1:40000", "10.0.0.2:80", VERDICT_REFUSED_CLOSED_PORT, 0);
 *     eventscript_packet(&event, "C S", 1, 0, "");
 *     eventscript_packet(&event, "S RA!", 2, 14, "nothing listens");
 *
 * Times are microseconds; the script's clock begins at EVENTSCRIPT_START_NS.
 */
#ifndef SUPPORT_EVENTSCRIPT_H
#define SUPPORT_EVENTSCRIPT_H

#include "verdict/event.h"

/* 2026-11-21 03:43:56 UTC */
#define EVENTSCRIPT_START_NS INT64_C(1795232636000000000)

/* "10.0.0.1:80" or "[2001:db8::1]:80". */
struct endpoint eventscript_endpoint(const char *words);

/* A certain failure of an attempt that begins at `start_us`, count 1, without packets. Outcome,
 * family and blame are those of the verdict's row; where the row leaves them open, a reset. */
void eventscript_failure(struct verdict_event *event, const char *client, const char *server,
                         enum verdict_id verdict, int64_t start_us);

/*
 * Appends a packet to the evidence (as far as there is room) and counts it. `words`: who (C, S, or
 * I for an ICMP error), flags (letters of SFRPA) or type/code, payload bytes after a plus sign, an
 * exclamation mark where the verdict rests on it: "C S", "S PA +400", "S RA!", "I 3/13!". The
 * packet comes `after_us` after the start; the event's time moves there. TTL is 64.
 */
void eventscript_packet(struct verdict_event *event, const char *words, uint64_t frame,
                        int64_t after_us, const char *note);

/* An endpoint incident: `phase`, from `first_us` to `last_us`. */
void eventscript_incident(struct verdict_event *event, uint32_t number, enum incident_phase phase,
                          const struct verdict_event *failure, int64_t last_us);

#endif
