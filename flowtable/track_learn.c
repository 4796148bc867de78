/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracker's part for what every packet changes, and for packets that were captured twice. */
#include "decode/decode.h"
#include "flowtable/arrival.h"
#include "flowtable/history.h"

#define MPTCP_CAPABLE 0 /* RFC 8684 section 3.1 */
#define MPTCP_JOIN 1    /* section 3.2 */

void track_mark(const struct arrival *arrival, struct packet_mark *mark)
{
    const struct packet *packet = arrival->packet;
    const struct packet_tcp *tcp = &packet->tcp;
    const struct tcp_options *options = &tcp->options;
    unsigned bits = 0;

    if (packet->df)
        bits |= MARK_DF;
    if (options->has_timestamps)
        bits |= MARK_HAS_TIMESTAMPS;
    if (tcp->header_bytes > 20)
        bits |= MARK_HAS_OPTIONS;
    if (!options->is_complete)
        bits |= MARK_OPTIONS_UNKNOWN;
    if (packet->ip_version == 6)
        bits |= MARK_V6;
    if (options->has_mptcp && options->mptcp_subtype == MPTCP_JOIN && tcp->flags & TCP_SYN)
        bits |= MARK_MPTCP_JOIN;
    if (tcp->flags & TCP_SYN &&
        (options->has_fastopen || (options->has_mptcp && options->mptcp_subtype == MPTCP_CAPABLE)))
        bits |= MARK_EXTRA_OPTION;
    *mark = (struct packet_mark){
        .ts_ns = packet->ts_ns,
        .frame = packet->ordinal,
        .seq = tcp->seq,
        .ack = tcp->ack,
        .payload_bytes = tcp->payload_wire_bytes,
        .tsval = options->has_timestamps ? options->tsval : 0,
        .flow_label = packet->flow_label,
        .flags = tcp->flags,
        .window = tcp->window,
        .ip_id = packet->ip_version == 4 ? packet->ip_id : 0,
        .mss_bytes = options->has_mss ? options->mss_bytes : 0,
        .ttl = packet->ttl,
        .tos = packet->tos,
        .side = (uint8_t)arrival->from,
        .bits = (uint8_t)bits,
    };
}

void track_tape(const struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    const struct packet_tcp *tcp = &packet->tcp;
    struct flow_tape *tape = trail_tape_of(&arrival->tracker->trails, arrival->flow);
    uint64_t frame_off = packet->ordinal - arrival->facts->first_frame;

    if (!tape)
        return;
    *tape_next(tape) = (struct tape_row){
        .ts_ns = packet->ts_ns,
        .frame_off = frame_off < UINT32_MAX ? (uint32_t)frame_off : UINT32_MAX,
        .seq = tcp->seq,
        .ack = tcp->ack,
        .payload_bytes = tcp->payload_wire_bytes,
        .flags = tcp->flags,
        .window = tcp->window,
        .ip_id = packet->ip_version == 4 ? packet->ip_id : 0,
        .ttl = packet->ttl,
        .side = (uint8_t)arrival->from,
    };
}

void track_mark_slot(const struct arrival *arrival, enum trail_slot slot)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);

    if (trail)
        track_mark(arrival, &trail->slot[slot]);
}

void track_mark_last(const struct arrival *arrival)
{
    struct trail_entry *entry = trail_entry_of(&arrival->tracker->trails, arrival->flow);

    if (!entry)
        return;
    if (trail_is_watching(entry)) {
        track_mark(arrival, &entry->last[arrival->from]);
    } else {
        track_mark(arrival, &entry->trail.slot[trail_last_slot(arrival->from)]);
        entry->last[arrival->from].frame = 0;
    }
}

/* A wrong checksum means something only where the side's other packets have right ones: a host
 * that captures its own packets sees them before the card fills it in. */
void track_mark_checksum(const struct arrival *arrival, struct packet_mark *mark)
{
    enum checksum_state state =
        arrival->lone ? arrival->lone->checksum : decode_tcp_checksum(arrival->packet);

    if (state == CHECKSUM_BAD && mark->flags & TCP_RST)
        mark->bits |= MARK_BAD_CHECKSUM;
    else if (state == CHECKSUM_GOOD)
        mark->bits |= MARK_GOOD_CHECKSUM;
}

void track_history(struct arrival *arrival, char letter)
{
    history_add(arrival->facts->history, letter, arrival->from);
}

