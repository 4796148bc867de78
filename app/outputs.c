/* SPDX-License-Identifier: BSD-2-Clause */
/* See outputs.h. */
#include "app/outputs.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/process.h"
#include "app/runinfo.h"
#include "app/saving.h"
#include "app/signals.h"
#include "base/nanotime.h"
#include "base/text.h"
#include "tui/tui.h"

#define POLL_NS (50 * NS_PER_MS)
#define DRAIN_EVERY_NS (20 * NS_PER_MS)

/* -w of an interface, unless -C and -W say otherwise. */
#define WRITE_MAX_BYTES (UINT64_C(256) << 20)
#define WRITE_FILES 4

/* A reader who takes nothing for so long at the end takes nothing any more. */
#define LAST_CHANCE_NS (2 * NS_PER_S)

static const struct sink_ops *const face_ops[] = {
    [FACE_REPORT] = &sink_report, [FACE_TEXT] = &sink_lines, [FACE_JSON] = &sink_json,
    [FACE_TUI] = &sink_tui,       [FACE_NULL] = &sink_null,
};

_Static_assert(ARRAY_LEN(face_ops) == FACE_COUNT, "a sink each face");

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int open_one(struct outputs *outputs, const struct sink_ops *ops, const char *argument,
                    struct err *err)
{
    int code = sink_open(&outputs->sink[outputs->n_sinks], ops, outputs->run, argument, err);

    if (!code)
        outputs->n_sinks++;
    return code;
}

/* What the screen is opened with instead of a place to write to (tui/tui.h). */
static const char *screen_looks(const struct options *options, struct text *text)
{
    text_addf(text, "color=%s", options->color ? options->color : "auto");
    text_addf(text, ",theme=%s", options->theme ? options->theme : "ansi");
    return text->at;
}

/* An interface has no end, a pipe has: only the one fills a disk by itself. */
static int open_live(struct outputs *outputs, const struct options *options, struct err *err)
{
    const struct failed_live_config config = {
        .path = options->write_path,
        .keeper = outputs->keeper,
        .max_bytes = options->rotate_bytes   ? options->rotate_bytes
                     : outputs->run->is_live ? WRITE_MAX_BYTES
                                             : 0,
        .n_files = options->rotate_files ? options->rotate_files : WRITE_FILES,
    };

    return failed_live_open(&outputs->live, &config, err);
}

int outputs_open(struct outputs *outputs, struct run_info *run, const struct options *options,
                 enum face face, uint64_t kept_bytes, struct err *err)
{
    char looks[64];
    struct text text = TEXT_OF(looks);
    const char *argument = face == FACE_TUI ? screen_looks(options, &text) : options->output_path;
    int code;

    *outputs =
        (struct outputs){.run = run, .options = options, .start_ns = clock_ns(CLOCK_MONOTONIC)};
    code = open_one(outputs, face_ops[face], argument, err);
    if (!code && options->log_path)
        code = open_one(outputs, &sink_json, options->log_path, err);
    if (!code && options->write_path && options->can_read_again)
        code = failed_packets_open(&outputs->failed, options->write_path, err);
    if (!code && kept_bytes > 0)
        code = packet_keeper_open(&outputs->keeper, kept_bytes, err);
    if (!code && options->write_path && outputs->keeper)
        code = open_live(outputs, options, err);
    if (code)
        outputs_close(outputs);
    return code;
}

static void start(struct outputs *outputs)
{
    if (outputs->has_started)
        return;
    outputs->has_started = true;
    outputs->run->first_packet_ns = pipeline_first_ns(outputs->pipeline);
    runinfo_fill_pipeline(outputs->run, outputs->pipeline);
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_start(&outputs->sink[i]);
}

/* ---- events ---- */

static bool matches(const char *what, const struct verdict_event *event)
{
    if (event->kind == EVENT_INCIDENT)
        return strcmp(what, "incident") == 0 && event->incident.phase == INCIDENT_OPEN;
    if (!event->connection.is_failure)
        return false;
    return strcmp(what, "any") == 0 ||
           strcmp(what, verdict_row(event->connection.verdict)->slug) == 0 ||
           (event->connection.family < FAMILY_COUNT &&
            strcmp(what, family_name(event->connection.family)) == 0);
}

/* ---- snapshots, stats, keys ---- */

/* The times of `stats`, what is told since and before are filled in here. */
static void tell_stats(struct outputs *outputs, struct stats_info *stats, int64_t clock)
{
    stats->interval_ns = outputs->stats_last_ns ? clock - outputs->stats_last_ns
                                                : outputs->options->stats_interval_ns;
    stats->before = &outputs->before;
    start(outputs);
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_stats(&outputs->sink[i], stats);
    outputs->before = stats->now->total;
    outputs->stats_last_ns = clock;
}

