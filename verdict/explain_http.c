/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what HTTP, gRPC and servers' first words refuse. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_SERVER_LOG                                                                            \
    {                                                                                              \
        "server", "journalctl -p warning --since -10min", "the server's own words for it"          \
    }
#define STEP_H2                                                                                    \
    {                                                                                              \
        "client", "curl -sv --http2-prior-knowledge http://{server}/ -o /dev/null",                \
            "does another HTTP/2 client get through"                                               \
    }
#define STEP_H1                                                                                    \
    {                                                                                              \
        "client", "curl -sv --http1.1 http://{server}/ -o /dev/null",                              \
            "does the port answer HTTP/1.1"                                                        \
    }

const struct verdict_words words_h2_preface_mismatch = {
    .message = "{client} speaks {client_http} to {server}, which answers in {server_http}",
    .brief = "{client_http} to a port of {server_http}",
    .meaning = "The client began with {client_http} and the server answered with {server_http}: "
               "one of the two is set up for the wrong version. What either side sent after that "
               "is the consequence.",
    .doc = "The client's first bytes are the preface of HTTP/2 and the answer begins with "
           "`HTTP/1.`, or the client sends an HTTP/1 request and the answer is a SETTINGS frame. A "
           "gRPC client at a port of plain HTTP/1, a proxy whose backend protocol is set wrong, a "
           "health check of HTTP/1 at a gRPC port.",
    .filter = "http || http2",
    .step = {STEP_H1,
             STEP_H2,
             {"server", "grep -rniE 'http2|grpc_pass|proto h2|proxy_pass' /etc/nginx /etc/haproxy",
              "which version each port is set to"}},
};

const struct verdict_words words_h2_enhance_your_calm = {
    .message = "{client} was told by {server} to slow down: {goaway} of the {goaway_by}",
    .brief = "{goaway}",
    .meaning = "The {goaway_by} ended HTTP/2 with {goaway}, {lasted} after the connection began: "
               "the other side did something more often than it allows. Most often that is a gRPC "
               "client whose keepalive pings come more often than the server's minimum, 5 minutes "
               "unless set.",
    .doc = "GOAWAY or RST_STREAM with code 11, ENHANCE_YOUR_CALM. With the text `too_many_pings` "
           "it is gRPC's keepalive policy: the client's keepalive time is below the server's "
           "minimum (5 minutes by default), or it pings without calls. Without it: too many "
           "resets, empty frames or settings, a flood protection of the server.",
    .filter = "http2 || tcp.len>0",
    .step = {{"client", "grep -rniE 'keepalive_?time|keep_alive' /etc /opt",
              "how often this client pings"},
             {"here",
              "tshark -r FILE -Y 'tcp.port=={port} && http2.type==6' -T fields -e "
              "frame.time_relative",
              "the pings and their spacing"},
             STEP_SERVER_LOG},
};

const struct verdict_words words_h2_inadequate_security = {
    .message = "{server} finds the TLS of {client} too weak for HTTP/2 ({goaway})",
    .brief = "{goaway}",
    .meaning = "The {goaway_by} ended HTTP/2 with {goaway}: the TLS version or cipher below it is "
               "one that HTTP/2 forbids. With HTTP/1.1 the same TLS is allowed.",
    .doc = "Code 12, INADEQUATE_SECURITY: TLS below 1.2, or a cipher of RFC 9113's list of "
           "prohibited ones, under HTTP/2. It is readable only where HTTP/2 is in clear, behind "
           "whatever ended the TLS.",
    .filter = "http2 || tcp.len>0",
    .step = {{"client", "openssl s_client -alpn h2 -connect {server} </dev/null",
              "which version and cipher are agreed on"},
             STEP_SERVER_LOG},
};

const struct verdict_words words_h2_http11_required = {
    .message = "{server} wants HTTP/1.1 for what {client} asked over HTTP/2",
    .brief = "{goaway}",
    .meaning = "The {goaway_by} answered with {goaway}: what was asked for needs HTTP/1.1, as "
               "NTLM authentication and client certificates asked for late do. The same request "
               "over HTTP/1.1 is expected to work.",
    .doc = "GOAWAY or RST_STREAM with code 13, HTTP_1_1_REQUIRED: Windows authentication, a client "
           "certificate that is asked for after the handshake, or an upgrade that HTTP/2 has not.",
    .filter = "http2 || tcp.len>0",
    .step = {STEP_H1, STEP_SERVER_LOG},
};

const struct verdict_words words_h2_stream_refused = {
    .message = "{server} refused a request of {client} before it worked on it ({refused_by})",
    .brief = "{refused_by}",
    .meaning = "The server answered with {refused_by}: it did nothing about that request, and the "
               "client is free to send it again, here or elsewhere. More streams at one time than "
               "allowed, or a server on its way out.",
    .doc = "RST_STREAM with code 7, REFUSED_STREAM, or a GOAWAY that leaves out a stream that the "
           "client had opened. Nothing was done for that request, so it is safe to repeat. The "
           "limit is SETTINGS_MAX_CONCURRENT_STREAMS; while a server drains, requests under way to "
           "it are left out.",
    .filter = "http2 || tcp.len>0",
    .step = {{"here",
              "tshark -r FILE -Y 'tcp.port=={port} && http2.settings.max_concurrent_streams' -T "
              "fields -e frame.number -e http2.settings.max_concurrent_streams",
              "how many streams the server allows"},
             STEP_SERVER_LOG},
};

