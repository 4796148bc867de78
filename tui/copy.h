/* SPDX-License-Identifier: BSD-2-Clause */
/* What `y` takes: the row under the cursor as text, or a command to run. */
#ifndef TUI_COPY_H
#define TUI_COPY_H

#include <stddef.h>

#include "base/text.h"
#include "tui/model.h"

/* Fills model->copied and says so. False where there is nothing to copy. */
bool copy_row(struct model *model);

/* Appends OSC 52, with which terminals put `bytes` into the clipboard, also over SSH. */
void copy_add_sequence(struct text *text, const char *bytes);

/* Room for the sequence of MODEL_COPIED_BYTES. */
#define COPY_SEQUENCE_BYTES (MODEL_COPIED_BYTES * 4 / 3 + 16)

#endif
