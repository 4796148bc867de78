/* SPDX-License-Identifier: BSD-2-Clause */
/* One ended flow as the rules see it, and what a rule says of it. Private to verdict/. */
#ifndef VERDICT_CASE_H
#define VERDICT_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "base/seqnum.h"
#include "flowtable/note.h"
#include "verdict/answer.h"
#include "verdict/event.h"
#include "verdict/hosts.h"
#include "verdict/limits.h"
#include "verdict/speech_words.h"
#include "verdict/verdict.h"

struct verdict_case {
    const struct flow_facts *facts;
    const struct flow_trail *trail;   /* an empty one where the flow has none */
    const struct flow_speech *speech; /* the same, of kind READER_NONE */
    const struct tls_facts *tls;      /* all zero where it is not TLS */
    const struct flow_key *key;
    const struct side_facts *client, *server;
    const struct host_state *client_host, *server_host;
    const struct listener_state *listener;
    const struct hosts *hosts; /* what is known of all of them */
    const struct verdict_limits *limits;
    const struct leg *leg;            /* behind a proxy's refusal; NULL = none known */
    const struct host_evidence *host; /* is_known is clear where nobody asked */
    const struct stray *stray;        /* of this flow, and answered by a RST; NULL = none known */
    /* The RST that ended it: the first that its receiver could not ignore; NULL = none. */
    const struct rst_facts *rst;
    enum vantage vantage;
    enum case_answer answer;
    bool is_refused_inside; /* see case_is_refused_inside() */
    bool is_light;          /* ACKs and most data were left out: see light.c */
    enum outcome outcome;   /* as the packets say */
    uint8_t client_end;
    int64_t now_ns;  /* capture clock at the judgment */
    int64_t last_ns; /* last packet */
    int64_t rtt_ns;  /* of this flow, else of the listener, else the limit's guess */
};

/* What speaks for and against a verdict, written by its rule. */
struct ruling {
    bool is_draft; /* reasons are counted and not worded: most rules are asked in vain */
    uint8_t n_because, n_against, n_odd;
    struct reason because[EVENT_REASONS_MAX];
    struct reason against[EVENT_REASONS_MAX];
    uint64_t odd_frame[EVENT_EVIDENCE_MAX]; /* packets that the verdict rests on */
};

/* Nothing said as yet. Not more than that is cleared: most rulings stay empty. */
void ruling_begin(struct ruling *ruling, bool is_draft);

/* `frame` 0 = none. `code` is a static string. What does not fit is left off. */
void because(struct ruling *ruling, const char *code, uint64_t frame, const char *fmt, ...)
    PRINTF_FMT(4, 5);
void against(struct ruling *ruling, const char *code, uint64_t frame, const char *fmt, ...)
    PRINTF_FMT(4, 5);

/* The rules: pure functions of the case. CONFIDENCE_NONE = does not hold. */
#define ROW(id, suffix, kind, family, blame, outcome, slug, title)                                 \
    enum confidence rule_##suffix(const struct verdict_case *c, struct ruling *ruling);
VERDICT_TABLE(ROW)
#undef ROW

/* judge.c: the case of a note, with what the context knows. */
struct judge_context;
void case_open(struct verdict_case *c, const struct judge_context *context,
               const struct flow_note *note);

/* outcome.c: what happened, and which RST did it. */
enum outcome case_outcome(const struct verdict_case *c);
const struct rst_facts *case_deciding_rst(const struct flow_facts *facts,
                                          const struct flow_trail *trail);

/* vantage.c: whose address is local. `local` are the addresses of the capturing host. */
enum vantage case_vantage(const struct flow_note *note, const struct ipaddr *local,
                          uint32_t n_local);

/* zeek.c: Zeek's conn_state (VERDICTS.md 1.2). Static string. */
const char *case_conn_state(const struct flow_facts *facts);

/* evidence.c: fills the event's evidence rows from the trail. */
void case_evidence(const struct verdict_case *c, const struct ruling *ruling,
                   struct connection_event *event);

static inline double case_seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static inline double case_ms(int64_t ns)
{
    return (double)ns / (double)NS_PER_MS;
}

