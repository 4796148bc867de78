/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See http1.h. Theory of operation: a direction is in a line or in a body. Lines are gathered up
 * to what is kept of one (a longer one is read on and its end forgotten); bodies are counted down.
 * What a response's body is depends on its request (RFC 9112 section 6.3), so the methods of the
 * requests without an answer are kept in order.
 */
#include "decode/http1.h"

#include <string.h>

#include "base/compiler.h"

enum reader_state {
    READ_START, /* of a message; empty lines before it are allowed */
    READ_FIELDS,
    READ_COUNTED,
    READ_CHUNK_SIZE,
    READ_CHUNK,
    READ_CHUNK_END,
    READ_TRAILERS,
    READ_TO_CLOSE,
    READ_NO_MORE /* lost, or another protocol */
};

/* What is being read: one direction of one connection. */
struct reading {
    struct http1 *http1;
    struct http1_facts *facts;
    struct http1_reader *reader;
    const struct speech_place *place;
    enum http1_from from;
};

static void give_up(const struct reading *reading)
{
    if (reading->reader->state != READ_NO_MORE)
        reading->facts->is_lost[reading->from] = true;
    reading->reader->state = READ_NO_MORE;
}

static bool begins_with(const char *line, size_t n_line, const char *word)
{
    size_t n_word = strlen(word);

    return n_line >= n_word && memcmp(line, word, n_word) == 0;
}

/* ---- requests ---- */

static void open_request(const struct reading *reading, bool is_head, bool is_connect)
{
    struct http1 *http1 = reading->http1;

    if (http1->n_open == HTTP1_OPEN_MAX) {
        reading->facts->is_unpaired = true;
        memmove(http1->open, http1->open + 1, sizeof(http1->open) - sizeof(http1->open[0]));
        http1->n_open--;
    }
    http1->open[http1->n_open++] = (struct http1_request){
        .place = *reading->place, .is_head = is_head, .is_connect = is_connect};
}

/* RFC 9110 section 5.6.2, as far as methods use it. */
static bool is_method(const char *line, size_t n_method)
{
    if (n_method == 0 || n_method > 20)
        return false;
    for (size_t i = 0; i < n_method; i++) {
        if (!((line[i] >= 'A' && line[i] <= 'Z') || line[i] == '-' || line[i] == '_'))
            return false;
    }
    return true;
}

/* The version ends the line; of a line that was too long to keep the method has to do. */
static void read_request_line(const struct reading *reading, const char *line, size_t n_line)
{
    const char *space = memchr(line, ' ', n_line);
    size_t n_method = space ? (size_t)(space - line) : 0;
    bool has_version = n_line > 9 && begins_with(line + n_line - 9, 9, " HTTP/1.");

    if (begins_with(line, n_line, "PRI * HTTP/2.0")) {
        reading->facts->switched = HTTP_SWITCH_PREFACE;
        reading->reader->state = READ_NO_MORE;
        return;
    }
    if (!is_method(line, n_method) || (!has_version && !reading->reader->has_overflown)) {
        give_up(reading);
        return;
    }
    reading->facts->n_requests++;
    reading->facts->request = *reading->place;
    open_request(reading, n_method == 4 && begins_with(line, n_line, "HEAD"),
                 n_method == 7 && begins_with(line, n_line, "CONNECT"));
    reading->reader->state = READ_FIELDS;
}

/* ---- responses ---- */

static void learn_refusal(const struct reading *reading, unsigned status, const char *words,
                          size_t n_words)
{
    struct http_refusal *refusal = &reading->facts->refusal;

    refusal->place = *reading->place;
    refusal->status = (uint16_t)status;
    if (reading->http1->n_open > 0)
        refusal->asked = reading->http1->open[0].place;
    speech_keep(refusal->words, sizeof(refusal->words), words, n_words);
}

