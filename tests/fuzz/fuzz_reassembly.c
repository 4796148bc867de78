/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: a run of IPv4 TCP fragments of a few datagrams.
 *
 * Each fragment of an input is four bytes (id and seconds since the last, offset and flag as IPv4
 * has them, length) and then as many bytes of data, or what is left of the input.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"
#include "base/nanotime.h"
#include "decode/reassembly.h"

#define LINKTYPE_RAW 101
#define HEADER_BYTES 20

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_view(const uint8_t *view, size_t view_bytes, const struct reassembly *reassembly)
{
    const uint8_t *start = (const uint8_t *)reassembly;

    assert(view_bytes == 0 || (view >= start && view + view_bytes <= start + sizeof(*reassembly)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    static struct reassembly reassembly;
    struct cursor cursor = cursor_over(bytes, n_bytes);
    int64_t ts_ns = NS_PER_S;

    reassembly_init(&reassembly);
    while (cursor_left(&cursor)) {
        uint8_t frame[HEADER_BYTES + UINT8_MAX] = {[0] = 0x45, [8] = 64, [9] = 6};
        uint8_t id_and_seconds = cursor_u8(&cursor);
        uint16_t fragment = cursor_u16(&cursor);
        size_t wire_bytes = HEADER_BYTES + cursor_u8(&cursor);
        size_t captured_bytes = wire_bytes;
        struct packet packet;

        if (captured_bytes > HEADER_BYTES + cursor_left(&cursor))
            captured_bytes = HEADER_BYTES + cursor_left(&cursor);
        frame[2] = (uint8_t)(wire_bytes >> 8);
        frame[3] = (uint8_t)wire_bytes;
        frame[5] = id_and_seconds & 7;
        frame[6] = (uint8_t)(fragment >> 8);
        frame[7] = (uint8_t)fragment;
        if (captured_bytes > HEADER_BYTES)
            memcpy(frame + HEADER_BYTES, cursor_take(&cursor, captured_bytes - HEADER_BYTES),
                   captured_bytes - HEADER_BYTES);
        ts_ns += (id_and_seconds >> 3) * NS_PER_S;
        if (decode_frame(LINKTYPE_RAW, frame, captured_bytes, wire_bytes, &packet) !=
            DECODE_FRAGMENT)
            continue;
        if (reassembly_frame(&reassembly, LINKTYPE_RAW, frame, captured_bytes, wire_bytes, ts_ns,
                             &packet) != DECODE_OK)
            continue;
        assert(packet.kind == PACKET_TCP && packet.is_fragment && !packet.tcp.is_header_cut);
        assert(packet.tcp.header_captured_bytes == packet.tcp.header_bytes);
        check_view(packet.tcp.header, packet.tcp.header_captured_bytes, &reassembly);
        check_view(packet.tcp.payload, packet.tcp.payload_captured_bytes, &reassembly);
        assert(packet.tcp.payload_captured_bytes <= packet.tcp.payload_wire_bytes);
    }
    return 0;
}
