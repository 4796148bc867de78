/* SPDX-License-Identifier: BSD-2-Clause */
/* See datagram.h. */
#include "flowtable/datagram.h"

#include <errno.h>

#include "base/nanotime.h"
#include "decode/packet.h"

#define WAYS 4
#define SETS (DATAGRAM_PAIRS_MAX / WAYS)

#define QUOTED_NS (5 * NS_PER_S)    /* VERDICTS.md 10: an error counts for so long */
#define PAIR_NS (60 * NS_PER_S)     /* silent for so long, it is another exchange */
#define WELL_KNOWN_PORTS 1024       /* RFC 6335: a client has none of these */
#define TRACEROUTE_FIRST_PORT 33434 /* traceroute(8): its probes ask for the error */
#define TRACEROUTE_LAST_PORT 33534

#define IPPROTO_UDP_NUMBER 17

size_t datagrams_cost_bytes(void)
{
    return arena_cost_bytes(DATAGRAM_PAIRS_MAX * sizeof(struct datagram_pair));
}

int datagrams_create(struct datagrams *datagrams, struct arena *arena, struct hash_key hash_key)
{
    *datagrams = (struct datagrams){
        .pair = arena_take(arena, DATAGRAM_PAIRS_MAX * sizeof(struct datagram_pair)),
        .hash_key = hash_key,
    };
    return datagrams->pair ? 0 : -ENOMEM;
}

static int64_t pair_last_ns(const struct datagram_pair *pair)
{
    return pair->last_ns[SIDE_CLIENT] > pair->last_ns[SIDE_SERVER] ? pair->last_ns[SIDE_CLIENT]
                                                                   : pair->last_ns[SIDE_SERVER];
}

static struct datagram_pair *set_of(const struct datagrams *datagrams, const struct flow_key *key)
{
    return &datagrams->pair[(flow_key_hash(&datagrams->hash_key, key) >> 32) % SETS * WAYS];
}

/* The key's entry; NULL where there is none, and then *victim is the one that gives way. */
static struct datagram_pair *find(const struct datagrams *datagrams, const struct flow_key *key,
                                  struct datagram_pair **victim)
{
    struct datagram_pair *set = set_of(datagrams, key);

    *victim = set;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].first_frame && flow_key_equal(&set[i].key, key))
            return &set[i];
        if ((*victim)->first_frame &&
            (!set[i].first_frame || pair_last_ns(&set[i]) < pair_last_ns(*victim)))
            *victim = &set[i];
    }
    return NULL;
}

/* Who sent first asks, unless it answers from a port that only servers have. */
static unsigned client_end(const struct packet *packet, unsigned from_end)
{
    bool is_answer = packet->udp.sport < WELL_KNOWN_PORTS && packet->udp.dport >= WELL_KNOWN_PORTS;

    return is_answer ? 1 - from_end : from_end;
}

static void mark(const struct packet *packet, struct packet_mark *sent)
{
    *sent = (struct packet_mark){
        .ts_ns = packet->ts_ns,
        .frame = packet->ordinal,
        .payload_bytes = packet->udp.payload_wire_bytes,
        .flow_label = packet->flow_label,
        .ip_id = packet->ip_version == 4 ? packet->ip_id : 0,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .side = SIDE_CLIENT,
        .bits = (uint8_t)((packet->df ? MARK_DF : 0) | (packet->ip_version == 6 ? MARK_V6 : 0)),
    };
}

void datagrams_take(struct datagrams *datagrams, const struct packet *packet)
{
    struct flow_key key;
    unsigned from_end = flow_key_from_packet(packet, &key);
    struct datagram_pair *victim;
    struct datagram_pair *pair = find(datagrams, &key, &victim);
    enum flow_side from;

    if (!pair || packet->ts_ns - pair_last_ns(pair) > PAIR_NS) {
        pair = pair ? pair : victim;
        *pair = (struct datagram_pair){
            .key = key,
            .first_ns = packet->ts_ns,
            .last_ns = {NS_NEVER, NS_NEVER},
            .first_frame = packet->ordinal,
            .client_end = (uint8_t)client_end(packet, from_end),
            .source = packet->source,
        };
    }
    from = from_end == pair->client_end ? SIDE_CLIENT : SIDE_SERVER;
    pair->last_ns[from] = packet->ts_ns;
    pair->n_pkts[from]++;
    pair->payload_bytes[from] += packet->udp.payload_wire_bytes;
    if (from == SIDE_CLIENT)
        mark(packet, &pair->sent);
}

static bool is_port_unreachable(const struct packet *error)
{
    return error->ip_version == 4 ? error->icmp.type == 3 && error->icmp.code == 3
                                  : error->icmp.type == 1 && error->icmp.code == 4;
}

struct datagram_pair *datagrams_refused(struct datagrams *datagrams, const struct packet *error)
{
    const struct icmp_quote *quote = &error->icmp.quote;
    struct datagram_pair *victim, *pair;
    struct flow_key key;
    unsigned from_end;

    if (!is_port_unreachable(error) || quote->proto != IPPROTO_UDP_NUMBER ||
        (quote->dport >= TRACEROUTE_FIRST_PORT && quote->dport <= TRACEROUTE_LAST_PORT))
        return NULL;
    from_end = flow_key_from_quote(error, &key);
    pair = find(datagrams, &key, &victim);
    /* A client that does not wait any more refuses its answer: that is nobody's failure. */
    if (!pair || pair->client_end != from_end || pair->is_told || !pair->sent.frame ||
        error->ts_ns - pair->sent.ts_ns > QUOTED_NS)
        return NULL;
    pair->is_told = true;
    return pair;
}
