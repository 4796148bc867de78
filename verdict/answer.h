/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether HTTP/1 shows that a close left a request without its answer. Private to verdict/. */
#ifndef VERDICT_ANSWER_H
#define VERDICT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct verdict_case;

/* What became of the last request of HTTP/1 at an orderly close. */
enum case_answer {
    ANSWER_DONE,     /* it was answered, or nothing can be said */
    ANSWER_MISSING,  /* the server had it and closed without a byte of an answer */
    ANSWER_CUT,      /* the server closed in the middle of the answer */
    ANSWER_CROSSED,  /* the server closed before it had it, and drew no RST */
    ANSWER_ABANDONED /* the client waited, and closed before a byte of an answer */
};

/* The server closes, though the client asked and it never said a byte. */
bool case_is_closed_unanswered(const struct verdict_case *c);

/* Wants c->rst. */
enum case_answer case_answer(const struct verdict_case *c);

/* Time from the answer before to the last request of HTTP/1; 0 where there is no such answer. */
int64_t case_idle_before_request_ns(const struct verdict_case *c);

/* The client completed a TLS handshake and said nothing in it but goodbye: it wanted to know
 * whether there is TLS, as health checks do, and no answer is due. */
bool case_is_tls_unused(const struct verdict_case *c);

/* A client that had no certificate to show asked once, and all that the server said to it within
 * TLS is one record as long as a page that refuses, and goodbye (VERDICTS.md 9.1, nginx). */
bool case_is_refused_inside(const struct verdict_case *c);

/* TLS 1.3: the client had no certificate to show, and the server closes when it has the client's
 * flight, without an alert, as gRPC does. */
bool case_is_hung_up_on_flight(const struct verdict_case *c);

/* A RST came in the middle of an answer of HTTP/1. */
bool case_is_cut_by_reset(const struct verdict_case *c);

#endif
