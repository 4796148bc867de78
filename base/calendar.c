/* SPDX-License-Identifier: BSD-2-Clause */
/* See calendar.h. */
#include "base/calendar.h"

#include <time.h>

#include "base/nanotime.h"

struct moment {
    struct tm utc;
    uint32_t ns;
};

static struct moment moment_of(int64_t ns)
{
    struct moment moment;
    time_t seconds;

    if (ns == NS_NEVER)
        ns = 0;
    /* Rounds down before 1970 as well: the fraction is never negative. */
    seconds = (time_t)(ns / NS_PER_S - (ns % NS_PER_S < 0 ? 1 : 0));
    moment.ns = (uint32_t)(ns - (int64_t)seconds * NS_PER_S);
    gmtime_r(&seconds, &moment.utc);
    return moment;
}

/* Digits by hand: a JSON line has some six stamps, and printf() took four times as long for one as
 * all the rest. Returns what comes after `mark`, which stands behind the digits. */
static char *put_digits(char *at, uint32_t value, unsigned n_digits, char mark)
{
    for (unsigned i = n_digits; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[n_digits] = mark;
    return at + n_digits + 1;
}

/* Nanoseconds in 64 bits are years of four digits. */
static char *put_date(char *at, const struct tm *utc, char mark)
{
    at = put_digits(at, (uint32_t)utc->tm_year + 1900, 4, '-');
    at = put_digits(at, (uint32_t)utc->tm_mon + 1, 2, '-');
    return put_digits(at, (uint32_t)utc->tm_mday, 2, mark);
}

static char *put_clock(char *at, const struct tm *utc, char mark)
{
    at = put_digits(at, (uint32_t)utc->tm_hour, 2, ':');
    at = put_digits(at, (uint32_t)utc->tm_min, 2, ':');
    return put_digits(at, (uint32_t)utc->tm_sec, 2, mark);
}

void calendar_add_rfc3339(struct text *text, int64_t ns)
{
    struct moment moment = moment_of(ns);
    char stamp[CALENDAR_RFC3339_BYTES];
    char *at = put_clock(put_date(stamp, &moment.utc, 'T'), &moment.utc, '.');

    *put_digits(at, moment.ns, 9, 'Z') = '\0';
    text_add(text, stamp);
}

void calendar_add_date(struct text *text, int64_t ns)
{
    struct moment moment = moment_of(ns);
    char date[sizeof("2026-11-21")];

    (void)put_date(date, &moment.utc, '\0');
    text_add(text, date);
}

void calendar_add_clock(struct text *text, int64_t ns, unsigned n_digits)
{
    struct moment moment = moment_of(ns);
    char clock[sizeof("03:43:55.801994213")];
    char *fraction = put_clock(clock, &moment.utc, '.');

    (void)put_digits(fraction, moment.ns, 9, '\0');
    *(n_digits > 0 ? fraction + n_digits : fraction - 1) = '\0'; /* no digits, no point */
    text_add(text, clock);
}

void calendar_add_duration(struct text *text, int64_t ns)
{
    double ms = (double)ns / (double)NS_PER_MS;

    if (ns < 10 * NS_PER_MS)
        text_addf(text, "%.2f ms", ms);
    else if (ns < 100 * NS_PER_MS)
        text_addf(text, "%.1f ms", ms);
    else if (ns < 999 * NS_PER_MS) /* 999.6 must not become "1000 ms" */
        text_addf(text, "%.0f ms", ms);
    else if (ns < 20 * NS_PER_S)
        text_addf(text, "%.1f s", ms / 1000);
    else
        text_addf(text, "%.0f s", ms / 1000);
}
