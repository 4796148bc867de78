/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: any bytes as a frame of any link type.
 *
 * An input is the link type's index, by how much the wire's length differs from the captured one
 * (two bytes, signed), and the frame.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "decode/decode.h"
#include "decode/layers.h"
#include "decode/sctp.h"
#include "same_packet.h"

#define PREFIX_BYTES 3

/* The order is part of the seeds' format: append only. */
static const uint16_t linktypes[] = {1, 0, 9, 12, 14, 50, 51, 101, 108, 113, 228, 229, 276};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void check_view(const uint8_t *view, size_t view_bytes, const uint8_t *bytes, size_t n_bytes)
{
    assert(view_bytes == 0 || (view >= bytes && view + view_bytes <= bytes + n_bytes));
}

static void check_packet(const struct packet *packet, const uint8_t *bytes, size_t n_bytes)
{
    assert(packet->kind < PACKET_KIND_COUNT);
    assert(packet->direction <= PACKET_LOOPBACK);
    assert(packet->tunnel < TUNNEL_KIND_COUNT);
    assert(packet->n_vlan <= PACKET_VLAN_MAX);
    if (packet->kind == PACKET_TCP) {
        const struct packet_tcp *tcp = &packet->tcp;

        check_view(tcp->payload, tcp->payload_captured_bytes, bytes, n_bytes);
        check_view(tcp->header, tcp->header_captured_bytes, bytes, n_bytes);
        assert(tcp->payload_captured_bytes <= tcp->payload_wire_bytes);
        assert((tcp->header_bytes == 0) == tcp->is_header_cut);
        assert(tcp->options.wscale <= 14);
        assert(decode_tcp_checksum(packet) <= CHECKSUM_BAD);
    } else if (packet->kind == PACKET_UDP) {
        check_view(packet->udp.payload, packet->udp.payload_captured_bytes, bytes, n_bytes);
        assert(packet->udp.payload_captured_bytes <= packet->udp.payload_wire_bytes);
    } else if (packet->kind == PACKET_SCTP) {
        struct sctp_chunks chunks;

        check_view(packet->sctp.payload, packet->sctp.payload_captured_bytes, bytes, n_bytes);
        assert(packet->sctp.payload_captured_bytes <= packet->sctp.payload_wire_bytes);
        sctp_read_chunks(packet->sctp.payload, packet->sctp.payload_captured_bytes, &chunks);
    } else if (packet->kind == PACKET_ICMP_ERROR) {
        const struct icmp_quote *quote = &packet->icmp.quote;

        assert(quote->is_valid || !quote->has_ports);
        assert(quote->has_ports || !quote->has_seq);
        assert(quote->has_seq || !quote->has_flags);
    }
}

/* What goes the short way looks the same on the long one. */
static void check_plain(const struct packet *packet, uint16_t linktype, const uint8_t *bytes,
                        size_t n_bytes, size_t wire_bytes)
{
    struct packet plain, layered;
    struct walk walk = walk_over(bytes, n_bytes, wire_bytes, &layered);

    if (!decode_plain(linktype, bytes, n_bytes, wire_bytes, &plain))
        return;
    assert(walk_frame(&walk, linktype) == DECODE_OK);
    assert(is_same_packet(&plain, &layered));
    assert(is_same_packet(packet, &layered));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct packet packet;
    uint16_t linktype;
    size_t wire_bytes;

    if (n_bytes < PREFIX_BYTES)
        return 0;
    linktype = linktypes[bytes[0] % ARRAY_LEN(linktypes)];
    wire_bytes = n_bytes - PREFIX_BYTES + (size_t)(int16_t)load_be16(bytes + 1);
    if (wire_bytes > UINT32_MAX)
        wire_bytes = 0; /* went below it */
    bytes += PREFIX_BYTES;
    n_bytes -= PREFIX_BYTES;
    if (decode_frame(linktype, bytes, n_bytes, wire_bytes, &packet) == DECODE_OK) {
        check_packet(&packet, bytes, n_bytes);
        check_plain(&packet, linktype, bytes, n_bytes, wire_bytes);
    }
    return 0;
}
