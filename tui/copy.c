/* SPDX-License-Identifier: BSD-2-Clause */
/* See copy.h. */
#include "tui/copy.h"

#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "tui/detail.h"
#include "tui/dump.h"
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

static void add_incident(struct text *text, const struct incident_event *row)
{
    const char *name = family_name(row->family);

    text_addf(text, "incident %" PRIu32 " %s ", row->number, name ? name : "");
    figure_endpoint(text, &row->server);
    text_add(text, ", ");
    figure_count(text, row->n_failures);
    text_add(text, " of ");
    figure_count(text, row->n_attempts);
    text_add(text, " failed since ");
    calendar_add_rfc3339(text, row->first_ns);
}

static void add_flow(struct text *text, const struct connection_event *failure)
{
    calendar_add_rfc3339(text, failure->facts.first_ns);
    text_add(text, " ");
    figure_endpoint(text, &failure->client);
    text_add(text, " > ");
    figure_endpoint(text, &failure->server);
    text_addf(text, " %s: ", verdict_row(failure->verdict)->slug);
    explain_short(failure, text);
}

static void add_packet(struct text *text, const struct ladder_row *row)
{
    if (row->n_left_out > 0)
        return;
    text_addf(text, "frame %" PRIu64 " ", row->mark.frame);
    calendar_add_rfc3339(text, row->mark.ts_ns);
    text_addf(text, " seq %" PRIu32 " ack %" PRIu32 " len %" PRIu32 " ttl %u", row->mark.seq,
              row->mark.ack, row->mark.payload_bytes, row->mark.ttl);
}

static void add_step(struct text *text, const struct model *model)
{
    struct detail_command command[DETAIL_COMMANDS_MAX];

    if (model->view[PANE_STEPS].cursor < visit_steps(model, command))
        text_add(text, command[model->view[PANE_STEPS].cursor].cmd);
}

static void add_row(struct text *text, const struct model *model)
{
    uint32_t row = model->view[model->active].cursor;
    const struct journal_entry *entry;

    if (model->view[model->active].n_rows == 0)
        return;
    if (model->active == PANE_WHY)
        text_addf(text, "%s", family_words(model->why[row]));
    else if (model->active == PANE_WHERE)
        add_where(text, model_where_at(model, row));
    else if (model->active == PANE_LATEST)
        add_latest(text, &model->shown.latest[row]);
    else if (model->active == PANE_INCIDENTS && model_incident_at(model, row))
        add_incident(text, model_incident_at(model, row));
    else if (model->active == PANE_FLOWS && (entry = visit_flow(model, row)))
        add_flow(text, &entry->failure);
    else if (model->active == PANE_PACKETS)
        add_packet(text, &model->visit.ladder.row[row]);
    else if (model->active == PANE_STEPS)
        add_step(text, model);
    else if (model->active == PANE_BYTES)
        dump_add_line(text, &model->bytes, row);
}

bool copy_row(struct model *model)
{
    struct text text = TEXT_OF(model->copied);

    add_row(&text, model);
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
