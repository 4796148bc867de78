/* SPDX-License-Identifier: BSD-2-Clause */
/* One packet of the open flow as it was captured. */
#include <inttypes.h>

#include "tui/dump.h"
#include "tui/figures.h"
#include "tui/panel.h"

#define HEADER_LINES 2
#define LINE_BYTES 96

static void add_title(const struct packet_bytes *bytes, struct text *name, struct text *right)
{
    text_addf(name, "frame %" PRIu64, bytes->frame);
    if (bytes->n < bytes->captured) {
        text_add(right, "the first ");
        figure_count(right, bytes->n);
        text_add(right, " of ");
    }
    figure_count(right, bytes->captured);
    text_add(right, " bytes");
    if (bytes->captured < bytes->wire) {
        text_add(right, ", cut from ");
        figure_count(right, bytes->wire);
    }
}

void panel_bytes(struct paint *paint, struct model *model)
{
    const struct pane_view *view = &model->view[PANE_BYTES];
    char name[32], right[64];
    struct text name_text = TEXT_OF(name), right_text = TEXT_OF(right);

    model_fit_pane(model, PANE_BYTES, HEADER_LINES + 1, paint->n_lines - HEADER_LINES - 2);
    add_title(&model->bytes, &name_text, &right_text);
    panel_rule(paint, HEADER_LINES, name, ROLE_TITLE_ACTIVE, right);
    for (uint32_t i = 0; i < view->n_visible && view->first + i < view->n_rows; i++) {
        int line = view->line + (int)i;
        enum role role = panel_row(paint, model, PANE_BYTES, line, view->first + i, ROLE_TEXT);
        char words[LINE_BYTES];
        struct text text = TEXT_OF(words);

        dump_add_line(&text, &model->bytes, view->first + i);
        paint_text(paint, line, 1, paint->n_cols - 1, role, words);
    }
}
