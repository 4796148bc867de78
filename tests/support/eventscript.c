/* SPDX-License-Identifier: BSD-2-Clause */
/* See eventscript.h. */
#include "eventscript.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/nanotime.h"
#include "base/tcpflag.h"

struct endpoint eventscript_endpoint(const char *words)
{
    struct endpoint endpoint = {0};
    const char *colon = strrchr(words, ':');
    char addr[IPADDR_TEXT_BYTES] = "";
    size_t n_bytes = (size_t)(colon - words);
    bool is_parsed;

    assert(colon && n_bytes < sizeof(addr) + 2);
    if (words[0] == '[')
        memcpy(addr, words + 1, n_bytes - 2);
    else
        memcpy(addr, words, n_bytes);
    is_parsed = ipaddr_parse(addr, &endpoint.addr);
    assert(is_parsed);
    (void)is_parsed;
    endpoint.port = (uint16_t)atoi(colon + 1);
    return endpoint;
}

static enum stage stage_of(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_REFUSED:
    case OUTCOME_REJECTED:
    case OUTCOME_TIMED_OUT:
        return STAGE_SYN;
    case OUTCOME_HALF_OPEN:
        return STAGE_SYNACK;
    case OUTCOME_TLS_REFUSED:
        return STAGE_TLS;
    case OUTCOME_RESET:
    case OUTCOME_BLACKHOLED:
    case OUTCOME_CLOSED_EARLY:
    case OUTCOME_APP_REFUSED:
    case OUTCOME_OK:
    case OUTCOME_OK_DEGRADED:
    case OUTCOME_IN_PROGRESS:
    case OUTCOME_UNKNOWN:
    case OUTCOME_COUNT:
        break;
    }
    return STAGE_ESTABLISHED;
}

void eventscript_failure(struct verdict_event *event, const char *client, const char *server,
                         enum verdict_id verdict, int64_t start_us)
{
    const struct verdict_row *row = verdict_row(verdict);
    struct connection_event *connection = &event->connection;
    int64_t start_ns = EVENTSCRIPT_START_NS + start_us * NS_PER_US;

    memset(event, 0, sizeof(*event));
    event->kind = EVENT_CONNECTION;
    event->ts_ns = start_ns;
    connection->is_failure = true;
    connection->verdict = verdict;
    connection->outcome = row->outcome == OUTCOME_COUNT ? OUTCOME_RESET : row->outcome;
    connection->family = row->family;
    connection->confidence = CONFIDENCE_CERTAIN;
    connection->stage = stage_of(connection->outcome);
    connection->blame = row->blame < BLAME_COUNT ? row->blame : BLAME_SERVER_HOST;
    connection->ended_by = ENDED_BY_NONE;
    connection->count = 1;
    connection->client = eventscript_endpoint(client);
    connection->server = eventscript_endpoint(server);
    connection->both_directions = true;
    connection->conn_state = "OTH";
    connection->facts.first_ns = start_ns;
    connection->facts.synack_ns = NS_NEVER;
    connection->facts.last_ns[SIDE_CLIENT] = start_ns;
    connection->facts.last_ns[SIDE_SERVER] = NS_NEVER;
}

static uint16_t flags_of(const char **words)
{
    static const struct {
        char letter;
        uint16_t flag;
    } letters[] = {{'S', TCP_SYN}, {'F', TCP_FIN}, {'R', TCP_RST}, {'P', TCP_PSH}, {'A', TCP_ACK}};
    uint16_t flags = 0;

    for (; **words; (*words)++) {
        size_t i = 0;

        while (i < ARRAY_LEN(letters) && letters[i].letter != **words)
            i++;
        if (i == ARRAY_LEN(letters))
            break;
        flags |= letters[i].flag;
    }
    return flags;
}

static uint8_t kind_of(const struct packet_mark *mark)
{
    if (mark->flags & TCP_RST)
        return EVIDENCE_RST;
    if (mark->flags & TCP_SYN)
        return mark->flags & TCP_ACK ? EVIDENCE_SYNACK : EVIDENCE_SYN;
    if (mark->payload_bytes > 0)
        return EVIDENCE_DATA;
    return mark->flags & TCP_FIN ? EVIDENCE_FIN : EVIDENCE_ACK;
}

