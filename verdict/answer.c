/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See answer.h. Requests of HTTP/1 that an orderly close left without their answer. Only where all
 * bytes of both sides were read, so that what was not seen was not said.
 */
#include "verdict/case.h"

static enum trail_slot fin_slot(enum flow_side side)
{
    return side == SIDE_CLIENT ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN;
}

/* Up to its FIN, or to the last byte that it sent. */
static bool is_read_to_end(const struct verdict_case *c, enum flow_side side)
{
    const struct packet_mark *fin = case_slot(c, fin_slot(side));
    uint32_t end = fin->frame ? fin->seq + fin->payload_bytes : case_side(c, side)->nxt;

    return case_is_all_read(c, side) && !(c->speech->bits[side] & SPEECH_LATE) &&
           c->speech->next_seq[side] == end;
}

/* One of them spoke HTTP/2. */
static bool is_mixed(const struct http2_facts *http2)
{
    return http2->has_preface || http2->side[HTTP2_SERVER].settings.frame ||
           http2->side[HTTP2_SERVER].is_lost;
}

/* What was read of both sides, where requests and answers can be paired by it; else NULL. */
static const struct http1_facts *paired(const struct verdict_case *c)
{
    const struct http1_facts *http1 = &c->speech->http.http1;

    if (c->speech->kind != READER_HTTP || http1->n_requests == 0 || http1->is_unpaired ||
        http1->is_lost[HTTP1_CLIENT] || http1->is_lost[HTTP1_SERVER] ||
        http1->switched > HTTP_SWITCH_H2C_ASKED || is_mixed(&c->speech->http.http2) ||
        !is_read_to_end(c, SIDE_CLIENT) || !is_read_to_end(c, SIDE_SERVER))
        return NULL;
    return http1;
}

static bool is_first_to_close(const struct verdict_case *c, enum flow_side side)
{
    const struct packet_mark *own = case_slot(c, fin_slot(side));
    const struct packet_mark *other = case_slot(c, fin_slot(side_other(side)));

    return own->frame && (!other->frame || own->frame < other->frame) &&
           !(c->rst && c->rst->mark.frame < own->frame);
}

/* The server's FIN acknowledges all of the last request that it had seen. */
static bool is_request_taken(const struct verdict_case *c)
{
    return !seq_after(c->speech->request_end_seq, case_slot(c, TRAIL_SERVER_FIN)->ack);
}

/* The client sent it when it had not seen the FIN. One that knows of half a close may go on. */
static bool is_sent_blindly(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    return !seq_after(case_slot(c, TRAIL_REQUEST)->ack, fin->seq + fin->payload_bytes);
}

/* For how long the connection had lain idle when its last request came. */
int64_t case_idle_before_request_ns(const struct verdict_case *c)
{
    const struct http1_facts *http1 = &c->speech->http.http1;

    if (c->speech->kind != READER_HTTP || !http1->answered.frame ||
        http1->request.frame < http1->answered.frame)
        return 0;
    return ns_since(http1->answered.ts_ns, http1->request.ts_ns);
}

static enum case_answer of_closing_server(const struct verdict_case *c,
                                          const struct http1_facts *http1)
{
    if (http1->part[HTTP1_SERVER] != HTTP1_PART_WHOLE)
        return ANSWER_CUT;
    /* It said that there would be no more answers: what was asked behind that is asked again. */
    if (http1->n_requests <= http1->n_responses || http1->is_close_said)
        return ANSWER_DONE;
    if (is_request_taken(c))
        return ANSWER_MISSING;
    return c->rst || http1->n_responses == 0 || http1->n_requests - http1->n_responses > 1 ||
                   !is_sent_blindly(c)
               ? ANSWER_DONE
               : ANSWER_CROSSED;
}

/* The server's host does not know the connection: it was not slow, it was not there. */
static bool is_unknown_to_server(const struct verdict_case *c)
{
    return case_reset_by(c, SIDE_SERVER) && c->rst->family != RST_FAMILY_A &&
           !c->rst->sender_had_fin;
}

/* The server has closed as well, or time has shown that it will not answer. */
static bool is_settled(const struct verdict_case *c)
{
    return case_slot(c, TRAIL_SERVER_FIN)->frame || c->rst || !case_has(c, FACT_AT_END);
}

static enum case_answer of_closing_client(const struct verdict_case *c,
                                          const struct http1_facts *http1)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_CLIENT_FIN);

    /* A client that closes as soon as it has asked does not want to know. */
    if (http1->n_requests <= http1->n_responses || http1->part[HTTP1_CLIENT] != HTTP1_PART_WHOLE ||
        http1->part[HTTP1_SERVER] != HTTP1_PART_WHOLE || http1->is_close_said ||
        case_unacked_bytes(c, SIDE_CLIENT) > 0 || is_unknown_to_server(c) || !is_settled(c) ||
        ns_since(http1->request.ts_ns, fin->ts_ns) < c->limits->hang_up_ns)
        return ANSWER_DONE;
    return ANSWER_ABANDONED;
}

/* The server closes with HTTP/2, and its last word is not that it leaves streams out, or an error:
 * those have verdicts of their own. The newest request has no byte of an answer. */
