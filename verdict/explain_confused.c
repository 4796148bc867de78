/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for handshakes that met something else than a listener. See explain_words.h. */
#include "verdict/explain_words.h"

const struct verdict_words words_stale_connection_on_server = {
    .message = "{server} answered the SYN of {client} with an ACK of an older connection",
    .brief = "SYN answered by ACK of old connection",
    .meaning = "The SYN was answered by a bare ACK that belongs to an earlier connection between "
               "the same ports. The client has lost that connection without the server noticing: "
               "a restart, a NAT entry gone, power. Its RST clears it, and the next SYN can "
               "connect ({syns} seen here).",
    .doc = "A SYN drew a challenge ACK: the server still holds an established connection with "
           "these addresses and ports. The client restarted or lost it without a FIN. A RST of "
           "the client clears it and the SYN is repeated; where a firewall eats the RST or the "
           "ACK, the client cannot connect until the server gives up. A NAT that reuses ports "
           "too soon does the same to different clients.",
    .filter = "",
    .step = {{"server", "ss -tno state established 'sport = :{port}'",
              "the old connection, and whether keepalive watches it"},
             {"server", "sysctl net.ipv4.tcp_keepalive_time net.ipv4.tcp_keepalive_intvl",
              "how long a dead connection is kept"},
             {"client", "uptime", "did the client restart"}},
};

const struct verdict_words words_timewait_reuse = {
    .message = "{server} still had the last connection of {client} in TIME_WAIT",
    .brief = "port reused in TIME_WAIT",
    .meaning = "The server had closed the last connection between these ports and kept it in "
               "TIME_WAIT when the SYN came ({sign}). It takes a SYN with an older sequence number "
               "and no newer timestamp for a late packet; the client's RST clears it, and the next "
               "SYN can connect ({syns} seen here).",
    .doc = "The server closed the tuple's last connection first, less than four minutes before, "
           "and answers the new SYN with the last ACK of that one. Clients that use ports again at "
           "once do so: a fixed local port, a small port range, a NAT with few addresses, no "
           "timestamps. Where the last connection was never closed it is "
           "stale-connection-on-server.",
    .filter = "",
    .step = {{"server", "ss -tan state time-wait 'sport = :{port}' | wc -l",
              "how many connections wait"},
             {"client", "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_timestamps",
              "how soon a port comes round again, and whether timestamps tell old from new"},
             {"client", "ss -tan 'dst {addr}' | wc -l", "ports in use; keep-alive needs fewer"}},
};

const struct verdict_words words_nat_port_collision = {
    .message = "{client} to {server} reuses a port that another machine behind that address used",
    .brief = "port of another machine behind NAT",
    .meaning = "The SYN uses the port of a connection that another machine seems to have had "
               "({sign}): two hosts behind {caddr}, and a NAT. It gave the second the port of the "
               "first while the server still knew it.",
    .doc = "A SYN reuses a tuple within four minutes, and comes from another machine than the last "
           "one: another hop count, or timestamps of another clock. A NAT that forgets a "
           "connection before the server does hands out its port again. A client that restarted "
           "has new timestamps too (stale-connection-on-server).",
    .filter = "",
    .step = {{"server_side", "conntrack -L -p tcp --dport {port}",
              "who has the port now, at the NAT"},
             {"server_side", "sysctl net.netfilter.nf_conntrack_tcp_timeout_established",
              "how soon the NAT forgets"},
             {"server", "ss -tno state established 'sport = :{port}'",
              "the old connection, and whether keepalive watches it"}},
};

const struct verdict_words words_bad_synack = {
    .message = "{server} answered the SYN of {client} with a SYN-ACK for something else",
    .brief = "SYN-ACK acknowledges something else",
    .meaning = "A SYN-ACK came that does not acknowledge this SYN ({sign}). The client has to "
               "reset it, and the handshake cannot complete.",
    .doc = "The SYN-ACK acknowledges neither the SYN nor the data on it. A proxy or NAT that "
           "rewrites sequence numbers in one direction only, two hosts with one address, or a late "
           "SYN-ACK for an earlier SYN of the same port. The client resets it and tries again.",
    .filter = "tcp.flags.syn==1",
    .step = {{"here", "arping -c 3 {addr}", "two MAC addresses: two hosts with one address"},
             {"here", "traceroute -nT -p {port} {addr}", "which machine answers for the server"},
             {"server", "tcpdump -Sni any 'host {caddr} and tcp port {port}'",
              "the sequence numbers as the server has them"}},
};

const struct verdict_words words_syn_options_blackhole = {
    .message = "{server} was reached by {client} with a plain SYN only, after {handshake}",
    .brief = "connected by plain SYN after {handshake}",
    .meaning = "SYNs that ask for more than plain TCP went unanswered ({sign}); the plain one that "
               "followed was answered, {handshake} after the first. Something on the way to {addr} "
               "drops the others: each connection costs that time.",
    .doc = "SYNs with ECN, data or options of Fast Open or Multipath TCP die, and the plain SYN "
           "that the client falls back to is answered, for each connection to the host. An old "
           "firewall or load balancer drops what it does not know. A single such handshake is a "
           "lost SYN (slow-handshake).",
    .filter = "tcp.flags.syn==1",
    .step = {{"client", "sysctl net.ipv4.tcp_ecn net.ipv4.tcp_fastopen net.mptcp.enabled",
              "which extension the client asks for"},
             {"here", "traceroute -nT -p {port} {addr}", "the machines on the way"},
             {"server", "tcpdump -ni any 'host {caddr} and tcp[tcpflags] & tcp-syn != 0'",
              "which SYNs arrive"}},
};
