/* SPDX-License-Identifier: BSD-2-Clause */
/* See text.h. */
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_wrap(char *at, size_t size_bytes)
{
    at[0] = '\0';
    return (struct text){.at = at, .size_bytes = size_bytes};
}

static void add_bytes(struct text *text, const char *bytes, size_t n_bytes)
{
    size_t room = text->size_bytes - text->used_bytes - 1;

    if (n_bytes > room) {
        n_bytes = room;
        text->is_cut = true;
    }
    memcpy(text->at + text->used_bytes, bytes, n_bytes);
    text->used_bytes += n_bytes;
    text->at[text->used_bytes] = '\0';
}

void text_add(struct text *text, const char *string)
{
    add_bytes(text, string, strlen(string));
}

void text_addf(struct text *text, const char *fmt, ...)
{
    size_t room = text->size_bytes - text->used_bytes;
    va_list args;
    int n_wanted;

    va_start(args, fmt);
    n_wanted = vsnprintf(text->at + text->used_bytes, room, fmt, args);
    va_end(args);
    if (n_wanted < 0)
        return;
    if ((size_t)n_wanted >= room) {
        text->used_bytes = text->size_bytes - 1;
        text->is_cut = true;
    } else {
        text->used_bytes += (size_t)n_wanted;
    }
}

void text_add_untrusted(struct text *text, const uint8_t *bytes, size_t n_bytes, size_t max_cells)
{
    size_t n_cells = 0;

    for (size_t i = 0; i < n_bytes; i++) {
        bool is_plain = bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\';
        size_t wanted_cells = is_plain ? 1 : 4;

        if (n_cells + wanted_cells > max_cells) {
            text_add(text, "...");
            return;
        }
        if (is_plain)
            add_bytes(text, (const char *)&bytes[i], 1);
        else
            text_addf(text, "\\x%02x", bytes[i]);
        n_cells += wanted_cells;
    }
}

void text_add_count(struct text *text, uint64_t count)
{
    char digits[24];
    int n_digits = snprintf(digits, sizeof(digits), "%" PRIu64, count);

    for (int i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0)
            text_add(text, ",");
        add_bytes(text, &digits[i], 1);
    }
}

void text_add_number_of(struct text *text, uint64_t count, const char *noun)
{
    text_add_count(text, count);
    text_addf(text, " %s%s", noun, count == 1 ? "" : "s");
}
