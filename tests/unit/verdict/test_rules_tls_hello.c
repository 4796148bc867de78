/* SPDX-License-Identifier: BSD-2-Clause */
/* ClientHellos that met no TLS, and requests that met it. */
#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

/* ---- situations ---- */

static void first_words(struct factscript *script, enum flow_side side, enum payload_kind kind)
{
    script->note.trail.speech[side].first_kind = (uint8_t)kind;
}

/* The client's only payload is its hello, 1 ms after the handshake. */
static void hello(struct factscript *script)
{
    struct tls_side *client = &script->note.speech.tls.side[TLS_CLIENT];

    script->note.has_speech = true;
    script->note.speech.kind = READER_TLS;
    client->hello = (struct speech_place){4, factscript_ns(script, RTT + 1)};
    client->n_records = 1;
    first_words(script, SIDE_CLIENT, PAYLOAD_TLS_CLIENT_HELLO);
}

static void hello_answered(struct factscript *script)
{
    factscript_closed(script);
    hello(script);
}

static void hello_aborted(struct factscript *script)
{
    factscript_aborted(script);
    hello(script);
}

static void hello_hung_up(struct factscript *script)
{
    factscript_asked(script);
    hello(script);
    factscript_packet(script, "S FA", 2 * RTT + 30);
}

static void hello_unanswered(struct factscript *script)
{
    factscript_asked(script);
    hello(script);
    factscript_judged_after(script, 30000);
}

static void hello_unacknowledged(struct factscript *script)
{
    factscript_connected(script);
    hello(script);
    factscript_packet(script, "C PA +400", RTT + 1);
    factscript_repeat(script, SIDE_CLIENT, 5, RTT + 200, 400);
    factscript_judged_after(script, 30000);
}

static void request_hung_up(struct factscript *script)
{
    factscript_asked(script);
    first_words(script, SIDE_CLIENT, PAYLOAD_HTTP1_REQUEST);
    factscript_packet(script, "S FA", 2 * RTT + 30);
}

static void request_answered(struct factscript *script)
{
    factscript_closed(script);
    first_words(script, SIDE_CLIENT, PAYLOAD_HTTP1_REQUEST);
}

/* ---- changes ---- */

static void server_words(struct factscript *script, int64_t kind)
{
    first_words(script, SIDE_SERVER, (enum payload_kind)kind);
}

static void client_words(struct factscript *script, int64_t kind)
{
    first_words(script, SIDE_CLIENT, (enum payload_kind)kind);
    server_words(script, PAYLOAD_HTTP1_RESPONSE);
}

static void server_hello(struct factscript *script, int64_t kind)
{
    server_words(script, kind);
    script->note.speech.tls.side[TLS_SERVER].hello.frame = 6;
}

static void told(struct factscript *script, int64_t is_tls_wanted)
{
    server_words(script, PAYLOAD_HTTP1_RESPONSE);
    script->note.has_speech = true;
    script->note.speech.kind = READER_HTTP;
    script->note.speech.http.http1.refusal.place.frame = 6;
    script->note.speech.http.http1.refusal.status = 400;
    script->note.speech.http.http1.refusal.is_tls_wanted = is_tls_wanted;
}

static void speaks_tls(struct factscript *script, int64_t ns)
{
    factscript_listener(script)->tls_ns = ns;
}

static void hello_at(struct factscript *script, int64_t at_ms)
{
    script->note.speech.tls.side[TLS_CLIENT].hello.ts_ns = factscript_ns(script, (double)at_ms);
}

static void more_records(struct factscript *script, int64_t n)
{
    script->note.speech.tls.side[TLS_CLIENT].n_records = (uint32_t)n;
}

/* Two packets, of which the capture cut one. */
static void cut(struct factscript *script, int64_t n_data)
{
    script->note.speech.bits[SIDE_CLIENT] |= SPEECH_CUT;
    script->note.facts.side[SIDE_CLIENT].n_data = (uint8_t)n_data;
}

static void client_closes(struct factscript *script, int64_t at_ms)
{
    factscript_packet(script, "C FA", (double)at_ms);
}

static void at_end(struct factscript *script, int64_t value)
{
    (void)value;
    script->note.facts.bits |= FACT_AT_END;
}

static void both_close(struct factscript *script, int64_t after_ms)
{
    factscript_packet(script, "C FA", 8000);
    factscript_packet(script, "S FA", 8000 + (double)after_ms);
}

static void hello_behind_header(struct factscript *script)
{
    hello_answered(script);
    script->note.trail.speech[SIDE_CLIENT].proxy_form = 1;
}

/* ---- tests ---- */

