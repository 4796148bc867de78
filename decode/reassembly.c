/* SPDX-License-Identifier: BSD-2-Clause */
/* See reassembly.h. */
#include "decode/reassembly.h"

#include <netinet/in.h>
#include <string.h>

#include "base/nanotime.h"
#include "decode/layers.h"

#define BLOCK_BYTES 8
#define N_BLOCKS (REASSEMBLY_HEAD_BYTES / BLOCK_BYTES)

/* IP_FRAG_TIME in Linux; RFC 8200 section 4.5 gives IPv6 60 seconds. */
#define TIMEOUT_NS (30 * NS_PER_S)

static bool is_slot_of(const struct reassembly_slot *slot, const struct walk *walk)
{
    const struct packet *packet = walk->packet;

    return slot->is_used && slot->id == walk->fragment.id && slot->tunnel_id == packet->tunnel_id &&
           ipaddr_equal(&slot->src, &packet->src) && ipaddr_equal(&slot->dst, &packet->dst);
}

/*
 * The datagram's slot; else a free one or the oldest for a fragment that touches the head. NULL
 * for one that does not: the rest of a datagram whose first fragment was decoded, as a rule.
 */
static struct reassembly_slot *find_slot(struct reassembly *reassembly, const struct walk *walk,
                                         int64_t ts_ns)
{
    struct reassembly_slot *claimed = &reassembly->slots[0];
    size_t i;

    for (i = 0; i < REASSEMBLY_SLOTS; i++) {
        struct reassembly_slot *slot = &reassembly->slots[i];

        if (slot->is_used && ns_since(slot->began_ns, ts_ns) > TIMEOUT_NS)
            slot->is_used = false;
        if (is_slot_of(slot, walk))
            return slot;
        if (claimed->is_used && (!slot->is_used || slot->began_ns < claimed->began_ns))
            claimed = slot;
    }
    if (walk->fragment.off_bytes >= REASSEMBLY_HEAD_BYTES)
        return NULL;
    claimed->is_used = true;
    claimed->has_end = false;
    claimed->blocks = 0;
    claimed->id = walk->fragment.id;
    claimed->tunnel_id = walk->packet->tunnel_id;
    claimed->began_ns = ts_ns;
    claimed->src = walk->packet->src;
    claimed->dst = walk->packet->dst;
    return claimed;
}

static void copy_blocks(struct reassembly_slot *slot, const struct walk *walk)
{
    struct cursor cursor = walk->cursor;
    size_t block_idx;

    for (block_idx = walk->fragment.off_bytes / BLOCK_BYTES; block_idx < N_BLOCKS; block_idx++) {
        size_t left_bytes = cursor_left(&cursor);
        /* Less than a block is whole only at the datagram's end. */
        bool is_end = !walk->fragment.has_more && !walk->cut_bytes && left_bytes < BLOCK_BYTES;
        size_t n_bytes = is_end ? left_bytes : BLOCK_BYTES;
        const uint8_t *at = cursor_take(&cursor, n_bytes);

        if (!at || n_bytes == 0)
            return;
        if (!(slot->blocks >> block_idx & 1))
            memcpy(slot->head + block_idx * BLOCK_BYTES, at, n_bytes);
        slot->blocks |= (uint8_t)(1u << block_idx);
    }
}

static void keep_fragment(struct reassembly_slot *slot, const struct walk *walk)
{
    if (!walk->fragment.has_more && !slot->has_end) {
        slot->has_end = true;
        slot->end_bytes = walk->fragment.off_bytes + (uint32_t)walk_wire_bytes(walk);
    }
    if (!walk->fragment.off_bytes && !(slot->blocks & 1))
        slot->first = *walk->packet;
    copy_blocks(slot, walk);
}

/* How many bytes of the head came without a gap. */
static size_t contiguous_bytes(const struct reassembly_slot *slot)
{
    size_t n_blocks = 0;

    while (n_blocks < N_BLOCKS && (slot->blocks >> n_blocks & 1))
        n_blocks++;
    return n_blocks * BLOCK_BYTES < slot->end_bytes ? n_blocks * BLOCK_BYTES : slot->end_bytes;
}

/* Bad headers count as complete, too: decode_tcp() says what is wrong with them. */
static bool is_complete(const struct reassembly_slot *slot)
{
    size_t there_bytes, wanted_bytes = 20;

    if (!slot->has_end)
        return false;
    there_bytes = contiguous_bytes(slot);
    if (there_bytes > 12)
        wanted_bytes = (slot->head[12] >> 4) * 4u;
    return there_bytes >= wanted_bytes || there_bytes == slot->end_bytes;
}

static enum decode_result decode_head(const struct reassembly_slot *slot, struct packet *packet)
{
    struct packet whole = slot->first;
    struct walk walk = walk_over(slot->head, contiguous_bytes(slot), slot->end_bytes, &whole);
    enum decode_result result;

    whole.is_fragment = false; /* or else decode_tcp() would still wait for the rest */
    result = decode_tcp(&walk);
    whole.is_fragment = true;
    whole.ts_ns = packet->ts_ns;
    whole.ordinal = packet->ordinal;
    whole.source = packet->source;
    *packet = whole;
    return result;
}

void reassembly_init(struct reassembly *reassembly)
{
    memset(reassembly, 0, sizeof(*reassembly));
}

enum decode_result reassembly_frame(struct reassembly *reassembly, uint16_t linktype,
                                    const uint8_t *bytes, size_t captured_bytes, size_t wire_bytes,
                                    int64_t ts_ns, struct packet *packet)
{
    struct walk walk = walk_over(bytes, captured_bytes, wire_bytes, packet);
    enum decode_result result = walk_frame(&walk, linktype);
    struct reassembly_slot *slot;

    if (result != DECODE_FRAGMENT || packet->proto != IPPROTO_TCP)
        return result;
    if (walk.fragment.has_more && walk_wire_bytes(&walk) % BLOCK_BYTES != 0)
        return DECODE_MALFORMED; /* RFC 8200 section 4.5 */
    slot = find_slot(reassembly, &walk, ts_ns);
    if (!slot)
        return DECODE_FRAGMENT;
    keep_fragment(slot, &walk);
    if (!is_complete(slot))
        return DECODE_FRAGMENT;
    slot->is_used = false;
    return decode_head(slot, packet);
}
