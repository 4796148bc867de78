/* SPDX-License-Identifier: BSD-2-Clause */
/* What a record costs on its way through a ring. Prints numbers, asserts none. */
#include "base/ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/nanotime.h"

#define N_RECORDS 2000000u
#define WAIT_NS (100 * NS_PER_MS)

struct job {
    struct ring ring;
    struct park consumer;
    struct park producer;
    size_t record_bytes;
    uint32_t batch_records; /* between two publishes and two releases */
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void *produce(void *ctx)
{
    struct job *job = ctx;

    for (uint32_t i = 0; i < N_RECORDS; i++) {
        void *payload;

        while (!(payload = ring_reserve(&job->ring, job->record_bytes)))
            (void)ring_wait_room(&job->ring, WAIT_NS);
        memset(payload, (int)i, job->record_bytes);
        ring_commit(&job->ring, job->record_bytes);
        if (i % job->batch_records == 0)
            ring_publish(&job->ring);
    }
    ring_publish(&job->ring);
    return NULL;
}

static uint64_t consume(struct job *job, uint32_t n_records)
{
    uint64_t sum = 0;

    while (n_records > 0) {
        uint32_t n_batch = 0;
        const uint8_t *payload;
        size_t n_bytes;

        (void)ring_wait_readable(&job->ring, WAIT_NS);
        while (n_batch < job->batch_records && (payload = ring_peek(&job->ring, &n_bytes))) {
            sum += payload[0];
            n_batch++;
        }
        ring_release(&job->ring);
        n_records -= n_batch;
    }
    return sum;
}

/* Producer and consumer by turns in one thread: the cost without a second core. */
static void run_inline(struct job *job)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < N_RECORDS; i += job->batch_records) {
        for (uint32_t k = 0; k < job->batch_records; k++) {
            memset(ring_reserve(&job->ring, job->record_bytes), (int)k, job->record_bytes);
            ring_commit(&job->ring, job->record_bytes);
        }
        ring_publish(&job->ring);
        sum += consume(job, job->batch_records);
    }
    if (sum == 1)
        puts(""); /* so that the reading is not optimized away */
}

static void run_threads(struct job *job)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, produce, job) != 0)
        abort();
    (void)consume(job, N_RECORDS);
    (void)pthread_join(thread, NULL);
}

int main(void)
{
    static const struct {
        uint64_t ring_bytes;
        size_t record_bytes;
        uint32_t batch_records;
    } cases[] = {
        {1 << 20, 88, 1},    {1 << 20, 88, 32},   {1 << 20, 88, 512},   {4 << 20, 88, 512},
        {64 << 20, 88, 512}, {1 << 20, 1542, 32}, {4 << 20, 1542, 512},
    };

    printf("%10s %8s %8s %12s %12s\n", "ring", "record", "batch", "inline ns", "threads ns");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static struct job job;
        struct arena arena;
        struct err err;
        int64_t ns[3];

        if (arena_map(&arena, cases[i].ring_bytes, &(struct arena_options){.is_prefaulted = true},
                      &err) != 0)
            abort();
        job.record_bytes = cases[i].record_bytes;
        job.batch_records = cases[i].batch_records;
        ring_init(&job.ring, arena.at, cases[i].ring_bytes, &job.consumer, &job.producer);
        ns[0] = now_ns();
        run_inline(&job);
        ns[1] = now_ns();
        ring_init(&job.ring, arena.at, cases[i].ring_bytes, &job.consumer, &job.producer);
        run_threads(&job);
        ns[2] = now_ns();
        printf("%10llu %8zu %8u %12.1f %12.1f\n", (unsigned long long)cases[i].ring_bytes,
               job.record_bytes, job.batch_records, (double)(ns[1] - ns[0]) / N_RECORDS,
               (double)(ns[2] - ns[1]) / N_RECORDS);
        arena_unmap(&arena);
    }
    return 0;
}
