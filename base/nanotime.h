/* SPDX-License-Identifier: BSD-2-Clause */
/* Time is nanoseconds since the Unix epoch in an int64_t: good from 1677 to 2262. */
#ifndef BASE_NANOTIME_H
#define BASE_NANOTIME_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Means "has not happened" wherever a field's comment says so. */
#define NS_NEVER INT64_MIN

/* Nanoseconds from `then` to `now`, 0 where the clock stepped back. Neither may be NS_NEVER. */
static inline int64_t ns_since(int64_t then, int64_t now)
{
    return now > then ? now - then : 0;
}

#endif
