/* SPDX-License-Identifier: BSD-2-Clause */
/* "z": rates and sparklines count from a moment on, totals go on as they are. Pure. */
#ifndef TUI_ZERO_H
#define TUI_ZERO_H

#include <stdbool.h>

#include "verdict/snapshot.h"

struct zero {
    bool is_set;
    struct snapshot from; /* what had been counted at that moment */
};

/* Takes out of the rates and sparklines of `shown`, a newer snapshot, what was counted before. */
void zero_apply(const struct zero *zero, struct snapshot *shown);

#endif
