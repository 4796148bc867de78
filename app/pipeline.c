/* SPDX-License-Identifier: BSD-2-Clause */
/* See pipeline.h. */
#include "app/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/pipeline_private.h"
#include "base/nanotime.h"

#define WORKERS_MAX JUDGING_WORKERS_MAX
/* Lanes that memory is set aside for in any case: what is left must not depend on n_workers. */
#define LANES_RESERVED 4
#define WAIT_NS (100 * NS_PER_MS)
#define DRAIN_EVENTS 256 /* at a time */
#define SNAPSHOT_EVERY_NS (100 * NS_PER_MS)
#define THREAD_NAME_BYTES 16 /* the kernel's limit, with the end */

/* ---- construction ---- */

static size_t fixed_bytes(uint32_t n_workers)
{
    return arena_cost_bytes(n_workers * sizeof(struct lane)) +
           arena_cost_bytes(latest_memory_bytes(sizeof(struct snapshot))) +
           (size_t)(2 * n_workers + 8) * CACHELINE_BYTES; /* alignment of the rings */
}

static int lane_create(struct pipeline *pipeline, struct lane *lane)
{
    const struct memory_plan *plan = &pipeline->plan;
    void *frames = arena_take(&pipeline->arena, plan->frame_ring_bytes);
    void *notes = arena_take(&pipeline->arena, plan->note_ring_bytes);
    struct tracker_config config = {
        .n_flows = plan->n_flows,
        .n_trails = plan->n_trails,
        .n_tombs = plan->n_tombs,
        .is_light = pipeline->config.capture.is_light,
        .hash_key = {pipeline->config.hash_seed},
        .outlet = worker_outlet(&lane->worker),
        .is_deaf = pipeline->config.is_deaf,
    };

    if (!frames || !notes)
        return -ENOMEM;
    ring_init(&lane->frames, frames, plan->frame_ring_bytes, &lane->park,
              pipeline->config.is_live ? NULL : &pipeline->capture_park);
    ring_init(&lane->notes, notes, plan->note_ring_bytes, &pipeline->judge_park, &lane->park);
    lane->worker.frames = &lane->frames;
    lane->worker.notes = &lane->notes;
    reassembly_init(&lane->worker.reassembly);
    return tracker_create(&lane->worker.tracker, &pipeline->arena, &config);
}

static int judging_setup(struct pipeline *pipeline)
{
    struct judging_config config = {
        .n_hosts = pipeline->plan.n_hosts,
        .n_listeners = pipeline->plan.n_listeners,
        .n_endpoints = pipeline->plan.n_endpoints,
        .is_by_time = pipeline->intake.n_captures > 1,
        .is_replay = !pipeline->config.is_live,
        .is_light = pipeline->config.capture.is_light,
        .hash_key = {pipeline->config.hash_seed},
        .local = pipeline->config.local,
        .n_local = pipeline->config.n_local,
        .watch = pipeline->watch,
        .incident_rules = pipeline->config.incident_rules,
        .report_all = pipeline->config.report_all,
        .has_screen = pipeline->config.has_screen,
        .stats_interval_ns = pipeline->config.stats_interval_ns,
        .may_lose_events = pipeline->config.is_live,
    };
    size_t box_bytes = latest_memory_bytes(sizeof(struct snapshot));
    void *box = arena_take(&pipeline->arena, box_bytes);
    void *events = arena_take(&pipeline->arena, pipeline->plan.event_ring_bytes);

    if (!box || !events || judging_create(&pipeline->judging, &pipeline->arena, &config))
        return -ENOMEM;
    latest_init(&pipeline->snapshots, box, sizeof(struct snapshot));
    ring_init(&pipeline->events, events, pipeline->plan.event_ring_bytes, &pipeline->main_park,
              &pipeline->judge_park);
    pipeline->judging.events = &pipeline->events;
    pipeline->judging.snapshots = &pipeline->snapshots;
    pipeline->judging.n_workers = pipeline->config.n_workers;
    for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
        pipeline->judging.notes[i] = &pipeline->lane[i].notes;
        pipeline->judging.frames[i] = &pipeline->lane[i].frames;
    }
    return 0;
}

/* Live, nobody waits at it: main looks into it often enough, and what finds no room is counted. */
static int tap_create(struct pipeline *pipeline)
{
    uint64_t n_bytes = pipeline->config.tap_bytes;
    void *memory = n_bytes ? arena_take(&pipeline->arena, n_bytes) : NULL;

    if (n_bytes && !memory)
        return -ENOMEM;
    if (memory)
        ring_init(&pipeline->tap, memory, n_bytes, NULL,
                  pipeline->config.is_live ? NULL : &pipeline->capture_park);
    return 0;
}

