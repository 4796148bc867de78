/* SPDX-License-Identifier: BSD-2-Clause */
/* See sample.h. */
#include "sample.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/nanotime.h"
#include "flowtable/history.h"

struct ipaddr sample_addr(const char *text)
{
    struct ipaddr addr = {{0}};
    bool is_address = ipaddr_parse(text, &addr);

    assert(is_address);
    (void)is_address;
    return addr;
}

struct endpoint sample_endpoint(const char *addr, uint16_t port)
{
    return (struct endpoint){.addr = sample_addr(addr), .port = port};
}

void sample_run(struct run_info *run)
{
    *run = (struct run_info){
        .version = "0.1.0",
        .build = "g4c1e9ab",
        .run_id = "8f1d2c64a7b3",
        .sensor = "web-7",
        .host = "web-7.example.net",
        .boot_id = "5d0c1f2e-7a64-4a0e-9a55-0f6c1f6b9d21",
        .kernel = "6.18.44",
        .pid = 4242,
        .is_live = true,
        .filter = "",
        .n_sources = 1,
        .source[0] = {.kind = "interface",
                      .name = "lo",
                      .link_type = "EN10MB",
                      .snaplen_bytes = 256,
                      .ring_bytes = 67108864,
                      .tstamp_source = "host",
                      .tstamp_precision = "ns"},
        .limit_flows = 1048576,
        .limit_endpoints = 65536,
        .limit_incidents = 256,
        .incident_rules = {.bucket_s = 10,
                           .bad_failures = 3,
                           .bad_ratio = 0.1,
                           .sustained_buckets = 3,
                           .window_buckets = 6,
                           .burst_failures = 10,
                           .burst_window_s = 30,
                           .burst_span_s = 10,
                           .burst_ratio = 0.5,
                           .persistent_failures = 5,
                           .persistent_span_s = 120,
                           .forged_failures = 3,
                           .update_s = 60,
                           .close_quiet_s = 60,
                           .reopen_s = 300},
        .failure_lines_per_s = 50,
        .stats_interval_ns = 10 * NS_PER_S,
        .n_local = 2,
        .local = {sample_addr("10.20.0.10"), sample_addr("10.20.0.21")},
        .n_tags = 1,
        .tag[0] = {.key = "site", .value = "lab"},
        .uid = 998,
        .has_seccomp = true,
        .has_landlock = true,
        .wall_ns = SAMPLE_EPOCH_NS + 801994213,
        .first_packet_ns = NS_NEVER,
    };
}

static void add_history(struct flow_facts *facts, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        bool is_server = *letters >= 'a';

        history_add(facts->history, is_server ? (char)(*letters - 'a' + 'A') : *letters,
                    is_server ? SIDE_SERVER : SIDE_CLIENT);
    }
}

/* What every sample shares: a loopback capture of this host, untagged, nothing answered yet. */
static struct connection_event *begin(struct verdict_event *event, struct endpoint client,
                                      struct endpoint server)
{
    struct connection_event *connection = &event->connection;

    memset(event, 0, sizeof(*event));
    event->kind = EVENT_CONNECTION;
    *connection = (struct connection_event){
        .is_failure = true,
        .confidence = CONFIDENCE_CERTAIN,
        .vantage = VANTAGE_BOTH,
        .count = 1,
        .client = client,
        .server = server,
        .both_directions = true,
        .key = {.vlan = {FLOW_KEY_NO_VLAN, FLOW_KEY_NO_VLAN}, .proto = 6},
    };
    connection->facts.bits = FACT_SYN_SEEN | FACT_LOOPBACK;
    connection->facts.synack_ns = NS_NEVER;
    connection->facts.last_ns[SIDE_SERVER] = NS_NEVER;
    return connection;
}

