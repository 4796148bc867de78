/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng files (draft-ietf-opsawg-pcapng): several sections, interfaces, time resolutions. */
#include "capture/reader_format.h"

#include <string.h>

#include "base/nanotime.h"
#include "capture/frame.h"
#include "capture/linktype.h"
#include "capture/pcapng_format.h"

#define SECTION_MIN_BYTES 28
#define INTERFACE_MIN_BYTES 20
#define PACKET_MIN_BYTES 32
#define PACKET_DATA_OFF 28
#define SIMPLE_MIN_BYTES 16
#define SIMPLE_DATA_OFF 12

#define DEFAULT_TSRESOL 6
#define TSRESOL_BINARY 0x80u
/* 10^19 is the largest power of ten in 64 bits. */
#define MAX_DECIMAL_DIGITS 19
#define NS_DIGITS 9
/* A fraction of more bits is rounded: (2^30 - 1) * 10^9 fits 64 bits. */
#define MAX_FRACTION_BITS 30

struct block {
    const uint8_t *bytes; /* whole, in place */
    uint32_t n_bytes;
};

bool pcapng_is_magic(const uint8_t *magic)
{
    return load_u32(magic, false) == BLOCK_SECTION; /* a palindrome */
}

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

static void set_resolution(struct pcapng_interface *interface, uint8_t tsresol)
{
    uint8_t exponent = tsresol & 0x7fu;

    interface->fraction_bits = 0;
    interface->units_per_s = 0;
    interface->ns_per_unit = 0;
    if (tsresol & TSRESOL_BINARY) {
        /* Finer than 2^-63 s: 64 bits hold less than a second, all of it in 1970. */
        interface->fraction_bits = exponent < 63 ? exponent : 63;
        return;
    }
    /* Finer than 10^-19 s: 64 bits hold less than two seconds, all of them in 1970. */
    if (exponent > MAX_DECIMAL_DIGITS)
        exponent = MAX_DECIMAL_DIGITS;
    interface->units_per_s = power_of_ten(exponent);
    if (exponent <= NS_DIGITS)
        interface->ns_per_unit = power_of_ten(NS_DIGITS - exponent);
}

/* Times outside 1970 .. 2106 wrap around: nonsense, but the distances between packets survive. */
static int64_t join_ts(uint64_t seconds, uint64_t fraction_ns, int64_t offset_s)
{
    uint32_t wrapped_s = (uint32_t)(seconds + (uint64_t)offset_s);

    return wrapped_s * NS_PER_S + (int64_t)fraction_ns;
}

static int64_t to_ns(const struct pcapng_interface *interface, uint64_t units)
{
    uint8_t bits = interface->fraction_bits;
    uint64_t seconds;
    uint64_t fraction;

    if (interface->units_per_s) {
        seconds = units / interface->units_per_s;
        fraction = units % interface->units_per_s;
        if (interface->ns_per_unit)
            fraction *= interface->ns_per_unit;
        else
            fraction /= interface->units_per_s / (uint64_t)NS_PER_S;
        return join_ts(seconds, fraction, interface->offset_s);
    }
    seconds = units >> bits;
    fraction = units - (seconds << bits);
    if (bits > MAX_FRACTION_BITS) {
        fraction >>= bits - MAX_FRACTION_BITS;
        bits = MAX_FRACTION_BITS;
    }
    return join_ts(seconds, fraction * (uint64_t)NS_PER_S >> bits, interface->offset_s);
}

static void copy_name(char *name, const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes >= READER_NAME_BYTES)
        n_bytes = READER_NAME_BYTES - 1;
    memcpy(name, bytes, n_bytes);
    name[n_bytes] = '\0';
}

static void read_interface_options(const struct reader *reader, const struct block *block,
                                   struct pcapng_interface *interface,
                                   struct reader_interface *description)
{
    uint32_t end_off = block->n_bytes - BLOCK_TRAILER_BYTES;
    uint32_t off = INTERFACE_MIN_BYTES - BLOCK_TRAILER_BYTES;

    while (end_off - off >= OPTION_HEADER_BYTES) {
        uint16_t code = load_u16(block->bytes + off, reader->is_big_endian);
        uint16_t value_bytes = load_u16(block->bytes + off + 2, reader->is_big_endian);
        const uint8_t *value = block->bytes + off + OPTION_HEADER_BYTES;
        uint32_t padded_bytes = (value_bytes + 3u) & ~3u;

        off += OPTION_HEADER_BYTES;
        if (code == OPTION_END || padded_bytes > end_off - off)
            return;
        if (code == OPTION_IF_NAME)
            copy_name(description->name, value, value_bytes);
        else if (code == OPTION_IF_TSRESOL && value_bytes == 1)
            set_resolution(interface, value[0]);
        else if (code == OPTION_IF_TSOFFSET && value_bytes == 8)
            interface->offset_s = (int64_t)load_u64(value, reader->is_big_endian);
        off += padded_bytes;
    }
}

