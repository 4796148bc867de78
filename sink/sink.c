/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry of sinks, and calls that check for the members that a sink does not have. */
#include "sink/sink.h"

#include <string.h>

#include "base/compiler.h"

static const struct sink_ops *const registry[] = {&sink_report, &sink_lines, &sink_json,
                                                  &sink_null};

const struct sink_ops *sink_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(registry); i++)
        if (strcmp(registry[i]->name, name) == 0)
            return registry[i];
    return NULL;
}

int sink_open(struct sink *sink, const struct sink_ops *ops, const struct run_info *run,
              const char *argument, struct err *err)
{
    struct sink opened = {.ops = ops, .run = run};
    int code = ops->open(&opened, argument, err);

    if (code == 0)
        *sink = opened;
    return code;
}

void sink_start(struct sink *sink)
{
    if (sink->ops->start != NULL)
        sink->ops->start(sink);
}

void sink_event(struct sink *sink, const struct verdict_event *event)
{
    if (sink->ops->event != NULL)
        sink->ops->event(sink, event);
}

void sink_stats(struct sink *sink, const struct stats_info *stats)
{
    if (sink->ops->stats != NULL)
        sink->ops->stats(sink, stats);
}

void sink_snapshot(struct sink *sink, const struct snapshot *snapshot)
{
    if (sink->ops->snapshot != NULL)
        sink->ops->snapshot(sink, snapshot);
}

int sink_input_fd(const struct sink *sink)
{
    return sink->ops->input_fd != NULL ? sink->ops->input_fd(sink) : -1;
}

bool sink_input(struct sink *sink)
{
    return sink->ops->input != NULL && sink->ops->input(sink);
}

bool sink_wish(struct sink *sink, struct sink_wish *wish)
{
    return sink->ops->wish != NULL && sink->ops->wish(sink, wish);
}

void sink_answer(struct sink *sink, const struct sink_answer *answer)
{
    if (sink->ops->answer != NULL)
        sink->ops->answer(sink, answer);
}

bool sink_say(struct sink *sink, const char *words)
{
    if (sink->ops->say == NULL)
        return false;
    sink->ops->say(sink, words);
    return true;
}

void sink_stop(struct sink *sink, const struct stop_info *stop)
{
    if (sink->ops->stop != NULL)
        sink->ops->stop(sink, stop);
}

uint64_t sink_flush(struct sink *sink, int wait_ms)
{
    return sink->ops->flush != NULL ? sink->ops->flush(sink, wait_ms) : 0;
}

void sink_reopen(struct sink *sink, bool rotates)
{
    if (sink->ops->reopen != NULL)
        sink->ops->reopen(sink, rotates);
}

void sink_close(struct sink *sink)
{
    if (sink->ops->close != NULL)
        sink->ops->close(sink);
    sink->state = NULL;
}
