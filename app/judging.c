/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See judging.h.
 *
 * Theory of operation: each worker's notes are in order, so the earliest of the rings' first notes
 * is the earliest of all, provided that no ring is empty. Every worker sends a note for every
 * tick, so none stays empty while time passes. Equal ticks of all workers are taken together.
 */
#include "app/judging.h"

#include <errno.h>
#include <string.h>

#include "base/nanotime.h"

#define WAIT_NS (100 * NS_PER_MS)

size_t judging_cost_bytes(const struct judging_config *config)
{
    return hosts_cost_bytes(config->n_hosts, config->n_listeners);
}

int judging_create(struct judging *judging, struct arena *arena,
                   const struct judging_config *config)
{
    *judging = (struct judging){.config = *config};
    judging->context = (struct judge_context){
        .hosts = &judging->hosts,
        .limits = verdict_limits_default(),
        .local = config->local,
        .n_local = config->n_local,
    };
    judging->now.now_ns = NS_NEVER;
    judging->now.start_ns = NS_NEVER;
    return hosts_create(&judging->hosts, arena, config->n_hosts, config->n_listeners,
                        judging->context.limits, config->hash_key);
}

/* ---- events ---- */

static void emit(struct judging *judging, const struct verdict_event *event)
{
    void *room;

    while (!(room = ring_reserve(judging->events, sizeof(*event)))) {
        if (judging->on_full) {
            ring_publish(judging->events);
            judging->on_full(judging->on_full_ctx);
        } else if (judging->config.may_lose_events) {
            judging->now.total.n_events_lost++;
            return;
        } else {
            (void)ring_wait_room(judging->events, WAIT_NS);
        }
    }
    memcpy(room, event, sizeof(*event));
    ring_commit(judging->events, sizeof(*event));
}

static void judge_ended(struct judging *judging, const struct flow_note *note)
{
    struct run_totals *total = &judging->now.total;
    struct verdict_event event;

    verdict_judge(&judging->context, note, &event);
    total->n_attempts++;
    if (event.connection.is_failure) {
        total->n_failed++;
        total->n_failed_by_family[event.connection.family]++;
    } else if (event.connection.outcome == OUTCOME_OK ||
               event.connection.outcome == OUTCOME_OK_DEGRADED) {
        total->n_ok++;
    }
    if (event.connection.is_failure || judging->config.report_all)
        emit(judging, &event);
}

/* ---- notes ---- */

static void take_note(struct judging *judging, uint32_t worker_idx, const struct flow_note *note)
{
    if (note->now_ns > judging->now.now_ns)
        judging->now.now_ns = note->now_ns;
    switch ((enum flow_note_kind)note->kind) {
    case NOTE_ENDED:
        hosts_note(&judging->hosts, note);
        judge_ended(judging, note);
        break;
    case NOTE_ATTEMPT:
    case NOTE_ESTABLISHED:
    case NOTE_ALIVE:
        hosts_note(&judging->hosts, note);
        break;
    case NOTE_TICK:
        judging->gauges[worker_idx] = note->gauges;
        break;
    case NOTE_END:
        judging->gauges[worker_idx] = note->gauges;
        judging->has_ended[worker_idx] = true;
        break;
    case NOTE_KIND_COUNT:
        break;
    }
}

static bool comes_before(const struct flow_note *a, const struct flow_note *b)
{
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal;
    if (a->slot_ns != b->slot_ns)
        return a->slot_ns < b->slot_ns;
    if (a->kind == NOTE_TICK || a->kind == NOTE_END || b->kind == NOTE_TICK || b->kind == NOTE_END)
        return false;
    return a->facts.first_frame < b->facts.first_frame;
}

/* The worker whose note comes first; n_workers when that cannot be said yet, or all have ended. */
static uint32_t first_worker(struct judging *judging)
{
    uint32_t first = judging->n_workers;

    for (uint32_t i = 0; i < judging->n_workers; i++) {
        size_t n_bytes;

        if (judging->has_ended[i])
            continue;
        if (!judging->head[i])
            judging->head[i] = ring_peek(judging->notes[i], &n_bytes);
        if (!judging->head[i])
            return judging->n_workers;
        if (first == judging->n_workers || comes_before(judging->head[i], judging->head[first]))
            first = i;
    }
    return first;
}

static bool have_all_ended(const struct judging *judging)
{
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        if (!judging->has_ended[i])
            return false;
    }
    return true;
}

bool judging_step(struct judging *judging)
{
    uint32_t i;

    while ((i = first_worker(judging)) < judging->n_workers) {
        take_note(judging, i, judging->head[i]);
        judging->head[i] = NULL;
        ring_release(judging->notes[i]);
    }
    ring_publish(judging->events);
    return !have_all_ended(judging);
}

void judging_publish(struct judging *judging)
{
    struct run_totals *total = &judging->now.total;
    struct snapshot *draft = latest_draft(judging->snapshots);

    judging->now.n_flows_open = 0;
    judging->now.n_flows_max = 0;
    total->n_flows_evicted = 0;
    total->n_truncated = 0;
    total->n_malformed = 0;
    for (uint32_t i = 0; i < judging->n_workers; i++) {
        judging->now.n_flows_open += judging->gauges[i].n_flows_open;
        judging->now.n_flows_max += judging->gauges[i].n_flows_max;
        total->n_flows_evicted += judging->gauges[i].n_evicted;
        total->n_truncated += judging->gauges[i].n_truncated;
        total->n_malformed += judging->gauges[i].n_malformed;
    }
    *draft = judging->now;
    latest_publish(judging->snapshots);
}