/* READER_PACKET stands for "go on" here and below where no packet was filled in. */
static enum reader_result read_interface(struct reader *reader, const struct block *block,
                                         struct err *err)
{
    struct pcapng_state *state = &reader->pcapng;
    struct pcapng_interface interface = {0};
    struct reader_interface description = {0};

    if (block->n_bytes < INTERFACE_MIN_BYTES)
        return reader_corrupt(reader, err, "an interface block of %u bytes", block->n_bytes);
    if (state->n_interfaces == PCAPNG_MAX_INTERFACES)
        return reader_corrupt(reader, err, "more than %d interfaces", PCAPNG_MAX_INTERFACES);
    interface.linktype = linktype_normalize(load_u16(block->bytes + 8, reader->is_big_endian));
    interface.snap_bytes = load_u32(block->bytes + 12, reader->is_big_endian);
    set_resolution(&interface, DEFAULT_TSRESOL);
    read_interface_options(reader, block, &interface, &description);
    description.linktype = interface.linktype;
    description.snap_bytes = interface.snap_bytes;
    description.is_nanosecond = interface.units_per_s > 1000000 || interface.fraction_bits > 20;
    interface.source = reader->on_interface(reader->on_interface_ctx, &description);
    state->interfaces[state->n_interfaces++] = interface;
    return READER_PACKET;
}

static enum reader_result read_packet(struct reader *reader, const struct block *block,
                                      uint32_t interface_idx, struct raw_packet *packet,
                                      struct err *err)
{
    const struct pcapng_interface *interface;
    uint64_t units;
    uint32_t captured_bytes;
    uint32_t wire_bytes;

    if (interface_idx >= reader->pcapng.n_interfaces)
        return reader_corrupt(reader, err, "a packet of interface %u where %u are described",
                              interface_idx, reader->pcapng.n_interfaces);
    interface = &reader->pcapng.interfaces[interface_idx];
    units = (uint64_t)load_u32(block->bytes + 12, reader->is_big_endian) << 32 |
            load_u32(block->bytes + 16, reader->is_big_endian);
    captured_bytes = load_u32(block->bytes + 20, reader->is_big_endian);
    wire_bytes = load_u32(block->bytes + 24, reader->is_big_endian);
    if (captured_bytes > block->n_bytes - PACKET_MIN_BYTES || captured_bytes > FRAME_MAX_BYTES)
        return reader_corrupt(reader, err, "a block of %u bytes claims a packet of %u",
                              block->n_bytes, captured_bytes);
    *packet = (struct raw_packet){
        .ts_ns = to_ns(interface, units),
        .bytes = block->bytes + PACKET_DATA_OFF,
        .captured_bytes = captured_bytes,
        .wire_bytes = wire_bytes < captured_bytes ? captured_bytes : wire_bytes,
        .linktype = interface->linktype,
        .source = interface->source,
    };
    reader->pcapng.last_ts_ns = packet->ts_ns;
    return READER_PACKET;
}

static enum reader_result read_simple_packet(struct reader *reader, const struct block *block,
                                             struct raw_packet *packet, struct err *err)
{
    const struct pcapng_interface *interface = &reader->pcapng.interfaces[0];
    uint32_t wire_bytes;
    uint32_t captured_bytes;

    if (reader->pcapng.n_interfaces == 0)
        return reader_corrupt(reader, err, "a simple packet before any interface");
    wire_bytes = load_u32(block->bytes + BLOCK_HEADER_BYTES, reader->is_big_endian);
    captured_bytes = block->n_bytes - SIMPLE_MIN_BYTES;
    /* The block does not say: the least of the packet, the snap length and the room. */
    if (captured_bytes > wire_bytes)
        captured_bytes = wire_bytes;
    if (interface->snap_bytes && captured_bytes > interface->snap_bytes)
        captured_bytes = interface->snap_bytes;
    if (captured_bytes > FRAME_MAX_BYTES)
        return reader_corrupt(reader, err, "a block claims a packet of %u bytes", captured_bytes);
    *packet = (struct raw_packet){
        .ts_ns = reader->pcapng.last_ts_ns,
        .bytes = block->bytes + SIMPLE_DATA_OFF,
        .captured_bytes = captured_bytes,
        .wire_bytes = wire_bytes,
        .linktype = interface->linktype,
        .source = interface->source,
    };
    return READER_PACKET;
}

