/* SPDX-License-Identifier: BSD-2-Clause */
/* See dump.h. */
#include "tui/dump.h"

#include <inttypes.h>

#define HALF_LINE (DUMP_LINE_BYTES / 2)

uint32_t dump_count_lines(const struct packet_bytes *bytes)
{
    return (bytes->n + DUMP_LINE_BYTES - 1) / DUMP_LINE_BYTES;
}

void dump_add_line(struct text *text, const struct packet_bytes *bytes, uint32_t line)
{
    uint32_t begin = line * DUMP_LINE_BYTES;

    text_addf(text, "%04" PRIx32 " ", begin);
    for (uint32_t i = 0; i < DUMP_LINE_BYTES; i++) {
        text_add(text, i == HALF_LINE ? "  " : " ");
        if (begin + i < bytes->n)
            text_addf(text, "%02x", bytes->at[begin + i]);
        else
            text_add(text, "  ");
    }
    text_add(text, "  ");
    for (uint32_t i = 0; i < DUMP_LINE_BYTES && begin + i < bytes->n; i++) {
        uint8_t byte = bytes->at[begin + i];

        text_addf(text, "%c", byte >= 0x20 && byte < 0x7f ? byte : '.');
    }
}
