/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge tells the sinks: fixed size, no pointers, no text that could be derived.
 * The meaning of each field is that of its namesake in the JSON events (docs/json.md).
 */
#ifndef VERDICT_EVENT_H
#define VERDICT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "flowtable/facts.h"
#include "flowtable/key.h"
#include "flowtable/speech.h"
#include "flowtable/tape.h"
#include "verdict/endpoint.h"
#include "verdict/host_evidence.h"
#include "verdict/incident_event.h"
#include "verdict/totals.h"
#include "verdict/verdict.h"

/* Whose address is local to the capture. */
enum vantage {
    VANTAGE_UNKNOWN,
    VANTAGE_CLIENT,
    VANTAGE_SERVER,
    VANTAGE_BOTH,
    VANTAGE_MIDDLE,
    VANTAGE_COUNT
};

enum evidence_kind {
    EVIDENCE_SYN,
    EVIDENCE_SYNACK,
    EVIDENCE_ACK,
    EVIDENCE_DATA,
    EVIDENCE_FIN,
    EVIDENCE_RST,
    EVIDENCE_ICMP,
    EVIDENCE_KIND_COUNT
};

/* One packet that the verdict rests on or that frames it. */
struct evidence {
    struct packet_mark mark;   /* EVIDENCE_ICMP: frame, ts_ns, ttl, ip_id, payload_bytes only */
    uint32_t rel_seq, rel_ack; /* relative to the handshake; valid where has_ says so */
    bool has_rel_seq, has_rel_ack;
    bool is_odd;  /* the verdict rests on it */
    uint8_t kind; /* enum evidence_kind */
    char note[64];
};

#define EVENT_EVIDENCE_MAX 8
#define EVENT_REASONS_MAX 8
#define EVENT_ALTERNATIVES_MAX 4

/* Something that speaks for or against the verdict. */
struct reason {
    const char *code; /* kebab-case; static storage */
    char value[56];
    uint64_t frame[2]; /* 0 = none */
};

struct connection_event {
    bool is_failure; /* false: reported only with --all */
    enum outcome outcome;
    enum family family; /* FAMILY_NONE where there is none */
    enum verdict_id verdict;
    enum confidence confidence;
    enum stage stage;
    enum blame blame;
    enum ended_by ended_by;
    enum vantage vantage;
    uint64_t count;    /* this one plus like ones suppressed since the last line of its kind */
    uint32_t incident; /* number of the incident open for it, 0 = none */

    uint64_t flow_id; /* ordinal of its first packet: unique within the run */
    struct endpoint client, server;
    struct flow_key key;
    struct flow_facts facts;
    bool both_directions;
    const char *conn_state;       /* Zeek's; static storage */
    const char *tamper_signature; /* VERDICTS.md 5.1; static storage, NULL = none fits */

    bool has_syn_mark; /* syn is valid: the trail still had it */
    struct packet_mark syn;
    struct packet_mark synack; /* frame 0 = none */
    struct icmp_facts icmp;    /* frame 0 = none */
    struct speech_facts speech[SIDE_COUNT];
    struct flow_speech said; /* READER_NONE: nothing was read */
    struct host_evidence host;
    struct flow_tape tape; /* of failures that kept their trail; for the screen */

    uint8_t n_evidence, n_because, n_against, n_alternatives;
    uint32_t evidence_total;
    struct evidence evidence[EVENT_EVIDENCE_MAX]; /* in time order */
    struct reason because[EVENT_REASONS_MAX];
    struct reason against[EVENT_REASONS_MAX];
    enum verdict_id alternatives[EVENT_ALTERNATIVES_MAX]; /* best first */
};

enum event_kind {
    EVENT_CONNECTION,
    EVENT_INCIDENT,
    EVENT_STATS,
    EVENT_KIND_COUNT
};

/* The state of a replay at a time of the capture: with it the figures depend on the input only. A
 * live run takes them from the snapshot instead. */
struct stats_event {
    int64_t start_ns;        /* of the first packet */
    struct run_totals total; /* but for what the capture counts and a file has not */
    uint32_t n_flows_open, n_endpoints, n_incidents_open;
    bool is_trusted;
};

struct verdict_event {
    enum event_kind kind;
    int64_t ts_ns; /* when the conclusion was reached, capture clock */
    union {
        struct connection_event connection;
        struct incident_event incident;
        struct stats_event stats;
    };
};

/* Copies what is valid: of most events a small part. `to` may be uninitialized. */
void event_copy(struct verdict_event *to, const struct verdict_event *from);
void connection_copy(struct connection_event *to, const struct connection_event *from);

/* Words of the JSON contract; static strings. */
const char *transport_name(uint8_t proto); /* "udp", "sctp", else "tcp" */
const char *vantage_name(enum vantage vantage);
const char *evidence_kind_name(enum evidence_kind kind);

#endif
