/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the screen, one function each. All of them only read the model. */
#ifndef TUI_PANEL_H
#define TUI_PANEL_H

#include "tui/model.h"
#include "tui/paint.h"
#include "tui/table.h"

/* The whole screen: fits the model to its size, then paints every part that has room. */
void panel_screen(struct paint *paint, struct model *model);

/* The screens below the overview without their key bar; each fits its own panes. */
void panel_endpoint(struct paint *paint, struct model *model);
void panel_flow(struct paint *paint, struct model *model);
void panel_bytes(struct paint *paint, struct model *model);

/* Their top lines: one, and two. */
void panel_endpoint_header(struct paint *paint, const struct model *model);
void panel_flow_header(struct paint *paint, const struct model *model);

/* Two lines from the top: the source and its rates, the connections and theirs. */
void panel_header(struct paint *paint, const struct model *model);

/* The last line: what the keys do, or what the last one did. */
void panel_keys(struct paint *paint, const struct model *model);

/* The panes; `rect` is the whole width of the screen, its first line is the title. */
void panel_why(struct paint *paint, const struct model *model, const struct rect *rect);
void panel_where(struct paint *paint, const struct model *model, const struct rect *rect);
void panel_latest(struct paint *paint, const struct model *model, const struct rect *rect);
void panel_incidents(struct paint *paint, const struct model *model, const struct rect *rect);

/* Their columns, placed. */
struct table panel_why_table(const struct model *model, int n_cols);
struct table panel_where_table(const struct model *model, int n_cols);
struct table panel_latest_table(const struct model *model, int n_cols);
struct table panel_incidents_table(const struct model *model, int n_cols);
struct table panel_flows_table(const struct model *model, int n_cols);

/* What a click on the heading of a pane sorts by; TABLE_UNSORTED beside the titles. */
unsigned panel_sort_at(const struct model *model, enum pane pane, int n_cols, int col);

/* More about the row under the cursor. */
void panel_selected(struct paint *paint, const struct model *model, const struct rect *rect);

/* One page of the keys, letters and marks. */
void panel_help(struct paint *paint, const struct model *model);
unsigned panel_help_pages(int n_lines, int n_cols);

/* One page of what the capture has seen and lost. */
void panel_health(struct paint *paint, const struct model *model);
unsigned panel_health_pages(const struct model *model, int n_lines);

/* The last line of both: any key turns the page, or goes back. */
void panel_any_key(struct paint *paint, const struct model *model);

/* Tries and failures of the open endpoint over time: paints into `body` and returns how many lines
 * all of it takes. */
int panel_times(struct paint *paint, const struct model *model, const struct rect *body);

/* Do next, of both screens: paints into `body` and returns how many lines all of it takes. */
int panel_steps(struct paint *paint, const struct model *model, const struct rect *body);
void panel_steps_fit(struct model *model);

/* What the panes share. */

/* The role of a pane's name. */
enum role panel_title_role(const struct model *model, enum pane pane);

/* The pane's name, and by what its rows stand where that is not the usual: "Latest by client". */
void panel_add_sorted_name(const struct model *model, enum pane pane, const char *name, char *out,
                           size_t out_bytes);

/* A rule with a name, and words at its right end ("" = none). */
void panel_rule(struct paint *paint, int line, const char *name, enum role role, const char *right);

/* Marks the cursor's row and returns the role to paint it in; `role` for the other rows. */
enum role panel_row(struct paint *paint, const struct model *model, enum pane pane, int line,
                    uint32_t row, enum role role);

/* The first line of a pane without rows. */
void panel_empty(struct paint *paint, const struct rect *rect, const char *words);

#endif
