/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the screen, one function each. All of them only read the model. */
#ifndef TUI_PANEL_H
#define TUI_PANEL_H

#include "tui/model.h"
#include "tui/paint.h"

/* The whole screen: fits the model to its size, then paints every part that has room. */
void panel_screen(struct paint *paint, struct model *model);

/* The screens below the overview; each fits its own pane. */
void panel_endpoint(struct paint *paint, struct model *model);
void panel_flow(struct paint *paint, struct model *model);

/* Two lines from the top: the source and its rates, the connections and theirs. */
void panel_header(struct paint *paint, const struct model *model);

/* The last line: what the keys do, or what the last one did. */
void panel_keys(struct paint *paint, const struct model *model);

/* The panes; `rect` is the whole width of the screen, its first line is the title. */
void panel_why(struct paint *paint, const struct model *model, const struct rect *rect);
void panel_where(struct paint *paint, const struct model *model, const struct rect *rect);
void panel_latest(struct paint *paint, const struct model *model, const struct rect *rect);

/* More about the row under the cursor. */
void panel_selected(struct paint *paint, const struct model *model, const struct rect *rect);

/* One page of the keys, letters and marks. */
void panel_help(struct paint *paint, const struct model *model);
unsigned panel_help_pages(int n_lines, int n_cols);

/* What the panes share. */

/* The role of a pane's name. */
enum role panel_title_role(const struct model *model, enum pane pane);

/* A rule with a name, and words at its right end ("" = none). */
void panel_rule(struct paint *paint, int line, const char *name, enum role role, const char *right);

/* Marks the cursor's row and returns the role to paint it in; `role` for the other rows. */
enum role panel_row(struct paint *paint, const struct model *model, enum pane pane, int line,
                    uint32_t row, enum role role);

/* The first line of a pane without rows. */
void panel_empty(struct paint *paint, const struct rect *rect, const char *words);

#endif
