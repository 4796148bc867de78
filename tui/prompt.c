/* SPDX-License-Identifier: BSD-2-Clause */
/* See prompt.h. */
#include "tui/prompt.h"

#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "tui/visit.h"

#define PRINTABLE_FIRST 0x20
#define PRINTABLE_LAST 0x7e
#define DELETE 0x7f

static const char *const questions[] = {
    "", "find: ", "filter (why: server: port: client: since: not): ", "save packets to: "};
static const char *const short_questions[] = {"", "find: ", "filter: ", "save to: "};

_Static_assert(ARRAY_LEN(questions) == PROMPT_KIND_COUNT, "a question each kind");
_Static_assert(ARRAY_LEN(short_questions) == PROMPT_KIND_COUNT, "a question each kind");

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
        row = filter_endpoint_row(model_where_at(model, i));
    } else if (pane == PANE_LATEST) {
        row = filter_latest_row(&model->shown.latest[i]);
    } else if (pane == PANE_INCIDENTS) {
        incident = model_incident_at(model, i);
        if (!incident)
            return false;
        row = filter_incident_row(incident);
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

/* Packets are read a second time: only files have them then. */
static bool can_save(const struct run_info *run)
{
    for (uint32_t i = 0; i < run->n_sources; i++)
        if (strcmp(run->source[i].kind, "file") != 0)
            return false;
    return run->n_sources > 0 && !run->is_live;
}

static void propose_name(struct model *model, struct text *words)
{
    const struct connection_event *failure[JOURNAL_SHARE];
    uint32_t n = visit_wanted(model, failure, JOURNAL_SHARE);

    if (n > 0)
        text_addf(words, "%s-%" PRIu64 ".pcapng",
                  n == 1 ? "flow" : verdict_row(failure[0]->verdict)->slug,
                  failure[n - 1]->facts.first_frame);
}

void prompt_open(struct model *model, enum prompt_kind kind)
{
    struct prompt *prompt = &model->prompt;
    struct text words = TEXT_OF(prompt->words);
    struct text before = TEXT_OF(prompt->before);

    if (kind == PROMPT_SAVE && !can_save(model->run)) {
        model_say(model, "not saved", "packets are read again, and only files", " can be");
        return;
    }
    text_add(&before, model->filter_words);
    if (kind == PROMPT_FILTER)
        text_add(&words, model->filter_words);
    if (kind == PROMPT_SAVE) {
        propose_name(model, &words);
        if (words.used_bytes == 0) {
            model_say(model, "not saved", "no failure is kept", " here");
            return;
        }
    }
    prompt->from = model->view[model->active].cursor;
    prompt->kind = kind;
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
    return kind == PROMPT_SAVE && model->prompt.words[0] != '\0' ? EFFECT_SAVE : EFFECT_DRAW;
}

static size_t room_bytes(const struct prompt *prompt)
{
    return prompt->kind == PROMPT_SAVE ? PROMPT_BYTES - 1 : FILTER_BYTES - 1;
}

enum effect prompt_key(struct model *model, int code)
{
    struct prompt *prompt = &model->prompt;
    size_t n = strlen(prompt->words);

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
    } else if (code >= PRINTABLE_FIRST && code <= PRINTABLE_LAST && n < room_bytes(prompt)) {
        prompt->words[n] = (char)code;
        prompt->words[n + 1] = '\0';
    }
    follow(model);
    return EFFECT_DRAW;
}

void prompt_paint(struct paint *paint, const struct model *model)
{
    const char *question = questions[model->prompt.kind];
    int line = paint->n_lines - 1;
    int room_cells = paint->n_cols - 3;
    int n_words = (int)strlen(model->prompt.words);
    const char *words = model->prompt.words;
    int col;

    if ((int)strlen(question) + n_words > room_cells)
        question = short_questions[model->prompt.kind];
    col = paint_text(paint, line, 1, room_cells, ROLE_KEY, question);
    room_cells -= col - 1;
    if (n_words > room_cells && room_cells > 0)
        words += n_words - room_cells; /* the end is where one types */
    col = paint_text(paint, line, col, room_cells, ROLE_STRONG, words);
    paint_text(paint, line, col, 1, ROLE_CURSOR, " ");
}
