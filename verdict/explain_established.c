/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for connections that were reset, went silent or were closed early. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_LOG                                                                                   \
    {                                                                                              \
        "ender", "journalctl -p warning --since -10min", "what the program said at that second"    \
    }
#define STEP_KEEPALIVE                                                                             \
    {                                                                                              \
        "client", "sysctl net.ipv4.tcp_keepalive_time",                                            \
            "below the idle time that the path allows, probes keep the entry alive"                \
    }

const struct verdict_words words_rst_injected = {
    .message = "{server} to {client} {forged_hit} a RST {claimed} did not send ({forged_sign})",
    .brief = "forged RST: {forged_sign}",
    .meaning = "A RST in the name of {claimed} does not fit its other packets ({sign}): a machine "
               "on the path sent it. Inspecting firewalls, intrusion prevention systems and "
               "censors end connections so.",
    .doc = "A RST does not fit the host it claims to come from: another hop count, an IP-ID off "
           "that host's counter, several RSTs with different sequence numbers or windows, or the "
           "host going on as if it had sent none. Several such signs together make the verdict; "
           "only the host's own packets after the RST prove it. A front that answers for the "
           "server, a path that changes, and reordering give single signs as well.",
    .filter = "{forged_filter}",
    .step = {{"server_side", "tcpdump -ni any -w far.pcap port {port}",
              "a RST seen here but not there was forged on the path"},
             {"here", "traceroute -nT -p {port} {addr}", "which machines sit on the path"},
             {"here", "tshark -r FILE -Y 'tcp.port=={port}' -T fields -e frame.number -e ip.ttl",
              "the TTL of the RST against the others"}},
};

const struct verdict_words words_stale_pooled_connection = {
    .message = "{client} reused a connection that {server} had closed, and got {closed_answer}",
    .brief = "sent on a closed connection",
    .meaning =
        "{server} closed the connection with FIN, and the client's next request came when "
        "no program read it any more: it got {closed_answer}. Before it, "
        "{quiet} had passed without traffic: the client's pool keeps connections longer than the "
        "server does.",
    .doc = "The server closed an idle connection (FIN, acknowledged by the client), the client "
           "took it from its pool and sent a request, and the server's kernel answered with RST. "
           "Where the two crossed on the wire it is the same race; a server that drains the "
           "connection after its FIN, as Apache does, sends no RST then, and no answer either. "
           "The client's pool should give connections up before the server does: keep-alive of "
           "nginx is 75 s, of Node and Apache 5 s unless configured.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
    .step = {{"client", "ss -tn state close-wait 'dport = :{port}'",
              "connections that the server closed and the pool still holds"},
             {"server", "ss -tn state fin-wait-2 'sport = :{port}'",
              "the same, from the server's side"},
             {"server", "grep -rniE 'keep-?alive' /etc/nginx /etc/apache2 /etc/haproxy",
              "after how long the server closes idle connections"}},
};

const struct verdict_words words_late_data_after_close = {
    .message = "{client} still sent to {server} when it had closed, and got {closed_answer}",
    .brief = "sent after the server's FIN",
    .meaning = "{server} closed its side in the middle of the exchange, after {server_bytes}, and "
               "data of the client arrived afterwards ({client_bytes} in all). No program read "
               "it any more: it got {closed_answer}. By a RST the client can also lose what the "
               "server had sent last.",
    .doc = "The server answered and closed while the client was still sending: an upload refused "
           "early (HTTP 413, 401), a response sent before the request was read. The data meets a "
           "closed socket and draws a RST, which can erase the answer in the client's buffer "
           "before the program reads it. Servers avoid it by a lingering close.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
    .step = {{"server", "journalctl -p warning --since -10min",
              "which request it answered early, and why"},
             {"server", "grep -rniE 'lingering|max_body|LimitRequestBody' /etc/nginx /etc/apache2",
              "limits on the request, and how the server closes"},
             {"client", "curl -sv -H 'Expect: 100-continue' http://{server}/ -o /dev/null",
              "with 100-continue the client waits for the answer before it uploads"}},
};

