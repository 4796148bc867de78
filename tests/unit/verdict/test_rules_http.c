/* SPDX-License-Identifier: BSD-2-Clause */
/* What HTTP, gRPC and first words refuse; and what only looks like it. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

/* ---- changes ---- */

static struct http_facts *http_of(struct factscript *script)
{
    script->note.has_speech = true;
    script->note.speech.kind = READER_HTTP;
    return &script->note.speech.http;
}

static struct speech_place place(const struct factscript *script, uint64_t frame, double at_ms)
{
    return (struct speech_place){.frame = frame, .ts_ns = factscript_ns(script, at_ms)};
}

/* A status in answer to a request, 30 ms later. */
static void answer(struct factscript *script, int64_t status)
{
    struct http1_facts *http1 = &http_of(script)->http1;

    http1->n_requests = http1->n_responses = 1;
    http1->status = (uint16_t)status;
    http1->refusal.status = (uint16_t)status;
    http1->refusal.asked = place(script, 4, 30);
    http1->refusal.place = http1->answered = place(script, 5, 60);
}

static void answer_unasked(struct factscript *script, int64_t status)
{
    answer(script, status);
    http_of(script)->http1.refusal.asked = (struct speech_place){0};
}

/* A 408 so many ms after the request. */
static void crossed(struct factscript *script, int64_t after_ms)
{
    answer(script, 408);
    http_of(script)->http1.refusal.place = place(script, 5, 30 + (double)after_ms);
}

static void answer_of(struct factscript *script, int64_t author)
{
    answer(script, 503);
    http_of(script)->http1.refusal.author = (uint8_t)author;
}

static void answer_why(struct factscript *script, int64_t upstream)
{
    answer(script, 503);
    http_of(script)->http1.refusal.upstream = (uint8_t)upstream;
}

static void cloudflare(struct factscript *script, int64_t status)
{
    answer(script, status);
    http_of(script)->http1.refusal.author = HTTP_AUTHOR_CLOUDFLARE;
}

static void later_answered(struct factscript *script, int64_t status)
{
    answer(script, status);
    http_of(script)->http1.answered.frame = 9;
}

static void wants_tls(struct factscript *script, int64_t status)
{
    answer(script, status);
    http_of(script)->http1.refusal.is_tls_wanted = true;
}

/* An attempt of the proxy that `begins` ms after the request; its end in the high bits. */
#define LEG(end, begins) ((int64_t)(end) << 32 | (uint32_t)(begins))

static void leg(struct factscript *script, int64_t value)
{
    unsigned server_end = 1u - script->note.client_end;
    struct leg *at = &script->hosts.legs.leg[7];

    answer(script, 502);
    *at = (struct leg){
        .first_frame = 7,
        .first_ns = factscript_ns(script, 30 + (double)(int32_t)value),
        .end_ns = factscript_ns(script, 31 + (double)(int32_t)value),
        .client = script->note.key.addr[server_end],
        .server = {.addr = script->note.key.addr[script->note.client_end], .port = 9},
        .end = (uint8_t)(value >> 32),
    };
}

static void goaway(struct factscript *script, int64_t code)
{
    struct http2_side_facts *side = &http_of(script)->http2.side[SIDE_SERVER];

    side->goaway = place(script, 5, 60);
    side->goaway_code = (uint32_t)code;
    side->goaway_last_stream = 1;
    http_of(script)->http2.last_client_stream = 1;
}

static void client_goaway(struct factscript *script, int64_t code)
{
    struct http2_side_facts *side = &http_of(script)->http2.side[SIDE_CLIENT];

    side->goaway = place(script, 5, 60);
    side->goaway_code = (uint32_t)code;
}

static void reset(struct factscript *script, int64_t code)
{
    struct http2_side_facts *side = &http_of(script)->http2.side[SIDE_SERVER];

    side->reset = place(script, 5, 60);
    side->reset_code = (uint32_t)code;
}

static void peeked(struct factscript *script, int64_t code)
{
    script->note.trail.speech[SIDE_SERVER].goaway_frame = 5;
    script->note.trail.speech[SIDE_SERVER].goaway_code = (uint32_t)code;
}

/* GOAWAY 0 of stream 5; the client opened so many. */
static void opened(struct factscript *script, int64_t last)
{
    goaway(script, 0);
    http_of(script)->http2.side[SIDE_SERVER].goaway_last_stream = 5;
    http_of(script)->http2.last_client_stream = (uint32_t)last;
}