void track_history_once(struct arrival *arrival, char letter)
{
    if (!history_has(arrival->facts->history, letter, arrival->from))
        track_history(arrival, letter);
}

/* The same packet captured twice: SPAN of both directions, `any`, bridge and its port. Its TTL may
 * differ, for a router may lie between the two places (VERDICTS.md 14, trap 5). */
bool track_is_duplicate(const struct arrival *arrival)
{
    const struct trail_entry *entry = trail_entry_of(&arrival->tracker->trails, arrival->flow);
    const struct packet *packet = arrival->packet;
    const struct packet_tcp *tcp = &packet->tcp;
    const struct packet_mark *last;

    if (!entry || arrival->side->n_pkts == 0 ||
        packet->ts_ns - arrival->facts->last_ns[arrival->from] > TRACK_DUPLICATE_NS)
        return false;
    last = trail_last(entry, arrival->from);
    return last->frame && last->seq == tcp->seq && last->ack == tcp->ack &&
           last->flags == tcp->flags && last->payload_bytes == tcp->payload_wire_bytes &&
           last->window == tcp->window &&
           last->ip_id == (packet->ip_version == 4 ? packet->ip_id : 0) &&
           last->tsval == (tcp->options.has_timestamps ? tcp->options.tsval : 0);
}

static void learn_ttl(struct side_facts *side, const struct packet *packet)
{
    if (packet->tcp.flags & TCP_SYN) {
        if (!side->ttl_syn)
            side->ttl_syn = packet->ttl;
        return;
    }
    if (side->ttl_min && (packet->ttl < side->ttl_min || packet->ttl > side->ttl_max))
        side->bits |= SIDE_TTL_VARIES;
    if (!side->ttl_min || packet->ttl < side->ttl_min)
        side->ttl_min = packet->ttl;
    if (packet->ttl > side->ttl_max)
        side->ttl_max = packet->ttl;
}

/* Linux sends ID 0 from SYN_RECV and TIME_WAIT: only other values tell of a counter. */
static void learn_ip_id(struct side_facts *side, const struct packet *packet)
{
    uint16_t step = (uint16_t)(packet->ip_id - side->ip_id);

    if (packet->ip_version != 4 || packet->ip_id == 0)
        return;
    if (side->ip_id != 0)
        side->bits |= step > 0 && step <= 64 ? SIDE_ID_COUNTS : SIDE_ID_JUMPS;
    side->ip_id = packet->ip_id;
}

static void learn_direction(struct arrival *arrival)
{
    switch (arrival->packet->direction) {
    case PACKET_LOOPBACK:
        arrival->facts->bits |= FACT_LOOPBACK;
        break;
    case PACKET_EGRESS:
        arrival->facts->bits |=
            arrival->from == SIDE_CLIENT ? FACT_EGRESS_CLIENT : FACT_EGRESS_SERVER;
        break;
    case PACKET_INGRESS:
    case PACKET_DIRECTION_UNKNOWN:
        break;
    }
}

void track_learn(struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    struct flow_facts *facts = arrival->facts;
    uint64_t n_later = packet->ordinal - facts->first_frame;
    int64_t last_ns = facts_last_ns(facts);

    if (last_ns != NS_NEVER && packet->ts_ns + NS_PER_MS < last_ns)
        facts->bits |= FACT_TIME_BACKWARDS;
    if (packet->ts_ns > facts->last_ns[arrival->from])
        facts->last_ns[arrival->from] = packet->ts_ns;
    facts->n_frames_later = n_later > UINT32_MAX ? UINT32_MAX : (uint32_t)n_later;
    facts->payload_bytes[arrival->from] += packet->tcp.payload_wire_bytes;
    if (arrival->side->n_pkts < UINT32_MAX)
        arrival->side->n_pkts++;
    if (packet->tcp.is_header_cut)
        facts->bits |= FACT_TRUNCATED;
    if (packet->is_fragment && packet->tcp.flags & TCP_SYN)
        facts->bits |= FACT_FRAGMENTED;
    if (!(packet->tcp.flags & TCP_RST)) { /* it may be forged: what it is held against */
        if (!packet->tcp.is_header_cut)
            arrival->side->window = packet->tcp.window;
        learn_ttl(arrival->side, packet);
        learn_ip_id(arrival->side, packet);
    }
    learn_direction(arrival);
    arrival->flow->is_recent = 1;
}
