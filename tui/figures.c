/* SPDX-License-Identifier: BSD-2-Clause */
/* See figures.h. */
#include "tui/figures.h"

#include <inttypes.h>

#include "base/calendar.h"
#include "base/nanotime.h"

#define LARGEST_PLAIN_COUNT 9999999
#define S_PER_DAY 86400

static const char units[] = " kMGTPE";

static double per_second(uint64_t count, int64_t window_ns)
{
    return window_ns > 0 ? (double)count * (double)NS_PER_S / (double)window_ns : 0;
}

/* Four digits and a unit. The limits are those from which printf would round up to one more. */
static void add_scaled(struct text *text, double value)
{
    unsigned unit = 0;
    int n_decimals = 0;

    while (value >= 9999.5 && units[unit + 1] != '\0') {
        value /= 1000;
        unit++;
    }
    if (value < 9.9995)
        n_decimals = 3;
    else if (value < 99.995)
        n_decimals = 2;
    else if (value < 999.95)
        n_decimals = 1;
    text_addf(text, "%.*f%c", n_decimals, value, units[unit]);
}

void figure_count(struct text *text, uint64_t count)
{
    if (count > LARGEST_PLAIN_COUNT)
        add_scaled(text, (double)count);
    else
        text_add_count(text, count);
}

void figure_rate(struct text *text, uint64_t count, int64_t window_ns)
{
    double rate = per_second(count, window_ns);

    if (rate < 999.95)
        text_addf(text, "%.1f", rate);
    else if (rate < 9999.5)
        text_add_count(text, (uint64_t)(rate + 0.5));
    else
        add_scaled(text, rate);
}

void figure_bit_rate(struct text *text, uint64_t n_bytes, int64_t window_ns)
{
    double rate = per_second(n_bytes, window_ns) * 8;
    unsigned unit = 0;

    while (rate >= 999.5 && units[unit + 1] != '\0') {
        rate /= 1000;
        unit++;
    }
    if (unit == 0)
        text_addf(text, "%.0f b/s", rate);
    else
        text_addf(text, "%.*f %cb/s", rate < 9.95 ? 1 : 0, rate, units[unit]);
}

void figure_percent(struct text *text, uint64_t part, uint64_t whole, unsigned n_decimals)
{
    double percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0;
    double least = n_decimals > 0 ? 0.1 : 1;

    if (percent <= 0)
        text_add(text, "0");
    else if (percent >= 100)
        text_add(text, "100");
    else if (percent < least)
        text_addf(text, "<%.*f", (int)n_decimals, least);
    else
        text_addf(text, "%.*f", (int)n_decimals, percent > 100 - least ? 100 - least : percent);
}

void figure_span(struct text *text, int64_t span_ns)
{
    int64_t span_s = span_ns > 0 ? span_ns / NS_PER_S : 0;

    if (span_s >= S_PER_DAY)
        text_addf(text, "%" PRId64 "d ", span_s / S_PER_DAY);
    span_s %= S_PER_DAY;
    text_addf(text, "%02d:%02d:%02d", (int)(span_s / 3600), (int)(span_s / 60 % 60),
              (int)(span_s % 60));
}

void figure_offset(struct text *text, int64_t from_ns, int64_t to_ns)
{
    double offset_s;

    if (from_ns == NS_NEVER || to_ns == NS_NEVER) {
        text_add(text, "-");
        return;
    }
    offset_s = (double)(to_ns - from_ns) / (double)NS_PER_S;
    if (offset_s < 9.995 && offset_s > -9.995)
        text_addf(text, "%+.2f", offset_s);
    else if (offset_s < 999.95 && offset_s > -999.95)
        text_addf(text, "%+.1f", offset_s);
    else
        text_addf(text, "%+.0f", offset_s);
}

void figure_duration(struct text *text, int64_t span_ns)
{
    if (span_ns < NS_PER_MS)
        text_addf(text, "%" PRId64 " us", span_ns / NS_PER_US);
    else
        calendar_add_duration(text, span_ns);
}

void figure_endpoint(struct text *text, const struct endpoint *endpoint)
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
