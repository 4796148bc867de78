/* SPDX-License-Identifier: BSD-2-Clause */
/* What to keep when a ring is nearly full: the packets that open, close or refuse connections. */
#ifndef CAPTURE_SHED_H
#define CAPTURE_SHED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "capture/capture.h"
#include "capture/filter.h"

/* One link type's programs. */
struct shed {
    struct filter control;
    struct filter tcp;
};

/* Compiles the programs for a link type. */
MUST_CHECK int shed_open(struct shed *shed, uint16_t linktype, struct err *err);

enum shed_kind shed_classify(const struct shed *shed, const struct raw_packet *packet);

void shed_close(struct shed *shed);

#endif
