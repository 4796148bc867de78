/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP headers that were cut up by IP fragmentation, put together again.
 *
 * A first fragment of 8 or 16 bytes holds no whole TCP header (RFC 1858), so the SYN in it would
 * never be seen. For datagrams like that, and for no others, the first 64 bytes behind the IP
 * header are collected. Where fragments overlap the first to come wins; what is not complete
 * after 30 seconds of packet time is given up, and so is the oldest when all slots are taken.
 */
#ifndef DECODE_REASSEMBLY_H
#define DECODE_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ipaddr.h"
#include "decode/decode.h"
#include "decode/packet.h"

#define REASSEMBLY_SLOTS 64

/* The longest TCP header is 60; fragments come in blocks of 8. */
#define REASSEMBLY_HEAD_BYTES 64

struct reassembly_slot {
    bool is_used;
    bool has_end;
    uint8_t blocks; /* a bit for each 8 bytes of head[] that came */
    uint32_t id;
    uint32_t tunnel_id;
    uint32_t end_bytes; /* of the whole datagram's payload; where has_end */
    int64_t began_ns;
    struct ipaddr src, dst;
    struct packet first; /* the first fragment up to its IP header; where blocks has its bit */
    uint8_t head[REASSEMBLY_HEAD_BYTES];
};

/* Owned by one thread, about 20 KiB; no call allocates. */
struct reassembly {
    struct reassembly_slot slots[REASSEMBLY_SLOTS];
};

void reassembly_init(struct reassembly *reassembly);

/*
 * For a frame that decode_frame() called DECODE_FRAGMENT; ts_ns is the frame's time. Returns
 * DECODE_OK where it completes a TCP header: then *packet is as decode_frame() sets it, from the
 * first fragment's IP header, with is_fragment set and payload_wire_bytes of the whole datagram.
 * Its views point into *reassembly and die with the next call. Otherwise DECODE_FRAGMENT, or
 * DECODE_MALFORMED, and *packet must not be read.
 */
enum decode_result reassembly_frame(struct reassembly *reassembly, uint16_t linktype,
                                    const uint8_t *bytes, size_t captured_bytes, size_t wire_bytes,
                                    int64_t ts_ns, struct packet *packet);

#endif
