/* SPDX-License-Identifier: BSD-2-Clause */
/* See copy.h. */
#include "tui/copy.h"

#include <string.h>

#include "base/calendar.h"
#include "tui/detail.h"
#include "tui/figures.h"
#include "tui/visit.h"

static void add_where(struct text *text, const struct snapshot_endpoint *row)
{
    const char *name = family_name(row->family);

    figure_endpoint(text, &row->server);
    text_addf(text, " %s, ", name ? name : "healthy");
    figure_count(text, row->n_failures);
    text_add(text, " of ");
    figure_count(text, row->n_attempts);
    text_add(text, " failed");
}

static void add_latest(struct text *text, const struct snapshot_latest *row)
{
    const char *name = family_name(row->family);

    calendar_add_rfc3339(text, row->ts_ns);
    text_add(text, " ");
    figure_endpoint(text, &row->client);
    text_add(text, " > ");
    figure_endpoint(text, &row->server);
    text_addf(text, " %s: ", name ? name : "");
    text_add_untrusted(text, (const uint8_t *)row->why, strnlen(row->why, sizeof(row->why)),
                       sizeof(row->why));
}

static void add_row(struct text *text, const struct model *model)
{
    const enum family *family = model_why_row(model);
    const struct snapshot_endpoint *endpoint = model_where_row(model);
    const struct snapshot_latest *latest = model_latest_row(model);

    if (model->active == PANE_WHY && family)
        text_addf(text, "%s", family_words(*family));
    else if (model->active == PANE_WHERE && endpoint)
        add_where(text, endpoint);
    else if (model->active == PANE_LATEST && latest)
        add_latest(text, latest);
}

static void add_command(struct text *text, struct model *model)
{
    const struct journal_entry *newest = visit_newest(model);
    const struct connection_event *failure = newest ? &newest->failure : NULL;
    struct detail_command command[DETAIL_COMMANDS_MAX];
    unsigned n;

    if (model->scene == SCENE_FLOW)
        failure = &model->visit.failure;
    if (!failure)
        return;
    n = detail_commands(model->run, failure, command);
    text_add(text, command[model->visit.n_copied % n].cmd);
    model->visit.n_copied++;
}

bool copy_next(struct model *model)
{
    struct text text = TEXT_OF(model->copied);

    if (model->scene == SCENE_OVERVIEW)
        add_row(&text, model);
    else
        add_command(&text, model);
    if (text.used_bytes == 0)
        return false;
    model_say(model, "copied", model->copied, "");
    return true;
}

void copy_add_sequence(struct text *text, const char *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n_bytes = strlen(bytes);

    text_add(text, "\033]52;c;");
    for (size_t i = 0; i < n_bytes; i += 3) {
        unsigned group = (unsigned)(unsigned char)bytes[i] << 16;

        if (i + 1 < n_bytes)
            group |= (unsigned)(unsigned char)bytes[i + 1] << 8;
        if (i + 2 < n_bytes)
            group |= (unsigned char)bytes[i + 2];
        text_addf(text, "%c%c%c%c", digits[group >> 18], digits[group >> 12 & 63],
                  i + 1 < n_bytes ? digits[group >> 6 & 63] : '=',
                  i + 2 < n_bytes ? digits[group & 63] : '=');
    }
    text_add(text, "\a");
}
