/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of verdicts: every id that tcpwhy can give, with what is fixed about it.
 *
 * A row makes the enumerator, the slug and the prototype of its rule. A row without a rule does
 * not link; a rule without a row does not compile (-Wmissing-prototypes). Order breaks ties
 * between rules of equal confidence: the more specific first.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

/* What happened, provable from packets (VERDICTS.md 11.1). Names are those of the JSON events. */
#define OUTCOME_TABLE(ROW)                                                                         \
    ROW(REFUSED, "refused")                                                                        \
    ROW(REJECTED, "rejected")                                                                      \
    ROW(TIMED_OUT, "timed_out")                                                                    \
    ROW(HALF_OPEN, "half_open")                                                                    \
    ROW(RESET, "reset")                                                                            \
    ROW(BLACKHOLED, "blackholed")                                                                  \
    ROW(CLOSED_EARLY, "closed_early")                                                              \
    ROW(TLS_REFUSED, "tls_refused")                                                                \
    ROW(APP_REFUSED, "app_refused")                                                                \
    ROW(OK, "ok")                                                                                  \
    ROW(OK_DEGRADED, "ok_degraded")                                                                \
    ROW(IN_PROGRESS, "in_progress")                                                                \
    ROW(UNKNOWN, "unknown")

enum outcome {
#define ROW(id, name) OUTCOME_##id,
    OUTCOME_TABLE(ROW)
#undef ROW
    OUTCOME_COUNT
};

/* What the person on call would say (INTERFACE.md 3.4): name, dashboard letter, words, title. */
#define FAMILY_TABLE(ROW)                                                                          \
    ROW(REFUSED, "refused", 'R', "refused", "REFUSED")                                             \
    ROW(FIREWALL_REJECT, "firewall_reject", 'F', "firewall reject", "FIREWALL REJECT")             \
    ROW(UNREACHABLE, "unreachable", 'U', "unreachable", "UNREACHABLE")                             \
    ROW(TIMEOUT, "timeout", 'T', "timeout", "TIMEOUT")                                             \
    ROW(BACKLOG_OVERFLOW, "backlog_overflow", 'B', "backlog overflow", "BACKLOG OVERFLOW")         \
    ROW(HALF_OPEN, "half_open", 'O', "half open", "HALF OPEN")                                     \
    ROW(RESET, "reset", 'X', "reset midstream", "RESET")                                           \
    ROW(RST_FORGED, "rst_forged", '!', "rst forged", "RST FORGED")                                 \
    ROW(BLACKHOLED, "blackholed", 'K', "blackholed", "BLACKHOLED")                                 \
    ROW(CLOSED_EARLY, "closed_early", 'C', "closed early", "CLOSED EARLY")                         \
    ROW(TLS_REFUSED, "tls_refused", 'L', "tls refused", "TLS REFUSED")                             \
    ROW(HTTP_REFUSED, "http_refused", 'H', "http refused", "HTTP REFUSED")                         \
    ROW(GRPC_REFUSED, "grpc_refused", 'G', "grpc refused", "GRPC REFUSED")                         \
    ROW(APP_REFUSED, "app_refused", 'A', "app refused", "APP REFUSED")                             \
    ROW(UNDETERMINED, "undetermined", '?', "undetermined", "UNDETERMINED")

enum family {
#define ROW(id, name, letter, words, title) FAMILY_##id,
    FAMILY_TABLE(ROW)
#undef ROW
    FAMILY_COUNT,
    FAMILY_NONE = FAMILY_COUNT, /* not a failure */
    FAMILY_OF_OUTCOME           /* table only: scans and floods keep the family of their outcome */
};

/* Of the verdict, never of the outcome. Higher is surer. */
enum confidence {
    CONFIDENCE_NONE, /* the rule does not hold */
    CONFIDENCE_POSSIBLE,
    CONFIDENCE_LIKELY,
    CONFIDENCE_CERTAIN,
    CONFIDENCE_COUNT
};

