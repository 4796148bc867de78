/* SPDX-License-Identifier: BSD-2-Clause */
/* Do next: commands one below the other, each as many lines as it needs. */
#include <string.h>

#include "tui/detail.h"
#include "tui/panel.h"
#include "tui/visit.h"

#define WORDS_BYTES 400
#define WHY_GAP_CELLS 2

/* "1 on 10.20.0.22: ss -ltn"; returns how many lines it takes. */
static int paint_step(struct paint *paint, const struct rect *room, unsigned i,
                      const struct detail_command *command, enum role role)
{
    char words[WORDS_BYTES];
    struct text text = TEXT_OF(words);
    int n_used, n_cells;

    text_addf(&text, "%u %s: %s", i + 1, command->where, command->cmd);
    n_used = paint_wrapped(paint, room, role, words);
    n_cells = (int)text.used_bytes + WHY_GAP_CELLS + (int)strlen(command->why);
    if (command->why[0] && n_cells < room->n_cols)
        paint_text_right(paint, room->line, room->col + room->n_cols,
                         role == ROLE_CURSOR ? role : ROLE_RULE, command->why);
    return n_used;
}

static int count_lines(const struct rect *body, const struct detail_command *command, unsigned i)
{
    struct paint nowhere = detail_nowhere(body->n_cols + 2 * body->col);
    struct rect all = {0, body->col, DETAIL_MANY_LINES, body->n_cols};

    return paint_step(&nowhere, &all, i, &command[i], ROLE_TEXT);
}

/* The first command to show, so that the one under the cursor has room. */
static unsigned first_step(const struct model *model, const struct rect *body,
                           const struct detail_command *command)
{
    unsigned cursor = model->active == PANE_STEPS ? model->view[PANE_STEPS].cursor : 0;
    unsigned first = cursor;
    int n_left = body->n_lines - count_lines(body, command, cursor);

    while (first > 0 && (n_left -= count_lines(body, command, first - 1)) >= 0)
        first--;
    return first;
}

void panel_steps_fit(struct model *model)
{
    struct detail_command command[DETAIL_COMMANDS_MAX];
    struct pane_view *view = &model->view[PANE_STEPS];

    view->n_rows = view->n_visible = visit_steps(model, command);
    view->is_held = true;
    if (view->cursor >= view->n_rows)
        view->cursor = view->n_rows > 0 ? view->n_rows - 1 : 0;
}

int panel_steps(struct paint *paint, const struct model *model, const struct rect *body)
{
    struct detail_command command[DETAIL_COMMANDS_MAX];
    unsigned n = visit_steps(model, command);
    int n_used = 0;

    if (n == 0)
        return 0;
    for (unsigned i = first_step(model, body, command); i < n && n_used < body->n_lines; i++) {
        struct rect room = {body->line + n_used, body->col, body->n_lines - n_used, body->n_cols};
        enum role role = panel_row(paint, model, PANE_STEPS, room.line, i, ROLE_TEXT);

        n_used += paint_step(paint, &room, i, &command[i], role);
    }
    return n_used;
}