static void tell_live_stats(struct outputs *outputs)
{
    int64_t clock = clock_ns(CLOCK_MONOTONIC);
    struct stats_info stats = {
        .ts_ns = clock_ns(CLOCK_REALTIME),
        .uptime_ns = clock - outputs->start_ns,
        .cpu_ns = process_cpu_ns(),
        .rss_bytes = process_rss_bytes(),
        .n_events_queued = pipeline_events_queued(outputs->pipeline),
        .now = pipeline_snapshot(outputs->pipeline, NULL),
    };

    tell_stats(outputs, &stats, clock);
}

/* The judge says when. */
static void tell_replay_stats(struct outputs *outputs, int64_t ts_ns,
                              const struct stats_event *event)
{
    struct snapshot *now = &outputs->figures;
    struct stats_info stats = {.ts_ns = ts_ns, .now = now};

    now->now_ns = ts_ns;
    now->start_ns = event->start_ns;
    now->total = event->total;
    now->n_flows_open = event->n_flows_open;
    now->n_endpoints = event->n_endpoints;
    now->n_incidents_open = event->n_incidents_open;
    now->is_trusted = event->is_trusted;
    if (event->start_ns != NS_NEVER)
        stats.uptime_ns = ns_since(event->start_ns, ts_ns);
    tell_stats(outputs, &stats, ts_ns);
}

/* Where lines depend on the input only, a question is answered elsewhere. */
static void tell_progress(struct outputs *outputs)
{
    const struct run_totals *total = &pipeline_snapshot(outputs->pipeline, NULL)->total;

    fprintf(stderr,
            "tcpwhy: %" PRIu64 " packets read, %" PRIu64 " of %" PRIu64 " attempts failed\n",
            total->n_pkts, total->n_failed, total->n_attempts);
}

/* By a clock that never steps. */
static void tick_stats(struct outputs *outputs)
{
    int64_t interval_ns = outputs->options->stats_interval_ns;
    bool is_live = outputs->run->is_live;
    int64_t clock = clock_ns(CLOCK_MONOTONIC);

    if (signals_take_usr1())
        (is_live ? tell_live_stats : tell_progress)(outputs);
    if (!interval_ns || !is_live)
        return;
    if (!outputs->stats_due_ns)
        outputs->stats_due_ns = clock + interval_ns;
    if (clock >= outputs->stats_due_ns) {
        tell_live_stats(outputs);
        outputs->stats_due_ns += interval_ns * ((clock - outputs->stats_due_ns) / interval_ns + 1);
    }
}

static void tell_service(struct outputs *outputs, const struct snapshot *now)
{
    if (outputs->service)
        service_turn(outputs->service, now, outputs->sink, outputs->n_sinks);
}

static void take_event(void *ctx, const struct verdict_event *event)
{
    struct outputs *outputs = ctx;

    if (event->kind == EVENT_STATS) {
        tell_replay_stats(outputs, event->ts_ns, &event->stats);
        return;
    }
    start(outputs);
    if (outputs->service)
        service_event(outputs->service, event);
    if (outputs->failed)
        failed_packets_event(outputs->failed, event);
    if (outputs->live)
        failed_live_event(outputs->live, event);
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_event(&outputs->sink[i], event);
    for (uint32_t i = 0; i < outputs->options->n_fail_on; i++)
        outputs->is_failed_on |= matches(outputs->options->fail_on[i], event);
}

static void take_keys(struct outputs *outputs)
{
    const struct saving_source source = {
        .input = outputs->options->can_read_again ? outputs->input : NULL,
        .keeper = outputs->keeper,
        .pipeline = outputs->pipeline,
    };

    for (uint32_t i = 0; i < outputs->n_sinks; i++) {
        struct pollfd poll_for = {.fd = sink_input_fd(&outputs->sink[i]), .events = POLLIN};

        if (poll_for.fd >= 0 && poll(&poll_for, 1, 0) > 0)
            outputs->wants_quit |= sink_input(&outputs->sink[i]);
        saving_obey(&outputs->sink[i], &source);
    }
}

static void show(struct outputs *outputs, const struct snapshot *snapshot)
{
    struct snapshot now = *snapshot;

    rates_fill(&outputs->rates,
               outputs->run->is_live ? clock_ns(CLOCK_MONOTONIC) : snapshot->now_ns, &now);
    now.health.rss_bytes = process_rss_bytes();
    now.health.cpu_ns = outputs->run->is_live ? process_cpu_ns() : 0;
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_snapshot(&outputs->sink[i], &now);
}

