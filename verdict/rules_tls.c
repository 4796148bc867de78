/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS handshakes that one side refused: by an alert in plain text, or by records whose lengths
 * show one (VERDICTS.md 9.1, 9.2, 13.6). The close that follows is clean-up, not a second failure.
 */
#include "verdict/case.h"
#include "verdict/speech_name.h"

static const struct tls_side *client_of(const struct verdict_case *c)
{
    return &c->tls->side[TLS_CLIENT];
}

static const struct tls_side *server_of(const struct verdict_case *c)
{
    return &c->tls->side[TLS_SERVER];
}

/* ---- alerts in plain text ---- */

/* A fatal alert of this side with one of these codes. */
static bool has_alert(const struct verdict_case *c, unsigned side, const uint8_t *codes,
                      size_t n_codes)
{
    const struct tls_side *said = &c->tls->side[side];

    if (!said->alert.frame)
        return false;
    for (size_t i = 0; i < n_codes; i++) {
        if (codes[i] == said->alert_code)
            return true;
    }
    return n_codes == 0;
}

static void say_alert(const struct verdict_case *c, unsigned side, struct ruling *ruling)
{
    const struct tls_side *said = &c->tls->side[side];

    because(ruling, "fatal-alert", said->alert.frame, "alert %u %s from the %s", said->alert_code,
            tls_alert_name(said->alert_code), side == TLS_CLIENT ? "client" : "server");
}

/* The server has agreed to nothing yet: no ServerHello but the one that asks for another hello. */
static bool is_unanswered(const struct verdict_case *c)
{
    const struct tls_side *server = server_of(c);

    return !server->hello.frame || (c->tls->has_retry && server->n_sealed == 0);
}

/* It may as well be the answer to the PROXY header before the ClientHello, from a server that
 * expects none. */
static bool is_header_in_doubt(const struct verdict_case *c)
{
    return c->trail->speech[SIDE_CLIENT].proxy_form != PROXY_NONE &&
           server_of(c)->bits & TLS_ALERT_FIRST;
}

/* The server's answer to the ClientHello is this alert. */
static enum confidence refuses_hello(const struct verdict_case *c, struct ruling *ruling,
                                     const uint8_t *codes, size_t n_codes)
{
    if (!has_alert(c, TLS_SERVER, codes, n_codes) || !is_unanswered(c))
        return CONFIDENCE_NONE;
    say_alert(c, TLS_SERVER, ruling);
    return is_header_in_doubt(c) ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
}

/* The client refuses what the server chose because it did not offer it. */
static bool is_choice_refused(const struct verdict_case *c)
{
    static const uint8_t codes[] = {47};

    return c->tls->version != 0 && c->tls->version < c->tls->version_min &&
           has_alert(c, TLS_CLIENT, codes, ARRAY_LEN(codes));
}

static void say_versions(const struct verdict_case *c, struct ruling *ruling)
{
    if (c->tls->version_max != 0)
        because(ruling, "versions-offered", client_of(c)->hello.frame, "TLS %s to %s",
                tls_version_name(c->tls->version_min), tls_version_name(c->tls->version_max));
}

enum confidence rule_tls_version_mismatch(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {70};
    bool is_by_server = has_alert(c, TLS_SERVER, codes, ARRAY_LEN(codes));

    if (!is_by_server && !has_alert(c, TLS_CLIENT, codes, ARRAY_LEN(codes)) &&
        !is_choice_refused(c))
        return CONFIDENCE_NONE;
    say_alert(c, is_by_server ? TLS_SERVER : TLS_CLIENT, ruling);
    say_versions(c, ruling);
    return is_by_server && is_header_in_doubt(c) ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
}