/* Where to look first. The last three stand in the table only: the judge resolves them. */
enum blame {
    BLAME_CLIENT_HOST,
    BLAME_SERVER_HOST,
    BLAME_PATH,
    BLAME_UNKNOWN,
    BLAME_COUNT,
    BLAME_ENDER = BLAME_COUNT, /* the side that sent the RST */
    BLAME_REPORTER,            /* the ICMP error's sender: the server's host, else the path */
    BLAME_STALLED              /* the side that takes no more */
};

/* How far the connection got. */
enum stage {
    STAGE_SYN,
    STAGE_SYNACK,
    STAGE_ESTABLISHED,
    STAGE_TLS,
    STAGE_HTTP2,
    STAGE_GRPC,
    STAGE_COUNT
};

/* Whose packet ended it. */
enum ended_by {
    ENDED_BY_NONE,
    ENDED_BY_CLIENT,
    ENDED_BY_SERVER,
    ENDED_BY_BOTH,
    ENDED_BY_THIRD_PARTY,
    ENDED_BY_COUNT
};

enum verdict_kind {
    KIND_SPECIFIC, /* names a cause */
    KIND_GENERIC,  /* names what happened; wins when no cause is at least likely */
    KIND_FINE      /* not a failure, or nothing can be said: no family, not counted as failed */
};

/*
 * id, rule suffix, kind, family, blame, fixed outcome (OUTCOME_COUNT: as the packets say), slug,
 * one-line title.
 */
