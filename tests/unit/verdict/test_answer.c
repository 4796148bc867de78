/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of HTTP/1 that an orderly close leaves without their answer, and what only looks so. */
#include <string.h>

#include "factscript.h"
#include "unit.h"

#define RTT FACTSCRIPT_RTT_MS

static const struct verdict_limits *limits(void)
{
    return verdict_limits_default();
}

/* ---- situations ---- */

static uint32_t end_of(const struct factscript *script, enum flow_side side)
{
    const struct packet_mark *fin =
        &script->note.trail.slot[side == SIDE_CLIENT ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN];

    return fin->frame ? fin->seq + fin->payload_bytes : script->note.facts.side[side].nxt;
}

/* All of it was read: so many requests and answers, the last request at `asked_ms`. */
static void read_all(struct factscript *script, unsigned n_requests, unsigned n_responses,
                     double asked_ms)
{
    const struct packet_mark *request = &script->note.trail.slot[TRAIL_REQUEST];
    struct flow_speech *speech = &script->note.speech;

    script->note.has_speech = true;
    speech->kind = READER_HTTP;
    for (unsigned s = 0; s < SIDE_COUNT; s++)
        speech->next_seq[s] = end_of(script, (enum flow_side)s);
    speech->request_end_seq = request->seq + request->payload_bytes;
    speech->http.http1.n_requests = n_requests;
    speech->http.http1.n_responses = n_responses;
    speech->http.http1.request =
        (struct speech_place){.frame = 9, .ts_ns = factscript_ns(script, asked_ms)};
    speech->http.http1.answered =
        (struct speech_place){.frame = 5, .ts_ns = factscript_ns(script, 2 * RTT)};
}

#define ASKED_AGAIN 300.0 /* ms */

/* The second request; the server takes it. */
static void asked_again(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "C PA +400", ASKED_AGAIN);
    factscript_packet(script, "S A", ASKED_AGAIN + RTT);
}

static void never_answered(struct factscript *script)
{
    asked_again(script);
    factscript_packet(script, "S FA", ASKED_AGAIN + 2 * RTT);
    factscript_packet(script, "C FA", ASKED_AGAIN + 2 * RTT + 1);
    factscript_packet(script, "S A", ASKED_AGAIN + 3 * RTT + 1);
    read_all(script, 2, 1, ASKED_AGAIN);
}

static void answered_again(struct factscript *script)
{
    never_answered(script);
    read_all(script, 2, 2, ASKED_AGAIN);
}

/* The client resets what still comes behind its close. */
static void never_answered_then_reset(struct factscript *script)
{
    asked_again(script);
    factscript_packet(script, "S FA", ASKED_AGAIN + 2 * RTT);
    factscript_rst(script, SIDE_CLIENT, RST_FAMILY_A, ASKED_AGAIN + 2 * RTT + 1);
    read_all(script, 2, 1, ASKED_AGAIN);
}

/* The FIN was under way when the request was sent; the server reads on and says nothing. */
static void crossed(struct factscript *script)
{
    factscript_answered(script);
    factscript_packet(script, "S FA", 3000);
    factscript_packet(script, "C PA +400", 3001);
    script->note.trail.slot[TRAIL_SERVER_FIN].ack = script->note.trail.slot[TRAIL_REQUEST].seq;
    script->note.trail.slot[TRAIL_REQUEST].ack = script->note.trail.slot[TRAIL_SERVER_FIN].seq;
    factscript_packet(script, "S A", 3021);
    factscript_packet(script, "C FA", 3022);
    factscript_packet(script, "S A", 3042);
    script->note.trail.quiet_before_fin_ns[SIDE_SERVER] = limits()->pooled_idle_ns;
    read_all(script, 2, 1, 3001);
}

/* The client waits, and closes first. */
static void left_after(struct factscript *script, double wait_ms)
{
    asked_again(script);
    factscript_packet(script, "C FA", ASKED_AGAIN + wait_ms);
    factscript_packet(script, "S FA", ASKED_AGAIN + wait_ms + RTT);
    factscript_packet(script, "C A", ASKED_AGAIN + wait_ms + RTT + 1);
    read_all(script, 2, 1, ASKED_AGAIN);
}

static void left(struct factscript *script)
{
    left_after(script, (double)limits()->hang_up_ns / 1e6);
}

/* And the server answers the close by a RST. */
static void left_and_reset(struct factscript *script)
{
    asked_again(script);
    factscript_packet(script, "C FA", 2000);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_A, 2000 + RTT);
    read_all(script, 2, 1, ASKED_AGAIN);
}

static void left_and_unknown(struct factscript *script)
{
    asked_again(script);
    factscript_packet(script, "C FA", 2000);
    factscript_rst(script, SIDE_SERVER, RST_FAMILY_B2, 2000 + RTT);
    read_all(script, 2, 1, ASKED_AGAIN);
}

static void left_at_once(struct factscript *script)
{
    left_after(script, (double)limits()->hang_up_ns / 1e6 - 1);
}

/* ---- changes ---- */

static void part_of_server(struct factscript *script, int64_t part)
{
    script->note.speech.http.http1.part[HTTP1_SERVER] = (uint8_t)part;
}

