/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was seen of one connection attempt. Plain data: no pointers, no conclusions.
 *
 * Facts only grow: they are set once or increase. Everything that a verdict rests on is here or
 * in the flow's trail; a verdict is a pure function of the two and of what is known of the hosts.
 *
 * `struct flow_facts` exists for every open flow and is kept small. `struct flow_trail` holds
 * the packets to show as evidence; there are fewer trails than flows, so a quiet flow may lose its
 * trail (FACT_TRAIL_LOST) and then its verdict has fewer frame numbers, but is the same.
 */
#ifndef FLOWTABLE_FACTS_H
#define FLOWTABLE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "base/tcpflag.h"
#include "flowtable/key.h"

/* What one side sent (its times and byte counts stand in struct flow_facts, for alignment). */
struct side_facts {
    uint32_t isn;     /* valid with SIDE_ISN_KNOWN */
    uint32_t nxt;     /* highest sequence end seen: SND.NXT as far as packets tell */
    uint32_t acked;   /* highest acknowledgment number sent: RCV.NXT as far as packets tell */
    uint32_t run_seq; /* the segment being sent again and again, valid while run_count > 0 */
    uint32_t n_pkts;
    uint16_t bits;   /* enum side_bit */
    uint16_t window; /* raw, of the last packet */
    uint16_t ip_id;  /* of the last packet but RSTs, v4 */
    /* All of these saturate at 255. */
    uint8_t n_syn;      /* SYNs (client) or SYN-ACKs (server), retransmissions included */
    uint8_t n_syn_late; /* of them, SYN-ACKs that came after the client's ACK */
    uint8_t n_rst;
    uint8_t n_data; /* packets with payload */
    uint8_t n_retransmit;
    uint8_t run_count;        /* copies of run_seq after the first, with nothing new acked since */
    uint8_t ttl_syn;          /* of the first SYN or SYN-ACK; 0 = none */
    uint8_t ttl_min, ttl_max; /* of all other packets but RSTs; 0 = none */
    uint8_t wscale;           /* from SYN or SYN-ACK, valid with SIDE_HAS_WSCALE */
};

enum side_bit {
    SIDE_ISN_KNOWN = 0x0001,
    SIDE_HAS_TIMESTAMPS = 0x0002, /* option on SYN or SYN-ACK */
    SIDE_HAS_SACK = 0x0004,
    SIDE_HAS_WSCALE = 0x0008,
    SIDE_OPTIONS_UNKNOWN = 0x0010, /* snap length cut the options of the SYN */
    SIDE_FIN_ACKED = 0x0020,       /* the peer acknowledged this side's FIN */
    SIDE_ID_COUNTS = 0x0040,       /* IP-ID rises by small steps between this side's packets */
    SIDE_ID_JUMPS = 0x0080,        /* it also jumped: evidence from IDs is off */
    SIDE_TTL_VARIES = 0x0100,      /* more than one TTL on ordinary packets: several paths */
    SIDE_ZERO_WINDOW = 0x0200,     /* advertised window 0 outside SYN and RST */
    SIDE_ACKED_UNSEEN = 0x0400,    /* acknowledged bytes that the capture does not have */
    SIDE_SEQ_GAP = 0x0800,         /* jumped ahead over bytes that the capture does not have */
    SIDE_WINDOW_ZERO_NOW = 0x1000, /* its last advertisement was 0 */
    SIDE_KEEPALIVE = 0x2000,       /* sent keep-alive probes (length 0 or 1 at nxt - 1) */
    SIDE_SYN_DATA = 0x4000,        /* payload on SYN or SYN-ACK (TCP Fast Open) */
    SIDE_FIN_SEEN = 0x8000
};