#define VERDICT_TABLE(ROW)                                                                         \
    /* What was said above TCP before the close beats the close. */                                \
    ROW(TLS_VERSION_MISMATCH, tls_version_mismatch, SPECIFIC, TLS_REFUSED, SERVER_HOST,            \
        TLS_REFUSED, "tls-version-mismatch", "No TLS version in common")                           \
    ROW(TLS_UNKNOWN_SNI, tls_unknown_sni, SPECIFIC, TLS_REFUSED, SERVER_HOST, TLS_REFUSED,         \
        "tls-unknown-sni", "The server does not know the name asked for")                          \
    ROW(TLS_ALPN_MISMATCH, tls_alpn_mismatch, SPECIFIC, TLS_REFUSED, SERVER_HOST, TLS_REFUSED,     \
        "tls-alpn-mismatch", "No application protocol in common")                                  \
    ROW(TLS_NO_COMMON_PARAMS, tls_no_common_params, SPECIFIC, TLS_REFUSED, SERVER_HOST,            \
        TLS_REFUSED, "tls-no-common-params", "The server refused the ClientHello")                 \
    ROW(TLS_SERVER_CERT_REJECTED, tls_server_cert_rejected, SPECIFIC, TLS_REFUSED, SERVER_HOST,    \
        TLS_REFUSED, "tls-server-cert-rejected", "The client refuses the server's certificate")    \
    ROW(MTLS_CLIENT_CERT_MISSING, mtls_client_cert_missing, SPECIFIC, TLS_REFUSED, CLIENT_HOST,    \
        TLS_REFUSED, "mtls-client-cert-missing", "The client has no certificate to show")          \
    ROW(MTLS_CLIENT_CERT_REJECTED, mtls_client_cert_rejected, SPECIFIC, TLS_REFUSED, CLIENT_HOST,  \
        TLS_REFUSED, "mtls-client-cert-rejected", "The server refuses the client's certificate")   \
    ROW(HTTP_ON_TLS_PORT, http_on_tls_port, SPECIFIC, TLS_REFUSED, CLIENT_HOST, TLS_REFUSED,       \
        "http-on-tls-port", "Plain HTTP to a port that wants TLS")                                 \
    ROW(TLS_ON_PLAIN_PORT, tls_on_plain_port, SPECIFIC, TLS_REFUSED, CLIENT_HOST, TLS_REFUSED,     \
        "tls-on-plain-port", "TLS to a port that speaks plain text")                               \
    ROW(TLS_ALERT_OTHER, tls_alert_other, SPECIFIC, TLS_REFUSED, UNKNOWN, TLS_REFUSED,             \
        "tls-alert-other", "A fatal TLS alert ended the connection")                               \
    ROW(TLS_ENCRYPTED_ALERT, tls_encrypted_alert, SPECIFIC, TLS_REFUSED, UNKNOWN, TLS_REFUSED,     \
        "tls-encrypted-alert", "An encrypted TLS alert ended the handshake")                       \
    ROW(H2_PREFACE_MISMATCH, h2_preface_mismatch, SPECIFIC, HTTP_REFUSED, SERVER_HOST,             \
        APP_REFUSED, "h2-preface-mismatch", "One side speaks HTTP/1, the other HTTP/2")            \
    ROW(H2_ENHANCE_YOUR_CALM, h2_enhance_your_calm, SPECIFIC, HTTP_REFUSED, SERVER_HOST,           \
        APP_REFUSED, "h2-enhance-your-calm", "The server finds the client too demanding")          \
    ROW(H2_INADEQUATE_SECURITY, h2_inadequate_security, SPECIFIC, HTTP_REFUSED, SERVER_HOST,       \
        TLS_REFUSED, "h2-inadequate-security", "TLS too weak for HTTP/2")                          \
    ROW(H2_HTTP11_REQUIRED, h2_http11_required, SPECIFIC, HTTP_REFUSED, SERVER_HOST, APP_REFUSED,  \
        "h2-http11-required", "The server wants HTTP/1.1 for this request")                        \
    ROW(H2_STREAM_REFUSED, h2_stream_refused, SPECIFIC, HTTP_REFUSED, SERVER_HOST, APP_REFUSED,    \
        "h2-stream-refused", "HTTP/2 refused a request before it was worked on")                   \
    ROW(H2_GOAWAY, h2_goaway, SPECIFIC, HTTP_REFUSED, SERVER_HOST, APP_REFUSED, "h2-goaway",       \
        "HTTP/2 GOAWAY with an error")                                                             \
    ROW(GRPC_ERROR, grpc_error, SPECIFIC, GRPC_REFUSED, SERVER_HOST, APP_REFUSED, "grpc-error",    \
        "A gRPC call ended with an error")                                                         \
    ROW(PROXY_UPSTREAM_REFUSED, proxy_upstream_refused, SPECIFIC, HTTP_REFUSED, SERVER_HOST,       \
        APP_REFUSED, "proxy-upstream-refused", "A proxy got no answer from the server behind it")  \
    ROW(HTTP_REFUSED, http_refused, SPECIFIC, HTTP_REFUSED, SERVER_HOST, APP_REFUSED,              \
        "http-refused", "The server refused the HTTP request")                                     \
    ROW(APP_BANNER_REFUSAL, app_banner_refusal, SPECIFIC, APP_REFUSED, SERVER_HOST, APP_REFUSED,   \
        "app-banner-refusal", "The server's first words are a refusal")                            \
    /* The SYN was answered by ICMP. */                                                            \
    ROW(ICMP_ADMIN_PROHIBITED, icmp_admin_prohibited, SPECIFIC, FIREWALL_REJECT, REPORTER,         \
        REJECTED, "icmp-admin-prohibited", "A packet filter rejects the connection")               \
    ROW(ICMP_PORT_UNREACHABLE, icmp_port_unreachable, SPECIFIC, FIREWALL_REJECT, REPORTER,         \
        REJECTED, "icmp-port-unreachable", "A filter or a service without backends rejects it")    \
    ROW(REFUSED_NO_ENDPOINTS, refused_no_endpoints, SPECIFIC, REFUSED, SERVER_HOST, REJECTED,      \
        "refused-no-endpoints", "A virtual address with no backends behind it")                    \
    ROW(ICMP_HOST_UNREACHABLE, icmp_host_unreachable, SPECIFIC, UNREACHABLE, PATH, REJECTED,       \
        "icmp-host-unreachable", "The last router cannot reach the host")                          \
    ROW(ICMP_NET_UNREACHABLE, icmp_net_unreachable, SPECIFIC, UNREACHABLE, PATH, REJECTED,         \
        "icmp-net-unreachable", "A router has no route to the host")                               \
    ROW(ICMP_TTL_EXCEEDED, icmp_ttl_exceeded, SPECIFIC, UNREACHABLE, PATH, REJECTED,               \
        "icmp-ttl-exceeded", "The SYN ran out of hops: a routing loop")                            \
    ROW(UDP_PORT_UNREACHABLE, udp_port_unreachable, SPECIFIC, APP_REFUSED, REPORTER, REJECTED,     \
        "udp-port-unreachable", "Nothing takes datagrams on that port")                            \
    /* The handshakes of QUIC and SCTP. */                                                         \
    ROW(QUIC_VERSION_NEGOTIATION, quic_version_negotiation, SPECIFIC, APP_REFUSED, CLIENT_HOST,    \
        APP_REFUSED, "quic-version-negotiation", "No QUIC version in common")                      \
    ROW(QUIC_REFUSED, quic_refused, SPECIFIC, APP_REFUSED, SERVER_HOST, APP_REFUSED,               \
        "quic-refused", "The server refuses the QUIC connection")                                  \
    ROW(QUIC_STATELESS_RESET, quic_stateless_reset, SPECIFIC, APP_REFUSED, SERVER_HOST, RESET,     \
        "quic-stateless-reset", "The server has forgotten the QUIC connection")                    \
    ROW(QUIC_BLOCKED, quic_blocked, SPECIFIC, APP_REFUSED, PATH, COUNT, "quic-blocked",            \
        "QUIC gets no answer")                                                                     \
    ROW(SCTP_ABORT, sctp_abort, SPECIFIC, APP_REFUSED, SERVER_HOST, REFUSED, "sctp-abort",         \
        "The server aborts the SCTP association")                                                  \
    ROW(ICMP_PROTO_UNREACHABLE, icmp_proto_unreachable, SPECIFIC, FIREWALL_REJECT, REPORTER,       \
        REJECTED, "icmp-proto-unreachable", "A filter rejects TCP itself")                         \
    ROW(ICMP_REJECTED, icmp_rejected, GENERIC, FIREWALL_REJECT, REPORTER, REJECTED,                \
        "icmp-rejected", "An ICMP error answered the SYN")                                         \
    /* The SYN was answered by a RST. */                                                           \
    ROW(PORT_SCAN, port_scan, SPECIFIC, OF_OUTCOME, CLIENT_HOST, COUNT, "port-scan",               \
        "One client tries many targets in vain")                                                   \
    ROW(REFUSED_SERVICE_RESTART, refused_service_restart, SPECIFIC, REFUSED, SERVER_HOST, REFUSED, \
        "refused-service-restart", "The listener was away for a moment")                           \
    ROW(REFUSED_CLOSED_PORT, refused_closed_port, SPECIFIC, REFUSED, SERVER_HOST, REFUSED,         \
        "refused-closed-port", "Nothing listens on that port")                                     \
    ROW(REFUSED_FIREWALL_RST, refused_firewall_rst, SPECIFIC, FIREWALL_REJECT, PATH, REFUSED,      \
        "refused-firewall-rst", "A firewall answered the SYN with a reset")                        \
    ROW(REFUSED_BACKLOG_RST, refused_backlog_rst, SPECIFIC, BACKLOG_OVERFLOW, SERVER_HOST,         \
        REFUSED, "refused-backlog-rst", "The listener's host resets what it cannot queue")         \
    ROW(REFUSED, refused, GENERIC, REFUSED, SERVER_HOST, REFUSED, "refused",                       \
        "A RST answered the SYN")                                                                  \
    /* The handshake went wrong in another way. */                                                 \
    ROW(BAD_SYNACK, bad_synack, SPECIFIC, HALF_OPEN, PATH, COUNT, "bad-synack",                    \
        "The SYN-ACK acknowledges something else")                                                 \
    ROW(TIMEWAIT_REUSE, timewait_reuse, SPECIFIC, HALF_OPEN, CLIENT_HOST, COUNT, "timewait-reuse", \
        "The port's last connection is in TIME_WAIT")                                              \
    ROW(STALE_CONNECTION_ON_SERVER, stale_connection_on_server, SPECIFIC, HALF_OPEN, CLIENT_HOST,  \
        COUNT, "stale-connection-on-server", "The server still holds the old connection")          \
    ROW(NAT_PORT_COLLISION, nat_port_collision, SPECIFIC, HALF_OPEN, PATH, COUNT,                  \
        "nat-port-collision", "Two clients behind one address use the same port")                  \
    ROW(SYN_OPTIONS_BLACKHOLE, syn_options_blackhole, SPECIFIC, TIMEOUT, PATH, COUNT,              \
        "syn-options-blackhole", "Only plain SYNs get through")                                    \
    ROW(SYN_FLOOD, syn_flood, SPECIFIC, OF_OUTCOME, CLIENT_HOST, COUNT, "syn-flood",               \
        "Half of a SYN flood")                                                                     \
    ROW(HALF_OPEN_SCAN, half_open_scan, SPECIFIC, OF_OUTCOME, CLIENT_HOST, COUNT,                  \
        "half-open-scan", "A scanner resets the SYN-ACK")                                          \
    ROW(CLIENT_GAVE_UP, client_gave_up, SPECIFIC, TIMEOUT, PATH, TIMED_OUT, "client-gave-up",      \
        "The SYN-ACK came after the client had given up")                                          \
    ROW(ACCEPT_QUEUE_OVERFLOW, accept_queue_overflow, SPECIFIC, BACKLOG_OVERFLOW, SERVER_HOST,     \
        COUNT, "accept-queue-overflow", "The listener's accept queue is full")                     \
    ROW(SYN_BACKLOG_OVERFLOW, syn_backlog_overflow, SPECIFIC, BACKLOG_OVERFLOW, SERVER_HOST,       \
        TIMED_OUT, "syn-backlog-overflow", "The queue of half-open connections is full")           \
    ROW(HOST_DOWN_ONLINK, host_down_onlink, SPECIFIC, UNREACHABLE, SERVER_HOST, TIMED_OUT,         \
        "host-down-onlink", "Nobody on the link has the address")                                  \
    ROW(FILTERED_DROP, filtered_drop, SPECIFIC, TIMEOUT, PATH, TIMED_OUT, "filtered-drop",         \
        "The host is alive, the port is silently dropped")                                         \
    ROW(CONNECT_TIMEOUT, connect_timeout, GENERIC, TIMEOUT, UNKNOWN, TIMED_OUT, "connect-timeout", \
        "SYNs were sent and nothing came back")                                                    \
    ROW(SYNACK_LOST, synack_lost, SPECIFIC, HALF_OPEN, PATH, HALF_OPEN, "synack-lost",             \
        "The SYN-ACK does not reach the client")                                                   \
    ROW(HANDSHAKE_ACK_LOST, handshake_ack_lost, SPECIFIC, HALF_OPEN, PATH, HALF_OPEN,              \
        "handshake-ack-lost", "The client never completes the handshake")                          \
    /* Established, then reset or silent. */                                                       \
    ROW(RST_IGNORED, rst_ignored, SPECIFIC, RST_FORGED, PATH, OK, "rst-ignored",                   \
        "A RST came and had no effect")                                                            \
    ROW(FIREWALL_MIDSTREAM_RST, firewall_midstream_rst, SPECIFIC, RST_FORGED, PATH, RESET,         \
        "firewall-midstream-rst", "A device on the path reset the connection")                     \
    ROW(MPTCP_RESET, mptcp_reset, SPECIFIC, RESET, ENDER, RESET, "mptcp-reset",                    \
        "Multipath TCP says why it reset")                                                         \
    ROW(RST_INJECTED, rst_injected, SPECIFIC, RST_FORGED, PATH, COUNT, "rst-injected",             \
        "A third party forged the RST")                                                            \
    ROW(CONNTRACK_INVALID_RESET, conntrack_invalid_reset, SPECIFIC, RESET, PATH, RESET,            \
        "conntrack-invalid-reset", "A packet that a NAT left untranslated drew a RST")             \
    ROW(REFUSED_BACKEND_DOWN, refused_backend_down, SPECIFIC, REFUSED, SERVER_HOST, REFUSED,       \
        "refused-backend-down", "A front accepted, the backend refused")                           \
    ROW(STALE_POOLED_CONNECTION, stale_pooled_connection, SPECIFIC, RESET, CLIENT_HOST, COUNT,     \
        "stale-pooled-connection", "The client reused a connection that the server had closed")    \
    ROW(LATE_DATA_AFTER_CLOSE, late_data_after_close, SPECIFIC, RESET, SERVER_HOST, COUNT,         \
        "late-data-after-close", "Data crossed the server's close")                                \
    ROW(IDLE_TIMEOUT_RESET, idle_timeout_reset, SPECIFIC, RESET, PATH, RESET,                      \
        "idle-timeout-reset", "The connection was forgotten while idle, then reset")               \
    ROW(TLS_RESET_ON_HELLO, tls_reset_on_hello, SPECIFIC, TLS_REFUSED, UNKNOWN, COUNT,             \
        "tls-reset-on-hello", "Hung up on the ClientHello")                                        \
    ROW(RESET_LOST_STATE, reset_lost_state, SPECIFIC, RESET, ENDER, RESET, "reset-lost-state",     \
        "The peer no longer knows the connection")                                                 \
    ROW(KEEPALIVE_TIMEOUT, keepalive_timeout, SPECIFIC, BLACKHOLED, PATH, RESET,                   \
        "keepalive-timeout", "Keep-alive probes went unanswered")                                  \
    ROW(ZERO_WINDOW_STALL, zero_window_stall, SPECIFIC, BLACKHOLED, STALLED, BLACKHOLED,           \
        "zero-window-stall", "The receiver stopped reading")                                       \
    ROW(PMTU_BLACKHOLE, pmtu_blackhole, SPECIFIC, BLACKHOLED, PATH, BLACKHOLED, "pmtu-blackhole",  \
        "Only segments of full size vanish")                                                       \
    ROW(RESET_LISTENER_CLOSED, reset_listener_closed, SPECIFIC, RESET, SERVER_HOST, RESET,         \
        "reset-listener-closed", "The server shut its listener with connections queued")           \
    ROW(SERVER_TIMEOUT_CLOSE, server_timeout_close, SPECIFIC, CLOSED_EARLY, SERVER_HOST,           \
        CLOSED_EARLY, "server-timeout-close", "The server gave up on its answer")                  \
    ROW(CLIENT_ABORT, client_abort, SPECIFIC, RESET, CLIENT_HOST, COUNT, "client-abort",           \
        "The client hung up before the answer")                                                    \
    ROW(RESET_APP_ABORT, reset_app_abort, SPECIFIC, RESET, ENDER, RESET, "reset-app-abort",        \
        "The program or kernel that owned the connection aborted it")                              \
    ROW(RESET_UNEXPLAINED, reset_unexplained, GENERIC, RESET, ENDER, RESET, "reset-unexplained",   \
        "Reset midstream, cause unclear")                                                          \
    ROW(IDLE_TIMEOUT_BLACKHOLE, idle_timeout_blackhole, SPECIFIC, BLACKHOLED, PATH, BLACKHOLED,    \
        "idle-timeout-blackhole", "The connection was forgotten while idle, packets vanish")       \
    ROW(TLS_HELLO_BLACKHOLE, tls_hello_blackhole, SPECIFIC, TLS_REFUSED, UNKNOWN, BLACKHOLED,      \
        "tls-hello-blackhole", "The ClientHello was never answered")                               \
    ROW(PATH_BLACKHOLE, path_blackhole, GENERIC, BLACKHOLED, PATH, BLACKHOLED, "path-blackhole",   \
        "The path died under an open connection")                                                  \
    ROW(ACCEPT_THEN_CLOSE, accept_then_close, SPECIFIC, CLOSED_EARLY, SERVER_HOST, CLOSED_EARLY,   \
        "accept-then-close", "The server closed before it had answered")                           \
    /* Not failures, or nothing can be said. */                                                    \
    ROW(RST_AFTER_FIN, rst_after_fin, FINE, NONE, UNKNOWN, OK, "rst-after-fin",                    \
        "RST after an orderly close: harmless")                                                    \
    ROW(OK_RST_CLOSE, ok_rst_close, FINE, NONE, UNKNOWN, OK, "ok-rst-close",                       \
        "Closed by RST with nothing outstanding: harmless")                                        \
    ROW(SYN_COOKIES_ACTIVE, syn_cookies_active, FINE, NONE, SERVER_HOST, OK, "syn-cookies-active", \
        "The server answers SYNs with cookies")                                                    \
    ROW(SIMULTANEOUS_OPEN, simultaneous_open, FINE, HALF_OPEN, UNKNOWN, OK, "simultaneous-open",   \
        "Both sides connected to each other")                                                      \
    ROW(SLOW_HANDSHAKE, slow_handshake, FINE, NONE, PATH, OK_DEGRADED, "slow-handshake",           \
        "Connected only after a retransmission")                                                   \
    ROW(OK, ok, FINE, NONE, UNKNOWN, OK, "ok", "Nothing wrong")                                    \
    ROW(IN_PROGRESS, in_progress, FINE, NONE, UNKNOWN, IN_PROGRESS, "in-progress",                 \
        "The capture ends before an answer was due")                                               \
    ROW(BACKSCATTER, backscatter, FINE, UNDETERMINED, UNKNOWN, UNKNOWN, "backscatter",             \
        "Answers to SYNs that somebody forged")                                                    \
    ROW(UNKNOWN_ONE_SIDED, unknown_one_sided, FINE, UNDETERMINED, UNKNOWN, UNKNOWN,                \
        "unknown-one-sided", "Only one direction was captured")                                    \
    ROW(UNKNOWN_CAPTURE_LOSS, unknown_capture_loss, FINE, UNDETERMINED, UNKNOWN, UNKNOWN,          \
        "unknown-capture-loss", "The packets that would tell were not captured or were shed")      \
    ROW(UNKNOWN_TRUNCATED, unknown_truncated, FINE, UNDETERMINED, UNKNOWN, UNKNOWN,                \
        "unknown-truncated", "The snap length cut what would tell")                                \
    ROW(UNKNOWN_MIDSTREAM, unknown_midstream, FINE, UNDETERMINED, UNKNOWN, UNKNOWN,                \
        "unknown-midstream", "The capture begins inside the connection")

