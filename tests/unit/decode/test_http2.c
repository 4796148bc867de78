/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/2: each script is read whole and cut at every length, with the same result. */
#include "decode/http2.h"

#include <string.h>

#include "base/compiler.h"
#include "guard.h"
#include "unit.h"

#define POOL_ORDER 16
#define SCRIPT_BYTES 2048

struct piece {
    enum http2_from from;
    uint16_t n_bytes;
    uint16_t at; /* in the script's bytes */
};

struct script {
    uint8_t bytes[SCRIPT_BYTES];
    struct piece piece[16];
    size_t n_bytes, n_pieces;
};

/* ---- writing frames ---- */

static void add(struct script *script, enum http2_from from, const void *bytes, size_t n_bytes)
{
    assert_true(script->n_bytes + n_bytes <= SCRIPT_BYTES);
    assert_true(script->n_pieces < ARRAY_LEN(script->piece));
    memcpy(script->bytes + script->n_bytes, bytes, n_bytes);
    script->piece[script->n_pieces++] =
        (struct piece){from, (uint16_t)n_bytes, (uint16_t)script->n_bytes};
    script->n_bytes += n_bytes;
}

static void frame(struct script *script, enum http2_from from, uint8_t type, uint8_t flags,
                  uint8_t stream, const void *payload, size_t n_payload)
{
    uint8_t bytes[512] = {
        0, (uint8_t)(n_payload >> 8), (uint8_t)n_payload, type, flags, 0, 0, 0, stream};

    memcpy(bytes + 9, payload, n_payload);
    add(script, from, bytes, n_payload + 9);
}

#define TEXT(literal) literal, sizeof(literal) - 1
#define DATA 0
#define HEADERS 1
#define RST_STREAM 3
#define SETTINGS 4
#define PUSH_PROMISE 5
#define GOAWAY 7
#define CONTINUATION 9
#define END_STREAM 1
#define END_HEADERS 4
#define PADDED 8
#define PRIORITY 32
#define GOAWAY_BYTES(last, code) "\0\0\0" last "\0\0\0" code

static struct script begin(void)
{
    struct script script = {.n_bytes = 0};

    add(&script, HTTP2_CLIENT, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    frame(&script, HTTP2_CLIENT, SETTINGS, 0, 0, TEXT("\0\3\0\0\0\x64\0\4\0\0\xff\xff"));
    frame(&script, HTTP2_SERVER, SETTINGS, 0, 0, TEXT(""));
    return script;
}

/* A field as HPACK writes it without its tables (RFC 7541 section 6.2.2), of short texts. */
static size_t field(uint8_t *to, const char *name, const char *value)
{
    size_t n_name = strlen(name);
    size_t n_value = strlen(value);

    to[0] = 0;
    to[1] = (uint8_t)n_name;
    memcpy(to + 2, name, n_name);
    to[2 + n_name] = (uint8_t)n_value;
    memcpy(to + 3 + n_name, value, n_value);
    return 3 + n_name + n_value;
}

static size_t fields(uint8_t *to, const char *const *text)
{
    size_t n = 0;

    for (; text[0]; text += 2)
        n += field(to + n, text[0], text[1]);
    return n;
}

static void headers(struct script *script, enum http2_from from, uint8_t stream, uint8_t flags,
                    const char *const *text)
{
    uint8_t block[256];
    size_t n_block = fields(block, text);

    frame(script, from, HEADERS, flags | END_HEADERS, stream, block, n_block);
}

static const char *const grpc_request[] = {
    ":method", "POST", ":path", "/a.B/C", "content-type", "application/grpc+proto", NULL};

/* ---- reading them ---- */

static void play(const struct script *script, size_t n_part, struct http2_facts *facts,
                 uint64_t *n_refused)
{
    struct guard guard = guard_open();
    struct http2_pool pool;
    struct arena arena;
    struct http2 http2;

    assert_int_equal(arena_map(&arena, http2_pool_cost_bytes(POOL_ORDER), NULL, NULL), 0);
    assert_int_equal(http2_pool_create(&pool, &arena, POOL_ORDER), 0);
    memset(facts, 0, sizeof(*facts));
    http2_begin(&http2, &pool, 0);
    for (size_t i = 0; i < script->n_pieces; i++) {
        const struct piece *piece = &script->piece[i];
        struct speech_place place = {.frame = i + 1, .ts_ns = (int64_t)i};

        for (size_t at = 0; at < piece->n_bytes; at += n_part) {
            size_t n = piece->n_bytes - at < n_part ? piece->n_bytes - at : n_part;

            http2_read(&http2, facts, piece->from,
                       guard_place(&guard, script->bytes + piece->at + at, n), n, &place);
        }
    }
    http2_end(&http2);
    *n_refused = pool.n_headers_refused;
    /* all of the pool is back */
    assert_non_null(blocks_take(&pool.blocks, (1u << POOL_ORDER) - 16));
    arena_unmap(&arena);
    guard_close(&guard);
}

static struct http2_facts read_all_ways(const struct script *script)
{
    struct http2_facts facts, other;
    uint64_t n_refused;

