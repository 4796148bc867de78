/* SPDX-License-Identifier: BSD-2-Clause */
/* What the endpoint and the flow screen both say of a failure: reasons, next steps, headings. */
#ifndef TUI_DETAIL_H
#define TUI_DETAIL_H

#include "base/text.h"
#include "sink/sink.h"
#include "tui/paint.h"
#include "verdict/event.h"
#include "verdict/explain.h"

#define DETAIL_COMMAND_BYTES 240
#define DETAIL_COMMANDS_MAX (NEXT_STEPS_MAX + 1)

/* Something to run, for the screen and for copying. */
struct detail_command {
    char where[64]; /* "on 10.20.0.22" */
    char cmd[DETAIL_COMMAND_BYTES];
    char why[96];
};

/* The failure's next steps with the run's own input in them, and a filter for Wireshark; returns
 * how many. */
unsigned detail_commands(const struct run_info *run, const struct connection_event *failure,
                         struct detail_command command[DETAIL_COMMANDS_MAX]);

/* Each of these paints into the rectangle what has room and returns how many lines all of it
 * takes at that width; in a rectangle outside the screen it only counts. */
int detail_paint_reasons(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure);

/* What the packets say and what it means. */
int detail_paint_meaning(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure);

/* "firewall reject: icmp-admin-prohibited, certain". */
void detail_add_verdict(struct text *text, const struct connection_event *failure);

/* What was said above TCP in clear: the name asked for in TLS, a refusal's words. 0 where nothing
 * was read. Text of strangers is made visible, not obeyed. */
int detail_paint_said(struct paint *paint, const struct rect *rect,
                      const struct connection_event *failure);

/* The sum-up of the same in one sentence, as every other output has it. */
int detail_paint_message(struct paint *paint, const struct rect *rect,
                         const struct connection_event *failure);

/* A screen that is nowhere: for counting lines. */
struct paint detail_nowhere(int n_cols);
#define DETAIL_MANY_LINES 100

#endif
