/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A screen that is wider than what one sees of it: what is painted on it comes out further left on
 * the screen behind it. Its first column stays in sight, for the cursor's mark stands there.
 */
#ifndef TUI_PAINT_SHIFT_H
#define TUI_PAINT_SHIFT_H

#include "tui/paint.h"

struct paint_shift {
    struct paint paint; /* first: the panels' view of it */
    struct paint *to;
    int n_cols; /* out of sight */
};

/* `to` outlives it. */
void paint_shift_init(struct paint_shift *shift, struct paint *to, int n_cols);

#endif
