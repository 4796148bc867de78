/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and terms of QUIC and SCTP. See explain_words.h. */
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "verdict/explain_words.h"
#include "verdict/speech_name.h"

/* " with cause 4 out of resource" */
static void sctp_cause(const struct connection_event *event, struct text *text)
{
    const struct sctp_facts *sctp = &event->said.sctp;

    if (event->said.kind != READER_SCTP || !sctp->cause)
        text_add(text, " without a cause");
    else
        text_addf(text, " with cause %u, %s", sctp->cause, sctp_cause_name(sctp->cause));
}

/* The client's packet that the ABORT answers. */
static void sctp_asked(const struct connection_event *event, struct text *text)
{
    bool is_cookie = event->said.kind == READER_SCTP && event->said.sctp.had_init_ack;

    text_add(text, is_cookie ? "COOKIE ECHO" : "INIT");
}

static const struct explain_term terms[] = {
    {"sctp_cause", NULL, sctp_cause},
    {"sctp_asked", NULL, sctp_asked},
};

const struct explain_term *explain_datagram_term_find(const char *name, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(terms); i++)
        if (strlen(terms[i].name) == n_bytes && memcmp(terms[i].name, name, n_bytes) == 0)
            return &terms[i];
    return NULL;
}

const struct verdict_words words_sctp_abort = {
    .message = "{server} aborts the SCTP association of {client}{sctp_cause}",
    .brief = "SCTP ABORT of the {sctp_asked}",
    .meaning = "The server answered the client's {sctp_asked} with an ABORT{sctp_cause}, and the "
               "verification tag shows that it knows the packet. Without a cause it is what a host "
               "answers that has SCTP and no program on the port.",
    .doc = "An ABORT chunk answers the INIT or the COOKIE ECHO of a client (RFC 9260), with the "
           "client's own verification tag, or the server's and the T bit. Others are forged or "
           "late and count for nothing. An error cause names the reason: out of resource, "
           "unresolvable address, user-initiated abort. Aborts of open associations are left out.",
    .filter = "sctp.chunk_type==6",
    .step = {{"server", "ss -Sln 'sport = :{port}'", "does a program listen on the SCTP port"},
             {"server", "nstat -az | grep -i SctpOutOfBlues", "packets that no association takes"}},
};
