/* SPDX-License-Identifier: BSD-2-Clause */
/* See wheel.h. */
#include "flowtable/wheel.h"

#include <errno.h>
#include <string.h>

/* How far wheel_soonest() looks: past the wait of a half-open flow, and at so many flows. */
#define SOONEST_SLOTS 80
#define SOONEST_LOOKS 64

size_t wheel_cost_bytes(void)
{
    return arena_cost_bytes(WHEEL_SLOTS * sizeof(uint32_t));
}

int wheel_create(struct wheel *wheel, struct arena *arena, struct flow *pool)
{
    *wheel = (struct wheel){
        .pool = pool,
        .head = arena_take(arena, WHEEL_SLOTS * sizeof(uint32_t)),
    };
    if (!wheel->head)
        return -ENOMEM;
    memset(wheel->head, 0xff, WHEEL_SLOTS * sizeof(uint32_t));
    return 0;
}

void wheel_start(struct wheel *wheel, int64_t now_ns)
{
    if (!wheel->has_started) {
        wheel->current = now_ns / WHEEL_SLOT_NS;
        wheel->has_started = true;
    }
}

void wheel_cancel(struct wheel *wheel, uint32_t flow_idx)
{
    struct flow *flow = &wheel->pool[flow_idx];

    if (flow->wheel_slot == WHEEL_SLOT_NONE)
        return;
    if (flow->prev != FLOW_NONE)
        wheel->pool[flow->prev].next = flow->next;
    else
        wheel->head[flow->wheel_slot] = flow->next;
    if (flow->next != FLOW_NONE)
        wheel->pool[flow->next].prev = flow->prev;
    flow->wheel_slot = WHEEL_SLOT_NONE;
    wheel->n_armed--;
}

void wheel_arm(struct wheel *wheel, uint32_t flow_idx, int64_t deadline_ns)
{
    struct flow *flow = &wheel->pool[flow_idx];
    int64_t slot = wheel_slot_ns(deadline_ns) / WHEEL_SLOT_NS;
    uint16_t cell;

    if (slot <= wheel->current)
        slot = wheel->current + 1;
    if (slot >= wheel->current + WHEEL_SLOTS)
        slot = wheel->current + WHEEL_SLOTS - 1;
    cell = (uint16_t)((uint64_t)slot % WHEEL_SLOTS);
    if (flow->wheel_slot == cell)
        return;
    wheel_cancel(wheel, flow_idx);
    flow->wheel_slot = cell;
    flow->prev = FLOW_NONE;
    flow->next = wheel->head[cell];
    if (flow->next != FLOW_NONE)
        wheel->pool[flow->next].prev = flow_idx;
    wheel->head[cell] = flow_idx;
    wheel->n_armed++;
}

static bool comes_before(const struct wheel *wheel, uint32_t a, uint32_t b)
{
    return wheel->pool[a].facts.first_frame < wheel->pool[b].facts.first_frame;
}

static uint32_t merge(struct wheel *wheel, uint32_t a, uint32_t b)
{
    uint32_t head = FLOW_NONE;
    uint32_t *tail = &head;

    while (a != FLOW_NONE && b != FLOW_NONE) {
        uint32_t *from = comes_before(wheel, a, b) ? &a : &b;

        *tail = *from;
        tail = &wheel->pool[*from].next;
        *from = *tail;
    }
    *tail = a != FLOW_NONE ? a : b;
    return head;
}

/* Bottom-up merge sort of a list: bucket i holds a sorted run of 2^i flows. */
static uint32_t sort_by_first_frame(struct wheel *wheel, uint32_t list)
{
    uint32_t bucket[32];
    uint32_t sorted = FLOW_NONE;

    memset(bucket, 0xff, sizeof(bucket));
    while (list != FLOW_NONE) {
        uint32_t run = list;
        unsigned i = 0;

        list = wheel->pool[run].next;
        wheel->pool[run].next = FLOW_NONE;
        for (; bucket[i] != FLOW_NONE; i++) {
            run = merge(wheel, bucket[i], run);
            bucket[i] = FLOW_NONE;
        }
        bucket[i] = run;
    }
    for (unsigned i = 0; i < 32; i++)
        sorted = merge(wheel, sorted, bucket[i]);
    return sorted;
}

/* Unlinks the slot's flows and puts them before `list`, unsorted. */
static uint32_t slot_take(struct wheel *wheel, unsigned cell, uint32_t list)
{
    uint32_t flow_idx = wheel->head[cell];

    wheel->head[cell] = FLOW_NONE;
    while (flow_idx != FLOW_NONE) {
        struct flow *flow = &wheel->pool[flow_idx];
        uint32_t next = flow->next;

        /* The list is walked at the speed of memory; what sorting needs comes along. */
        __builtin_prefetch(&flow->facts.first_frame);
        flow->wheel_slot = WHEEL_SLOT_NONE;
        flow->next = list;
        list = flow_idx;
        flow_idx = next;
        wheel->n_armed--;
    }
    return list;
}

uint32_t wheel_due(struct wheel *wheel, int64_t now_ns, int64_t *slot_ns)
{
    int64_t target = now_ns / WHEEL_SLOT_NS;

    if (target != wheel->target) {
        wheel->target = target;
        wheel->from = wheel->current;
    }
    while (wheel->current < target && wheel->n_armed > 0) {
        unsigned cell;

        if (wheel->current - wheel->from > WHEEL_GAP_SLOTS && target - wheel->current > WHEEL_SLOTS)
            wheel->current = target - WHEEL_SLOTS;
        cell = (unsigned)((uint64_t)++wheel->current % WHEEL_SLOTS);
        if (wheel->head[cell] != FLOW_NONE) {
            *slot_ns = wheel->current * WHEEL_SLOT_NS;
            return sort_by_first_frame(wheel, slot_take(wheel, cell, FLOW_NONE));
        }
    }
    if (wheel->current < target)
        wheel->current = target; /* nothing armed: a gap of years costs nothing */
    return FLOW_NONE;
}

uint32_t wheel_soonest(const struct wheel *wheel, wheel_choice_fn choose)
{
    unsigned n_looks = 0;

    for (int64_t ahead = 1; ahead <= SOONEST_SLOTS; ahead++) {
        unsigned cell = (unsigned)((uint64_t)(wheel->current + ahead) % WHEEL_SLOTS);

        for (uint32_t i = wheel->head[cell]; i != FLOW_NONE; i = wheel->pool[i].next) {
            if (choose(&wheel->pool[i]))
                return i;
            if (++n_looks == SOONEST_LOOKS)
                return FLOW_NONE;
        }
    }
    return FLOW_NONE;
}

uint32_t wheel_drain(struct wheel *wheel)
{
    uint32_t all = FLOW_NONE;

    /* Sorted once: merging slot by slot would walk all that came before for each of them. */
    for (unsigned cell = 0; cell < WHEEL_SLOTS; cell++)
        all = slot_take(wheel, cell, all);
    return sort_by_first_frame(wheel, all);
}
