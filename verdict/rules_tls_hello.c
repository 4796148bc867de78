/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHellos that met no TLS: the other side speaks plain text, hangs up, or says nothing
 * (VERDICTS.md 13.6). What the peers then do is clean-up.
 */
#include "verdict/case.h"

static uint8_t first_kind(const struct verdict_case *c, enum flow_side side)
{
    return c->trail->speech[side].first_kind;
}

/* ---- TLS on one side only ---- */

static bool is_plain_text(uint8_t kind)
{
    return kind == PAYLOAD_HTTP1_RESPONSE || kind == PAYLOAD_HTTP2_FRAMES ||
           kind == PAYLOAD_GREETING || kind == PAYLOAD_PLAIN_TEXT;
}

/* Behind other words of the client (STARTTLS, CONNECT) a ClientHello is no mistake. */
enum confidence rule_tls_on_plain_port(const struct verdict_case *c, struct ruling *ruling)
{
    if (first_kind(c, SIDE_CLIENT) != PAYLOAD_TLS_CLIENT_HELLO ||
        !is_plain_text(first_kind(c, SIDE_SERVER)) || c->tls->side[TLS_SERVER].hello.frame)
        return CONFIDENCE_NONE;
    because(ruling, "client-hello", case_slot(c, TRAIL_CLIENT_DATA)->frame,
            "the client begins TLS");
    because(ruling, "plain-text", case_slot(c, TRAIL_SERVER_DATA)->frame,
            "the server's first words are plain text");
    /* A TLS port that expects no PROXY header answers one in plain text, too. */
    return c->trail->speech[SIDE_CLIENT].proxy_form == PROXY_NONE ? CONFIDENCE_CERTAIN
                                                                  : CONFIDENCE_LIKELY;
}

static bool is_http_request(uint8_t kind)
{
    return kind == PAYLOAD_HTTP1_REQUEST || kind == PAYLOAD_HTTP2_PREFACE;
}

/* nginx, Apache and Go say it in words. */
static const struct http_refusal *told_to_use_tls(const struct verdict_case *c)
{
    const struct http_refusal *refusal = &c->speech->http.http1.refusal;

    return c->speech->kind == READER_HTTP && refusal->is_tls_wanted ? refusal : NULL;
}

/* A listener that spoke TLS to others hangs up on the request without a byte. */
static bool is_hung_up_by_tls(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_CLOSED_EARLY && c->listener->tls_ns != NS_NEVER;
}

enum confidence rule_http_on_tls_port(const struct verdict_case *c, struct ruling *ruling)
{
    const struct http_refusal *told = told_to_use_tls(c);

    if (!is_http_request(first_kind(c, SIDE_CLIENT)))
        return CONFIDENCE_NONE;
    if (told) {
        because(ruling, "told-to-use-tls", told->place.frame,
                "the server says that the port wants HTTPS");
        return CONFIDENCE_CERTAIN;
    }
    if (first_kind(c, SIDE_SERVER) == PAYLOAD_TLS_ALERT) {
        because(ruling, "alert-for-answer", case_slot(c, TRAIL_SERVER_DATA)->frame,
                "a TLS alert answers the HTTP request");
        return CONFIDENCE_CERTAIN;
    }
    if (!is_hung_up_by_tls(c))
        return CONFIDENCE_NONE;
    because(ruling, "speaks-tls", 0, "the port speaks TLS in other connections");
    return CONFIDENCE_LIKELY;
}

/* ---- a hello without an answer ---- */

/* When the server hung up; NS_NEVER. */
static int64_t hung_up_ns(const struct verdict_case *c, uint64_t *frame)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    if (case_reset_by(c, SIDE_SERVER)) {
        *frame = c->rst->mark.frame;
        return c->rst->mark.ts_ns;
    }
    *frame = fin->frame;
    return fin->frame ? fin->ts_ns : NS_NEVER;
}

