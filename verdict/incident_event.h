/* SPDX-License-Identifier: BSD-2-Clause */
/* What a line of an incident says: fixed size, as struct connection_event. */
#ifndef VERDICT_INCIDENT_EVENT_H
#define VERDICT_INCIDENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "verdict/endpoint.h"
#include "verdict/verdict.h"

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
/* How its failures lie in time. */
enum incident_pattern {
    PATTERN_NONE,
    PATTERN_PERIODIC, /* in step: a health check, a timer, a job */
    PATTERN_LOAD,     /* a greater share of the attempts when there are more of them */
    INCIDENT_PATTERN_COUNT
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
    enum incident_pattern pattern;
    int64_t period_ns; /* PATTERN_PERIODIC; else 0 */
    /* INCIDENT_CLOSE, where nothing succeeded between: from the first failure to the first success
     * after the last; else 0. */
    int64_t outage_ns;
};

/* Words of the JSON contract; static strings. */
const char *incident_phase_name(enum incident_phase phase);
const char *incident_scope_name(enum incident_scope scope);
const char *incident_rule_name(enum incident_rule rule);
const char *incident_pattern_name(enum incident_pattern pattern); /* PATTERN_NONE: NULL */
const char *close_reason_name(enum close_reason reason);          /* CLOSE_NONE: NULL */

#endif
