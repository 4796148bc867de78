/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1: each exchange is read whole, and cut at every byte, with the same result. */
#include "decode/http1.h"

#include <string.h>

#include "base/compiler.h"
#include "guard.h"
#include "unit.h"

struct piece {
    enum http1_from from; /* the text ends the list when it is NULL */
    const char *text;
};

#define FROM_CLIENT(text)                                                                          \
    {                                                                                              \
        HTTP1_CLIENT, text                                                                         \
    }
#define FROM_SERVER(text)                                                                          \
    {                                                                                              \
        HTTP1_SERVER, text                                                                         \
    }
#define PIECES_MAX 8

/* Plays the pieces, each in parts of `n_part` bytes; piece i is frame i + 1, at i milliseconds.
 * Returns what the last one left unread. */
static size_t play(const struct piece *pieces, size_t n_part, struct http1_facts *facts)
{
    struct guard guard = guard_open();
    struct http1 http1 = {0};
    size_t n_left = 0;

    memset(facts, 0, sizeof(*facts));
    for (size_t i = 0; i < PIECES_MAX && pieces[i].text; i++) {
        struct speech_place place = {.frame = i + 1, .ts_ns = (int64_t)i * 1000000};
        size_t n_text = strlen(pieces[i].text);
        size_t at = 0;

        while (at < n_text) {
            size_t n = n_text - at < n_part ? n_text - at : n_part;
            const uint8_t *bytes = guard_place(&guard, (const uint8_t *)pieces[i].text + at, n);
            size_t n_read = http1_read(&http1, facts, pieces[i].from, bytes, n, &place);

            at += n_read;
            if (n_read < n)
                break;
        }
        n_left = n_text - at;
    }
    guard_close(&guard);
    return n_left;
}