static void grpc(struct factscript *script, int64_t status)
{
    struct http2_facts *http2 = &http_of(script)->http2;

    if (status)
        http2->grpc = place(script, 5, 60);
    http2->grpc_answered = place(script, 5, 60);
    http2->grpc_status = (uint16_t)status;
}

static void grpc_over_http(struct factscript *script, int64_t status)
{
    struct http2_facts *http2 = &http_of(script)->http2;

    http2->refusal.place = place(script, 5, 60);
    http2->refusal.asked = place(script, 4, 30);
    http2->refusal.status = (uint16_t)status;
    http2->is_refusal_grpc = true;
}

static void plain_over_http2(struct factscript *script, int64_t status)
{
    grpc_over_http(script, status);
    http_of(script)->http2.is_refusal_grpc = false;
}

#define KINDS(client, server) ((client) << 8 | (server))

static void kinds(struct factscript *script, int64_t value)
{
    script->note.trail.speech[SIDE_CLIENT].first_kind = (uint8_t)(value >> 8);
    script->note.trail.speech[SIDE_SERVER].first_kind = (uint8_t)value;
}

static void upgraded(struct factscript *script, int64_t value)
{
    kinds(script, value);
    http_of(script)->http1.switched = HTTP_SWITCH_H2C;
}

static void turned_away(struct factscript *script, int64_t protocol)
{
    script->note.has_speech = true;
    script->note.speech.kind = READER_BANNER;
    script->note.speech.banner.protocol = (uint8_t)protocol;
    script->note.speech.banner.refusal = place(script, protocol ? 5 : 0, 60);
}

/* ---- tests ---- */