const struct verdict_words words_idle_timeout_reset = {
    .message = "{server} to {client} reset after {quiet} without traffic",
    .brief = "RST after {quiet} idle",
    .meaning = "After {quiet} without a packet the next one was answered by a RST of a machine "
               "that did not know the connection. A NAT, balancer or firewall on the path, or the "
               "peer, had dropped the idle entry.",
    .doc = "A connection was silent, and the first packet afterwards drew a RST of the kind that a "
           "host sends for connections it does not know. An idle timer dropped the entry: a "
           "NAT gateway or network balancer after 350 s, a cloud balancer after 60 or 240 s, a "
           "firewall after 1,800 or 3,600 s. A peer that restarted meanwhile looks the same once; "
           "the same silence on several connections tells them apart.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_KEEPALIVE,
             {"client", "ss -tno 'dport = :{port}'", "timer:(keepalive,...): is it on"},
             {"server_side", "conntrack -L -p tcp --dport {port}",
              "the entry and its remaining seconds (on the NAT or balancer)"},
             {"server", "uptime", "rules out a restart in between"}},
};

const struct verdict_words words_reset_lost_state = {
    .message = "{server} to {client} reset by {ender}, which no longer knew the connection",
    .brief = "RST: connection unknown to {ender}",
    .meaning = "{ender} answered a packet of the open connection with a RST of the kind that a "
               "kernel sends for connections it does not know. It had restarted, the address had "
               "moved to another machine, or a NAT or balancer on the way lost its table.",
    .doc = "A RST without ACK, window 0, no options, with the sequence number that the packet "
           "before it acknowledged: the answer of a TCP that does not know the connection, without "
           "a close before it. A restart, a failover to a machine without the state, a conntrack "
           "table that was flushed. Many connections to one host at the same second point to a "
           "restart. A packet filter with 'reject with tcp reset' sends the same bytes. A client "
           "that forgets is less sure from afar: a RST forged at its end leaves it so.",
    .filter = "tcp.flags.reset==1",
    .step = {{"ender", "uptime", "did the machine restart"},
             STEP_LOG,
             {"server_side", "conntrack -L -p tcp --dport {port}",
              "is the entry there (on the NAT or balancer)"},
             {"server_side", "journalctl -u keepalived -u haproxy --since -10min",
              "a failover at that second"}},
};

const struct verdict_words words_conntrack_invalid_reset = {
    .message = "{server} to {client} reset: a packet that a NAT left untranslated had drawn a RST",
    .brief = "RST after a stray of the NAT",
    .meaning = "A packet of this connection came under another address than the connection has: a "
               "NAT on the way called it invalid and passed it on untranslated. Its receiver "
               "answered with a RST, that RST ended the connection at {ender}, and the next packet "
               "showed it. To mend on the NAT's host: drop what conntrack calls invalid, or let it "
               "be liberal about windows.",
    .doc =
        "Two things in one capture: a single packet inside the sequence numbers of an open "
        "connection, but from or to another address or port, with a RST without ACK as its "
        "answer; and soon after, the open connection reset in the same way by the side that "
        "sent the stray. conntrack takes a packet outside the window it follows for INVALID and "
        "a masquerade, a DNAT rule or kube-proxy does not translate it. Remedies: 'iptables -A "
        "FORWARD -m conntrack --ctstate INVALID -j DROP', in nftables 'ct state invalid drop' in "
        "the forward chain, or sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1. Where only "
        "one of the two is in the capture it is reset-lost-state.",
    .filter = "tcp.flags.reset==1",
    .step = {{"router", "conntrack -S", "on the NAT's host: does invalid= grow"},
             {"router", "sysctl net.netfilter.nf_conntrack_tcp_be_liberal",
              "0: packets outside the window are invalid"},
             {"router", "iptables -vnL FORWARD", "a DROP for ctstate INVALID, and its count"},
             {"router", "nft list ruleset", "in nftables: 'ct state invalid drop' in forward"}},
};