static void part_of_client(struct factscript *script, int64_t part)
{
    script->note.speech.http.http1.part[HTTP1_CLIENT] = (uint8_t)part;
}

static void close_was_said(struct factscript *script, int64_t unused)
{
    script->note.speech.http.http1.is_close_said = true;
}

static void unpaired(struct factscript *script, int64_t unused)
{
    script->note.speech.http.http1.is_unpaired = true;
}

static void lost(struct factscript *script, int64_t side)
{
    script->note.speech.http.http1.is_lost[side] = true;
}

static void bits_of_server(struct factscript *script, int64_t bits)
{
    script->note.speech.bits[SIDE_SERVER] = (uint8_t)bits;
}

static void bits_of_client(struct factscript *script, int64_t bits)
{
    script->note.speech.bits[SIDE_CLIENT] = (uint8_t)bits;
}

/* Bytes before the FIN were not captured. */
static void unread(struct factscript *script, int64_t side)
{
    script->note.speech.next_seq[side]--;
}

static void switched(struct factscript *script, int64_t to)
{
    script->note.speech.http.http1.switched = (uint8_t)to;
}

static void frames_of_http2(struct factscript *script, int64_t frame)
{
    script->note.speech.http.http2.side[HTTP2_SERVER].settings.frame = (uint64_t)frame;
}

/* The FIN acknowledges all but a byte of the request. */
static void not_taken(struct factscript *script, int64_t unused)
{
    script->note.trail.slot[TRAIL_SERVER_FIN].ack--;
}

/* So long after the answer before it, and the FIN as soon as it can come. */
static void after_idle(struct factscript *script, int64_t ns)
{
    struct flow_trail *trail = &script->note.trail;

    script->note.speech.http.http1.answered.ts_ns =
        script->note.speech.http.http1.request.ts_ns - limits()->pooled_idle_ns - ns;
    trail->slot[TRAIL_SERVER_FIN].ts_ns = trail->slot[TRAIL_REQUEST].ts_ns + RTT * NS_PER_MS;
}

static void short_idle(struct factscript *script, int64_t unused)
{
    script->note.trail.quiet_before_fin_ns[SIDE_SERVER] = limits()->pooled_idle_ns - 1;
    script->note.speech.http.http1.answered.ts_ns = script->note.speech.http.http1.request.ts_ns;
}

static void sent_knowingly(struct factscript *script, int64_t unused)
{
    script->note.trail.slot[TRAIL_REQUEST].ack++;
}

static void fin_later(struct factscript *script, int64_t ns)
{
    struct flow_trail *trail = &script->note.trail;

    trail->slot[TRAIL_SERVER_FIN].ts_ns =
        trail->slot[TRAIL_REQUEST].ts_ns + limits()->accept_close_ns + ns;
}

/* ---- tests ---- */

static void a_request_that_the_server_took_is_owed_an_answer(void **state)
{
    static const struct rule_case cases[] = {
        {"it closes instead", LIKELY, never_answered, .reason = "request-unanswered"},
        {"the client resets behind that", LIKELY, never_answered_then_reset},
        {"after just so long", LIKELY, never_answered, fin_later},
        {"after longer", POSSIBLE, never_answered, fin_later, 1, "not-at-once"},
        {"it closes in its header", LIKELY, never_answered, part_of_server, HTTP1_PART_HEAD,
         "answer-cut"},
        {"it closes in its body", LIKELY, answered_again, part_of_server, HTTP1_PART_BODY,
         "answer-cut"},
        {"it closes before the last chunk", LIKELY, answered_again, part_of_server,
         HTTP1_PART_CHUNKS, "answer-cut"},
        {"idle before, and the FIN as soon as it can come", POSSIBLE, never_answered, after_idle, 0,
         "idle-before"},
        {"less idle before", LIKELY, never_answered, after_idle, -1},
        {"answered", NONE, answered_again},
        {"the answer before said that it is the last", NONE, never_answered, close_was_said},
        {"requests and answers do not pair", NONE, never_answered, unpaired},
        {"the client's side is no HTTP", NONE, never_answered, lost, HTTP1_CLIENT},
        {"the server's side is no HTTP", NONE, never_answered, lost, HTTP1_SERVER},
        {"the capture lacks bytes of the server", NONE, never_answered, bits_of_server, SPEECH_GAP},
        {"and of the client", NONE, never_answered, bits_of_client, SPEECH_CUT},
        {"reading began late", NONE, never_answered, bits_of_server, SPEECH_LATE},
        {"what came before the FIN was not captured", NONE, never_answered, unread, SIDE_SERVER},
        {"what the client said last was not captured", NONE, never_answered, unread, SIDE_CLIENT},
        {"it became a tunnel", NONE, never_answered, switched, HTTP_SWITCH_TUNNEL},
        {"the server speaks HTTP/2", NONE, never_answered, frames_of_http2, 5},
        {"it became something else", NONE, never_answered, switched, HTTP_SWITCH_OTHER},
        {"an upgrade was asked for in vain", LIKELY, never_answered, switched,
         HTTP_SWITCH_H2C_ASKED},
        {"the server did not have all of it", NONE, never_answered, not_taken},
        {"the client closed first", NONE, left},
        {"nothing was read", NONE, factscript_closed},
    };

    (void)state;
    factscript_check(rule_accept_then_close, cases, ARRAY_LEN(cases));
}