enum verdict_id {
#define ROW(id, suffix, kind, family, blame, outcome, slug, title) VERDICT_##id,
    VERDICT_TABLE(ROW)
#undef ROW
    VERDICT_COUNT
};

/* Of KIND_FINE are all rows from here on, and no others. */
#define VERDICT_FIRST_FINE VERDICT_RST_AFTER_FIN

struct verdict_row {
    const char *slug;
    const char *title;
    enum verdict_kind kind;
    enum family family;
    enum blame blame;
    enum outcome outcome; /* OUTCOME_COUNT: as the packets say */
};

/* The fixed columns of a row; never NULL for id < VERDICT_COUNT. */
const struct verdict_row *verdict_row(enum verdict_id id);

/* VERDICT_COUNT where no row has the slug. */
enum verdict_id verdict_by_slug(const char *slug);

/* Words of the JSON contract; static strings. */
const char *outcome_name(enum outcome outcome);
const char *family_name(enum family family); /* FAMILY_NONE: NULL */
char family_letter(enum family family);
const char *family_words(enum family family); /* for the dashboard, lower case */
const char *family_title(enum family family); /* for the report, upper case */
const char *confidence_name(enum confidence confidence);
const char *blame_name(enum blame blame);
const char *stage_name(enum stage stage);
const char *ended_by_name(enum ended_by ended_by);

/* FAMILY_COUNT where no family has the name. */
enum family family_by_name(const char *name);

#endif