static void a_proxy_is_told_from_a_server(void **state)
{
    static const struct rule_case cases[] = {
        {"502 is a proxy's", LIKELY, factscript_closed, answer, 502, "http-status"},
        {"504 is a proxy's", LIKELY, factscript_closed, answer, 504},
        {"503 is anybody's", NONE, factscript_closed, answer, 503},
        {"503 of nginx is its own", NONE, factscript_closed, answer_of, HTTP_AUTHOR_NGINX},
        {"503 of Envoy", LIKELY, factscript_closed, answer_of, HTTP_AUTHOR_ENVOY, "written-by"},
        {"503 of a load balancer", LIKELY, factscript_closed, answer_of, HTTP_AUTHOR_AWS_ELB},
        {"503 that says why", LIKELY, factscript_closed, answer_why, HTTP_UPSTREAM_ABSENT},
        {"522 of Cloudflare", LIKELY, factscript_closed, cloudflare, 522},
        {"400 of Cloudflare", NONE, factscript_closed, cloudflare, 400},
        {"over HTTP/2", LIKELY, factscript_closed, plain_over_http2, 502},
        {"to a gRPC request", NONE, factscript_closed, grpc_over_http, 502},
        {"the client resets after it", LIKELY, factscript_answered, answer, 502},
        {"other answers came later, then a reset", POSSIBLE, factscript_forgotten, later_answered,
         502},
        {"other answers came later, and all was well", LIKELY, factscript_closed, later_answered,
         502},
        {"nothing was refused", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_proxy_upstream_refused, cases, ARRAY_LEN(cases));
}

static void the_leg_behind_the_proxy_makes_it_certain(void **state)
{
    static const struct rule_case cases[] = {
        {"refused meanwhile", CERTAIN, factscript_closed, leg, LEG(LEG_REFUSED, 10), "backend-leg"},
        {"rejected meanwhile", CERTAIN, factscript_closed, leg, LEG(LEG_REJECTED, 10)},
        {"unanswered as yet", CERTAIN, factscript_closed, leg, LEG(LEG_WAITING, 10)},
        {"begun with the request", CERTAIN, factscript_closed, leg, LEG(LEG_WAITING, 0)},
        {"begun before the request", LIKELY, factscript_closed, leg, LEG(LEG_WAITING, -1)},
        {"begun with the answer", CERTAIN, factscript_closed, leg, LEG(LEG_WAITING, 30)},
        {"begun behind the answer", LIKELY, factscript_closed, leg, LEG(LEG_WAITING, 31)},
        {"refused behind the answer", LIKELY, factscript_closed, leg, LEG(LEG_REFUSED, 30)},
        {"connected", LIKELY, factscript_closed, leg, LEG(LEG_OPEN, 10)},
        {"closed in order", LIKELY, factscript_closed, leg, LEG(LEG_CLOSED, 10)},
        {"an old one, reset meanwhile", CERTAIN, factscript_closed, leg, LEG(LEG_RESET, -1)},
        {"an old one, reset before", LIKELY, factscript_closed, leg, LEG(LEG_RESET, -2)},
    };

    (void)state;
    factscript_check(rule_proxy_upstream_refused, cases, ARRAY_LEN(cases));
}

static void a_server_refuses_requests_that_were_made(void **state)
{
    static const struct rule_case cases[] = {
        {"too large", CERTAIN, factscript_closed, answer, 413, "http-status"},
        {"malformed", CERTAIN, factscript_closed, answer, 400},
        {"too many", CERTAIN, factscript_closed, answer, 429},
        {"busy", CERTAIN, factscript_closed, answer, 503},
        {"a proxy's", NONE, factscript_closed, answer, 502},
        {"408 to a request under way", CERTAIN, factscript_closed, answer, 408},
        {"408 to nothing", NONE, factscript_closed, answer_unasked, 408},
        {"408 that a request crossed", NONE, factscript_closed, crossed, 19},
        {"408 a round trip after the request", CERTAIN, factscript_closed, crossed, 20},
        {"400 of a port of TLS", NONE, factscript_closed, wants_tls, 400},
        {"other answers came later, then a reset", POSSIBLE, factscript_forgotten, later_answered,
         429},
        {"nothing was refused", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_http_refused, cases, ARRAY_LEN(cases));
}

static void the_two_http_do_not_mix(void **state)
{
    static const struct rule_case cases[] = {
        {"preface to HTTP/1", CERTAIN, factscript_closed, kinds,
         KINDS(PAYLOAD_HTTP2_PREFACE, PAYLOAD_HTTP1_RESPONSE), "client-speaks-http2"},
        {"request to HTTP/2", CERTAIN, factscript_closed, kinds,
         KINDS(PAYLOAD_HTTP1_REQUEST, PAYLOAD_HTTP2_FRAMES), "client-speaks-http1"},
        {"both HTTP/2", NONE, factscript_closed, kinds,
         KINDS(PAYLOAD_HTTP2_PREFACE, PAYLOAD_HTTP2_FRAMES)},
        {"both HTTP/1", NONE, factscript_closed, kinds,
         KINDS(PAYLOAD_HTTP1_REQUEST, PAYLOAD_HTTP1_RESPONSE)},
        {"upgraded", NONE, factscript_closed, upgraded,
         KINDS(PAYLOAD_HTTP1_REQUEST, PAYLOAD_HTTP2_FRAMES)},
        {"an alert in answer", NONE, factscript_closed, kinds,
         KINDS(PAYLOAD_HTTP2_PREFACE, PAYLOAD_TLS_ALERT)},
    };

    (void)state;
    factscript_check(rule_h2_preface_mismatch, cases, ARRAY_LEN(cases));
}

static void each_code_has_its_verdict(void **state)
{
    static const struct {
        factscript_rule rule;
        const char *name;
        int64_t code;
        unsigned by_client;
    } rows[] = {
        {rule_h2_enhance_your_calm, "h2-enhance-your-calm", 11, CERTAIN},
        {rule_h2_inadequate_security, "h2-inadequate-security", 12, CERTAIN},
        {rule_h2_http11_required, "h2-http11-required", 13, CERTAIN},
        {rule_h2_stream_refused, "h2-stream-refused", 7, NONE},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        int64_t code = rows[r].code;
        const struct rule_case cases[] = {
            {rows[r].name, CERTAIN, factscript_closed, goaway, code, "goaway"},
            {"of the client", rows[r].by_client, factscript_closed, client_goaway, code},
            {rows[r].name, CERTAIN, factscript_closed, reset, code, "rst-stream"},
            {rows[r].name, CERTAIN, factscript_closed, peeked, code},
            {"the code below", NONE, factscript_closed, goaway, code - 1},
            {"the code above", NONE, factscript_closed, reset, code == 7 ? 8 : code + 1},
            {"no error", NONE, factscript_closed, goaway, 0},
        };
        const struct rule_case generic = {rows[r].name, NONE, factscript_closed, goaway, code};

        factscript_check(rows[r].rule, cases, ARRAY_LEN(cases));
        factscript_check(rule_h2_goaway, &generic, 1);
    }
}

static void a_goaway_is_an_error_or_a_drain(void **state)
{
    static const struct rule_case cases[] = {
        {"of the server", CERTAIN, factscript_closed, goaway, 1, "goaway"},
        {"of the client", CERTAIN, factscript_closed, client_goaway, 2},
        {"seen in a segment", CERTAIN, factscript_closed, peeked, 1},
        {"of a code that nobody knows", CERTAIN, factscript_closed, goaway, 99},
        {"in order", NONE, factscript_closed, goaway, 0},
        {"a stream's end", NONE, factscript_closed, reset, 1},
        {"none was said", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_h2_goaway, cases, ARRAY_LEN(cases));
}

static void streams_that_a_drain_leaves_out_are_refused(void **state)
{
    static const struct rule_case cases[] = {
        {"the last one is taken", NONE, factscript_closed, opened, 5},
        {"the next one is not", CERTAIN, factscript_closed, opened, 7, "stream-left-out"},
        {"none was opened", NONE, factscript_closed, opened, 0},
    };

    (void)state;
    factscript_check(rule_h2_stream_refused, cases, ARRAY_LEN(cases));
}

static void every_status_of_grpc_but_ok_is_an_error(void **state)
{
    static const struct rule_case cases[] = {
        {"unavailable", CERTAIN, factscript_closed, grpc, 14, "grpc-status"},
        {"cancelled, the first", CERTAIN, factscript_closed, grpc, 1},
        {"of a code that nobody knows", CERTAIN, factscript_closed, grpc, 4711},
        {"ok", NONE, factscript_closed, grpc, 0},
        {"HTTP in the place of gRPC", CERTAIN, factscript_closed, grpc_over_http, 502,
         "http-status"},
        {"HTTP to a plain request", NONE, factscript_closed, plain_over_http2, 502},
        {"nothing was refused", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_grpc_error, cases, ARRAY_LEN(cases));
}

static void datagram(struct factscript *script, int64_t proto)
{
    script->note.key.proto = (uint8_t)proto;
    script->note.trail.slot[TRAIL_CLIENT_LAST].frame = 1;
    if (script->note.trail.icmp.frame)
        script->note.trail.icmp.code = 3;
}

static void prohibited_datagram(struct factscript *script, int64_t proto)
{
    datagram(script, proto);
    script->note.trail.icmp.code = 13;
}

static void a_datagram_is_refused_by_its_error_alone(void **state)
{
    static const struct rule_case cases[] = {
        {"quoted by the error", CERTAIN, factscript_rejected, datagram, 17, "icmp-quotes-datagram"},
        {"prohibited", NONE, factscript_rejected, prohibited_datagram, 17},
        {"a SYN", NONE, factscript_rejected, datagram, 6},
        {"without an error", NONE, factscript_silent, datagram, 17},
    };

    (void)state;
    factscript_check(rule_udp_port_unreachable, cases, ARRAY_LEN(cases));
}

static void first_words_may_refuse(void **state)
{
    static const struct rule_case cases[] = {
        {"of SSH", CERTAIN, factscript_closed, turned_away, BANNER_SSH, "refused-by"},
        {"of Redis", CERTAIN, factscript_closed_unasked, turned_away, BANNER_REDIS},
        {"a greeting", NONE, factscript_closed, turned_away, 0},
        {"HTTP", NONE, factscript_closed, answer, 400},
        {"nothing was read", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_app_banner_refusal, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_is_told_from_a_server),
        cmocka_unit_test(the_leg_behind_the_proxy_makes_it_certain),
        cmocka_unit_test(a_server_refuses_requests_that_were_made),
        cmocka_unit_test(the_two_http_do_not_mix),
        cmocka_unit_test(each_code_has_its_verdict),
        cmocka_unit_test(a_goaway_is_an_error_or_a_drain),
        cmocka_unit_test(streams_that_a_drain_leaves_out_are_refused),
        cmocka_unit_test(every_status_of_grpc_but_ok_is_an_error),
        cmocka_unit_test(first_words_may_refuse),
        cmocka_unit_test(a_datagram_is_refused_by_its_error_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
