/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading bytes that may end anywhere.
 *
 * A read past the end yields 0 (or NULL), moves to the end and sets is_short, so that a run of
 * reads needs one check, at its end. There is no other way to read bytes off the wire.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes [at, end): valid as long as the buffer below them. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool is_short; /* a read wanted more than was there; stays set */
};

/* Network order to host order; both compilers make one load and a swap of it. */
static inline uint16_t load_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load_be24(const uint8_t *at)
{
    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t load_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* `bytes` may be NULL where n_bytes is 0. */
static inline struct cursor cursor_over(const uint8_t *bytes, size_t n_bytes)
{
    struct cursor cursor = {.at = bytes, .end = n_bytes ? bytes + n_bytes : bytes};

    return cursor;
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* The next n_bytes, all of them, or NULL where there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t n_bytes)
{
    const uint8_t *taken = cursor->at;

    if (cursor_left(cursor) < n_bytes) {
        cursor->at = cursor->end;
        cursor->is_short = true;
        return NULL;
    }
    if (n_bytes)
        cursor->at += n_bytes;
    return taken;
}

static inline void cursor_skip(struct cursor *cursor, size_t n_bytes)
{
    (void)cursor_take(cursor, n_bytes);
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 1);

    return at ? at[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 2);

    return at ? load_be16(at) : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
    const uint8_t *at = cursor_take(cursor, 4);

    return at ? load_be32(at) : 0;
}

/* Gives up all bytes after the next n_bytes: a length field that ends before the buffer does. */
static inline void cursor_limit(struct cursor *cursor, size_t n_bytes)
{
    if (cursor_left(cursor) > n_bytes)
        cursor->end = cursor->at + n_bytes;
}

#endif