const struct verdict_words words_client_abort = {
    .message = "{client} hung up on {server} {waited} after its request, before the answer",
    .brief = "client hung up after {waited}",
    .meaning = "The client sent {client_bytes}, waited {waited} for the answer and then ended "
               "the connection; the server had sent {server_bytes}. The same wait on several "
               "connections is a timeout of the client.",
    .doc = "The client ended the connection while an answer was due: a request timeout, a user who "
           "left, a cancelled call. The RST is the client's own; a FIN counts where HTTP/1 shows "
           "that no answer had begun for a second. What to look for is why the server's answer "
           "took so long. Streams and long polls that end so are no failure of the server.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
    .step = {{"client", "journalctl -p warning --since -10min", "the timeout the program names"},
             {"server", "ss -tnp 'sport = :{port}'", "Recv-Q: requests that nobody has read"},
             {"server", "pidstat -u -d 1 5", "what the program is busy with"}},
};

const struct verdict_words words_reset_app_abort = {
    .message = "{server} to {client} aborted by {ender} after {server_bytes} of the server",
    .brief = "RST by {ender} after {server_bytes}",
    .meaning = "{ender} sent a RST that carries the connection's own window and acknowledgment: "
               "the kernel that owned it ended it {lasted} after its start, after {server_bytes} "
               "of the server and {client_bytes} of the client. The program closed with data "
               "unread, closed with SO_LINGER 0, or was killed.",
    .doc = "The RST comes from a kernel that owned the connection: ACK flag, the connection's "
           "window, its timestamps. The program closed the socket while data was unread, set "
           "SO_LINGER to 0, or was killed with data unread; the kernel also aborts so when memory "
           "for sockets runs out. A kill with nothing unread sends FIN, not RST.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_LOG,
             {"ender", "nstat -az | grep TCPAbort", "which kind of abort the kernel counts"},
             {"ender", "journalctl -k --since -10min | grep -iE 'oom|segfault'",
              "was the program killed"},
             {"ender", "bpftrace -e 'tracepoint:tcp:tcp_send_reset { printf(\"%s\\n\", comm); }'",
              "which program causes the next one"}},
};

const struct verdict_words words_reset_unexplained = {
    .message = "{server} to {client} reset by {ender} after {server_bytes} of the server",
    .brief = "RST by {ender} after {server_bytes}",
    .meaning = "The connection was open for {open_for} when a RST in the name of {ender} ended it, "
               "after {server_bytes} of the server and {client_bytes} of the client. The RST has "
               "the marks of no cause that tcpwhy knows.",
    .doc = "A RST ended an open connection, and its shape fits neither an abort by its owner nor a "
           "host that does not know it, nor is there enough to call it forged. Stacks other than "
           "Linux, proxies and appliances make such RSTs.",
    .filter = "tcp.flags.reset==1",
    .step = {STEP_LOG,
             {"ender", "nstat -az | grep TCPAbort", "does the kernel count an abort"},
             {"server_side", "tcpdump -ni any -w far.pcap port {port}",
              "did the same RST leave there"}},
};

const struct verdict_words words_idle_timeout_blackhole = {
    .message = "{server} to {client} went silent after {quiet} idle: {repeats} in {silent_for}",
    .brief = "silent after {quiet} idle",
    .meaning = "After {quiet} without a packet, {speaker} sent again and got no answer: {repeats} "
               "in {silent_for}, nothing from {silent}. A NAT, balancer or firewall on the path "
               "had dropped the idle entry and now drops the packets.",
    .doc = "A connection was silent, and what was sent afterwards is never answered: a device on "
           "the path forgot the idle connection and drops its packets without a word. Security "
           "groups and network firewalls do so after 350 s, a cloud balancer after 240 s, others "
           "after 600 or 3,600 s. A peer that lost power meanwhile looks the same once.",
    .filter = "tcp.analysis.retransmission",
    .step = {STEP_KEEPALIVE,
             {"client", "ss -tno 'dport = :{port}'", "timer:(keepalive,...): is it on"},
             {"server", "ss -tno 'sport = :{port}'", "does the server still hold the connection"},
             {"server_side", "conntrack -L -p tcp --dport {port}",
              "the entry and its remaining seconds (on the NAT or balancer)"}},
};

