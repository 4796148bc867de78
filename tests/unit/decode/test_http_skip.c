/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP of which the capture lacks bytes: where reading goes on behind them, and where not. And
 * where HTTP/2 begins in the middle of a line. */
#include <string.h>

#include "base/compiler.h"
#include "decode/http.h"
#include "unit.h"

#define POOL_ORDER 16

struct talk {
    struct arena arena;
    struct http2_pool pool;
    struct http http;
    struct http_facts facts;
};

static void open_talk(struct talk *talk)
{
    memset(talk, 0, sizeof(*talk));
    assert_int_equal(arena_map(&talk->arena, http2_pool_cost_bytes(POOL_ORDER), NULL, NULL), 0);
    assert_int_equal(http2_pool_create(&talk->pool, &talk->arena, POOL_ORDER), 0);
    talk->http.pool = &talk->pool;
}

static void close_talk(struct talk *talk)
{
    http_end(&talk->http);
    arena_unmap(&talk->arena);
}

static void say_bytes(struct talk *talk, enum http_from from, const void *bytes, size_t n_bytes)
{
    struct speech_place place = {.frame = 1};

    http_read(&talk->http, &talk->facts, from, bytes, n_bytes, &place);
}

#define SAY(talk, from, text) say_bytes(talk, from, text, sizeof(text) - 1)
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static const char *const framings[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n",
};

static void of_http1_they_may_be_missing_within_a_body(void **state)
{
    static const struct {
        const char *name;
        unsigned framing;
        uint32_t n_bytes;
        bool is_read;
    } cases[] = {
        {"counted", 0, 15, true},           {"all of it", 0, 20, true},
        {"a byte beyond it", 0, 21, false}, {"a chunk", 1, 20, true},
        {"beyond the chunk", 1, 21, false}, {"up to the close", 2, UINT32_MAX, true},
        {"a header", 3, 1, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *framing = framings[cases[i].framing];
        struct talk talk;

        open_talk(&talk);
        SAY(&talk, HTTP_CLIENT, GET);
        say_bytes(&talk, HTTP_SERVER, framing, strlen(framing));
        if (http_skip(&talk.http, &talk.facts, HTTP_SERVER, cases[i].n_bytes) != cases[i].is_read ||
            talk.facts.http1.is_lost[HTTP1_SERVER] == cases[i].is_read)
            fail_msg("%s: lost %d", cases[i].name, talk.facts.http1.is_lost[HTTP1_SERVER]);
        close_talk(&talk);
    }
}

static void what_follows_a_body_with_a_hole_is_read(void **state)
{
    const struct http1_facts *http1;
    struct talk talk;

    (void)state;
    open_talk(&talk);
    http1 = &talk.facts.http1;
    SAY(&talk, HTTP_CLIENT, GET GET);
    SAY(&talk, HTTP_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    assert_true(http_skip(&talk.http, &talk.facts, HTTP_SERVER, 15));
    assert_int_equal(http1->short_bytes, 5);
    SAY(&talk, HTTP_SERVER, "12345HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\n");
    assert_int_equal(http1->refusal.status, 502);
    assert_true(http_skip(&talk.http, &talk.facts, HTTP_SERVER, 9));
    assert_int_equal(http1->part[HTTP1_SERVER], HTTP1_PART_WHOLE);
    assert_false(http1->is_lost[HTTP1_SERVER]);
    close_talk(&talk);
}

static void a_lost_side_is_not_read_again(void **state)
{
    struct talk talk;

    (void)state;
    open_talk(&talk);
    assert_false(http_skip(&talk.http, &talk.facts, HTTP_SERVER, 1));
    SAY(&talk, HTTP_SERVER, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    assert_true(talk.facts.http1.is_lost[HTTP1_SERVER]);
    assert_int_equal(talk.facts.http1.refusal.status, 0);
    close_talk(&talk);
}

/* ---- HTTP/2 ---- */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define GOAWAY_2 "\0\0\10\7\0\0\0\0\0\0\0\0\1\0\0\0\2"

static void begin_http2(struct talk *talk)
{
    open_talk(talk);
    SAY(talk, HTTP_CLIENT, PREFACE SETTINGS);
    SAY(talk, HTTP_SERVER, SETTINGS);
}

static void of_http2_they_may_be_missing_within_a_frame(void **state)
{
    static const struct {
        const char *name, *frame; /* the beginning of one of 12 bytes */
        uint32_t n_bytes;
        bool is_read, is_headers_lost;
    } cases[] = {
        {"data", "\0\0\14\0\1\0\0\0\1", 12, true, false},
        {"a byte beyond", "\0\0\14\0\1\0\0\0\1", 13, false, true},
        {"headers", "\0\0\14\1\4\0\0\0\1", 12, true, true},
        {"what nobody knows", "\0\0\14\77\4\0\0\0\1", 12, true, false},
        {"a setting", "\0\0\14\4\0\0\0\0\0", 12, false, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct http2_side_facts *server;
        struct talk talk;
        bool is_read;

        begin_http2(&talk);
        server = &talk.facts.http2.side[HTTP2_SERVER];
        say_bytes(&talk, HTTP_SERVER, cases[i].frame, 9);
        is_read = http_skip(&talk.http, &talk.facts, HTTP_SERVER, cases[i].n_bytes);
        SAY(&talk, HTTP_SERVER, GOAWAY_2);
        if (is_read != cases[i].is_read || (server->goaway_code == 2) != cases[i].is_read ||
            server->is_lost == cases[i].is_read ||
            server->is_headers_lost != cases[i].is_headers_lost)
            fail_msg("%s: read %d, GOAWAY %u", cases[i].name, is_read, server->goaway_code);
        close_talk(&talk);
    }
}

/* A client in the middle of a long line when the server begins HTTP/2. */
static void half_a_request_line_is_no_preface(void **state)
{
    struct talk talk;

    (void)state;
    open_talk(&talk);
    SAY(&talk, HTTP_CLIENT, "GET /a/path/longer/than/the/preface");
    SAY(&talk, HTTP_SERVER, SETTINGS GOAWAY_2);
    SAY(&talk, HTTP_CLIENT, " HTTP/1.1\r\n\r\n");
    assert_true(talk.facts.http2.side[HTTP2_CLIENT].is_lost);
    assert_int_equal(talk.facts.http2.side[HTTP2_SERVER].goaway_code, 2);
    close_talk(&talk);

    open_talk(&talk);
    SAY(&talk, HTTP_CLIENT, "PRI * HT");
    SAY(&talk, HTTP_SERVER, SETTINGS GOAWAY_2);
    SAY(&talk, HTTP_CLIENT, "TP/2.0\r\n\r\nSM\r\n\r\n" SETTINGS);
    assert_true(talk.facts.http2.has_preface);
    assert_false(talk.facts.http2.side[HTTP2_CLIENT].is_lost);
    close_talk(&talk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_http1_they_may_be_missing_within_a_body),
        cmocka_unit_test(what_follows_a_body_with_a_hole_is_read),
        cmocka_unit_test(a_lost_side_is_not_read_again),
        cmocka_unit_test(half_a_request_line_is_no_preface),
        cmocka_unit_test(of_http2_they_may_be_missing_within_a_frame),
    };

    return cmocka_run_group_tests_name("http_skip", tests, NULL, NULL);
}
