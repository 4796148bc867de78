/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON Lines: the common fields, the order of lines, the cap on their length. docs/json.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sink/json_line.h"
#include "sink/output.h"

struct json_state {
    struct output output;
    uint64_t seq; /* of the last line, also where it did not get out: a hole proves the loss */
    uint64_t n_too_long;
};

static int json_open(struct sink *sink, const char *argument, struct err *err)
{
    struct json_state *state = calloc(1, sizeof(*state));
    int code;

    if (state == NULL)
        return err_set(err, -ENOMEM, "no memory for the JSON output");
    code = output_open(&state->output, argument, err);
    if (code != 0) {
        free(state);
        return code;
    }
    output_follow(&state->output, sink->run);
    sink->state = state;
    return 0;
}

/* The common fields, in their order, and then the body's. */
static json_t *assemble(const struct run_info *run, uint64_t seq, const struct json_line *line)
{
    json_t *whole;

    if (line->body == NULL)
        return NULL;
    whole = json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:s, s:o}", "schema", JSON_SCHEMA_VERSION,
                      "event", line->event, "seq", json_count(seq), "run", run->run_id, "sensor",
                      json_clean(run->sensor), "ts",
                      json_wall_stamp(line->ts_ns == NS_NEVER ? 0 : line->ts_ns), "severity",
                      line->severity, "msg", json_clean(line->message));
    if (whole != NULL && json_object_update(whole, line->body) != 0) {
        json_decref(whole);
        return NULL;
    }
    return whole;
}

/* Puts the line and its LF into `buffer`; 0 where it does not fit whatever is shed. */
static size_t render(const struct json_line *line, json_t *whole, char *buffer)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(6);
    size_t n_bytes = json_dumpb(whole, buffer, JSON_LINE_BYTES, flags);

    while (n_bytes >= JSON_LINE_BYTES) {
        if (line->shed == NULL || !line->shed(whole))
            return 0;
        n_bytes = json_dumpb(whole, buffer, JSON_LINE_BYTES, flags);
    }
    if (n_bytes > 0)
        buffer[n_bytes++] = '\n';
    return n_bytes;
}

static void count_lines(struct sink *sink)
{
    const struct json_state *state = sink->state;

    sink->n_lines = state->output.n_lines;
    sink->n_write_errors = state->output.n_errors + state->n_too_long;
}

/* Writes the line and lets go of its body. */
static void emit(struct sink *sink, struct json_line *line, enum output_rank rank)
{
    struct json_state *state = sink->state;
    char buffer[JSON_LINE_BYTES];
    json_t *whole;
    size_t n_bytes;

    state->seq++;
    whole = assemble(sink->run, state->seq, line);
    n_bytes = render(line, whole, buffer);
    if (n_bytes == 0)
        state->n_too_long++;
    else
        (void)output_write(&state->output, buffer, n_bytes, rank);
    count_lines(sink);
    json_decref(whole);
    json_decref(line->body);
}

/* Of a line that comes next. */
static struct json_counts counts_of(const struct sink *sink)
{
    const struct json_state *state = sink->state;

    return (struct json_counts){.n_lines = state->seq + 1,
                                .n_waiting =
                                    sink->run->is_live ? output_waiting(&state->output) : 0,
                                .n_errors = sink->n_write_errors};
}

static void json_start(struct sink *sink)
{
    struct json_line line = {0};

    json_build_start(&line, sink->run);
    emit(sink, &line, OUTPUT_KEPT);
}

/* Every file begins with a start line of the same run: it explains itself. */
static void json_reopen(struct sink *sink, bool rotates)
{
    struct json_state *state = sink->state;

    if (rotates ? output_rotate(&state->output) : output_reopen(&state->output))
        json_start(sink);
}

static void begin_line(struct sink *sink)
{
    const struct json_state *state = sink->state;

    if (output_is_full(&state->output, JSON_LINE_BYTES))
        json_reopen(sink, true);
}

static void json_event(struct sink *sink, const struct verdict_event *event)
{
    struct json_line line = {.ts_ns = run_wall_ns(sink->run, event->ts_ns)};

    begin_line(sink);
    if (event->kind == EVENT_CONNECTION)
        json_build_connection(&line, sink->run, &event->connection);
    else
        json_build_incident(&line, sink->run, &event->incident);
    emit(sink, &line, event->kind == EVENT_CONNECTION ? OUTPUT_COMMON : OUTPUT_KEPT);
}

static uint64_t json_flush(struct sink *sink, int wait_ms)
{
    struct json_state *state = sink->state;
    bool is_all_out = output_flush(&state->output, wait_ms);

    count_lines(sink);
    return is_all_out ? 0 : output_waiting(&state->output);
}

static void json_stats(struct sink *sink, const struct stats_info *stats)
{
    struct json_counts counts;
    struct json_line line = {0};

    begin_line(sink);
    (void)json_flush(sink, 0);
    counts = counts_of(sink);
    json_build_stats(&line, stats, &counts);
    emit(sink, &line, OUTPUT_KEPT);
}

static void json_stop(struct sink *sink, const struct stop_info *stop)
{
    struct json_counts counts;
    struct json_line line = {0};

    begin_line(sink);
    (void)json_flush(sink, 0);
    counts = counts_of(sink);
    json_build_stop(&line, sink->run, stop, &counts);
    emit(sink, &line, OUTPUT_KEPT);
}

static void json_close(struct sink *sink)
{
    struct json_state *state = sink->state;

    output_close(&state->output);
    free(state);
}

const struct sink_ops sink_json = {
    .name = "json",
    .help = "JSON Lines: one object per failure, incident change and interval",
    .open = json_open,
    .start = json_start,
    .event = json_event,
    .stats = json_stats,
    .stop = json_stop,
    .flush = json_flush,
    .reopen = json_reopen,
    .close = json_close,
};
