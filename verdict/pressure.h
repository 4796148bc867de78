/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tells that a listener's queue of half-open connections is full: it answers with SYN cookies
 * (VERDICTS.md 7.6), or, with cookies off, it repeats many SYN-ACKs and ignores new SYNs.
 */
#ifndef VERDICT_PRESSURE_H
#define VERDICT_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/lesson.h"
#include "flowtable/note.h"

#define COOKIE_LAGS 5 /* flows whose clock must agree */

struct pressure {
    /* Timestamps: how far the SYN-ACK's clock was behind, of the newest flows */
    int64_t lag_from_ns; /* when the oldest of them began; valid with n_lags */
    uint8_t n_lags;
    int8_t lag_ms[COOKIE_LAGS];
    bool is_echo_known; /* it has answered options with options */
    int64_t bare_ns;    /* last SYN-ACK that left out what was offered, 0 = none */
    /* Half-open connections of a minute: those whose SYN-ACK came once, and again */
    int64_t half_open_from_ns; /* valid where one of these is not 0 */
    uint32_t n_once, n_again;
    int64_t cookies_ns;  /* the last time that it showed cookies, 0 = never */
    int64_t told_ns;     /* when that was last told, 0 = never */
    uint64_t told_frame; /* of which flow: its first_frame */
};

/* All zero: nothing known. A half-open connection's SYN-ACK came again (NOTE_HALF_OPEN). */
void pressure_repeated(struct pressure *pressure, const struct flow_note *note);

/* A NOTE_ENDED. */
void pressure_ended(struct pressure *pressure, const struct flow_note *note,
                    const struct flow_lesson *lesson);

/* SYN-ACKs repeated to so many that a queue of them is full. */
bool pressure_is_backlog_full(const struct pressure *pressure, int64_t now_ns);

#endif
