/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for handshakes that were answered by a RST or an ICMP error. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_LISTENER                                                                              \
    {                                                                                              \
        "server", "ss -lntp 'sport = :{port}'", "is there a listener, and on which address"        \
    }
#define STEP_NFT_REJECT                                                                            \
    {                                                                                              \
        "server", "nft list ruleset | grep -nwE 'reject|{port}'",                                  \
            "a rule 'reject with tcp reset' sends the same RST"                                    \
    }
#define STEP_TRACE                                                                                 \
    {                                                                                              \
        "here", "traceroute -nT -p {port} {addr}", "which machine on the path answers"             \
    }

const struct verdict_words words_refused = {
    .message = "{server} refused {client}: RST {rst_after} after the SYN",
    .brief = "RST {rst_after} after SYN",
    .meaning = "The SYN was answered by a RST {rst_after} later: {addr} is reachable, and port "
               "{port} was refused. The packets do not tell whether the host's own TCP sent it, "
               "because nothing listens there, or a packet filter in its name.",
    .doc = "A RST that acknowledges the SYN answered it, and connect() failed with ECONNREFUSED. "
           "Either nothing listens on the port, or a packet filter answers in the host's name, or "
           "one of several replicas behind the address is down. The RST has the marks of none of "
           "them alone.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_LISTENER, STEP_NFT_REJECT, STEP_TRACE},
};

const struct verdict_words words_refused_closed_port = {
    .message = "{server} refused {client}: nothing listens there (RST {rst_after} after the SYN)",
    .brief = "RST {rst_after} after SYN",
    .meaning = "The SYN was answered by a RST {rst_after} later, made as a TCP without a listener "
               "makes it: sequence number 0, window 0, no options. {addr} is up, and no program "
               "listens on port {port} of it. On IPv4 a rule 'reject with tcp reset' on that same "
               "host sends the same bytes.",
    .doc = "The RST that answered the SYN has the shape of a TCP without a listener: sequence "
           "number 0, window 0, no options, and a hop count that fits the host's other packets. "
           "The service is stopped, listens on another address (127.0.0.1, or only one of IPv4 "
           "and IPv6), or on another port. On IPv4 with TOS 0 a rule 'reject with tcp reset' on "
           "the host itself sends the same bytes; a neighbouring incident on the same host often "
           "gives it away.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_LISTENER,
             {"server", "systemctl list-units --failed", "did the service stop"},
             {"server", "journalctl -p warning --since -10min", "what it said when it stopped"},
             STEP_NFT_REJECT},
};

const struct verdict_words words_refused_service_restart = {
    .message = "{server} refused {client}: its listener is away ({sign})",
    .brief = "RST {rst_after} after SYN, listener away",
    .meaning = "The SYN was refused {rst_after} later, in a run of refusals with no connection "
               "accepted between ({sign}). A listener was there before or after: the service was "
               "restarted, crashed, or was stopped.",
    .doc = "A run of refusals without one SYN-ACK between, and at least one end of it known: the "
           "port accepted connections within the minute before or after, or the server hung up on "
           "its idle connections in the seconds before. A deploy, a crash loop, a stopped service. "
           "Refused and accepted by turns is something else: one of several backends is down, or "
           "a queue overflows.",
    .filter = "tcp.flags.reset==1",
    .step = {{"server", "systemctl list-units --failed", "did the service stop"},
             {"server", "journalctl -p warning --since -10min", "when it stopped and started"},
             {"server", "dmesg -T | grep -iE 'oom|killed process|segfault'",
              "did the kernel end it"},
             STEP_LISTENER},
};

const struct verdict_words words_refused_backlog_rst = {
    .message = "{server} refused {client} while it accepted others: RST {rst_after} after the SYN",
    .brief = "RST {rst_after} after SYN, others accepted",
    .meaning = "The SYN was refused {rst_after} later, in a second in which the same port accepted "
               "other connections ({sign}). A Windows host resets what its listener cannot queue.",
    .doc = "Refusals and SYN-ACKs in one busy second of one port, from a host whose TTL begins at "
           "128: Windows answers by RST when a listener's backlog is full. Several servers behind "
           "one address, one of them without the service, look the same.",
    .filter = "tcp.flags.reset==1",
    .step = {{"server", "powershell Get-NetTCPConnection -LocalPort {port}",
              "how many connections wait"},
             {"server", "netstat -s", "failed connection attempts grow while it lasts"},
             STEP_TRACE},
};

