/* SPDX-License-Identifier: BSD-2-Clause */
/* See prompt.h. */
#include "tui/prompt.h"

#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/visit.h"
#include "tui/wanted.h"

#define PRINTABLE_FIRST 0x20
#define PRINTABLE_LAST 0x7e
#define DELETE 0x7f
#define QUESTION_BYTES 96

static const struct question {
    const char *words, *short_words;
    size_t room_bytes;
} questions[] = {
    [PROMPT_NONE] = {"", "", 0},
    [PROMPT_FIND] = {"find: ", "find: ", FILTER_BYTES},
    [PROMPT_FILTER] = {"filter (why: server: port: client: since: until: sni: not): ", "filter: ",
                       FILTER_BYTES},
    [PROMPT_SAVE] = {"save packets of %s to: ", "save to: ", PROMPT_BYTES},
    [PROMPT_REPORT] = {"report on %s to: ", "report to: ", PROMPT_BYTES},
    [PROMPT_REPLACE] = {"is there already, replace it (y, n)? ", "replace (y, n)? ", 0},
};

_Static_assert(ARRAY_LEN(questions) == PROMPT_KIND_COUNT, "a question each kind");

/* Finding. */

static bool row_matches(const struct model *model, const struct filter *filter, enum pane pane,
                        uint32_t i)
{
    struct filter_row row = {.family = FAMILY_NONE, .ts_ns = model->shown.now_ns};
    const struct journal_entry *entry;
    const struct incident_event *incident;
    char frame[24];
    struct text text = TEXT_OF(frame);

    if (pane == PANE_WHY) {
        row.more = family_words(model->why[i]);
    } else if (pane == PANE_WHERE) {
        row = filter_endpoint_row(model_where_at(model, i), model->journal);
    } else if (pane == PANE_LATEST) {
        row = filter_latest_row(&model->shown.latest[i], model->journal);
    } else if (pane == PANE_INCIDENTS) {
        incident = model_incident_at(model, i);
        if (!incident)
            return false;
        row = filter_incident_row(incident, model->journal);
    } else if (pane == PANE_FLOWS) {
        entry = visit_flow(model, i);
        if (!entry)
            return false;
        row = filter_failure_row(&entry->failure);
    } else {
        text_addf(&text, "%" PRIu64, model->visit.ladder.row[i].mark.frame);
        row.more = frame;
    }
    return filter_matches(filter, &row, model->shown.now_ns);
}

/* Looks from row `begin` on, all the way round. False where no row has the words. */
static bool find_from(struct model *model, const char *words, int64_t begin, int step)
{
    struct pane_view *view = &model->view[model->active];
    struct filter filter;
    int64_t n = view->n_rows;

    filter_parse(&filter, words);
    for (int64_t i = 0; i < n && filter.n_terms > 0; i++) {
        uint32_t at = (uint32_t)(((begin + step * i) % n + n) % n);

        if (row_matches(model, &filter, model->active, at)) {
            view->cursor = at;
            view->is_held = true;
            return true;
        }
    }
    return false;
}

void prompt_find(struct model *model, int step)
{
    (void)find_from(model, model->find_words, (int64_t)model->view[model->active].cursor + step,
                    step);
}

/* Opening. */

static void propose_name(const struct model *model, enum prompt_kind kind, struct text *words)
{
    const char *ending = kind == PROMPT_SAVE ? "pcapng" : "txt";
    struct sink_wish wish;

    wanted_packets(model, &wish);
    if (wish.n_failures == 0)
        return;
    if (wish.n_failures == 1)
        text_addf(words, "flow-%" PRIu64 ".%s", wish.failure[0]->facts.first_frame, ending);
    else if (model->scene == SCENE_OVERVIEW)
        text_addf(words, "%s.%s", kind == PROMPT_SAVE ? "failed" : "report", ending);
    else
        text_addf(words, "%s-%" PRIu64 ".%s", verdict_row(wish.failure[0]->verdict)->slug,
                  wish.failure[0]->facts.first_frame, ending);
}

static bool open_file(struct model *model, enum prompt_kind kind)
{
    struct text words = TEXT_OF(model->prompt.words);

    propose_name(model, kind, &words);
    if (words.used_bytes == 0) {
        model_say(model, kind == PROMPT_SAVE ? "not saved" : "no report", "no failure is kept",
                  " here");
        return false;
    }
    model->prompt.wish = kind == PROMPT_SAVE ? WISH_PACKETS : WISH_REPORT;
    model->prompt.may_replace = false;
    return true;
}

void prompt_open(struct model *model, enum prompt_kind kind)
{
    struct prompt *prompt = &model->prompt;
    struct text words = TEXT_OF(prompt->words);
    struct text before = TEXT_OF(prompt->before);

    if ((kind == PROMPT_SAVE || kind == PROMPT_REPORT) && !open_file(model, kind))
        return;
    text_add(&before, model->filter_words);
    if (kind == PROMPT_FILTER)
        text_add(&words, model->filter_words);
    prompt->from = model->view[model->active].cursor;
    prompt->kind = kind;
}