/* "HTTP/1.1 502 Bad Gateway" */
static void read_status_line(const struct reading *reading, const char *line, size_t n_line)
{
    struct http1_reader *reader = reading->reader;
    unsigned status = 0;

    if (n_line < 12 || !begins_with(line, n_line, "HTTP/1.") || line[8] != ' ') {
        give_up(reading);
        return;
    }
    for (size_t i = 9; i < 12; i++) {
        if (line[i] < '0' || line[i] > '9') {
            give_up(reading);
            return;
        }
        status = status * 10 + (unsigned)(line[i] - '0');
    }
    reader->is_interim = status < 200;
    reader->is_bodyless = status < 200 || status == 204 || status == 304;
    reader->is_last = line[7] == '0'; /* HTTP/1.0 */
    reading->facts->status = (uint16_t)status;
    if (!reader->is_interim) {
        reading->facts->n_responses++;
        reading->facts->answered = *reading->place;
    }
    reader->is_refusal = http_refuses(status) && !reading->facts->refusal.status;
    if (reader->is_refusal)
        learn_refusal(reading, status, n_line > 13 ? line + 13 : "", n_line > 13 ? n_line - 13 : 0);
    reader->state = READ_FIELDS;
}

/* ---- header fields ---- */

static void read_field(const struct reading *reading, const char *line, size_t n_line)
{
    struct http1_reader *reader = reading->reader;
    const char *colon = memchr(line, ':', n_line);
    size_t n_name = colon ? (size_t)(colon - line) : 0;
    const char *value = line + n_name + 1;
    size_t n_value;

    if (!colon)
        return;
    n_value = n_line - n_name - 1;
    while (n_value > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        n_value--;
    }
    http1_field(reader, line, n_name, value, n_value);
    if (reader->is_refusal)
        http_author_field(&reading->facts->refusal, line, n_name, value, n_value);
}

/* ---- the end of the fields: what body follows ---- */

static void begin_message(struct http1_reader *reader)
{
    reader->left_bytes = 0;
    reader->is_chunked = reader->has_length = reader->is_bodyless = false;
    reader->is_refusal = reader->is_interim = reader->wants_h2c = false;
    reader->is_last = reader->is_endless = false;
    reader->state = READ_START;
}

static void begin_body(const struct reading *reading)
{
    struct http1_reader *reader = reading->reader;

    if (reader->is_chunked)
        reader->state = READ_CHUNK_SIZE;
    else if (reader->has_length && reader->left_bytes > 0)
        reader->state = READ_COUNTED;
    else if (!reader->has_length && reading->from == HTTP1_SERVER)
        reader->state = READ_TO_CLOSE;
    else
        begin_message(reader);
}

static void end_request_fields(const struct reading *reading)
{
    if (reading->reader->wants_h2c && reading->facts->switched == HTTP_SWITCH_NONE)
        reading->facts->switched = HTTP_SWITCH_H2C_ASKED;
    begin_body(reading);
}

static void switch_to(const struct reading *reading, enum http_switch to)
{
    struct http1_reader *client = &reading->http1->reader[HTTP1_CLIENT];

    reading->facts->switched = (uint8_t)to;
    reading->reader->state = READ_NO_MORE;
    if (to != HTTP_SWITCH_H2C) /* there the preface, as a request line, ends it */
        client->state = READ_NO_MORE;
}

/* The request that a final response answers. */
static struct http1_request close_request(struct http1 *http1)
{
    struct http1_request request = http1->open[0];

    if (http1->n_open == 0)
        return (struct http1_request){0};
    memmove(http1->open, http1->open + 1, sizeof(http1->open) - sizeof(http1->open[0]));
    http1->n_open--;
    return request;
}

