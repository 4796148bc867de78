/* SPDX-License-Identifier: BSD-2-Clause */
/* The `flow` object: which connection it was, how it went, in numbers. See json_line.h. */
#include "base/nanotime.h"
#include "flowtable/history.h"
#include "sink/community.h"
#include "sink/json_line.h"

static json_t *syn_key_or_null(const struct connection_event *event)
{
    char buffer[SYN_KEY_BYTES];

    return syn_key(event, buffer) ? json_string(buffer) : json_null();
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
static json_t *identity(const struct run_info *run, const struct connection_event *event)
{
    bool is_v4 = ipaddr_is_v4(&event->server.addr);
    uint8_t proto = event->key.proto ? event->key.proto : IANA_TCP; /* of a SYN never sent */

    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:i, s:o, s:o, s:s, s:o, s:o}", "id",
                     json_flow_id(event->flow_id), "community_id",
                     json_community_id(run, proto, &event->client, &event->server), "syn_key",
                     syn_key_or_null(event), "vantage", vantage_name(event->vantage), "proto",
                     transport_name(proto), "ip_version", is_v4 ? 4 : 6, "vlan",
                     vlan_tags(&event->key), "iface", json_clean(iface_name(run, &event->facts)),
                     "direction", direction(event), "client", json_endpoint(&event->client),
                     "server", json_endpoint(&event->server));
}

static json_t *history(const struct flow_facts *facts)
{
    char letters[HISTORY_LETTERS_MAX + 1];

    history_format(facts->history, letters);
    return json_string(letters);
}

/* How it went. */
static json_t *course(const struct run_info *run, const struct connection_event *event)
{
    const struct flow_facts *facts = &event->facts;
    const struct side_facts *client = &facts->side[SIDE_CLIENT];
    const struct side_facts *server = &facts->side[SIDE_SERVER];
    int64_t last_ns = last_packet_ns(event);

    return json_pack(
        "{s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:i, s:o, s:b, s:s, s:s, s:o, s:o, s:o, s:s?}",
        "first_ts", json_stamp(run, facts->first_ns), "last_ts", json_stamp(run, last_ns),
        "duration_ns", (json_int_t)ns_since(facts->first_ns, last_ns), "handshake_ns",
        handshake(facts), "client_packets", json_count(client->n_pkts), "server_packets",
        json_count(server->n_pkts), "client_bytes", json_count(facts->payload_bytes[SIDE_CLIENT]),
        "server_bytes", json_count(facts->payload_bytes[SIDE_SERVER]), "syn_sent", client->n_syn,
        "syn_last_gap_ns",
        json_count_or_null((uint64_t)facts->syn_last_gap_us * (uint64_t)NS_PER_US),
        "both_directions", event->both_directions, "ended_by", ended_by_name(event->ended_by),
        "conn_state", event->conn_state, "history", history(facts), "first_frame",
        json_count_or_null(facts->first_frame), "last_frame", json_count_or_null(last_frame(event)),
        "tamper_signature", event->tamper_signature);
}

json_t *json_flow(const struct run_info *run, const struct connection_event *event)
{
    json_t *flow = identity(run, event);
    json_t *rest = course(run, event);

    json_object_update(flow, rest);
    json_decref(rest);
    return flow;
}