static void count_packet(struct connection_event *connection, const struct evidence *evidence)
{
    struct flow_facts *facts = &connection->facts;
    enum flow_side side = (enum flow_side)evidence->mark.side;

    if (facts->first_frame == 0)
        facts->first_frame = evidence->mark.frame;
    connection->evidence_total++;
    if (evidence->kind == EVIDENCE_ICMP) {
        facts->n_icmp++;
        return;
    }
    facts->last_ns[side] = evidence->mark.ts_ns;
    facts->payload_bytes[side] += evidence->mark.payload_bytes;
    facts->side[side].n_pkts++;
    if (evidence->mark.flags & TCP_SYN)
        facts->side[side].n_syn++;
    if (evidence->mark.flags & TCP_RST)
        facts->side[side].n_rst++;
    if (evidence->mark.payload_bytes > 0)
        facts->side[side].n_data++;
}

void eventscript_packet(struct verdict_event *event, const char *words, uint64_t frame,
                        int64_t after_us, const char *note)
{
    struct connection_event *connection = &event->connection;
    struct evidence evidence = {.is_odd = strchr(words, '!') != NULL};
    const char *at = words + 2;

    evidence.mark.frame = frame;
    evidence.mark.ts_ns = connection->facts.first_ns + after_us * NS_PER_US;
    evidence.mark.ttl = 64;
    evidence.mark.window = 512;
    evidence.mark.side = words[0] == 'C' ? SIDE_CLIENT : SIDE_SERVER;
    evidence.kind = EVIDENCE_ICMP;
    if (words[0] == 'I') {
        connection->icmp = (struct icmp_facts){
            .frame = frame,
            .ts_ns = evidence.mark.ts_ns,
            .from = connection->server.addr,
            .type = (uint8_t)atoi(at),
            .code = (uint8_t)atoi(strchr(at, '/') + 1),
            .ttl = 64,
            .quotes_syn = true,
        };
    } else {
        evidence.mark.flags = flags_of(&at);
        at = strchr(at, '+');
        evidence.mark.payload_bytes = at ? (uint32_t)atoi(at + 1) : 0;
        evidence.kind = kind_of(&evidence.mark);
        evidence.has_rel_seq = true;
        evidence.rel_seq = evidence.mark.flags & TCP_SYN
                               ? 0
                               : 1 + (uint32_t)connection->facts.payload_bytes[evidence.mark.side];
    }
    strncpy(evidence.note, note, sizeof(evidence.note) - 1);
    count_packet(connection, &evidence);
    event->ts_ns = evidence.mark.ts_ns;
    if (connection->n_evidence < EVENT_EVIDENCE_MAX)
        connection->evidence[connection->n_evidence++] = evidence;
}

void eventscript_incident(struct verdict_event *event, uint32_t number, enum incident_phase phase,
                          const struct verdict_event *failure, int64_t last_us)
{
    struct incident_event *incident = &event->incident;

    memset(event, 0, sizeof(*event));
    event->kind = EVENT_INCIDENT;
    event->ts_ns = EVENTSCRIPT_START_NS + last_us * NS_PER_US;
    incident->number = number;
    incident->phase = phase;
    incident->scope = SCOPE_ENDPOINT;
    incident->rule = RULE_BURST;
    incident->family = failure->connection.family;
    incident->confidence = failure->connection.confidence;
    incident->server = failure->connection.server;
    incident->client = failure->connection.client.addr;
    incident->first_ns = failure->ts_ns;
    incident->opened_ns = failure->ts_ns;
    incident->last_ns = event->ts_ns;
    incident->closed_ns = phase == INCIDENT_CLOSE ? event->ts_ns : NS_NEVER;
    incident->close_reason = phase == INCIDENT_CLOSE ? CLOSE_QUIET : CLOSE_NONE;
}
