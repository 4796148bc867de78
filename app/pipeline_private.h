/* SPDX-License-Identifier: BSD-2-Clause */
/* The pipeline and its lanes; only the files of the pipeline include it. */
#ifndef APP_PIPELINE_PRIVATE_H
#define APP_PIPELINE_PRIVATE_H

#include <pthread.h>

#include "app/intake.h"
#include "app/judging.h"
#include "app/memory.h"
#include "app/pipeline.h"
#include "app/shard.h"
#include "app/worker.h"
#include "base/latest.h"
#include "base/park.h"

/* One worker with the rings at both of its ends. */
struct lane {
    struct ring frames, notes;
    struct park park; /* where the worker sleeps, for frames or for room */
    struct worker worker;
    uint32_t idx;
    pthread_t thread;
};

struct pipeline {
    struct pipeline_config config;
    struct arena arena;
    struct memory_plan plan;
    struct intake intake;
    struct shard shard;
    struct lane *lane;       /* n_workers of them, in the arena */
    struct hostwatch *watch; /* with config.wants_host_evidence, and a kernel that tells */
    struct err watch_err;    /* why there is none */
    struct judging judging;
    struct ring events;
    struct ring tap; /* with config.tap_bytes */
    struct latest snapshots;
    struct snapshot seen; /* the newest, with the capture's counters */
    struct park capture_park, judge_park, main_park;
    struct flag judge_done; /* the last event is published */
    pthread_t capture_thread[INTAKE_MAX], judge_thread;
    uint32_t n_started; /* threads running: lanes first, then judge, then captures */
    const struct pipeline_outlet *outlet; /* inline runs only */
};

#endif
