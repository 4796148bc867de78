/* SPDX-License-Identifier: BSD-2-Clause */
/* See lone.h. */
#include "flowtable/lone.h"

#include <string.h>

#include "decode/decode.h"
#include "flowtable/table_private.h"
#include "flowtable/track.h"

/* Of the index's cells, so many eighths at most are in use when a SYN comes: probes stay short. */
#define INDEX_EIGHTHS 5

/* ---- entries of the pool with room for one ---- */

static void half_free_link(struct flowtable *table, uint32_t slot)
{
    struct flow *flow = &table->pool[slot];

    flow->prev = FLOW_NONE;
    flow->next = table->lones.half_free;
    if (flow->next != FLOW_NONE)
        table->pool[flow->next].prev = slot;
    table->lones.half_free = slot;
}

static void half_free_unlink(struct flowtable *table, uint32_t slot)
{
    const struct flow *flow = &table->pool[slot];

    if (flow->next != FLOW_NONE)
        table->pool[flow->next].prev = flow->prev;
    if (flow->prev != FLOW_NONE)
        table->pool[flow->prev].next = flow->next;
    else
        table->lones.half_free = flow->next;
}

static uint32_t slot_begin(struct flowtable *table)
{
    uint32_t slot = pool_take(table);
    struct flow *flow = &table->pool[slot];

    flow->trail_idx = FLOW_NONE;
    flow->wheel_slot = WHEEL_SLOT_NONE;
    flow->state = FLOW_LONES;
    flow->is_embryonic = 1;
    flow->lones_used = 0;
    table->lones.n_slots++;
    half_free_link(table, slot);
    return slot;
}

/* ---- the store ---- */

bool lones_have_room(const struct flowtable *table)
{
    const struct lones *lones = &table->lones;
    uint64_t n_named = (uint64_t)table->n_used - lones->n_slots + lones->n;

    return n_named * 8 < ((uint64_t)table->index_mask + 1) * INDEX_EIGHTHS &&
           (lones->half_free != FLOW_NONE || table->n_used < table->n_max);
}

void lones_add(struct flowtable *table, const struct lone *lone)
{
    struct lones *lones = &table->lones;
    uint32_t slot = lones->half_free != FLOW_NONE ? lones->half_free : slot_begin(table);
    struct flow *flow = &table->pool[slot];
    uint32_t half = flow->lones_used & 1;
    uint32_t found = (slot * LONES_PER_FLOW + half) | FLOW_LONE_BIT;

    if (flow->lones_used)
        half_free_unlink(table, slot);
    flow->lones_used = (flow->lones_used | 1u << half) & 3u;
    flow->lone[half] = *lone;
    flow->lone[half].next = FLOW_NONE;
    flow->lone[half].prev = lones->newest;
    if (lones->newest != FLOW_NONE)
        lone_at(table, lones->newest)->next = found;
    else
        lones->oldest = found;
    lones->newest = found;
    lones->n++;
    index_add(table, found, lone->hash);
}

void lones_remove(struct flowtable *table, uint32_t found)
{
    struct lones *lones = &table->lones;
    const struct lone *lone = lone_at(table, found);
    uint32_t n = found & ~FLOW_LONE_BIT;
    uint32_t slot = n / LONES_PER_FLOW;
    struct flow *flow = &table->pool[slot];

    index_remove(table, found);
    *(lone->prev != FLOW_NONE ? &lone_at(table, lone->prev)->next : &lones->oldest) = lone->next;
    *(lone->next != FLOW_NONE ? &lone_at(table, lone->next)->prev : &lones->newest) = lone->prev;
    lones->n--;
    flow->lones_used = (flow->lones_used & ~(1u << n % LONES_PER_FLOW)) & 3u;
    if (flow->lones_used) {
        half_free_link(table, slot);
        return;
    }
    half_free_unlink(table, slot);
    lones->n_slots--;
    table->n_embryonic--;
    pool_give(table, slot);
}

void lones_prefetch_next(const struct flowtable *table)
{
    uint32_t next = lone_at(table, table->lones.oldest)->next;

    if (next == FLOW_NONE)
        return;
    flowtable_prefetch(table, lone_at(table, next)->hash);
}

/* ---- packing ---- */

bool lone_can_hold(const struct packet *packet)
{
    const struct packet_tcp *tcp = &packet->tcp;
    const struct tcp_options *options = &tcp->options;
    const uint16_t shape = TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN;

    return (tcp->flags & shape) == TCP_SYN && tcp->payload_wire_bytes == 0 && tcp->ack == 0 &&
           !tcp->is_header_cut && !packet->is_fragment && !options->has_fastopen &&
           !options->has_mptcp;
}

struct lone lone_pack(const struct packet *packet, const struct tracker_aim *aim)
{
    const struct packet_tcp *tcp = &packet->tcp;
    const struct tcp_options *options = &tcp->options;

    return (struct lone){
        .key = aim->key,
        .first_ns = packet->ts_ns,
        .frame = packet->ordinal,
        .hash = (uint32_t)aim->hash,
        .seq = tcp->seq,
        .tsval = options->tsval,
        .flow_label = packet->flow_label,
        .flags = tcp->flags,
        .window = tcp->window,
        .ip_id = packet->ip_id,
        .mss_bytes = options->mss_bytes,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .wscale = options->wscale,
        .header_bytes = tcp->header_bytes,
        .source = packet->source,
        .from_end = aim->from_end & 1,
        .is_v6 = packet->ip_version == 6,
        .df = packet->df,
        .has_mss = options->has_mss,
        .has_wscale = options->has_wscale,
        .has_timestamps = options->has_timestamps,
        .has_sack_permitted = options->has_sack_permitted,
        .is_complete = options->is_complete,
        .direction = packet->direction & 3,
        .checksum = decode_tcp_checksum(packet) & 3,
    };
}

void lone_unpack(const struct lone *lone, struct packet *packet, struct tracker_aim *aim)
{
    *aim = (struct tracker_aim){.key = lone->key, .hash = 0, .from_end = lone->from_end};
    *packet = (struct packet){
        .ts_ns = lone->first_ns,
        .ordinal = lone->frame,
        .source = lone->source,
        .kind = PACKET_TCP,
        .direction = lone->direction,
        .ip_version = lone->is_v6 ? 6 : 4,
        .proto = FLOW_PROTO_TCP,
        .ttl = lone->ttl,
        .tos = lone->tos,
        .df = lone->df,
        .ip_id = lone->ip_id,
        .flow_label = lone->flow_label,
        .src = lone->key.addr[lone->from_end],
        .dst = lone->key.addr[1 - lone->from_end],
        .tcp =
            {
                .sport = lone->key.port[lone->from_end],
                .dport = lone->key.port[1 - lone->from_end],
                .seq = lone->seq,
                .flags = lone->flags,
                .window = lone->window,

                .header_bytes = lone->header_bytes,
                .options =
                    {
                        .is_complete = lone->is_complete,
                        .has_mss = lone->has_mss,
                        .has_wscale = lone->has_wscale,
                        .has_timestamps = lone->has_timestamps,
                        .has_sack_permitted = lone->has_sack_permitted,
                        .wscale = lone->wscale,
                        .mss_bytes = lone->mss_bytes,
                        .tsval = lone->tsval,
                    },
            },
    };
}
