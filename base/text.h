/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of bounded size in a caller's buffer; bytes from strangers are made visible, not obeyed. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct text {
    char *at;          /* caller's buffer; always NUL-terminated */
    size_t size_bytes; /* of the buffer, at least 1 */
    size_t used_bytes; /* without the NUL */
    bool is_cut;       /* something did not fit */
};

/* Wraps an array: struct text t = TEXT_OF(buffer); */
#define TEXT_OF(array) text_wrap((array), sizeof(array))

struct text text_wrap(char *at, size_t size_bytes);

/* Each appends and cuts at the end of the buffer. */
void text_add(struct text *text, const char *string);
void text_addf(struct text *text, const char *fmt, ...) PRINTF_FMT(2, 3);

/* Appends bytes off the wire: printable ASCII as it is; backslash, control characters and all
 * other bytes as \xNN, so that nothing a stranger sent reaches a terminal or a log as a command.
 * At most `max_cells` characters, then "...". */
void text_add_untrusted(struct text *text, const uint8_t *bytes, size_t n_bytes, size_t max_cells);

/* Appends a count with thousands separators: 1234567 -> "1,234,567". */
void text_add_count(struct text *text, uint64_t count);

/* Appends a count with its noun, in the plural but for 1: "1 SYN", "1,200 attempts". */
void text_add_number_of(struct text *text, uint64_t count, const char *noun);

#endif
