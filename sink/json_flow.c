/* SPDX-License-Identifier: BSD-2-Clause */
/* The `flow` object: which connection it was, how it went, in numbers. See json_line.h. */
#include "base/nanotime.h"
#include "flowtable/history.h"
#include "sink/community.h"
#include "sink/json_line.h"

static json_t *syn_key_or_null(const struct connection_event *event)
{
    char buffer[SYN_KEY_BYTES];

    return syn_key(event, buffer) ? json_name(buffer) : json_null();
}

static json_t *vlan_tags(const struct flow_key *key)
{
    json_t *array = json_array();

    for (size_t i = 0; i < ARRAY_LEN(key->vlan) && key->vlan[i] != FLOW_KEY_NO_VLAN; i++)
        json_array_append_new(array, json_integer(key->vlan[i]));
    return array;
}

/* The words of ECS, for the one who opened it as this host sees it. */
static const char *direction(const struct connection_event *event)
{
    if (event->facts.bits & FACT_LOOPBACK || event->vantage == VANTAGE_BOTH)
        return "internal";
    if (event->vantage == VANTAGE_CLIENT)
        return "egress";
    return event->vantage == VANTAGE_SERVER ? "ingress" : "unknown";
}

static const char *iface_name(const struct run_info *run, const struct flow_facts *facts)
{
    return facts->source < run->n_sources ? run->source[facts->source].name : NULL;
}

/* The ICMP error that ended it counts as its last packet. */
static int64_t last_packet_ns(const struct connection_event *event)
{
    int64_t last_ns = facts_last_ns(&event->facts);

    return event->icmp.frame != 0 && event->icmp.ts_ns > last_ns ? event->icmp.ts_ns : last_ns;
}

static uint64_t last_frame(const struct connection_event *event)
{
    uint64_t last = event->facts.first_frame + event->facts.n_frames_later;

    return event->icmp.frame > last ? event->icmp.frame : last;
}

static json_t *handshake(const struct flow_facts *facts)
{
    bool is_seen = facts->bits & FACT_SYN_SEEN && facts->synack_ns != NS_NEVER;

    return is_seen ? json_integer(ns_since(facts->first_ns, facts->synack_ns)) : json_null();
}

/* Who it was. */
static void add_identity(json_t *flow, const struct run_info *run,
                         const struct connection_event *event)
{
    uint8_t proto = event->key.proto ? event->key.proto : IANA_TCP; /* of a SYN never sent */

    json_add(flow, "id", json_flow_id(event->flow_id));
    json_add(flow, "community_id", json_community_id(run, proto, &event->client, &event->server));
    json_add(flow, "syn_key", syn_key_or_null(event));
    json_add(flow, "vantage", json_name(vantage_name(event->vantage)));
    json_add(flow, "proto", json_name(transport_name(proto)));
    json_add(flow, "ip_version", json_integer(ipaddr_is_v4(&event->server.addr) ? 4 : 6));
    json_add(flow, "vlan", vlan_tags(&event->key));
    json_add(flow, "iface", json_clean(iface_name(run, &event->facts)));
    json_add(flow, "direction", json_name(direction(event)));
    json_add(flow, "client", json_endpoint(&event->client));
    json_add(flow, "server", json_endpoint(&event->server));
}

static json_t *history(const struct flow_facts *facts)
{
    char letters[HISTORY_LETTERS_MAX + 1];

    history_format(facts->history, letters);
    return json_name(letters);
}

static void add_times(json_t *flow, const struct run_info *run,
                      const struct connection_event *event)
{
    const struct flow_facts *facts = &event->facts;
    int64_t last_ns = last_packet_ns(event);

    json_add(flow, "first_ts", json_stamp(run, facts->first_ns));
    json_add(flow, "last_ts", json_stamp(run, last_ns));
    json_add(flow, "duration_ns", json_integer(ns_since(facts->first_ns, last_ns)));
    json_add(flow, "handshake_ns", handshake(facts));
}

static void add_counts(json_t *flow, const struct flow_facts *facts)
{
    const struct side_facts *client = &facts->side[SIDE_CLIENT];
    uint64_t last_gap_ns = (uint64_t)facts->syn_last_gap_us * (uint64_t)NS_PER_US;

    json_add(flow, "client_packets", json_number(client->n_pkts));
    json_add(flow, "server_packets", json_number(facts->side[SIDE_SERVER].n_pkts));
    json_add(flow, "client_bytes", json_number(facts->payload_bytes[SIDE_CLIENT]));
    json_add(flow, "server_bytes", json_number(facts->payload_bytes[SIDE_SERVER]));
    json_add(flow, "syn_sent", json_number(client->n_syn));
    json_add(flow, "syn_last_gap_ns", json_count_or_null(last_gap_ns));
}

static void add_end(json_t *flow, const struct connection_event *event)
{
    json_add(flow, "both_directions", json_boolean(event->both_directions));
    json_add(flow, "ended_by", json_name(ended_by_name(event->ended_by)));
    json_add(flow, "conn_state", json_name(event->conn_state));
    json_add(flow, "history", history(&event->facts));
    json_add(flow, "first_frame", json_count_or_null(event->facts.first_frame));
    json_add(flow, "last_frame", json_count_or_null(last_frame(event)));
    json_add(flow, "tamper_signature", json_name(event->tamper_signature));
}

json_t *json_flow(const struct run_info *run, const struct connection_event *event)
{
    json_t *flow = json_object();

    add_identity(flow, run, event);
    add_times(flow, run, event);
    add_counts(flow, &event->facts);
    add_end(flow, event);
    return flow;
}
