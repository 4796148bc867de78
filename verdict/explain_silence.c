/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for handshakes that met silence or went astray. See explain_words.h. */
#include "verdict/explain_words.h"

#define STEP_ARRIVES                                                                               \
    {                                                                                              \
        "server", "tcpdump -ni any 'host {caddr} and tcp port {port}'",                            \
            "do the packets arrive, and does an answer leave"                                      \
    }
#define STEP_TRACE                                                                                 \
    {                                                                                              \
        "here", "traceroute -nT -p {port} {addr}", "the last machine that answers"                 \
    }
#define STEP_NFT_DROP                                                                              \
    {                                                                                              \
        "server", "nft list ruleset | grep -nwE 'drop|{port}'",                                    \
            "a rule that drops the port, and its counter"                                          \
    }

const struct verdict_words words_connect_timeout = {
    .message = "{server} did not answer {client}: {tries}, not one packet back",
    .brief = "{n_syn} unanswered",
    .meaning = "The client sent {tries} and nothing came back: no SYN-ACK, no RST, "
               "no ICMP error. A filter that drops, a host that is off, and a path that loses one "
               "direction look the same from here.",
    .doc = "SYNs were sent and nothing came back. A filter that drops, a security group, a host "
           "that is off behind a router that says nothing, a lost return path: one capture cannot "
           "separate them. A capture on the server can: it shows whether the SYN arrives.",
    .filter = "tcp.flags.syn==1",
    .step = {STEP_TRACE,
             STEP_ARRIVES,
             STEP_NFT_DROP,
             {"here", "ip route get {addr}", "does the SYN leave by the right interface"}},
};

const struct verdict_words words_filtered_drop = {
    .message = "{server} drops the SYNs of {client}: {syns} unanswered, the host is alive",
    .brief = "{n_syn} unanswered",
    .meaning = "The client sent {tries} and port {port} answered nothing, while "
               "{addr} sent other packets in the same minute. The host is up, its port is silent: "
               "a rule that drops, on the host or in front of it.",
    .doc = "SYNs to the port vanish while the host answers elsewhere: on another port, to "
           "another client, or with echo replies. A rule that drops sits on the host or in front "
           "of it (nftables, a security group, a network ACL). A Windows host with its firewall "
           "on is silent for every closed port.",
    .filter = "tcp.flags.syn==1",
    .step = {STEP_NFT_DROP,
             {"server", "iptables -nvL | grep DROP", "counters that grow while the client tries"},
             STEP_ARRIVES,
             STEP_TRACE},
};

const struct verdict_words words_host_down_onlink = {
    .message = "{addr} is not on the link: {caddr} asked for it and nobody answered",
    .brief = "ARP or NDP unanswered",
    .meaning = "The client {caddr} asked its link for {addr} ({sign}) and nobody answered. Before "
               "the answer there is no SYN: the connection failed on the first hop. The host is "
               "off, unplugged, in another VLAN, or has another address.",
    .doc = "Three ARP requests or neighbour solicitations, a second apart, with no answer: "
           "connect() fails after 3 s with EHOSTUNREACH, and no SYN is sent, so the server's port "
           "is not known. The host is off, its cable or VLAN is wrong, its address has changed, or "
           "client isolation of a wireless network keeps the request from it. Where the request is "
           "a router's, the client gets an ICMP error (icmp-host-unreachable) or nothing.",
    .filter = "",
    .step = {{"client", "ip neigh show {addr}", "FAILED or INCOMPLETE: nobody answered"},
             {"client", "ip route get {addr}", "is the address meant to be on this link"},
             {"here", "tcpdump -eni any 'arp or icmp6'", "does anybody answer the requests"},
             {"server", "ip addr show", "is the host up, and with this address"}},
};

const struct verdict_words words_client_gave_up = {
    .message = "{client} had given up when {server} answered: SYN-ACK {handshake} after the SYN",
    .brief = "SYN-ACK after {handshake}, RST by client",
    .meaning = "The SYN-ACK came {handshake} after the first SYN ({syns} sent), and the client's "
               "kernel answered it with a RST: no program was waiting any more. The server accepts "
               "connections; its answer came after the client's connect timeout.",
    .doc = "A SYN-ACK was answered by a RST of the client, sent by a kernel that has no such "
           "socket: the program's connect timeout was shorter than the handshake took. The cause "
           "is what delayed the SYN-ACK: loss, a full accept queue, a long path. A SYN scan and "
           "a spoofed source that is a live host look alike, but reset at once.",
    .filter = "tcp.flags.syn==1 || tcp.flags.reset==1",
    .step = {{"here", "ping -c 5 {addr}", "round trip time against the client's timeout"},
             {"server", "nstat -az TcpExtListenOverflows TcpExtListenDrops",
              "SYNs that the listener had to drop"},
             {"client", "journalctl -p warning --since -10min", "which timeout the program names"}},
};

