/* SPDX-License-Identifier: BSD-2-Clause */
/* What reader.c and the two file formats share; nobody else includes it. */
#ifndef CAPTURE_READER_FORMAT_H
#define CAPTURE_READER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/reader.h"

#define PCAP_FILE_HEADER_BYTES 24

/* Whether the first four bytes begin a classic pcap. */
bool pcapfile_is_magic(const uint8_t *magic);
/* The stream stands before a magic that was recognized. */
MUST_CHECK int pcapfile_open(struct reader *reader, struct err *err);
enum reader_result pcapfile_next(struct reader *reader, struct raw_packet *packet, struct err *err);

bool pcapng_is_magic(const uint8_t *magic);
enum reader_result pcapng_next(struct reader *reader, struct raw_packet *packet, struct err *err);

/* The stream has fewer bytes than a record needs: a clean end when it has none at all. */
enum reader_result reader_short(const struct reader *reader, struct err *err);

/* The same where part of the record was consumed already: never a clean end. */
enum reader_result reader_cut(const struct reader *reader, struct err *err);

/* The bytes contradict themselves; the text follows "corrupt at byte N: ". */
enum reader_result reader_corrupt(const struct reader *reader, struct err *err, const char *fmt,
                                  ...) PRINTF_FMT(3, 4);

static inline uint16_t load_u16(const uint8_t *bytes, bool is_big_endian)
{
    if (is_big_endian)
        return (uint16_t)(bytes[0] << 8 | bytes[1]);
    return (uint16_t)(bytes[1] << 8 | bytes[0]);
}

static inline uint32_t load_u32(const uint8_t *bytes, bool is_big_endian)
{
    uint32_t first = load_u16(bytes, is_big_endian);
    uint32_t second = load_u16(bytes + 2, is_big_endian);

    return is_big_endian ? first << 16 | second : second << 16 | first;
}

static inline uint64_t load_u64(const uint8_t *bytes, bool is_big_endian)
{
    uint64_t first = load_u32(bytes, is_big_endian);
    uint64_t second = load_u32(bytes + 4, is_big_endian);

    return is_big_endian ? first << 32 | second : second << 32 | first;
}

#endif
