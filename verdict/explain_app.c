/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what TLS refused. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_CONNECT                                                                               \
    {                                                                                              \
        "client", "openssl s_client -connect {server} </dev/null",                                 \
            "the handshake with another client, step by step"                                      \
    }
#define STEP_SERVER_TLS                                                                            \
    {                                                                                              \
        "server", "grep -rniE 'ssl_protocols|ssl_ciphers|ssl-min-ver' /etc/nginx /etc/haproxy",    \
            "what the server is set to offer"                                                      \
    }

const struct verdict_words words_tls_version_mismatch = {
    .message = "{server} and {client} have no TLS version in common ({alert} from the {alert_by})",
    .brief = "{alert} from {alert_by}",
    .meaning = "The handshake ended in {alert} from the {alert_by}: the TLS versions that the "
               "client offers and those that the server accepts do not overlap. The FIN or RST "
               "that followed is the consequence.",
    .doc = "Alert 70, protocol_version, from either side: client and server have no TLS version in "
           "common. Typical for a client of before 2014 against a server that accepts TLS 1.2 and "
           "later, or a server that was never updated.",
    .filter = "tls.alert_message.desc==70",
    .step = {{"client", "openssl s_client -tls1_2 -connect {server} </dev/null",
              "is TLS 1.2 accepted"},
             {"client", "openssl s_client -tls1_3 -connect {server} </dev/null",
              "is TLS 1.3 accepted"},
             STEP_SERVER_TLS},
};

const struct verdict_words words_tls_unknown_sni = {
    .message =
        "{server} does not know the name that {client} asks for ({alert} from the {alert_by})",
    .brief = "{alert} from {alert_by}",
    .meaning = "The server answered the ClientHello with {alert}: it has no certificate for the "
               "name in it. The name is wrong, the server is not the one meant, or its "
               "configuration lacks the name.",
    .doc = "Alert 112, unrecognized_name, fatal: the server serves no such name. A wrong name, a "
           "stale address that now belongs to another service, a virtual host missing from the "
           "configuration. At warning level the handshake goes on and nothing is reported.",
    .filter = "tls.alert_message.desc==112",
    .step = {STEP_CONNECT,
             {"server", "grep -rnE 'server_name|ServerName' /etc/nginx /etc/apache2",
              "the names the server knows"}},
};

const struct verdict_words words_tls_alpn_mismatch = {
    .message = "{server} and {client} have no application protocol in common ({alert})",
    .brief = "{alert} from {alert_by}",
    .meaning = "The server answered the ClientHello with {alert}: of the protocols that the client "
               "offers in ALPN (h2, http/1.1 and so on) it speaks none. No request was sent.",
    .doc = "Alert 120, no_application_protocol: the client's ALPN list and the server's do not "
           "overlap. A gRPC client against a server without h2, or a client that offers a name "
           "the server does not use.",
    .filter = "tls.alert_message.desc==120",
    .step = {{"client", "openssl s_client -alpn h2,http/1.1 -connect {server} </dev/null",
              "which protocol the server picks"},
             {"server", "grep -rnE 'http2|alpn' /etc/nginx /etc/haproxy",
              "what the server is set to speak"}},
};

const struct verdict_words words_tls_no_common_params = {
    .message = "{server} refused the TLS hello of {client} ({alert})",
    .brief = "{alert} from {alert_by}",
    .meaning = "The server answered the ClientHello with {alert}: it found no cipher suite, group "
               "or signature algorithm that both sides have. No certificate was sent, so "
               "certificates are not the cause unless their key type is.",
    .doc = "A fatal alert 40 (handshake_failure), 71 (insufficient_security) or 47 "
           "(illegal_parameter) is the server's first record after the ClientHello: no cipher "
           "suite, group or signature algorithm fits both, for instance an RSA-only client at a "
           "server with an ECDSA certificate.",
    .filter = "tls.alert_message.level==2",
    .step = {STEP_CONNECT,
             {"client", "openssl ciphers -v", "what this client's library offers"},
             STEP_SERVER_TLS},
};

const struct verdict_words words_tls_server_cert_rejected = {
    .message = "{client} refuses the certificate of {server} ({alert})",
    .brief = "{alert} from {alert_by}",
    .meaning = "The client ended the handshake with {alert} after it had seen the server's "
               "certificate. The certificate is expired, made for another name, or signed by an "
               "authority that the client does not know; an inspecting proxy in between has the "
               "same effect.",
    .doc = "The client sent an alert about the server's certificate (42 to 46, 48, 113), or in TLS "
           "1.3 a short encrypted record in the place of its Finished. Expired, wrong name, "
           "unknown authority, incomplete chain, a client whose clock is wrong, an inspecting "
           "proxy whose authority the client lacks, or pinning.",
    .filter = "tls.alert_message.level==2",
    .step = {{"client", "openssl s_client -showcerts -connect {server} </dev/null",
              "the chain, and what is wrong with it"},
             {"client",
              "openssl s_client -connect {server} </dev/null | openssl x509 -noout -dates -subject",
              "until when, and for whom it was made"},
             {"client", "timedatectl", "is the client's clock right"}},
};

const struct verdict_words words_tls_alert_other = {
    .message = "{alert} from the {alert_by} ended {client} to {server}",
    .brief = "{alert} from {alert_by}",
    .meaning = "The {alert_by} ended the handshake with the fatal {alert}. The code names what it "
               "found wrong with the other side; the FIN or RST that followed is the consequence.",
    .doc = "Any other fatal alert. `tls.alert_code` and `tls.alert_by` say which and whose; the "
           "close after it is clean-up.",
    .filter = "tls.alert_message.level==2",
    .step = {STEP_CONNECT,
             {"server", "journalctl -p warning --since -10min", "the server's own words for it"}},
};