/* It is all that the client said, and the server has not said a byte. */
static bool is_only_hello(const struct verdict_case *c)
{
    return first_kind(c, SIDE_CLIENT) == PAYLOAD_TLS_CLIENT_HELLO && c->server->n_data == 0 &&
           c->tls->side[TLS_CLIENT].hello.frame && c->tls->side[TLS_CLIENT].n_records <= 1 &&
           (c->client->n_data == 1 || case_is_all_read(c, SIDE_CLIENT));
}

enum confidence rule_tls_reset_on_hello(const struct verdict_case *c, struct ruling *ruling)
{
    int64_t hello_ns = c->tls->side[TLS_CLIENT].hello.ts_ns;
    int64_t within_ns =
        4 * c->rtt_ns > c->limits->hello_reset_ns ? 4 * c->rtt_ns : c->limits->hello_reset_ns;
    uint64_t frame;
    int64_t ns = hung_up_ns(c, &frame);
    bool is_client_first =
        case_slot(c, TRAIL_CLIENT_FIN)->frame != 0 && case_slot(c, TRAIL_CLIENT_FIN)->frame < frame;

    if (!is_only_hello(c) || ns == NS_NEVER || ns < hello_ns || ns - hello_ns > within_ns ||
        is_client_first)
        return CONFIDENCE_NONE;
    because(ruling, "hung-up-on-hello", frame, "%.0f ms after the ClientHello, without a byte",
            case_ms(ns_since(hello_ns, ns)));
    return CONFIDENCE_LIKELY;
}

/* The end of the wait for an answer: somebody closed, or the judgment. */
static int64_t waited_until_ns(const struct verdict_case *c)
{
    const struct packet_mark *client_fin = case_slot(c, TRAIL_CLIENT_FIN);
    uint64_t frame;
    int64_t ns = hung_up_ns(c, &frame);

    if (client_fin->frame && (ns == NS_NEVER || client_fin->ts_ns < ns))
        ns = client_fin->ts_ns;
    if (case_reset_by(c, SIDE_CLIENT) && (ns == NS_NEVER || c->rst->mark.ts_ns < ns))
        ns = c->rst->mark.ts_ns;
    return ns == NS_NEVER ? c->now_ns : ns;
}

/* The server's program answers the client's close at once: it reads, and stays silent by choice, as
 * a front does that still waits for what is behind it. */
static bool is_program_alive(const struct verdict_case *c)
{
    const struct packet_mark *client = case_slot(c, TRAIL_CLIENT_FIN);
    const struct packet_mark *server = case_slot(c, TRAIL_SERVER_FIN);

    return client->frame && server->frame > client->frame &&
           ns_since(client->ts_ns, server->ts_ns) <= c->limits->tls_close_ns;
}

/* Whether it is sure that nobody took the hello, and that the client did not get what it waited
 * for. Unacknowledged, it may as well be the path or the listener that took nothing. */
static bool is_given_up(const struct verdict_case *c)
{
    return case_unacked_bytes(c, SIDE_CLIENT) == 0 && !is_program_alive(c) &&
           (case_slot(c, TRAIL_CLIENT_FIN)->frame || c->rst || !case_has(c, FACT_AT_END));
}

enum confidence rule_tls_hello_blackhole(const struct verdict_case *c, struct ruling *ruling)
{
    const struct speech_place *hello = &c->tls->side[TLS_CLIENT].hello;
    int64_t waited_ns = ns_since(hello->ts_ns, waited_until_ns(c));

    if (!is_only_hello(c) || waited_ns < c->limits->hello_silence_ns ||
        !case_has(c, FACT_SYNACK_SEEN))
        return CONFIDENCE_NONE;
    because(ruling, "hello-unanswered", hello->frame, "%u bytes, no answer for %.1f s",
            c->tls->hello_bytes, case_seconds(waited_ns));
    if (!is_given_up(c))
        return CONFIDENCE_POSSIBLE;
    because(ruling, "hello-acknowledged", 0, "the server's host has it");
    return CONFIDENCE_LIKELY;
}
