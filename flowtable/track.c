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
#include "flowtable/arrival.h"

size_t tracker_cost_bytes(const struct tracker_config *config)
{
    return flowtable_cost_bytes(config->n_flows) + wheel_cost_bytes() +
           trails_cost_bytes(config->n_trails) + tombs_cost_bytes(config->n_tombs) +
           track_datagrams_cost_bytes();
}

int tracker_create(struct tracker *tracker, struct arena *arena,
                   const struct tracker_config *config)
{
    *tracker = (struct tracker){
        .outlet = config->outlet,
        .gauges = {.n_flows_max = config->n_flows, .last_loss_ns = NS_NEVER},
        .now_ns = NS_NEVER,
        .slot_ns = NS_NEVER,
        .last_loss_ns = NS_NEVER,
        .last_shed_ns = NS_NEVER,
        .is_deaf = config->is_deaf,
        .is_light = config->is_light,
        .n_calm_syns = TRACK_CALM_SYNS,
    };
    if (flowtable_create(&tracker->table, arena, config->n_flows, config->hash_key) ||
        wheel_create(&tracker->wheel, arena, tracker->table.pool) ||
        trails_create(&tracker->trails, arena, config->n_trails, &tracker->table) ||
        tombs_create(&tracker->tombs, arena, config->n_tombs) ||
        track_datagrams_create(tracker, arena, config->hash_key))
        return -ENOMEM;
    return 0;
}

/* ---- beginning and end of a flow ---- */

/* `syn`: NULL where it is not known any more. */
static struct previous_facts epitaph(const struct flow *flow, const struct packet_mark *syn)
{
    const struct flow_facts *facts = &flow->facts;
    const struct side_facts *client = &facts->side[SIDE_CLIENT];
    const struct side_facts *server = &facts->side[SIDE_SERVER];
    struct previous_facts previous = {
        .ended_ns = facts_last_ns(facts),
        .client_isn = client->isn,
        .client_nxt = client->nxt,
        .server_nxt = server->nxt,
        .ttl_syn = client->ttl_syn,
        .is_known = client->bits & SIDE_ISN_KNOWN,
        .had_rst = client->n_rst || server->n_rst,
    };

    if (!syn)
        return previous;
    previous.has_tsval = syn->bits & MARK_HAS_TIMESTAMPS;
    previous.tsval =
        syn->tsval + (uint32_t)(ns_since(facts->first_ns, previous.ended_ns) / NS_PER_MS);
    return previous;
}

static bool is_closed_by_server(const struct flow *flow, const struct flow_trail *trail)
{
    const struct side_facts *side = flow->facts.side;

    return side[SIDE_CLIENT].bits & side[SIDE_SERVER].bits & SIDE_FIN_SEEN &&
           trail->slot[TRAIL_SERVER_FIN].frame < trail->slot[TRAIL_CLIENT_FIN].frame;
}

void track_bury(struct tracker *tracker, const struct flow *flow, uint64_t hash,
                const struct packet_mark *syn)
{
    const struct side_facts *client = &flow->facts.side[SIDE_CLIENT];
    const struct flow_trail *trail = trail_of(&tracker->trails, flow);
    struct tomb tomb = {
        .hash = hash,
        .ended_ns = facts_last_ns(&flow->facts),
        .client_isn = client->isn,
        .is_isn_known = client->bits & SIDE_ISN_KNOWN,
        .previous = epitaph(flow, syn),
    };

    tomb.previous.is_closed_by_server = trail && is_closed_by_server(flow, trail);
    tombs_add(&tracker->tombs, &tomb);
}

void track_end_flow(struct tracker *tracker, uint32_t flow_idx)
{
    struct flow *flow = &tracker->table.pool[flow_idx];
    const struct flow_trail *trail = trail_of(&tracker->trails, flow);

    track_note(tracker, flow, NOTE_ENDED);
    track_bury(tracker, flow, flow_key_hash(&tracker->table.hash_key, &flow->key),
               trail ? &trail->slot[TRAIL_SYN] : NULL);
    trail_free(&tracker->trails, flow);
    wheel_cancel(&tracker->wheel, flow_idx);
    flowtable_remove(&tracker->table, flow_idx);
}

