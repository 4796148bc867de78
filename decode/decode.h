/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of one frame -> struct packet. Pure: never allocates, logs or remembers. Any thread. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "decode/packet.h"

/* Each is a counter by its name. */
enum decode_result {
    DECODE_OK,
    DECODE_NOT_IP,       /* a frame of another protocol: not an error */
    DECODE_FRAGMENT,     /* carries no whole TCP header: not the first fragment, or a tiny first */
    DECODE_TRUNCATED,    /* the snap length cut what is needed */
    DECODE_MALFORMED,    /* the headers contradict themselves or the frame */
    DECODE_TUNNEL_DEPTH, /* more encapsulation than the limit */
    DECODE_UNKNOWN_LINK, /* link type not known */
    DECODE_RESULT_COUNT
};

/* Stable lower_snake_case names, as in the counters. */
const char *decode_result_name(enum decode_result result);

/*
 * Decodes `captured_bytes` of a frame that was `wire_bytes` long (captured <= wire is not
 * trusted: the lesser counts as captured). `linktype` is a LINKTYPE_ value. On DECODE_OK all of
 * *packet but ts_ns, ordinal and source is set and its views point into `bytes`; otherwise
 * *packet must not be read.
 */
enum decode_result decode_frame(uint16_t linktype, const uint8_t *bytes, size_t captured_bytes,
                                size_t wire_bytes, struct packet *packet);

enum checksum_state {
    CHECKSUM_UNKNOWN, /* not all bytes captured, a fragment, or UDP without one */
    CHECKSUM_GOOD,
    CHECKSUM_BAD
};

/*
 * TCP checksum of a decoded packet whose views are still alive (RFC 9293 section 3.1). Costs a pass
 * over the payload, so it is not part of decode_frame(): callers ask for the few packets on which a
 * verdict rests. A locally sent packet may be CHECKSUM_BAD because the NIC fills it in.
 */
enum checksum_state decode_tcp_checksum(const struct packet *packet);

#endif
