/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers driven by packet time: one per flow, in slots of WHEEL_SLOT_NS.
 *
 * Theory of operation: a slot is a doubly linked list through the flows. A deadline beyond the
 * horizon is parked in the farthest slot and armed anew when that comes up, so callers look at
 * the real deadline themselves. Flows of one slot come out in the order of their first packet,
 * not of their insertion: the output must not depend on how flows are spread over workers.
 */
#ifndef FLOWTABLE_WHEEL_H
#define FLOWTABLE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/nanotime.h"
#include "flowtable/flow.h"

#define WHEEL_SLOT_NS (100 * NS_PER_MS)
#define WHEEL_SLOTS 4096

/* After so much time without a packet only timers that a wrong date has armed are left; the slots
 * up to the last round are passed over. */
#define WHEEL_GAP_SLOTS (86400 * NS_PER_S / WHEEL_SLOT_NS)
#define WHEEL_SLOT_NONE UINT16_C(0xffff)

struct wheel {
    struct flow *pool;
    uint32_t *head;  /* of each slot's list */
    int64_t current; /* number of the slot that came up last: time / WHEEL_SLOT_NS */
    int64_t target;  /* where the time last asked for is */
    int64_t from;    /* where current was when that target was new */
    uint32_t n_armed;
    bool has_started;
};

/* The time of the first slot that ends at or after `deadline_ns`. */
static inline int64_t wheel_slot_ns(int64_t deadline_ns)
{
    return (deadline_ns + WHEEL_SLOT_NS - 1) / WHEEL_SLOT_NS * WHEEL_SLOT_NS;
}

size_t wheel_cost_bytes(void);
int wheel_create(struct wheel *wheel, struct arena *arena, struct flow *pool) MUST_CHECK;

/* Takes `now_ns` as the time when nothing has been armed yet. */
void wheel_start(struct wheel *wheel, int64_t now_ns);

/* Arms or re-arms the flow's timer: it comes up in the first slot that ends at or after
 * `deadline_ns`, never in one that has come up already. */
void wheel_arm(struct wheel *wheel, uint32_t flow_idx, int64_t deadline_ns);

void wheel_cancel(struct wheel *wheel, uint32_t flow_idx);

/*
 * The next slot that is due at `now_ns`: takes its flows off the wheel and returns the first of
 * them, the others linked by `next`, in the order of their first frame; *slot_ns is the slot's
 * time. FLOW_NONE when nothing (more) is due: the wheel's time is then now_ns.
 */
uint32_t wheel_due(struct wheel *wheel, int64_t now_ns, int64_t *slot_ns);

typedef bool (*wheel_choice_fn)(const struct flow *flow);

/* A flow whose timer comes up soon and that `choose` takes, still armed; FLOW_NONE where none of
 * the next ones is. Looks at a bounded number of them. */
uint32_t wheel_soonest(const struct wheel *wheel, wheel_choice_fn choose);

/* All armed flows, as wheel_due() gives them. */
uint32_t wheel_drain(struct wheel *wheel);

#endif
