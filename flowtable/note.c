/* SPDX-License-Identifier: BSD-2-Clause */
/* See note.h. */
#include "flowtable/note.h"

#include <stddef.h>
#include <string.h>

void flow_note_spread(const struct flow_note *lone, struct flow_note *room)
{
    const struct packet_mark *syn = &lone->syn;

    memcpy(room, lone, offsetof(struct flow_note, trail));
    room->is_lone = false;
    room->has_trail = true;
    room->trail.slot[TRAIL_SYN] = *syn;
    room->trail.slot[TRAIL_CLIENT_LAST] = *syn;
    room->trail.slot[TRAIL_CLIENT_LAST].bits &= (uint8_t) ~(MARK_GOOD_CHECKSUM | MARK_BAD_CHECKSUM);
    room->tape.n_pkts = 1;
    room->tape.row[0] = (struct tape_row){
        .ts_ns = syn->ts_ns,
        .seq = syn->seq,
        .ack = syn->ack,
        .payload_bytes = syn->payload_bytes,
        .flags = syn->flags,
        .window = syn->window,
        .ip_id = syn->ip_id,
        .ttl = syn->ttl,
        .side = syn->side,
    };
}
