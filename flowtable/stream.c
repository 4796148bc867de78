/* SPDX-License-Identifier: BSD-2-Clause */
/* See stream.h. */
#include "flowtable/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/nanotime.h"
#include "base/seqnum.h"

/* Further ahead is no segment of this connection: the greatest window (RFC 7323 section 2.3). */
#define AHEAD_MAX_BYTES (INT32_C(1) << 30)

/* ---- the pool of pieces ---- */

/* A connection's header tables take some 16 KiB: a megabyte where one worker has all the trails,
 * and its share where there are more. */
static uint32_t http2_order(uint32_t n_pieces)
{
    return n_pieces >= 256 ? 20 : n_pieces >= 128 ? 19 : 18;
}

size_t stream_pool_cost_bytes(uint32_t n_pieces)
{
    return arena_cost_bytes(n_pieces * sizeof(struct stream_piece)) +
           http2_pool_cost_bytes(http2_order(n_pieces));
}

int stream_pool_create(struct stream_pool *pool, struct arena *arena, uint32_t n_pieces)
{
    *pool = (struct stream_pool){
        .pieces = arena_take(arena, n_pieces * sizeof(struct stream_piece)),
        .free_head = n_pieces ? 0 : STREAM_PIECE_NONE,
        .n_pieces = n_pieces,
    };
    if (!pool->pieces || http2_pool_create(&pool->memory.http2, arena, http2_order(n_pieces)))
        return -ENOMEM;
    for (uint32_t i = 0; i < n_pieces; i++)
        pool->pieces[i].next = i + 1 < n_pieces ? i + 1 : STREAM_PIECE_NONE;
    return 0;
}

static void give_back(struct stream_pool *pool, uint32_t idx)
{
    pool->pieces[idx].next = pool->free_head;
    pool->free_head = idx;
}

/* Takes the piece that *link names out of its list. */
static void drop_piece(struct stream_pool *pool, struct stream_side *side, uint32_t *link)
{
    uint32_t idx = *link;

    *link = pool->pieces[idx].next;
    give_back(pool, idx);
    side->n_held--;
}

static void drop_held(struct stream_pool *pool, struct stream_side *side)
{
    while (side->held != STREAM_PIECE_NONE)
        drop_piece(pool, side, &side->held);
}

/* ---- life ---- */

void stream_begin(struct stream *stream, uint16_t server_port,
                  const struct stream_start start[SIDE_COUNT])
{
    memset(stream, 0, sizeof(*stream));
    stream->server_port = server_port;
    stream->is_reading = true;
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        stream->side[s].held = STREAM_PIECE_NONE;
        stream->side[s].is_started = start[s].is_known;
        stream->side[s].next_seq = stream->speech.next_seq[s] = start[s].seq;
        if (start[s].is_late)
            stream->speech.bits[s] |= SPEECH_LATE;
    }
}

/* The state and what is held are given back; speech stays. */
static void close_stream(struct stream_pool *pool, struct stream *stream)
{
    stream->is_reading = false;
    for (unsigned s = 0; s < SIDE_COUNT; s++)
        drop_held(pool, &stream->side[s]);
    if (stream->speech.kind != READER_NONE && reader_of_kind(stream->speech.kind)->close)
        reader_of_kind(stream->speech.kind)->close(&stream->state, &stream->speech);
}

void stream_end(struct stream_pool *pool, struct stream *stream)
{
    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        if (stream->is_reading && stream_is_holding(stream, (enum flow_side)s))
            stream->speech.bits[s] |= SPEECH_GAP;
    }
    if (stream->is_reading)
        close_stream(pool, stream);
}

/* No more is read of a side; of a stream that nobody reads, or of which no side is left, nothing.
 */
static void turn_off(struct stream_pool *pool, struct stream *stream, enum flow_side side,
                     uint8_t why)
{
    stream->speech.bits[side] |= why;
    stream->side[side].is_off = true;
    drop_held(pool, &stream->side[side]);
    if (stream->side[side_other(side)].is_off)
        close_stream(pool, stream);
}

