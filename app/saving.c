/* SPDX-License-Identifier: BSD-2-Clause */
/* See saving.h. */
#include "app/saving.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/failed_packets.h"
#include "app/failed_writer.h"
#include "app/frame_key.h"
#include "app/reread.h"
#include "base/text.h"

#define WORDS_BYTES 256
#define SECTION_WORDS "connections chosen on the screen"

static struct verdict_event event_of(const struct sink_wish *wish, uint32_t i)
{
    return (struct verdict_event){
        .kind = EVENT_CONNECTION, .ts_ns = wish->ts_ns[i], .connection = *wish->failure[i]};
}

/* ---- packets ---- */

static int save_again(const struct sink_wish *wish, const struct capture_config *input,
                      struct err *err)
{
    struct failed_packets *wanted = NULL;
    int code = failed_packets_open(&wanted, wish->path, err);

    for (uint32_t i = 0; i < wish->n_failures && !code; i++) {
        struct verdict_event event = event_of(wish, i);

        failed_packets_event(wanted, &event);
    }
    if (!code)
        code = failed_packets_write(wanted, input, SECTION_WORDS, err);
    failed_packets_close(wanted);
    return code;
}

static int save_kept(const struct sink_wish *wish, struct packet_keeper *keeper,
                     uint32_t *n_incomplete, struct err *err)
{
    struct failed_writer writer;
    struct err close_err;
    int code = failed_writer_open(&writer, wish->path, SECTION_WORDS, err);

    if (code)
        return code;
    packet_keeper_drain(keeper);
    for (uint32_t i = 0; i < wish->n_failures && !code; i++) {
        struct verdict_event event = event_of(wish, i);
        struct failed_connection connection;

        if (!failed_connection_fill(&connection, &event))
            continue;
        *n_incomplete += packet_keeper_is_incomplete(keeper, &connection);
        code = failed_writer_kept(&writer, keeper, &connection, err);
    }
    if (pcapng_writer_close(&writer.pcapng, &close_err) && !code)
        code = err_set(err, close_err.code, "%s", close_err.text);
    return code;
}

static int save_packets(const struct sink_wish *wish, const struct saving_source *source,
                        struct text *words, struct err *err)
{
    uint32_t n_incomplete = 0;
    int code = source->input ? save_again(wish, source->input, err)
                             : save_kept(wish, source->keeper, &n_incomplete, err);

    if (code)
        return code;
    text_add(words, "of ");
    text_add_number_of(words, wish->n_failures, "connection");
    text_addf(words, " saved to %s", wish->path);
    if (n_incomplete > 0) {
        text_add(words, "; the first packets of ");
        text_add_count(words, n_incomplete);
        text_add(words, " were not kept any more");
    }
    return 0;
}

/* ---- report ---- */

static bool ends_in(const char *path, const char *end)
{
    size_t n_path = strlen(path), n_end = strlen(end);

    return n_path >= n_end && strcmp(path + n_path - n_end, end) == 0;
}

static void tell_all(struct sink *report, const struct sink_wish *wish)
{
    for (uint32_t i = 0; i < wish->n_failures; i++) {
        struct verdict_event event = event_of(wish, i);

        event.connection.count += wish->n_alike[i];
        sink_event(report, &event);
    }
    for (uint32_t i = 0; i < wish->n_incidents; i++) {
        struct verdict_event event = {.kind = EVENT_INCIDENT,
                                      .ts_ns = wish->incident[i]->last_ns,
                                      .incident = *wish->incident[i]};

        sink_event(report, &event);
    }
}

static int save_report(const struct sink_wish *wish, const struct saving_source *source,
                       const struct run_info *run, struct text *words, struct err *err)
{
    bool is_json = ends_in(wish->path, ".json") || ends_in(wish->path, ".jsonl");
    struct stop_info stop = {
        .reason = STOP_SIGNAL,
        .ts_ns = wish->snapshot->now_ns,
        .first_packet_ns = pipeline_first_ns(source->pipeline),
        .last_packet_ns = pipeline_last_ns(source->pipeline),
        .final = wish->snapshot,
    };
    struct sink report;
    int code = sink_open(&report, is_json ? &sink_json : &sink_report, run, wish->path, err);

    if (code)
        return code;
    sink_start(&report);
    tell_all(&report, wish);
    sink_stop(&report, &stop);
    if (report.n_write_errors > 0)
        code = err_set(err, -EIO, "cannot write %s", wish->path);
    sink_close(&report);
    text_addf(words, "written to %s", wish->path);
    return code;
}

/* ---- bytes ---- */

/* The frame is gone when the reading ends: the answer is given before. */
struct bytes_wanted {
    struct sink *sink;
    uint64_t ordinal;
    bool is_found;
};

static int answer_bytes(void *ctx, const struct capture *capture, const struct frame *frame,
                        struct err *err)
{
    struct bytes_wanted *wanted = ctx;
    const struct sink_answer answer = {
        .to = WISH_BYTES,
        .kind = ANSWER_DONE,
        .words = "",
        .bytes = frame->bytes,
        .captured_bytes = frame->captured_bytes,
        .wire_bytes = frame->wire_bytes,
    };

    (void)capture;
    (void)err;
    if (frame->ordinal != wanted->ordinal)
        return 0;
    wanted->is_found = true;
    sink_answer(wanted->sink, &answer);
    return 1;
}

static int find_bytes(struct sink *sink, const struct sink_wish *wish,
                      const struct saving_source *source, struct err *err)
{
    struct bytes_wanted wanted = {.sink = sink, .ordinal = wish->frame};
    struct verdict_event event = event_of(wish, 0);
    struct failed_connection connection;
    int code = 0;

    if (source->input)
        code = reread(source->input, answer_bytes, &wanted, err);
    else if (failed_connection_fill(&connection, &event))
        code = packet_keeper_each(source->keeper, &connection, answer_bytes, &wanted, err);
    if (!code && !wanted.is_found)
        code = err_set(err, -ENOENT, "not kept any more");
    return code;
}

/* ---- any ---- */

void saving_obey(struct sink *sink, const struct saving_source *source)
{
    struct sink_wish wish;
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);
    struct sink_answer answer = {.kind = ANSWER_DONE, .words = words};
    struct err err;
    int code = 0;

    if (!sink_wish(sink, &wish))
        return;
    answer.to = wish.kind;
    if (wish.path && strcmp(wish.path, "-") == 0) {
        code = err_set(&err, -EINVAL, "standard output is the screen: a file's name is needed");
    } else if (!source->input && !source->keeper && wish.kind != WISH_REPORT) {
        code = err_set(&err, -ENOTSUP, "no packets are kept here");
    } else if (wish.kind == WISH_BYTES) {
        code = find_bytes(sink, &wish, source, &err);
        if (!code)
            return;
    } else if (!wish.may_replace && access(wish.path, F_OK) == 0) {
        answer.kind = ANSWER_EXISTS;
    } else if (wish.kind == WISH_PACKETS) {
        code = save_packets(&wish, source, &text, &err);
    } else {
        code = save_report(&wish, source, sink->run, &text, &err);
    }
    if (code) {
        answer.kind = ANSWER_FAILED;
        text = TEXT_OF(words);
        text_add(&text, err.text);
    }
    sink_answer(sink, &answer);
}