static void end_response_fields(const struct reading *reading)
{
    struct http1_reader *reader = reading->reader;
    unsigned status = reading->facts->status;
    struct http1_request request;

    if (status == 101) {
        switch_to(reading, reader->wants_h2c ? HTTP_SWITCH_H2C : HTTP_SWITCH_OTHER);
        return;
    }
    if (reader->is_interim) {
        begin_message(reader);
        return;
    }
    reading->facts->is_unpaired |= reading->http1->n_open == 0;
    reading->facts->is_close_said = reader->is_last;
    request = close_request(reading->http1);
    if (reading->facts->switched == HTTP_SWITCH_H2C_ASKED)
        reading->facts->switched = HTTP_SWITCH_NONE;
    if (request.is_connect && status / 100 == 2)
        switch_to(reading, HTTP_SWITCH_TUNNEL);
    else if (request.is_head || reader->is_bodyless)
        begin_message(reader);
    else
        begin_body(reading);
}

/* ---- lines ---- */

static void read_chunk_size(const struct reading *reading, const char *line, size_t n_line)
{
    struct http1_reader *reader = reading->reader;
    uint64_t size = 0;
    size_t i;

    for (i = 0; i < n_line && strchr("0123456789abcdefABCDEF", line[i]) && line[i]; i++) {
        int digit = line[i] <= '9' ? line[i] - '0' : (line[i] | 0x20) - 'a' + 10;

        if (size >> 56) {
            give_up(reading);
            return;
        }
        size = size << 4 | (uint64_t)digit;
    }
    if (i == 0) {
        give_up(reading);
        return;
    }
    reader->left_bytes = size;
    reader->state = size ? READ_CHUNK : READ_TRAILERS;
}

static void read_line(const struct reading *reading, const char *line, size_t n_line)
{
    struct http1_reader *reader = reading->reader;

    switch ((enum reader_state)reader->state) {
    case READ_START:
        if (n_line == 0)
            return;
        if (reading->from == HTTP1_CLIENT)
            read_request_line(reading, line, n_line);
        else
            read_status_line(reading, line, n_line);
        return;
    case READ_FIELDS:
        if (n_line > 0)
            read_field(reading, line, n_line);
        else if (reading->from == HTTP1_CLIENT)
            end_request_fields(reading);
        else
            end_response_fields(reading);
        return;
    case READ_CHUNK_SIZE:
        read_chunk_size(reading, line, n_line);
        return;
    case READ_CHUNK_END:
        reader->state = READ_CHUNK_SIZE;
        return;
    case READ_TRAILERS:
        if (n_line == 0)
            begin_message(reader);
        return;
    case READ_COUNTED:
    case READ_CHUNK:
    case READ_TO_CLOSE:
    case READ_NO_MORE:
        return;
    }
}

/* Takes bytes up to the line's end, and reads the line when it is there. */
static size_t take_line(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http1_reader *reader = reading->reader;
    const uint8_t *end = memchr(bytes, '\n', n_bytes);
    size_t n_taken = end ? (size_t)(end - bytes) : n_bytes;
    size_t n_room = sizeof(reader->text) - reader->n_text;
    size_t n_kept = n_taken < n_room ? n_taken : n_room;
    size_t n_line;

    memcpy(reader->text + reader->n_text, bytes, n_kept);
    reader->n_text = (uint16_t)(reader->n_text + n_kept);
    reader->has_overflown |= n_kept < n_taken;
    if (!end)
        return n_taken;
    n_line = reader->n_text;
    if (n_line > 0 && reader->text[n_line - 1] == '\r' && !reader->has_overflown)
        n_line--;
    reader->n_text = 0;
    read_line(reading, reader->text, n_line);
    reader->has_overflown = false;
    return n_taken + 1;
}

/* ---- bodies ---- */

/* Keeps the beginning of a refusal's page and looks for its author in it. */
static void keep_body(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http1_reader *reader = reading->reader;
    size_t n_room = sizeof(reader->text) - reader->n_text;

    if (!reader->is_refusal || n_room == 0)
        return;
    if (n_bytes > n_room)
        n_bytes = n_room;
    memcpy(reader->text + reader->n_text, bytes, n_bytes);
    reader->n_text = (uint16_t)(reader->n_text + n_bytes);
    http_author_body(&reading->facts->refusal, reader->text, reader->n_text);
}