/* ---- small questions that several rules ask ---- */

/* UDP or SCTP: nothing that rules on TCP's facts can be asked. */
static inline bool case_is_datagram(const struct verdict_case *c)
{
    return c->key->proto == FLOW_PROTO_UDP || c->key->proto == FLOW_PROTO_SCTP;
}

static inline const struct side_facts *case_side(const struct verdict_case *c, enum flow_side side)
{
    return &c->facts->side[side];
}

static inline const struct packet_mark *case_slot(const struct verdict_case *c,
                                                  enum trail_slot slot)
{
    return &c->trail->slot[slot];
}

static inline const char *case_side_word(unsigned side)
{
    return side == SIDE_CLIENT ? "client" : "server";
}

static inline bool case_has(const struct verdict_case *c, uint32_t bit)
{
    return c->facts->bits & bit;
}

/* Unacknowledged payload of one side, as far as packets tell; its FIN does not count. */
uint32_t case_unacked_bytes(const struct verdict_case *c, enum flow_side side);

/* The server has sent payload, whether the capture has it or not: its sequence numbers tell. */
bool case_has_server_spoken(const struct verdict_case *c);

/* The client's last payload has no answer. One that was captured late or not at all is known by
 * what the client's abort acknowledges. */
bool case_is_request_open(const struct verdict_case *c);

/* When the client's ACK completed the handshake; NS_NEVER. */
int64_t case_ack_ns(const struct verdict_case *c);

/* The client's last request met the server's FIN on the way: nobody acknowledged it. */
bool case_is_request_crossed(const struct verdict_case *c);

/* The client closed while its answer was under way, and then reset it. */
bool case_is_answer_lost(const struct verdict_case *c);

/* place.c: routers between the RST's sender and its other packets, as their TTLs tell; 0 where
 * those were not seen. */
#define HOPS_OF_ANOTHER_CLASS 64 /* another initial TTL: another machine */
unsigned case_hops_off(const struct rst_facts *rst);

/* The RST passed fewer routers, by more than routes wobble. */
bool case_is_nearer(const struct verdict_case *c, const struct rst_facts *rst);

/* The RST passed one router fewer than several other packets of its sender, all of one TTL. */
bool case_is_one_nearer(const struct verdict_case *c, const struct rst_facts *rst);

/* After what it answers, where the server's RST came sooner than the path allows; else NS_NEVER. */
int64_t case_too_soon_ns(const struct verdict_case *c, const struct rst_facts *rst);

/* What Netfilter's REJECT leaves out of its RST and a host's own kernel puts in: the flow label,
 * the TOS of the packet that it answers (OBSERVED.md, C and E). A static code, NULL = all there. */
const char *case_filter_mark(const struct rst_facts *rst);

/* The side whose segments of full size never arrive while smaller ones do; SIDE_COUNT = none. */
enum flow_side case_stuck_side(const struct verdict_case *c);

/* Of the two ways to see that, the one behind where they die: bytes of full size are missing. */
bool case_is_hole(const struct verdict_case *c, enum flow_side side);

/* The side that stopped taking what the other has to send, up to the end; SIDE_COUNT = none. */
enum flow_side case_stalled_side(const struct verdict_case *c);

/* Nothing is missing from what the side said above TCP, as far as its protocol was read: what was
 * not read there was not said. */
static inline bool case_is_all_read(const struct verdict_case *c, enum flow_side side)
{
    return !(c->speech->bits[side] & (SPEECH_ANY_LOST | SPEECH_TOO_LONG));
}

/* The deciding RST was sent by this side. */
static inline bool case_reset_by(const struct verdict_case *c, enum flow_side side)
{
    return c->rst && c->rst->mark.side == side;
}

/* As a kernel does that got no answer; sooner, Windows repeats a SYN that was refused (7.7). */
bool case_is_syn_repeated(const struct verdict_case *c);

/* An attempt whose SYNs nobody answered, judged by silence. */
static inline bool case_is_silent(const struct verdict_case *c)
{
    return c->outcome == OUTCOME_TIMED_OUT && !case_has(c, FACT_SYNACK_SEEN);
}

#endif
