/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong without TCP: QUIC and SCTP (VERDICTS.md 10, 12.7). */
#include <inttypes.h>

#include "verdict/case.h"
#include "verdict/speech_name.h"

/* The tracker has held the ABORT's verification tag against the INIT's (RFC 9260 section 8.5.1). */
enum confidence rule_sctp_abort(const struct verdict_case *c, struct ruling *ruling)
{
    const struct sctp_facts *sctp = &c->speech->sctp;

    if (c->speech->kind != READER_SCTP || !sctp->abort_frame)
        return CONFIDENCE_NONE;
    if (sctp->had_init_ack)
        because(ruling, "abort-answers-cookie", sctp->abort_frame, "its verification tag is right");
    else
        because(ruling, "abort-answers-init", sctp->abort_frame, "its verification tag is right");
    if (sctp->cause)
        because(ruling, "abort-cause", sctp->abort_frame, "%u %s", sctp->cause,
                sctp_cause_name(sctp->cause));
    else
        because(ruling, "abort-without-cause", sctp->abort_frame, "as for a closed port");
    if (sctp->n_inits > 1)
        because(ruling, "init-repeated", 0, "%u times", sctp->n_inits);
    return CONFIDENCE_CERTAIN;
}

/* ---- QUIC ---- */

static const struct quic_facts *quic_of(const struct verdict_case *c, enum quic_end end)
{
    const struct quic_facts *quic = &c->speech->quic;

    return c->speech->kind == READER_QUIC && quic->end == end ? quic : NULL;
}

/* The client may yet come back with one of the server's versions. */
static bool is_too_soon(const struct verdict_case *c)
{
    return case_has(c, FACT_AT_END) && ns_since(c->last_ns, c->now_ns) < c->limits->quic_settled_ns;
}

/* The tracker has held the list against the client's IDs and version (RFC 9000 section 6.2). */
enum confidence rule_quic_version_negotiation(const struct verdict_case *c, struct ruling *ruling)
{
    const struct quic_facts *quic = quic_of(c, QUIC_NEGOTIATED);
    char client[QUIC_VERSION_NAME_BYTES];
    char server[QUIC_VERSION_NAME_BYTES];

    if (!quic)
        return CONFIDENCE_NONE;
    if (quic->n_offered)
        because(ruling, "versions-listed", quic->told_frame, "%u, the first is %s", quic->n_offered,
                quic_version_name(quic->offered[0], server));
    because(ruling, "version-not-listed", case_slot(c, TRAIL_CLIENT_DATA)->frame,
            "the client wants %s", quic_version_name(quic->version, client));
    if (is_too_soon(c)) {
        against(ruling, "capture-ends", 0, "%.1f s later",
                case_seconds(ns_since(c->last_ns, c->now_ns)));
        return CONFIDENCE_POSSIBLE;
    }
    because(ruling, "client-stops", 0, "it comes back with no other version");
    return CONFIDENCE_CERTAIN;
}

/* The packet was sealed with keys that only a reader of the client's Initial has (RFC 9001 5.2). */
enum confidence rule_quic_refused(const struct verdict_case *c, struct ruling *ruling)
{
    const struct quic_facts *quic = quic_of(c, QUIC_CLOSED);

    if (!quic)
        return CONFIDENCE_NONE;
    because(ruling, "connection-close", quic->told_frame, "0x%" PRIx64 " %s", quic->close.code,
            quic_error_name(quic->close.code));
    return CONFIDENCE_CERTAIN;
}

/* Nobody but the client knows the token that would prove it (RFC 9000 section 10.3). */
enum confidence rule_quic_stateless_reset(const struct verdict_case *c, struct ruling *ruling)
{
    const struct quic_facts *quic = quic_of(c, QUIC_RESET);
    const struct packet_mark *reset = case_slot(c, TRAIL_TOLD);

    if (!quic)
        return CONFIDENCE_NONE;
    because(ruling, "client-id-missing", quic->told_frame,
            "a short header without the ID of the others");
    because(ruling, "smaller-than-asked", quic->told_frame, "%" PRIu32 " bytes after %" PRIu32,
            reset->payload_bytes, quic->asked_bytes);
    because(ruling, "both-stop", 0, "nothing follows it");
    return CONFIDENCE_POSSIBLE;
}

/* TCP between the same hosts at the same port, while the Initials went unanswered. */
static bool is_tcp_served(const struct verdict_case *c)
{
    const struct ipaddr *client = &c->key->addr[c->client_end];
    unsigned server_end = 1u - c->client_end;
    int64_t from_ns = c->facts->first_ns;
    int64_t until_ns = c->facts->last_ns[SIDE_CLIENT] + c->limits->quic_fallback_ns;

    if (race_has_made(&c->client_host->connects, &c->key->addr[server_end],
                      c->key->port[server_end], from_ns, until_ns))
        return true;
    return c->listener->taken_ns >= from_ns && c->listener->taken_ns <= until_ns &&
           ipaddr_equal(&c->listener->taken_client, client);
}

static enum confidence blocked_by_error(const struct verdict_case *c, struct ruling *ruling)
{
    const struct icmp_facts *icmp = &c->trail->icmp;
    bool is_port = icmp->type == (icmp->is_v6 ? 1 : 3) && icmp->code == (icmp->is_v6 ? 4 : 3);

    because(ruling, "icmp-quotes-datagram", icmp->frame, "%u/%u", icmp->type, icmp->code);
    return is_port ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
}

enum confidence rule_quic_blocked(const struct verdict_case *c, struct ruling *ruling)
{
    const struct quic_facts *quic = quic_of(c, QUIC_SILENT);

    if (!quic)
        return CONFIDENCE_NONE;
    if (c->trail->icmp.frame)
        return blocked_by_error(c, ruling);
    if (c->outcome != OUTCOME_TIMED_OUT || quic->n_tries < c->limits->quic_tries)
        return CONFIDENCE_NONE;
    because(ruling, "initials-unanswered", case_slot(c, TRAIL_CLIENT_DATA)->frame,
            "%u within %.1f s", quic->n_tries,
            case_seconds(ns_since(c->facts->first_ns, c->facts->last_ns[SIDE_CLIENT])));
    if (is_tcp_served(c)) {
        because(ruling, "tcp-connects", 0, "the same hosts, the same port, the same time");
        return CONFIDENCE_LIKELY;
    }
    if (c->server_host->last_ns == NS_NEVER ||
        ns_since(c->server_host->last_ns, c->facts->first_ns) > c->limits->alive_ns)
        against(ruling, "host-not-seen", 0, "nothing else of the server either");
    else
        because(ruling, "host-alive", 0, "it sent other packets");
    return CONFIDENCE_POSSIBLE;
}
