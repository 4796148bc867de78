/* SPDX-License-Identifier: BSD-2-Clause */
/* See strays.h. */
#include "verdict/strays.h"

#include <stdlib.h>

#include "base/seqnum.h"

static struct endpoint endpoint_of(const struct flow_note *note, enum flow_side side)
{
    unsigned end = side == SIDE_CLIENT ? note->client_end : 1u - note->client_end;

    return (struct endpoint){.addr = note->key.addr[end], .port = note->key.port[end]};
}

static bool is_same(const struct endpoint *one, const struct endpoint *other)
{
    return one->port == other->port && ipaddr_equal(&one->addr, &other->addr);
}

static bool is_near(uint32_t one, uint32_t other, uint32_t span_bytes)
{
    return llabs((int64_t)seq_distance(one, other)) <= span_bytes;
}

const struct stray *strays_find(const struct strays *strays, const struct flow_note *note,
                                enum flow_side dead, uint32_t span_bytes)
{
    const struct endpoint answerer = endpoint_of(note, side_other(dead));
    const struct endpoint sender = endpoint_of(note, dead);
    const struct stray *found = NULL;

    for (unsigned i = 0; i < STRAYS_MAX; i++) {
        const struct stray *stray = &strays->stray[i];

        if (stray->rst_frame && is_same(&stray->answerer, &answerer) &&
            !is_same(&stray->sender, &sender) &&
            is_near(stray->seq, note->facts.side[dead].nxt, span_bytes) &&
            is_near(stray->ack, note->facts.side[side_other(dead)].nxt, span_bytes) &&
            (!found || stray->rst_frame > found->rst_frame))
            found = stray;
    }
    return found;
}

/* The RST ends the connection that a stray belongs to. */
static void claim(struct strays *strays, const struct flow_note *note, uint32_t span_bytes)
{
    const struct stray *found =
        strays_find(strays, note, (enum flow_side)note->rst_side, span_bytes);

    if (found)
        strays->stray[found - strays->stray].has_broken = true;
}

void strays_note(struct strays *strays, const struct flow_note *note, uint32_t span_bytes)
{
    enum flow_side from = (enum flow_side)note->rst_side;
    const struct side_facts *answerer = &note->facts.side[from];
    const struct side_facts *sender = &note->facts.side[side_other(from)];

    /* Who answers has no part in it but the RST. */
    if (note->kind != NOTE_RESET || note->rst_family != RST_FAMILY_B2 ||
        !(note->facts.bits & FACT_MIDSTREAM) || answerer->n_pkts > answerer->n_rst) {
        if (note->kind == NOTE_RESET && note->rst_family == RST_FAMILY_B2)
            claim(strays, note, span_bytes);
        return;
    }
    strays->stray[strays->n++ % STRAYS_MAX] = (struct stray){
        .rst_frame = note->ordinal,
        .rst_ns = note->now_ns,
        .sender = endpoint_of(note, side_other(from)),
        .answerer = endpoint_of(note, from),
        .seq = sender->nxt,
        .ack = sender->acked,
    };
}

bool strays_is_part(const struct strays *strays, const struct flow_note *note)
{
    uint64_t rst_frame = note->has_trail && note->trail.n_rst ? note->trail.rst[0].mark.frame : 0;

    for (unsigned i = 0; rst_frame && i < STRAYS_MAX; i++) {
        if (strays->stray[i].rst_frame == rst_frame)
            return strays->stray[i].has_broken;
    }
    return false;
}
