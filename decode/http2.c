/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See http2.h. Theory of operation: a direction is in the preface, in a frame's header, or in its
 * payload. The first few bytes of a payload that mean something (error codes, settings, a header
 * block's padding and priority) are gathered in `head`; header fragments go to the inflater as
 * they come; everything else is counted down.
 */
#include "decode/http2.h"

#include <assert.h>
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "base/cursor.h"

static const char preface[] = HTTP2_PREFACE;

#define PREFACE_BYTES (sizeof(preface) - 1)
#define FRAME_HEADER_BYTES 9
#define SETTING_BYTES 6
#define FRAME_MAX_BYTES 16384      /* until the receiver's SETTINGS say otherwise */
#define TABLE_BYTES 4096           /* the same */
#define TABLE_MAX_BYTES (1u << 20) /* more than any stack asks for */

enum reader_state {
    READ_PREFACE,
    READ_FRAME_HEADER,
    READ_PAYLOAD_HEAD, /* gathers what head_bytes() says */
    READ_PAYLOAD,
    READ_NO_MORE
};

enum frame_type {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PUSH_PROMISE = 5,
    FRAME_GOAWAY = 7,
    FRAME_CONTINUATION = 9
};

enum frame_flag {
    FLAG_ACK = 0x01,
    FLAG_END_HEADERS = 0x04,
    FLAG_PADDED = 0x08,
    FLAG_PRIORITY = 0x20
};

enum setting {
    SETTING_HEADER_TABLE_SIZE = 1,
    SETTING_MAX_FRAME_SIZE = 5
};

struct reading {
    struct http2 *http2;
    struct http2_facts *facts;
    struct http2_reader *reader;
    struct http2_side_facts *side;
    const struct speech_place *place;
    enum http2_from from;
};

/* ---- the pool ---- */

static void *pool_malloc(size_t n_bytes, void *blocks)
{
    return blocks_take(blocks, n_bytes);
}

static void pool_free(void *bytes, void *blocks)
{
    blocks_give(blocks, bytes);
}

static void *pool_calloc(size_t n, size_t n_bytes, void *blocks)
{
    void *taken;

    if (n_bytes && n > SIZE_MAX / n_bytes)
        return NULL;
    taken = blocks_take(blocks, n * n_bytes);
    return taken ? memset(taken, 0, n * n_bytes) : NULL;
}

static void *pool_realloc(void *bytes, size_t n_bytes, void *blocks)
{
    return blocks_resize(blocks, bytes, n_bytes);
}

size_t http2_pool_cost_bytes(uint32_t order)
{
    return blocks_cost_bytes(order) + arena_cost_bytes(sizeof(nghttp2_mem));
}

int http2_pool_create(struct http2_pool *pool, struct arena *arena, uint32_t order)
{
    nghttp2_mem *mem = arena_take(arena, sizeof(*mem));

    *pool = (struct http2_pool){.allocator = mem};
    if (!mem || blocks_create(&pool->blocks, arena, order))
        return -ENOMEM;
    *mem = (nghttp2_mem){.mem_user_data = &pool->blocks,
                         .malloc = pool_malloc,
                         .free = pool_free,
                         .calloc = pool_calloc,
                         .realloc = pool_realloc};
    return 0;
}

/* ---- beginning and end ---- */

void http2_begin(struct http2 *http2, struct http2_pool *pool, size_t n_preface_bytes)
{
    assert(n_preface_bytes <= PREFACE_BYTES);
    *http2 = (struct http2){.pool = pool};
    for (unsigned i = 0; i < HTTP2_FROM_COUNT; i++) {
        http2->reader[i].table_bytes = TABLE_BYTES;
        http2->reader[i].frame_max_bytes = FRAME_MAX_BYTES;
        http2->reader[i].state = READ_FRAME_HEADER;
    }
    http2->reader[HTTP2_CLIENT].state = READ_PREFACE;
    http2->reader[HTTP2_CLIENT].n_head = (uint8_t)n_preface_bytes;
}

static void end_inflater(struct http2_reader *reader)
{
    if (reader->inflater)
        nghttp2_hd_inflate_del(reader->inflater);
    reader->inflater = NULL;
}

void http2_end(struct http2 *http2)
{
    for (unsigned i = 0; i < HTTP2_FROM_COUNT; i++)
        end_inflater(&http2->reader[i]);
}

static void give_up(const struct reading *reading)
{
    reading->side->is_lost = reading->side->is_headers_lost = true;
    reading->reader->state = READ_NO_MORE;
    end_inflater(reading->reader);
}

static void give_up_headers(const struct reading *reading)
{
    reading->side->is_headers_lost = true;
    end_inflater(reading->reader);
}

static struct reading reading_of(struct http2 *http2, struct http2_facts *facts,
                                 enum http2_from from, const struct speech_place *place)
{
    return (struct reading){.http2 = http2,
                            .facts = facts,
                            .reader = &http2->reader[from],
                            .side = &facts->side[from],
                            .place = place,
                            .from = from};
}

/* ---- header blocks ---- */

/* The inflater, made when the first block comes; NULL where headers cannot be read. */
static nghttp2_hd_inflater *inflater_of(const struct reading *reading)
{
    nghttp2_hd_inflater *inflater = reading->reader->inflater;

    if (inflater || reading->side->is_headers_lost)
        return inflater;
    if (nghttp2_hd_inflate_new2(&inflater, reading->http2->pool->allocator)) {
        reading->http2->pool->n_headers_refused++;
        give_up_headers(reading);
        return NULL;
    }
    reading->reader->inflater = inflater;
    return inflater;
}

static void begin_block(const struct reading *reading, uint32_t stream)
{
    struct http2_reader *reader = reading->reader;
    nghttp2_hd_inflater *inflater = inflater_of(reading);

    reader->block = (struct http2_block){.stream = stream, .is_open = true};
    reading->side->n_headers++;
    /* Only more than before: for less the encoder sends its own update (RFC 7541 section 4.2). */
    if (inflater && reader->table_bytes > TABLE_BYTES &&
        nghttp2_hd_inflate_change_table_size(inflater, reader->table_bytes))
        give_up_headers(reading);
}

/* Inflates a piece of a block; `is_last` closes it. False where headers are lost from here on. */
static bool inflate(const struct reading *reading, const uint8_t *bytes, size_t n_bytes,
                    bool is_last)
{
    nghttp2_hd_inflater *inflater = reading->reader->inflater;

    for (;;) {
        nghttp2_nv field;
        int flags = 0;
        ssize_t n_read = nghttp2_hd_inflate_hd2(inflater, &field, &flags, bytes, n_bytes, is_last);

        if (n_read < 0) {
            reading->http2->pool->n_headers_refused += n_read == NGHTTP2_ERR_NOMEM;
            give_up_headers(reading);
            return false;
        }
        bytes += n_read;
        n_bytes -= (size_t)n_read;
        if (flags & NGHTTP2_HD_INFLATE_EMIT)
            http2_header(&reading->reader->block, (const char *)field.name, field.namelen,
                         (const char *)field.value, field.valuelen);
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(inflater);
            return true;
        }
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && n_bytes == 0)
            return true;
    }
}

