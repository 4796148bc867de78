/* SPDX-License-Identifier: BSD-2-Clause */
/* Times, durations, endpoints and counts as the report writes them. UTC always. */
#ifndef SINK_REPORT_FORMAT_H
#define SINK_REPORT_FORMAT_H

#include <stdint.h>

#include "base/text.h"
#include "verdict/event.h"

/* How exact a clock time is. */
enum clock_form {
    CLOCK_SECONDS,     /* 03:44:31 */
    CLOCK_MILLIS,      /* 03:44:31.124 */
    CLOCK_DAY_MINUTES, /* 11-21 03:44 */
    CLOCK_FULL,        /* 2026-11-21 03:44:31.124 */
    CLOCK_DATE         /* 2026-11-21 */
};

#define CLOCK_TEXT_BYTES 40

/* Writes to and returns `out`, CLOCK_TEXT_BYTES large. NS_NEVER: "-". */
char *format_clock(char *out, int64_t at_ns, enum clock_form form);

/* "14 us", "1.5 ms", "68.1 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"; at most three digits. */
void format_duration(struct text *text, int64_t duration_ns);

/* "10.20.0.21:7000", "[2001:db8::1]:443"; without the port where it is 0. */
void format_endpoint(struct text *text, const struct endpoint *endpoint);
#define ENDPOINT_TEXT_BYTES 56

/* "1 flow was", "2,048 flows were": where text_add_number_of() does not do. */
void format_count(struct text *text, uint64_t n, const char *one, const char *many);

/* "28.9 %", "100 %", "<0.1 %"; of 0: nothing. */
void format_percent(struct text *text, uint64_t part, uint64_t whole);

#endif
