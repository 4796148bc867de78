/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts of each verdict: templates in tables, and the terms that fill them.
 *
 * `{server}` in a template stands for a term (explain_terms.c): with an event it is that event's
 * value, without one (in the docs) a placeholder such as ADDR:PORT. Braces around anything else
 * stay as they are.
 *
 * Rules for the texts: numbers before words; no adjective without a number; "may", "possible",
 * "likely" and "certain" are grades of confidence and stand for nothing else; a command is
 * complete and changes nothing.
 */
#ifndef VERDICT_EXPLAIN_WORDS_H
#define VERDICT_EXPLAIN_WORDS_H

#include "verdict/explain.h"

struct step_words {
    /* As in struct next_step, and two that the event resolves: "reporter" (the sender of the ICMP
     * error: server or router) and "ender" (who sent the RST: server or client). */
    const char *where;
    const char *cmd, *why;
};

struct verdict_words {
    const char *message; /* one sentence with both ends */
    const char *brief;   /* at most 44 cells: the dashboard's "Latest" */
    const char *meaning; /* two to four sentences about this event */
    const char *doc;     /* what is on the wire, and what else it could be; no terms */
    const char *filter;  /* Wireshark, after the clause for address and port; "" = that alone */
    struct step_words step[NEXT_STEPS_MAX]; /* the first without a command ends them */
};

/* One for each row: a verdict without words does not link. */
#define ROW(id, suffix, kind, family, blame, outcome, slug, title)                                 \
    extern const struct verdict_words words_##suffix;
VERDICT_TABLE(ROW)
#undef ROW

/* Never NULL for id < VERDICT_COUNT. */
const struct verdict_words *verdict_words(enum verdict_id id);

struct explain_term {
    const char *name;
    const char *placeholder; /* in the docs; NULL: has no place there */
    void (*add)(const struct connection_event *event, struct text *text);
};

/* NULL where there is no such term. */
const struct explain_term *explain_term_find(const char *name, size_t n_bytes);

/* explain_speech.c: those about what was said above TCP. */
const struct explain_term *explain_speech_term_find(const char *name, size_t n_bytes);

/* explain_datagram.c: those about QUIC and SCTP. */
const struct explain_term *explain_datagram_term_find(const char *name, size_t n_bytes);

/* Appends `format` with its terms filled in; `event` NULL: with placeholders. */
void explain_fill(const char *format, const struct connection_event *event, struct text *text);

#endif