static struct evidence *add_evidence(struct connection_event *connection, enum evidence_kind kind,
                                     const struct packet_mark *mark, const char *note)
{
    struct evidence *seen = &connection->evidence[connection->n_evidence++];

    seen->kind = (uint8_t)kind;
    seen->mark = *mark;
    snprintf(seen->note, sizeof(seen->note), "%s", note);
    connection->evidence_total++;
    return seen;
}

static void add_because(struct connection_event *connection, const char *code, const char *value,
                        uint64_t frame)
{
    struct reason *reason = &connection->because[connection->n_because++];

    reason->code = code;
    snprintf(reason->value, sizeof(reason->value), "%s", value);
    reason->frame[0] = frame;
}

void sample_rejected(struct verdict_event *event)
{
    struct connection_event *connection =
        begin(event, sample_endpoint("10.20.0.10", 57363), sample_endpoint("10.20.0.22", 6379));
    struct flow_facts *facts = &connection->facts;
    struct packet_mark icmp;
    struct evidence *seen;

    event->ts_ns = SAMPLE_EPOCH_NS + INT64_C(13926680000);
    connection->outcome = OUTCOME_REJECTED;
    connection->family = FAMILY_FIREWALL_REJECT;
    connection->verdict = VERDICT_ICMP_ADMIN_PROHIBITED;
    connection->stage = STAGE_SYN;
    connection->blame = BLAME_SERVER_HOST;
    connection->ended_by = ENDED_BY_SERVER;
    connection->conn_state = "S0";
    connection->flow_id = 0x14d;
    facts->first_ns = facts->last_ns[SIDE_CLIENT] = SAMPLE_EPOCH_NS + INT64_C(13926669000);
    facts->first_frame = 941;
    facts->n_icmp = 1;
    facts->side[SIDE_CLIENT].n_pkts = facts->side[SIDE_CLIENT].n_syn = 1;
    facts->side[SIDE_CLIENT].bits = SIDE_ISN_KNOWN | SIDE_HAS_WSCALE | SIDE_HAS_TIMESTAMPS;
    facts->side[SIDE_CLIENT].wscale = 10;
    add_history(facts, "S");
    connection->has_syn_mark = true;
    connection->syn = (struct packet_mark){.ts_ns = facts->first_ns,
                                           .frame = 941,
                                           .seq = 316126280,
                                           .tsval = 3334003226,
                                           .flags = TCP_SYN,
                                           .window = 65495,
                                           .ip_id = 11463,
                                           .mss_bytes = 65495,
                                           .ttl = 64,
                                           .side = SIDE_CLIENT,
                                           .bits = MARK_DF | MARK_HAS_TIMESTAMPS};
    connection->icmp = (struct icmp_facts){.frame = 942,
                                           .ts_ns = event->ts_ns,
                                           .from = sample_addr("10.20.0.22"),
                                           .ip_id = 48764,
                                           .len_bytes = 68,
                                           .type = 3,
                                           .code = 13,
                                           .ttl = 64,
                                           .quoted_ttl = 64,
                                           .quotes_syn = true};
    seen = add_evidence(connection, EVIDENCE_SYN, &connection->syn, "");
    seen->has_rel_seq = true;
    icmp = (struct packet_mark){
        .ts_ns = event->ts_ns, .frame = 942, .payload_bytes = 68, .ip_id = 48764, .ttl = 64};
    seen = add_evidence(connection, EVIDENCE_ICMP, &icmp,
                        "quotes frame 941; ttl as in other packets of 10.20.0.22");
    seen->is_odd = true;
    add_because(connection, "icmp-quotes-syn", "3/13", 942);
    add_because(connection, "icmp-sender-is-server", "ttl 64", 942);
}

/* A packet of the connection that sample_forged() describes, `at_ns` after the sample's epoch. */
static struct packet_mark forged_mark(uint64_t frame, int64_t at_ns, enum flow_side side,
                                      uint16_t flags)
{
    return (struct packet_mark){.ts_ns = SAMPLE_EPOCH_NS + at_ns,
                                .frame = frame,
                                .flags = flags,
                                .ttl = 64,
                                .side = (uint8_t)side,
                                .bits = MARK_DF};
}

