/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder of the open flow: a line each packet between the lines of client and server. */
#ifndef TUI_PANEL_LADDER_H
#define TUI_PANEL_LADDER_H

#include "tui/model.h"
#include "tui/paint.h"

/* Fits PANE_PACKETS to the rectangle, whose first line is the title, and paints it. */
void panel_ladder(struct paint *paint, struct model *model, const struct rect *rect);

#endif
