/* SPDX-License-Identifier: BSD-2-Clause */
/* See service.h. */
#include "app/service.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "app/service_manager.h"
#include "app/telemetry.h"
#include "base/nanotime.h"

struct service {
    struct service_manager manager;
    struct telemetry *telemetry; /* NULL = not asked for */
    const struct capture *capture;
    bool is_ready;
};

static int64_t monotonic_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int service_open(struct service **service, const struct options *options,
                 const struct run_info *run, struct err *err)
{
    struct service *opened = calloc(1, sizeof(*opened));
    int code = 0;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    service_manager_open(&opened->manager);
    if (options->metrics_path || options->metrics_address.addr_bytes)
        code = telemetry_open(&opened->telemetry, options, run, err);
    if (!code && (opened->telemetry || opened->manager.fd >= 0))
        *service = opened;
    else
        service_close(opened);
    return code;
}

int service_start(struct service *service, const struct pipeline *pipeline, struct err *err)
{
    if (!service)
        return 0;
    service->capture = pipeline_capture(pipeline);
    return service->telemetry ? telemetry_start(service->telemetry, pipeline_intake(pipeline), err)
                              : 0;
}

void service_event(struct service *service, const struct verdict_event *event)
{
    if (service->telemetry && event->kind == EVENT_INCIDENT)
        telemetry_incident(service->telemetry, &event->incident);
}

/* The sockets are open, the filter is set, and the first read has returned. */
static bool is_reading(const struct capture *capture)
{
    const struct capture_counters *counters = capture_counters(capture);

    return counter_read(&counters->ticks) || counter_read(&counters->read_pkts);
}

void service_turn(struct service *service, const struct snapshot *now, const struct sink *sinks,
                  uint32_t n_sinks)
{
    int64_t now_ns = monotonic_ns();

    if (!service->is_ready && is_reading(service->capture)) {
        service->is_ready = true;
        service_manager_ready(&service->manager);
    }
    if (service->is_ready) /* the manager waits for that word first */
        service_manager_turn(&service->manager, now_ns);
    if (service->telemetry)
        telemetry_turn(service->telemetry, now_ns, now, sinks, n_sinks);
}

void service_stop(struct service *service)
{
    if (!service)
        return;
    service_manager_stopping(&service->manager);
    if (service->telemetry)
        telemetry_stop(service->telemetry);
}

void service_close(struct service *service)
{
    if (!service)
        return;
    telemetry_close(service->telemetry);
    service_manager_close(&service->manager);
    free(service);
}