static bool has_screen(const struct outputs *outputs)
{
    for (uint32_t i = 0; i < outputs->n_sinks; i++) {
        if (sink_input_fd(&outputs->sink[i]) >= 0)
            return true;
    }
    return false;
}

/* The file is read; the screen stays until its user has seen enough. */
static void linger(struct outputs *outputs)
{
    struct timespec pause = {.tv_nsec = 100 * NS_PER_MS};

    while (has_screen(outputs) && !outputs->wants_quit && !signals_stop_asked()) {
        show(outputs, pipeline_snapshot(outputs->pipeline, NULL));
        tell_service(outputs, NULL);
        take_keys(outputs);
        (void)nanosleep(&pause, NULL);
    }
}

static void reopen_all(struct outputs *outputs, bool rotates)
{
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_reopen(&outputs->sink[i], rotates);
    if (outputs->live)
        failed_live_reopen(outputs->live, rotates);
}

static void tick_rotation(struct outputs *outputs)
{
    int64_t interval_ns = outputs->options->rotate_interval_ns;
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    if (!interval_ns || !outputs->run->is_live)
        return;
    if (!outputs->rotate_due_ns)
        outputs->rotate_due_ns = outputs->start_ns + interval_ns;
    if (now_ns < outputs->rotate_due_ns)
        return;
    reopen_all(outputs, true);
    outputs->rotate_due_ns += interval_ns * ((now_ns - outputs->rotate_due_ns) / interval_ns + 1);
}

/* To the user: on the screen where there is one, else on standard error. */
static void say(struct outputs *outputs, const char *words)
{
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        if (sink_say(&outputs->sink[i], words))
            return;
    fprintf(stderr, "tcpwhy: %s\n", words);
}

/* Tells once that an interface is down or gone, and once that it is back. */
static void tick_interfaces(struct outputs *outputs)
{
    const struct capture *capture = pipeline_capture(outputs->pipeline);
    uint32_t n = outputs->run->is_live ? capture_source_count(capture) : 0;

    for (uint32_t i = 0; i < n && i < CAPTURE_MAX_INTERFACES; i++) {
        const struct capture_source *source = capture_source(capture, i);
        bool is_away = counter_read(&source->is_away);
        char words[CAPTURE_NAME_BYTES + 64];
        struct text text = TEXT_OF(words);

        if (is_away == outputs->is_away[i])
            continue;
        outputs->is_away[i] = is_away;
        text_addf(&text, "%s %s", source->input,
                  is_away ? "is down or gone: waiting for it" : "is back");
        say(outputs, words);
    }
}

static void tick_files(struct outputs *outputs)
{
    if (signals_take_hangup())
        reopen_all(outputs, false);
    if (signals_take_usr2() && outputs->live)
        failed_live_flush(outputs->live);
    tick_rotation(outputs);
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        (void)sink_flush(&outputs->sink[i], 0);
}

/* However many packets come, for the screen no more are looked at than fill its small tap. */
static void drain(struct outputs *outputs)
{
    int64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    if (!outputs->keeper || (!outputs->live && now_ns - outputs->drained_ns < DRAIN_EVERY_NS))
        return;
    packet_keeper_drain(outputs->keeper);
    outputs->drained_ns = now_ns;
}

void outputs_run(struct outputs *outputs, struct pipeline *pipeline)
{
    struct pipeline_outlet outlet = {.ctx = outputs, .event = take_event};
    bool goes_on = true;

    outputs->pipeline = pipeline;
    if (outputs->keeper)
        packet_keeper_attach(outputs->keeper, pipeline_tap(pipeline), pipeline_capture(pipeline));
    if (outputs->run->is_live)
        start(outputs);
    while (goes_on) {
        bool is_new;
        const struct snapshot *now;

        drain(outputs);
        goes_on = pipeline_poll(pipeline, &outlet, POLL_NS);
        now = pipeline_snapshot(pipeline, &is_new);
        if (is_new)
            show(outputs, now);
        tell_service(outputs, is_new ? now : NULL);
        tick_stats(outputs);
        tick_files(outputs);
        tick_interfaces(outputs);
        take_keys(outputs);
        if (outputs->wants_quit || signals_stop_asked() ||
            (outputs->options->duration_ns &&
             clock_ns(CLOCK_MONOTONIC) - outputs->start_ns >= outputs->options->duration_ns))
            pipeline_stop(pipeline);
    }
    if (!outputs->run->is_live)
        linger(outputs);
}

