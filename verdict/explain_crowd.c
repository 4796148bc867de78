/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for what many attempts tell together. See explain_words.h. */
#include "verdict/explain_words.h"

const struct verdict_words words_port_scan = {
    .message = "{client} to {server} is one of many targets that {caddr} tries in vain",
    .brief = "one of a scan's targets",
    .meaning = "The client {caddr} tried many ports or hosts within a minute, and four of five "
               "attempts or "
               "more got nowhere ({sign}). This attempt is one of them: somebody looks for open "
               "ports, or a program has a list of targets that do not exist.",
    .doc = "One source tries 15 or more different targets in a minute, and at least 80 % of its "
           "attempts are refused, rejected or not answered. Targets that used to accept "
           "connections do not count. A monitoring system with many dead targets looks the same. "
           "Each attempt keeps the outcome and the family of what its packets show.",
    .filter = "tcp.flags.syn==1 && tcp.flags.ack==0",
    .step = {{"here", "tcpdump -ni any 'src host {caddr} and tcp[tcpflags] & tcp-syn != 0'",
              "the targets that it tries now"},
             {"client", "ss -tnpo state syn-sent", "which program tries them"},
             {"server", "nft list ruleset | grep -nw '{caddr}'", "is the source limited already"}},
};

const struct verdict_words words_backscatter = {
    .message = "{server} answers a SYN that {client} never sent",
    .brief = "answer to a forged SYN",
    .meaning = "{server} sent the answer to a SYN, and this capture has no such SYN ({sign}). "
               "Somebody forges {caddr} as the source of SYNs to others, and their answers come "
               "here.",
    .doc = "SYN-ACKs or refusals from five or more peers within a minute, for SYNs that a capture "
           "of a minute and more does not have: the address is forged in a flood of others. A "
           "capture of one direction only looks the same, but shows data as well.",
    .filter = "tcp.flags.syn==1 || tcp.flags.reset==1",
    .step = {{"here", "tcpdump -ni any 'host {caddr} and tcp[tcpflags] & tcp-syn != 0'",
              "does the host send SYNs at all"},
             {"client", "ss -tn 'dst {addr}'", "does the host know of such a connection"}},
};

const struct verdict_words words_syn_backlog_overflow = {
    .message = "{server} drops the SYNs of {client}: its queue of half-open connections is full",
    .brief = "{n_syn} unanswered, SYN queue full",
    .meaning = "The client sent {tries} without an answer, while the listener repeated SYN-ACKs to "
               "many others that never complete ({sign}). With SYN cookies off, a full queue of "
               "half-open connections drops every new SYN.",
    .doc = "SYNs to a live listener go unanswered while it repeats SYN-ACKs to ten or more clients "
           "that do not answer, and nothing shows SYN cookies. The queue of half-open connections "
           "(min of listen(backlog), somaxconn, tcp_max_syn_backlog) is full: forged sources, or a "
           "broken way back. A full accept queue ignores SYNs too (accept-queue-overflow).",
    .filter = "tcp.flags.syn==1",
    .step = {{"server", "nstat -az TcpExtTCPReqQFullDrop", "grows while it lasts"},
             {"server", "sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog",
              "cookies on would answer all"},
             {"server", "ss -n state syn-recv 'sport = :{port}' | wc -l",
              "half-open connections now"}},
};

const struct verdict_words words_syn_cookies_active = {
    .message = "{server} answers with SYN cookies: seen in the connection of {client}",
    .brief = "SYN cookies",
    .meaning = "The SYN-ACKs of {server} are SYN cookies ({sign}): its queue of half-open "
               "connections was full. Connections are made all the same; those without timestamps "
               "lose window scaling and SACK, and segments are smaller.",
    .doc = "The server keeps no state for its SYN-ACKs: their timestamps lag behind the clock by "
           "up to 63 ms, options are left out for clients without timestamps, and unanswered ones "
           "are never repeated. Linux does so when the listener's SYN queue is full, in a flood or "
           "with a small backlog. Told once a minute for a listener, with one of its connections.",
    .filter = "tcp.flags.syn==1",
    .step = {{"server", "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies",
              "grows while it lasts"},
             {"server", "dmesg -T | grep -i 'SYN flooding'", "when the kernel began"},
             {"server", "sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog",
              "the size of the queue, with listen(backlog)"}},
};
