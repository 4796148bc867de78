/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer target: HTTP/1, HTTP/2 and banners, fed by both sides in pieces.
 *
 * The first byte of an input says which; each piece is a byte (high bit: of the server; the rest:
 * how many bytes follow) and then those bytes, or what is left.
 */
#include <assert.h>
#include <string.h>

#include "base/cursor.h"
#include "decode/banner.h"
#include "decode/http1.h"
#include "decode/http2.h"

#define POOL_ORDER 14

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

struct piece {
    unsigned from;
    const uint8_t *bytes;
    size_t n_bytes;
    struct speech_place place;
};

static bool next_piece(struct cursor *cursor, struct piece *piece)
{
    uint8_t head = cursor_u8(cursor);
    size_t n_left = cursor_left(cursor);

    piece->from = head >> 7;
    piece->n_bytes = (head & 0x7fu) < n_left ? head & 0x7fu : n_left;
    piece->bytes = cursor_take(cursor, piece->n_bytes);
    piece->place.frame++;
    return piece->n_bytes > 0;
}

static void read_http2(struct cursor *cursor, size_t n_preface_bytes)
{
    static struct arena arena;
    static struct http2_pool pool;
    struct piece piece = {.place.frame = 0};
    struct http2_facts facts = {0};
    struct http2 http2;

    if (!arena.at) {
        int failed = arena_map(&arena, http2_pool_cost_bytes(POOL_ORDER), NULL, NULL) ||
                     http2_pool_create(&pool, &arena, POOL_ORDER);

        assert(!failed);
        (void)failed;
    }
    http2_begin(&http2, &pool, n_preface_bytes);
    while (next_piece(cursor, &piece))
        http2_read(&http2, &facts, (enum http2_from)piece.from, piece.bytes, piece.n_bytes,
                   &piece.place);
    http2_end(&http2);
    assert(pool.blocks.free[POOL_ORDER]); /* all was given back */
}

static void read_http1(struct cursor *cursor)
{
    struct piece piece = {.place.frame = 0};
    struct http1_facts facts = {0};
    struct http1 http1 = {0};

    while (next_piece(cursor, &piece)) {
        size_t n_read = http1_read(&http1, &facts, (enum http1_from)piece.from, piece.bytes,
                                   piece.n_bytes, &piece.place);

        assert(n_read <= piece.n_bytes);
        assert(n_read == piece.n_bytes || facts.switched || facts.is_lost[piece.from]);
    }
    assert(memchr(facts.refusal.words, 0, sizeof(facts.refusal.words)));
}

static void read_banner(struct cursor *cursor)
{
    uint16_t port = cursor_u16(cursor);
    struct piece piece = {.place.frame = 0};
    struct banner_facts facts = {0};
    struct banner banner = {0};

    while (next_piece(cursor, &piece)) {
        if (piece.from)
            banner_read(&banner, &facts, port, piece.bytes, piece.n_bytes, &piece.place);
        else
            banner_read_client(&banner, &facts, piece.bytes, piece.n_bytes);
    }
    assert(!facts.refusal.frame || facts.protocol);
    assert(memchr(facts.code, 0, sizeof(facts.code)) && memchr(facts.text, 0, sizeof(facts.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct cursor cursor = cursor_over(bytes, n_bytes);

    switch (cursor_u8(&cursor) & 3) {
    case 0:
        read_http1(&cursor);
        break;
    case 1:
        read_http2(&cursor, 0);
        break;
    case 2:
        read_http2(&cursor, HTTP1_PREFACE_BYTES);
        break;
    default:
        read_banner(&cursor);
        break;
    }
    return 0;
}
