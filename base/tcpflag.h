/* SPDX-License-Identifier: BSD-2-Clause */
/* The flag bits of a TCP header: RFC 9293 section 3.1, RFC 3168, RFC 9768 (AE, formerly NS). */
#ifndef BASE_TCPFLAG_H
#define BASE_TCPFLAG_H

enum tcp_flag {
    TCP_FIN = 0x001,
    TCP_SYN = 0x002,
    TCP_RST = 0x004,
    TCP_PSH = 0x008,
    TCP_ACK = 0x010,
    TCP_URG = 0x020,
    TCP_ECE = 0x040,
    TCP_CWR = 0x080,
    TCP_AE = 0x100
};

#endif
