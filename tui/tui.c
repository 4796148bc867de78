/* SPDX-License-Identifier: BSD-2-Clause */
/* The dashboard's functions as a sink: see tui.h. */
#include "tui/tui.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/figures.h"
#include "tui/journal.h"
#include "tui/model.h"
#include "tui/paint_curses.h"
#include "tui/panel.h"
#include "tui/prompt.h"
#include "tui/services.h"
#include "tui/wanted.h"

#define SUMMARY_BYTES 256

struct tui {
    struct terminal *terminal;
    struct services services;
    struct model model;
    struct journal journal;
    bool has_wish;
    enum sink_wish_kind wish;
    struct snapshot counts;  /* of the report that is wished for */
    struct run_totals total; /* newest: of a snapshot, in the end the run's last one */
};

static void draw(struct tui *tui)
{
    terminal_erase(tui->terminal);
    panel_screen(terminal_paint(tui->terminal), &tui->model);
    terminal_show(tui->terminal);
}

static int tui_open(struct sink *sink, const char *argument, struct err *err)
{
    struct theme_wish wish;
    struct tui *tui;
    int code = theme_parse_wish(&wish, argument, err);

    if (code != 0)
        return code;
    tui = calloc(1, sizeof(*tui));
    if (!tui)
        return err_set(err, -ENOMEM, "no memory for the screen");
    code = terminal_open(&tui->terminal, &wish, sink->run->is_ascii, err);
    if (code != 0) {
        free(tui);
        return code;
    }
    services_load(&tui->services, SERVICES_FILE);
    model_init(&tui->model, sink->run, &tui->services, &tui->journal);
    draw(tui);
    sink->state = tui;
    return 0;
}

static void tui_snapshot(struct sink *sink, const struct snapshot *snapshot)
{
    struct tui *tui = sink->state;
    bool must_draw = terminal_sync(tui->terminal);

    tui->total = snapshot->total;
    if (model_snapshot(&tui->model, snapshot) || must_draw)
        draw(tui);
}

static void tui_event(struct sink *sink, const struct verdict_event *event)
{
    struct tui *tui = sink->state;

    journal_event(&tui->journal, event);
}

static int tui_input_fd(const struct sink *sink)
{
    const struct tui *tui = sink->state;

    return terminal_fd(tui->terminal);
}

static enum effect answer_click(struct tui *tui)
{
    struct terminal_place at = terminal_click(tui->terminal);
    enum pane pane = model_heading_at(&tui->model, at.line);
    int n_cols = terminal_paint(tui->terminal)->n_cols;

    if (pane == PANE_VIEW_COUNT)
        return model_click(&tui->model, at.line);
    return model_sort_by(&tui->model, pane, panel_sort_at(&tui->model, pane, n_cols, at.col));
}

static enum effect answer_key(struct tui *tui, int key)
{
    if (tui->model.prompt.kind != PROMPT_NONE)
        return prompt_key(&tui->model, key);
    if (key == KEYCODE_CLICK)
        return answer_click(tui);
    return model_action(&tui->model, keys_action(key));
}

static bool tui_input(struct sink *sink)
{
    struct tui *tui = sink->state;
    bool must_draw = false;
    int key;

    if (terminal_sync(tui->terminal))
        draw(tui); /* also brings the terminal's modes back: keys come after it */

    /* A wish is answered before the next key, which may be about the answer. */
    while (!tui->has_wish && (key = terminal_key(tui->terminal)) != 0) {
        enum effect effect = answer_key(tui, key);

        if (effect == EFFECT_QUIT)
            return true;
        if (effect == EFFECT_MOUSE)
            terminal_set_mouse(tui->terminal, tui->model.has_mouse);
        if (effect == EFFECT_WISH || effect == EFFECT_BYTES) {
            tui->has_wish = true;
            tui->wish = effect == EFFECT_BYTES ? WISH_BYTES : tui->model.prompt.wish;
        }
        if (effect == EFFECT_REPAINT)
            terminal_repaint(tui->terminal);
        if (effect == EFFECT_COPY)
            terminal_copy(tui->terminal, tui->model.copied);
        if (effect != EFFECT_NONE)
            must_draw = true;
    }
    if (must_draw)
        draw(tui);
    return terminal_is_gone(tui->terminal);
}

