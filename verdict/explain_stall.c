/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for connections that came to a standstill or were given up on. See explain_words.h. */
#include "verdict/explain_words.h"

const struct verdict_words words_zero_window_stall = {
    .message = "{server} to {client} stands still: {blamed} takes no more data ({sign})",
    .brief = "window 0 of {blamed}",
    .meaning = "{blamed} says with every packet that it has no room (window 0), and goes on saying "
               "so when it is asked ({sign}). Its TCP is alive and acknowledges; its program has "
               "stopped reading the socket.",
    .doc = "One side advertises a window of 0 and answers every probe with 0 again, to the end of "
           "the connection. Its kernel is alive, the path is fine: its program does not read. It "
           "hangs, waits for something else (a lock, a disk, a connection of its own that stands "
           "still), or is stopped. A reader that is slow by intent, such as a paused download, "
           "looks the same until the window opens again.",
    .filter = "tcp.analysis.zero_window || tcp.analysis.zero_window_probe",
    .step = {{"server", "ss -tnmi 'sport = :{port}'",
              "Recv-Q: bytes that the program has not read; rb: its buffer"},
             {"client", "ss -tnmi 'dport = :{port}'", "the same, where the client is the reader"},
             {"server", "ss -tnp 'sport = :{port}'", "which process holds the connection"},
             {"server", "ps -eo pid,stat,wchan:24,comm",
              "T is stopped, D waits in the kernel, and for what"}},
};

const struct verdict_words words_pmtu_blackhole = {
    .message = "{server} to {client} lets only small packets through ({sign})",
    .brief = "segments of full size vanish",
    .meaning = "Segments of full size were sent again and again and never arrived, while smaller "
               "ones sent behind them did ({sign}). A link on the path takes less than the "
               "handshake agreed on, and the ICMP message that would say so does not come back.",
    .doc = "The handshake and small segments pass, segments of full size never do, and no ICMP "
           "'fragmentation needed' (IPv6: 'packet too big') comes back: a tunnel, a VPN or PPPoE "
           "on the path has a smaller MTU, and the message that tells is filtered. Connections "
           "hang at the first big answer, upload or TLS certificate. Who runs the tunnel or the "
           "filter mends it: let the ICMP message through, or clamp the MSS there.",
    .filter = "tcp.analysis.flags || icmp.type==3 && icmp.code==4 || icmpv6.type==2",
    .step = {{"here", "ping -c 3 -M do -s 1472 {addr}",
              "does a packet of 1,500 bytes pass (IPv4; 1452 for IPv6)"},
             {"here", "tracepath -n {addr}", "where the path MTU drops"},
             {"server_side", "nft list ruleset",
              "filters that drop ICMP 3/4 or ICMPv6 2; 'maxseg size' clamps the MSS"},
             {"server", "sysctl net.ipv4.tcp_mtu_probing",
              "with 1 the kernel tries smaller segments by itself"}},
};

const struct verdict_words words_firewall_midstream_rst = {
    .message = "{server} to {client} reset by a device on the path, not by {claimed} ({sign})",
    .brief = "RST of a device: {forged_sign}",
    .meaning = "A packet of the open connection was answered with a RST in the name of {claimed}, "
               "in the shape of a host that does not know the connection, but not from where "
               "{claimed} is ({sign}). A device in between did it: a rule that came into force, an "
               "inspection that disliked the content, or a balancer that lost its table.",
    .doc = "A RST without ACK answers a packet in the middle of a connection as a host would that "
           "does not know it, and comes from nearer than that host: fewer routers on its way, or "
           "sooner than the round trip, or without what the host's kernel puts into it. Who runs "
           "the device on the path mends it: a filter with 'reject with tcp reset' whose rules "
           "changed, an intrusion prevention system, a balancer that failed over. Where the host "
           "goes on after the RST, it was forged: rst-injected.",
    .filter = "{forged_filter}",
    .step = {{"here", "traceroute -nT -p {port} {addr}",
              "which machine sits at the RST's distance"},
             {"server_side", "tcpdump -ni any -w far.pcap port {port}",
              "the RST is not seen there, if a device sent it"},
             {"server_side", "nft list ruleset", "'reject with tcp reset' and when it was loaded"},
             {"server", "ss -tn 'dst {caddr}'", "does the server still hold the connection"}},
};

const struct verdict_words words_mptcp_reset = {
    .message = "{server} to {client} reset by {ender}, Multipath TCP says why ({sign})",
    .brief = "{sign}",
    .meaning = "{ender} ended the subflow with a RST that carries a reason of Multipath TCP "
               "({sign}). It came {lasted} after the start, after {server_bytes} of the server.",
    .doc = "The RST carries an option of Multipath TCP: MP_FASTCLOSE, by which a program aborts "
           "the whole connection, or MP_TCPRST with the reason why one subflow is closed: an error "
           "of the protocol, lack of resources, a policy, too much data outstanding, a path that "
           "performs badly, a middlebox that changes what passes. A subflow also ends so while the "
           "connection lives on others.",
    .filter = "tcp.options.mptcp.subtype==7 || tcp.options.mptcp.subtype==8",
    .step = {{"ender", "nstat -az | grep -i mptcp", "which of its counters goes up"},
             {"ender", "ip mptcp endpoint show", "which addresses subflows are made from"},
             {"client", "ss -Mtn 'dport = :{port}'", "the connection and its other subflows"}},
};

const struct verdict_words words_reset_listener_closed = {
    .message = "{server} shut its listener while {client} waited to be accepted",
    .brief = "RST after {open_for}, never accepted",
    .meaning = "The kernel of {server} had completed the handshake and acknowledged {client_bytes} "
               "of the client, but no program ever took the connection. The listening socket was "
               "closed {open_for} later, and everything in its queue was reset.",
    .doc = "Connections that were complete but never answered are aborted in one instant: the "
           "program closed its listening socket, or exited, with connections still in the accept "
           "queue. A deploy or a crash; new attempts are refused until it listens again. A program "
           "that accepts and aborts one connection at a time looks the same for that one.",
    .filter = "tcp.flags.reset==1",
    .step = {{"server", "journalctl -p warning --since -10min",
              "which service stopped at that second, and why"},
             {"server", "ss -lnt 'sport = :{port}'",
              "is somebody listening again; Recv-Q: waiting"},
             {"server", "systemctl list-units --state=failed", "services that did not come back"},
             {"server", "sysctl net.ipv4.tcp_migrate_req",
              "with 1, SO_REUSEPORT hands the queue to the next process"}},
};

const struct verdict_words words_server_timeout_close = {
    .message = "{server} closed {client} {waited} after its request, without an answer",
    .brief = "closed {waited} after the request",
    .meaning = "The client sent {client_bytes}, the server's kernel acknowledged them, and "
               "{waited} later the server closed the connection without one byte of an answer. "
               "A timeout of the server or proxy does so, which waited for something itself.",
    .doc = "A request was acknowledged and never answered; after a time of the kind that timeouts "
           "are set to, the server closed. A proxy that waits for its backend, a server that waits "
           "for the rest of a request, a balancer's idle timer. A server that crashed while it "
           "worked closes so as well, at any time.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
    .step = {{"server", "journalctl -p warning --since -10min",
              "a timeout of the backend, or a crash, at that second"},
             {"server", "grep -rniE 'timeout' /etc/nginx /etc/haproxy /etc/apache2",
              "which timeout is set to that time"},
             {"server", "ss -tnp state established", "to whom the server itself waits"},
             {"client", "curl -sv -o /dev/null -w '%{time_total}' http://{server}/",
              "does the same request take as long again"}},
};
