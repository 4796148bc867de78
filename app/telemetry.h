/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run's figures for Prometheus: over HTTP (/metrics, /healthz, /readyz) and in a file.
 *
 * Main hands its state over through a box that neither side waits at; the server's thread adds the
 * capture's counters and makes the page when somebody asks for it.
 */
#ifndef APP_TELEMETRY_H
#define APP_TELEMETRY_H

#include <stdint.h>

#include "app/intake.h"
#include "app/options.h"
#include "sink/sink.h"

/* /healthz says so while main's loop turned within this time. */
#define TELEMETRY_ALIVE_NS (5 * NS_PER_S)
#define TELEMETRY_FILE_EVERY_NS (10 * NS_PER_S)

struct telemetry;

/* Listens at --metrics, writes the first --metrics-file. Main thread, as all below. */
int telemetry_open(struct telemetry **telemetry, const struct options *options,
                   const struct run_info *run, struct err *err) MUST_CHECK;

/* `intake` outlives it. */
int telemetry_start(struct telemetry *telemetry, const struct intake *intake,
                    struct err *err) MUST_CHECK;

void telemetry_incident(struct telemetry *telemetry, const struct incident_event *event);

/* A sign of life and, where `now` is not NULL, newer figures. `now_ns` is of CLOCK_MONOTONIC. */
void telemetry_turn(struct telemetry *telemetry, int64_t now_ns, const struct snapshot *now,
                    const struct sink *sinks, uint32_t n_sinks);

/* Writes the file once more. */
void telemetry_stop(struct telemetry *telemetry);

/* NULL is fine. */
void telemetry_close(struct telemetry *telemetry);

#endif
