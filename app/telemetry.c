/* SPDX-License-Identifier: BSD-2-Clause */
/* See telemetry.h. */
#include "app/telemetry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/http_server.h"
#include "app/process.h"
#include "base/latest.h"
#include "base/nanotime.h"
#include "sink/metrics.h"

struct telemetry {
    /* constant after the start */
    struct http_server *server; /* NULL = no --metrics */
    const char *path;           /* NULL = no --metrics-file */
    const struct intake *intake;
    void *box_memory;

    /* main; read by any */
    struct counter alive_ns;  /* CLOCK_MONOTONIC of the last turn */
    struct counter has_state; /* 1: the box is not empty any more */

    /* main */
    struct metrics_state state;
    int64_t file_due_ns;
    bool is_file_failing;
    struct metrics_book file_book;

    /* main to the server's thread */
    struct latest box;

    /* the server's thread */
    struct metrics_state shown;
    struct metrics_book book;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- the capture's part, any thread ---- */

static struct metrics_iface *iface_named(struct metrics_state *state, const char *name)
{
    struct metrics_iface *iface;
    struct text text;

    for (uint32_t i = 0; i < state->n_ifaces; i++) {
        if (strncmp(state->iface[i].name, name, sizeof(state->iface[i].name) - 1) == 0)
            return &state->iface[i];
    }
    if (state->n_ifaces == METRICS_IFACES_MAX) /* files only: interfaces are no more */
        return &state->iface[METRICS_IFACES_MAX - 1];
    iface = &state->iface[state->n_ifaces++];
    *iface = (struct metrics_iface){.is_iface_dropped_known = true};
    text = TEXT_OF(iface->name);
    text_add(&text, name);
    return iface;
}

/* By the wall clock, for who reads it compares it with that. */
static int64_t last_packet_ns(const struct capture *capture, const struct capture_source *source)
{
    int64_t last_ns = (int64_t)counter_read(&source->last_ns);

    return last_ns ? clockline_wall(capture_clock(capture), last_ns) : 0;
}

/* Of several captures each counts what the card dropped. */
static void add_source(struct metrics_state *state, const struct capture *capture, uint32_t i,
                       bool is_first)
{
    const struct capture_source *source = capture_source(capture, i);
    struct metrics_iface *iface =
        iface_named(state, source->interface[0] ? source->interface : source->input);
    int64_t last_ns = last_packet_ns(capture, source);

    iface->is_live = source->kind == CAPTURE_SOURCE_INTERFACE;
    iface->n_pkts += counter_read(&source->read_pkts);
    iface->wire_bytes += counter_read(&source->read_wire_bytes);
    iface->n_truncated += counter_read(&source->cut_pkts);
    iface->n_kernel_dropped += counter_read(&source->kernel_dropped_pkts);
    if (is_first)
        iface->n_iface_dropped += counter_read(&source->iface_dropped_pkts);
    iface->n_ring_freezes += counter_read(&source->ring_freezes);
    iface->is_iface_dropped_known &= counter_read(&source->is_iface_dropped_known) != 0;
    if (last_ns > iface->last_ns)
        iface->last_ns = last_ns;
}

static void complete(struct metrics_state *state, const struct intake *intake)
{
    uint32_t n_sources = capture_source_count(intake->capture[0]);

    state->n_ifaces = 0;
    for (uint32_t k = 0; k < intake->n_captures; k++) {
        for (uint32_t i = 0; i < n_sources; i++)
            add_source(state, intake->capture[k], i, k == 0);
    }
    state->process_cpu_ns = process_cpu_ns();
    state->process_rss_bytes = process_rss_bytes();
    state->process_n_fds = process_open_fds();
}

/* ---- pages, the server's thread ---- */

static unsigned write_metrics(void *ctx, struct text *body)
{
    struct telemetry *telemetry = ctx;

    if (!counter_read_acquire(&telemetry->has_state)) {
        text_add(body, "# nothing is known yet\n");
        return 503;
    }
    telemetry->shown = *(const struct metrics_state *)latest_read(&telemetry->box, NULL);
    complete(&telemetry->shown, telemetry->intake);
    metrics_format(&telemetry->shown, &telemetry->book, body);
    return 200;
}

static unsigned write_health(void *ctx, struct text *body)
{
    const struct telemetry *telemetry = ctx;
    int64_t age_ns = clock_ns(CLOCK_MONOTONIC) - (int64_t)counter_read(&telemetry->alive_ns);

    if (age_ns <= TELEMETRY_ALIVE_NS) {
        text_add(body, "ok\n");
        return 200;
    }
    text_addf(body, "the main loop stands still for %lld s\n", (long long)(age_ns / NS_PER_S));
    return 503;
}

static unsigned write_readiness(void *ctx, struct text *body)
{
    const struct telemetry *telemetry = ctx;
    const struct capture_counters *counters = capture_counters(telemetry->intake->capture[0]);

    if (counter_read(&counters->ticks) || counter_read(&counters->read_pkts)) {
        text_add(body, "ok\n");
        return 200;
    }
    text_add(body, "starting: the capture was not read from yet\n");
    return 503;
}

static const struct http_page pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", METRICS_PAGE_BYTES, write_metrics},
    {"/healthz", "text/plain; charset=utf-8", 128, write_health},
    {"/readyz", "text/plain; charset=utf-8", 128, write_readiness},
};