static void attach_capture(struct pipeline *pipeline)
{
    struct capture_output output[WORKERS_MAX];
    struct capture_outputs outputs = {
        .outputs = output,
        .n_outputs = pipeline->config.n_workers,
        .tap = pipeline->config.tap_bytes ? &pipeline->tap : NULL,
        .shard_of = pipeline->config.n_workers > 1 ? shard_of : NULL,
        .shard_ctx = &pipeline->shard,
    };

    pipeline->shard.n_shards = pipeline->config.n_workers;
    for (uint32_t i = 0; i < pipeline->config.n_workers; i++)
        output[i].ring = &pipeline->lane[i].frames;
    intake_attach(&pipeline->intake, &outputs);
}

/* A count of packets and a tap have one order of packets to go by. */
static uint32_t captures_wanted(const struct pipeline_config *config)
{
    bool can_share = config->is_live && !config->capture.max_packets && !config->tap_bytes;

    return can_share ? config->n_workers : 1;
}

static int make_plan(struct memory_plan *plan, const struct pipeline_config *config,
                     struct err *err)
{
    size_t taken_bytes =
        fixed_bytes(config->n_workers > LANES_RESERVED ? config->n_workers : LANES_RESERVED) +
        intake_cost_bytes(&config->capture, captures_wanted(config)) +
        (config->wants_host_evidence ? hostwatch_cost_bytes() : 0);

    return memory_plan_make(plan, config->memory_bytes, taken_bytes, config->n_workers, err);
}

int pipeline_check(const struct pipeline_config *config, struct err *err)
{
    struct memory_plan plan;

    return make_plan(&plan, config, err);
}

static int build(struct pipeline *pipeline, struct err *err)
{
    const struct pipeline_config *config = &pipeline->config;
    const struct arena_options options = {.wants_huge_page = true};
    int code = make_plan(&pipeline->plan, config, err);

    if (code)
        return code;
    code = arena_map(&pipeline->arena, config->memory_bytes + arena_cost_bytes(config->tap_bytes),
                     &options, err);
    if (code)
        return code;
    code = intake_open(&pipeline->intake, &config->capture, captures_wanted(config),
                       &pipeline->arena, err);
    if (code)
        return code;
    pipeline->lane = arena_take(&pipeline->arena, config->n_workers * sizeof(struct lane));
    if (!pipeline->lane)
        return err_set(err, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < config->n_workers; i++) {
        pipeline->lane[i].idx = i;
        if (lane_create(pipeline, &pipeline->lane[i]))
            return err_set(err, -ENOMEM, "out of memory for the flow table");
    }
    if (tap_create(pipeline))
        return err_set(err, -ENOMEM, "out of memory for the packets to write");
    if (config->wants_host_evidence)
        pipeline->watch = hostwatch_open(
            &pipeline->arena, capture_clock(pipeline_capture(pipeline)), &pipeline->watch_err);
    if (judging_setup(pipeline))
        return err_set(err, -ENOMEM, "out of memory for the judge");
    attach_capture(pipeline);
    return 0;
}

int pipeline_open(struct pipeline **pipeline, const struct pipeline_config *config, struct err *err)
{
    size_t n_bytes = (sizeof(struct pipeline) + CACHELINE_BYTES - 1) / CACHELINE_BYTES;
    struct pipeline *opened = aligned_alloc(CACHELINE_BYTES, n_bytes * CACHELINE_BYTES);
    int code;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    memset(opened, 0, sizeof(*opened));
    opened->config = *config;
    code = build(opened, err);
    if (code)
        pipeline_close(opened);
    else
        *pipeline = opened;
    return code;
}

/* ---- threads ---- */

static int64_t monotonic_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* What top -H and perf show; main's is the program's. */
static void name_thread(const char *name)
{
    (void)pthread_setname_np(pthread_self(), name);
}

static void *capture_thread(void *ctx)
{
    name_thread("tcpwhy-capture");
    capture_run(ctx);
    return NULL;
}

static void *worker_thread(void *ctx)
{
    struct lane *lane = ctx;
    char name[THREAD_NAME_BYTES];

    (void)snprintf(name, sizeof(name), "tcpwhy-worker%u", lane->idx % 100);
    name_thread(name);
    worker_run(&lane->worker);
    return NULL;
}

/* park_wait: every ring whose note is wanted next has one. */
static bool is_note_there(void *ctx)
{
    const struct judging *judging = ctx;

    for (uint32_t i = 0; i < judging->n_workers; i++) {
        if (!judging->has_ended[i] && !judging->head[i] && !ring_is_readable(judging->notes[i]))
            return false;
    }
    return true;
}

static void *judge_thread(void *ctx)
{
    struct pipeline *pipeline = ctx;
    int64_t published_ns = monotonic_ns();

    name_thread("tcpwhy-judge");
    while (judging_step(&pipeline->judging)) {
        if (pipeline->watch)
            hostwatch_tick(pipeline->watch);
        if (monotonic_ns() - published_ns >= SNAPSHOT_EVERY_NS) {
            judging_publish(&pipeline->judging);
            published_ns = monotonic_ns();
        }
        (void)park_wait(&pipeline->judge_park, is_note_there, &pipeline->judging, WAIT_NS);
    }
    judging_publish(&pipeline->judging);
    flag_raise(&pipeline->judge_done);
    park_wake(&pipeline->main_park);
    return NULL;
}

