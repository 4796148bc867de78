/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See track.h.
 *
 * Theory of operation: a packet finds its flow, or makes one; the part that its flags name
 * (handshake, segment, RST) looks at it against the facts so far; then the facts that every packet
 * changes are brought up to date, so that each part sees the flow as it was before. Timers only
 * say that a flow has come to its end; what its end means is the judge's affair.
 */
#include "flowtable/track.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/seqnum.h"
#include "decode/decode.h"
#include "flowtable/arrival.h"
#include "flowtable/history.h"

size_t tracker_cost_bytes(const struct tracker_config *config)
{
    return flowtable_cost_bytes(config->n_flows) + wheel_cost_bytes() +
           trails_cost_bytes(config->n_trails) + tombs_cost_bytes(config->n_tombs);
}

int tracker_create(struct tracker *tracker, struct arena *arena,
                   const struct tracker_config *config)
{
    *tracker = (struct tracker){
        .outlet = config->outlet,
        .gauges.n_flows_max = config->n_flows,
        .now_ns = NS_NEVER,
        .slot_ns = NS_NEVER,
        .last_loss_ns = NS_NEVER,
    };
    if (flowtable_create(&tracker->table, arena, config->n_flows, config->hash_key) ||
        wheel_create(&tracker->wheel, arena, tracker->table.pool) ||
        trails_create(&tracker->trails, arena, config->n_trails) ||
        tombs_create(&tracker->tombs, arena, config->n_tombs))
        return -ENOMEM;
    return 0;
}

int64_t track_last_ns(const struct flow_facts *facts)
{
    int64_t client_ns = facts->last_ns[SIDE_CLIENT];
    int64_t server_ns = facts->last_ns[SIDE_SERVER];

    return client_ns > server_ns ? client_ns : server_ns;
}

int64_t track_rtt_ns(const struct flow_facts *facts)
{
    if (facts->synack_ns == NS_NEVER || facts->side[SIDE_CLIENT].n_syn != 1)
        return TRACK_RTT_UNKNOWN_NS;
    return ns_since(facts->first_ns, facts->synack_ns);
}

/* ---- notes ---- */