static void count_down(const struct reading *reading, uint64_t n_bytes)
{
    struct http1_reader *reader = reading->reader;

    reader->left_bytes -= n_bytes;
    if (reader->left_bytes > 0)
        return;
    reader->n_text = 0;
    if (reader->state == READ_CHUNK)
        reader->state = READ_CHUNK_END;
    else
        begin_message(reader);
}

static size_t take_body(const struct reading *reading, const uint8_t *bytes, size_t n_bytes)
{
    struct http1_reader *reader = reading->reader;

    if (reader->state == READ_TO_CLOSE) {
        keep_body(reading, bytes, n_bytes);
        return n_bytes;
    }
    if (n_bytes > reader->left_bytes)
        n_bytes = (size_t)reader->left_bytes;
    keep_body(reading, bytes, n_bytes);
    count_down(reading, n_bytes);
    return n_bytes;
}

/* ---- the whole ---- */

static enum http1_part part_of(const struct http1_reader *reader)
{
    switch ((enum reader_state)reader->state) {
    case READ_START:
        return reader->n_text > 0 ? HTTP1_PART_HEAD : HTTP1_PART_WHOLE;
    case READ_FIELDS:
        return HTTP1_PART_HEAD;
    case READ_COUNTED:
    case READ_CHUNK:
        return reader->is_endless ? HTTP1_PART_WHOLE : HTTP1_PART_BODY;
    case READ_CHUNK_SIZE:
    case READ_CHUNK_END:
        return reader->is_endless ? HTTP1_PART_WHOLE : HTTP1_PART_CHUNKS;
    case READ_TRAILERS: /* the last chunk came; some servers leave out the line behind it */
    case READ_TO_CLOSE:
    case READ_NO_MORE:
        break;
    }
    return HTTP1_PART_WHOLE;
}

static void learn_part(const struct reading *reading)
{
    enum http1_part part = part_of(reading->reader);

    reading->facts->part[reading->from] = (uint8_t)part;
    if (reading->from == HTTP1_SERVER)
        reading->facts->short_bytes = part == HTTP1_PART_BODY ? reading->reader->left_bytes : 0;
}

bool http1_skip(struct http1 *http1, struct http1_facts *facts, enum http1_from from,
                uint64_t n_bytes)
{
    struct http1_reader *reader = &http1->reader[from];
    struct reading reading = {.http1 = http1, .facts = facts, .reader = reader, .from = from};
    bool is_counted = reader->state == READ_COUNTED || reader->state == READ_CHUNK;

    if (reader->state != READ_TO_CLOSE && (!is_counted || n_bytes > reader->left_bytes)) {
        give_up(&reading);
        return false;
    }
    reader->is_refusal = false; /* no more of its page is kept */
    if (is_counted)
        count_down(&reading, n_bytes);
    learn_part(&reading);
    return true;
}

size_t http1_read(struct http1 *http1, struct http1_facts *facts, enum http1_from from,
                  const uint8_t *bytes, size_t n_bytes, const struct speech_place *place)
{
    struct reading reading = {.http1 = http1,
                              .facts = facts,
                              .reader = &http1->reader[from],
                              .place = place,
                              .from = from};
    size_t n_read = 0;

    while (n_read < n_bytes && reading.reader->state != READ_NO_MORE) {
        bool is_body = reading.reader->state == READ_COUNTED ||
                       reading.reader->state == READ_CHUNK ||
                       reading.reader->state == READ_TO_CLOSE;

        n_read += is_body ? take_body(&reading, bytes + n_read, n_bytes - n_read)
                          : take_line(&reading, bytes + n_read, n_bytes - n_read);
    }
    learn_part(&reading);
    return n_read;
}
