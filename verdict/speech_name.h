/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of what is said above TCP: TLS alerts (RFC 8446 section 6), HTTP/2 errors (RFC 9113 section
 * 7), gRPC statuses, QUIC and SCTP errors, who wrote it. */
#ifndef VERDICT_SPEECH_NAME_H
#define VERDICT_SPEECH_NAME_H

#include <stdint.h>

#include "flowtable/key.h"

/* "handshake_failure"; "unknown" where the registry has none. */
const char *tls_alert_name(uint8_t code);

/* "1.2"; "SSL 3.0"; "unknown". */
const char *tls_version_name(uint16_t version);

/* "ENHANCE_YOUR_CALM"; "unknown" where the registry has none. */
const char *http2_error_name(uint32_t code);

/* gRPC's statusCodes: "UNAVAILABLE"; "unknown" beyond them. */
const char *grpc_status_name(uint16_t status);

/* "1", "2", "draft-29", "0x51303530"; returns `name`. */
#define QUIC_VERSION_NAME_BYTES 16
const char *quic_version_name(uint32_t version, char name[QUIC_VERSION_NAME_BYTES]);

/* RFC 9000 section 20.1: "CONNECTION_REFUSED"; the alert's name where it is one of TLS; "unknown".
 */
const char *quic_error_name(uint64_t code);

/* RFC 9260 section 3.3.10: "out of resource"; "unknown". */
const char *sctp_cause_name(uint16_t cause);

/* "nginx"; "unknown". */
const char *http_author_name(uint8_t author);

/* "PostgreSQL"; "unknown". */
const char *banner_protocol_name(uint8_t protocol);

/* Which side said it first, by the frames in which each did (0 = never); SIDE_COUNT: neither. */
enum flow_side speech_first(uint64_t client_frame, uint64_t server_frame);

#endif