const struct verdict_words words_accept_queue_overflow = {
    .message = "{server} has a full accept queue: {queue_sign} for {client}",
    .brief = "{queue_sign}",
    .meaning = "The listener answered others at this time, but this attempt met a full accept "
               "queue: {queue_sign}. The program behind port {port} takes connections off its "
               "queue at a lower rate than they arrive, or has stopped taking any.",
    .doc = "The listener is alive, and connections to it stall in one of four ways: SYNs ignored "
           "while others are served; SYN-ACKs repeated although the client acknowledges them; a "
           "RST straight after the handshake (tcp_abort_on_overflow); data never acknowledged "
           "after a SYN cookie. The kernel does so when the accept queue is full. From the "
           "client's side a path that loses the client's packets looks the same "
           "(handshake-ack-lost), and a listener with TCP_DEFER_ACCEPT repeats one SYN-ACK.",
    .filter = "tcp.flags.syn==1",
    .step = {{"server", "ss -lnt 'sport = :{port}'", "Recv-Q above Send-Q: the queue is full"},
             {"server", "nstat -az TcpExtListenOverflows TcpExtListenDrops",
              "both grow while it lasts"},
             {"server", "sysctl net.core.somaxconn net.ipv4.tcp_abort_on_overflow",
              "the ceiling of listen(backlog), and what happens above it"},
             {"server", "ss -tn state established 'sport = :{port}' | wc -l",
              "how many connections the program holds"}},
};

const struct verdict_words words_synack_lost = {
    .message = "the SYN-ACK of {server} does not reach {client}: {synacks} sent, {syns} seen",
    .brief = "{n_synack}, client repeats SYN",
    .meaning = "The server answered with {synacks}, yet the client repeated its SYN ({syns}) as "
               "if nothing had come. The way back from {addr} to {caddr} loses packets: a return "
               "route, a reverse-path filter, a stateful device that did not see the SYN.",
    .doc = "SYN-ACKs leave and the client keeps sending the same SYN: the way back is broken. "
           "Typical are an asymmetric route through a stateful firewall, a wrong return route, a "
           "reverse-path filter. Visible only on the server or between the two; on the client it "
           "is a connect-timeout. The source address of the SYN can also be forged.",
    .filter = "tcp.flags.syn==1",
    .step = {{"server", "ip route get {caddr}", "the way back"},
             {"client", "tcpdump -ni any 'host {addr} and tcp port {port}'",
              "does the SYN-ACK arrive"},
             {"client", "nstat -az TcpExtIPReversePathFilter", "packets dropped by rp_filter"},
             {"server", "nft list ruleset | grep -nwE 'drop|{port}'",
              "a rule that drops the SYN-ACK on its way out"}},
};

const struct verdict_words words_handshake_ack_lost = {
    .message = "{server} never gets the last ACK of {client}: {synacks} sent",
    .brief = "{n_synack}, handshake never completed",
    .meaning = "The server sent {synacks} and behaves as if no ACK of the client had come. The "
               "way from {caddr} to {addr} loses what follows the SYN: an asymmetric route or a "
               "stateful device on it.",
    .doc = "The server repeats its SYN-ACK: the client's ACK does not reach it, or the client "
           "never sent one. A one-way path, or a stateful device that saw only half of the "
           "handshake. Without signs of pressure on the listener; with them it is "
           "accept-queue-overflow, which looks the same from the client. A client address that "
           "does not exist (a forged source) leaves the same picture.",
    .filter = "tcp.flags.syn==1",
    .step = {STEP_ARRIVES,
             {"server", "nstat -az TcpExtIPReversePathFilter TcpExtListenOverflows",
              "dropped by rp_filter, or by a full queue"},
             {"server_side", "conntrack -S", "drops and invalid packets of a stateful device"},
             {"client", "ip route get {addr}", "the way there"}},
};

const struct verdict_words words_syn_flood = {
    .message = "{server} is flooded with SYNs; that of {client} is one of them",
    .brief = "{n_syn}, half of a flood",
    .meaning = "At this time {server} got more SYNs than handshakes complete ({sign}). This "
               "attempt is one of those that stay half open.",
    .doc = "New SYNs to one listener far exceed the handshakes that complete. A flood, with one "
           "source or with forged ones; a crowd of real clients completes its handshakes, and a "
           "scan touches many ports. Attempts in it keep the family of what the packets show.",
    .filter = "tcp.flags.syn==1 && tcp.flags.ack==0",
    .step = {{"server", "ss -n state syn-recv 'sport = :{port}' | wc -l",
              "half-open connections now"},
             {"server", "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies",
              "are SYN cookies carrying the load"},
             {"server", "dmesg -T | grep -i flooding", "the kernel's own word for it"}},
};

const struct verdict_words words_half_open_scan = {
    .message = "{client} scanned {server}: SYN, SYN-ACK, RST, nothing more",
    .brief = "SYN-ACK answered by RST",
    .meaning =
        "The client answered the SYN-ACK with a RST at once and sent nothing else: it wanted "
        "to know whether the port is open, not to connect. The server is fine.",
    .doc = "A client resets the SYN-ACK within two round trips, without ever acknowledging it: a "
           "SYN scan, whose kernel knows nothing of the packets that the scanner forged. A client "
           "whose program closed the socket in these milliseconds looks the same.",
    .filter = "tcp.flags.syn==1 || tcp.flags.reset==1",
    .step = {{"here", "tcpwhy -i any host {caddr}", "what else this client tries"}},
};
