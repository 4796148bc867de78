/* SPDX-License-Identifier: BSD-2-Clause */
/* One line for people per failure and incident change, as they happen: no colour, UTC. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/nanotime.h"
#include "sink/output.h"
#include "sink/sink.h"
#include "verdict/explain.h"

/* A message has at most 256 bytes, the summary a few more. */
#define LINE_BYTES 1024

struct lines_state {
    struct output output;
    int64_t day; /* since the epoch, of the line before; INT64_MIN: none yet */
    uint64_t n_errors_told;
};

static int lines_open(struct sink *sink, const char *argument, struct err *err)
{
    struct lines_state *state = calloc(1, sizeof(*state));
    int code;

    if (state == NULL)
        return err_set(err, -ENOMEM, "no memory for the text output");
    code = output_open(&state->output, argument, err);
    if (code != 0) {
        free(state);
        return code;
    }
    state->day = INT64_MIN;
    output_follow(&state->output, sink->run);
    sink->state = state;
    return 0;
}

static void emit(struct sink *sink, struct text *text, enum output_rank rank)
{
    struct lines_state *state = sink->state;

    text_add(text, "\n");
    if (output_is_full(&state->output, text->used_bytes))
        (void)output_rotate(&state->output);
    (void)output_write(&state->output, text->at, text->used_bytes, rank);
    sink->n_lines = state->output.n_lines;
    sink->n_write_errors = state->output.n_errors;
}

/* "03:44:08.926  F  "; a line with the date before it where the day is another. */
static void begin(struct sink *sink, int64_t ts_ns, char mark, struct text *text)
{
    struct lines_state *state = sink->state;
    int64_t day = ts_ns / (24 * 3600 * NS_PER_S);

    if (day != state->day) {
        text_add(text, "-- ");
        calendar_add_date(text, ts_ns);
        text_add(text, ", times are UTC\n");
        state->day = day;
    }
    calendar_add_clock(text, ts_ns, 3);
    text_addf(text, "  %c  ", mark);
}

static void lines_event(struct sink *sink, const struct verdict_event *event)
{
    int64_t ts_ns = run_wall_ns(sink->run, event->ts_ns);
    char line[LINE_BYTES];
    struct text text = TEXT_OF(line);

    if (event->kind == EVENT_INCIDENT) {
        begin(sink, ts_ns, '!', &text);
        explain_incident_message(&event->incident, &text);
    } else {
        begin(sink, ts_ns, family_letter(event->connection.family), &text);
        explain_message(&event->connection, &text);
    }
    emit(sink, &text, event->kind == EVENT_INCIDENT ? OUTPUT_KEPT : OUTPUT_COMMON);
}

/* What was left out since the last time that this was told. */
static void tell_left_out(struct sink *sink, int64_t ts_ns)
{
    struct lines_state *state = sink->state;
    uint64_t n_left_out = sink->n_write_errors - state->n_errors_told;
    char line[LINE_BYTES];
    struct text text = TEXT_OF(line);

    if (n_left_out == 0)
        return;
    state->n_errors_told = sink->n_write_errors;
    begin(sink, ts_ns, '~', &text);
    text_add_number_of(&text, n_left_out, "line");
    text_add(&text, " could not be written before here");
    emit(sink, &text, OUTPUT_KEPT);
}

/* Only where something was lost: the lines before it are to be read with that in mind. */
static void lines_stats(struct sink *sink, const struct stats_info *stats)
{
    uint64_t n_lost = run_totals_lost(&stats->now->total) - run_totals_lost(stats->before);
    char line[LINE_BYTES];
    struct text text = TEXT_OF(line);

    tell_left_out(sink, stats->ts_ns);
    if (n_lost == 0)
        return;
    begin(sink, stats->ts_ns, '~', &text);
    text_add_number_of(&text, n_lost, "packet");
    text_add(&text, " lost by the capture in ");
    calendar_add_duration(&text, stats->interval_ns);
    emit(sink, &text, OUTPUT_KEPT);
}

/* "firewall reject 60, refused 30": families with failures, in the table's order. */
static void add_families(const struct run_totals *total, struct text *text)
{
    const char *between = ": ";

    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (total->n_failed_by_family[i] == 0)
            continue;
        text_addf(text, "%s%s ", between, family_words((enum family)i));
        text_add_count(text, total->n_failed_by_family[i]);
        between = ", ";
    }
}

static void lines_stop(struct sink *sink, const struct stop_info *stop)
{
    const struct run_totals *total = &stop->final->total;
    char line[LINE_BYTES];
    struct text text = TEXT_OF(line);

    tell_left_out(sink, stop->ts_ns);
    text_add_count(&text, total->n_failed);
    text_add(&text, " of ");
    text_add_number_of(&text, total->n_attempts, "connection attempt");
    text_add(&text, " failed");
    add_families(total, &text);
    text_add(&text, "; ");
    text_add_number_of(&text, total->n_incidents_opened, "incident");
    if (run_totals_lost(total) > 0) {
        text_add(&text, "; ");
        text_add_number_of(&text, run_totals_lost(total), "packet");
        text_add(&text, " lost by the capture");
    }
    emit(sink, &text, OUTPUT_KEPT);
}

static uint64_t lines_flush(struct sink *sink, int wait_ms)
{
    struct lines_state *state = sink->state;
    bool is_all_out = output_flush(&state->output, wait_ms);

    sink->n_lines = state->output.n_lines;
    sink->n_write_errors = state->output.n_errors;
    return is_all_out ? 0 : output_waiting(&state->output);
}

static void lines_reopen(struct sink *sink, bool rotates)
{
    struct lines_state *state = sink->state;

    if (rotates ? output_rotate(&state->output) : output_reopen(&state->output))
        state->day = INT64_MIN;
}

static void lines_close(struct sink *sink)
{
    struct lines_state *state = sink->state;

    output_close(&state->output);
    free(state);
}

const struct sink_ops sink_lines = {
    .name = "lines",
    .help = "one line for people per failure and incident change",
    .open = lines_open,
    .event = lines_event,
    .stats = lines_stats,
    .stop = lines_stop,
    .flush = lines_flush,
    .reopen = lines_reopen,
    .close = lines_close,
};