enum flow_bit {
    FACT_SYN_SEEN = 0x00000001,
    FACT_SYNACK_SEEN = 0x00000002,
    FACT_ESTABLISHED = 0x00000004,   /* SYN-ACK acknowledged by the client */
    FACT_MIDSTREAM = 0x00000008,     /* picked up without SYN */
    FACT_ROLES_GUESSED = 0x00000010, /* client and server told apart by port numbers only */
    FACT_SYN_REFUSED = 0x00000020,   /* a RST acknowledged the SYN before any SYN-ACK */
    FACT_SYN_ICMP = 0x00000040,      /* an ICMP error quoted the SYN, sequence number verified */
    FACT_CLIENT_RST_SYNACK = 0x00000080, /* the client answered the SYN-ACK by RST without ACK */
    FACT_STALE_ACK = 0x00000100,  /* SYN answered by an ACK of something else (challenge ACK) */
    FACT_BAD_SYNACK = 0x00000200, /* SYN-ACK that acknowledges something else */
    FACT_SIMULTANEOUS_OPEN = 0x00000400,
    FACT_LOSS = 0x00000800,              /* frames were lost by the capture during this flow */
    FACT_TRUNCATED = 0x00001000,         /* snap length cut TCP headers */
    FACT_TIME_BACKWARDS = 0x00002000,    /* its packets' clock stepped back by over a millisecond */
    FACT_TRAIL_LOST = 0x00004000,        /* the trail went to a flow in trouble */
    FACT_EVICTED = 0x00008000,           /* removed for want of memory */
    FACT_AT_END = 0x00010000,            /* judged because the input ended, not by a timer */
    FACT_DUPLICATES = 0x00020000,        /* packets captured twice were seen (and not counted) */
    FACT_FRAGMENTED = 0x00040000,        /* the SYN came in IP fragments */
    FACT_LOOPBACK = 0x00080000,          /* captured on a loopback interface: both ends are here */
    FACT_EGRESS_CLIENT = 0x00100000,     /* link layer: packets of the client leave this host */
    FACT_EGRESS_SERVER = 0x00200000,     /* link layer: packets of the server leave this host */
    FACT_CHALLENGED = 0x00400000,        /* a RST was answered by a challenge ACK */
    FACT_ALIVE_AFTER_RST = 0x00800000,   /* both sides went on after a RST: it had no effect */
    FACT_TUPLE_REUSED = 0x01000000,      /* the tuple's previous connection ended < 240 s before */
    FACT_REQUEST_OPEN = 0x02000000,      /* the last payload was the client's: an answer is due */
    FACT_SHED = 0x04000000,              /* overload: the capture dropped data packets by choice */
    FACT_SYN_IN_CONNECTION = 0x08000000, /* a SYN of another ISN came while established */
    FACT_CLIENT_ACKED = 0x10000000,      /* a pure ACK of the client was seen */
    FACT_SERVER_ACKED = 0x20000000
};

/* Zeek's history (VERDICTS.md 1.3), five bits a letter: see history.h. */
#define FLOW_HISTORY_BYTES 10

struct flow_facts {
    int64_t first_ns;                   /* first packet of the attempt */
    int64_t synack_ns;                  /* first SYN-ACK; NS_NEVER */
    int64_t last_ns[SIDE_COUNT];        /* last packet of each side; NS_NEVER */
    uint64_t payload_bytes[SIDE_COUNT]; /* TCP payload, retransmissions included */
    uint64_t first_frame;               /* ordinal of the first packet */
    uint32_t n_frames_later;  /* ordinal of the last packet minus that of the first; saturates */
    uint32_t ack_after_us;    /* from first_ns to the client's ACK of the SYN-ACK; valid with
                                 FACT_ESTABLISHED; saturates */
    uint32_t syn_last_gap_us; /* between the client's last two SYNs; 0 = one SYN; saturates */
    uint32_t quiet_before_ms; /* the silence before the exchange that is going on: see track.c */
    uint32_t bits;            /* enum flow_bit */
    struct side_facts side[SIDE_COUNT];
    uint8_t history[FLOW_HISTORY_BYTES];
    uint8_t n_icmp; /* ICMP errors that quote this flow; saturates */
    uint8_t source; /* capture source index of the first packet */
};

_Static_assert(sizeof(struct flow_facts) == 160, "a million flows must fit in 256 MiB");

/* Packets with payload that was not sent before. */
static inline uint8_t side_n_new_data(const struct side_facts *side)
{
    return side->n_retransmit < side->n_data ? (uint8_t)(side->n_data - side->n_retransmit) : 0;
}

/* Last packet of either side. */
static inline int64_t facts_last_ns(const struct flow_facts *facts)
{
    int64_t client_ns = facts->last_ns[SIDE_CLIENT];
    int64_t server_ns = facts->last_ns[SIDE_SERVER];

    return client_ns > server_ns ? client_ns : server_ns;
}

