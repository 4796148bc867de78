/* SPDX-License-Identifier: BSD-2-Clause */
/* See speech_name.h. */
#include "verdict/speech_name.h"

#include <stddef.h>
#include <stdio.h>

#include "base/compiler.h"
#include "flowtable/speech.h"

static const struct {
    uint8_t code;
    const char *name;
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

/* The codes are the positions. */
static const char *const http2_errors[] = {
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
};

static const char *const grpc_statuses[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

static const char *const authors[] = {
    [HTTP_AUTHOR_UNKNOWN] = "unknown",       [HTTP_AUTHOR_NGINX] = "nginx",
    [HTTP_AUTHOR_HAPROXY] = "HAProxy",       [HTTP_AUTHOR_ENVOY] = "Envoy",
    [HTTP_AUTHOR_AWS_ELB] = "AWS ELB",       [HTTP_AUTHOR_APACHE] = "Apache",
    [HTTP_AUTHOR_VARNISH] = "Varnish",       [HTTP_AUTHOR_SQUID] = "Squid",
    [HTTP_AUTHOR_TRAEFIK] = "Traefik",       [HTTP_AUTHOR_CADDY] = "Caddy",
    [HTTP_AUTHOR_CLOUDFLARE] = "Cloudflare",
};
_Static_assert(ARRAY_LEN(authors) == HTTP_AUTHOR_COUNT, "a name for each author");

static const char *const protocols[] = {
    [BANNER_UNKNOWN] = "unknown", [BANNER_SSH] = "SSH",
    [BANNER_SMTP] = "SMTP",       [BANNER_FTP] = "FTP",
    [BANNER_POP3] = "POP3",       [BANNER_IMAP] = "IMAP",
    [BANNER_MYSQL] = "MySQL",     [BANNER_POSTGRESQL] = "PostgreSQL",
    [BANNER_REDIS] = "Redis",
};
_Static_assert(ARRAY_LEN(protocols) == BANNER_PROTOCOL_COUNT, "a name for each protocol");

const char *tls_alert_name(uint8_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
        if (alerts[i].code == code)
            return alerts[i].name;
    return "unknown";
}

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = {"SSL 3.0", "1.0", "1.1", "1.2", "1.3"};

    return version >= 0x0300 && version - 0x0300u < ARRAY_LEN(names) ? names[version - 0x0300u]
                                                                     : "unknown";
}

const char *http2_error_name(uint32_t code)
{
    return code < ARRAY_LEN(http2_errors) ? http2_errors[code] : "unknown";
}

const char *grpc_status_name(uint16_t status)
{
    return status < ARRAY_LEN(grpc_statuses) ? grpc_statuses[status] : "unknown";
}

const char *quic_version_name(uint32_t version, char name[QUIC_VERSION_NAME_BYTES])
{
    bool is_draft = version >= QUIC_DRAFT && version <= QUIC_DRAFT_LAST;

    if (version == QUIC_VERSION_1 || version == QUIC_VERSION_2)
        (void)snprintf(name, QUIC_VERSION_NAME_BYTES, "%d", version == QUIC_VERSION_1 ? 1 : 2);
    else if (is_draft)
        (void)snprintf(name, QUIC_VERSION_NAME_BYTES, "draft-%u", version - QUIC_DRAFT);
    else
        (void)snprintf(name, QUIC_VERSION_NAME_BYTES, "0x%08x", version);
    return name;
}

const char *quic_error_name(uint64_t code)
{
    static const char *const names[] = {
        "NO_ERROR",
        "INTERNAL_ERROR",
        "CONNECTION_REFUSED",
        "FLOW_CONTROL_ERROR",
        "STREAM_LIMIT_ERROR",
        "STREAM_STATE_ERROR",
        "FINAL_SIZE_ERROR",
        "FRAME_ENCODING_ERROR",
        "TRANSPORT_PARAMETER_ERROR",
        "CONNECTION_ID_LIMIT_ERROR",
        "PROTOCOL_VIOLATION",
        "INVALID_TOKEN",
        "APPLICATION_ERROR",
        "CRYPTO_BUFFER_EXCEEDED",
        "KEY_UPDATE_ERROR",
        "AEAD_LIMIT_REACHED",
        "NO_VIABLE_PATH",
        "VERSION_NEGOTIATION_ERROR", /* RFC 9368 section 7.2 */
    };

    if (code >= 0x100 && code <= 0x1ff)
        return tls_alert_name((uint8_t)code);
    return code < ARRAY_LEN(names) ? names[code] : "unknown";
}

const char *sctp_cause_name(uint16_t cause)
{
    static const char *const names[] = {
        "unknown",
        "invalid stream identifier",
        "missing mandatory parameter",
        "stale cookie",
        "out of resource",
        "unresolvable address",
        "unrecognized chunk type",
        "invalid mandatory parameter",
        "unrecognized parameters",
        "no user data",
        "cookie received while shutting down",
        "restart with new addresses",
        "user-initiated abort",
        "protocol violation",
    };

    return cause < ARRAY_LEN(names) ? names[cause] : "unknown";
}

const char *http_author_name(uint8_t author)
{
    return authors[author];
}

const char *banner_protocol_name(uint8_t protocol)
{
    return protocols[protocol];
}

enum flow_side speech_first(uint64_t client_frame, uint64_t server_frame)
{
    if (client_frame == 0 && server_frame == 0)
        return SIDE_COUNT;
    if (client_frame == 0 || server_frame == 0)
        return client_frame != 0 ? SIDE_CLIENT : SIDE_SERVER;
    return client_frame < server_frame ? SIDE_CLIENT : SIDE_SERVER;
}
