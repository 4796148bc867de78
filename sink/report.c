/* SPDX-License-Identifier: BSD-2-Clause */
/* The report at the end of a run, as text: what failed, why, how it is known, what to do. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/report_text.h"
#include "sink/sink.h"

struct report_sink {
    struct report_model model;
    FILE *out;
    const char *name; /* of the output, for messages */
};

static int report_open(struct sink *sink, const char *argument, struct err *err)
{
    bool is_stdout = argument == NULL || strcmp(argument, "-") == 0;
    struct report_sink *state = calloc(1, sizeof(*state));

    if (!state)
        return err_set(err, -ENOMEM, "no memory for the report");
    report_model_init(&state->model);
    state->name = is_stdout ? "standard output" : argument;
    state->out = is_stdout ? stdout : fopen(argument, "we");
    if (!state->out) {
        int code = -errno;

        free(state);
        return err_set(err, code, "cannot write to %s: %s", argument, strerror(-code));
    }
    sink->state = state;
    return 0;
}

static void report_event(struct sink *sink, const struct verdict_event *event)
{
    struct report_sink *state = sink->state;

    report_model_add(&state->model, event);
}

static void report_stop(struct sink *sink, const struct stop_info *stop)
{
    struct report_sink *state = sink->state;

    report_model_finish(&state->model, stop->final);
    report_text_write(state->out, &state->model, sink->run, stop);
    if (fflush(state->out) != 0 || ferror(state->out)) {
        if (sink->n_write_errors++ == 0)
            fprintf(stderr, "tcpwhy: cannot write the report to %s: %s\n", state->name,
                    strerror(errno));
    }
}

static void report_close(struct sink *sink)
{
    struct report_sink *state = sink->state;

    if (!state)
        return;
    if (state->out != stdout)
        fclose(state->out);
    report_model_clear(&state->model);
    free(state);
    sink->state = NULL;
}

const struct sink_ops sink_report = {
    .name = "report",
    .help = "a report in plain text when the input has ended",
    .open = report_open,
    .event = report_event,
    .stop = report_stop,
    .close = report_close,
};