static int start_thread(struct pipeline *pipeline, pthread_t *thread, void *(*run)(void *),
                        void *ctx, struct err *err)
{
    int code = pthread_create(thread, NULL, run, ctx);

    if (code)
        return err_set(err, -code, "cannot start a thread: %s", strerror(code));
    pipeline->n_started++;
    return 0;
}

int pipeline_start(struct pipeline *pipeline, struct err *err)
{
    sigset_t all;
    sigset_t before;
    int code = 0;

    /* Before the first packet: what it meets is set against a look that came earlier. */
    if (pipeline->watch)
        hostwatch_tick(pipeline->watch);
    /* Signals are main's: the other threads start with all of them blocked. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (uint32_t i = 0; i < pipeline->config.n_workers && !code; i++)
        code = start_thread(pipeline, &pipeline->lane[i].thread, worker_thread, &pipeline->lane[i],
                            err);
    if (!code)
        code = start_thread(pipeline, &pipeline->judge_thread, judge_thread, pipeline, err);
    for (uint32_t i = 0; i < pipeline->intake.n_captures && !code; i++)
        code = start_thread(pipeline, &pipeline->capture_thread[i], capture_thread,
                            pipeline->intake.capture[i], err);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

/* ---- events to main ---- */

static bool is_event_there(void *ctx)
{
    const struct pipeline *pipeline = ctx;

    return ring_is_readable(&pipeline->events) || flag_is_raised(&pipeline->judge_done);
}

/* Returns false where there may be more: main has other things to do meanwhile. */
static bool drain_events(struct pipeline *pipeline, const struct pipeline_outlet *outlet)
{
    const struct verdict_event *event;
    size_t n_bytes;

    for (unsigned i = 0; i < DRAIN_EVENTS; i++) {
        event = ring_peek(&pipeline->events, &n_bytes);
        if (!event)
            return true;
        outlet->event(outlet->ctx, event);
        ring_release(&pipeline->events);
    }
    return false;
}

bool pipeline_poll(struct pipeline *pipeline, const struct pipeline_outlet *outlet, int64_t wait_ns)
{
    bool is_done = flag_is_raised(&pipeline->judge_done);

    /* Looked at the flag first: events published before it was raised are all found. */
    if (!drain_events(pipeline, outlet))
        return true;
    if (is_done)
        return false;
    (void)park_wait(&pipeline->main_park, is_event_there, pipeline, wait_ns);
    return true;
}

/* ---- all in one thread ---- */

static void inline_events(void *ctx)
{
    struct pipeline *pipeline = ctx;

    while (!drain_events(pipeline, pipeline->outlet))
        continue;
}

static void inline_judge(void *ctx)
{
    struct pipeline *pipeline = ctx;

    (void)judging_step(&pipeline->judging);
    inline_events(pipeline);
}

void pipeline_run_inline(struct pipeline *pipeline, const struct pipeline_outlet *outlet)
{
    bool is_judging = true, is_capturing = true;

    pipeline->outlet = outlet;
    pipeline->judging.on_full = inline_events;
    pipeline->judging.on_full_ctx = pipeline;
    for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
        pipeline->lane[i].worker.on_full = inline_judge;
        pipeline->lane[i].worker.on_full_ctx = pipeline;
    }
    while (is_judging) {
        if (is_capturing)
            is_capturing = intake_step(&pipeline->intake, WAIT_NS);
        for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
            while (ring_is_readable(&pipeline->lane[i].frames))
                (void)worker_step(&pipeline->lane[i].worker);
        }
        is_judging = judging_step(&pipeline->judging);
        inline_events(pipeline);
    }
    judging_publish(&pipeline->judging);
}

/* ---- destruction ---- */

void pipeline_close(struct pipeline *pipeline)
{
    uint32_t n_workers;

    if (!pipeline)
        return;
    n_workers = pipeline->config.n_workers;
    for (uint32_t i = 0; i < n_workers && i < pipeline->n_started; i++)
        (void)pthread_join(pipeline->lane[i].thread, NULL);
    if (pipeline->n_started > n_workers)
        (void)pthread_join(pipeline->judge_thread, NULL);
    for (uint32_t i = 0; n_workers + 1 + i < pipeline->n_started; i++)
        (void)pthread_join(pipeline->capture_thread[i], NULL);
    intake_close(&pipeline->intake);
    hostwatch_close(pipeline->watch);
    if (pipeline->arena.at)
        arena_unmap(&pipeline->arena);
    free(pipeline);
}