/* A packet kept as evidence. */
struct packet_mark {
    int64_t ts_ns;
    uint64_t frame;    /* ordinal; 0 = empty slot */
    uint32_t seq, ack; /* as sent (absolute) */
    uint32_t payload_bytes;
    uint32_t tsval;
    uint32_t flow_label;
    uint16_t flags; /* enum tcp_flag */
    uint16_t window, ip_id;
    uint16_t mss_bytes; /* option of a SYN or SYN-ACK, 0 = none */
    uint8_t ttl, tos;
    uint8_t side; /* enum flow_side: whose address it carries */
    uint8_t bits; /* enum mark_bit */
};

enum mark_bit {
    MARK_DF = 0x01,
    MARK_HAS_TIMESTAMPS = 0x02,
    MARK_HAS_OPTIONS = 0x04,     /* any option at all */
    MARK_OPTIONS_UNKNOWN = 0x08, /* snap length */
    MARK_V6 = 0x10,
    MARK_BAD_CHECKSUM = 0x20,  /* looked at for RSTs only */
    MARK_EXTRA_OPTION = 0x20,  /* of SYNs: Fast Open (RFC 7413) or MP_CAPABLE (RFC 8684) */
    MARK_GOOD_CHECKSUM = 0x40, /* looked at for RSTs, first SYNs and first SYN-ACKs */
    MARK_MPTCP_JOIN = 0x80     /* RFC 8684 section 3.2: asks to join another connection */
};

/* A SYN that is more than plain TCP: it asks for ECN (RFC 3168 section 6.1.1), has data, or an
 * option that middleboxes know less. Some drop such SYNs. */
static inline bool mark_is_extended_syn(const struct packet_mark *mark)
{
    const uint16_t ecn = TCP_ECE | TCP_CWR;

    return mark->frame &&
           (mark->payload_bytes || (mark->flags & ecn) == ecn || mark->bits & MARK_EXTRA_OPTION);
}

/* Extended SYNs went unanswered, and the plain one after them did not. */
static inline bool mark_is_fallback(const struct packet_mark *first, const struct packet_mark *last,
                                    int64_t synack_ns)
{
    return mark_is_extended_syn(first) && last->frame && !mark_is_extended_syn(last) &&
           synack_ns >= last->ts_ns;
}

/* Which packet; each slot is written once unless it says "last". */
enum trail_slot {
    TRAIL_SYN,
    TRAIL_SYN_LAST,
    TRAIL_SYNACK,
    TRAIL_SYNACK_LAST,
    TRAIL_ACK,         /* the client's ACK that completes the handshake */
    TRAIL_CLIENT_DATA, /* first payload of the client */
    TRAIL_SERVER_DATA, /* first payload of the server */
    TRAIL_CLIENT_LAST, /* last packet of the client but RSTs, before the first RST */
    TRAIL_SERVER_LAST,
    TRAIL_CLIENT_FIN,
    TRAIL_SERVER_FIN,
    TRAIL_STALE_ACK, /* the server's ACK that does not fit the SYN */
    TRAIL_RUN_FIRST, /* first sending of the segment that is sent again and again */
    TRAIL_RUN_LAST,  /* its last copy */
    TRAIL_AFTER_RST, /* first packet from the RST's claimed sender that a dead sender cannot send */
    TRAIL_CHALLENGE, /* challenge ACK drawn by a RST */
    TRAIL_TOLD,      /* first packet with words of refusal, as a protocol reader made them out */
    TRAIL_TOLD_LAST, /* the last of them */
    TRAIL_REQUEST,   /* the client's last new payload */
    TRAIL_SLOT_COUNT
};

/* How a RST was made (OBSERVED.md): socket abort; no socket, answering a segment without ACK; no
 * socket, answering a segment with ACK; none of these. */
enum rst_family {
    RST_FAMILY_A,
    RST_FAMILY_B1,
    RST_FAMILY_B2,
    RST_FAMILY_X,
    RST_FAMILY_COUNT
};

/* Where a RST's sequence number lies for its receiver (RFC 5961 section 3.2). */
enum rst_fit {
    RST_FIT_EXACT,  /* equals what the receiver expects next */
    RST_FIT_WINDOW, /* in the window, not exact: draws a challenge ACK */
    RST_FIT_BEHIND, /* left of the window: ignored */
    RST_FIT_AHEAD,  /* right of the window: ignored */
    RST_FIT_COUNT
};