_Static_assert(SINK_WANTED_MAX >= JOURNAL_FAILURES_MAX, "all kept failures fit");

static bool tui_wish(struct sink *sink, struct sink_wish *wish)
{
    struct tui *tui = sink->state;

    if (!tui->has_wish)
        return false;
    tui->has_wish = false;
    if (tui->wish == WISH_REPORT)
        wanted_report(&tui->model, wish, &tui->counts);
    else
        wanted_packets(&tui->model, wish);
    wish->kind = tui->wish;
    wish->path = tui->wish == WISH_BYTES ? NULL : tui->model.prompt.words;
    wish->may_replace = tui->model.prompt.may_replace;
    wish->frame = model_wanted_frame(&tui->model);
    return wish->n_failures > 0;
}

static void tui_answer(struct sink *sink, const struct sink_answer *answer)
{
    static const char *const names[] = {"packets", "report", "bytes"};
    struct tui *tui = sink->state;

    _Static_assert(ARRAY_LEN(names) == SINK_WISH_KIND_COUNT, "a name each wish");
    if (answer->kind == ANSWER_EXISTS)
        prompt_ask_to_replace(&tui->model);
    else if (answer->kind == ANSWER_DONE && answer->to == WISH_BYTES)
        model_show_bytes(&tui->model, answer->bytes, answer->captured_bytes, answer->wire_bytes);
    else
        model_say(&tui->model, names[answer->to], answer->kind == ANSWER_FAILED ? "none, " : "",
                  answer->words);
    draw(tui);
}

static void tui_say(struct sink *sink, const char *words)
{
    struct tui *tui = sink->state;

    model_say(&tui->model, "capture", words, "");
    draw(tui);
}

/* "629 attempts, 182 failed, 6 incidents; most often firewall reject, 60". */
static void print_summary(const struct run_totals *total)
{
    const uint64_t *n_failed = total->n_failed_by_family;
    unsigned most = 0;
    char line[SUMMARY_BYTES];
    struct text text = TEXT_OF(line);

    for (unsigned i = 1; i < FAMILY_COUNT; i++)
        if (n_failed[i] > n_failed[most])
            most = i;
    text_add_count(&text, total->n_attempts);
    text_add(&text, total->n_attempts == 1 ? " attempt, " : " attempts, ");
    text_add_count(&text, total->n_failed);
    text_add(&text, " failed, ");
    text_add_count(&text, total->n_incidents_opened);
    text_add(&text, total->n_incidents_opened == 1 ? " incident" : " incidents");
    if (n_failed[most] > 0) {
        text_addf(&text, "; most often %s, ", family_words((enum family)most));
        text_add_count(&text, n_failed[most]);
    }
    (void)printf("%s\n", line);
    (void)fflush(stdout);
}

/* Puts the terminal back; from then on there is nothing to draw on. */
static void leave(struct tui *tui)
{
    bool is_gone;

    if (!tui->terminal)
        return;
    is_gone = terminal_is_gone(tui->terminal);
    terminal_close(tui->terminal);
    tui->terminal = NULL;
    if (!is_gone)
        print_summary(&tui->total);
}

/* What the program says after it is for the terminal as it was. */
static void tui_stop(struct sink *sink, const struct stop_info *stop)
{
    struct tui *tui = sink->state;

    if (stop->final)
        tui->total = stop->final->total;
    leave(tui);
}

static void tui_close(struct sink *sink)
{
    struct tui *tui = sink->state;

    if (!tui)
        return;
    leave(tui);
    free(tui);
    sink->state = NULL;
}

const struct sink_ops sink_tui = {
    .name = "tui",
    .help = "full screen",
    .open = tui_open,
    .event = tui_event,
    .snapshot = tui_snapshot,
    .input_fd = tui_input_fd,
    .input = tui_input,
    .wish = tui_wish,
    .answer = tui_answer,
    .say = tui_say,
    .stop = tui_stop,
    .close = tui_close,
};