/* ---- bytes in order ---- */

static void feed(struct stream_pool *pool, struct stream *stream, const struct reader_input *input)
{
    const struct reader *reader = reader_of_kind(stream->speech.kind);
    struct stream_side *side = &stream->side[input->side];
    struct reader_input rest = *input;

    rest.server_port = stream->server_port;
    if (!stream->is_reading || side->is_off || input->n_bytes == 0)
        return;
    if (rest.n_bytes > reader->limit_bytes - side->n_read_bytes)
        rest.n_bytes = reader->limit_bytes - side->n_read_bytes;
    side->n_read_bytes += (uint32_t)rest.n_bytes;
    if (!reader->feed(&stream->state, &stream->speech, &rest))
        close_stream(pool, stream);
    else if (side->n_read_bytes == reader->limit_bytes)
        turn_off(pool, stream, input->side, SPEECH_TOO_LONG);
}

static void choose_reader(struct stream_pool *pool, struct stream *stream, enum payload_kind kind)
{
    enum reader_kind reader = reader_of_payload(kind);

    if (stream->speech.kind != READER_NONE || reader == READER_NONE)
        return;
    stream->speech.kind = (uint8_t)reader;
    reader_of_kind(reader)->open(&stream->state, &stream->speech, &pool->memory);
}

/* Passes over what is left of a PROXY header; what is behind it stays in the input. */
static void pass_proxy(struct stream_side *side, struct reader_input *input)
{
    size_t n_passed = side->n_proxy_left < input->n_bytes ? side->n_proxy_left : input->n_bytes;
    const uint8_t *end = NULL;

    if (side->proxy_form == PROXY_LINE)
        end = memchr(input->bytes, '\n', n_passed);
    if (end)
        n_passed = (size_t)(end - input->bytes) + 1;
    side->n_proxy_left = end ? 0 : side->n_proxy_left - (uint32_t)n_passed;
    input->bytes += n_passed;
    input->n_bytes -= n_passed;
}

/* A client's first words may begin with one such header. `n_kept` of the opening came with the
 * input; what came before is a part of it in any case. */
static bool begin_proxy(struct stream_side *side, const struct reader_input *input, size_t n_kept)
{
    struct proxy_header header = proxy_peek(side->opening, side->n_opening);
    uint32_t n_before = side->n_opening - (uint32_t)n_kept;

    if (input->side != SIDE_CLIENT || side->proxy_form != PROXY_NONE || header.form == PROXY_NONE)
        return false;
    side->proxy_form = header.form;
    side->n_proxy_left =
        (header.form == PROXY_LINE ? PROXY_LINE_MAX_BYTES : header.n_bytes) - n_before;
    side->n_opening = 0;
    return true;
}

/* Keeps what there is room for; returns how much. */
static size_t keep_opening(struct stream_side *side, const struct reader_input *input)
{
    size_t n_kept = sizeof(side->opening) - side->n_opening;

    if (n_kept > input->n_bytes)
        n_kept = input->n_bytes;
    memcpy(side->opening + side->n_opening, input->bytes, n_kept);
    side->n_opening += (uint8_t)n_kept;
    return n_kept;
}

/* The first words of a side: kept until they tell what it speaks. */
static void read_opening(struct stream_pool *pool, struct stream *stream,
                         const struct reader_input *input)
{
    struct stream_side *side = &stream->side[input->side];
    struct reader_input opening = *input, rest = *input;
    struct payload_facts said;
    size_t n_kept;

    pass_proxy(side, &rest);
    n_kept = keep_opening(side, &rest);
    if (begin_proxy(side, input, n_kept)) {
        pass_proxy(side, &rest);
        n_kept = keep_opening(side, &rest);
    }
    opening.bytes = side->opening;
    opening.n_bytes = side->n_opening;
    if (payload_may_become_known(opening.bytes, opening.n_bytes))
        return;
    payload_peek(opening.bytes, opening.n_bytes, &said);
    side->is_opened = true;
    side->first_kind = said.kind;
    choose_reader(pool, stream, said.kind);
    if (stream->speech.kind == READER_NONE) {
        turn_off(pool, stream, input->side, 0);
        return;
    }
    feed(pool, stream, &opening);
    rest.bytes += n_kept;
    rest.n_bytes -= n_kept;
    feed(pool, stream, &rest);
}

