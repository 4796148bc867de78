/* SPDX-License-Identifier: BSD-2-Clause */
/* See legs.h. An attempt's place follows from the number of its first frame. */
#include "verdict/legs.h"

#include <errno.h>

#include "base/compiler.h"
#include "base/nanotime.h"

static const char *const end_names[] = {
    [LEG_WAITING] = "did not answer",
    [LEG_OPEN] = "was connected",
    [LEG_REFUSED] = "refused the connection",
    [LEG_REJECTED] = "was rejected by ICMP",
    [LEG_TIMED_OUT] = "did not answer",
    [LEG_RESET] = "was reset",
    [LEG_CLOSED] = "was closed",
};
_Static_assert(ARRAY_LEN(end_names) == LEG_END_COUNT, "a name for each end");

const char *leg_end_name(enum leg_end end)
{
    return end_names[end];
}

size_t legs_cost_bytes(uint32_t n_max)
{
    return arena_cost_bytes(n_max * sizeof(struct leg));
}

int legs_create(struct legs *legs, struct arena *arena, uint32_t n_max)
{
    *legs = (struct legs){.leg = arena_take(arena, n_max * sizeof(struct leg)), .mask = n_max - 1};
    return legs->leg ? 0 : -ENOMEM;
}

static enum leg_end end_of(const struct flow_note *note)
{
    const struct flow_facts *facts = &note->facts;
    const struct side_facts *server = &facts->side[SIDE_SERVER];

    if (facts->bits & FACT_SYN_REFUSED)
        return LEG_REFUSED;
    if (facts->bits & FACT_SYN_ICMP && !(facts->bits & FACT_ESTABLISHED))
        return LEG_REJECTED;
    if (!(facts->bits & FACT_ESTABLISHED))
        return LEG_TIMED_OUT;
    if (note->kind != NOTE_ENDED)
        return LEG_OPEN;
    return server->n_rst ? LEG_RESET : LEG_CLOSED;
}

void legs_note(struct legs *legs, const struct flow_note *note)
{
    struct leg *leg = &legs->leg[(uint32_t)note->facts.first_frame & legs->mask];
    unsigned server_end = 1u - note->client_end;
    enum leg_end end;

    if (note->kind == NOTE_ATTEMPT) {
        *leg = (struct leg){
            .first_frame = note->facts.first_frame,
            .first_ns = note->facts.first_ns,
            .end_ns = NS_NEVER,
            .client = note->key.addr[note->client_end],
            .server = {.addr = note->key.addr[server_end], .port = note->key.port[server_end]},
        };
        return;
    }
    if (leg->first_frame != note->facts.first_frame || note->kind == NOTE_ALIVE)
        return;
    if (note->kind == NOTE_REFUSED) {
        leg->end = LEG_REFUSED;
        leg->end_ns = note->now_ns;
        return;
    }
    end = end_of(note);
    leg->end = (uint8_t)end;
    leg->end_ns = note->kind == NOTE_ENDED ? facts_last_ns(&note->facts) : note->now_ns;
}

/* It stood in the way of a request that waited from one time to the other. */
static bool is_failed(const struct leg *leg, int64_t from_ns, int64_t to_ns)
{
    bool began = leg->first_ns >= from_ns && leg->first_ns <= to_ns;

    switch ((enum leg_end)leg->end) {
    case LEG_WAITING:
    case LEG_TIMED_OUT:
        return began;
    case LEG_REFUSED:
    case LEG_REJECTED:
        return began && leg->end_ns <= to_ns;
    case LEG_RESET:
        return leg->end_ns >= from_ns && leg->end_ns <= to_ns;
    case LEG_OPEN:
    case LEG_CLOSED:
    case LEG_END_COUNT:
        break;
    }
    return false;
}

const struct leg *legs_failed(const struct legs *legs, const struct ipaddr *client, int64_t from_ns,
                              int64_t to_ns)
{
    const struct leg *found = NULL;

    for (uint32_t i = 0; i <= legs->mask; i++) {
        const struct leg *leg = &legs->leg[i];

        if (leg->first_frame && ipaddr_equal(&leg->client, client) &&
            is_failed(leg, from_ns, to_ns) && (!found || leg->first_frame > found->first_frame))
            found = leg;
    }
    return found;
}
