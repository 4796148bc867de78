/* SPDX-License-Identifier: BSD-2-Clause */
/* Being a service: metrics and health for those who watch it, signs of life for the service
 * manager. Main thread. */
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include <stdint.h>

#include "app/options.h"
#include "app/pipeline.h"
#include "sink/sink.h"

struct service;

/* Opens what was asked for; *service stays NULL where nothing was. Before rights are given up. */
int service_open(struct service **service, const struct options *options,
                 const struct run_info *run, struct err *err) MUST_CHECK;

/* After rights were given up; `pipeline` outlives the service. All take NULL. */
int service_start(struct service *service, const struct pipeline *pipeline,
                  struct err *err) MUST_CHECK;

void service_event(struct service *service, const struct verdict_event *event);

/* Each turn of main's loop; `now`: a newer snapshot, or NULL. */
void service_turn(struct service *service, const struct snapshot *now, const struct sink *sinks,
                  uint32_t n_sinks);

/* The loop is over: the last figures. */
void service_stop(struct service *service);

void service_close(struct service *service);

#endif