/* Bytes that the capture does not have: passed over where the reader can do without, else the side
 * ends. */
static void skip(struct stream_pool *pool, struct stream *stream,
                 const struct reader_input *missing, uint8_t why)
{
    const struct reader *reader;
    struct stream_side *side = &stream->side[missing->side];

    if (!stream->is_reading || side->is_off)
        return;
    reader = stream->speech.kind != READER_NONE ? reader_of_kind(stream->speech.kind) : NULL;
    if (!reader || !reader->skip || !side->is_opened ||
        missing->n_bytes >= reader->limit_bytes - side->n_read_bytes ||
        !reader->skip(&stream->state, &stream->speech, missing)) {
        turn_off(pool, stream, missing->side, why);
        return;
    }
    side->n_read_bytes += (uint32_t)missing->n_bytes;
}

/* Bytes of `segment` behind those that were read. What is cut off by the snap length is a gap. */
static void read_on(struct stream_pool *pool, struct stream *stream,
                    const struct stream_segment *segment)
{
    struct stream_side *side = &stream->side[segment->side];
    uint32_t n_old = (uint32_t)seq_distance(segment->seq, side->next_seq);
    struct reader_input input = {
        .side = segment->side,
        .frame = segment->frame,
        .ts_ns = segment->ts_ns,
        .end_seq = segment->seq + segment->wire_bytes,
    };

    side->next_seq = stream->speech.next_seq[segment->side] = input.end_seq;
    if (segment->captured_bytes > n_old) {
        input.bytes = segment->bytes + n_old;
        input.n_bytes = segment->captured_bytes - n_old;
        if (side->is_opened)
            feed(pool, stream, &input);
        else
            read_opening(pool, stream, &input);
    }
    if (segment->captured_bytes < segment->wire_bytes) {
        uint32_t n_seen = segment->captured_bytes > n_old ? segment->captured_bytes : n_old;

        input.bytes = NULL;
        input.n_bytes = segment->wire_bytes - n_seen;
        skip(pool, stream, &input, SPEECH_CUT);
    }
}

/* ---- bytes too early ---- */

/* A copy of what is held, or of a part of it. */
static bool is_held(const struct stream_pool *pool, const struct stream_side *side, uint32_t seq,
                    uint32_t n_bytes)
{
    for (uint32_t i = side->held; i != STREAM_PIECE_NONE; i = pool->pieces[i].next) {
        const struct stream_piece *piece = &pool->pieces[i];

        if (!seq_before(seq, piece->seq) && !seq_after(seq + n_bytes, piece->seq + piece->n_bytes))
            return true;
    }
    return false;
}

static bool hold_piece(struct stream_pool *pool, struct stream_side *side,
                       const struct stream_segment *segment, uint32_t off, uint32_t n_bytes)
{
    struct stream_piece *piece;
    uint32_t idx = pool->free_head;

    if (is_held(pool, side, segment->seq + off, n_bytes))
        return true;
    if (idx == STREAM_PIECE_NONE || side->n_held == STREAM_SIDE_PIECES_MAX)
        return false;
    piece = &pool->pieces[idx];
    pool->free_head = piece->next;
    piece->next = side->held;
    side->held = idx;
    side->n_held++;
    piece->frame = segment->frame;
    piece->ts_ns = segment->ts_ns;
    piece->seq = segment->seq + off;
    piece->n_bytes = (uint16_t)n_bytes;
    memcpy(piece->bytes, segment->bytes + off, n_bytes);
    return true;
}

