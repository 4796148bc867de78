/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet that arrived at its flow, as the parts of the tracker hand it on. Private. */
#ifndef FLOWTABLE_ARRIVAL_H
#define FLOWTABLE_ARRIVAL_H

#include "decode/packet.h"
#include "flowtable/track.h"

struct arrival {
    struct tracker *tracker;
    const struct packet *packet;
    struct flow *flow;
    struct flow_facts *facts;
    struct side_facts *side, *peer; /* the sender's, the other's */
    uint32_t flow_idx;
    enum flow_side from;
    uint32_t seq_end; /* sequence number after payload, SYN and FIN */
    int64_t quiet_ns; /* since the flow's last packet; 0 for its first */
    bool is_repeat;   /* segment: nothing new in it (retransmission, keep-alive) */
};

/* track_handshake.c: SYN; SYN-ACK. A SYN that starts another attempt is handled before. */
void track_syn(struct arrival *arrival);
void track_synack(struct arrival *arrival);

/* track_segment.c: data, ACK, FIN. */
void track_segment(struct arrival *arrival);

/* track_rst.c */
void track_rst(struct arrival *arrival);

/* track_icmp.c: an ICMP error; finds its flow itself. */
void track_icmp(struct tracker *tracker, const struct packet *packet);

/* track.c: shared by the above. */
void track_mark(const struct arrival *arrival, struct packet_mark *mark);
void track_mark_slot(const struct arrival *arrival, enum trail_slot slot);
void track_mark_checksum(const struct arrival *arrival, struct packet_mark *mark);
void track_history(struct arrival *arrival, char letter);
void track_rearm(struct tracker *tracker, uint32_t flow_idx);
void track_note(struct tracker *tracker, const struct flow *flow, enum flow_note_kind kind);
int64_t track_last_ns(const struct flow_facts *facts);
int64_t track_rtt_ns(const struct flow_facts *facts);
void track_established(struct arrival *arrival);
void track_two_way(struct arrival *arrival);

static inline void saturate_u8(uint8_t *count)
{
    if (*count < UINT8_MAX)
        (*count)++;
}

#endif