/* Closed by both sides and only kept for late packets: its facts are complete. */
static bool is_over(const struct flow *flow)
{
    return flow->state == FLOW_CLOSING && flow->facts.side[SIDE_CLIENT].bits & SIDE_FIN_SEEN &&
           flow->facts.side[SIDE_SERVER].bits & SIDE_FIN_SEEN;
}

/* Leaves its place among the two-way flows. */
static bool is_two_way_over(const struct flow *flow)
{
    return !flow->is_embryonic && is_over(flow);
}

static bool is_expendable(const struct flow *flow)
{
    return flow->is_embryonic || is_over(flow);
}

static void evict(struct tracker *tracker, uint32_t flow_idx)
{
    struct flow *flow = &tracker->table.pool[flow_idx];

    if (!is_over(flow)) {
        flow->facts.bits |= FACT_EVICTED;
        tracker->gauges.n_evicted++;
    }
    track_end_flow(tracker, flow_idx);
}

/* Makes room where the table has none: for another two-way flow, or for a new one. SYNs that are
 * kept alone, and those whose time is nearly over, go first. */
static void make_room(struct tracker *tracker, bool is_promotion)
{
    uint32_t victim;

    while (!is_promotion && flowtable_is_full(&tracker->table, false) && tracker->table.lones.n)
        track_evict_lone(tracker);
    if (!flowtable_is_full(&tracker->table, is_promotion))
        return;
    victim = wheel_soonest(&tracker->wheel, is_promotion ? is_two_way_over : is_expendable);
    if (victim == FLOW_NONE)
        victim = flowtable_victim(&tracker->table, is_promotion);
    if (victim != FLOW_NONE)
        evict(tracker, victim);
}

/* Which end of the key opened the connection, as far as its first packet tells. */
static unsigned guess_client_end(const struct packet *packet, unsigned from_end, uint32_t *bits)
{
    uint16_t flags = packet->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

    if (flags == TCP_SYN)
        return from_end;
    *bits |= FACT_MIDSTREAM;
    if (flags & TCP_SYN)
        return flags & TCP_ACK ? 1 - from_end : from_end;
    *bits |= FACT_ROLES_GUESSED;
    return packet->tcp.sport < packet->tcp.dport ? 1 - from_end : from_end;
}

void track_fill_flow(struct flow *flow, const struct packet *packet, unsigned from_end)
{
    uint32_t bits = 0;

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
}

uint32_t track_begin_flow(struct tracker *tracker, const struct packet *packet,
                          const struct tracker_aim *aim)
{
    uint32_t flow_idx;

    make_room(tracker, false);
    trails_make_room(&tracker->trails, tracker->table.pool);
    flow_idx = flowtable_add(&tracker->table, &aim->key);
    track_fill_flow(&tracker->table.pool[flow_idx], packet, aim->from_end);
    trail_claim(&tracker->trails, tracker->table.pool, flow_idx, packet->ts_ns);
    return flow_idx;
}

void track_two_way(struct arrival *arrival)
{
    struct tracker *tracker = arrival->tracker;

    if (!arrival->flow->is_embryonic)
        return;
    make_room(tracker, true);
    flowtable_promote(&tracker->table, arrival_flow_idx(arrival));
}

void track_note_established(struct arrival *arrival)
{
    const uint32_t both = FACT_ESTABLISHED | FACT_SYNACK_SEEN;

    if ((arrival->facts->bits & both) != both)
        return;
    track_two_way(arrival);
    track_note(arrival->tracker, arrival->flow, NOTE_ESTABLISHED);
}

void tracker_loss(struct tracker *tracker, int64_t now_ns, bool is_shed)
{
    *(is_shed ? &tracker->last_shed_ns : &tracker->last_loss_ns) = now_ns;
    tracker->gauges.last_loss_ns = now_ns;
}

/* ---- a packet finds its flow ---- */

