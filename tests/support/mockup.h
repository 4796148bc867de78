/* SPDX-License-Identifier: BSD-2-Clause */
/* The golden capture 52 seconds in, as the dashboard's mock-ups show it: a snapshot by hand. */
#ifndef SUPPORT_MOCKUP_H
#define SUPPORT_MOCKUP_H

#include "sink/sink.h"
#include "verdict/snapshot.h"

/* 2026-11-21 03:43:56 UTC, when the capture starts. */
#define MOCKUP_START_NS (INT64_C(1795232636) * 1000000000)

/* Live on lo; static storage. */
const struct run_info *mockup_run(void);

void mockup_snapshot(struct snapshot *snapshot);

#endif