void prompt_ask_to_replace(struct model *model)
{
    model->prompt.kind = PROMPT_REPLACE;
}

/* Typing. */

/* To the row on which one began to look; rows may have gone since. */
static void go_back(struct model *model)
{
    if (model->prompt.from < model->view[model->active].n_rows)
        model->view[model->active].cursor = model->prompt.from;
}

static void follow(struct model *model)
{
    if (model->prompt.kind == PROMPT_FILTER)
        model_set_filter(model, model->prompt.words);
    else if (model->prompt.kind == PROMPT_FIND &&
             !find_from(model, model->prompt.words, model->prompt.from, 1))
        go_back(model);
}

static void cancel(struct model *model)
{
    if (model->prompt.kind == PROMPT_FILTER)
        model_set_filter(model, model->prompt.before);
    else if (model->prompt.kind == PROMPT_FIND)
        go_back(model);
    model->prompt.kind = PROMPT_NONE;
}

static enum effect accept(struct model *model)
{
    enum prompt_kind kind = model->prompt.kind;

    model->prompt.kind = PROMPT_NONE;
    if (kind == PROMPT_FIND) {
        struct text find = TEXT_OF(model->find_words);

        text_add(&find, model->prompt.words);
    }
    if ((kind == PROMPT_SAVE || kind == PROMPT_REPORT) && model->prompt.words[0] != '\0')
        return EFFECT_WISH;
    return EFFECT_DRAW;
}

static enum effect answer_replace(struct model *model, int code)
{
    model->prompt.kind = PROMPT_NONE;
    if (code != 'y' && code != 'Y') {
        model_say(model, "kept as it was", model->prompt.words, "");
        return EFFECT_DRAW;
    }
    model->prompt.may_replace = true;
    return EFFECT_WISH;
}

enum effect prompt_key(struct model *model, int code)
{
    struct prompt *prompt = &model->prompt;
    size_t n = strlen(prompt->words);

    if (prompt->kind == PROMPT_REPLACE)
        return answer_replace(model, code);
    if (code == KEYCODE_ENTER || code == '\n')
        return accept(model);
    if (code == KEYCODE_ESCAPE) {
        cancel(model);
        return EFFECT_DRAW;
    }
    if (code == KEYCODE_BACKSPACE || code == DELETE || code == KEYCODE_CTRL('h')) {
        if (n > 0)
            prompt->words[n - 1] = '\0';
    } else if (code == KEYCODE_CTRL('u')) {
        prompt->words[0] = '\0';
    } else if (code >= PRINTABLE_FIRST && code <= PRINTABLE_LAST &&
               n + 1 < questions[prompt->kind].room_bytes) {
        prompt->words[n] = (char)code;
        prompt->words[n + 1] = '\0';
    }
    follow(model);
    return EFFECT_DRAW;
}

/* "save packets of 12 connections to: ". */
static void add_question(const struct model *model, struct text *text)
{
    const char *words = questions[model->prompt.kind].words;
    const char *of = strstr(words, "%s");
    struct sink_wish wish;

    if (!of) {
        text_add(text, words);
        return;
    }
    wanted_packets(model, &wish);
    text_addf(text, "%.*s", (int)(of - words), words);
    text_add_number_of(text, wish.n_failures, "connection");
    text_add(text, of + strlen("%s"));
}

void prompt_paint(struct paint *paint, const struct model *model)
{
    enum prompt_kind kind = model->prompt.kind;
    int line = paint->n_lines - 1;
    int room_cells = paint->n_cols - 3;
    int n_words = (int)strlen(model->prompt.words);
    const char *words = model->prompt.words;
    char question[QUESTION_BYTES];
    struct text text = TEXT_OF(question);
    int col = 1;

    add_question(model, &text);
    if ((int)text.used_bytes + n_words > room_cells) {
        text = TEXT_OF(question);
        text_add(&text, questions[kind].short_words);
    }
    if (kind != PROMPT_REPLACE)
        col = paint_text(paint, line, col, room_cells, ROLE_KEY, question);
    room_cells -= col - 1 + (kind == PROMPT_REPLACE ? (int)text.used_bytes + 1 : 0);
    if (n_words > room_cells && room_cells > 0)
        words += n_words - room_cells; /* the end is where one types */
    col = paint_text(paint, line, col, room_cells, ROLE_STRONG, words);
    if (kind == PROMPT_REPLACE)
        col = paint_text(paint, line, col + 1, (int)text.used_bytes, ROLE_KEY, question);
    paint_text(paint, line, col, 1, ROLE_CURSOR, " ");
}
