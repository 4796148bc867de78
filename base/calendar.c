/* SPDX-License-Identifier: BSD-2-Clause */
/* See calendar.h. */
#include "base/calendar.h"

#include <inttypes.h>
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

static void add_date(struct text *text, const struct tm *utc)
{
    text_addf(text, "%04d-%02d-%02d", utc->tm_year + 1900, utc->tm_mon + 1, utc->tm_mday);
}

static void add_clock(struct text *text, const struct tm *utc)
{
    text_addf(text, "%02d:%02d:%02d", utc->tm_hour, utc->tm_min, utc->tm_sec);
}

void calendar_add_rfc3339(struct text *text, int64_t ns)
{
    struct moment moment = moment_of(ns);

    add_date(text, &moment.utc);
    text_add(text, "T");
    add_clock(text, &moment.utc);
    text_addf(text, ".%09" PRIu32 "Z", moment.ns);
}

void calendar_add_date(struct text *text, int64_t ns)
{
    struct moment moment = moment_of(ns);

    add_date(text, &moment.utc);
}

void calendar_add_clock(struct text *text, int64_t ns, unsigned n_digits)
{
    struct moment moment = moment_of(ns);
    uint32_t fraction = moment.ns;

    add_clock(text, &moment.utc);
    if (n_digits == 0)
        return;
    for (unsigned i = n_digits; i < 9; i++)
        fraction /= 10;
    text_addf(text, ".%0*" PRIu32, (int)n_digits, fraction);
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
