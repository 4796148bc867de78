/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and time of the whole pipeline on generated packets: many open flows, and a flood of
 * SYNs from as many sources; or on those of a capture. Prints figures and asserts none.
 *
 *   bench_pipeline flows N [WORKERS]          N flows open at once, four packets of each
 *   bench_pipeline flood N [WORKERS]          N SYNs from N sources
 *   bench_pipeline file NAME [WORKERS [deaf]] deaf: nothing above TCP is read
 *
 * WORKERS 0 runs everything on one thread.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "app/options.h"
#include "app/pipeline.h"
#include "base/nanotime.h"

#define MEMORY_BYTES ((uint64_t)OPTIONS_MEMORY_MIB << 20)
#define PKTS_PER_FLOW 4

struct tally {
    uint64_t n_events;
};

static void count_event(void *ctx, const struct verdict_event *event)
{
    struct tally *tally = ctx;

    (void)event;
    tally->n_events++;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct synthetic_config flows_of(uint32_t n)
{
    return (struct synthetic_config){.mode = SYNTHETIC_FLOWS,
                                     .seed = 1,
                                     .n_pkts = (uint64_t)n * PKTS_PER_FLOW,
                                     .n_open_flows = n,
                                     .n_data_pkts = 4,
                                     .payload_bytes = 64,
                                     .start_ns = 1700000000 * NS_PER_S,
                                     .step_ns = 1000};
}

static struct synthetic_config flood_of(uint32_t n)
{
    return (struct synthetic_config){.mode = SYNTHETIC_FLOOD,
                                     .seed = 1,
                                     .n_pkts = n,
                                     .n_open_flows = 1,
                                     .n_sources = n,
                                     .start_ns = 1700000000 * NS_PER_S,
                                     .step_ns = 1000};
}

static void print_figures(const struct pipeline *pipeline, const struct snapshot *snapshot,
                          const struct tally *tally, int64_t wall_ns)
{
    const struct run_totals *total = &snapshot->total;
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    printf("packets %" PRIu64 "  attempts %" PRIu64 "  ok %" PRIu64 "  failed %" PRIu64
           "  evicted %" PRIu64 "  events %" PRIu64 "\n",
           total->n_pkts, total->n_attempts, total->n_ok, total->n_failed, total->n_flows_evicted,
           tally->n_events);
    printf("room for %" PRIu32 " flows, most memory %.1f MiB (configured %.0f MiB)\n",
           pipeline_max_flows(pipeline), (double)usage.ru_maxrss / 1024,
           (double)MEMORY_BYTES / (1 << 20));
    printf("%.1f ns a packet of wall time, %.1f of CPU, %.1f of user CPU\n",
           (double)wall_ns / (double)total->n_pkts, (double)cpu_ns / (double)total->n_pkts,
           ((double)usage.ru_utime.tv_sec * 1e9 + (double)usage.ru_utime.tv_usec * 1e3) /
               (double)total->n_pkts);
}

static int run(struct pipeline *pipeline, bool is_inline)
{
    struct tally tally = {0};
    struct pipeline_outlet outlet = {.ctx = &tally, .event = count_event};
    int64_t start_ns = clock_ns(CLOCK_MONOTONIC);
    struct err err;

    if (is_inline) {
        pipeline_run_inline(pipeline, &outlet);
    } else {
        if (pipeline_start(pipeline, &err)) {
            fprintf(stderr, "bench_pipeline: %s\n", err.text);
            return 1;
        }
        while (pipeline_poll(pipeline, &outlet, 100 * NS_PER_MS))
            ;
    }
    print_figures(pipeline, pipeline_snapshot(pipeline, NULL), &tally,
                  clock_ns(CLOCK_MONOTONIC) - start_ns);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_pipeline flows|flood N [WORKERS]\n"
                    "       bench_pipeline file NAME [WORKERS [deaf]]\n");
    return 2;
}

/* What is asked for; false: it makes no sense. */
static bool parse(int argc, char **argv, struct synthetic_config *synthetic,
                  struct pipeline_config *config)
{
    const char *mode = argc > 2 ? argv[1] : "";
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

    config->is_deaf = argc > 4 && strcmp(argv[4], "deaf") == 0;
    if (strcmp(mode, "file") == 0) {
        config->capture.files = (const char *const *)&argv[2];
        config->capture.n_files = 1;
        return true;
    }
    *synthetic = strcmp(mode, "flood") == 0 ? flood_of(n) : flows_of(n);
    config->capture.synthetic = synthetic;
    return n > 0 && (strcmp(mode, "flows") == 0 || strcmp(mode, "flood") == 0);
}

int main(int argc, char **argv)
{
    uint32_t n_workers = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    struct pipeline_config config = {.n_workers = n_workers ? n_workers : 1,
                                     .memory_bytes = MEMORY_BYTES};
    struct synthetic_config synthetic;
    struct pipeline *pipeline;
    struct err err;
    int code;

    if (!parse(argc, argv, &synthetic, &config))
        return usage();
    if (pipeline_open(&pipeline, &config, &err)) {
        fprintf(stderr, "bench_pipeline: %s\n", err.text);
        return 1;
    }
    code = run(pipeline, n_workers == 0);
    pipeline_close(pipeline);
    return code;
}