static void hold(struct stream_pool *pool, struct stream *stream,
                 const struct stream_segment *segment)
{
    uint32_t n_bytes;

    for (uint32_t off = 0; off < segment->captured_bytes; off += n_bytes) {
        n_bytes = segment->captured_bytes - off;
        if (n_bytes > STREAM_PIECE_DATA_BYTES)
            n_bytes = STREAM_PIECE_DATA_BYTES;
        if (!hold_piece(pool, &stream->side[segment->side], segment, off, n_bytes)) {
            pool->n_unread++;
            turn_off(pool, stream, segment->side, SPEECH_NO_ROOM);
            return;
        }
    }
}

/* A held piece that is next, or old; its link. NULL where there is none. */
static uint32_t *find_due(struct stream_pool *pool, struct stream_side *side)
{
    uint32_t *link = &side->held;

    while (*link != STREAM_PIECE_NONE) {
        if (!seq_after(pool->pieces[*link].seq, side->next_seq))
            return link;
        link = &pool->pieces[*link].next;
    }
    return NULL;
}

static void read_held(struct stream_pool *pool, struct stream *stream, enum flow_side from)
{
    struct stream_side *side = &stream->side[from];
    uint32_t *link;

    while (stream->is_reading && !side->is_off && (link = find_due(pool, side))) {
        /* By value: reading may end the stream, and the piece goes back to the pool. */
        struct stream_piece piece = pool->pieces[*link];
        struct stream_segment segment = {
            .side = from,
            .seq = piece.seq,
            .wire_bytes = piece.n_bytes,
            .captured_bytes = piece.n_bytes,
            .bytes = piece.bytes,
            .frame = piece.frame,
            .ts_ns = piece.ts_ns,
        };

        drop_piece(pool, side, link);
        if (seq_after(piece.seq + piece.n_bytes, side->next_seq))
            read_on(pool, stream, &segment);
    }
}

/* ---- the whole ---- */

void stream_take(struct stream_pool *pool, struct stream *stream,
                 const struct stream_segment *segment)
{
    struct stream_side *side = &stream->side[segment->side];
    int32_t ahead;

    if (!stream->is_reading || side->is_off || segment->wire_bytes == 0)
        return;
    if (!side->is_started) {
        side->is_started = true;
        side->next_seq = segment->seq;
    }
    ahead = seq_distance(side->next_seq, segment->seq);
    if (ahead > AHEAD_MAX_BYTES)
        return;
    if (ahead > 0) {
        hold(pool, stream, segment);
        return;
    }
    if (!seq_after(segment->seq + segment->wire_bytes, side->next_seq))
        return;
    read_on(pool, stream, segment);
    read_held(pool, stream, segment->side);
}

/* The receiver had what lies between the bytes read and those held. */
static void skip_hole(struct stream_pool *pool, struct stream *stream, enum flow_side from,
                      const struct stream_piece *behind)
{
    struct stream_side *side = &stream->side[from];
    struct reader_input missing = {
        .side = from,
        .n_bytes = behind->seq - side->next_seq,
        .frame = behind->frame,
        .ts_ns = behind->ts_ns,
        .end_seq = behind->seq,
    };

    side->next_seq = stream->speech.next_seq[from] = behind->seq;
    skip(pool, stream, &missing, SPEECH_GAP);
    read_held(pool, stream, from);
}

/* The one with the least sequence number; NULL where none is held. */
static const struct stream_piece *first_held(const struct stream_pool *pool,
                                             const struct stream_side *side)
{
    const struct stream_piece *first = NULL;

    for (uint32_t i = side->held; i != STREAM_PIECE_NONE; i = pool->pieces[i].next) {
        if (!first || seq_before(pool->pieces[i].seq, first->seq))
            first = &pool->pieces[i];
    }
    return first;
}

void stream_acked(struct stream_pool *pool, struct stream *stream, enum flow_side from,
                  uint32_t ack, int64_t ts_ns)
{
    const struct stream_piece *first;

    while ((first = first_held(pool, &stream->side[from])) && seq_after(ack, first->seq) &&
           ns_since(first->ts_ns, ts_ns) > STREAM_REORDER_NS)
        skip_hole(pool, stream, from, first);
}
