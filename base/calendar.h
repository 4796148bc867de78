/* SPDX-License-Identifier: BSD-2-Clause */
/* A time stamp as people read it: UTC, from nanoseconds since the Unix epoch. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdint.h>

#include "base/text.h"

/* Room for "2026-11-21T03:43:55.801994213Z" and its NUL. */
#define CALENDAR_RFC3339_BYTES 31

/* RFC 3339, always nine digits and `Z`, so that stamps sort as text. NS_NEVER: the epoch. */
void calendar_add_rfc3339(struct text *text, int64_t ns);

/* "2026-11-21". */
void calendar_add_date(struct text *text, int64_t ns);

/* "03:44:08", with `n_digits` (0 to 9) of the second after a point: cut, not rounded. */
void calendar_add_clock(struct text *text, int64_t ns, unsigned n_digits);

/* A length of time with its unit, in about three digits: "0.01 ms", "15.2 ms", "3.0 s", "350 s". */
void calendar_add_duration(struct text *text, int64_t ns);

#endif
