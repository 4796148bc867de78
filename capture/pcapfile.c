/* SPDX-License-Identifier: BSD-2-Clause */
/* Classic pcap files (draft-ietf-opsawg-pcap): micro- and nanoseconds, both byte orders. */
#include "capture/reader_format.h"

#include <errno.h>

#include "base/nanotime.h"
#include "capture/frame.h"
#include "capture/linktype.h"

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS 0xa1b23c4du
/* A. Kuznetzov's libpcap of 1998: 8 bytes more in front of each packet (interface, protocol). */
#define MAGIC_MODIFIED 0xa1b2cd34u

#define LINKTYPE_OFF 20
#define SNAP_OFF 16

/* The upper bits say whether a frame check sequence follows each packet. */
#define LINKTYPE_MASK 0x03ffffffu

#define RECORD_HEADER_BYTES 16
#define MODIFIED_RECORD_HEADER_BYTES 24

static const struct variant {
    uint32_t magic;
    uint32_t ns_per_fraction;
    uint32_t record_header_bytes;
} variants[] = {
    {MAGIC_MICROSECONDS, 1000, RECORD_HEADER_BYTES},
    {MAGIC_NANOSECONDS, 1, RECORD_HEADER_BYTES},
    {MAGIC_MODIFIED, 1000, MODIFIED_RECORD_HEADER_BYTES},
};

static const struct variant *find_variant(const uint8_t *magic, bool is_big_endian)
{
    uint32_t value = load_u32(magic, is_big_endian);

    for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
        if (variants[i].magic == value)
            return &variants[i];
    }
    return NULL;
}

bool pcapfile_is_magic(const uint8_t *magic)
{
    return find_variant(magic, false) || find_variant(magic, true);
}

int pcapfile_open(struct reader *reader, struct err *err)
{
    const uint8_t *header = stream_peek(reader->stream, PCAP_FILE_HEADER_BYTES);
    struct pcapfile_state *state = &reader->pcapfile;
    const struct variant *variant;
    struct reader_interface interface = {0};

    if (!header)
        return err_set(err, -EBADMSG, "a pcap file that breaks off inside its header");
    variant = find_variant(header, false);
    if (!variant) {
        reader->is_big_endian = true;
        variant = find_variant(header, true);
    }
    if (!variant)
        return err_set(err, -EBADMSG, "not a pcap file");
    state->ns_per_fraction = variant->ns_per_fraction;
    state->record_header_bytes = variant->record_header_bytes;
    state->linktype =
        linktype_normalize(load_u32(header + LINKTYPE_OFF, reader->is_big_endian) & LINKTYPE_MASK);
    interface.linktype = state->linktype;
    interface.snap_bytes = load_u32(header + SNAP_OFF, reader->is_big_endian);
    interface.is_nanosecond = variant->ns_per_fraction == 1;
    state->source = reader->on_interface(reader->on_interface_ctx, &interface);
    stream_consume(reader->stream, PCAP_FILE_HEADER_BYTES);
    return 0;
}

/* The record is not all in the buffer: reads on and starts it over. */
static OUT_OF_LINE enum reader_result next_after_refill(struct reader *reader, size_t n_bytes,
                                                        struct raw_packet *packet, struct err *err)
{
    if (!stream_refill(reader->stream, n_bytes))
        return reader_short(reader, err);
    return pcapfile_next(reader, packet, err);
}

enum reader_result pcapfile_next(struct reader *reader, struct raw_packet *packet, struct err *err)
{
    const struct pcapfile_state *state = &reader->pcapfile;
    const uint8_t *record = reader->stream->at;
    size_t record_bytes = state->record_header_bytes;
    uint32_t captured_bytes;
    uint32_t wire_bytes;
    uint64_t ts_ns;

    if (stream_left(reader->stream) < record_bytes)
        return next_after_refill(reader, record_bytes, packet, err);
    captured_bytes = load_u32(record + 8, reader->is_big_endian);
    if (captured_bytes > FRAME_MAX_BYTES)
        return reader_corrupt(reader, err, "a record claims a packet of %u bytes", captured_bytes);
    record_bytes += captured_bytes;
    if (stream_left(reader->stream) < record_bytes)
        return next_after_refill(reader, record_bytes, packet, err);
    wire_bytes = load_u32(record + 12, reader->is_big_endian);
    ts_ns = load_u32(record, reader->is_big_endian) * (uint64_t)NS_PER_S +
            load_u32(record + 4, reader->is_big_endian) * state->ns_per_fraction;
    /* A fraction over a second is taken as it is, as libpcap does. */
    packet->ts_ns = ts_ns < (uint64_t)FRAME_MAX_TS_NS ? (int64_t)ts_ns : FRAME_MAX_TS_NS;
    packet->bytes = record + state->record_header_bytes;
    packet->captured_bytes = captured_bytes;
    packet->wire_bytes = wire_bytes < captured_bytes ? captured_bytes : wire_bytes;
    packet->linktype = state->linktype;
    packet->source = state->source;
    stream_consume(reader->stream, record_bytes);
    return READER_PACKET;
}
