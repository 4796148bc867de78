/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for TLS that met no TLS, no certificate, or no answer. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_CONNECT                                                                               \
    {                                                                                              \
        "client", "openssl s_client -connect {server} </dev/null", "does the port speak TLS"       \
    }
#define STEP_OWN_CERTIFICATE                                                                       \
    {                                                                                              \
        "client",                                                                                  \
            "openssl s_client -connect {server} -cert client.pem -key client.key </dev/null",      \
            "the handshake with the certificate that the client is to have"                        \
    }
#define STEP_SERVER_CLIENT_CA                                                                      \
    {                                                                                              \
        "server",                                                                                  \
            "grep -rniE 'ssl_verify_client|ssl_client_certificate|verify required|ca-file' "       \
            "/etc/nginx /etc/haproxy",                                                             \
            "whose certificates the server wants"                                                  \
    }

const struct verdict_words words_http_on_tls_port = {
    .message = "{client} speaks plain HTTP to {server}, which wants TLS",
    .brief = "plain HTTP to a TLS port",
    .meaning = "The client sent an HTTP request in clear, and the port expects TLS: {sign}. The "
               "URL lacks its https, or a balancer in between takes TLS off and passes the rest to "
               "a port that wants it.",
    .doc = "An HTTP request in clear is answered by the words of a server that expects TLS, by a "
           "TLS alert, or by a close without a byte where the port speaks TLS in other "
           "connections . A wrong scheme in a URL, a balancer whose "
           "listener or target protocol is wrong, a health check in clear.",
    .filter = "http || tls",
    .step = {{"client", "curl -vk https://{server}/ -o /dev/null", "the same request with TLS"},
             STEP_CONNECT,
             {"server", "grep -rnE 'listen .*ssl|bind .*ssl' /etc/nginx /etc/haproxy",
              "which ports are set to speak TLS"}},
};

const struct verdict_words words_tls_on_plain_port = {
    .message = "{client} speaks TLS to {server}, which answers in plain text",
    .brief = "TLS to a plain text port",
    .meaning = "The client began TLS, and the server's first words are plain text: the port does "
               "not speak TLS, or wants STARTTLS first. The client's RST or FIN after them is the "
               "consequence.",
    .doc = "A ClientHello is the client's first words, and the server's are those of a protocol in "
           "clear: HTTP, HTTP/2, a greeting. A wrong port or scheme, a protocol that wants "
           "STARTTLS before TLS, a balancer that passes TLS on to a plain backend.",
    .filter = "tls || http",
    .step = {{"client", "curl -v http://{server}/ -o /dev/null", "the same without TLS"},
             {"client", "openssl s_client -starttls smtp -connect {server} </dev/null",
              "does it want STARTTLS first (smtp, imap, pop3, ftp, postgres, ...)"},
             {"server", "grep -rnE 'listen .*ssl|bind .*ssl' /etc/nginx /etc/haproxy",
              "which ports are set to speak TLS"}},
};

const struct verdict_words words_mtls_client_cert_missing = {
    .message = "{server} wants a client certificate and {client} has none",
    .brief = "no client certificate",
    .meaning = "The server asked for a certificate of the client, the client sent an empty list, "
               "and the server ended the connection. The client has no certificate configured, or "
               "none from an authority that the server names.",
    .doc =
        "Up to TLS 1.2 all of it can be read: CertificateRequest, the client's Certificate with "
        "an empty list, alert 40, 42 or 116 or the close. In TLS 1.3 the lengths tell: "
        "a record of 25 bytes before the client's Finished, then one as short as an alert from "
        "the server, or nothing, and its close. nginx completes the handshake and says 400 within "
        "it: one request, one record of 300 to 600 bytes and the close "
        "look so, and so does any short answer. A service mesh in strict mode that meets a client "
        "without a sidecar looks so too.",
    .filter = "tls",
    .step = {STEP_OWN_CERTIFICATE,
             STEP_SERVER_CLIENT_CA,
             {"server", "kubectl get peerauthentication -A",
              "in a mesh: does it demand mutual TLS (STRICT)"}},
};