static void note_gauges(struct tracker *tracker, enum flow_note_kind kind)
{
    size_t n_bytes = offsetof(struct flow_note, gauges) + sizeof(struct worker_gauges);
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    note->ordinal = tracker->ordinal;
    note->slot_ns = INT64_MAX;
    note->now_ns = tracker->now_ns;
    note->kind = kind;
    note->has_trail = false;
    note->client_end = 0;
    tracker->gauges.n_flows_open = tracker->table.n_used;
    note->gauges = tracker->gauges;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

void track_note(struct tracker *tracker, const struct flow *flow, enum flow_note_kind kind)
{
    bool has_trail = kind == NOTE_ENDED && flow->trail_idx != FLOW_NONE;
    size_t n_bytes = has_trail ? sizeof(struct flow_note) : offsetof(struct flow_note, trail);
    struct flow_note *note = tracker->outlet.reserve(tracker->outlet.ctx, n_bytes);

    note->ordinal = tracker->ordinal;
    note->slot_ns = tracker->slot_ns;
    note->now_ns = tracker->now_ns;
    note->kind = kind;
    note->has_trail = has_trail;
    note->client_end = flow->client_end;
    note->key = flow->key;
    note->facts = flow->facts;
    if (tracker->last_loss_ns != NS_NEVER && tracker->last_loss_ns >= flow->facts.first_ns)
        note->facts.bits |= FACT_LOSS | (tracker->is_shedding_seen ? (uint32_t)FACT_SHED : 0);
    if (has_trail)
        note->trail = tracker->trails.entry[flow->trail_idx].trail;
    tracker->outlet.commit(tracker->outlet.ctx, n_bytes);
}

/* ---- beginning and end of a flow ---- */

static void end_flow(struct tracker *tracker, uint32_t flow_idx)
{
    struct flow *flow = &tracker->table.pool[flow_idx];
    const struct side_facts *client = &flow->facts.side[SIDE_CLIENT];
    struct tomb tomb = {
        .hash = flow_key_hash(&tracker->table.hash_key, &flow->key),
        .ended_ns = track_last_ns(&flow->facts),
        .client_isn = client->isn,
        .is_isn_known = client->bits & SIDE_ISN_KNOWN,
    };

    track_note(tracker, flow, NOTE_ENDED);
    tombs_add(&tracker->tombs, &tomb);
    trail_free(&tracker->trails, flow);
    wheel_cancel(&tracker->wheel, flow_idx);
    flowtable_remove(&tracker->table, flow_idx);
}

static void evict(struct tracker *tracker, uint32_t flow_idx)
{
    tracker->table.pool[flow_idx].facts.bits |= FACT_EVICTED;
    tracker->gauges.n_evicted++;
    end_flow(tracker, flow_idx);
}

/* Which end of the key opened the connection, as far as its first packet tells. */
static unsigned guess_client_end(const struct packet *packet, unsigned from_end, uint32_t *bits)
{
    uint16_t flags = packet->tcp.flags;

    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
        return from_end;
    *bits |= FACT_MIDSTREAM;
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
        return 1 - from_end;
    *bits |= FACT_ROLES_GUESSED;
    return packet->tcp.sport < packet->tcp.dport ? 1 - from_end : from_end;
}

static uint32_t begin_flow(struct tracker *tracker, const struct packet *packet,
                           const struct flow_key *key, unsigned from_end)
{
    uint32_t victim = flowtable_victim(&tracker->table, false);
    uint32_t bits = 0;
    uint32_t flow_idx;
    struct flow *flow;

    if (victim != FLOW_NONE)
        evict(tracker, victim);
    flow_idx = flowtable_add(&tracker->table, key);
    flow = &tracker->table.pool[flow_idx];
    flow->client_end = (uint8_t)guess_client_end(packet, from_end, &bits);
    flow->state = bits & FACT_MIDSTREAM ? FLOW_ESTABLISHED : FLOW_SYN_SENT;
    flow->wheel_slot = WHEEL_SLOT_NONE;
    flow->facts.bits = bits;
    flow->facts.first_ns = packet->ts_ns;
    flow->facts.first_frame = packet->ordinal;
    flow->facts.synack_ns = NS_NEVER;
    flow->facts.last_ns[SIDE_CLIENT] = NS_NEVER;
    flow->facts.last_ns[SIDE_SERVER] = NS_NEVER;
    flow->facts.source = packet->source;
    trail_claim(&tracker->trails, tracker->table.pool, flow_idx);
    return flow_idx;
}

void track_two_way(struct arrival *arrival)
{
    struct tracker *tracker = arrival->tracker;
    uint32_t victim;

    if (!arrival->flow->is_embryonic)
        return;
    victim = flowtable_victim(&tracker->table, true);
    if (victim != FLOW_NONE)
        evict(tracker, victim);
    flowtable_promote(&tracker->table, arrival->flow_idx);
}

void track_established(struct arrival *arrival)
{
    struct flow_facts *facts = arrival->facts;
    int64_t after_us = ns_since(facts->first_ns, arrival->packet->ts_ns) / NS_PER_US;

    facts->bits |= FACT_ESTABLISHED;
    facts->ack_after_us = after_us > UINT32_MAX ? UINT32_MAX : (uint32_t)after_us;
    arrival->flow->state = FLOW_ESTABLISHED;
    track_mark_slot(arrival, TRAIL_ACK);
    if (facts->bits & FACT_SYNACK_SEEN) {
        track_two_way(arrival);
        track_note(arrival->tracker, arrival->flow, NOTE_ESTABLISHED);
    }
}

/* ---- timers ---- */

static int64_t syn_deadline_ns(const struct flow_facts *facts)
{
    int64_t gap_ns = (int64_t)facts->syn_last_gap_us * NS_PER_US;
    int64_t wait_ns =
        gap_ns / 5 * 11; /* 2.2 times: the next step of a doubling schedule, and slack */
    bool is_answered = facts->bits & (FACT_SYN_REFUSED | FACT_SYN_ICMP);
    int64_t least_ns = is_answered ? TRACK_ANSWERED_NS : TRACK_SYN_SILENCE_NS;

    if (wait_ns < least_ns)
        wait_ns = least_ns;
    if (wait_ns > TRACK_SYN_SILENCE_MAX_NS)
        wait_ns = TRACK_SYN_SILENCE_MAX_NS;
    return track_last_ns(facts) + wait_ns;
}

/* Data that is sent again and again into silence ends the wait for more. */
static int64_t open_deadline_ns(const struct flow_facts *facts)
{
    int64_t deadline_ns = track_last_ns(facts) + TRACK_IDLE_NS;

    for (unsigned s = 0; s < SIDE_COUNT; s++) {
        int64_t peer_ns = facts->last_ns[side_other((enum flow_side)s)];
        int64_t silent_ns = peer_ns == NS_NEVER ? facts->first_ns : peer_ns;

        if (facts->side[s].run_count >= TRACK_BLACKHOLE_COPIES &&
            silent_ns + TRACK_BLACKHOLE_NS < deadline_ns)
            deadline_ns = silent_ns + TRACK_BLACKHOLE_NS;
    }
    return deadline_ns;
}

static int64_t closing_deadline_ns(const struct flow_facts *facts)
{
    int64_t hold_ns = 4 * track_rtt_ns(facts);

    if (facts->bits & FACT_SYN_REFUSED && !(facts->bits & FACT_SYNACK_SEEN))
        return syn_deadline_ns(facts);
    if (!facts->side[SIDE_CLIENT].n_rst && !facts->side[SIDE_SERVER].n_rst)
        return track_last_ns(facts) + TRACK_CLOSED_NS;
    return track_last_ns(facts) + (hold_ns > TRACK_RESET_NS ? hold_ns : TRACK_RESET_NS);
}

static int64_t deadline_ns(const struct flow *flow)
{
    switch ((enum flow_state)flow->state) {
    case FLOW_SYN_SENT:
        return syn_deadline_ns(&flow->facts);
    case FLOW_SYN_RECEIVED:
        return track_last_ns(&flow->facts) + TRACK_HALF_OPEN_NS;
    case FLOW_CLOSING:
        return closing_deadline_ns(&flow->facts);
    case FLOW_ESTABLISHED:
    case FLOW_FREE:
    case FLOW_STATE_COUNT:
        break;
    }
    return open_deadline_ns(&flow->facts);
}

void track_rearm(struct tracker *tracker, uint32_t flow_idx)
{
    wheel_arm(&tracker->wheel, flow_idx, deadline_ns(&tracker->table.pool[flow_idx]));
}

void tracker_tick(struct tracker *tracker, uint64_t ordinal, int64_t now_ns)
{
    uint32_t flow_idx;

    wheel_start(&tracker->wheel, now_ns);
    tracker->ordinal = ordinal;
    if (now_ns > tracker->now_ns)
        tracker->now_ns = now_ns;
    while ((flow_idx = wheel_due(&tracker->wheel, now_ns, &tracker->slot_ns)) != FLOW_NONE) {
        while (flow_idx != FLOW_NONE) {
            uint32_t next = tracker->table.pool[flow_idx].next;

            if (deadline_ns(&tracker->table.pool[flow_idx]) > tracker->slot_ns)
                track_rearm(tracker, flow_idx);
            else
                end_flow(tracker, flow_idx);
            flow_idx = next;
        }
    }
    tracker->slot_ns = NS_NEVER;
    note_gauges(tracker, NOTE_TICK);
}

void tracker_finish(struct tracker *tracker, uint64_t ordinal, int64_t now_ns)
{
    uint32_t flow_idx = wheel_drain(&tracker->wheel);

    tracker->ordinal = ordinal;
    if (now_ns > tracker->now_ns)
        tracker->now_ns = now_ns;
    tracker->slot_ns = INT64_MAX;
    while (flow_idx != FLOW_NONE) {
        uint32_t next = tracker->table.pool[flow_idx].next;

        tracker->table.pool[flow_idx].facts.bits |= FACT_AT_END;
        end_flow(tracker, flow_idx);
        flow_idx = next;
    }
    note_gauges(tracker, NOTE_END);
}

void tracker_loss(struct tracker *tracker, int64_t now_ns, bool is_shed)
{
    tracker->last_loss_ns = now_ns;
    if (is_shed)
        tracker->is_shedding_seen = true;
}

/* ---- what every packet changes ---- */

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

void track_mark_slot(const struct arrival *arrival, enum trail_slot slot)
{
    struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);

    if (trail)
        track_mark(arrival, &trail->slot[slot]);
}

