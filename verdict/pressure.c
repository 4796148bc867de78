/* SPDX-License-Identifier: BSD-2-Clause */
/* See pressure.h. */
#include "verdict/pressure.h"

#include "base/nanotime.h"

/* VERDICTS.md 13.4: signs of one listener within 10 s; what was told is not told again for 60 s. */
#define SIGNS_NS (10 * NS_PER_S)
#define TOLD_NS (60 * NS_PER_S)
#define HALF_OPEN_NS (60 * NS_PER_S)

/* Between SYN-ACK and data: longer, and clocks have drifted apart. */
#define LAG_SPAN_NS (10 * NS_PER_S)
#define LAG_MIN_MS (-2)
#define LAG_MAX_MS 70 /* six bits of milliseconds, and some noise (7.6) */
#define LAG_MEDIAN_MS 8
#define LAGS_FEW 3

#define ONCE_FEW 5
#define BACKLOG_FEW 10 /* half-open connections where there usually is none */

static void roll_half_open(struct pressure *pressure, int64_t now_ns)
{
    if ((pressure->n_once || pressure->n_again) &&
        now_ns - pressure->half_open_from_ns <= HALF_OPEN_NS)
        return;
    pressure->half_open_from_ns = now_ns;
    pressure->n_once = pressure->n_again = 0;
}

void pressure_repeated(struct pressure *pressure, const struct flow_note *note)
{
    roll_half_open(pressure, note->now_ns);
    pressure->n_again++;
}

bool pressure_is_backlog_full(const struct pressure *pressure, int64_t now_ns)
{
    return pressure->n_again >= BACKLOG_FEW &&
           now_ns - pressure->half_open_from_ns <= 2 * HALF_OPEN_NS;
}

/* Offered options that come back, or do not, where the server is known to have them. With
 * timestamps a cookie keeps all of them. */
static void learn_options(struct pressure *pressure, const struct flow_facts *facts)
{
    const uint16_t wanted = SIDE_HAS_WSCALE | SIDE_HAS_SACK;
    uint16_t offered = facts->side[SIDE_CLIENT].bits;
    uint16_t taken = facts->side[SIDE_SERVER].bits;

    if ((offered | taken) & SIDE_OPTIONS_UNKNOWN || !(offered & wanted))
        return;
    if (taken & wanted)
        pressure->is_echo_known = true;
    else if (pressure->is_echo_known && !(offered & SIDE_HAS_TIMESTAMPS))
        pressure->bare_ns = facts->synack_ns;
}

/* A cookie's SYN-ACK has its clock rounded down by up to 63 ms. */
static void learn_lag(struct pressure *pressure, const struct flow_note *note,
                      const struct flow_lesson *lesson)
{
    int64_t lag_ms;

    if (!(lesson->bits & LESSON_CLOCK) || note->facts.side[SIDE_SERVER].n_syn != 1 ||
        lesson->clock_passed_ns > LAG_SPAN_NS)
        return;
    lag_ms = lesson->clock_own_ms - lesson->clock_passed_ns / NS_PER_MS;
    if (lag_ms < LAG_MIN_MS || lag_ms > LAG_MAX_MS ||
        (pressure->n_lags && note->now_ns - pressure->lag_from_ns > SIGNS_NS))
        pressure->n_lags = 0;
    if (lag_ms < LAG_MIN_MS || lag_ms > LAG_MAX_MS)
        return;
    if (!pressure->n_lags)
        pressure->lag_from_ns = note->now_ns;
    if (pressure->n_lags < COOKIE_LAGS)
        pressure->lag_ms[pressure->n_lags++] = (int8_t)lag_ms;
}

/* More than half of them lag behind. */
static bool is_lagging(const struct pressure *pressure, unsigned n_least)
{
    unsigned n_behind = 0;

    for (unsigned i = 0; i < pressure->n_lags; i++)
        n_behind += pressure->lag_ms[i] > LAG_MEDIAN_MS;
    return pressure->n_lags >= n_least && n_behind * 2 > pressure->n_lags;
}

static bool shows_cookies(const struct pressure *pressure, int64_t now_ns)
{
    unsigned n_signs = 0;

    n_signs += pressure->bare_ns && now_ns - pressure->bare_ns <= SIGNS_NS;
    n_signs += pressure->n_once >= ONCE_FEW && pressure->n_again > 0;
    n_signs += is_lagging(pressure, LAGS_FEW);
    return n_signs >= 2 || is_lagging(pressure, COOKIE_LAGS);
}

void pressure_ended(struct pressure *pressure, const struct flow_note *note,
                    const struct flow_lesson *lesson)
{
    const struct flow_facts *facts = &note->facts;
    const struct side_facts *server = &facts->side[SIDE_SERVER];
    bool is_served = facts->bits & FACT_ESTABLISHED && server->n_data > 0;

    if (!(facts->bits & FACT_SYNACK_SEEN) || !(facts->bits & FACT_SYN_SEEN))
        return;
    learn_options(pressure, facts);
    if (is_served)
        learn_lag(pressure, note, lesson);
    if (!(facts->bits & (FACT_ESTABLISHED | FACT_AT_END)) && server->n_syn == 1 &&
        facts->side[SIDE_CLIENT].n_rst == 0) {
        roll_half_open(pressure, note->now_ns);
        pressure->n_once++;
    }
    if (!shows_cookies(pressure, note->now_ns))
        return;
    pressure->cookies_ns = note->now_ns;
    if (is_served && (!pressure->told_ns || note->now_ns - pressure->told_ns > TOLD_NS)) {
        pressure->told_ns = note->now_ns;
        pressure->told_frame = facts->first_frame;
    }
}
