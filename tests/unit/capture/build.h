/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files made byte by byte, in either byte order. */
#ifndef UNIT_CAPTURE_BUILD_H
#define UNIT_CAPTURE_BUILD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BUILD_ROOM_BYTES 65536

struct build {
    bool is_big_endian;
    size_t n_bytes;
    uint8_t bytes[BUILD_ROOM_BYTES];
};

static inline void build_raw(struct build *build, const void *bytes, size_t n_bytes)
{
    assert(n_bytes <= BUILD_ROOM_BYTES - build->n_bytes);
    if (n_bytes)
        memcpy(build->bytes + build->n_bytes, bytes, n_bytes);
    build->n_bytes += n_bytes;
}

/* `n_bytes` of 1, 2, 4 or 8. */
static inline void build_number(struct build *build, uint64_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        size_t shift = 8 * (build->is_big_endian ? n_bytes - 1 - i : i);
        uint8_t byte = (uint8_t)(value >> shift);

        build_raw(build, &byte, 1);
    }
}

static inline void build_u16(struct build *build, uint16_t value)
{
    build_number(build, value, 2);
}

static inline void build_u32(struct build *build, uint32_t value)
{
    build_number(build, value, 4);
}

static inline void build_fill(struct build *build, uint8_t fill, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        build_raw(build, &fill, 1);
}

/* Classic pcap. */

static inline void build_pcap_header(struct build *build, uint32_t magic, uint32_t linktype)
{
    build_u32(build, magic);
    build_u16(build, 2);
    build_u16(build, 4);
    build_u32(build, 0);
    build_u32(build, 0);
    build_u32(build, 65535);
    build_u32(build, linktype);
}

/* `captured_bytes` bytes of `fill`. */
static inline void build_pcap_record(struct build *build, uint32_t seconds, uint32_t fraction,
                                     uint32_t captured_bytes, uint32_t wire_bytes, uint8_t fill)
{
    build_u32(build, seconds);
    build_u32(build, fraction);
    build_u32(build, captured_bytes);
    build_u32(build, wire_bytes);
    build_fill(build, fill, captured_bytes);
}

/* pcapng. */

/* Begins a block and returns where; build_end_block writes both lengths. */
static inline size_t build_begin_block(struct build *build, uint32_t type)
{
    size_t start = build->n_bytes;

    build_u32(build, type);
    build_u32(build, 0);
    return start;
}

static inline void build_end_block(struct build *build, size_t start)
{
    size_t end;

    build_fill(build, 0, (4 - build->n_bytes % 4) % 4);
    end = build->n_bytes + 4;
    build->n_bytes = start + 4;
    build_u32(build, (uint32_t)(end - start));
    build->n_bytes = end - 4;
    build_u32(build, (uint32_t)(end - start));
}

static inline void build_section(struct build *build)
{
    size_t start = build_begin_block(build, 0x0a0d0d0a);

    build_u32(build, 0x1a2b3c4d);
    build_u16(build, 1);
    build_u16(build, 0);
    build_number(build, UINT64_MAX, 8);
    build_end_block(build, start);
}

static inline void build_option(struct build *build, uint16_t code, const void *value,
                                uint16_t n_bytes)
{
    build_u16(build, code);
    build_u16(build, n_bytes);
    build_raw(build, value, n_bytes);
    build_fill(build, 0, (4u - n_bytes % 4u) % 4u);
}

/* tsresol < 0: no such option. */
static inline void build_interface(struct build *build, uint16_t linktype, uint32_t snap_bytes,
                                   const char *name, int tsresol)
{
    size_t start = build_begin_block(build, 1);
    uint8_t resolution = (uint8_t)tsresol;

    build_u16(build, linktype);
    build_u16(build, 0);
    build_u32(build, snap_bytes);
    if (name)
        build_option(build, 2, name, (uint16_t)strlen(name));
    if (tsresol >= 0)
        build_option(build, 9, &resolution, 1);
    if (name || tsresol >= 0)
        build_option(build, 0, NULL, 0);
    build_end_block(build, start);
}

static inline void build_packet(struct build *build, uint32_t interface_idx, uint64_t units,
                                uint32_t captured_bytes, uint32_t wire_bytes, uint8_t fill)
{
    size_t start = build_begin_block(build, 6);

    build_u32(build, interface_idx);
    build_u32(build, (uint32_t)(units >> 32));
    build_u32(build, (uint32_t)units);
    build_u32(build, captured_bytes);
    build_u32(build, wire_bytes);
    build_fill(build, fill, captured_bytes);
    build_end_block(build, start);
}

#endif