const struct verdict_words words_refused_firewall_rst = {
    .message = "{server} refused {client}: a firewall sent the RST, {rst_after} after the SYN",
    .brief = "RST {rst_after} after SYN",
    .meaning = "The SYN was answered by a RST {rst_after} later that does not fit the server "
               "({sign}). A packet filter on the path or on the host answered in its name; the "
               "service behind it has not seen the SYN.",
    .doc = "A RST answered the SYN, and something about it does not fit the host it claims to come "
           "from: its hop count differs from that of the host's other packets, it came sooner than "
           "the round trip allows, it does not mirror the SYN's TOS, or on IPv6 it carries flow "
           "label 0. A rule such as 'reject with tcp reset' makes it so. Paths that change within "
           "a connection (ECMP, anycast) and SYN proxies also shift the hop count.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_NFT_REJECT,
             {"server", "iptables-save | grep -n -i reject", "the same rule in the older tables"},
             STEP_TRACE,
             {"here", "tcpdump -nv 'host {addr} and tcp port {port}'",
              "compare the TTL of the RST with that of other packets"}},
};

const struct verdict_words words_refused_backend_down = {
    .message = "{server} accepted {client} and reset it {open_for} later: the backend refused",
    .brief = "RST {open_for} after the handshake",
    .meaning = "The handshake was completed; {open_for} later, before any byte of the server, a "
               "RST with window 0 and no options came. So looks the refusal of a backend after a "
               "balancer or SYN proxy translated it: {addr} is a front, and what stands behind it "
               "does not listen.",
    .doc = "The handshake completed, and before the server had sent a byte a RST+ACK with window 0 "
           "and no options came: the answer of a closed port, translated. A SYN proxy, a layer-4 "
           "balancer or a virtual service took the connection, and its backend refused. A program "
           "that accepts and aborts at once sends a RST with a window and timestamps instead "
           "(accept-then-close).",
    .filter = "tcp.flags.reset==1",
    .step = {{"server_side", "ipvsadm -Ln", "which backends are in service (IPVS)"},
             {"server_side", "kubectl get endpointslices -A | grep -w {port}",
              "does the service have ready endpoints (Kubernetes)"},
             {"server_side", "echo 'show servers state' | socat - /run/haproxy/admin.sock",
              "which servers are up (HAProxy)"},
             {"server_side", "conntrack -L -p tcp --dport {port}",
              "which backend the address is translated to"}},
};

const struct verdict_words words_refused_no_endpoints = {
    .message = "{server} has no backends: ICMP {icmp} for {client} {icmp_after} after the SYN",
    .brief = "ICMP {icmp} {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) {icmp_after} later, in the name "
               "of {addr}, which sent nothing else. So looks a virtual address whose service has "
               "no ready backends: the rule that should translate it rejects instead.",
    .doc = "ICMP port unreachable for a TCP port, at once, from an address that sends nothing "
           "else: kube-proxy rejects a Service without endpoints so. A packet filter on the host "
           "of that address with the default REJECT sends the same (icmp-port-unreachable).",
    .filter = "{icmp_filter}",
    .step = {{"client", "kubectl get endpointslices -A | grep -w {port}",
              "does the service have ready endpoints (Kubernetes)"},
             {"client", "iptables-save | grep 'has no endpoints'", "the rule that rejects"},
             {"client", "ipvsadm -Ln", "which backends are in service (IPVS)"},
             {"reporter", "nft list ruleset | grep -nwE 'reject|{port}'",
              "or a filter that rejects the port"}},
};

const struct verdict_words words_icmp_admin_prohibited = {
    .message = "{server} rejected by a firewall (ICMP {icmp}) for {client}",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later; that is {reporter_is}. A closed port answers with RST: this is a filter "
               "rule at {reporter}.",
    .doc = "An ICMP error whose code says prohibited (IPv4 3/9, 3/10, 3/13; IPv6 1/1, 1/5, 1/6) "
           "quotes the SYN. A packet filter or a prohibit route at the sender of the error says "
           "no; the classic default of firewalld is 3/10. Where the sender is not the server, the "
           "rule sits on the path. Anyone on the path can forge such an error, but it must carry "
           "the SYN's sequence number to count.",
    .filter = "{icmp_filter}",
    .step = {{"reporter", "nft list ruleset | grep -nwE 'reject|{port}'",
              "find the rule that rejects the port"},
             {"reporter", "iptables-save | grep -nwE 'REJECT|{port}'",
              "the same rule in the older tables"},
             {"reporter", "firewall-cmd --list-all", "which ports firewalld lets in"},
             {"reporter", "ip route show table all type prohibit",
              "a prohibit route sends 3/13 as well"}},
};

