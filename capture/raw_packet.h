/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet on its way from an input to a ring: borrowed bytes and what is known of them. */
#ifndef CAPTURE_RAW_PACKET_H
#define CAPTURE_RAW_PACKET_H

#include <stdint.h>

struct raw_packet {
    int64_t ts_ns;           /* 0 .. FRAME_MAX_TS_NS */
    const uint8_t *bytes;    /* dead at the input's next step */
    uint32_t captured_bytes; /* <= FRAME_MAX_BYTES */
    uint32_t wire_bytes;     /* >= captured_bytes */
    uint16_t linktype;       /* LINKTYPE_ value */
    uint8_t source;          /* row of the capture's sources */
};

#endif
