/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: QUIC and SCTP, from the bytes of datagrams to what their tables tell.
 *
 * The first byte of an input: bit 0, SCTP; else QUIC. Each datagram is a byte (high bit: of the
 * server; the rest: tenths of a second since the one before), a byte with half of its length, and
 * then its bytes, or what is left; those on the wire are 1000 more where the first byte has bit 1.
 * All of the input is also read as frames of an Initial.
 */
#include <assert.h>
#include <string.h>

#include "base/cursor.h"
#include "base/nanotime.h"
#include "decode/packet.h"
#include "decode/quic_initial.h"
#include "flowtable/association.h"
#include "flowtable/quic.h"

#define START_NS (INT64_C(1700000000) * NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

struct desk {
    struct arena arena;
    struct quics quics;
    struct associations associations;
};

static void desk_open(struct desk *desk)
{
    const size_t n_bytes = quics_cost_bytes() + associations_cost_bytes();
    int failed = arena_map(&desk->arena, n_bytes, NULL, NULL) ||
                 quics_create(&desk->quics, &desk->arena, (struct hash_key){0}) ||
                 associations_create(&desk->associations, &desk->arena, (struct hash_key){0});

    assert(!failed);
    (void)failed;
}

static bool next_packet(struct cursor *cursor, struct packet *packet, uint32_t n_cut_bytes)
{
    uint8_t head = cursor_u8(cursor);
    size_t n_wanted = 2u * cursor_u8(cursor);
    size_t n_left = cursor_left(cursor);
    uint32_t n_bytes = (uint32_t)(n_wanted < n_left ? n_wanted : n_left);
    const uint8_t *payload = cursor_take(cursor, n_bytes);
    bool is_back = head & 0x80;

    packet->ts_ns += (head & 0x7f) * 100 * NS_PER_MS;
    packet->ordinal++;
    packet->src.bytes[15] = is_back;
    packet->dst.bytes[15] = !is_back;
    if (packet->kind == PACKET_SCTP)
        packet->sctp = (struct packet_sctp){.sport = is_back ? 2 : 1,
                                            .dport = is_back ? 1 : 2,
                                            .tag = n_bytes >= 4 ? load_be32(payload) : 0,
                                            .payload_wire_bytes = n_bytes,
                                            .payload_captured_bytes = n_bytes,
                                            .payload = payload};
    else
        packet->udp = (struct packet_udp){.sport = is_back ? 443 : 5000,
                                          .dport = is_back ? 5000 : 443,
                                          .payload_wire_bytes = n_bytes + n_cut_bytes,
                                          .payload_captured_bytes = n_bytes,
                                          .payload = n_bytes ? payload : NULL};
    return n_bytes > 0;
}

static void check_quic(const struct quic *quic)
{
    assert(quic->state == QUIC_TOLD);
    assert(quic->facts.end <= QUIC_RESET);
    assert(quic->facts.n_offered <= QUIC_OFFERED_MAX);
    assert(memchr(quic->facts.close.reason, 0, sizeof(quic->facts.close.reason)));
    assert(quic->exchange.last_frame >= quic->exchange.first_frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct cursor cursor = cursor_over(bytes, n_bytes);
    uint8_t how = cursor_u8(&cursor);
    struct packet packet = {.kind = how & 1 ? PACKET_SCTP : PACKET_UDP,
                            .ts_ns = START_NS,
                            .ip_version = 6,
                            .proto = how & 1 ? FLOW_PROTO_SCTP : FLOW_PROTO_UDP};
    struct desk desk;
    struct quic_close close;
    const struct quic *quic;

    desk_open(&desk);
    while (next_packet(&cursor, &packet, how & 2 ? 1000 : 0)) {
        if (packet.kind == PACKET_SCTP) {
            (void)associations_take(&desk.associations, &packet);
            continue;
        }
        quic = quics_take(&desk.quics, &packet);
        if (quic)
            check_quic(quic);
        while ((quic = quics_expire(&desk.quics, packet.ts_ns, false)))
            check_quic(quic);
    }
    while ((quic = quics_expire(&desk.quics, packet.ts_ns, true)))
        check_quic(quic);
    arena_unmap(&desk.arena);
    if (quic_find_close(bytes, n_bytes, &close))
        assert(memchr(close.reason, 0, sizeof(close.reason)));
    return 0;
}
