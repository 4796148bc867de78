/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the judge's modules send the events that they make themselves. */
#ifndef VERDICT_EMITTER_H
#define VERDICT_EMITTER_H

#include "verdict/event.h"

struct emitter {
    void *ctx;
    void (*emit)(void *ctx, const struct verdict_event *event); /* the event dies on return */
};

#endif
