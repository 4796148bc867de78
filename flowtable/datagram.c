/* SPDX-License-Identifier: BSD-2-Clause */
/* See datagram.h. */
#include "flowtable/datagram.h"

#include "base/nanotime.h"
#include "decode/packet.h"

#define QUOTED_NS (5 * NS_PER_S)    /* VERDICTS.md 10: an error counts for so long */
#define PAIR_NS (60 * NS_PER_S)     /* silent for so long, it is another exchange */
#define WELL_KNOWN_PORTS 1024       /* RFC 6335: a client has none of these */
#define TRACEROUTE_FIRST_PORT 33434 /* traceroute(8): its probes ask for the error */
#define TRACEROUTE_LAST_PORT 33534

size_t datagrams_cost_bytes(void)
{
    return exchanges_cost_bytes(DATAGRAM_PAIRS_MAX, sizeof(struct datagram_pair));
}

int datagrams_create(struct datagrams *datagrams, struct arena *arena, struct hash_key hash_key)
{
    return exchanges_create(&datagrams->pairs, arena, DATAGRAM_PAIRS_MAX,
                            sizeof(struct datagram_pair), hash_key);
}

/* Who sent first asks, unless it answers from a port that only servers have. */
static unsigned client_end(const struct packet *packet, unsigned from_end)
{
    bool is_answer = packet->udp.sport < WELL_KNOWN_PORTS && packet->udp.dport >= WELL_KNOWN_PORTS;

    return is_answer ? 1 - from_end : from_end;
}

void datagrams_take(struct datagrams *datagrams, const struct packet *packet)
{
    struct flow_key key;
    unsigned from_end = flow_key_from_packet(packet, &key);
    void *victim;
    struct datagram_pair *pair = exchanges_find(&datagrams->pairs, &key, &victim);
    enum flow_side from;

    if (!pair || packet->ts_ns - exchange_last_ns(&pair->exchange) > PAIR_NS) {
        pair = pair ? pair : victim;
        *pair = (struct datagram_pair){.exchange =
                                           exchange_of(packet, &key, client_end(packet, from_end))};
    }
    from = from_end == pair->exchange.client_end ? SIDE_CLIENT : SIDE_SERVER;
    exchange_count(&pair->exchange, packet, from);
    if (from == SIDE_CLIENT)
        pair->sent = exchange_mark(packet, from);
}

static bool is_port_unreachable(const struct packet *error)
{
    return error->ip_version == 4 ? error->icmp.type == 3 && error->icmp.code == 3
                                  : error->icmp.type == 1 && error->icmp.code == 4;
}

struct datagram_pair *datagrams_refused(struct datagrams *datagrams, const struct packet *error)
{
    const struct icmp_quote *quote = &error->icmp.quote;
    struct datagram_pair *pair;
    struct flow_key key;
    unsigned from_end;

    if (!is_port_unreachable(error) || quote->proto != FLOW_PROTO_UDP ||
        (quote->dport >= TRACEROUTE_FIRST_PORT && quote->dport <= TRACEROUTE_LAST_PORT))
        return NULL;
    from_end = flow_key_from_quote(error, &key);
    pair = exchanges_find(&datagrams->pairs, &key, NULL);
    /* A client that does not wait any more refuses its answer: that is nobody's failure. */
    if (!pair || pair->exchange.client_end != from_end || pair->is_told || !pair->sent.frame ||
        error->ts_ns - pair->sent.ts_ns > QUOTED_NS)
        return NULL;
    pair->is_told = true;
    return pair;
}