static void set_relative(struct evidence *seen, uint32_t rel_seq, uint32_t rel_ack, bool is_odd)
{
    seen->has_rel_seq = seen->has_rel_ack = true;
    seen->rel_seq = rel_seq;
    seen->rel_ack = rel_ack;
    seen->is_odd = is_odd;
}

static void add_forged_evidence(struct connection_event *connection)
{
    struct packet_mark mark =
        forged_mark(2917, INT64_C(36124049000), SIDE_SERVER, TCP_PSH | TCP_ACK);

    mark.payload_bytes = 400;
    mark.window = 64;
    mark.ip_id = 36857;
    set_relative(add_evidence(connection, EVIDENCE_DATA, &mark, "last good packet of the server"),
                 801, 28, false);
    mark = forged_mark(2919, INT64_C(36124214000), SIDE_SERVER, TCP_RST | TCP_ACK);
    mark.ttl = 242;
    mark.ip_id = 12345;
    set_relative(add_evidence(connection, EVIDENCE_RST, &mark,
                              "ttl 242 != 64, ip id off the server's counter, no timestamps"),
                 1201, 28, true);
    mark = forged_mark(2948, INT64_C(36274457000), SIDE_SERVER, TCP_PSH | TCP_ACK);
    mark.payload_bytes = 400;
    mark.window = 64;
    mark.ip_id = 36858;
    set_relative(add_evidence(connection, EVIDENCE_DATA, &mark,
                              "server continues at the same seq 150 ms later"),
                 1201, 28, true);
    mark = forged_mark(2949, INT64_C(36274491000), SIDE_CLIENT, TCP_RST);
    set_relative(add_evidence(connection, EVIDENCE_RST, &mark, "client kernel: no such socket"), 28,
                 0, false);
    connection->evidence[3].has_rel_ack = false;
    connection->evidence_total = 14;
}

void sample_forged(struct verdict_event *event)
{
    struct connection_event *connection =
        begin(event, sample_endpoint("10.20.0.10", 57063), sample_endpoint("10.20.0.21", 7000));
    struct flow_facts *facts = &connection->facts;

    event->ts_ns = SAMPLE_EPOCH_NS + INT64_C(36274457000);
    connection->outcome = OUTCOME_RESET;
    connection->family = FAMILY_RST_FORGED;
    connection->verdict = VERDICT_RST_INJECTED;
    connection->stage = STAGE_ESTABLISHED;
    connection->blame = BLAME_PATH;
    connection->ended_by = ENDED_BY_THIRD_PARTY;
    connection->conn_state = "RSTR";
    connection->tamper_signature = "⟨PSH+ACK;Data → RST+ACK⟩";
    connection->flow_id = 0x23f;
    facts->bits |= FACT_SYNACK_SEEN | FACT_ESTABLISHED;
    facts->first_ns = SAMPLE_EPOCH_NS + INT64_C(35823068000);
    facts->synack_ns = facts->first_ns + 18000;
    facts->ack_after_us = 30;
    facts->last_ns[SIDE_CLIENT] = SAMPLE_EPOCH_NS + INT64_C(36274491000);
    facts->last_ns[SIDE_SERVER] = SAMPLE_EPOCH_NS + INT64_C(36274457000);
    facts->payload_bytes[SIDE_CLIENT] = 27;
    facts->payload_bytes[SIDE_SERVER] = 1600;
    facts->first_frame = 2890;
    facts->n_frames_later = 59;
    facts->side[SIDE_CLIENT] = (struct side_facts){
        .n_pkts = 7, .n_syn = 1, .n_rst = 1, .ttl_syn = 64, .ttl_min = 64, .ttl_max = 64};
    facts->side[SIDE_SERVER] = (struct side_facts){
        .n_pkts = 7, .n_syn = 1, .n_rst = 1, .ttl_syn = 64, .ttl_min = 64, .ttl_max = 64};
    facts->side[SIDE_CLIENT].bits = SIDE_ISN_KNOWN | SIDE_HAS_WSCALE | SIDE_HAS_TIMESTAMPS;
    facts->side[SIDE_CLIENT].wscale = 10;
    add_history(facts, "ShADadrR");
    connection->has_syn_mark = true;
    connection->syn = forged_mark(2890, INT64_C(35823068000), SIDE_CLIENT, TCP_SYN);
    connection->syn.seq = 2830528781;
    connection->syn.tsval = 734609268;
    connection->syn.mss_bytes = 65495;
    connection->syn.bits |= MARK_HAS_TIMESTAMPS;
    add_forged_evidence(connection);
    add_because(connection, "ttl-differs", "242 against 64", 2919);
    add_because(connection, "ip-id-off-counter", "12345 against 36858", 2919);
    add_because(connection, "sender-continues", "seq 1201 after 150 ms", 2948);
}

