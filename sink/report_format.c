/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_format.h. */
#include "sink/report_format.h"

#include <inttypes.h>

#include "base/calendar.h"
#include "base/nanotime.h"

char *format_clock(char *out, int64_t at_ns, enum clock_form form)
{
    struct text text = text_wrap(out, CLOCK_TEXT_BYTES);
    char part[CALENDAR_RFC3339_BYTES];
    struct text day = TEXT_OF(part);

    if (at_ns == NS_NEVER) {
        text_add(&text, "-");
        return out;
    }
    if (form == CLOCK_DAY_MINUTES) {
        calendar_add_rfc3339(&day, at_ns);
        text_addf(&text, "%.5s %.5s", part + 5, part + 11);
        return out;
    }
    if (form == CLOCK_DATE || form == CLOCK_FULL)
        calendar_add_date(&text, at_ns);
    if (form == CLOCK_FULL)
        text_add(&text, " ");
    if (form != CLOCK_DATE)
        calendar_add_clock(&text, at_ns, form == CLOCK_SECONDS ? 0 : 3);
    return out;
}

/* A number below 1000 of a unit in three digits, rounded, without zeros behind the point. */
static void add_scaled(struct text *text, int64_t value, int64_t unit, const char *name)
{
    int64_t whole = value / unit;
    int64_t scale = whole >= 100 ? 1 : whole >= 10 ? 10 : 100;
    int64_t scaled = (value * scale + unit / 2) / unit;
    int64_t fraction;

    if (scaled >= 1000 * scale) /* not "1000 ms" */
        scaled = value * scale / unit;
    fraction = scaled % scale;
    text_addf(text, "%" PRId64, scaled / scale);
    if (fraction > 0 && scale == 100 && fraction % 10 != 0)
        text_addf(text, ".%02d", (int)fraction);
    else if (fraction > 0)
        text_addf(text, ".%d", (int)(scale == 100 ? fraction / 10 : fraction));
    text_addf(text, " %s", name);
}

static void add_pair(struct text *text, int64_t value, int64_t unit, int64_t small,
                     const char *const names[2])
{
    text_addf(text, "%" PRId64 " %s", value / unit, names[0]);
    if (value % unit / small > 0)
        text_addf(text, " %" PRId64 " %s", value % unit / small, names[1]);
}

void format_duration(struct text *text, int64_t duration_ns)
{
    int64_t seconds = duration_ns / NS_PER_S;

    if (duration_ns < NS_PER_US)
        add_scaled(text, duration_ns, 1, "ns");
    else if (duration_ns < NS_PER_MS)
        add_scaled(text, duration_ns, NS_PER_US, "us");
    else if (duration_ns < NS_PER_S)
        add_scaled(text, duration_ns, NS_PER_MS, "ms");
    else if (seconds < 120)
        add_scaled(text, duration_ns, NS_PER_S, "s");
    else if (seconds < 2 * 3600)
        add_pair(text, seconds, 60, 1, (const char *const[]){"min", "s"});
    else if (seconds < 2 * 86400)
        add_pair(text, seconds, 3600, 60, (const char *const[]){"h", "min"});
    else
        add_pair(text, seconds, 86400, 3600, (const char *const[]){"d", "h"});
}

void format_endpoint(struct text *text, const struct endpoint *endpoint)
{
    char addr[IPADDR_TEXT_BYTES];

    ipaddr_format(&endpoint->addr, addr);
    if (endpoint->port == 0)
        text_add(text, addr);
    else if (ipaddr_is_v4(&endpoint->addr))
        text_addf(text, "%s:%u", addr, endpoint->port);
    else
        text_addf(text, "[%s]:%u", addr, endpoint->port);
}

void format_count(struct text *text, uint64_t n, const char *one, const char *many)
{
    text_add_count(text, n);
    text_addf(text, " %s", n == 1 ? one : many);
}

void format_percent(struct text *text, uint64_t part, uint64_t whole)
{
    double percent = whole ? 100.0 * (double)part / (double)whole : 0;

    if (whole == 0)
        return;
    if (part > 0 && percent < 0.1)
        text_add(text, "<0.1 %");
    else if (part < whole && percent > 99.9)
        text_add(text, ">99.9 %");
    else if (part == 0 || part >= whole)
        text_addf(text, "%d %%", part ? 100 : 0);
    else
        text_addf(text, "%.1f %%", percent);
}
