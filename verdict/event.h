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
#include "verdict/verdict.h"

struct endpoint {
    struct ipaddr addr;
    uint16_t port;
};

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

    uint8_t n_evidence, n_because, n_against, n_alternatives;
    uint32_t evidence_total;
    struct evidence evidence[EVENT_EVIDENCE_MAX]; /* in time order */
    struct reason because[EVENT_REASONS_MAX];
    struct reason against[EVENT_REASONS_MAX];
    enum verdict_id alternatives[EVENT_ALTERNATIVES_MAX]; /* best first */
};

enum incident_phase {
    INCIDENT_OPEN,
    INCIDENT_UPDATE,
    INCIDENT_CLOSE,
    INCIDENT_PHASE_COUNT
};
enum incident_scope {
    SCOPE_ENDPOINT,
    SCOPE_CLIENT,
    SCOPE_NETWORK,
    SCOPE_OVERFLOW,
    INCIDENT_SCOPE_COUNT
};
enum incident_rule {
    RULE_SUSTAINED,
    RULE_BURST,
    RULE_PERSISTENT,
    RULE_FORGED,
    INCIDENT_RULE_COUNT
};
enum close_reason {
    CLOSE_NONE,
    CLOSE_RECOVERED,
    CLOSE_QUIET,
    CLOSE_EVICTED, /* a bigger incident took it in: related[0] */
    CLOSE_END_OF_INPUT,
    CLOSE_SHUTDOWN,
    CLOSE_REASON_COUNT
};

#define INCIDENT_TOP_CLIENTS 5
#define INCIDENT_SAMPLES 3
#define INCIDENT_SAMPLE_FRAMES 4
#define INCIDENT_RELATED_MAX 8
#define INCIDENT_VERDICTS_MAX 8

struct incident_client {
    struct ipaddr addr;
    uint64_t n_failures;
};

struct incident_verdict {
    enum verdict_id id;
    uint64_t n;
};

/* A connection to look at. */
struct incident_sample {
    uint64_t flow_id;
    struct endpoint client, server;
    uint64_t frame[INCIDENT_SAMPLE_FRAMES]; /* 0 = end */
};

struct incident_event {
    uint32_t number; /* from 1, in the order of opening */
    enum incident_phase phase;
    enum incident_scope scope;
    enum incident_rule rule;
    enum family family;
    enum confidence confidence; /* the lowest among its failures */
    struct endpoint server;     /* SCOPE_ENDPOINT; SCOPE_NETWORK: the network's address, port 0 */
    struct ipaddr client;       /* SCOPE_CLIENT */
    int64_t first_ns, opened_ns, last_ns, closed_ns; /* closed: NS_NEVER while open */
    uint32_t n_updates, n_reopened;
    uint64_t n_failures, n_attempts; /* since first_ns, at that endpoint */
    uint64_t n_failures_delta;
    int64_t delta_ns;
    uint32_t n_clients;
    bool clients_capped;
    uint8_t n_top_clients, n_verdicts, n_samples, n_related;
    struct incident_client top_client[INCIDENT_TOP_CLIENTS]; /* most first */
    struct incident_verdict verdict[INCIDENT_VERDICTS_MAX];  /* most first */
    struct incident_sample sample[INCIDENT_SAMPLES];         /* the first ones */
    uint32_t related[INCIDENT_RELATED_MAX];                  /* incident numbers */
    enum close_reason close_reason;
};

enum event_kind {
    EVENT_CONNECTION,
    EVENT_INCIDENT,
    EVENT_KIND_COUNT
};

struct verdict_event {
    enum event_kind kind;
    int64_t ts_ns; /* when the conclusion was reached, capture clock */
    union {
        struct connection_event connection;
        struct incident_event incident;
    };
};

/* Words of the JSON contract; static strings. */
const char *vantage_name(enum vantage vantage);
const char *evidence_kind_name(enum evidence_kind kind);
const char *incident_phase_name(enum incident_phase phase);
const char *incident_scope_name(enum incident_scope scope);
const char *incident_rule_name(enum incident_rule rule);
const char *close_reason_name(enum close_reason reason); /* CLOSE_NONE: NULL */

#endif
