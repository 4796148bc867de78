/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON Lines: the common fields, the order of lines, the cap on their length. docs/json.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanotime.h"
#include "sink/json_arena.h"
#include "sink/json_line.h"
#include "sink/output.h"

struct json_state {
    struct output output;
    uint64_t seq; /* of the last line, also where it did not get out: a hole proves the loss */
    uint64_t n_left_out; /* too long, or no memory */
    struct json_arena *arena;
};

static int open_state(struct json_state *state, const char *argument, struct err *err)
{
    state->arena = json_arena_new();
    if (state->arena == NULL)
        return err_set(err, -ENOMEM, "no memory for the JSON output");
    return output_open(&state->output, argument, err);
}

static int json_open(struct sink *sink, const char *argument, struct err *err)
{
    struct json_state *state = calloc(1, sizeof(*state));
    int code;

    if (state == NULL)
        return err_set(err, -ENOMEM, "no memory for the JSON output");
    code = open_state(state, argument, err);
    if (code != 0) {
        json_arena_free(state->arena);
        free(state);
        return code;
    }
    output_follow(&state->output, sink->run);
    sink->state = state;
    return 0;
}

json_t *json_begin(struct json_line *line, const struct run_info *run)
{
    json_t *whole = json_object();

    json_add(whole, "schema", json_name(JSON_SCHEMA_VERSION));
    json_add(whole, "event", json_name(line->event));
    json_add(whole, "seq", json_number(line->seq));
    json_add(whole, "run", json_name(run->run_id));
    json_add(whole, "sensor", json_clean(run->sensor));
    json_add(whole, "ts", json_wall_stamp(line->ts_ns == NS_NEVER ? 0 : line->ts_ns));
    json_add(whole, "severity", json_name(line->severity));
    json_add(whole, "msg", json_clean(line->message));
    line->whole = whole;
    return whole;
}

/* What jansson has written of a line so far. */
struct written {
    char *at;
    size_t n_bytes;
    bool is_full;
};

/* Stops jansson where the line gets too long for its LF. */
static int put(const char *bytes, size_t n_bytes, void *data)
{
    struct written *written = data;

    if (n_bytes >= JSON_LINE_BYTES - written->n_bytes) {
        written->is_full = true;
        return -1;
    }
    if (n_bytes == 1) /* most often: a quote, a colon, a comma */
        written->at[written->n_bytes] = *bytes;
    else
        memcpy(written->at + written->n_bytes, bytes, n_bytes);
    written->n_bytes += n_bytes;
    return 0;
}

/* Puts the line and its LF into `buffer`; 0 where it does not fit whatever is shed. */
static size_t render(const struct json_line *line, char *buffer)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(6);
    struct written written = {.at = buffer};

    while (json_dump_callback(line->whole, put, &written, flags) != 0) {
        if (!written.is_full || line->shed == NULL || !line->shed(line->whole))
            return 0;
        written = (struct written){.at = buffer};
    }
    buffer[written.n_bytes++] = '\n';
    return written.n_bytes;
}

static void count_lines(struct sink *sink)
{
    const struct json_state *state = sink->state;

    sink->n_lines = state->output.n_lines;
    sink->n_write_errors = state->output.n_errors + state->n_left_out;
}

/* A line that has the next number. Its nodes live until emit(). */
static struct json_line new_line(struct sink *sink)
{
    struct json_state *state = sink->state;

    json_arena_begin(state->arena);
    return (struct json_line){.seq = ++state->seq};
}

/* Writes the line and lets go of all its nodes. */
static void emit(struct sink *sink, const struct json_line *line, enum output_rank rank)
{
    struct json_state *state = sink->state;
    char buffer[JSON_LINE_BYTES];
    size_t n_bytes = render(line, buffer);

    json_arena_end(state->arena);
    if (n_bytes == 0 || !json_arena_is_whole(state->arena))
        state->n_left_out++;
    else
        (void)output_write(&state->output, buffer, n_bytes, rank);
    count_lines(sink);
}

/* With the line that is being built. */
static struct json_counts counts_of(const struct sink *sink)
{
    const struct json_state *state = sink->state;

    return (struct json_counts){.n_lines = state->seq,
                                .n_waiting =
                                    sink->run->is_live ? output_waiting(&state->output) : 0,
                                .n_errors = sink->n_write_errors};
}

static void json_start(struct sink *sink)
{
    struct json_line line = new_line(sink);

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

/* A line of a file that has room for it. */
static struct json_line begin_line(struct sink *sink)
{
    const struct json_state *state = sink->state;

    if (output_is_full(&state->output, JSON_LINE_BYTES))
        json_reopen(sink, true);
    return new_line(sink);
}

static void json_event(struct sink *sink, const struct verdict_event *event)
{
    struct json_line line = begin_line(sink);

    line.ts_ns = run_wall_ns(sink->run, event->ts_ns);
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
    struct json_line line = begin_line(sink);
    struct json_counts counts;

    (void)json_flush(sink, 0);
    counts = counts_of(sink);
    json_build_stats(&line, sink->run, stats, &counts);
    emit(sink, &line, OUTPUT_KEPT);
}

static void json_stop(struct sink *sink, const struct stop_info *stop)
{
    struct json_line line = begin_line(sink);
    struct json_counts counts;

    (void)json_flush(sink, 0);
    counts = counts_of(sink);
    json_build_stop(&line, sink->run, stop, &counts);
    emit(sink, &line, OUTPUT_KEPT);
}

static void json_close(struct sink *sink)
{
    struct json_state *state = sink->state;

    output_close(&state->output);
    json_arena_free(state->arena);
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
