/* SPDX-License-Identifier: BSD-2-Clause */
/* What -w keeps of a failed connection: enough to find its packets and to comment on them. */
#ifndef APP_FAILED_CONNECTION_H
#define APP_FAILED_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowtable/key.h"
#include "verdict/event.h"

struct failed_packet_note {
    uint64_t ordinal;
    char note[64];
};

struct failed_connection {
    struct flow_key key;
    uint64_t first, last; /* ordinals */
    uint32_t incident;
    enum verdict_id verdict;
    enum confidence confidence;
    uint32_t next; /* of the same hash; for the owner of a list */
    uint8_t n_noted;
    struct failed_packet_note noted[EVENT_EVIDENCE_MAX];
};

/* False where the event is not of a failed connection. */
bool failed_connection_fill(struct failed_connection *to, const struct verdict_event *event);

/* The same for all who look connections up here. */
uint64_t failed_connection_hash(const struct flow_key *key);

/* "tcpwhy #1 icmp-admin-prohibited, certain: frame 942, 3/13" for packets of the evidence, NULL for
 * others. The text is in `out`. */
const char *failed_connection_comment(const struct failed_connection *connection, uint64_t ordinal,
                                      char *out, size_t out_bytes);

#endif