const struct verdict_words words_path_blackhole = {
    .message =
        "{server} to {client} went silent: {repeats} of {speaker} in {silent_for} unanswered",
    .brief = "{repeats} unanswered",
    .meaning = "The connection was open and in use when {silent} stopped answering: {speaker} sent "
               "{repeats} within {silent_for} and heard nothing. The peer lost power, the path "
               "broke, or a filter began to drop in between.",
    .doc = "An open connection in use dies without FIN or RST: one side sends the same segment "
           "again and again, nothing comes back. The peer lost power, its link or route went away, "
           "a stateful device on the path lost its table, or a rule was added. Where only segments "
           "of full size vanish, the path MTU is the cause.",
    .filter = "tcp.analysis.retransmission",
    .step = {{"here", "ping -c 3 {addr}", "is the host there at all"},
             {"here", "ping -c 3 -M do -s 1472 {addr}",
              "does a packet of 1,500 bytes pass (IPv4; 1452 for IPv6)"},
             {"server", "tcpdump -ni any 'host {caddr} and tcp port {port}'",
              "do the packets arrive, and does an answer leave"},
             {"here", "ip -s link", "errors and drops of the card"}},
};

const struct verdict_words words_accept_then_close = {
    .message = "{server} accepted {client} and closed after {open_for} {unsaid}",
    .brief = "closed after {open_for}, {unsaid_brief}",
    .meaning = "The handshake completed; {open_for} later the server closed the connection "
               "{unsaid} ({client_bytes} had come from the client). A limit, an access list, a "
               "crash, or a front whose backend does not answer.",
    .doc = "The server accepted the connection and closed it, with FIN or an abort, without "
           "sending one byte. A connection limit, an access list (hosts.allow, HAProxy reject, "
           "nginx 444), a program that crashes on the first request, a proxy that could not reach "
           "its backend, a PROXY header that it waits for and does not get, or a protocol it does "
           "not speak. In HTTP/1 the same is said of a later "
           "request that gets no answer, and of an answer that ends before its announced length. "
           "Health checks close first themselves and are not counted.",
    .filter = "tcp.flags.fin==1 || tcp.flags.reset==1",
    .step = {{"server", "journalctl -p warning --since -10min",
              "what the program said at that second"},
             {"server", "ss -lntp 'sport = :{port}'", "which program is it"},
             {"server", "cat /proc/sys/fs/file-nr", "file handles in use, free, at most"},
             {"server", "cat /etc/hosts.allow /etc/hosts.deny", "access lists by address"}},
};

const struct verdict_words words_rst_ignored = {
    .message = "{client} and {server} went on after a RST in the name of {claimed}",
    .brief = "RST without effect",
    .meaning = "A RST came in the name of {claimed}, and both sides went on after it. The receiver "
               "took it for out of place: a guess of a third party, or the late answer to a packet "
               "of an older connection.",
    .doc = "A RST had no effect: the receiver answered it with a challenge ACK (RFC 5961), or both "
           "sides went on exchanging data for more than a round trip. Blind attempts to cut the "
           "connection look so, and RSTs that answer an old duplicate.",
    .filter = "tcp.flags.reset==1",
    .step = {{"here", "traceroute -nT -p {port} {addr}", "which machines sit on the path"}},
};

const struct verdict_words words_keepalive_timeout = {
    .message = "{ender} of {client} to {server} gave up: keep-alive probes unanswered",
    .brief = "keep-alive unanswered, RST by {ender}",
    .meaning = "{ender} sent keep-alive probes, heard nothing and reset the connection {lasted} "
               "after its start. The other host, or the path to it, was gone by then.",
    .doc = "Keep-alive probes (no data, one byte behind) went unanswered, and the prober reset the "
           "connection: the other host is off, or something on the path forgot the connection "
           "and drops its packets.",
    .filter = "tcp.analysis.keep_alive || tcp.flags.reset==1",
    .step = {{"here", "ping -c 3 {addr}", "is the host up"},
             {"here", "traceroute -nT -p {port} {addr}", "where the path ends"}},
};
