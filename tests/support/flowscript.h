/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections as tables of packets, fed to a tracker; its notes are collected.
 *
 *     static const struct flowstep steps[] = {
 *         {0, '>', "S"},
 *         {10, '<', "S.", 0, 1},
 *         {20, '>', ".", 1, 1},
 *     };
 *
 * Sequence numbers are relative to the ISNs, as Wireshark shows them. What a step leaves out is
 * what Linux would send: TTL, IP-ID, window, timestamps (see flowscript_packet()).
 *
 * flowscript_play() holds each script against properties that all of them have: facts only grow;
 * ISNs do not matter; a capture that shows each packet twice gives the same facts; a flow in use
 * is in one list of the wheel; notes are in order; nothing is left at the end.
 */
#ifndef SUPPORT_FLOWSCRIPT_H
#define SUPPORT_FLOWSCRIPT_H

#include "unit.h"

#include "base/compiler.h"
#include "decode/packet.h"
#include "flowtable/track.h"

#define FLOWSCRIPT_START_NS (INT64_C(1700000000) * NS_PER_S)

enum step_how {
    STEP_ZERO_SEQ = 0x001,  /* sequence number 0, whatever the ISN */
    STEP_BARE = 0x002,      /* no options at all */
    STEP_NO_SOCKET = 0x004, /* as a host without the connection sends it: IP-ID 0, window 0, bare */
    STEP_ZERO_ID = 0x008,   /* IP-ID 0 */
    STEP_ZERO_WINDOW = 0x010,
    STEP_HEADER_CUT = 0x020, /* snap length behind the flags */
    STEP_FRAGMENT = 0x040,
    STEP_TS = 0x080, /* timestamps, also where a SYN or RST would have none */
    STEP_BAD_CHECKSUM = 0x100,
    STEP_NO_SEQ = 0x200 /* ICMP: the quote ends behind the ports */
};

struct flowstep {
    double t_ms;       /* from the start of the script */
    char from;         /* '>' the client sent it, '<' the server. ICMP: whose packet is quoted */
    const char *flags; /* as tcpdump shows them: S, F, R, P, U and . for ACK */
    uint32_t seq, ack;
    uint32_t len;                 /* payload bytes */
    unsigned how;                 /* enum step_how */
    uint8_t ttl;                  /* 0 = the connection's */
    uint16_t id;                  /* 0 = the sender's next */
    uint16_t win;                 /* 0 = 64240 on a SYN, else 501 */
    uint32_t sack[2];             /* edges of a SACK block, 0 = none */
    uint8_t icmp_type, icmp_code; /* with a type: an ICMP error from a router that quotes `seq` */
};

#define STEPS(steps) (steps), ARRAY_LEN(steps)

/* Whose packets the steps are. */
struct script_conn {
    struct ipaddr addr[SIDE_COUNT];
    uint16_t port[SIDE_COUNT];
    uint32_t isn[SIDE_COUNT];
    uint16_t next_id[SIDE_COUNT];
    uint8_t ttl[SIDE_COUNT];
    uint8_t wscale[SIDE_COUNT];
    bool has_timestamps;
};

/* 10.0.0.1 port 40000 + n to 192.0.2.2 port 443 with ordinary ISNs, TTL 64 and 61, scales 7. */
struct script_conn flowscript_conn(uint32_t n);

struct flowscript {
    struct arena arena;
    struct tracker tracker;
    struct flow_note *notes; /* all that were sent, in order */
    size_t n_notes, n_room;
    struct flow_note draft;
    uint64_t ordinal;
    int64_t now_ns, tick_ns;
    bool is_unchecked; /* spare big tests the checks after each packet */
};

/* Sizes of `config` that are 0 get a small value; its outlet is not looked at. */
void flowscript_open(struct flowscript *script, const struct tracker_config *config);

/* Finishes the tracker, checks that nothing is left, frees. */
void flowscript_close(struct flowscript *script);

/* The packet of one step, but for its ordinal. Uses up an IP-ID of the connection. */
struct packet flowscript_packet(struct script_conn *conn, const struct flowstep *step);

/* Gives the packet its ordinal, sends the ticks that a reader of files would send before it, feeds
 * it, checks what must hold after any packet. */
void flowscript_feed(struct flowscript *script, struct packet *packet);

/* The clock has come so far: the tick that a reader of files would send, if one is due. */
void flowscript_pass_time(struct flowscript *script, int64_t now_ns);

void flowscript_steps(struct flowscript *script, struct script_conn *conn,
                      const struct flowstep *steps, size_t n_steps);

/* Time passes, and the tracker gets a tick. */
void flowscript_until(struct flowscript *script, double t_ms);

/* As flowscript_open() and flowscript_steps() of connection 0, after the same steps were played
 * with other ISNs, and with each packet captured twice, and gave the same notes; and the same by
 * the short way (track_predicted.c) and by the long one, with trails and without. */
void flowscript_play(struct flowscript *script, const struct flowstep *steps, size_t n_steps);

/* Of connection 0: its open flow, which must be there; its facts and trail. */
const struct flow *flowscript_flow(const struct flowscript *script);
const struct flow_facts *flowscript_facts(const struct flowscript *script);
const struct flow_trail *flowscript_trail(const struct flowscript *script);
bool flowscript_is_open(const struct flowscript *script);

/* Zeek's letters of connection 0. */
const char *flowscript_history(const struct flowscript *script);

size_t flowscript_count_notes(const struct flowscript *script, enum flow_note_kind kind);

/* The n-th note of a kind, from 0; it must be there. */
const struct flow_note *flowscript_note(const struct flowscript *script, enum flow_note_kind kind,
                                        size_t n);

/* What must hold of a tracker between two packets. */
void flowscript_check(const struct tracker *tracker);

#define assert_bits(value, bits) assert_int_equal((value) & (bits), (bits))
#define assert_no_bits(value, bits) assert_int_equal((value) & (bits), 0)

#endif