static void tls_meets_plain_text(void **state)
{
    static const struct rule_case cases[] = {
        {"HTTP/1", CERTAIN, hello_answered, server_words, PAYLOAD_HTTP1_RESPONSE, "plain-text"},
        {"HTTP/2", CERTAIN, hello_answered, server_words, PAYLOAD_HTTP2_FRAMES, "plain-text"},
        {"HTTP/1, and a PROXY header before it", LIKELY, hello_behind_header, server_words,
         PAYLOAD_HTTP1_RESPONSE, "plain-text"},
        {"a greeting", CERTAIN, hello_answered, server_words, PAYLOAD_GREETING, "client-hello"},
        {"HTML", CERTAIN, hello_answered, server_words, PAYLOAD_PLAIN_TEXT, "plain-text"},
        {"what nobody knows", NONE, hello_answered, server_words, PAYLOAD_UNKNOWN, NULL},
        {"TLS", NONE, hello_answered, server_words, PAYLOAD_TLS_SERVER_HELLO, NULL},
        {"an alert", NONE, hello_answered, server_words, PAYLOAD_TLS_ALERT, NULL},
        {"a greeting, and TLS after it", NONE, hello_answered, server_hello, PAYLOAD_GREETING,
         NULL},
        {"the client's words were others first", NONE, hello_answered, client_words,
         PAYLOAD_UNKNOWN, NULL},
        {"no TLS at all", NONE, request_answered, server_words, PAYLOAD_HTTP1_RESPONSE, NULL},
    };

    (void)state;
    factscript_check(rule_tls_on_plain_port, cases, ARRAY_LEN(cases));
}

static void plain_text_meets_tls(void **state)
{
    static const struct rule_case cases[] = {
        {"an alert answers", CERTAIN, request_answered, server_words, PAYLOAD_TLS_ALERT,
         "alert-for-answer"},
        {"the answer says it", CERTAIN, request_answered, told, true, "told-to-use-tls"},
        {"the answer says something else", NONE, request_answered, told, false, NULL},
        {"HTTP answers", NONE, request_answered, server_words, PAYLOAD_HTTP1_RESPONSE, NULL},
        {"a close, and the port speaks TLS", LIKELY, request_hung_up, speaks_tls,
         FACTSCRIPT_START_NS, "speaks-tls"},
        {"a close, and nothing is known", NONE, request_hung_up, speaks_tls, NS_NEVER, NULL},
        {"an answer where TLS is spoken", NONE, request_answered, speaks_tls, FACTSCRIPT_START_NS,
         NULL},
        {"a hello, and an alert", NONE, hello_answered, server_words, PAYLOAD_TLS_ALERT, NULL},
    };

    (void)state;
    factscript_check(rule_http_on_tls_port, cases, ARRAY_LEN(cases));
}

static void a_server_hangs_up_on_the_hello(void **state)
{
    static const struct rule_case cases[] = {
        {"by RST", LIKELY, hello_aborted, NULL, 0, "hung-up-on-hello"},
        {"by FIN", LIKELY, hello_hung_up, NULL, 0, "hung-up-on-hello"},
        {"just in time", LIKELY, hello_hung_up, hello_at, 2 * RTT + 30 - 2000, NULL},
        {"too late", NONE, hello_hung_up, hello_at, 2 * RTT + 30 - 2001, NULL},
        {"after it said something", NONE, hello_answered, NULL, 0, NULL},
        {"after more of the client", NONE, hello_aborted, more_records, 2, NULL},
        {"the hello is cut by the snap length", LIKELY, hello_aborted, cut, 1, NULL},
        {"what came after it is cut", NONE, hello_aborted, cut, 2, NULL},
        {"no TLS at all", NONE, factscript_aborted},
        {"it does not", NONE, hello_unanswered},
    };

    (void)state;
    factscript_check(rule_tls_reset_on_hello, cases, ARRAY_LEN(cases));
}

static void a_hello_is_never_answered(void **state)
{
    static const struct rule_case cases[] = {
        {"acknowledged", LIKELY, hello_unanswered, NULL, 0, "hello-acknowledged"},
        {"not acknowledged", POSSIBLE, hello_unacknowledged, NULL, 0, "hello-unanswered"},
        {"the capture ends before the client gives up", POSSIBLE, hello_unanswered, at_end, 0,
         "hello-unanswered"},
        {"the server closes in return", POSSIBLE, hello_unanswered, both_close, 1000, NULL},
        {"the server closes much later", LIKELY, hello_unanswered, both_close, 1001, NULL},
        {"the client waits long enough", LIKELY, hello_unanswered, client_closes, RTT + 1 + 5000,
         NULL},
        {"the client does not wait", NONE, hello_unanswered, client_closes, RTT + 1 + 4999, NULL},
        {"it is answered", NONE, hello_answered, NULL, 0, NULL},
        {"the server hangs up", NONE, hello_aborted, NULL, 0, NULL},
        {"no TLS at all", NONE, factscript_asked},
    };

    (void)state;
    factscript_check(rule_tls_hello_blackhole, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_meets_plain_text),
        cmocka_unit_test(plain_text_meets_tls),
        cmocka_unit_test(a_server_hangs_up_on_the_hello),
        cmocka_unit_test(a_hello_is_never_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