static bool is_stream_unanswered(const struct verdict_case *c)
{
    const struct http2_facts *http2 = &c->speech->http.http2;
    const struct http2_side_facts *server = &http2->side[HTTP2_SERVER];
    bool is_left_out =
        server->goaway.frame && (server->goaway_code != HTTP2_NO_ERROR ||
                                 server->goaway_last_stream < http2->last_client_stream);
    /* A client that sees the close gives up what is left, too. */
    bool is_dropped = http2->last_client_stream <= http2->last_dropped_stream &&
                      http2->dropped.frame < case_slot(c, TRAIL_SERVER_FIN)->frame;

    return c->speech->kind == READER_HTTP && http2->has_preface && server->settings.frame &&
           http2->last_client_stream > http2->last_server_stream && !is_dropped && !is_left_out &&
           !server->is_lost && !http2->side[HTTP2_CLIENT].is_lost &&
           is_read_to_end(c, SIDE_CLIENT) && is_read_to_end(c, SIDE_SERVER) &&
           is_first_to_close(c, SIDE_SERVER) && is_request_taken(c);
}

enum case_answer case_answer(const struct verdict_case *c)
{
    const struct http1_facts *http1 = paired(c);

    if (!case_has(c, FACT_SYNACK_SEEN))
        return ANSWER_DONE;
    if (!http1)
        return is_stream_unanswered(c) ? ANSWER_MISSING : ANSWER_DONE;
    if (is_first_to_close(c, SIDE_SERVER))
        return of_closing_server(c, http1);
    if (is_first_to_close(c, SIDE_CLIENT))
        return of_closing_client(c, http1);
    return ANSWER_DONE;
}

bool case_is_cut_by_reset(const struct verdict_case *c)
{
    const struct http1_facts *http1 = &c->speech->http.http1;

    return c->rst && c->speech->kind == READER_HTTP && case_is_all_read(c, SIDE_SERVER) &&
           !http1->is_unpaired && !http1->is_lost[HTTP1_SERVER] &&
           (http1->part[HTTP1_SERVER] == HTTP1_PART_HEAD ||
            http1->part[HTTP1_SERVER] == HTTP1_PART_BODY) &&
           !case_slot(c, TRAIL_SERVER_FIN)->frame && !case_slot(c, TRAIL_CLIENT_FIN)->frame;
}

static bool is_handshake_complete(const struct tls_facts *tls)
{
    const struct tls_side *client = &tls->side[TLS_CLIENT], *server = &tls->side[TLS_SERVER];

    if (!server->hello.frame || client->alert.frame || server->alert.frame)
        return false;
    if (tls->version == TLS_VERSION_1_3)
        return client->bits & TLS_FINISHED && !(client->bits & TLS_EARLY_DATA);
    return client->bits & server->bits & TLS_CHANGED_CIPHER;
}

bool case_is_tls_unused(const struct verdict_case *c)
{
    uint32_t end = c->client->nxt - (c->client->bits & SIDE_FIN_SEEN ? 1 : 0);
    int32_t n_unread = seq_distance(c->speech->next_seq[SIDE_CLIENT], end);

    /* What the reader left unread is at most a close_notify. */
    return c->speech->kind == READER_TLS && is_handshake_complete(c->tls) &&
           c->tls->side[TLS_CLIENT].n_said == 0 && case_is_all_read(c, SIDE_CLIENT) &&
           n_unread >= 0 && (uint32_t)n_unread <= c->limits->close_noise_bytes;
}

static bool is_one_short_answer(const struct verdict_case *c)
{
    const struct tls_side *server = &c->tls->side[TLS_SERVER];

    return (server->n_said == 1 ||
            (server->n_unlike == 1 && server->last_said_bytes != server->first_said_bytes)) &&
           server->last_said_bytes >= c->limits->refusal_least_bytes &&
           server->last_said_bytes <= c->limits->refusal_most_bytes;
}

bool case_is_refused_inside(const struct verdict_case *c)
{
    const struct tls_side *client = &c->tls->side[TLS_CLIENT], *server = &c->tls->side[TLS_SERVER];
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    return client->bits & TLS_NO_CERTIFICATE && is_handshake_complete(c->tls) &&
           client->n_said == 1 && is_one_short_answer(c) && case_is_all_read(c, SIDE_SERVER) &&
           server->sealed_alert.frame && is_first_to_close(c, SIDE_SERVER) &&
           ns_since(server->sealed_alert.ts_ns, fin->ts_ns) <= c->limits->tls_close_ns;
}

bool case_is_hung_up_on_flight(const struct verdict_case *c)
{
    const struct tls_side *client = &c->tls->side[TLS_CLIENT], *server = &c->tls->side[TLS_SERVER];
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);

    return c->tls->version == TLS_VERSION_1_3 && is_handshake_complete(c->tls) &&
           client->bits & TLS_NO_CERTIFICATE && server->n_said == 0 &&
           !server->sealed_alert.frame && case_is_all_read(c, SIDE_SERVER) &&
           is_first_to_close(c, SIDE_SERVER) &&
           ns_since(server->hello.ts_ns, fin->ts_ns) <= c->limits->tls_close_ns + c->rtt_ns;
}

bool case_is_closed_unanswered(const struct verdict_case *c)
{
    const struct packet_mark *fin = case_slot(c, TRAIL_SERVER_FIN);
    const struct packet_mark *client_fin = case_slot(c, TRAIL_CLIENT_FIN);
    const struct packet_mark *request = case_slot(c, TRAIL_REQUEST);

    return case_has(c, FACT_SYNACK_SEEN) && !case_has_server_spoken(c) && request->frame &&
           request->frame < fin->frame && !(client_fin->frame && client_fin->frame < fin->frame) &&
           case_unacked_bytes(c, SIDE_CLIENT) == 0;
}
