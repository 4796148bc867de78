/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets that came to somebody without a connection of that name, in the middle of one, and drew
 * a RST: what a NAT lets pass untranslated looks so, and the RST ends the connection that the
 * packet belongs to. The newest push out the oldest. Owned by the judge thread, inside struct
 * hosts.
 */
#ifndef VERDICT_STRAYS_H
#define VERDICT_STRAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "flowtable/note.h"
#include "verdict/endpoint.h"

/* Failures of this kind come one by one; a host that restarts makes many at once. */
#define STRAYS_MAX 32

struct stray {
    uint64_t rst_frame; /* 0 = empty */
    int64_t rst_ns;
    struct endpoint sender, answerer; /* of the packet; of the RST */
    uint32_t seq, ack;                /* the end of what the sender sent; what it acknowledged */
    bool has_broken;                  /* the connection that it belongs to was reset after it */
};

struct strays {
    struct stray stray[STRAYS_MAX];
    uint32_t n; /* ever seen */
};

/* Learns from a NOTE_RESET, which is told the moment the RST comes: before the end of any flow
 * that it broke. `span_bytes` as in strays_find(). */
void strays_note(struct strays *strays, const struct flow_note *note, uint32_t span_bytes);

/* Whether the ended flow is but a stray, whose own connection was reset soon: what is to be told is
 * told of that one. */
bool strays_is_part(const struct strays *strays, const struct flow_note *note);

/*
 * The newest stray that belongs to the note's flow by both sequence numbers, at most `span_bytes`
 * from the flow's, and that the side other than `dead` answered under another address or port of
 * `dead`. NULL where there is none. Valid until the next strays_note().
 */
const struct stray *strays_find(const struct strays *strays, const struct flow_note *note,
                                enum flow_side dead, uint32_t span_bytes);

#endif