const struct verdict_words words_icmp_port_unreachable = {
    .message = "{server} rejected (ICMP {icmp}) for {client}: a filter or a service without "
               "backends",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later; that is {reporter_is}. No TCP answers a SYN so, a closed port sends RST: "
               "this is a REJECT rule at {reporter}, or a virtual service without backends.",
    .doc = "An ICMP port unreachable quotes the SYN. The TCP of no usual system sends it for a "
           "closed port: it is the default of a REJECT rule, or kube-proxy's answer for a service "
           "without endpoints, and connect() fails with ECONNREFUSED although no RST was seen.",
    .filter = "{icmp_filter}",
    .step = {{"reporter", "nft list ruleset | grep -nwE 'reject|{port}'",
              "find the rule that rejects the port"},
             {"reporter", "iptables-save | grep -nE 'REJECT|no endpoints'",
              "the same in the older tables, and kube-proxy's mark"},
             {"server_side", "kubectl get svc,endpointslices -A | grep -w {port}",
              "does the service have ready endpoints (Kubernetes)"}},
};

const struct verdict_words words_icmp_host_unreachable = {
    .message = "{server} unreachable for {client}: ICMP {icmp} from {reporter}",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later. The last router has a route to {addr} but gets no answer from it: after "
               "about 3 s that means that the neighbour query failed and the host is off or off "
               "the network, within 0.5 s a route or a rule says so.",
    .doc = "An ICMP host or address unreachable (IPv4 3/1, 3/7, 3/12; IPv6 1/3) quotes the SYN. "
           "The delay tells the cause: about 3 s after the SYN, often several errors at once, the "
           "last router's ARP or neighbour query failed three times and the host is off; at once, "
           "an unreachable route or a REJECT rule says so.",
    .filter = "{icmp_filter}",
    .step = {{"reporter", "ip neigh show {addr}", "FAILED: the host does not answer on its link"},
             {"reporter", "ip route get {addr}", "which way the router would send it"},
             {"here", "ping -c 3 {addr}", "is the host up at all"}},
};

const struct verdict_words words_icmp_net_unreachable = {
    .message = "{server} unreachable for {client}: {reporter} has no route (ICMP {icmp})",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later. That router has no route to {addr}: a withdrawn prefix, a tunnel that is "
               "down, or an address typed wrong.",
    .doc = "An ICMP network unreachable or no route (IPv4 3/0, 3/6, 3/11; IPv6 1/0, 1/2) quotes "
           "the SYN. The sender of the error has no route to the address: a withdrawn prefix, a "
           "VPN that is down, a wrong address. A REJECT rule can be told to send the same code.",
    .filter = "{icmp_filter}",
    .step = {{"reporter", "ip route get {addr}", "has the router a route"},
             {"here", "ip route get {addr}", "is that router the right way"},
             {"here", "traceroute -n {addr}", "where the path ends"}},
};

const struct verdict_words words_icmp_rejected = {
    .message = "{server} rejected for {client}: ICMP {icmp} from {reporter}",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later; that is {reporter_is}. The code names no cause that tcpwhy knows better.",
    .doc = "An ICMP error with another code quotes the SYN: TTL exceeded (a routing loop or a TTL "
           "set too low), protocol unreachable (an odd filter), parameter problem. connect() "
           "fails at once. `icmp.type` and `icmp.code` say which.",
    .filter = "{icmp_filter}",
    .step = {{"here", "traceroute -nT -p {port} {addr}",
              "two routers in turn are a loop; else where the path ends"},
             {"reporter", "nft list ruleset | grep -nwE 'reject|{port}'",
              "a rule that rejects the port"}},
};

const struct verdict_words words_icmp_ttl_exceeded = {
    .message = "{server} unreachable for {client}: the SYN ran out of hops at {reporter}",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning =
        "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
        "later: it had passed as many routers as its TTL allows. Two routers that send it to "
        "each other do that, or a TTL set too low at the client.",
    .doc = "An ICMP time exceeded (IPv4 11/0, IPv6 3/0) quotes the SYN: routers pass it round in a "
           "loop, or the client sends with a TTL that does not reach the server.",
    .filter = "{icmp_filter}",
    .step = {{"here", "traceroute -nT -p {port} {addr}", "two routers in turn are a loop"},
             {"reporter", "ip route get {addr}", "where that router would send it"}},
};

const struct verdict_words words_icmp_proto_unreachable = {
    .message = "{server} rejected for {client}: ICMP {icmp} from {reporter}",
    .brief = "ICMP {icmp} from {reporter}, {icmp_after} after SYN",
    .meaning = "The SYN was answered by ICMP {icmp} ({icmp_what}) from {reporter} {icmp_after} "
               "later; that is {reporter_is}. Every host speaks TCP: this is a rule that rejects "
               "with an odd code.",
    .doc = "An ICMP protocol unreachable (IPv4 3/2) or unknown next header (IPv6 4/1) quotes the "
           "SYN: a filter that rejects so, or a device that forwards but has no TCP.",
    .filter = "{icmp_filter}",
    .step = {{"reporter", "nft list ruleset | grep -nwE 'reject|{port}'",
              "find the rule that rejects"}},
};