static void end_block(const struct reading *reading)
{
    static const uint8_t nothing = 0;
    struct http2_reader *reader = reading->reader;

    if (reader->inflater && inflate(reading, &nothing, 0, true))
        http2_block_end(reading->http2, reading->facts, reading->from, reading->place);
    reader->block.is_open = false;
}

/* ---- frames ---- */

static bool has_fragment(uint8_t type)
{
    return type == FRAME_HEADERS || type == FRAME_PUSH_PROMISE || type == FRAME_CONTINUATION;
}

/* How much of the payload's beginning is gathered before the rest is looked at. */
static size_t head_bytes(const struct http2_reader *reader)
{
    size_t n_bytes = 0;

    switch (reader->type) {
    case FRAME_HEADERS:
        n_bytes = reader->flags & FLAG_PRIORITY ? 5 : 0;
        return n_bytes + (reader->flags & FLAG_PADDED ? 1 : 0);
    case FRAME_PUSH_PROMISE:
        return 4 + (reader->flags & FLAG_PADDED ? 1u : 0u);
    case FRAME_RST_STREAM:
        return 4;
    case FRAME_GOAWAY:
        return 8;
    case FRAME_SETTINGS:
        return reader->left_bytes > 0 ? SETTING_BYTES : 0;
    default:
        return 0;
    }
}

