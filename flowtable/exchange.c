/* SPDX-License-Identifier: BSD-2-Clause */
/* See exchange.h. */
#include "flowtable/exchange.h"

#include <errno.h>

#include "base/nanotime.h"
#include "decode/packet.h"

#define WAYS 4

struct exchange exchange_of(const struct packet *packet, const struct flow_key *key,
                            unsigned client_end)
{
    return (struct exchange){
        .key = *key,
        .first_ns = packet->ts_ns,
        .last_ns = {NS_NEVER, NS_NEVER},
        .first_frame = packet->ordinal,
        .client_end = (uint8_t)client_end,
        .source = packet->source,
    };
}

static uint32_t payload_bytes(const struct packet *packet)
{
    return packet->kind == PACKET_SCTP ? packet->sctp.payload_wire_bytes
                                       : packet->udp.payload_wire_bytes;
}

void exchange_count(struct exchange *exchange, const struct packet *packet, enum flow_side from)
{
    exchange->last_ns[from] = packet->ts_ns;
    exchange->last_frame = packet->ordinal;
    exchange->n_pkts[from]++;
    exchange->payload_bytes[from] += payload_bytes(packet);
}

struct packet_mark exchange_mark(const struct packet *packet, enum flow_side from)
{
    return (struct packet_mark){
        .ts_ns = packet->ts_ns,
        .frame = packet->ordinal,
        .payload_bytes = payload_bytes(packet),
        .flow_label = packet->flow_label,
        .ip_id = packet->ip_version == 4 ? packet->ip_id : 0,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .side = (uint8_t)from,
        .bits = (uint8_t)((packet->df ? MARK_DF : 0) | (packet->ip_version == 6 ? MARK_V6 : 0)),
    };
}

/* ---- tables ---- */

size_t exchanges_cost_bytes(uint32_t n_entries, size_t entry_bytes)
{
    return arena_cost_bytes(n_entries * entry_bytes);
}

int exchanges_create(struct exchanges *exchanges, struct arena *arena, uint32_t n_entries,
                     size_t entry_bytes, struct hash_key hash_key)
{
    *exchanges = (struct exchanges){
        .entries = arena_take(arena, n_entries * entry_bytes),
        .entry_bytes = entry_bytes,
        .n_sets = n_entries / WAYS,
        .hash_key = hash_key,
    };
    return exchanges->entries ? 0 : -ENOMEM;
}

uint32_t exchanges_count(const struct exchanges *exchanges)
{
    return exchanges->n_sets * WAYS;
}

void *exchanges_at(const struct exchanges *exchanges, uint32_t idx)
{
    return exchanges->entries + idx * exchanges->entry_bytes;
}

/* A free one, else the one that was quiet longest. */
static bool is_better_victim(const struct exchange *exchange, const struct exchange *victim)
{
    return !exchange->first_frame || exchange_last_ns(exchange) < exchange_last_ns(victim);
}

void *exchanges_find(const struct exchanges *exchanges, const struct flow_key *key, void **victim)
{
    uint64_t hash = flow_key_hash(&exchanges->hash_key, key);
    uint32_t first_idx = (uint32_t)(hash >> 32) % exchanges->n_sets * WAYS;
    struct exchange *worst = exchanges_at(exchanges, first_idx);

    for (uint32_t i = 0; i < WAYS; i++) {
        struct exchange *exchange = exchanges_at(exchanges, first_idx + i);

        if (exchange->first_frame && flow_key_equal(&exchange->key, key))
            return exchange;
        if (worst->first_frame && is_better_victim(exchange, worst))
            worst = exchange;
    }
    if (victim)
        *victim = worst;
    return NULL;
}