void outputs_stop(struct outputs *outputs, struct stop_info *stop)
{
    const struct snapshot *final = pipeline_snapshot(outputs->pipeline, NULL);

    start(outputs);
    stop->final = final;
    stop->uptime_ns = outputs->run->is_live ? clock_ns(CLOCK_MONOTONIC) - outputs->start_ns : 0;
    stop->first_packet_ns = pipeline_first_ns(outputs->pipeline);
    stop->last_packet_ns = pipeline_last_ns(outputs->pipeline);
    stop->ts_ns = outputs->run->is_live ? clock_ns(CLOCK_REALTIME) : stop->last_packet_ns;
    if (!outputs->run->is_live && stop->first_packet_ns != NS_NEVER)
        stop->uptime_ns = ns_since(stop->first_packet_ns, stop->last_packet_ns);
    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        sink_stop(&outputs->sink[i], stop);
}

/* How many lines of the sink never got out. */
static uint64_t finish_sink(struct sink *sink, int64_t deadline_ns)
{
    const struct timespec pause = {.tv_nsec = 10 * NS_PER_MS};
    uint64_t n_waiting = sink_flush(sink, 0);

    while (n_waiting > 0 && clock_ns(CLOCK_MONOTONIC) < deadline_ns) {
        (void)nanosleep(&pause, NULL);
        n_waiting = sink_flush(sink, 100);
    }
    return sink->n_write_errors + n_waiting;
}

uint64_t outputs_finish(struct outputs *outputs)
{
    int64_t deadline_ns = clock_ns(CLOCK_MONOTONIC) + LAST_CHANCE_NS;
    uint64_t n = 0;

    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        n += finish_sink(&outputs->sink[i], deadline_ns);
    return n;
}

uint64_t outputs_write_errors(const struct outputs *outputs)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < outputs->n_sinks; i++)
        n += outputs->sink[i].n_write_errors;
    return n;
}

static int write_again(struct outputs *outputs, const struct capture_config *config,
                       struct err *err)
{
    const struct run_totals *total = &pipeline_snapshot(outputs->pipeline, NULL)->total;
    uint64_t n_forgotten = failed_packets_forgotten(outputs->failed);
    char summary[128];

    (void)snprintf(summary, sizeof(summary),
                   "%" PRIu64 " of %" PRIu64 " connection attempts failed; these are their packets",
                   total->n_failed, total->n_attempts);
    if (n_forgotten)
        fprintf(stderr, "tcpwhy: -w leaves out %" PRIu64 " connections: too many failed\n",
                n_forgotten);
    return failed_packets_write(outputs->failed, config, summary, err);
}

static int write_last(struct outputs *outputs, struct err *err)
{
    const struct capture_counters *counters = capture_counters(pipeline_capture(outputs->pipeline));
    uint64_t n_incomplete = failed_live_incomplete(outputs->live);
    uint64_t n_lost = counter_read(&counters->tap_lost_pkts);
    int code = failed_live_close(outputs->live, err);

    outputs->live = NULL;
    if (n_incomplete)
        fprintf(stderr,
                "tcpwhy: -w: %" PRIu64 " connections lack their first packets: more --memory "
                "keeps them longer\n",
                n_incomplete);
    if (n_lost)
        fprintf(stderr, "tcpwhy: -w: %" PRIu64 " packets came too fast to be kept\n", n_lost);
    return code;
}

int outputs_write_packets(struct outputs *outputs, const struct capture_config *config,
                          struct err *err)
{
    uint64_t n_alike = pipeline_snapshot(outputs->pipeline, NULL)->total.n_failures_suppressed;

    if (n_alike && (outputs->failed || outputs->live))
        fprintf(stderr, "tcpwhy: -w leaves out %" PRIu64 " connections that failed like others\n",
                n_alike);
    if (outputs->failed)
        return write_again(outputs, config, err);
    return outputs->live ? write_last(outputs, err) : 0;
}

void outputs_close(struct outputs *outputs)
{
    struct err err;

    while (outputs->n_sinks > 0)
        sink_close(&outputs->sink[--outputs->n_sinks]);
    failed_packets_close(outputs->failed);
    outputs->failed = NULL;
    if (outputs->live && failed_live_close(outputs->live, &err))
        fprintf(stderr, "tcpwhy: %s\n", err.text);
    outputs->live = NULL;
    packet_keeper_close(outputs->keeper);
    outputs->keeper = NULL;
}