const struct verdict_words words_h2_goaway = {
    .message = "HTTP/2 between {client} and {server} ended by {goaway} of the {goaway_by}",
    .brief = "{goaway}",
    .meaning = "The {goaway_by} ended HTTP/2 with {goaway}, {lasted} after the connection began. "
               "The code names the rule of HTTP/2, or of its sender, that the other side broke.",
    .doc = "An HTTP/2 GOAWAY frame with an error code other than 0 and those that have a verdict "
           "of their own. GOAWAY with code 0 is an orderly end and no failure.",
    .filter = "http2.type==7",
    .step = {STEP_H2, STEP_SERVER_LOG},
};

const struct verdict_words words_grpc_error = {
    .message = "{grpc_method} of {client} at {server} ended with gRPC {grpc}",
    .brief = "gRPC {grpc}",
    .meaning = "The server, or a proxy before it, answered the call with gRPC {grpc}. The network "
               "did its work: the answer is the program's, and its message says why.",
    .doc =
        "A `grpc-status` other than 0 in the trailers, or in a response of headers only; or a gRPC "
        "request got an HTTP error that stands for a status. UNAVAILABLE comes of a proxy "
        "without a backend or a server that shuts down, DEADLINE_EXCEEDED of a slow one, "
        "RESOURCE_EXHAUSTED of a limit, UNIMPLEMENTED of another version of the service.",
    .filter = "http2 || tcp.len>0",
    .step = {{"client", "grpcurl -plaintext {server} list", "what the server offers"},
             STEP_SERVER_LOG},
};

const struct verdict_words words_proxy_upstream_refused = {
    .message = "{server} answered {client} with {http_status}: the server behind {author} "
               "{upstream}",
    .brief = "{http_status}, by {author}",
    .meaning = "{server} is a proxy and works: it answered with {http_status}. The server behind "
               "it {upstream}. The connection to look at is the one from the proxy to that server.",
    .doc = "A response 502, 503 or 504 that a proxy makes when the server behind it fails: its "
           "page, its Server field or its reason say whose it is. The proxy's own attempt in the "
           "same capture, failing while the request waits, proves it; without that, an "
           "application that answers 502 or 504 by itself looks the same.",
    .filter = "http.response.code>=500 || http2.headers.status",
    .step = {{"server", "ss -tn state syn-sent",
              "connections of the proxy that wait for an answer"},
             {"server", "tail -n 50 /var/log/nginx/error.log /var/log/haproxy.log",
              "which server behind it failed, and how"},
             {"server", "tcpdump -ni any -w backend.pcap 'not port {port}'",
              "the connections behind the proxy"}},
};

const struct verdict_words words_http_refused = {
    .message = "{server} refused the request of {client} with {http_status}",
    .brief = "{http_status}",
    .meaning = "The server answered with {http_status}: it will not take this request as it was "
               "sent, or not now. The connection itself worked, and its end is the consequence.",
    .doc = "A response that refuses the request itself: 400, 408 to a request under way, 413 and "
           "414 (too large), 421 (another host's), 426 (another protocol), 429 (too many), 431, "
           "407 of a proxy, 503 of a server that is overloaded or closed. 401, 403, 404 and 500 "
           "are answers about a resource and no failure of the connection.",
    .filter = "http.response.code>=400",
    .step = {{"client", "curl -sv http://{server}/ -o /dev/null",
              "does a plain request get through"},
             STEP_SERVER_LOG},
};

const struct verdict_words words_udp_port_unreachable = {
    .message = "{server} takes no UDP datagrams of {client} ({icmp} from {reporter})",
    .brief = "no UDP there: {icmp}",
    .meaning = "A datagram to {server} was answered by {icmp} from {reporter}. No program has that "
               "UDP port open there, or a packet filter says so in its place.",
    .doc = "An ICMP port-unreachable error (3/3, ICMPv6 1/4) quotes a UDP datagram of the client "
           "that was seen at most 5 seconds before. A resolver that is down, a service that was "
           "not started, a filter with the default REJECT. Errors that refuse a late answer, and "
           "those that traceroute asks for, are left out.",
    .filter = "",
    .step = {{"server", "ss -ulnp 'sport = :{port}'", "does a program have the port open"},
             {"server", "nft list ruleset | grep -n reject", "does a filter answer so"}},
};

const struct verdict_words words_app_banner_refusal = {
    .message = "{server} turned {client} away: {banner}{banner_text}",
    .brief = "{banner}",
    .meaning = "The server took the connection and said {banner}{banner_text}. It is up and "
               "reachable; a limit, a rule or its state keeps this client out. The close that "
               "follows is the consequence.",
    .doc = "The first words of an SSH, SMTP, FTP, POP3, IMAP, MySQL, PostgreSQL or Redis server "
           "are a refusal: too many connections, a host that is not allowed, a login that is "
           "missing, a server that still starts. The code is the protocol's own.",
    .filter = "tcp.len>0",
    .step = {STEP_SERVER_LOG,
             {"server", "ss -tn state established '( sport = :{port} )' | wc -l",
              "how many connections the server has"}},
};