static void a_request_that_crosses_the_close_is_a_pools_mistake(void **state)
{
    static const struct rule_case stale[] = {
        {"after just so long a pause", LIKELY, crossed, .reason = "server-closed-first"},
        {"after a shorter one", NONE, crossed, short_idle},
        {"the server had it", NONE, never_answered},
        {"the client had seen the close", NONE, crossed, sent_knowingly},
        {"the answer before said that it is the last", NONE, crossed, close_was_said},
    };
    static const struct rule_case late[] = {
        {"without a pause", LIKELY, crossed, short_idle, 0, "server-closed-first"},
        {"after a pause", NONE, crossed},
        {"the server had it", NONE, never_answered},
    };

    (void)state;
    factscript_check(rule_stale_pooled_connection, stale, ARRAY_LEN(stale));
    factscript_check(rule_late_data_after_close, late, ARRAY_LEN(late));
}

static void a_client_that_waited_in_vain_hung_up(void **state)
{
    static const struct rule_case cases[] = {
        {"just so long", LIKELY, left, .reason = "client-closes"},
        {"the server's program resets then", LIKELY, left_and_reset, .reason = "client-closes"},
        {"the server's host does not know the connection", NONE, left_and_unknown},
        {"less: it did not want to know", NONE, left_at_once},
        {"in its own request", NONE, left, part_of_client, HTTP1_PART_BODY},
        {"when the answer had begun", NONE, left, part_of_server, HTTP1_PART_HEAD},
        {"requests and answers do not pair", NONE, left, unpaired},
        {"the server closed first", NONE, never_answered},
        {"answered", NONE, answered_again},
    };

    (void)state;
    factscript_check(rule_client_abort, cases, ARRAY_LEN(cases));
}

/* ---- HTTP/2 ---- */

/* The client's second stream; the server said something on the first alone. */
static void stream_unanswered(struct factscript *script)
{
    struct http_facts *http = &script->note.speech.http;

    never_answered(script);
    memset(http, 0, sizeof(*http));
    http->http1.switched = HTTP_SWITCH_PREFACE;
    http->http2.has_preface = true;
    http->http2.side[HTTP2_SERVER].settings.frame = 5;
    http->http2.last_client_stream = 3;
    http->http2.last_server_stream = 1;
}

static void server_said_on(struct factscript *script, int64_t stream)
{
    script->note.speech.http.http2.last_server_stream = (uint32_t)stream;
}

static void client_dropped(struct factscript *script, int64_t stream)
{
    script->note.speech.http.http2.last_dropped_stream = (uint32_t)stream;
    script->note.speech.http.http2.dropped.frame = 6;
}

static void client_dropped_late(struct factscript *script, int64_t stream)
{
    client_dropped(script, stream);
    script->note.speech.http.http2.dropped.frame =
        script->note.trail.slot[TRAIL_SERVER_FIN].frame + 1;
}

static void drained_at(struct factscript *script, int64_t last_stream)
{
    struct http2_side_facts *server = &script->note.speech.http.http2.side[HTTP2_SERVER];

    server->goaway.frame = 8;
    server->goaway_last_stream = (uint32_t)last_stream;
}

static void goaway_with_error(struct factscript *script, int64_t code)
{
    drained_at(script, 3);
    script->note.speech.http.http2.side[HTTP2_SERVER].goaway_code = (uint32_t)code;
}

static void lost_http2(struct factscript *script, int64_t side)
{
    script->note.speech.http.http2.side[side].is_lost = true;
}

static void a_stream_of_http2_is_owed_an_answer(void **state)
{
    static const struct rule_case cases[] = {
        {"the server closes instead", LIKELY, stream_unanswered, .reason = "request-unanswered"},
        {"it had begun to answer", NONE, stream_unanswered, server_said_on, 3},
        {"the client had given it up", NONE, stream_unanswered, client_dropped, 3},
        {"the client gives it up behind the close", LIKELY, stream_unanswered, client_dropped_late,
         3},
        {"it takes the stream and goes away", LIKELY, stream_unanswered, drained_at, 3},
        {"it leaves the stream out", NONE, stream_unanswered, drained_at, 1},
        {"it says which error", NONE, stream_unanswered, goaway_with_error, 2},
        {"the server did not have it", NONE, stream_unanswered, not_taken},
        {"its frames could not be read", NONE, stream_unanswered, lost_http2, HTTP2_SERVER},
        {"the capture lacks bytes", NONE, stream_unanswered, bits_of_server, SPEECH_GAP},
    };

    (void)state;
    factscript_check(rule_accept_then_close, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_the_server_took_is_owed_an_answer),
        cmocka_unit_test(a_request_that_crosses_the_close_is_a_pools_mistake),
        cmocka_unit_test(a_client_that_waited_in_vain_hung_up),
        cmocka_unit_test(a_stream_of_http2_is_owed_an_answer),
    };

    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
