/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that the user has marked, by what they are and not by where they stand. */
#ifndef TUI_MARKS_H
#define TUI_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/order.h"

#define MARKS_MAX 128

enum mark_kind {
    MARK_ENDPOINT,
    MARK_FLOW,
    MARK_PACKET, /* of the open flow */
    MARK_KIND_COUNT
};

struct mark {
    enum mark_kind kind;
    struct where_id endpoint;
    uint64_t number; /* the flow's or the packet's */
};

/* Zeroed is empty. */
struct marks {
    uint32_t n;
    struct mark row[MARKS_MAX];
};

struct mark mark_of_endpoint(const struct where_id *id);
struct mark mark_of(enum mark_kind kind, uint64_t number);

bool marks_have(const struct marks *marks, const struct mark *mark);

/* Sets or takes away. False where there is no room for one more. */
bool marks_toggle(struct marks *marks, const struct mark *mark);

uint32_t marks_count(const struct marks *marks, enum mark_kind kind);
void marks_clear(struct marks *marks, enum mark_kind kind);

#endif
