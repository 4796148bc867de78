/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and terms of QUIC and SCTP. See explain_words.h. */
#include <inttypes.h>
#include <string.h>

#include "base/calendar.h"
#include "base/compiler.h"
#include "base/nanotime.h"
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

/* ---- QUIC ---- */

#define SAID_CELLS_MAX 64 /* INTERFACE.md 1.6: texts of strangers on a screen */

static const struct quic_facts *quic_of(const struct connection_event *event)
{
    static const struct quic_facts none;

    return event->said.kind == READER_QUIC ? &event->said.quic : &none;
}

static void quic_version(const struct connection_event *event, struct text *text)
{
    char name[QUIC_VERSION_NAME_BYTES];

    text_add(text, quic_version_name(quic_of(event)->version, name));
}

/* "1, 2, draft-29" */
static void quic_offered(const struct connection_event *event, struct text *text)
{
    const struct quic_facts *quic = quic_of(event);
    char name[QUIC_VERSION_NAME_BYTES];

    for (unsigned i = 0; i < quic->n_offered; i++)
        text_addf(text, "%s%s", i ? ", " : "", quic_version_name(quic->offered[i], name));
    if (!quic->n_offered)
        text_add(text, "none that is in use");
}

/* "0x178 no_application_protocol" */
static void quic_error(const struct connection_event *event, struct text *text)
{
    uint64_t code = quic_of(event)->close.code;

    text_addf(text, "0x%" PRIx64 " %s", code, quic_error_name(code));
}

static void quic_reason(const struct connection_event *event, struct text *text)
{
    const char *reason = quic_of(event)->close.reason;

    if (!reason[0])
        return;
    text_add(text, " \"");
    text_add_untrusted(text, (const uint8_t *)reason, strlen(reason), SAID_CELLS_MAX);
    text_add(text, "\"");
}

/* "3 Initials within 3.0 s" */
static void quic_tries(const struct connection_event *event, struct text *text)
{
    unsigned n_tries = quic_of(event)->n_tries;

    text_add_number_of(text, n_tries, "Initial");
    if (n_tries > 1) {
        text_add(text, " within ");
        calendar_add_duration(text,
                              ns_since(event->facts.first_ns, event->facts.last_ns[SIDE_CLIENT]));
    }
}

/* What came instead of an answer. */
static void quic_got(const struct connection_event *event, struct text *text)
{
    char from[IPADDR_TEXT_BYTES];

    if (!event->icmp.frame)
        text_add(text, "nothing");
    else
        text_addf(text, "ICMP %u/%u from %s", event->icmp.type, event->icmp.code,
                  ipaddr_format(&event->icmp.from, from));
}

static const struct explain_term terms[] = {
    {"quic_version", NULL, quic_version}, {"quic_offered", NULL, quic_offered},
    {"quic_error", NULL, quic_error},     {"quic_reason", NULL, quic_reason},
    {"quic_tries", NULL, quic_tries},     {"quic_got", NULL, quic_got},
    {"sctp_cause", NULL, sctp_cause},     {"sctp_asked", NULL, sctp_asked},
};

const struct explain_term *explain_datagram_term_find(const char *name, size_t n_bytes)
{
    for (size_t i = 0; i < ARRAY_LEN(terms); i++)
        if (strlen(terms[i].name) == n_bytes && memcmp(terms[i].name, name, n_bytes) == 0)
            return &terms[i];
    return NULL;
}

#define STEP_QUIC_SOCKET                                                                           \
    {                                                                                              \
        "server", "ss -ulnp 'sport = :{port}'", "which program has the port open"                  \
    }

const struct verdict_words words_quic_version_negotiation = {
    .message = "{server} speaks no QUIC version of {client}: it has {quic_offered}, not "
               "{quic_version}",
    .brief = "no QUIC version in common",
    .meaning = "The client began with QUIC version {quic_version}, and the server answered with "
               "the list of its versions: {quic_offered}. The client's is not among them, and it "
               "did not come back with another one on this port.",
    .doc = "A Version Negotiation packet (RFC 8999 section 6) with the connection IDs of the "
           "client's Initial lists versions without the client's. Clients that begin again with "
           "one of them, and those that asked for the list with a reserved version, are no "
           "failure. Either side is old, or its other versions are switched off.",
    .filter = "quic.version==0",
    .step = {STEP_QUIC_SOCKET,
             {"client", "curl --version | tr ' ' '\\n' | grep -iE 'quic|http3'",
              "which QUIC library the client has, and how old it is"}},
};

const struct verdict_words words_quic_refused = {
    .message = "{server} refuses the QUIC connection of {client} with {quic_error}{quic_reason}",
    .brief = "QUIC {quic_error}",
    .meaning = "The server closed the connection in its handshake, with error "
               "{quic_error}{quic_reason}. The packet is sealed with keys that follow from the "
               "client's first packet, so its sender has seen that one.",
    .doc = "An Initial packet of the server has a CONNECTION_CLOSE. Its keys follow from the ID "
           "that the client chose (RFC 9001 section 5.2), so that it can be read without any "
           "secret. 0x2 CONNECTION_REFUSED: the server takes no connection, now or ever; 0x100 "
           "to 0x1ff: a TLS alert, such as 0x178, no application protocol in common; 0xb: the "
           "token of a Retry was not valid. What is said behind the handshake cannot be read.",
    .filter = "quic.long.packet_type==0",
    .step = {STEP_QUIC_SOCKET,
             {"client", "openssl s_client -connect {server} -alpn h2,http/1.1 </dev/null",
              "does the same name work in TLS over TCP"}},
};

const struct verdict_words words_quic_stateless_reset = {
    .message = "{server} ends the QUIC connection of {client} with what looks like a stateless "
               "reset",
    .brief = "QUIC stateless reset",
    .meaning = "The server's last packet has a short header without the client's connection ID, "
               "is smaller than what the client sent, and nobody sent anything after it. That is "
               "what a stateless reset looks like: the server restarted, or another machine "
               "behind its address got the packet.",
    .doc = "The last packet of an open connection is the server's: a short header of 21 bytes or "
           "more, without the connection ID that the client chose, and smaller than the client's "
           "packet before it (RFC 9000 section 10.3). Only the client knows the token that proves "
           "a stateless reset; a packet with a new ID of the client looks the same. Clients "
           "without an ID of their own cannot be told.",
    .filter = "",
    .step = {STEP_QUIC_SOCKET,
             {"server", "journalctl -n 50 --no-pager", "did the server restart at that time"}},
};

const struct verdict_words words_quic_blocked = {
    .message = "{server} answers {client} nothing over QUIC: {quic_tries}, {quic_got} came back",
    .brief = "no answer over QUIC",
    .meaning = "The client sent {quic_tries} to UDP port {port} of {addr}, and {quic_got} came "
               "back. Where TCP connects to the same port at the same time, something on the way "
               "drops UDP, or the server's filter does.",
    .doc = "Two or more Initial packets of a known version, each in a datagram of 1200 bytes or "
           "more, and nothing from the server. Surer where TCP between the same hosts connects to "
           "the same port within a second; without that the host can be down, or no program takes "
           "QUIC there and the error is filtered. Sure where an ICMP error says that it is "
           "prohibited. One Initial alone can be lost, or is given up for TCP.",
    .filter = "",
    .step = {{"client", "traceroute -U -p {port} {addr}", "how far UDP to that port gets"},
             {"router", "nft list ruleset | grep -nE 'udp|{port}'", "does a filter drop it"},
             STEP_QUIC_SOCKET},
};

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
