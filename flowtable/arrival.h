/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet that arrived at its flow, as the parts of the tracker hand it on. Private. */
#ifndef FLOWTABLE_ARRIVAL_H
#define FLOWTABLE_ARRIVAL_H

#include "decode/packet.h"
#include "flowtable/track.h"

struct arrival {
    struct tracker *tracker;
    const struct packet *packet;
    const struct tracker_aim *aim;
    struct flow *flow;
    struct flow_facts *facts;
    struct side_facts *side, *peer; /* the sender's, the other's */
    enum flow_side from;
    uint32_t seq_end;        /* sequence number after payload, SYN and FIN */
    int64_t quiet_ns;        /* since the flow's last packet; 0 for its first */
    bool is_repeat;          /* segment: nothing new in it (retransmission, keep-alive) */
    const struct lone *lone; /* the packet is this SYN, looked at again; NULL = it just came */
};

static inline uint32_t arrival_flow_idx(const struct arrival *arrival)
{
    return (uint32_t)(arrival->flow - arrival->tracker->table.pool);
}

/* track_handshake.c: SYN; SYN-ACK. A SYN that starts another attempt is handled before. */
void track_syn(struct arrival *arrival);
void track_synack(struct arrival *arrival);

/* track_predicted.c: a segment that is just the next one; false, and nothing was done, where it may
 * be more than that. */
bool track_predicted(struct arrival *arrival);

/* track_segment.c: data, ACK, FIN. */
void track_segment(struct arrival *arrival);

/* track_speech.c: what it says above TCP, and on a SYN already (RFC 7413). */
void track_speech(struct arrival *arrival);

/* track_rst.c: a RST; and what a segment says of the RSTs before it. */
void track_rst(struct arrival *arrival);
void track_after_rst(struct arrival *arrival);

/* track_room.c: windows of a segment's sender, and the sizes that get through to it. */
void track_window(struct arrival *arrival);
void track_size(struct arrival *arrival);
void track_gap(struct arrival *arrival); /* a segment came whose sender had jumped ahead */

/* track_icmp.c: an ICMP error; finds its flow itself. */
void track_icmp(struct tracker *tracker, const struct packet *packet);

/* Whether the error speaks of delivery: not path MTU, redirect or source quench. */
bool track_is_about_delivery(const struct packet *packet);

/* The error as the trail has it. */
struct icmp_facts track_icmp_facts(const struct packet *packet, bool quotes_syn);

/* track_datagram.c: the tables of all that is not TCP; UDP, an ICMP error that quotes it, QUIC that
 * waited long enough, SCTP. */
size_t track_datagrams_cost_bytes(void);
int track_datagrams_create(struct tracker *tracker, struct arena *arena,
                           struct hash_key hash_key) MUST_CHECK;
void track_udp(struct tracker *tracker, const struct packet *packet);
void track_udp_error(struct tracker *tracker, const struct packet *packet);
void track_quics_expire(struct tracker *tracker, int64_t now_ns, bool at_end);
void track_sctp(struct tracker *tracker, const struct packet *packet);

/* track_neighbour.c: who asks for an address, and who has it; those who asked in vain by now. */
void track_neighbour(struct tracker *tracker, const struct packet *packet);
void track_neighbours_expire(struct tracker *tracker, int64_t now_ns);

/* track_learn.c: marks, letters, and the facts that every packet changes. */
void track_mark(const struct arrival *arrival, struct packet_mark *mark);
void track_mark_slot(const struct arrival *arrival, enum trail_slot slot);
void track_mark_last(const struct arrival *arrival);
void track_mark_checksum(const struct arrival *arrival, struct packet_mark *mark);
void track_history(struct arrival *arrival, char letter);
void track_history_once(struct arrival *arrival, char letter);
bool track_is_duplicate(const struct arrival *arrival);
void track_tape(const struct arrival *arrival);
void track_learn(struct arrival *arrival);

/* track_lone.c: SYNs that are kept alone while there are many. */

/* False where this one is not: it must be a flow. */
bool track_keep_alone(struct arrival *arrival);

/* flowtable_find_hashed(), where who was kept alone becomes a flow. */
uint32_t track_find(struct tracker *tracker, const struct flow_key *key, uint64_t hash);

/* The slot in which the oldest is over, in ns; INT64_MAX where there is none. */
int64_t track_lone_slot_ns(const struct tracker *tracker);

/* Its frame; UINT64_MAX where there is none. */
uint64_t track_lone_frame(const struct tracker *tracker);

/* Ends the oldest; `bits`: enum flow_bit, why. */
void track_end_lone(struct tracker *tracker, uint32_t bits);
void track_evict_lone(struct tracker *tracker);

/* track_timer.c */
void track_rearm(struct tracker *tracker, uint32_t flow_idx);
int64_t track_rtt_ns(const struct flow_facts *facts);

/* track_note.c */
void track_note(struct tracker *tracker, const struct flow *flow, enum flow_note_kind kind);
void track_note_reset(struct tracker *tracker, const struct flow *flow,
                      const struct rst_facts *rst);
void track_note_lone(struct tracker *tracker, const struct flow *flow,
                     const struct packet_mark *syn);
void track_note_gauges(struct tracker *tracker, enum flow_note_kind kind);

/* track.c: beginning and end of a flow. */
void track_fill_flow(struct flow *flow, const struct packet *packet, unsigned from_end);
uint32_t track_begin_flow(struct tracker *tracker, const struct packet *packet,
                          const struct tracker_aim *aim);
void arrival_bind(struct arrival *arrival, struct flow *flow, unsigned from_end);
void track_bury(struct tracker *tracker, const struct flow *flow, uint64_t hash,
                const struct packet_mark *syn);
void track_end_flow(struct tracker *tracker, uint32_t flow_idx);
void track_two_way(struct arrival *arrival);

/* Says NOTE_ESTABLISHED if the SYN-ACK and the client's ACK of it are both there; for the one who
 * just brought the second of them, for they may be captured in either order. */
void track_note_established(struct arrival *arrival);

static inline void saturate_u8(uint8_t *count)
{
    if (*count < UINT8_MAX)
        (*count)++;
}

/* Sequence numbers that no packet has told yet are 0; a true 0, one in 2^32, passes for that. */
static inline bool is_nxt_known(const struct side_facts *side)
{
    return side->nxt != 0;
}

static inline bool is_acked_known(const struct side_facts *side)
{
    return side->acked != 0;
}

/* Packets but RSTs, of which not all may be counted. */
static inline uint32_t count_others(const struct side_facts *side)
{
    return side->n_pkts - (side->n_rst < side->n_pkts ? side->n_rst : side->n_pkts);
}

#endif