    play(script, SIZE_MAX / 2, &facts, &n_refused);
    for (size_t n_part = 1; n_part < 30; n_part++) {
        play(script, n_part, &other, &n_refused);
        assert_memory_equal(&other, &facts, sizeof(facts));
    }
    return facts;
}

/* ---- the cases ---- */

static void a_goaway_has_code_stream_and_text(void **state)
{
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\7", "\x0b") "too_many_pings"));
    facts = read_all_ways(&script);
    assert_true(facts.has_preface);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway.frame, 4);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_code, HTTP2_ENHANCE_YOUR_CALM);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_last_stream, 7);
    assert_string_equal(facts.side[HTTP2_SERVER].goaway_debug, "too_many_pings");
    assert_int_equal(facts.side[HTTP2_CLIENT].goaway.frame, 0);
    assert_int_equal(facts.side[HTTP2_CLIENT].settings.frame, 2);
    assert_int_equal(facts.side[HTTP2_SERVER].settings.frame, 3);
}

static void of_several_goaways_the_first_error_counts(void **state)
{
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\x7f", "\0") "max_age"));
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\3", "\0")));
    facts = read_all_ways(&script);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_code, 0);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_last_stream, 3); /* the last in order */
    assert_string_equal(facts.side[HTTP2_SERVER].goaway_debug, "");
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\5", "\1") "first"));
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\5", "\2") "second"));
    facts = read_all_ways(&script);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_code, 1);
    assert_string_equal(facts.side[HTTP2_SERVER].goaway_debug, "first");
    assert_int_equal(facts.side[HTTP2_SERVER].n_goaway, 4);
}

