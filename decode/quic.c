/* SPDX-License-Identifier: BSD-2-Clause */
/* See quic.h. */
#include "decode/quic.h"

#define PADDING 0 /* behind the packets of a datagram */

uint64_t quic_varint(struct cursor *cursor)
{
    uint8_t first = cursor_u8(cursor);
    size_t n_more = (1u << (first >> 6)) - 1;
    const uint8_t *at = cursor_take(cursor, n_more);
    uint64_t value = first & 0x3f;

    if (!at)
        return 0;
    for (size_t i = 0; i < n_more; i++)
        value = value << 8 | at[i];
    return value;
}

bool quic_is_known(uint32_t version)
{
    return version == QUIC_VERSION_1 || version == QUIC_VERSION_2 ||
           (version >= QUIC_DRAFT_FIRST && version <= QUIC_DRAFT_LAST);
}

static void read_id(struct cursor *cursor, struct quic_id *id)
{
    uint8_t n_bytes = cursor_u8(cursor);
    const uint8_t *at = n_bytes <= QUIC_ID_MAX_BYTES ? cursor_take(cursor, n_bytes) : NULL;

    *id = (struct quic_id){.n_bytes = 0};
    if (!at) {
        cursor->is_short = true;
        return;
    }
    id->n_bytes = n_bytes;
    memcpy(id->bytes, at, n_bytes);
}

static enum quic_form form_of(uint32_t version, uint8_t first)
{
    /* RFC 9000 table 5, RFC 9369 section 3.2: by the two bits behind the fixed one. That one tells
     * nothing: a peer may clear it (RFC 9287). */
    static const uint8_t v1[] = {QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE, QUIC_RETRY};
    static const uint8_t v2[] = {QUIC_RETRY, QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE};
    unsigned bits = first >> 4 & 3;

    if (version == 0)
        return QUIC_NEGOTIATION;
    if (!quic_is_known(version))
        return QUIC_UNKNOWN;
    return version == QUIC_VERSION_2 ? v2[bits] : v1[bits];
}

/* The packet reaches to the end of the datagram. */
static void take_rest(struct cursor *cursor, size_t cut_bytes, struct quic_packet *packet)
{
    packet->captured_bytes = (size_t)(cursor->end - packet->bytes);
    packet->wire_bytes = packet->captured_bytes + cut_bytes;
    cursor->at = cursor->end;
}

/* The packet has a length: others may follow. */
static void take_length(struct cursor *cursor, size_t cut_bytes, struct quic_packet *packet)
{
    uint64_t left_bytes = quic_varint(cursor);
    size_t header_bytes = (size_t)(cursor->at - packet->bytes);

    packet->number_off = header_bytes;
    if (cursor->is_short || left_bytes > cursor_left(cursor) + cut_bytes) {
        packet->form = QUIC_NONE;
        return;
    }
    packet->wire_bytes = header_bytes + (size_t)left_bytes;
    if (left_bytes > cursor_left(cursor)) {
        take_rest(cursor, packet->wire_bytes - header_bytes - cursor_left(cursor), packet);
        return;
    }
    cursor_skip(cursor, (size_t)left_bytes);
    packet->captured_bytes = packet->wire_bytes;
}

static void read_versions(struct cursor *cursor, size_t cut_bytes, struct quic_packet *packet)
{
    packet->versions = cursor->at;
    packet->n_versions = cursor_left(cursor) / 4;
    if (!packet->n_versions || (cursor_left(cursor) + cut_bytes) % 4)
        packet->form = QUIC_NONE;
    take_rest(cursor, cut_bytes, packet);
}

static void read_long(struct cursor *cursor, size_t cut_bytes, uint8_t first,
                      struct quic_packet *packet)
{
    packet->version = cursor_u32(cursor);
    read_id(cursor, &packet->dcid);
    read_id(cursor, &packet->scid);
    if (cursor->is_short)
        return;
    packet->form = form_of(packet->version, first);
    switch (packet->form) {
    case QUIC_INITIAL: {
        uint64_t token_bytes = quic_varint(cursor);

        cursor_skip(cursor, token_bytes < SIZE_MAX ? (size_t)token_bytes : SIZE_MAX);
        take_length(cursor, cut_bytes, packet);
        break;
    }
    case QUIC_ZERO_RTT:
    case QUIC_HANDSHAKE:
        take_length(cursor, cut_bytes, packet);
        break;
    case QUIC_NEGOTIATION:
        read_versions(cursor, cut_bytes, packet);
        break;
    case QUIC_RETRY:
    case QUIC_UNKNOWN:
        take_rest(cursor, cut_bytes, packet);
        break;
    case QUIC_NONE:
    case QUIC_SHORT:
        break;
    }
}

bool quic_next(struct cursor *cursor, size_t cut_bytes, struct quic_packet *packet)
{
    uint8_t first;

    *packet = (struct quic_packet){.form = QUIC_NONE, .bytes = cursor->at};
    if (!cursor_left(cursor))
        return false;
    first = cursor_u8(cursor);
    if (first & QUIC_LONG_HEADER) {
        read_long(cursor, cut_bytes, first, packet);
    } else if (first != PADDING) {
        packet->form = QUIC_SHORT;
        take_rest(cursor, cut_bytes, packet);
    }
    return packet->form != QUIC_NONE;
}