enum confidence rule_tls_unknown_sni(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {112};

    return refuses_hello(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_tls_alpn_mismatch(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {120};

    return refuses_hello(c, ruling, codes, ARRAY_LEN(codes));
}

enum confidence rule_tls_no_common_params(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {40, 47, 71};
    enum confidence confidence = refuses_hello(c, ruling, codes, ARRAY_LEN(codes));

    if (confidence != CONFIDENCE_NONE && c->tls->n_ciphers > 0)
        because(ruling, "offered", client_of(c)->hello.frame, "%u cipher suites, %u groups",
                c->tls->n_ciphers, c->tls->n_groups);
    return confidence;
}

enum confidence rule_tls_alert_other(const struct verdict_case *c, struct ruling *ruling)
{
    for (unsigned side = 0; side < TLS_SIDE_COUNT; side++) {
        if (has_alert(c, side, NULL, 0)) {
            say_alert(c, side, ruling);
            return CONFIDENCE_CERTAIN;
        }
    }
    return CONFIDENCE_NONE;
}

/* ---- how it ended ---- */

/* First FIN or RST of the side; its time, or NS_NEVER. */
static int64_t closed_ns(const struct verdict_case *c, enum flow_side side)
{
    enum trail_slot slot = side == SIDE_CLIENT ? TRAIL_CLIENT_FIN : TRAIL_SERVER_FIN;
    int64_t ns = case_slot(c, slot)->frame ? case_slot(c, slot)->ts_ns : NS_NEVER;

    for (unsigned i = 0; i < c->trail->n_rst; i++) {
        const struct packet_mark *mark = &c->trail->rst[i].mark;

        if (mark->side == side && (ns == NS_NEVER || mark->ts_ns < ns))
            ns = mark->ts_ns;
    }
    return ns;
}

/* The side closed within the time in which a refusal is followed by the close. */
static bool closes_after(const struct verdict_case *c, enum flow_side side,
                         const struct speech_place *said)
{
    int64_t ns = closed_ns(c, side);

    return ns != NS_NEVER && ns >= said->ts_ns && ns - said->ts_ns <= c->limits->tls_close_ns;
}

static bool closed_before(const struct verdict_case *c, enum flow_side side,
                          const struct speech_place *said)
{
    int64_t ns = closed_ns(c, side);

    return ns != NS_NEVER && ns < said->ts_ns;
}

/* The client answered a request for a certificate, with one or with none. */
static bool was_asked(const struct tls_side *client)
{
    return client->bits & (TLS_LARGE_RECORDS | TLS_NO_CERTIFICATE);
}

/* The client began to say goodbye: what has an alert's length may be the answer to that. */
static bool is_goodbye_answered(const struct verdict_case *c)
{
    const struct speech_place *client = &client_of(c)->sealed_alert;
    const struct speech_place *server = &server_of(c)->sealed_alert;

    return (client->frame && client->frame < server->frame) ||
           closed_before(c, SIDE_CLIENT, server);
}

/* TLS 1.3: in answer to the client's Finished, and before anything else, the server sends a record
 * of an alert's length and closes. A close_notify looks the same; but a server that accepts a
 * client's certificate has session tickets to send before (9.1). */
static bool is_finished_refused(const struct verdict_case *c)
{
    const struct tls_side *client = client_of(c), *server = server_of(c);

    return c->tls->version == TLS_VERSION_1_3 && client->bits & TLS_FINISHED &&
           case_is_all_read(c, SIDE_SERVER) && server->sealed_alert.frame &&
           !(server->bits & (TLS_SETTLED | TLS_ALERT_FIRST)) &&
           (was_asked(client) || !is_goodbye_answered(c)) &&
           closes_after(c, SIDE_SERVER, &server->sealed_alert);
}

/* ---- certificates ---- */

static bool is_certificate_shown(const struct verdict_case *c)
{
    return server_of(c)->bits & TLS_CERTIFICATE ||
           (c->tls->version == TLS_VERSION_1_3 && server_of(c)->n_sealed > 0);
}

/* TLS 1.3: a record of an alert's length is all that the client encrypts. */
static bool is_finished_withheld(const struct verdict_case *c)
{
    const struct tls_side *client = client_of(c);

    return c->tls->version == TLS_VERSION_1_3 && client->sealed_alert.frame &&
           case_is_all_read(c, SIDE_CLIENT) && client->n_sealed == 1 &&
           !(client->bits & (TLS_FINISHED | TLS_EARLY_DATA)) &&
           closes_after(c, SIDE_CLIENT, &client->sealed_alert);
}

/* The client goes away when it has seen the certificate, without a word. */
static bool is_left_silently(const struct verdict_case *c)
{
    const struct tls_side *client = client_of(c);
    int64_t ns = closed_ns(c, SIDE_CLIENT);
    int64_t server_ns = closed_ns(c, SIDE_SERVER);

    return case_is_all_read(c, SIDE_CLIENT) && client->n_sealed == 0 && !client->alert.frame &&
           !server_of(c)->alert.frame && !(client->bits & (TLS_CHANGED_CIPHER | TLS_CERTIFICATE)) &&
           ns != NS_NEVER && (server_ns == NS_NEVER || ns < server_ns);
}

/* From the client, these speak of the server's certificate (9.2). */
enum confidence rule_tls_server_cert_rejected(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {42, 43, 44, 45, 46, 48, 113};

    if (!is_certificate_shown(c))
        return CONFIDENCE_NONE;
    if (has_alert(c, TLS_CLIENT, codes, ARRAY_LEN(codes))) {
        say_alert(c, TLS_CLIENT, ruling);
        return CONFIDENCE_CERTAIN;
    }
    if (is_finished_withheld(c)) {
        because(ruling, "alert-for-finished", client_of(c)->sealed_alert.frame,
                "an alert's length where the client's Finished was due");
        return CONFIDENCE_LIKELY;
    }
    if (!is_left_silently(c))
        return CONFIDENCE_NONE;
    because(ruling, "left-at-certificate", server_of(c)->hello.frame,
            "the client closed when it had the certificate");
    return CONFIDENCE_POSSIBLE;
}

/* TLS up to 1.2, all of it in plain text. */
static enum confidence misses_certificate_12(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {40, 41, 42, 116};
    bool is_alert = has_alert(c, TLS_SERVER, codes, ARRAY_LEN(codes));
    int64_t server_ns = closed_ns(c, SIDE_SERVER), client_ns = closed_ns(c, SIDE_CLIENT);
    bool is_close = case_is_all_read(c, SIDE_SERVER) && !server_of(c)->alert.frame &&
                    server_ns != NS_NEVER && (client_ns == NS_NEVER || server_ns <= client_ns);

    if (server_of(c)->bits & TLS_CHANGED_CIPHER || (!is_alert && !is_close))
        return CONFIDENCE_NONE;
    if (is_alert)
        say_alert(c, TLS_SERVER, ruling);
    because(ruling, "certificate-empty", 0, "asked for, and the client's list is empty");
    return CONFIDENCE_CERTAIN;
}

/* The server took the handshake, and refused the request in it. */
static enum confidence misses_certificate_inside(const struct verdict_case *c,
                                                 struct ruling *ruling)
{
    because(ruling, "certificate-empty", 0, "the client had no certificate to show");
    because(ruling, "one-short-answer", server_of(c)->sealed_alert.frame,
            "one request, %u bytes encrypted, then the server closes",
            server_of(c)->last_said_bytes);
    against(ruling, "cannot-be-read", 0, "any short answer looks the same");
    return CONFIDENCE_POSSIBLE;
}

static enum confidence misses_certificate_13(const struct verdict_case *c, struct ruling *ruling)
{
    if (!is_finished_refused(c) && !case_is_hung_up_on_flight(c))
        return CONFIDENCE_NONE;
    because(ruling, "empty-certificate-length", 0,
            "the client's first encrypted record is that of no certificate");
    if (case_is_hung_up_on_flight(c)) {
        because(ruling, "hung-up-on-flight", case_slot(c, TRAIL_SERVER_FIN)->frame,
                "then the server closes without a word");
        return CONFIDENCE_LIKELY;
    }
    because(ruling, "alert-length", server_of(c)->sealed_alert.frame,
            "the server's answer is as short as an alert, then it closes");
    return CONFIDENCE_LIKELY;
}

enum confidence rule_mtls_client_cert_missing(const struct verdict_case *c, struct ruling *ruling)
{
    if (!(client_of(c)->bits & TLS_NO_CERTIFICATE))
        return CONFIDENCE_NONE;
    if (c->tls->version != TLS_VERSION_1_3 && !(server_of(c)->bits & TLS_WANTS_CLIENT))
        return CONFIDENCE_NONE;
    if (c->is_refused_inside)
        return misses_certificate_inside(c, ruling);
    return c->tls->version == TLS_VERSION_1_3 ? misses_certificate_13(c, ruling)
                                              : misses_certificate_12(c, ruling);
}

static bool shows_own_certificate(const struct tls_side *client)
{
    return client->bits & TLS_CERTIFICATE && !(client->bits & TLS_NO_CERTIFICATE);
}

enum confidence rule_mtls_client_cert_rejected(const struct verdict_case *c, struct ruling *ruling)
{
    static const uint8_t codes[] = {42, 43, 44, 45, 46, 48, 49, 51};

    if (shows_own_certificate(client_of(c)) && has_alert(c, TLS_SERVER, codes, ARRAY_LEN(codes))) {
        say_alert(c, TLS_SERVER, ruling);
        return CONFIDENCE_CERTAIN;
    }
    if (!(client_of(c)->bits & TLS_LARGE_RECORDS) || !is_finished_refused(c))
        return CONFIDENCE_NONE;
    because(ruling, "alert-length", server_of(c)->sealed_alert.frame,
            "after a flight as long as one with a certificate");
    return CONFIDENCE_POSSIBLE;
}

/* ---- an alert that cannot be read ---- */

/* Up to TLS 1.2: encrypted by one side while the other is not there yet. Later it may as well be a
 * close_notify. */
static bool is_sealed_amid_handshake(const struct verdict_case *c, unsigned side)
{
    const struct tls_side *said = &c->tls->side[side], *other = &c->tls->side[1 - side];

    return c->tls->version != TLS_VERSION_1_3 && said->sealed_alert.frame &&
           !(other->bits & TLS_CHANGED_CIPHER) && said->n_sealed == 0 && other->n_sealed == 0;
}

enum confidence rule_tls_encrypted_alert(const struct verdict_case *c, struct ruling *ruling)
{
    const struct tls_side *client = client_of(c), *server = server_of(c);

    for (unsigned side = 0; side < TLS_SIDE_COUNT; side++) {
        if (!is_sealed_amid_handshake(c, side))
            continue;
        because(ruling, "encrypted-alert", c->tls->side[side].sealed_alert.frame,
                "an alert record before the handshake was over");
        return CONFIDENCE_CERTAIN;
    }
    if (server->sealed_alert.frame && server->bits & TLS_ALERT_FIRST) {
        because(ruling, "first-record-short", server->sealed_alert.frame,
                "too short for anything but an alert");
        return CONFIDENCE_CERTAIN;
    }
    if (!is_finished_refused(c))
        return CONFIDENCE_NONE;
    because(ruling, "alert-length", server->sealed_alert.frame,
            "all that the server says after the handshake");
    return was_asked(client) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}
