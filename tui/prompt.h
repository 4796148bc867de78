/* SPDX-License-Identifier: BSD-2-Clause */
/* Typing in the last line: words to find, a filter that works as it is typed, a file's name. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/model.h"
#include "tui/paint.h"

/* Keys are text from now on. Says why where there is nothing to ask for. */
void prompt_open(struct model *model, enum prompt_kind kind);

/* The file that was named is there: y or n is asked for. */
void prompt_ask_to_replace(struct model *model);

/* A key while something is being typed. */
enum effect prompt_key(struct model *model, int code);

/* The next row (1), the previous one (-1), that has the words that were looked for last. */
void prompt_find(struct model *model, int step);

void prompt_paint(struct paint *paint, const struct model *model);

#endif