/* RFC 9113: sections 6.5, 6.8, 6.10 on streams, 3.4 on what comes first, 4.2 on size. */
static bool is_valid_frame(const struct reading *reading)
{
    const struct http2_reader *reader = reading->reader;
    bool is_first = reading->side->settings.frame == 0;
    bool continues = reader->type == FRAME_CONTINUATION;

    if (reader->left_bytes > reader->frame_max_bytes || reader->left_bytes < head_bytes(reader))
        return false;
    if (is_first && (reader->type != FRAME_SETTINGS || reader->flags & FLAG_ACK) &&
        reader->type != FRAME_GOAWAY)
        return false;
    if (continues != reader->block.is_open || (continues && reader->stream != reader->block.stream))
        return false;
    if (reader->type == FRAME_SETTINGS)
        return reader->stream == 0 && reader->left_bytes % SETTING_BYTES == 0;
    if (reader->type == FRAME_GOAWAY)
        return reader->stream == 0;
    return (reader->type != FRAME_DATA && reader->type != FRAME_RST_STREAM &&
            !has_fragment(reader->type)) ||
           reader->stream != 0;
}

static void end_frame(const struct reading *reading)
{
    struct http2_reader *reader = reading->reader;

    if (has_fragment(reader->type) && reader->flags & FLAG_END_HEADERS)
        end_block(reading);
    reader->state = READ_FRAME_HEADER;
    reader->n_head = 0;
}

static void learn_stream(const struct reading *reading)
{
    uint8_t type = reading->reader->type;
    bool is_answer = type == FRAME_DATA || type == FRAME_HEADERS || type == FRAME_RST_STREAM;

    if (reading->from == HTTP2_SERVER && is_answer)
        http2_answered(reading->facts, reading->reader->stream);
    else if (reading->from == HTTP2_CLIENT && type == FRAME_RST_STREAM)
        http2_dropped(reading->facts, reading->reader->stream, reading->place);
}

static void begin_frame(const struct reading *reading)
{
    struct http2_reader *reader = reading->reader;

    reader->left_bytes = load_be24(reader->head);
    reader->type = reader->head[3];
    reader->flags = reader->head[4];
    reader->stream = load_be32(reader->head + 5) & 0x7fffffff;
    reader->n_pad = 0;
    reader->n_head = 0;
    if (!is_valid_frame(reading)) {
        give_up(reading);
        return;
    }
    learn_stream(reading);
    if (!reading->side->settings.frame)
        reading->side->settings = *reading->place;
    if (reader->type == FRAME_HEADERS || reader->type == FRAME_PUSH_PROMISE)
        begin_block(reading, reader->stream);
    if (head_bytes(reader) > 0)
        reader->state = READ_PAYLOAD_HEAD;
    else if (reader->left_bytes > 0)
        reader->state = READ_PAYLOAD;
    else
        end_frame(reading);
}

static void read_setting(const struct reading *reading)
{
    struct http2_reader *peer = &reading->http2->reader[1 - reading->from];
    uint32_t id = load_be16(reading->reader->head);
    uint32_t value = load_be32(reading->reader->head + 2);

    if (id == SETTING_HEADER_TABLE_SIZE && value > peer->table_bytes)
        peer->table_bytes = value < TABLE_MAX_BYTES ? value : TABLE_MAX_BYTES;
    if (id == SETTING_MAX_FRAME_SIZE && value > peer->frame_max_bytes && value < 1u << 24)
        peer->frame_max_bytes = value;
}

static void read_head(const struct reading *reading)
{
    struct http2_reader *reader = reading->reader;

    switch (reader->type) {
    case FRAME_HEADERS:
    case FRAME_PUSH_PROMISE:
        if (reader->flags & FLAG_PADDED)
            reader->n_pad = reader->head[0];
        break;
    case FRAME_RST_STREAM:
        http2_reset(reading->side, load_be32(reader->head), reader->stream, reading->place);
        break;
    case FRAME_GOAWAY:
        reader->keeps_debug = http2_goaway(reading->side, reader->head, reading->place);
        break;
    case FRAME_SETTINGS:
        read_setting(reading);
        break;
    default:
        break;
    }
    reader->n_head = 0;
    reader->state = READ_PAYLOAD;
    if (reader->type == FRAME_SETTINGS && reader->left_bytes > 0)
        reader->state = READ_PAYLOAD_HEAD; /* the next one */
    if (reader->n_pad > reader->left_bytes)
        give_up(reading);
    else if (reader->left_bytes == 0)
        end_frame(reading);
}