/* A wrong checksum means something only where the side's other packets have right ones: a host
 * that captures its own packets sees them before the card fills it in. */
void track_mark_checksum(const struct arrival *arrival, struct packet_mark *mark)
{
    enum checksum_state state = decode_tcp_checksum(arrival->packet);

    if (state == CHECKSUM_BAD)
        mark->bits |= MARK_BAD_CHECKSUM;
    else if (state == CHECKSUM_GOOD)
        mark->bits |= MARK_GOOD_CHECKSUM;
}

void track_history(struct arrival *arrival, char letter)
{
    history_add(arrival->facts->history, letter, arrival->from);
}

/* The TTLs and IP-IDs of ordinary packets: what a forged one is held against. */
static void learn_ip(struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    struct side_facts *side = arrival->side;
    bool is_syn = packet->tcp.flags & TCP_SYN;

    if (is_syn && !side->ttl_syn)
        side->ttl_syn = packet->ttl;
    if (!is_syn) {
        if (side->ttl_min && (packet->ttl < side->ttl_min || packet->ttl > side->ttl_max))
            side->bits |= SIDE_TTL_VARIES;
        if (!side->ttl_min || packet->ttl < side->ttl_min)
            side->ttl_min = packet->ttl;
        if (packet->ttl > side->ttl_max)
            side->ttl_max = packet->ttl;
    }
    if (packet->ip_version == 4 && packet->ip_id != 0) {
        /* Linux sends 0 from SYN_RECV and TIME_WAIT: only other values tell of a counter. */
        if (side->ip_id != 0) {
            uint16_t step = (uint16_t)(packet->ip_id - side->ip_id);

            side->bits |= step > 0 && step <= 64 ? SIDE_ID_COUNTS : SIDE_ID_JUMPS;
        }
        side->ip_id = packet->ip_id;
    }
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

static void learn_common(struct arrival *arrival)
{
    const struct packet *packet = arrival->packet;
    struct flow_facts *facts = arrival->facts;
    uint64_t n_later = packet->ordinal - facts->first_frame;

    if (track_last_ns(facts) != NS_NEVER && packet->ts_ns + NS_PER_MS < track_last_ns(facts))
        facts->bits |= FACT_TIME_BACKWARDS;
    if (packet->ts_ns > facts->last_ns[arrival->from])
        facts->last_ns[arrival->from] = packet->ts_ns;
    facts->n_frames_later = n_later > UINT32_MAX ? UINT32_MAX : (uint32_t)n_later;
    facts->payload_bytes[arrival->from] += packet->tcp.payload_wire_bytes;
    if (arrival->side->n_pkts < UINT32_MAX)
        arrival->side->n_pkts++;
    if (packet->tcp.is_header_cut)
        facts->bits |= FACT_TRUNCATED;
    else
        arrival->side->window = packet->tcp.window;
    if (packet->is_fragment && packet->tcp.flags & TCP_SYN)
        facts->bits |= FACT_FRAGMENTED;
    if (!(packet->tcp.flags & TCP_RST))
        learn_ip(arrival);
    learn_direction(arrival);
    arrival->flow->is_recent = 1;
}

/* An open flow proves its hosts alive; said once each time the clock enters another ten seconds. */
static void note_alive(struct arrival *arrival)
{
    int64_t last_ns = track_last_ns(arrival->facts);

    if (arrival->flow->state == FLOW_ESTABLISHED && !arrival->flow->is_embryonic &&
        last_ns != NS_NEVER &&
        last_ns / TRACK_ALIVE_NOTE_NS != arrival->packet->ts_ns / TRACK_ALIVE_NOTE_NS)
        arrival->flow->is_noted_alive = 1;
}

/* ---- a packet finds its flow ---- */

/* The same packet captured twice: SPAN of both directions, `any`, bridge and its port. */
static bool is_duplicate(const struct arrival *arrival)
{
    const struct flow_trail *trail = trail_of(&arrival->tracker->trails, arrival->flow);
    const struct packet_mark *last;
    struct packet_mark now;

    if (!trail || arrival->side->n_pkts == 0 ||
        arrival->packet->ts_ns - arrival->facts->last_ns[arrival->from] > TRACK_DUPLICATE_NS)
        return false;
    if (arrival->packet->tcp.flags & TCP_RST) {
        if (!trail->n_rst)
            return false;
        last = &trail->rst[trail->n_rst - 1].mark;
    } else {
        last = &trail->slot[arrival->from == SIDE_CLIENT ? TRAIL_CLIENT_LAST : TRAIL_SERVER_LAST];
    }
    if (!last->frame || last->side != arrival->from)
        return false;
    track_mark(arrival, &now);
    return now.seq == last->seq && now.ack == last->ack && now.flags == last->flags &&
           now.payload_bytes == last->payload_bytes && now.window == last->window &&
           now.ip_id == last->ip_id && now.tsval == last->tsval;
}

/* Of an ended flow: a late FIN, RST or retransmission, not a new connection. */
static bool is_late(struct tracker *tracker, const struct packet *packet,
                    const struct flow_key *key, bool *is_reused)
{
    const struct tomb *tomb =
        tombs_find(&tracker->tombs, flow_key_hash(&tracker->table.hash_key, key), packet->ts_ns);

    *is_reused = false;
    if (!tomb)
        return false;
    if ((packet->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
        return true;
    if (tomb->is_isn_known && tomb->client_isn == packet->tcp.seq)
        return true;
    *is_reused = true;
    return false;
}

/* A SYN of another ISN, or in the other direction, on a tuple in use: the next attempt. */
static bool begins_attempt(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    if ((tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
        return false;
    if (arrival->from == SIDE_SERVER)
        return arrival->flow->state == FLOW_ESTABLISHED || arrival->flow->state == FLOW_CLOSING;
    if (!(arrival->side->bits & SIDE_ISN_KNOWN)) /* the SYN after its own SYN-ACK: reordered */
        return !(arrival->facts->bits & FACT_SYNACK_SEEN) || arrival->side->n_pkts > 0;
    return arrival->side->isn != tcp->seq;
}

static void arrival_bind(struct arrival *arrival, uint32_t flow_idx, unsigned from_end)
{
    struct flow *flow = &arrival->tracker->table.pool[flow_idx];
    int64_t last_ns = track_last_ns(&flow->facts);

    arrival->flow_idx = flow_idx;
    arrival->flow = flow;
    arrival->facts = &flow->facts;
    arrival->from = from_end == flow->client_end ? SIDE_CLIENT : SIDE_SERVER;
    arrival->side = &flow->facts.side[arrival->from];
    arrival->peer = &flow->facts.side[side_other(arrival->from)];
    arrival->quiet_ns = last_ns == NS_NEVER ? 0 : ns_since(last_ns, arrival->packet->ts_ns);
}

/* False when the packet is to have no effect. */
static bool arrival_find(struct arrival *arrival)
{
    struct tracker *tracker = arrival->tracker;
    const struct packet *packet = arrival->packet;
    struct flow_key key;
    unsigned from_end = flow_key_from_packet(packet, &key);
    uint32_t flow_idx = flowtable_find(&tracker->table, &key);
    bool is_reused = false;

    if (flow_idx != FLOW_NONE) {
        arrival_bind(arrival, flow_idx, from_end);
        if (is_duplicate(arrival)) {
            arrival->facts->bits |= FACT_DUPLICATES;
            tracker->gauges.n_duplicate_pkts++;
            return false;
        }
        if (!begins_attempt(arrival))
            return true;
        if (arrival->flow->state == FLOW_ESTABLISHED)
            arrival->facts->bits |= FACT_SYN_IN_CONNECTION;
        end_flow(tracker, flow_idx);
        is_reused = true;
    } else if (is_late(tracker, packet, &key, &is_reused)) {
        tracker->gauges.n_late_pkts++;
        return false;
    }
    flow_idx = begin_flow(tracker, packet, &key, from_end);
    arrival_bind(arrival, flow_idx, from_end);
    if (is_reused)
        arrival->facts->bits |= FACT_TUPLE_REUSED;
    return true;
}

static uint32_t sequence_end(const struct packet_tcp *tcp)
{
    return tcp->seq + tcp->payload_wire_bytes + (tcp->flags & TCP_SYN ? 1 : 0) +
           (tcp->flags & TCP_FIN ? 1 : 0);
}

static void track_tcp(struct tracker *tracker, const struct packet *packet)
{
    struct arrival arrival = {.tracker = tracker, .packet = packet};
    uint16_t flags = packet->tcp.flags;
    uint8_t state;

    if (!arrival_find(&arrival))
        return;
    arrival.seq_end = sequence_end(&packet->tcp);
    state = arrival.flow->state;
    note_alive(&arrival);
    if (flags & TCP_RST)
        track_rst(&arrival);
    else if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == TCP_SYN)
        track_syn(&arrival);
    else if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == (TCP_SYN | TCP_ACK))
        track_synack(&arrival);
    else
        track_segment(&arrival);
    learn_common(&arrival);
    if (arrival.flow->is_noted_alive) {
        arrival.flow->is_noted_alive = 0;
        track_note(tracker, arrival.flow, NOTE_ALIVE);
    }
    /* Deadlines only move away while the state stays, and a timer that comes up early looks
     * again: arming is for changes, and for silence that has begun. */
    if (state != arrival.flow->state || arrival.flow->wheel_slot == WHEEL_SLOT_NONE ||
        arrival.side->run_count == TRACK_BLACKHOLE_COPIES)
        track_rearm(tracker, arrival.flow_idx);
}

void tracker_packet(struct tracker *tracker, const struct packet *packet)
{
    wheel_start(&tracker->wheel, packet->ts_ns);
    tracker->ordinal = packet->ordinal;
    if (packet->ts_ns > tracker->now_ns)
        tracker->now_ns = packet->ts_ns;
    switch (packet->kind) {
    case PACKET_TCP:
        track_tcp(tracker, packet);
        break;
    case PACKET_ICMP_ERROR:
        track_icmp(tracker, packet);
        break;
    case PACKET_OTHER:
    case PACKET_UDP:
    case PACKET_ICMP_OTHER:
    case PACKET_NEIGHBOUR:
    case PACKET_KIND_COUNT:
        break;
    }
}