void sample_timeout(struct verdict_event *event)
{
    struct connection_event *connection =
        begin(event, sample_endpoint("fd00::10", 40000), sample_endpoint("fd00::23", 443));
    struct flow_facts *facts = &connection->facts;
    struct packet_mark mark;

    event->ts_ns = SAMPLE_EPOCH_NS + 40 * NS_PER_S;
    connection->outcome = OUTCOME_TIMED_OUT;
    connection->family = FAMILY_TIMEOUT;
    connection->verdict = VERDICT_FILTERED_DROP;
    connection->confidence = CONFIDENCE_LIKELY;
    connection->vantage = VANTAGE_CLIENT;
    connection->blame = BLAME_PATH;
    connection->count = 3;
    connection->incident = 1;
    connection->conn_state = "S0";
    connection->flow_id = 0x300;
    connection->key.vlan[0] = 7;
    connection->key.vlan[1] = 42;
    connection->n_alternatives = 1;
    connection->alternatives[0] = VERDICT_CONNECT_TIMEOUT;
    facts->bits = FACT_SYN_SEEN;
    facts->first_ns = SAMPLE_EPOCH_NS + 30 * NS_PER_S;
    facts->last_ns[SIDE_CLIENT] = facts->first_ns + 4100 * NS_PER_MS;
    facts->syn_last_gap_us = 1024000;
    facts->first_frame = 3000;
    facts->n_frames_later = 200;
    facts->side[SIDE_CLIENT].n_pkts = facts->side[SIDE_CLIENT].n_syn = 5;
    add_history(facts, "S");
    mark = (struct packet_mark){.ts_ns = facts->first_ns,
                                .frame = 3000,
                                .flags = TCP_SYN | TCP_ECE | TCP_CWR,
                                .window = 64800,
                                .ttl = 64,
                                .bits = MARK_V6};
    add_evidence(connection, EVIDENCE_SYN, &mark, "")->has_rel_seq = true;
    add_because(connection, "host-alive", "echo reply 2 s before", 2990);
    connection->n_against = 1;
    connection->against[0] = (struct reason){.code = "one-client-only"};
}

