/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as the screen writes them: short enough for a column, never without their unit. */
#ifndef TUI_FIGURES_H
#define TUI_FIGURES_H

#include <stdint.h>

#include "base/text.h"
#include "verdict/event.h"

/* Room for any endpoint as text with its NUL. */
#define FIGURE_ENDPOINT_BYTES 56

/* "9,999,999", from there on four digits and a unit: "12.35M". */
void figure_count(struct text *text, uint64_t count);

/* `count` in `window_ns` as a rate per second: "0.3", "999.9", "1,234", "14.88M"; "0.0" while
 * the window is empty. The unit stands in the column's title. */
void figure_rate(struct text *text, uint64_t count, int64_t window_ns);

/* The same for bytes, in bits per second with the unit: "58 kb/s", "9.5 Gb/s". */
void figure_bit_rate(struct text *text, uint64_t n_bytes, int64_t window_ns);

/* "35.7" with one decimal (n_decimals 1), "36" with none (0). "0" and "100" mean none and all:
 * a little of something is "<0.1", nearly all of it "99.9". */
void figure_percent(struct text *text, uint64_t part, uint64_t whole, unsigned n_decimals);

/* "00:00:52", "3d 04:05:06". */
void figure_span(struct text *text, int64_t span_ns);

/* A difference of two times: "+0.60", "+51.6", "+3600"; NS_NEVER on either side: "-". */
void figure_offset(struct text *text, int64_t from_ns, int64_t to_ns);

/* "14 us", "0.01 ms", "3.0 s": as base/calendar.h, but exact below 1 ms. */
void figure_duration(struct text *text, int64_t span_ns);

/* "10.20.0.22:6379", "[2001:db8::1]:443"; only the address where the port is 0. */
void figure_endpoint(struct text *text, const struct endpoint *endpoint);

#endif