static void resets_are_weighed(void **state)
{
    static const struct {
        const char *codes;
        size_t n_codes;
        uint32_t code, stream;
    } cases[] = {
        {TEXT("\0\x08"), 0, 0},       /* nobody wants the stream any more */
        {TEXT("\x08\x02\x01"), 2, 2}, /* the first error */
        {TEXT("\x02\x07\x0d"), 7, 2}, /* one with a remedy is worth more */
        {TEXT("\x0d\x07"), 13, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct script script = begin();
        struct http2_facts facts;

        for (uint8_t n = 0; n < cases[i].n_codes; n++) {
            uint8_t code[4] = {0, 0, 0, (uint8_t)cases[i].codes[n]};

            frame(&script, HTTP2_SERVER, RST_STREAM, 0, (uint8_t)(n + 1), code, sizeof(code));
        }
        facts = read_all_ways(&script);
        assert_int_equal(facts.side[HTTP2_SERVER].n_reset, cases[i].n_codes);
        assert_int_equal(facts.side[HTTP2_SERVER].reset_code, cases[i].code);
        assert_int_equal(facts.side[HTTP2_SERVER].reset_stream, cases[i].stream);
        assert_int_equal(facts.side[HTTP2_SERVER].reset.frame != 0, cases[i].code != 0);
    }
}

static void grpc_trailers_tell_status_message_and_method(void **state)
{
    static const char *const answer[] = {":status", "200", "content-type", "application/grpc",
                                         NULL};
    static const char *const trailers[] = {"grpc-status", "14", "grpc-message",
                                           "no%20backend%3A %zz%", NULL};
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    headers(&script, HTTP2_CLIENT, 1, 0, grpc_request);
    frame(&script, HTTP2_CLIENT, DATA, END_STREAM, 1, TEXT("\0\0\0\0\0"));
    headers(&script, HTTP2_SERVER, 1, 0, answer);
    headers(&script, HTTP2_SERVER, 1, END_STREAM, trailers);
    facts = read_all_ways(&script);
    assert_true(facts.is_grpc);
    assert_int_equal(facts.grpc.frame, 7);
    assert_int_equal(facts.grpc_status, 14);
    assert_string_equal(facts.grpc_message, "no backend: %zz%");
    assert_string_equal(facts.grpc_method, "/a.B/C");
    assert_int_equal(facts.grpc_stream, 1);
    assert_int_equal(facts.last_client_stream, 1);
    assert_int_equal(facts.side[HTTP2_SERVER].n_headers, 2);
}

static void trailers_only_and_success_are_told_apart(void **state)
{
    static const char *const fine[] = {":status", "200", "grpc-status", "0", NULL};
    static const char *const refused[] = {":status", "200", "grpc-status", "7", NULL};
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    headers(&script, HTTP2_CLIENT, 1, END_STREAM, grpc_request);
    headers(&script, HTTP2_SERVER, 1, END_STREAM, fine);
    facts = read_all_ways(&script);
    assert_int_equal(facts.grpc.frame, 0);
    assert_int_equal(facts.grpc_answered.frame, 5);
    headers(&script, HTTP2_CLIENT, 3, END_STREAM, grpc_request);
    headers(&script, HTTP2_SERVER, 3, END_STREAM, refused);
    facts = read_all_ways(&script);
    assert_int_equal(facts.grpc_status, 7);
    assert_int_equal(facts.grpc_stream, 3);
    assert_string_equal(facts.grpc_message, "");
}

static void a_status_that_refuses_is_kept_with_its_server(void **state)
{
    static const char *const request[] = {":method", "GET", ":path", "/", NULL};
    static const char *const answer[] = {":status", "503", "server", "envoy", NULL};
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    headers(&script, HTTP2_CLIENT, 1, END_STREAM, request);
    headers(&script, HTTP2_SERVER, 1, END_STREAM, answer);
    facts = read_all_ways(&script);
    assert_int_equal(facts.refusal.status, 503);
    assert_int_equal(facts.refusal.place.frame, 5);
    assert_false(facts.is_refusal_grpc);
    assert_int_equal(facts.refusal.author, HTTP_AUTHOR_ENVOY);
    script = begin();
    headers(&script, HTTP2_CLIENT, 1, END_STREAM, grpc_request);
    headers(&script, HTTP2_SERVER, 1, END_STREAM, answer);
    facts = read_all_ways(&script);
    assert_true(facts.is_refusal_grpc);
    assert_string_equal(facts.grpc_method, "/a.B/C");
}

static void blocks_may_be_padded_and_continued(void **state)
{
    static const char *const text[] = {":status", "200", "grpc-status", "5", NULL};
    uint8_t block[256] = {3, 0, 0, 0, 0, 9}; /* padding, priority */
    size_t n_fields = fields(block + 6, text);
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    /* 10 bytes of the block and the padding; the rest in two pieces */
    memmove(block + 6 + 10 + 3, block + 6 + 10, n_fields - 10);
    frame(&script, HTTP2_SERVER, HEADERS, PADDED | PRIORITY, 1, block, 6 + 10 + 3);
    frame(&script, HTTP2_SERVER, CONTINUATION, 0, 1, block + 19, 1);
    frame(&script, HTTP2_SERVER, CONTINUATION, END_HEADERS, 1, block + 20, n_fields - 11);
    facts = read_all_ways(&script);
    assert_false(facts.side[HTTP2_SERVER].is_headers_lost);
    assert_int_equal(facts.grpc_status, 5);
    assert_int_equal(facts.grpc.frame, 6);
}

static void the_dynamic_table_goes_on_over_blocks_and_promises(void **state)
{
    /* literal with indexing: entry 62; then the index alone (RFC 7541 section 6.1) */
    static const char set[] = "\x88\x40\x0bgrpc-status\2"
                              "13";
    static const char promise[] = "\0\0\0\2\x40\4name\5value";
    static const char use[] = "\x88\xbf";
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_SERVER, PUSH_PROMISE, END_HEADERS, 1, TEXT(promise));
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT(set));
    facts = read_all_ways(&script);
    assert_int_equal(facts.grpc_status, 13);
    script = begin();
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT(set));
    frame(&script, HTTP2_SERVER, PUSH_PROMISE, END_HEADERS, 1, TEXT(promise));
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT(use));
    facts = read_all_ways(&script);
    assert_int_equal(facts.grpc_answered.frame, 6);
    assert_false(facts.side[HTTP2_SERVER].is_headers_lost);
}

