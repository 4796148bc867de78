/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet's bytes as lines of hexadecimal digits and characters. */
#ifndef TUI_DUMP_H
#define TUI_DUMP_H

#include <stdint.h>

#include "base/text.h"
#include "tui/model.h"

#define DUMP_LINE_BYTES 16 /* of the packet in one line */

/* "0010  45 00 00 3c ...  E..<": nothing but printable ASCII. */
void dump_add_line(struct text *text, const struct packet_bytes *bytes, uint32_t line);

uint32_t dump_count_lines(const struct packet_bytes *bytes);

#endif