static void keep_debug(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http2_side_facts *side = reading->side;
    size_t n_kept = strlen(side->goaway_debug);

    if (reading->reader->keeps_debug)
        speech_keep(side->goaway_debug + n_kept, sizeof(side->goaway_debug) - n_kept,
                    (const char *)bytes, n_bytes);
}

/* A piece of the payload behind what was gathered. */
static void read_payload(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http2_reader *reader = reading->reader;
    size_t n_fragment = reader->left_bytes > reader->n_pad ? reader->left_bytes - reader->n_pad : 0;

    if (n_fragment > n_bytes)
        n_fragment = n_bytes;
    if (has_fragment(reader->type) && reader->inflater && n_fragment > 0)
        (void)inflate(reading, bytes, n_fragment, false);
    else if (reader->type == FRAME_GOAWAY)
        keep_debug(reading, bytes, n_bytes);
    reader->left_bytes -= (uint32_t)n_bytes;
    if (reader->left_bytes == 0)
        end_frame(reading);
}

/* ---- the walk ---- */

static size_t gather(struct http2_reader *reader, size_t n_wanted, const uint8_t *bytes,
                     size_t n_bytes)
{
    size_t n_taken = n_wanted - reader->n_head;

    if (n_taken > n_bytes)
        n_taken = n_bytes;
    memcpy(reader->head + reader->n_head, bytes, n_taken);
    reader->n_head = (uint8_t)(reader->n_head + n_taken);
    return n_taken;
}

static size_t read_preface(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http2_reader *reader = reading->reader;
    size_t n_taken = PREFACE_BYTES - reader->n_head;

    if (n_taken > n_bytes)
        n_taken = n_bytes;
    if (memcmp(preface + reader->n_head, bytes, n_taken) != 0) {
        give_up(reading);
        return n_bytes;
    }
    reader->n_head = (uint8_t)(reader->n_head + n_taken);
    if (reader->n_head == PREFACE_BYTES) {
        reading->facts->has_preface = true;
        reader->state = READ_FRAME_HEADER;
        reader->n_head = 0;
    }
    return n_taken;
}

static size_t read_some(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http2_reader *reader = reading->reader;
    size_t n_taken;

    switch ((enum reader_state)reader->state) {
    case READ_PREFACE:
        return read_preface(reading, bytes, n_bytes);
    case READ_FRAME_HEADER:
        n_taken = gather(reader, FRAME_HEADER_BYTES, bytes, n_bytes);
        if (reader->n_head == FRAME_HEADER_BYTES)
            begin_frame(reading);
        return n_taken;
    case READ_PAYLOAD_HEAD:
        n_taken = gather(reader, head_bytes(reader), bytes, n_bytes);
        if (reader->n_head == head_bytes(reader)) {
            reader->left_bytes -= reader->n_head;
            read_head(reading);
        }
        return n_taken;
    case READ_PAYLOAD:
        n_taken = n_bytes < reader->left_bytes ? n_bytes : reader->left_bytes;
        read_payload(reading, bytes, n_taken);
        return n_taken;
    case READ_NO_MORE:
        break;
    }
    return n_bytes;
}

void http2_read(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                const uint8_t *bytes, size_t n_bytes, const struct speech_place *place)
{
    struct reading reading = reading_of(http2, facts, from, place);

    while (n_bytes > 0) {
        size_t n_read = read_some(&reading, bytes, n_bytes);

        bytes += n_read;
        n_bytes -= n_read;
    }
}

bool http2_skip(struct http2 *http2, struct http2_facts *facts, enum http2_from from,
                uint32_t n_bytes)
{
    struct reading reading = reading_of(http2, facts, from, NULL);
    struct http2_reader *reader = reading.reader;

    if (reader->state != READ_PAYLOAD || n_bytes > reader->left_bytes) {
        give_up(&reading);
        return false;
    }
    if (has_fragment(reader->type))
        give_up_headers(&reading);
    reader->left_bytes -= n_bytes;
    if (reader->left_bytes == 0)
        end_frame(&reading);
    return true;
}
