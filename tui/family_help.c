/* SPDX-License-Identifier: BSD-2-Clause */
/* See family_help.h. */
#include "tui/family_help.h"

#include "base/compiler.h"

static const struct family_help rows[] = {
    [FAMILY_REFUSED] = {"RST answers the SYN; TTL and IP id fit the server",
                        "server: does it listen"},
    [FAMILY_FIREWALL_REJECT] = {"ICMP error, or a RST whose TTL is not the server's",
                                "whoever owns the rule"},
    [FAMILY_UNREACHABLE] = {"ICMP host or net unreachable, or nobody answers ARP",
                            "route, or the host is down"},
    [FAMILY_TIMEOUT] = {"SYN sent again and again, nothing comes back, ever",
                        "path, or a dropping rule"},
    [FAMILY_BACKLOG_OVERFLOW] = {"port answers some SYNs, drops others, repeats its SYN-ACK",
                                 "server: accept queue"},
    [FAMILY_HALF_OPEN] = {"SYN-ACK seen, the client never completes", "client, or the way back"},
    [FAMILY_RESET] = {"RST inside an open connection, from the peer itself",
                      "the side that sent it"},
    [FAMILY_RST_FORGED] = {"RST does not fit its sender, or the sender goes on after it",
                           "middlebox on the path"},
    [FAMILY_BLACKHOLED] = {"open connection, then silence while data is outstanding",
                           "path: NAT, MTU, route"},
    [FAMILY_CLOSED_EARLY] = {"FIN instead of an answer", "server, load balancer"},
    [FAMILY_TLS_REFUSED] = {"TLS alert, or close right after ClientHello",
                            "certificate, version, SNI"},
    [FAMILY_HTTP_REFUSED] = {"GOAWAY, REFUSED_STREAM, 502 to 504 from a proxy",
                             "server limits, upstream"},
    [FAMILY_GRPC_REFUSED] = {"grpc-status other than 0 in the trailers", "the service behind"},
    [FAMILY_APP_REFUSED] = {"refusal in a banner, QUIC, SCTP, UDP port unreachable", "the service"},
    [FAMILY_UNDETERMINED] = {"one direction only, or packets were lost here",
                             "this capture: look at loss"},
};

_Static_assert(ARRAY_LEN(rows) == FAMILY_COUNT, "a row each family");

const struct family_help *family_help(enum family family)
{
    return &rows[family];
}
