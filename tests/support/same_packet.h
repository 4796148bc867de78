/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether two decoders found the same in one TCP packet: for the short way against the long. */
#ifndef SUPPORT_SAME_PACKET_H
#define SUPPORT_SAME_PACKET_H

#include <stdbool.h>
#include <string.h>

#include "decode/packet.h"

static inline bool is_same_options(const struct tcp_options *a, const struct tcp_options *b)
{
    return a->is_complete == b->is_complete && a->has_mss == b->has_mss &&
           a->has_wscale == b->has_wscale && a->has_timestamps == b->has_timestamps &&
           a->has_sack_permitted == b->has_sack_permitted && a->has_sack == b->has_sack &&
           a->has_fastopen == b->has_fastopen && a->has_mptcp == b->has_mptcp &&
           a->has_md5_or_ao == b->has_md5_or_ao && a->wscale == b->wscale &&
           a->has_mptcp_fastclose == b->has_mptcp_fastclose &&
           a->has_mptcp_rst == b->has_mptcp_rst && a->mss_bytes == b->mss_bytes &&
           a->tsval == b->tsval && a->tsecr == b->tsecr && a->sack_left == b->sack_left &&
           a->sack_right == b->sack_right;
}

static inline bool is_same_tcp(const struct packet_tcp *a, const struct packet_tcp *b)
{
    return a->sport == b->sport && a->dport == b->dport && a->seq == b->seq && a->ack == b->ack &&
           a->flags == b->flags && a->reserved_bits == b->reserved_bits &&
           a->is_header_cut == b->is_header_cut && a->window == b->window &&
           a->urgent == b->urgent && a->payload_wire_bytes == b->payload_wire_bytes &&
           a->payload_captured_bytes == b->payload_captured_bytes && a->payload == b->payload &&
           a->header == b->header && a->header_bytes == b->header_bytes &&
           a->header_captured_bytes == b->header_captured_bytes &&
           is_same_options(&a->options, &b->options);
}

static inline bool is_same_packet(const struct packet *a, const struct packet *b)
{
    return a->kind == PACKET_TCP && b->kind == PACKET_TCP && a->direction == b->direction &&
           memcmp(a->src_mac, b->src_mac, sizeof(a->src_mac)) == 0 &&
           memcmp(a->dst_mac, b->dst_mac, sizeof(a->dst_mac)) == 0 && a->n_vlan == b->n_vlan &&
           memcmp(a->vlan, b->vlan, sizeof(a->vlan)) == 0 && a->tunnel == b->tunnel &&
           a->tunnel_depth == b->tunnel_depth && a->tunnel_id == b->tunnel_id &&
           a->ip_version == b->ip_version && a->proto == b->proto && a->ttl == b->ttl &&
           a->tos == b->tos && a->df == b->df && a->is_fragment == b->is_fragment &&
           a->is_length_clamped == b->is_length_clamped && a->ip_id == b->ip_id &&
           a->flow_label == b->flow_label && a->ip_wire_bytes == b->ip_wire_bytes &&
           ipaddr_equal(&a->src, &b->src) && ipaddr_equal(&a->dst, &b->dst) &&
           is_same_tcp(&a->tcp, &b->tcp);
}

#endif
