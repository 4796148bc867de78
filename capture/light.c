/* SPDX-License-Identifier: BSD-2-Clause */
/* See light.h. */
#include "capture/light.h"

#include <errno.h>

#include "base/text.h"

/*
 * tcp[..] and udp[..] read IPv4 only; of IPv6 the bytes behind a header without extensions are read
 * by their place. WORDS is what a payload begins with, AT(n) its byte, AT2 and AT4 more of them.
 * Reading beyond a packet's end refuses it, so what has no payload does not pass here.
 */
#define TCP_V4(at, size) "tcp[" #at " + ((tcp[12] & 0xf0) >> 2)" size "]"
#define TCP_V6(at, size) "ip6[40 + " #at " + ((ip6[52] & 0xf0) >> 2)" size "]"

#define TLS(TCP)                                                                                   \
    "(" TCP(0, ":2") " & 0xfcff = 0x1403 and (" TCP(0, "") " != 0x17 or " TCP(3, ":2") " < 256))"

#define IS(TCP, word) TCP(0, ":4") " = " word

/* GET, POST, PUT, HEAD, DELETE, OPTIONS, PATCH, CONNECT, HTTP/1, and the preface of HTTP/2 */
#define HTTP(TCP)                                                                                  \
    IS(TCP, "0x47455420 or ")                                                                      \
    IS(TCP, "0x504f5354 or ")                                                                      \
    IS(TCP, "0x50555420 or ")                                                                      \
    IS(TCP, "0x48454144 or ")                                                                      \
    IS(TCP, "0x44454c45 or ")                                                                      \
    IS(TCP, "0x4f505449 or ")                                                                      \
    IS(TCP, "0x50415443 or ")                                                                      \
    IS(TCP, "0x434f4e4e or ")                                                                      \
    IS(TCP, "0x48545450 or ")                                                                      \
    IS(TCP, "0x50524920")

/* RST_STREAM; SETTINGS and GOAWAY of stream 0 */
#define OF_STREAM_0(TCP) TCP(0, "") " = 0 and " TCP(5, ":4") " = 0"
#define HTTP2(TCP)                                                                                 \
    IS(TCP, "0x00000403 or ")                                                                      \
    "(" OF_STREAM_0(TCP) " and (" TCP(3, ":2") " = 0x0700 or " TCP(3, "") " = 4))"

/* Two digits (mail, FTP), '-' (Redis, POP3), Exceeded (SSH), PostgreSQL's and MySQL's errors */
#define DIGITS(TCP) TCP(0, ":2") " & 0xf8f0 = 0x3030"
#define POSTGRESQL(TCP) TCP(0, ":4") " & 0xffffff00 = 0x45000000"
#define MYSQL(TCP) "(" TCP(0, ":4") " & 0x00ffffff = 0 and " TCP(4, "") " = 0xff)"
#define BANNER(TCP)                                                                                \
    DIGITS(TCP)                                                                                    \
    " or " TCP(0, "") " = 0x2d or " POSTGRESQL(TCP) " or " MYSQL(TCP) " or " IS(TCP, "0x45786365")

#define WORDS(TCP) TLS(TCP) " or " HTTP(TCP) " or " HTTP2(TCP) " or " BANNER(TCP)

#define QUIC(UDP)                                                                                  \
    UDP "8] & 0xc0 = 0xc0 and (" UDP "9:4] = 0 or " UDP "9:4] = 1 or " UDP "9:4] = 0x6b3343cf)"

/* INIT, INIT ACK, ABORT, ERROR, COOKIE ECHO, COOKIE ACK */
#define SCTP(chunk)                                                                                \
    "(" chunk " = 1 or " chunk " = 2 or " chunk " = 6 or " chunk " = 9 or " chunk                  \
    " = 10 or " chunk " = 11)"

static const char kept[] =
    "arp"
    " or (tcp and (tcp[13] & 7 != 0 or " WORDS(
        TCP_V4) "))"
                " or (icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12))"
                " or ip proto 4 or ip proto 41 or ip proto 47 or udp dst port 4789"
                " or (ip[9] = 6 and ip[6:2] & 0x1fff != 0)"
                " or (sctp and " SCTP(
                    "sctp[12]") ")"
                                " or (ip6 and ip6[6] = 6 and (ip6[53] & 7 != 0 or " WORDS(
                                    TCP_V6) "))"
                                            " or (ip6 and ip6[6] = 58 and (ip6[40] < 128 or "
                                            "ip6[40] = 135 or ip6[40] = 136))"
                                            " or (ip6 and (ip6[6] = 0 or ip6[6] = 4 or ip6[6] = 41 "
                                            "or ip6[6] = 43 or ip6[6] = 44 or"
                                            " ip6[6] = 47 or ip6[6] = 60))"
                                            " or (ip6 and ip6[6] = 132 and " SCTP(
                                                "ip6[52]") ")"
                                                           " or (udp and " QUIC(
                                                               "udp[") ")"
                                                                       " or (ip6 and ip6[6] = 17 "
                                                                       "and " QUIC("ip6[40 + ") ")";

int light_filter(const char *filter, bool has_vlan, char *out, struct err *err)
{
    struct text text = text_wrap(out, LIGHT_FILTER_BYTES);

    /* First, for a `vlan` in it moves the places of all that follows. */
    if (filter)
        text_addf(&text, "(%s) and (", filter);
    text_add(&text, kept);
    if (has_vlan)
        text_addf(&text, " or (vlan and (%s or (vlan and (%s))))", kept, kept);
    if (filter)
        text_add(&text, ")");
    if (text.is_cut)
        return err_set(err, -E2BIG, "the filter is too long for --light");
    return 0;
}