static void a_larger_table_is_allowed_where_it_was_asked_for(void **state)
{
    static const char update[] = "\x3f\xe1\xff\x03\x88"; /* 65536, then :status 200 */
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT(update));
    facts = read_all_ways(&script);
    assert_true(facts.side[HTTP2_SERVER].is_headers_lost);
    assert_false(facts.side[HTTP2_SERVER].is_lost);
    script = begin();
    frame(&script, HTTP2_CLIENT, SETTINGS, 0, 0, TEXT("\0\1\0\1\0\0"));
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT(update));
    facts = read_all_ways(&script);
    assert_false(facts.side[HTTP2_SERVER].is_headers_lost);
}

static void wrong_headers_cost_the_headers_only(void **state)
{
    static const char *const refused[] = {"grpc-status", "7", NULL};
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT("\xff\xff\xff\xff\xff\xff"));
    headers(&script, HTTP2_SERVER, 3, 0, refused);
    frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\1", "\1")));
    facts = read_all_ways(&script);
    assert_true(facts.side[HTTP2_SERVER].is_headers_lost);
    assert_false(facts.side[HTTP2_SERVER].is_lost);
    assert_int_equal(facts.grpc.frame, 0);
    assert_int_equal(facts.side[HTTP2_SERVER].goaway_code, 1);
}

static void frames_that_break_the_rules_end_the_reading(void **state)
{
    static const struct {
        uint8_t type, flags, stream;
        const char *payload;
        size_t n_payload;
    } cases[] = {
        {SETTINGS, 0, 0, TEXT("\0\1\0\0\0")},   /* not a multiple of 6 */
        {SETTINGS, 0, 1, TEXT("")},             /* on a stream */
        {GOAWAY, 0, 0, TEXT("\0\0\0\1\0\0\0")}, /* too short */
        {GOAWAY, 0, 3, TEXT(GOAWAY_BYTES("\1", "\1"))},
        {RST_STREAM, 0, 0, TEXT("\0\0\0\1")},
        {HEADERS, 0, 0, TEXT("\x88")},
        {HEADERS, PADDED, 1, TEXT("\5\x88")}, /* more padding than payload */
        {CONTINUATION, 0, 1, TEXT("\x88")},   /* of nothing */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct script script = begin();
        struct http2_facts facts;

        frame(&script, HTTP2_SERVER, cases[i].type, cases[i].flags, cases[i].stream,
              cases[i].payload, cases[i].n_payload);
        frame(&script, HTTP2_SERVER, GOAWAY, 0, 0, TEXT(GOAWAY_BYTES("\1", "\2")));
        facts = read_all_ways(&script);
        assert_true(facts.side[HTTP2_SERVER].is_lost);
        assert_int_equal(facts.side[HTTP2_SERVER].goaway.frame, 0);
        assert_false(facts.side[HTTP2_CLIENT].is_lost);
    }
}