/* Of an ended flow: a late FIN, RST or retransmission, not a new connection. */
static bool is_late(struct tracker *tracker, const struct packet *packet, uint64_t hash,
                    bool *is_reused)
{
    const struct tomb *tomb = tombs_find(&tracker->tombs, hash, packet->ts_ns);

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

/* Whether the SYN is the one that the SYN-ACK answered, captured behind it (trap 6). */
static bool is_reordered_syn(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;

    return arrival->facts->bits & FACT_SYNACK_SEEN && arrival->side->n_pkts == 0 &&
           seq_between(tcp->seq + 1, arrival->peer->acked, arrival->seq_end);
}

/* A SYN of another ISN, or in the other direction, on a tuple in use: the next attempt. */
static bool begins_attempt(const struct arrival *arrival)
{
    const struct packet_tcp *tcp = &arrival->packet->tcp;
    uint16_t flags = tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);

    /* Client and server were told apart by their ports, and wrong. */
    if (flags == (TCP_SYN | TCP_ACK) && arrival->from == SIDE_CLIENT)
        return arrival->facts->bits & FACT_ROLES_GUESSED;
    if (flags != TCP_SYN)
        return false;
    if (arrival->from == SIDE_SERVER)
        return arrival->flow->state == FLOW_ESTABLISHED || arrival->flow->state == FLOW_CLOSING;
    if (!(arrival->side->bits & SIDE_ISN_KNOWN))
        return !is_reordered_syn(arrival);
    return arrival->side->isn != tcp->seq;
}

static uint32_t sequence_end(const struct packet_tcp *tcp)
{
    return tcp->seq + tcp->payload_wire_bytes + (tcp->flags & TCP_SYN ? 1 : 0) +
           (tcp->flags & TCP_FIN ? 1 : 0);
}

void arrival_bind(struct arrival *arrival, struct flow *flow, unsigned from_end)
{
    int64_t last_ns = facts_last_ns(&flow->facts);

    arrival->flow = flow;
    arrival->facts = &flow->facts;
    arrival->from = from_end == flow->client_end ? SIDE_CLIENT : SIDE_SERVER;
    arrival->side = &flow->facts.side[arrival->from];
    arrival->peer = &flow->facts.side[side_other(arrival->from)];
    arrival->quiet_ns = last_ns == NS_NEVER ? 0 : ns_since(last_ns, arrival->packet->ts_ns);
}

/* The packet is the first of its flow. */
static void begin_attempt(struct arrival *arrival, bool is_reused)
{
    struct tracker *tracker = arrival->tracker;
    const struct tracker_aim *aim = arrival->aim;
    struct previous_facts previous = {.is_known = false};
    const struct tomb *tomb = NULL;
    struct flow_trail *trail;
    uint32_t flow_idx;

    /* Before room is made: the tombs of those that go may need its place. */
    if (is_reused)
        tomb = tombs_find(&tracker->tombs, aim->hash, arrival->packet->ts_ns);
    if (tomb)
        previous = tomb->previous;
    flow_idx = track_begin_flow(tracker, arrival->packet, aim);
    arrival_bind(arrival, &tracker->table.pool[flow_idx], aim->from_end);
    if (!is_reused)
        return;
    arrival->facts->bits |= FACT_TUPLE_REUSED;
    trail = trail_of(&tracker->trails, arrival->flow);
    if (trail)
        trail->previous = previous;
}

/* False when the packet is to have no effect, or has had it. */
static bool arrival_find(struct arrival *arrival)
{
    struct tracker *tracker = arrival->tracker;
    const struct packet *packet = arrival->packet;
    const struct tracker_aim *aim = arrival->aim;
    uint32_t flow_idx = track_find(tracker, &aim->key, aim->hash);
    bool is_reused = false;

    if (flow_idx != FLOW_NONE) {
        arrival_bind(arrival, &tracker->table.pool[flow_idx], aim->from_end);
        if (track_is_duplicate(arrival)) {
            /* A host may answer each of several segments with the same RST. */
            if (!(packet->tcp.flags & TCP_RST))
                arrival->facts->bits |= FACT_DUPLICATES;
            tracker->gauges.n_duplicate_pkts++;
            return false;
        }
        if (!begins_attempt(arrival))
            return true;
        if (arrival->flow->state == FLOW_ESTABLISHED)
            arrival->facts->bits |= FACT_SYN_IN_CONNECTION;
        track_end_flow(tracker, flow_idx);
        is_reused = !(packet->tcp.flags & TCP_ACK);
    } else if (is_late(tracker, packet, aim->hash, &is_reused)) {
        tracker->gauges.n_late_pkts++;
        return false;
    } else if (!is_reused && track_keep_alone(arrival)) {
        return false;
    }
    begin_attempt(arrival, is_reused);
    return true;
}

