/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trail of a connection teaches of its hosts, whatever became of it: all that
 * verdict/hosts.h wants of one without a RST. 40 bytes in place of two thousand, so that the trail
 * of a connection that was not remarkable (flowtable/unremarkable.h) need not be told.
 */
#ifndef FLOWTABLE_LESSON_H
#define FLOWTABLE_LESSON_H

#include <stdint.h>

#include "base/nanotime.h"
#include "flowtable/facts.h"

enum lesson_bit {
    LESSON_CLIENT_LABELS = 0x01, /* its last packet has an IPv6 flow label */
    LESSON_SERVER_LABELS = 0x02,
    LESSON_SYN_FALLBACK = 0x04, /* mark_is_fallback() */
    LESSON_SYN_EXTENDED = 0x08, /* mark_is_extended_syn() of the first, and no fallback */
    LESSON_CLOCK = 0x10         /* the two clock fields are valid */
};

struct flow_lesson {
    int64_t server_fin_ns;       /* the server closed first: its FIN; NS_NEVER */
    int64_t quiet_before_fin_ns; /* silence of the flow before it; valid with server_fin_ns */
    int64_t unanswered_ns;       /* from the last request to the server's FIN behind it; NS_NEVER */
    /* From the SYN-ACK to the server's first data: by the capture's clock, by its own. */
    int64_t clock_passed_ns;
    int32_t clock_own_ms;
    uint8_t bits; /* enum lesson_bit */
};

static inline struct flow_lesson lesson_none(void)
{
    return (struct flow_lesson){.server_fin_ns = NS_NEVER, .unanswered_ns = NS_NEVER};
}

static inline void lesson_of_closing(struct flow_lesson *lesson, const struct flow_trail *trail)
{
    const struct packet_mark *fin = &trail->slot[TRAIL_SERVER_FIN];
    const struct packet_mark *client_fin = &trail->slot[TRAIL_CLIENT_FIN];
    const struct packet_mark *request = &trail->slot[TRAIL_REQUEST];

    if (fin->frame && !(client_fin->frame && client_fin->frame < fin->frame)) {
        lesson->server_fin_ns = fin->ts_ns;
        lesson->quiet_before_fin_ns = trail->quiet_before_fin_ns[SIDE_SERVER];
    }
    if (request->frame && fin->frame > request->frame)
        lesson->unanswered_ns = ns_since(request->ts_ns, fin->ts_ns);
}

static inline void lesson_of_clock(struct flow_lesson *lesson, const struct flow_trail *trail)
{
    const struct packet_mark *synack = &trail->slot[TRAIL_SYNACK];
    const struct packet_mark *data = &trail->slot[TRAIL_SERVER_DATA];

    if (!synack->frame || data->frame <= synack->frame ||
        !(synack->bits & data->bits & MARK_HAS_TIMESTAMPS))
        return;
    lesson->bits |= LESSON_CLOCK;
    lesson->clock_passed_ns = ns_since(synack->ts_ns, data->ts_ns);
    lesson->clock_own_ms = (int32_t)(data->tsval - synack->tsval);
}

static inline struct flow_lesson lesson_of(const struct flow_facts *facts,
                                           const struct flow_trail *trail)
{
    const struct packet_mark *syn = &trail->slot[TRAIL_SYN];
    const struct packet_mark *client = &trail->slot[TRAIL_CLIENT_LAST];
    const struct packet_mark *server = &trail->slot[TRAIL_SERVER_LAST];
    struct flow_lesson lesson = lesson_none();

    if (client->frame && client->flow_label != 0)
        lesson.bits |= LESSON_CLIENT_LABELS;
    if (server->frame && server->flow_label != 0)
        lesson.bits |= LESSON_SERVER_LABELS;
    if (mark_is_fallback(syn, &trail->slot[TRAIL_SYN_LAST], facts->synack_ns))
        lesson.bits |= LESSON_SYN_FALLBACK;
    else if (mark_is_extended_syn(syn))
        lesson.bits |= LESSON_SYN_EXTENDED;
    lesson_of_closing(&lesson, trail);
    lesson_of_clock(&lesson, trail);
    return lesson;
}

#endif