static void without_its_preface_nothing_is_read(void **state)
{
    struct script script = {.n_bytes = 0};
    struct http2_facts facts;

    (void)state;
    frame(&script, HTTP2_CLIENT, SETTINGS, 0, 0, TEXT(""));
    frame(&script, HTTP2_SERVER, HEADERS, END_HEADERS, 1, TEXT("\x88"));
    facts = read_all_ways(&script);
    assert_true(facts.side[HTTP2_CLIENT].is_lost);
    assert_true(facts.side[HTTP2_SERVER].is_lost);
    assert_false(facts.has_preface);
}

static void a_frame_too_large_for_its_receiver_ends_the_reading(void **state)
{
    static const uint8_t header[9] = {0, 0x40, 1, DATA, 0, 0, 0, 0, 1}; /* 16385 */
    struct script script = begin();
    struct http2_facts facts;

    (void)state;
    add(&script, HTTP2_SERVER, header, sizeof(header));
    facts = read_all_ways(&script);
    assert_true(facts.side[HTTP2_SERVER].is_lost);
    script = begin();
    frame(&script, HTTP2_CLIENT, SETTINGS, 0, 0, TEXT("\0\5\0\0\x40\1"));
    add(&script, HTTP2_SERVER, header, sizeof(header));
    facts = read_all_ways(&script);
    assert_false(facts.side[HTTP2_SERVER].is_lost);
}

static void a_full_pool_costs_the_headers_and_is_counted(void **state)
{
    static const char *const refused[] = {"grpc-status", "7", NULL};
    struct script script = begin();
    struct http2_facts facts = {0};
    struct speech_place place = {.frame = 1};
    struct http2_pool pool;
    struct arena arena;
    struct http2 http2;

    (void)state;
    headers(&script, HTTP2_SERVER, 1, END_STREAM, refused);
    assert_int_equal(arena_map(&arena, http2_pool_cost_bytes(8), NULL, NULL), 0);
    assert_int_equal(http2_pool_create(&pool, &arena, 8), 0);
    http2_begin(&http2, &pool, 0);
    for (size_t i = 0; i < script.n_pieces; i++)
        http2_read(&http2, &facts, script.piece[i].from, script.bytes + script.piece[i].at,
                   script.piece[i].n_bytes, &place);
    http2_end(&http2);
    assert_int_equal(pool.n_headers_refused, 1);
    assert_true(facts.side[HTTP2_SERVER].is_headers_lost);
    assert_false(facts.side[HTTP2_SERVER].is_lost);
    assert_int_equal(facts.grpc.frame, 0);
    arena_unmap(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_goaway_has_code_stream_and_text),
        cmocka_unit_test(of_several_goaways_the_first_error_counts),
        cmocka_unit_test(resets_are_weighed),
        cmocka_unit_test(grpc_trailers_tell_status_message_and_method),
        cmocka_unit_test(trailers_only_and_success_are_told_apart),
        cmocka_unit_test(a_status_that_refuses_is_kept_with_its_server),
        cmocka_unit_test(blocks_may_be_padded_and_continued),
        cmocka_unit_test(the_dynamic_table_goes_on_over_blocks_and_promises),
        cmocka_unit_test(a_larger_table_is_allowed_where_it_was_asked_for),
        cmocka_unit_test(wrong_headers_cost_the_headers_only),
        cmocka_unit_test(frames_that_break_the_rules_end_the_reading),
        cmocka_unit_test(without_its_preface_nothing_is_read),
        cmocka_unit_test(a_frame_too_large_for_its_receiver_ends_the_reading),
        cmocka_unit_test(a_full_pool_costs_the_headers_and_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
