/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of a pipeline while it runs and after. See pipeline.h. */
#include "app/pipeline.h"

#include "app/pipeline_private.h"
#include "base/nanotime.h"

void pipeline_stop(struct pipeline *pipeline)
{
    intake_stop(&pipeline->intake);
}

/* Of several captures each has the same interfaces. */
static void fill_sources(const struct intake *intake, struct snapshot_health *health)
{
    uint32_t n = capture_source_count(intake->capture[0]);

    health->n_sources = n < SNAPSHOT_SOURCES_MAX ? n : SNAPSHOT_SOURCES_MAX;
    for (uint32_t i = 0; i < health->n_sources; i++) {
        for (uint32_t k = 0; k < intake->n_captures; k++) {
            const struct capture_source *source = capture_source(intake->capture[k], i);

            health->source[i].n_pkts += counter_read(&source->read_pkts);
            health->source[i].n_kernel_dropped += counter_read(&source->kernel_dropped_pkts);
            health->source[i].is_away |= counter_read(&source->is_away) != 0;
        }
    }
}

static void fill_health(const struct pipeline *pipeline, struct snapshot_health *health)
{
    fill_sources(&pipeline->intake, health);
    for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
        health->frames_queued_bytes += ring_used_bytes(&pipeline->lane[i].frames);
        health->frame_rings_bytes += pipeline->lane[i].frames.size_bytes;
    }
    health->events_queued_bytes = ring_used_bytes(&pipeline->events);
    health->event_ring_bytes = pipeline->events.size_bytes;
    health->tables_bytes = pipeline->arena.used_bytes;
}

const struct snapshot *pipeline_snapshot(struct pipeline *pipeline, bool *is_new)
{
    pipeline->seen = *(const struct snapshot *)latest_read(&pipeline->snapshots, is_new);
    pipeline->seen.start_ns = pipeline_first_ns(pipeline);
    intake_count(&pipeline->intake, &pipeline->seen.total);
    fill_health(pipeline, &pipeline->seen.health);
    return &pipeline->seen;
}

int64_t pipeline_first_ns(const struct pipeline *pipeline)
{
    uint64_t first_ordinal = 0;
    int64_t first_ns = NS_NEVER;

    for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
        const struct worker *worker = &pipeline->lane[i].worker;
        uint64_t ordinal = counter_read(&worker->first_ordinal);

        int64_t ns = (int64_t)counter_read(&worker->first_ns);
        bool is_earlier = pipeline->intake.n_captures > 1 ? ns < first_ns : ordinal < first_ordinal;

        if (ordinal && (!first_ordinal || is_earlier)) {
            first_ordinal = ordinal;
            first_ns = ns;
        }
    }
    return first_ns;
}

int64_t pipeline_last_ns(const struct pipeline *pipeline)
{
    int64_t last_ns = NS_NEVER;

    for (uint32_t i = 0; i < pipeline->config.n_workers; i++) {
        const struct worker *worker = &pipeline->lane[i].worker;
        int64_t ns = (int64_t)counter_read(&worker->last_ns);

        if (counter_read(&worker->first_ordinal) && ns > last_ns)
            last_ns = ns;
    }
    return last_ns;
}

uint64_t pipeline_events_queued(const struct pipeline *pipeline)
{
    const size_t one_bytes =
        (RING_HEADER_BYTES + sizeof(struct verdict_event) + RING_ALIGN_BYTES - 1) /
        RING_ALIGN_BYTES * RING_ALIGN_BYTES;

    return ring_used_bytes(&pipeline->events) / one_bytes;
}

struct ring *pipeline_tap(struct pipeline *pipeline)
{
    return &pipeline->tap;
}

const struct capture *pipeline_capture(const struct pipeline *pipeline)
{
    return pipeline->intake.capture[0];
}

const struct intake *pipeline_intake(const struct pipeline *pipeline)
{
    return &pipeline->intake;
}

const struct err *pipeline_watch_err(const struct pipeline *pipeline)
{
    return &pipeline->watch_err;
}

uint32_t pipeline_max_flows(const struct pipeline *pipeline)
{
    return pipeline->plan.n_flows * pipeline->config.n_workers;
}

uint32_t pipeline_max_endpoints(const struct pipeline *pipeline)
{
    return pipeline->plan.n_endpoints;
}

uint64_t pipeline_memory_bytes(const struct pipeline *pipeline)
{
    return pipeline->arena.used_bytes;
}
