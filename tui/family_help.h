/* SPDX-License-Identifier: BSD-2-Clause */
/* What each family looks like on the wire and who to ask first, in a few words. */
#ifndef TUI_FAMILY_HELP_H
#define TUI_FAMILY_HELP_H

#include "verdict/verdict.h"

#define FAMILY_WIRE_CELLS 61 /* of the longest `wire` */

struct family_help {
    const char *wire, *ask;
};

/* `family` < FAMILY_COUNT. */
const struct family_help *family_help(enum family family);

#endif