void sample_ok(struct verdict_event *event)
{
    struct connection_event *connection =
        begin(event, sample_endpoint("10.20.0.10", 50000), sample_endpoint("10.20.0.21", 80));
    struct flow_facts *facts = &connection->facts;

    event->ts_ns = SAMPLE_EPOCH_NS + 50 * NS_PER_S;
    connection->is_failure = false;
    connection->outcome = OUTCOME_OK;
    connection->family = FAMILY_NONE;
    connection->verdict = VERDICT_OK;
    connection->stage = STAGE_ESTABLISHED;
    connection->blame = BLAME_UNKNOWN;
    connection->ended_by = ENDED_BY_BOTH;
    connection->conn_state = "SF";
    connection->flow_id = 0x400;
    facts->bits |= FACT_SYNACK_SEEN | FACT_ESTABLISHED;
    facts->first_ns = SAMPLE_EPOCH_NS + 49 * NS_PER_S;
    facts->synack_ns = facts->first_ns + 20000;
    facts->last_ns[SIDE_CLIENT] = facts->last_ns[SIDE_SERVER] = facts->first_ns + 3 * NS_PER_MS;
    facts->payload_bytes[SIDE_CLIENT] = 80;
    facts->payload_bytes[SIDE_SERVER] = 512;
    facts->first_frame = 4000;
    facts->n_frames_later = 10;
    facts->side[SIDE_CLIENT].n_pkts = 6;
    facts->side[SIDE_CLIENT].n_syn = 1;
    facts->side[SIDE_SERVER].n_pkts = 5;
    facts->side[SIDE_SERVER].n_syn = 1;
    add_history(facts, "ShADadFf");
}

void sample_incident(struct verdict_event *event, enum incident_phase phase)
{
    bool is_open = phase == INCIDENT_OPEN, is_closed = phase == INCIDENT_CLOSE;
    struct incident_event *incident = &event->incident;

    memset(event, 0, sizeof(*event));
    event->kind = EVENT_INCIDENT;
    *incident = (struct incident_event){
        .number = 1,
        .phase = phase,
        .scope = SCOPE_ENDPOINT,
        .rule = RULE_BURST,
        .family = FAMILY_FIREWALL_REJECT,
        .confidence = CONFIDENCE_CERTAIN,
        .server = sample_endpoint("10.20.0.22", 6379),
        .first_ns = SAMPLE_EPOCH_NS + INT64_C(13926680000),
        .opened_ns = SAMPLE_EPOCH_NS + INT64_C(24221052000),
        .last_ns = SAMPLE_EPOCH_NS + (is_open ? INT64_C(24221052000) : INT64_C(49820342000)),
        .closed_ns = is_closed ? SAMPLE_EPOCH_NS + INT64_C(109820342000) : NS_NEVER,
        .n_updates = is_open ? 0 : 1,
        .n_failures = is_open ? 18 : 60,
        .n_attempts = is_open ? 18 : 60,
        .n_failures_delta = is_open     ? 18
                            : is_closed ? 0
                                        : 42,
        .delta_ns = is_open ? INT64_C(10294372000) : 60 * NS_PER_S,
        .n_clients = 1,
        .n_top_clients = 1,
        .n_verdicts = 1,
        .n_samples = 1,
        .top_client[0] = {.addr = sample_addr("10.20.0.10"), .n_failures = is_open ? 18 : 60},
        .verdict[0] = {.id = VERDICT_ICMP_ADMIN_PROHIBITED, .n = is_open ? 18 : 60},
        .sample[0] = {.flow_id = 0x14d,
                      .client = sample_endpoint("10.20.0.10", 57363),
                      .server = sample_endpoint("10.20.0.22", 6379),
                      .frame = {941, 942}},
        .n_related = is_open ? 0 : 1,
        .related = {2},
        .close_reason = is_closed ? CLOSE_QUIET : CLOSE_NONE,
    };
    event->ts_ns = is_open     ? incident->opened_ns
                   : is_closed ? incident->closed_ns
                               : incident->opened_ns + 60 * NS_PER_S;
}

void sample_totals(struct run_totals *total)
{
    *total = (struct run_totals){
        .n_pkts = 5309,
        .wire_bytes = 432185,
        .n_truncated = 48,
        .n_attempts = 7,
        .n_ok = 1,
        .n_failed = 5,
        .n_failed_by_family =
            {[FAMILY_FIREWALL_REJECT] = 1, [FAMILY_RST_FORGED] = 1, [FAMILY_TIMEOUT] = 3},
        .n_failures_suppressed = 2,
        .n_incidents_opened = 1,
        .n_incidents_closed = 1,
    };
}