/* ---- the file, main ---- */

static int write_all(int fd, const struct text *page)
{
    size_t n_done = 0;

    while (n_done < page->used_bytes) {
        ssize_t n = write(fd, page->at + n_done, page->used_bytes - n_done);

        if (n < 0 && errno != EINTR)
            return -errno;
        n_done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int replace_file(const char *path, const struct text *page)
{
    char draft[PATH_MAX];
    int fd;
    int code;

    /* node_exporter reads *.prom: not this one. */
    if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
        return -ENAMETOOLONG;
    fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    /* Whatever the umask: node_exporter is another user. */
    code = fchmod(fd, 0644) ? -errno : write_all(fd, page);
    if (close(fd) && !code)
        code = -errno;
    if (!code && rename(draft, path))
        code = -errno;
    return code;
}

static int write_file(struct telemetry *telemetry)
{
    char *body = malloc(METRICS_PAGE_BYTES);
    struct text page;
    int code;

    if (!body)
        return -ENOMEM;
    page = text_wrap(body, METRICS_PAGE_BYTES);
    if (telemetry->intake)
        complete(&telemetry->state, telemetry->intake);
    metrics_format(&telemetry->state, &telemetry->file_book, &page);
    code = page.is_cut ? -EFBIG : replace_file(telemetry->path, &page);
    free(body);
    return code;
}

/* A full disk is told once, and again after it had room in between. */
static void refresh_file(struct telemetry *telemetry)
{
    int code = write_file(telemetry);

    if (code && !telemetry->is_file_failing)
        fprintf(stderr, "tcpwhy: cannot write metrics to %s: %s\n", telemetry->path,
                strerror(-code));
    telemetry->is_file_failing = code != 0;
}

/* ---- from open to close, main ---- */

static int open_file(struct telemetry *telemetry, struct err *err)
{
    int code = write_file(telemetry);

    return code ? err_set(err, code, "cannot write metrics to %s: %s", telemetry->path,
                          strerror(-code))
                : 0;
}

static int open_box(struct telemetry *telemetry)
{
    size_t n_bytes = latest_memory_bytes(sizeof(struct metrics_state));

    n_bytes = (n_bytes + CACHELINE_BYTES - 1) / CACHELINE_BYTES * CACHELINE_BYTES;
    telemetry->box_memory = aligned_alloc(CACHELINE_BYTES, n_bytes);
    if (!telemetry->box_memory)
        return -ENOMEM;
    memset(telemetry->box_memory, 0, n_bytes);
    latest_init(&telemetry->box, telemetry->box_memory, sizeof(struct metrics_state));
    return 0;
}

static int open_server(struct telemetry *telemetry, const struct options *options, struct err *err)
{
    const struct http_config config = {
        .address = &options->metrics_address,
        .pages = pages,
        .n_pages = ARRAY_LEN(pages),
        .ctx = telemetry,
    };

    return http_server_open(&telemetry->server, &config, err);
}

int telemetry_open(struct telemetry **telemetry, const struct options *options,
                   const struct run_info *run, struct err *err)
{
    size_t n_bytes = (sizeof(struct telemetry) + CACHELINE_BYTES - 1) / CACHELINE_BYTES;
    struct telemetry *opened = aligned_alloc(CACHELINE_BYTES, n_bytes * CACHELINE_BYTES);
    int code = 0;

    if (!opened)
        return err_set(err, -ENOMEM, "out of memory");
    memset(opened, 0, sizeof(*opened));
    opened->path = options->metrics_path;
    opened->state.version = run->version;
    opened->state.build = run->build;
    opened->state.process_start_ns = clock_ns(CLOCK_REALTIME);
    counter_set(&opened->alive_ns, (uint64_t)clock_ns(CLOCK_MONOTONIC));
    if (open_box(opened))
        code = err_set(err, -ENOMEM, "out of memory");
    if (!code && opened->path)
        code = open_file(opened, err);
    if (!code && options->metrics_address.addr_bytes)
        code = open_server(opened, options, err);
    if (code)
        telemetry_close(opened);
    else
        *telemetry = opened;
    return code;
}

int telemetry_start(struct telemetry *telemetry, const struct intake *intake, struct err *err)
{
    telemetry->intake = intake;
    return telemetry->server ? http_server_start(telemetry->server, err) : 0;
}

void telemetry_incident(struct telemetry *telemetry, const struct incident_event *event)
{
    metrics_incidents_take(&telemetry->state.incidents, event);
}

static void take_state(struct telemetry *telemetry, const struct snapshot *now,
                       const struct sink *sinks, uint32_t n_sinks)
{
    struct metrics_state *state = &telemetry->state;

    state->now = *now;
    metrics_incidents_mend(&state->incidents, now);
    state->n_sinks = n_sinks < METRICS_SINKS_MAX ? n_sinks : METRICS_SINKS_MAX;
    for (uint32_t i = 0; i < state->n_sinks; i++)
        state->sink[i] = (struct metrics_sink){
            .name = i == 0 ? sinks[i].ops->name : "log",
            .n_lines = sinks[i].n_lines,
            .n_errors = sinks[i].n_write_errors,
        };
}

void telemetry_turn(struct telemetry *telemetry, int64_t now_ns, const struct snapshot *now,
                    const struct sink *sinks, uint32_t n_sinks)
{
    counter_set(&telemetry->alive_ns, (uint64_t)now_ns);
    if (now) {
        take_state(telemetry, now, sinks, n_sinks);
        if (telemetry->server) {
            memcpy(latest_draft(&telemetry->box), &telemetry->state, sizeof(telemetry->state));
            latest_publish(&telemetry->box);
            if (!counter_read(&telemetry->has_state))
                counter_add_release(&telemetry->has_state, 1);
        }
    }
    if (telemetry->path && now_ns >= telemetry->file_due_ns) {
        telemetry->file_due_ns = now_ns + TELEMETRY_FILE_EVERY_NS;
        refresh_file(telemetry);
    }
}

void telemetry_stop(struct telemetry *telemetry)
{
    if (telemetry->path)
        refresh_file(telemetry);
}

void telemetry_close(struct telemetry *telemetry)
{
    if (!telemetry)
        return;
    http_server_close(telemetry->server);
    free(telemetry->box_memory);
    free(telemetry);
}
