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

/* Wants c->rst. */
enum case_answer case_answer(const struct verdict_case *c);

/* Time from the answer before to the last request of HTTP/1; 0 where there is no such answer. */
int64_t case_idle_before_request_ns(const struct verdict_case *c);

/* The client completed a TLS handshake and said nothing in it but goodbye: it wanted to know
 * whether there is TLS, as health checks do, and no answer is due. */
bool case_is_tls_unused(const struct verdict_case *c);

/* A RST came in the middle of an answer of HTTP/1. */
bool case_is_cut_by_reset(const struct verdict_case *c);

#endif