const struct verdict_words words_mtls_client_cert_rejected = {
    .message = "{server} does not accept the certificate of {client}",
    .brief = "client certificate refused",
    .meaning = "The client sent a certificate and the server ended the handshake over it: {sign}. "
               "It is expired, revoked, made for something else, or signed by an authority that "
               "the server does not know.",
    .doc = "Up to TLS 1.2: a Certificate of the client that is not empty, then an alert of the "
           "server about certificates (42 to 46, 48, 49, 51). In TLS 1.3 only lengths "
           "tell: a client's flight long enough for a certificate, then a record as short as an "
           "alert, and the server closes; a close_notify has that length too.",
    .filter = "tls",
    .step = {{"client", "openssl x509 -in client.pem -noout -dates -subject -issuer",
              "until when, and by whom it was signed"},
             STEP_OWN_CERTIFICATE,
             STEP_SERVER_CLIENT_CA},
};

const struct verdict_words words_tls_encrypted_alert = {
    .message = "An encrypted TLS alert ended {client} to {server}",
    .brief = "encrypted alert",
    .meaning = "The handshake ended in an alert that is encrypted: {sign}. That there is one can "
               "be seen, what it says can not; the logs of both sides have it in words.",
    .doc = "Up to TLS 1.2: a record of type alert longer than two bytes, before the handshake is "
           "over. In TLS 1.3: the server's first encrypted record is too short for anything but an "
           "alert, or a record of that length is its only answer to a client that "
           "was asked for a certificate.",
    .filter = "tls",
    .step = {STEP_CONNECT,
             {"server", "journalctl -p warning --since -10min", "the server's own words for it"}},
};

const struct verdict_words words_tls_reset_on_hello = {
    .message = "{server} hung up on the ClientHello of {client}",
    .brief = "hung up on the ClientHello",
    .meaning = "The server, or a box in front of it, ended the connection when it had the "
               "ClientHello, without a byte in answer: {sign}. A name or TLS version that is not "
               "wanted, a balancer without a backend, or one that waits for a PROXY header.",
    .doc = "The ClientHello is all that the client said; a RST or FIN of the server's side follows "
           "within 2 seconds or 4 round trips, and no byte. A filter by server name, a balancer "
           "that has no backend or expects the PROXY protocol, a server that is not configured for "
           "TLS there. A RST that somebody else forged is `rst-injected`.",
    .filter = "tls.handshake.type==1 || tcp.flags.reset==1",
    .step = {{"client", "openssl s_client -connect {server} -servername other.example </dev/null",
              "does it depend on the name asked for"},
             STEP_CONNECT,
             {"server", "journalctl -p warning --since -10min",
              "what the server or the balancer says of it"}},
};

const struct verdict_words words_tls_hello_blackhole = {
    .message = "{server} never answered the ClientHello of {client}",
    .brief = "ClientHello unanswered",
    .meaning = "The client began TLS and got no byte in answer: {sign}. If the ClientHello was "
               "acknowledged, the server's program or an inspecting device holds it; if not, it "
               "was lost on the way, as large ones are where the path takes only smaller packets.",
    .doc = "A ClientHello without a byte of answer for 5 seconds. Acknowledged: a server "
           "without free workers, a device that inspects TLS, a filter by name. Not acknowledged: "
           "the path drops it, for its size (`pmtu-blackhole`) or its name; or a full "
           "accept queue.",
    .filter = "tls.handshake.type==1",
    .step = {{"client", "openssl s_client -connect {server} -servername other.example </dev/null",
              "does it depend on the name asked for"},
             {"client", "ping -M do -s 1472 {addr}", "does the path take full-size packets"},
             {"server", "ss -tn state established '( sport = :{port} )'",
              "does unread data wait (Recv-Q)"}},
};