/* SYN with FIN: what no stack sends has a letter and no other meaning. */
static void track_odd(struct arrival *arrival)
{
    track_mark_last(arrival);
    track_history_once(arrival, 'Q');
}

static void track_by_flags(struct arrival *arrival)
{
    uint16_t flags = arrival->packet->tcp.flags;

    if (flags & TCP_RST)
        track_rst(arrival);
    else if (!(flags & TCP_SYN))
        track_segment(arrival);
    else if (flags & TCP_FIN)
        track_odd(arrival);
    else if (flags & TCP_ACK)
        track_synack(arrival);
    else
        track_syn(arrival);
}

/* An open flow proves its hosts alive; said once each time the clock enters another ten seconds. */
static bool is_noteworthy_alive(const struct arrival *arrival)
{
    int64_t last_ns = facts_last_ns(arrival->facts);

    return arrival->flow->state == FLOW_ESTABLISHED && !arrival->flow->is_embryonic &&
           last_ns != NS_NEVER &&
           arrival->packet->ts_ns / TRACK_ALIVE_NOTE_NS > last_ns / TRACK_ALIVE_NOTE_NS;
}

static void track_tcp(struct tracker *tracker, const struct packet *packet,
                      const struct tracker_aim *aim)
{
    struct arrival arrival = {
        .tracker = tracker, .packet = packet, .aim = aim, .seq_end = sequence_end(&packet->tcp)};
    bool is_alive;
    uint8_t state;

    if (packet->tcp.flags & TCP_SYN)
        linkends_learn(&tracker->gauges.ends, packet);
    if (!arrival_find(&arrival))
        return;
    is_alive = is_noteworthy_alive(&arrival);
    if (!is_alive && track_predicted(&arrival))
        return;
    state = arrival.flow->state;
    track_by_flags(&arrival);
    track_tape(&arrival);
    track_learn(&arrival);
    if (is_alive)
        track_note(tracker, arrival.flow, NOTE_ALIVE);
    /* While the state stays deadlines move away, and a timer that comes up early looks again.
     * Arming is for changes, for silence that has begun, and for the SYN that shows the step. */
    if (state != arrival.flow->state || arrival.flow->wheel_slot == WHEEL_SLOT_NONE ||
        state == FLOW_SYN_SENT || arrival.side->run_count == TRACK_BLACKHOLE_COPIES)
        track_rearm(tracker, arrival_flow_idx(&arrival));
}

void tracker_packet_aimed(struct tracker *tracker, const struct packet *packet,
                          const struct tracker_aim *aim)
{
    wheel_start(&tracker->wheel, packet->ts_ns);
    tracker->ordinal = packet->ordinal;
    if (packet->ts_ns > tracker->now_ns)
        tracker->now_ns = packet->ts_ns;
    switch (packet->kind) {
    case PACKET_TCP:
        track_tcp(tracker, packet, aim);
        break;
    case PACKET_ICMP_ERROR:
        track_icmp(tracker, packet);
        break;
    case PACKET_NEIGHBOUR:
        track_neighbour(tracker, packet);
        break;
    case PACKET_UDP:
        track_udp(tracker, packet);
        break;
    case PACKET_SCTP:
        track_sctp(tracker, packet);
        break;
    case PACKET_OTHER:
    case PACKET_ICMP_OTHER:
    case PACKET_KIND_COUNT:
        break;
    }
}