/* Facts of the whole, which any way of cutting must give too. */
static size_t read_all_ways(const struct piece *pieces, struct http1_facts *facts)
{
    size_t n_left = play(pieces, SIZE_MAX, facts);

    for (size_t n_part = 1; n_part < 40; n_part++) {
        struct http1_facts other;

        assert_int_equal(play(pieces, n_part, &other), n_left);
        assert_memory_equal(&other, facts, sizeof(other));
    }
    return n_left;
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void exchanges_are_counted_and_bodies_skipped(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n12\r\n5" GET),
        FROM_SERVER("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                    "6;x=y\r\nHTTP/1\r\nc\r\n 502 Bad\r\n\r\n\r\n0\r\nTrailer: a\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 204 No Content\r\n\r\n"),
        FROM_CLIENT("HEAD /b HTTP/1.1\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
        FROM_CLIENT("\r\n" GET),
        FROM_SERVER("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 304 Not Modified\nETag: x\n\n"),
    };
    struct http1_facts facts;

    (void)state;
    read_all_ways(pieces, &facts);
    assert_int_equal(facts.n_requests, 4);
    assert_int_equal(facts.n_responses, 4);
    assert_int_equal(facts.status, 304);
    assert_int_equal(facts.refusal.status, 0);
    assert_false(facts.is_lost[HTTP1_CLIENT] || facts.is_lost[HTTP1_SERVER]);
    assert_int_equal(facts.answered.frame, 7);
    assert_int_equal(facts.request.frame, 6);
}

static void a_refusal_is_tied_to_its_request(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT(GET),
        FROM_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
        FROM_CLIENT(GET),
        FROM_SERVER("HTTP/1.1 502 Bad Gateway\r\nServer: nginx/1.22.1\r\nContent-Length: 4\r\n\r\n"
                    "abcd"),
        FROM_CLIENT(GET),
        FROM_SERVER("HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\n\r\n"),
    };
    struct http1_facts facts;

    (void)state;
    read_all_ways(pieces, &facts);
    assert_int_equal(facts.refusal.status, 502); /* the first one */
    assert_int_equal(facts.refusal.place.frame, 4);
    assert_int_equal(facts.refusal.place.ts_ns, 3000000);
    assert_int_equal(facts.refusal.asked.frame, 3);
    assert_int_equal(facts.refusal.asked.ts_ns, 2000000);
    assert_int_equal(facts.refusal.author, HTTP_AUTHOR_NGINX);
    assert_string_equal(facts.refusal.words, "Bad Gateway");
}

static void how_far_the_last_message_got_is_known(void **state)
{
    static const struct {
        const char *name, *response;
        enum http1_part part;
        unsigned short_bytes;
    } cases[] = {
        {"counted", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", HTTP1_PART_WHOLE, 0},
        {"a byte short", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", HTTP1_PART_BODY, 1},
        {"up to the close", "HTTP/1.1 200 OK\r\n\r\nab", HTTP1_PART_WHOLE, 0},
        {"no empty line", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", HTTP1_PART_HEAD, 0},
        {"a part of the first line", "HTTP/1.1 20", HTTP1_PART_HEAD, 0},
        {"an interim response alone", "HTTP/1.1 100 Continue\r\n\r\n", HTTP1_PART_WHOLE, 0},
        {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
         HTTP1_PART_WHOLE, 0},
        {"without the line behind the last chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", HTTP1_PART_WHOLE,
         0},
        {"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
         HTTP1_PART_BODY, 2},
        {"between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
         HTTP1_PART_CHUNKS, 0},
        {"a stream of events",
         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
         "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
         HTTP1_PART_WHOLE, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct piece pieces[PIECES_MAX] = {FROM_CLIENT(GET), FROM_SERVER(cases[i].response)};
        struct http1_facts facts;

        read_all_ways(pieces, &facts);
        if (facts.part[HTTP1_SERVER] != cases[i].part || facts.short_bytes != cases[i].short_bytes)
            fail_msg("%s: part %u, %u bytes short", cases[i].name, facts.part[HTTP1_SERVER],
                     (unsigned)facts.short_bytes);
        assert_int_equal(facts.part[HTTP1_CLIENT], HTTP1_PART_WHOLE);
        assert_false(facts.is_unpaired);
    }
}

static void the_last_answer_says_so(void **state)
{
    static const struct {
        const char *response;
        bool is_close_said;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nconnection: upgrade, close\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct piece pieces[PIECES_MAX] = {FROM_CLIENT(GET), FROM_SERVER(cases[i].response)};
        struct http1_facts facts;

        read_all_ways(pieces, &facts);
        assert_int_equal(facts.is_close_said, cases[i].is_close_said);
    }
}

static void answers_pair_with_requests_or_say_that_they_do_not(void **state)
{
    static const struct piece early[PIECES_MAX] = {
        FROM_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), FROM_CLIENT(GET)};
    static const struct piece few[PIECES_MAX] = {FROM_CLIENT(GET GET GET GET)};
    static const struct piece many[PIECES_MAX] = {FROM_CLIENT(GET GET GET GET GET)};
    struct http1_facts facts;

    (void)state;
    read_all_ways(early, &facts);
    assert_true(facts.is_unpaired);
    read_all_ways(few, &facts);
    assert_false(facts.is_unpaired);
    read_all_ways(many, &facts);
    assert_true(facts.is_unpaired);
}

static void each_proxy_is_known_by_its_page(void **state)
{
    static const struct {
        const char *response;
        enum http_author author;
        enum http_upstream upstream;
        const char *words;
    } cases[] = {
        {"HTTP/1.1 503 Service Unavailable\r\nserver: envoy\r\ncontent-length: 91\r\n\r\n"
         "upstream connect error or disconnect/reset before headers. reset reason: connection "
         "failure",
         HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_REFUSED, "connection failure"},
        {"HTTP/1.1 503 Service Unavailable\r\nserver: envoy\r\ncontent-length: 19\r\n\r\n"
         "no healthy upstream",
         HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_ABSENT, "no healthy upstream"},
        {"HTTP/1.1 504 Gateway Timeout\r\nserver: envoy\r\n\r\nupstream request timeout",
         HTTP_AUTHOR_ENVOY, HTTP_UPSTREAM_TIMED_OUT, "upstream request timeout"},
        {"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html><body><h1>503 "
         "Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
         HTTP_AUTHOR_HAPROXY, HTTP_UPSTREAM_ABSENT,
         "No server is available to handle this request"},
        {"HTTP/1.1 502 Bad Gateway\r\nServer: awselb/2.0\r\nContent-Length: 0\r\n\r\n",
         HTTP_AUTHOR_AWS_ELB, HTTP_UPSTREAM_UNSAID, "Bad Gateway"},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
         "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n",
         HTTP_AUTHOR_NGINX, HTTP_UPSTREAM_UNSAID, "Bad Gateway"},
        {"HTTP/1.1 503 Service Unavailable\r\nServer: squid/5.7\r\nX-Squid-Error: "
         "ERR_CONNECT_FAIL 111\r\nVia: 1.1 h (squid)\r\n\r\n",
         HTTP_AUTHOR_SQUID, HTTP_UPSTREAM_REFUSED, "ERR_CONNECT_FAIL"},
        {"HTTP/1.1 503 Backend fetch failed\r\nVia: 1.1 h (Varnish/7.1)\r\nX-Varnish: 2\r\n\r\n"
         "<title>503 Backend fetch failed</title>",
         HTTP_AUTHOR_VARNISH, HTTP_UPSTREAM_REFUSED, "Backend fetch failed"},
        {"HTTP/1.1 503 Service Unavailable\r\nServer: nginxx-like\r\n\r\n", HTTP_AUTHOR_NGINX,
         HTTP_UPSTREAM_UNSAID, "Service Unavailable"},
        {"HTTP/1.1 503 Service Unavailable\r\nServer: gunicorn\r\nX-Server: nginx\r\n\r\nbusy",
         HTTP_AUTHOR_UNKNOWN, HTTP_UPSTREAM_UNSAID, "Service Unavailable"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct piece pieces[PIECES_MAX] = {FROM_CLIENT(GET), FROM_SERVER(cases[i].response)};
        struct http1_facts facts;

        read_all_ways(pieces, &facts);
        assert_int_equal(facts.refusal.author, cases[i].author);
        assert_int_equal(facts.refusal.upstream, cases[i].upstream);
        assert_string_equal(facts.refusal.words, cases[i].words);
    }
}

static void the_words_of_other_pages_name_nobody(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT(GET),
        FROM_SERVER("HTTP/1.1 200 OK\r\nServer: envoy\r\nContent-Length: 19\r\n\r\n"
                    "no healthy upstream"),
        FROM_CLIENT(GET),
        FROM_SERVER("HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"),
    };
    struct http1_facts facts;

    (void)state;
    read_all_ways(pieces, &facts);
    assert_int_equal(facts.refusal.status, 0);
    assert_int_equal(facts.refusal.author, HTTP_AUTHOR_UNKNOWN);
    assert_int_equal(facts.status, 404);
}

static void an_upgrade_to_h2c_ends_http1_at_its_byte(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    "HTTP2-Settings: AAMAAABk\r\n\r\n"),
        FROM_SERVER(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
            "12345"),
    };
    struct http1_facts facts;

    (void)state;
    assert_int_equal(read_all_ways(pieces, &facts), 5);
    assert_int_equal(facts.switched, HTTP_SWITCH_H2C);
    assert_int_equal(facts.n_responses, 0);
}

static void the_preface_behind_the_request_is_the_switch_of_the_client(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    };
    struct http1_facts facts;

    (void)state;
    assert_int_equal(read_all_ways(pieces, &facts), 8);
    assert_int_equal(facts.switched, HTTP_SWITCH_PREFACE);
    assert_int_equal(facts.n_requests, 0);
}