/* A section has its own byte order, so its length can only be read after its magic. */
static enum reader_result start_section(struct reader *reader, const uint8_t *header,
                                        struct err *err)
{
    uint32_t n_bytes;

    if (load_u32(header + 8, false) == BYTE_ORDER_MAGIC)
        reader->is_big_endian = false;
    else if (load_u32(header + 8, true) == BYTE_ORDER_MAGIC)
        reader->is_big_endian = true;
    else
        return reader_corrupt(reader, err, "a section without its byte-order magic");
    n_bytes = load_u32(header + 4, reader->is_big_endian);
    if (n_bytes < SECTION_MIN_BYTES)
        return reader_corrupt(reader, err, "a section header of %u bytes", n_bytes);
    reader->pcapng.n_interfaces = 0;
    return READER_PACKET;
}

static enum reader_result check_trailer(struct reader *reader, const uint8_t *trailer,
                                        uint32_t n_bytes, struct err *err)
{
    uint32_t again = load_u32(trailer, reader->is_big_endian);

    if (again == n_bytes)
        return READER_PACKET;
    return reader_corrupt(reader, err, "a block's length is %u at its start and %u at its end",
                          n_bytes, again);
}

static enum reader_result skip_block(struct reader *reader, uint32_t n_bytes, struct err *err)
{
    const uint8_t *trailer;
    enum reader_result result;

    if (!stream_skip(reader->stream, n_bytes - BLOCK_TRAILER_BYTES))
        return reader_cut(reader, err);
    trailer = stream_peek(reader->stream, BLOCK_TRAILER_BYTES);
    if (!trailer)
        return reader_cut(reader, err);
    result = check_trailer(reader, trailer, n_bytes, err);
    stream_consume(reader->stream, BLOCK_TRAILER_BYTES);
    return result;
}

/* Sets *is_packet when `packet` was filled in. */
static enum reader_result read_block(struct reader *reader, uint32_t type, uint32_t n_bytes,
                                     struct raw_packet *packet, bool *is_packet, struct err *err)
{
    struct block block = {.n_bytes = n_bytes};
    enum reader_result result;

    if (n_bytes > STREAM_MAX_PEEK_BYTES)
        return reader_corrupt(reader, err, "a block claims %u bytes", n_bytes);
    block.bytes = stream_peek(reader->stream, n_bytes);
    if (!block.bytes)
        return reader_short(reader, err);
    result = check_trailer(reader, block.bytes + n_bytes - BLOCK_TRAILER_BYTES, n_bytes, err);
    if (result != READER_PACKET)
        return result;
    *is_packet = type != BLOCK_INTERFACE;
    if (type == BLOCK_INTERFACE)
        result = read_interface(reader, &block, err);
    else if (n_bytes < (type == BLOCK_SIMPLE_PACKET ? SIMPLE_MIN_BYTES : PACKET_MIN_BYTES))
        result = reader_corrupt(reader, err, "a packet block of %u bytes", n_bytes);
    else if (type == BLOCK_SIMPLE_PACKET)
        result = read_simple_packet(reader, &block, packet, err);
    else if (type == BLOCK_PACKET)
        result = read_packet(reader, &block, load_u32(block.bytes + 8, reader->is_big_endian),
                             packet, err);
    else
        result = read_packet(reader, &block, load_u16(block.bytes + 8, reader->is_big_endian),
                             packet, err);
    stream_consume(reader->stream, n_bytes);
    return result;
}

enum reader_result pcapng_next(struct reader *reader, struct raw_packet *packet, struct err *err)
{
    bool is_packet = false;
    enum reader_result result = READER_PACKET;

    while (result == READER_PACKET && !is_packet) {
        const uint8_t *header = stream_peek(reader->stream, BLOCK_MIN_BYTES);
        uint32_t type;
        uint32_t n_bytes;

        if (!header)
            return reader_short(reader, err);
        type = load_u32(header, reader->is_big_endian);
        if (type == BLOCK_SECTION)
            result = start_section(reader, header, err);
        if (result != READER_PACKET)
            return result;
        n_bytes = load_u32(header + 4, reader->is_big_endian);
        if (n_bytes < BLOCK_MIN_BYTES || n_bytes % 4 != 0)
            return reader_corrupt(reader, err, "a block of %u bytes", n_bytes);
        if (type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET ||
            type == BLOCK_OLD_PACKET)
            result = read_block(reader, type, n_bytes, packet, &is_packet, err);
        else
            result = skip_block(reader, n_bytes, err);
    }
    return result;
}
