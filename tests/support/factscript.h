/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts of one connection from a few words, for tests of what judges them.
 *
 *     struct factscript script;
 *     factscript_open(&script);
 *     factscript_asked(&script);
 *     factscript_rst(&script, SIDE_SERVER, RST_FAMILY_A, 60);
 *     script.note.trail.rst[0].mark.ttl = 20;
 *
 * The situations are what a tracker at the client sees of two Linux hosts 20 ms apart; a test
 * changes the field that it is about. Times are milliseconds from the first SYN.
 */
#ifndef SUPPORT_FACTSCRIPT_H
#define SUPPORT_FACTSCRIPT_H

#include "base/arena.h"
#include "verdict/case.h"
#include "verdict/judge.h"

#define FACTSCRIPT_START_NS (INT64_C(1700000000) * NS_PER_S)
#define FACTSCRIPT_RTT_MS 20

/* Initial sequence numbers; the server's data wraps round. */
#define FACTSCRIPT_CLIENT_ISN 1000u
#define FACTSCRIPT_SERVER_ISN 0xfffffff0u

/* TTLs of the two hosts: the client is here, the server three routers away. */
#define FACTSCRIPT_CLIENT_TTL 64
#define FACTSCRIPT_SERVER_TTL 61

struct factscript {
    struct arena arena;
    struct hosts hosts;
    struct judge_context context;
    struct ipaddr local[2];
    struct host_evidence kernel; /* what the capturing host's says; is_known is clear at first */
    int64_t start_ns;            /* of this connection's time 0 */
    struct flow_note note;       /* NOTE_ENDED, with a trail */
};

/* A connection of which nothing was seen, 10.0.0.1:40000 to 192.0.2.2:443, and no hosts known. */
void factscript_open(struct factscript *script);
void factscript_close(struct factscript *script);

/* Another connection, with its time 0 at `at_ms` of this one; what is known of hosts stays. */
void factscript_next(struct factscript *script, double at_ms);

int64_t factscript_ns(const struct factscript *script, double at_ms);
void factscript_client(struct factscript *script, const char *addr, uint16_t port);
void factscript_server(struct factscript *script, const char *addr, uint16_t port);

/* ---- packets, in the order of time ---- */

/*
 * `words`: who (C, S), flags (letters of SFPA), payload bytes after a plus sign: "C PA +400". The
 * sender's next sequence number, and all that it has of the other side acknowledged. Returns where
 * the trail has it.
 */
struct packet_mark *factscript_packet(struct factscript *script, const char *words, double at_ms);

/* `n` copies of the sender's last segment, `every_ms` apart, that nobody acknowledges. */
void factscript_repeat(struct factscript *script, enum flow_side side, unsigned n, double from_ms,
                       double every_ms);

/* A RST in the shape of a family; B2 answers the other side's last packet. */
struct rst_facts *factscript_rst(struct factscript *script, enum flow_side side,
                                 enum rst_family family, double at_ms);

/* An ICMP error that quotes the SYN. */
void factscript_icmp(struct factscript *script, const char *from, uint8_t type, uint8_t code,
                     double at_ms);

/* It is judged by a timer, so long after its last packet; without this, after 20 s. */
void factscript_judged_after(struct factscript *script, double after_ms);

/* ---- named situations, each from an empty script ---- */

void factscript_silent(struct factscript *script);       /* SYN at 0, 1, 3 s; nothing came back */
void factscript_refused(struct factscript *script);      /* SYN, RST of a host without the socket */
void factscript_rejected(struct factscript *script);     /* SYN, ICMP 3/13 from 203.0.113.9 */
void factscript_half_open(struct factscript *script);    /* SYN, SYN-ACK at 0, 1, 3 s, no ACK */
void factscript_connected(struct factscript *script);    /* the three packets */
void factscript_asked(struct factscript *script);        /* and 400 bytes of request */
void factscript_answered(struct factscript *script);     /* and 1200 of answer, acknowledged */
void factscript_closed(struct factscript *script);       /* and both FINs, the client's first */
void factscript_synack_reset(struct factscript *script); /* SYN, SYN-ACK, the client's RST */
void factscript_never_taken(struct factscript *script);  /* asked; SYN-ACK again at 1, 3 s */
void factscript_blackholed(struct factscript *script);   /* answered; next request into silence */
void factscript_aborted(struct factscript *script);      /* asked; RST of the server's socket */
void factscript_forgotten(struct factscript *script);    /* answered; next request meets B2 */
void factscript_closed_unasked(struct factscript *script); /* connected; the server's FIN */

/* ---- what is known of others ---- */

/* The entry, made empty where there is none; valid until another is made. */
struct host_state *factscript_host(struct factscript *script, enum flow_side side);
struct listener_state *factscript_listener(struct factscript *script);

/* The capture was made on this side's host. */
void factscript_seen_at(struct factscript *script, enum flow_side side);

/* The note as it is, told to the hosts as of this kind. */
void factscript_tell(struct factscript *script, enum flow_note_kind kind);

/* ---- judging ---- */

/* As the judge sees it; points into the script. */
void factscript_case(const struct factscript *script, struct verdict_case *c);
void factscript_judge(const struct factscript *script, struct connection_event *event);

/* Whether one of the reasons has the code. */
bool factscript_has_reason(const struct reason *reasons, unsigned n, const char *code);

typedef enum confidence (*factscript_rule)(const struct verdict_case *c, struct ruling *ruling);

/* What a case expects, in one word. */
enum {
    NONE = CONFIDENCE_NONE,
    POSSIBLE = CONFIDENCE_POSSIBLE,
    LIKELY = CONFIDENCE_LIKELY,
    CERTAIN = CONFIDENCE_CERTAIN
};

/* One case of a rule: a situation, what is changed in it, and what the rule says then. */
struct rule_case {
    const char *name;
    unsigned confidence;
    void (*base)(struct factscript *script);
    void (*change)(struct factscript *script, int64_t value); /* NULL: nothing */
    int64_t value;                                            /* for change() */
    const char *reason; /* a code that it gives, for or against; NULL: whatever */
};

/* Fails with the names of all cases in which the rule says something else. */
void factscript_check(factscript_rule rule, const struct rule_case *cases, size_t n_cases);

#endif
