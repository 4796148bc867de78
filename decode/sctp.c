/* SPDX-License-Identifier: BSD-2-Clause */
/* See sctp.h: the common header as a layer, and the chunks behind it. */
#include "decode/sctp.h"

#include "base/cursor.h"
#include "decode/layers.h"

#define HEADER_BYTES 12
#define CHUNK_HEADER_BYTES 4
#define ABORT_REFLECTS 0x01 /* the T bit, RFC 9260 section 3.3.7 */

enum decode_result decode_sctp(struct walk *walk)
{
    const uint8_t *at = cursor_take(&walk->cursor, HEADER_BYTES);
    struct packet_sctp *sctp = &walk->packet->sctp;

    if (!at)
        return walk_short(walk);
    walk->packet->kind = PACKET_SCTP;
    sctp->sport = load_be16(at);
    sctp->dport = load_be16(at + 2);
    sctp->tag = load_be32(at + 4);
    sctp->payload_wire_bytes = (uint32_t)walk_wire_bytes(walk);
    sctp->payload_captured_bytes = (uint32_t)cursor_left(&walk->cursor);
    sctp->payload = sctp->payload_captured_bytes ? walk->cursor.at : NULL;
    return DECODE_OK;
}

static void read_chunk(struct sctp_chunks *chunks, uint8_t type, uint8_t flags, struct cursor value)
{
    if (type < 32)
        chunks->types |= UINT32_C(1) << type;
    if (type == SCTP_INIT || type == SCTP_INIT_ACK)
        chunks->initiate_tag = cursor_u32(&value);
    if (type == SCTP_ABORT) {
        chunks->is_reflected = flags & ABORT_REFLECTS;
        chunks->cause = cursor_u16(&value);
    }
}

void sctp_read_chunks(const uint8_t *bytes, size_t n_bytes, struct sctp_chunks *chunks)
{
    struct cursor cursor = cursor_over(bytes, n_bytes);

    *chunks = (struct sctp_chunks){.types = 0};
    while (cursor_left(&cursor)) {
        uint8_t type = cursor_u8(&cursor);
        uint8_t flags = cursor_u8(&cursor);
        size_t chunk_bytes = cursor_u16(&cursor);
        const uint8_t *value;

        if (cursor.is_short || chunk_bytes < CHUNK_HEADER_BYTES)
            return;
        chunk_bytes -= CHUNK_HEADER_BYTES;
        value = cursor_take(&cursor, chunk_bytes);
        if (!value)
            return;
        read_chunk(chunks, type, flags, cursor_over(value, chunk_bytes));
        cursor_skip(&cursor, -chunk_bytes & 3); /* padding, not counted by the length */
    }
}