/* One RST with what was known the moment it came. */
struct rst_facts {
    struct packet_mark mark;
    struct packet_mark trigger; /* packet of the other side that it answers; frame 0 = none found */
    int64_t quiet_before_ns;    /* silence of the flow before the trigger (or before the RST) */
    uint8_t family, fit;        /* enum rst_family, enum rst_fit */
    uint8_t baseline_ttl;       /* nearest TTL of this side's other packets; 0 = none seen */
    uint8_t n_baseline;         /* how many of them; saturates */
    uint16_t prev_ip_id;        /* of this side's packet before it */
    bool does_id_count;         /* this side's IP-IDs rise by small steps and never jumped */
    bool sender_had_fin, peer_had_fin, peer_had_rst;
    bool lacks_timestamps; /* both sides negotiated timestamps and it has none */
    bool is_unanswerable;  /* the receiver had sent nothing since this side's last packet */
    bool has_mptcp_fastclose, has_mptcp_reason;
    uint8_t mptcp_reason; /* MP_TCPRST's, valid with has_mptcp_reason */
    uint32_t sent_beyond; /* bytes behind its sequence number that its sender had sent before */
    uint8_t n_data[SIDE_COUNT]; /* packets with new payload until then; saturate */
};

#define TRAIL_RST_MAX 4

struct icmp_facts {
    uint64_t frame; /* ordinal; 0 = none */
    int64_t ts_ns;
    struct ipaddr from;
    uint32_t mtu_bytes;
    uint16_t ip_id;
    uint16_t len_bytes; /* of the ICMP message: IP payload */
    uint8_t type, code;
    uint8_t ttl, quoted_ttl;
    bool is_v6;
    bool quotes_syn; /* sequence number verified against the ISN */
    bool is_seq_missing;
};

struct speech_facts {      /* what one side said above TCP in plain sight */
    uint64_t goaway_frame; /* first HTTP/2 GOAWAY with an error, 0 = none */
    uint32_t goaway_code, goaway_last_stream;
    uint8_t first_kind; /* enum payload_kind of its first payload, behind a PROXY header */
    uint8_t proxy_form; /* enum proxy_form: what stood before it */
    bool is_not_tls;    /* its first payload was seen and is no TLS record */
};

struct acked_run { /* copies of one segment that the other side has acknowledged */
    uint32_t seq;
    uint8_t n_copies; /* saturates */
};

/* The window of a side that has no room: packet after packet says 0. */
struct stall_facts {
    struct packet_mark first; /* that says so */
    uint8_t n_pkts;           /* that say so; 0 = it has room; saturates */
};

/* Payload from here on is a full segment: paths of small MTU do not take it (VERDICTS.md 13.5,
 * pmtu-blackhole). */
#define FLOW_FULL_BYTES 1200

/* Which sizes of a side's segments get through. */
struct size_facts {
    uint64_t full_frame; /* its first full segment, 0 = none */
    uint32_t full_seq;
    uint32_t sacked_end;           /* how far behind it bytes arrived, as SACK says */
    struct packet_mark behind_gap; /* its first packet behind bytes that never came by here */
    bool is_small_through, is_full_through; /* arrived behind it, while it did not */
};

/* The connection that the tuple had before, at most 240 s ago. Sequence numbers are its last. */
struct previous_facts {
    int64_t ended_ns; /* its last packet */
    uint32_t client_isn, client_nxt, server_nxt;
    uint32_t tsval; /* the client's clock at its end, as a clock of milliseconds has it */
    uint8_t ttl_syn;
    bool is_known; /* the other fields are valid */
    bool has_tsval, had_rst;
    bool is_closed_by_server; /* both sides closed, the server first: it is in TIME_WAIT */
};

struct flow_trail {
    struct packet_mark slot[TRAIL_SLOT_COUNT];
    struct rst_facts rst[TRAIL_RST_MAX];     /* the first ones; later ones only count */
    uint8_t n_rst;                           /* entries of rst[] */
    int64_t quiet_before_fin_ns[SIDE_COUNT]; /* silence of the flow before this side's FIN */
    struct icmp_facts icmp;                  /* the first error that quotes this flow */
    struct speech_facts speech[SIDE_COUNT];
    struct acked_run acked_run[SIDE_COUNT];
    struct stall_facts stall[SIDE_COUNT];
    struct size_facts size[SIDE_COUNT];
    struct previous_facts previous;
};

#endif