static void an_upgrade_that_is_not_taken_is_forgotten(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    };
    struct http1_facts facts;

    (void)state;
    read_all_ways(pieces, &facts);
    assert_int_equal(facts.switched, HTTP_SWITCH_NONE);
    assert_int_equal(facts.n_responses, 1);
}

static void a_tunnel_is_opaque_from_its_first_byte(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 200 Connection established\r\n\r\n\x16\x03\x03"),
    };
    static const struct piece refused[PIECES_MAX] = {
        FROM_CLIENT("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno"),
    };
    struct http1_facts facts;

    (void)state;
    assert_int_equal(read_all_ways(pieces, &facts), 3);
    assert_int_equal(facts.switched, HTTP_SWITCH_TUNNEL);
    read_all_ways(refused, &facts);
    assert_int_equal(facts.switched, HTTP_SWITCH_NONE);
    assert_int_equal(facts.refusal.status, 407);
}

static void websockets_are_another_protocol(void **state)
{
    static const struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
        FROM_SERVER("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x"),
    };
    struct http1_facts facts;

    (void)state;
    assert_int_equal(read_all_ways(pieces, &facts), 3);
    assert_int_equal(facts.switched, HTTP_SWITCH_OTHER);
}

static void what_is_not_http_is_given_up(void **state)
{
    static const char *const requests[] = {
        "get / HTTP/1.1\r\n", "GET /\r\n",      " HTTP/1.1\r\n",
        "GET / HTTP/2.0\r\n", "\x16\x03\x01\n", "TOO-LONG-A-METHOD-FOR-ONE / HTTP/1.1\r\n",
    };
    static const char *const responses[] = {
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1\r\n",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 20\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    };
    struct http1_facts facts;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct piece pieces[PIECES_MAX] = {FROM_CLIENT(requests[i])};

        read_all_ways(pieces, &facts);
        assert_true(facts.is_lost[HTTP1_CLIENT]);
        assert_int_equal(facts.n_requests, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
        struct piece pieces[PIECES_MAX] = {FROM_CLIENT(GET), FROM_SERVER(responses[i])};

        read_all_ways(pieces, &facts);
        assert_true(facts.is_lost[HTTP1_SERVER]);
        assert_false(facts.is_lost[HTTP1_CLIENT]);
    }
}

static void lines_longer_than_what_is_kept_still_count(void **state)
{
    static char request[HTTP1_TEXT_BYTES + 200];
    struct piece pieces[PIECES_MAX] = {
        FROM_CLIENT(request),
        FROM_SERVER("HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n"),
    };
    struct http1_facts facts;

    (void)state;
    memset(request, 'a', sizeof(request) - 1);
    memcpy(request, "GET /", 5);
    memcpy(request + sizeof(request) - 14, " HTTP/1.1\r\n\r\n", 13);
    read_all_ways(pieces, &facts);
    assert_int_equal(facts.n_requests, 1);
    assert_int_equal(facts.refusal.status, 414);
    assert_int_equal(facts.refusal.asked.frame, 1);
}

static void only_some_statuses_refuse(void **state)
{
    static const uint16_t refusing[] = {400, 407, 408, 413, 414, 421, 426,
                                        429, 431, 502, 503, 504, 520, 526};
    static const uint16_t others[] = {0,   101, 200, 204, 301, 304, 401, 403, 404,
                                      405, 409, 499, 500, 501, 505, 519, 527, 999};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusing); i++)
        assert_true(http_refuses(refusing[i]));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(http_refuses(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_are_counted_and_bodies_skipped),
        cmocka_unit_test(a_refusal_is_tied_to_its_request),
        cmocka_unit_test(how_far_the_last_message_got_is_known),
        cmocka_unit_test(the_last_answer_says_so),
        cmocka_unit_test(answers_pair_with_requests_or_say_that_they_do_not),
        cmocka_unit_test(each_proxy_is_known_by_its_page),
        cmocka_unit_test(the_words_of_other_pages_name_nobody),
        cmocka_unit_test(an_upgrade_to_h2c_ends_http1_at_its_byte),
        cmocka_unit_test(the_preface_behind_the_request_is_the_switch_of_the_client),
        cmocka_unit_test(an_upgrade_that_is_not_taken_is_forgotten),
        cmocka_unit_test(a_tunnel_is_opaque_from_its_first_byte),
        cmocka_unit_test(websockets_are_another_protocol),
        cmocka_unit_test(what_is_not_http_is_given_up),
        cmocka_unit_test(lines_longer_than_what_is_kept_still_count),
        cmocka_unit_test(only_some_statuses_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
